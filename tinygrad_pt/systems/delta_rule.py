"""6. The delta rule: how fast a weight should change, by hand and by autograd

For a sigmoid neuron y = σ(z), z = w·x + b, and the error E = ½ (t − y)² the chain rule gives

    ∂E/∂wᵢ = ∂E/∂y · ∂y/∂z · ∂z/∂wᵢ = −(t − y) · y (1 − y) · xᵢ,

so each weight takes a step  Δwᵢ = η (t − y) y (1 − y) xᵢ: the error, times how ready the neuron is to
change, times how much this input took part. The same numbers come out of `backward`, which has never
seen the formula.

D. E. Rumelhart & J. L. McClelland, Parallel Distributed Processing, 1986, chapter 8.
"""

import math

from tinygrad_pt import Value, lab

EXAMPLES = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 1.0)]  # OR


def by_hand(w, b, x, t):
    """∂E/∂w and ∂E/∂b by the formula."""
    y = 1 / (1 + math.exp(-(sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b)))
    delta = -(t - y) * y * (1 - y)
    return [delta * xi for xi in x], delta


def error(w, b, x, t):
    """½ (t − y)² as a Value."""
    y = (sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b).sigmoid()
    return (t - y) ** 2 / 2


def run(quick):
    """A neuron learns OR; at every step the gradient by hand is compared with autograd's."""
    w, b, rate = [Value(0.5), Value(-0.5)], Value(0.0), 2.0
    r = lab.Result(errors=[], weights=[], gap=0.0)
    for _ in lab.track(range(150 if quick else 1000), "epochs"):
        total = 0.0
        for x, t in EXAMPLES:
            for v in (*w, b):
                v.grad = 0.0
            e = error(w, b, x, t)
            e.backward()
            slopes, slope_b = by_hand([v.data for v in w], b.data, x, t)
            r.gap = max(r.gap, *(abs(v.grad - s) for v, s in zip((*w, b), (*slopes, slope_b),
                                                                 strict=True)))
            for v in (*w, b):
                v.data -= rate * v.grad
            total += e.data
        r.errors.append(total)
        r.weights.append([v.data for v in (*w, b)])
    r.row("largest |by hand − autograd|", r.gap, "0", "rounding of float64")
    r.row("E, first epoch", r.errors[0])
    r.row("E, last epoch", r.errors[-1])
    r.outputs = [1 / (1 + math.exp(-(w[0].data * x[0] + w[1].data * x[1] + b.data)))
                 for x, _ in EXAMPLES]
    r.row("OR of 00, 01, 10, 11", " ".join(f"{y:.2f}" for y in r.outputs), "0 1 1 1")
    return r


def check(r):
    """What the text teaches."""
    yield "the formula and autograd agree at every step", r.gap < 1e-15
    yield "the error falls from epoch to epoch", all(
        later < earlier for earlier, later in zip(r.errors[5:], r.errors[6:], strict=False))
    yield "the neuron learns OR", [round(y) for y in r.outputs] == [0, 1, 1, 1]


def draw(r):
    """The error and the weights."""
    f, (left, right) = lab.figure(1, 2, height=3.2)
    lab.curves(left, {"E": r.errors}, title="The error falls", xlabel="epoch", ylabel="E", yscale="log")
    w1, w2, b = zip(*r.weights, strict=True)
    lab.curves(right, {"w₁": w1, "w₂": w2, "b": b}, title="The weights of OR", xlabel="epoch")
    return f
