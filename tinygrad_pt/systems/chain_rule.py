"""6. Three neurons in a chain: the chain rule by hand equals autograd

    x → a₁ = σ(w₁ x + b₁) → a₂ = σ(w₂ a₁ + b₂) → a₃ = σ(w₃ a₂ + b₃) → C = (a₃ − t)²

Each neuron passes on the derivative it was given, times its own slope and its weight:

    δ₃ = 2 (a₃ − t) σ'(z₃),    δ₂ = δ₃ w₃ σ'(z₂),    δ₁ = δ₂ w₂ σ'(z₁),
    ∂C/∂wᵢ = δᵢ aᵢ₋₁,   ∂C/∂bᵢ = δᵢ,                 with a₀ = x,  σ'(z) = σ(z) (1 − σ(z)).

σ' is 1/4 at most, so unless the weights are large δ shrinks on its way back.

S. Linnainmaa, The representation of the cumulative rounding error of an algorithm, 1970;
D. E. Rumelhart, G. E. Hinton & R. J. Williams, 1986.
"""

import math

from tinygrad_pt import Value, lab

X, TARGET = 0.8, 0.2
WEIGHTS, BIASES = [0.6, -1.2, 1.5], [0.1, 0.4, -0.3]


def forward(x, weights, biases):
    """The activities a₀ … a₃; of Values or of numbers."""
    activities = [x]
    for w, b in zip(weights, biases, strict=True):
        z = w * activities[-1] + b
        activities.append(z.sigmoid() if isinstance(z, Value) else 1 / (1 + math.exp(-z)))
    return activities


def by_hand(x, weights, biases, target):
    """∂C/∂w and ∂C/∂b of the three neurons, by the formulas."""
    a = forward(x, weights, biases)
    delta = [0.0, 0.0, 2 * (a[3] - target) * a[3] * (1 - a[3])]
    for i in (1, 0):
        delta[i] = delta[i + 1] * weights[i + 1] * a[i + 1] * (1 - a[i + 1])
    return [d * before for d, before in zip(delta, a, strict=False)], delta


def run(quick):
    """One gradient three ways: by hand, by autograd, by differences; then descent."""
    w, b = ([Value(v) for v in vs] for vs in (WEIGHTS, BIASES))
    cost = (forward(X, w, b)[-1] - TARGET) ** 2
    cost.backward()
    hand_w, hand_b = by_hand(X, WEIGHTS, BIASES, TARGET)
    r = lab.Result(hand=[*hand_w, *hand_b], auto=[v.grad for v in (*w, *b)], differences=[], costs=[])
    start, h = [*WEIGHTS, *BIASES], 1e-6
    for i in range(6):
        up, down = ([v + s * h * (i == j) for j, v in enumerate(start)] for s in (1, -1))
        costs = [(forward(X, p[:3], p[3:])[-1] - TARGET) ** 2 for p in (up, down)]
        r.differences.append((costs[0] - costs[1]) / (2 * h))
    for name, auto, hand in zip(("∂C/∂w₁", "∂C/∂w₂", "∂C/∂w₃", "∂C/∂b₁", "∂C/∂b₂", "∂C/∂b₃"), r.auto,
                                r.hand, strict=True):
        r.row(f"{name}, autograd; by hand", f"{auto:+.6f}", f"{hand:+.6f}")
    r.deltas = hand_b
    for _ in range(200):
        for v in (*w, *b):
            v.grad = 0.0
        cost = (forward(X, w, b)[-1] - TARGET) ** 2
        cost.backward()
        r.costs.append(cost.data)
        for v in (*w, *b):
            v.data -= 1.0 * v.grad
    r.row("C before and after 200 steps", f"{r.costs[0]:.3f}, {r.costs[-1]:.1e}")
    return r


def check(r):
    """What the text teaches."""
    yield "by hand and autograd agree to the last digits", all(
        math.isclose(a, b, rel_tol=1e-12) for a, b in zip(r.hand, r.auto, strict=True))
    yield "and are the slope of C", all(
        math.isclose(a, b, rel_tol=1e-6) for a, b in zip(r.auto, r.differences, strict=True))
    yield "δ shrinks on its way back", abs(r.deltas[0]) < abs(r.deltas[1]) < abs(r.deltas[2])


def draw(r):
    """Both gradients, and the descent."""
    f, (left, right) = lab.figure(1, 2, height=3.4)
    places = range(6)
    for side, gradient, colour, label in ((-0.2, r.hand, lab.ORANGE, "by hand"),
                                          (0.2, r.auto, lab.BLUE, "autograd")):
        left.bar([p + side for p in places], [abs(g) for g in gradient], 0.38, color=colour,
                 label=label)
    left.set(title="The gradient", yscale="log", ylabel="|∂C/∂·|", xticks=list(places),
             xticklabels=["w₁", "w₂", "w₃", "b₁", "b₂", "b₃"])
    left.legend(loc="upper left")
    lab.curves(right, {"C = (a₃ − t)²": r.costs}, title="Going downhill", xlabel="step", yscale="log")
    return f
