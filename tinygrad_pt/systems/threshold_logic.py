"""1. Threshold neurons compute AND, OR and NOT; two layers of them compute XOR

A neuron of McCulloch and Pitts fires when the weighted sum of its inputs reaches its threshold θ:

    y = 1 if w·x ≥ θ else 0

Nothing is learned: whoever builds the circuit chooses w and θ. One neuron draws one line through the
square of inputs, and XOR is on no side of any line,

    0 < θ (for 00),   w₁ ≥ θ,   w₂ ≥ θ   ⇒   w₁ + w₂ ≥ 2θ > θ, so 11 fires as well,

but a second layer can ask for "x₁ or x₂" and "not both": XOR = AND(OR, NAND).

W. S. McCulloch & W. Pitts, A logical calculus of the ideas immanent in nervous activity, 1943.
"""

from itertools import product

import tinygrad_pt as torch
from tinygrad_pt import lab

# name: (weights, threshold, what it should compute)
NEURONS = {"AND": ([1.0, 1.0], 1.5, lambda a, b: a and b),
           "OR": ([1.0, 1.0], 0.5, lambda a, b: a or b),
           "NAND": ([-1.0, -1.0], -1.5, lambda a, b: not (a and b))}
INPUTS = torch.tensor(list(product([0.0, 1.0], repeat=2)))


def neuron(x, weights, threshold):
    """1.0 where the weighted sum of x (…, n) reaches the threshold, else 0.0."""
    return (x @ torch.tensor(weights) >= threshold).float()


def gate(name, x):
    """One of the NEURONS."""
    weights, threshold, _ = NEURONS[name]
    return neuron(x, weights, threshold)


def xor(x):
    """Two layers: what OR and NAND say goes to AND."""
    return gate("AND", torch.stack([gate("OR", x), gate("NAND", x)], -1))


def run(quick):
    """Truth tables; and a search for one neuron that computes XOR, over a grid of weights."""
    r = lab.Result()
    circuits = {name: lambda x, name=name: gate(name, x) for name in NEURONS} | {"XOR": xor}
    r.truth = {name: f(INPUTS).tolist() for name, f in circuits.items()}
    r.not_gate = [neuron(torch.tensor([x]), [-1.0], -0.5).item() for x in (0.0, 1.0)]
    r.wanted = {name: [float(f(a, b)) for a, b in INPUTS.tolist()]
                for name, (_, _, f) in NEURONS.items()} | {"XOR": [0.0, 1.0, 1.0, 0.0]}
    r.circuits = circuits
    values = torch.linspace(-3, 3, 13)
    w1, w2, theta = torch.meshgrid(values, values, values, indexing="ij")
    outputs = (INPUTS[:, :1, None, None] * w1 + INPUTS[:, 1:, None, None] * w2 >= theta).float()
    wanted = torch.tensor(list(r.wanted.values()))[:, :, None, None, None]
    found = (outputs == wanted).all(1).sum((1, 2, 3)).tolist()
    r.singles = dict(zip(r.wanted, found, strict=True))
    for name, outputs in r.truth.items():
        r.row(f"{name} of 00, 01, 10, 11", " ".join(f"{y:.0f}" for y in outputs),
              " ".join(f"{y:.0f}" for y in r.wanted[name]))
    r.row("NOT of 0, 1", " ".join(f"{y:.0f}" for y in r.not_gate), "1 0")
    for name, n in r.singles.items():
        r.row(f"single neurons that compute {name}, of {13 ** 3:,}", n, 0 if name == "XOR" else "")
    return r


def check(r):
    """What the text teaches."""
    yield "AND, OR, NAND and NOT are one neuron each", (
        all(r.truth[name] == r.wanted[name] for name in NEURONS) and r.not_gate == [1, 0])
    yield "OR and NAND, joined by AND, are XOR", r.truth["XOR"] == r.wanted["XOR"]
    yield "no single neuron is XOR", r.singles["XOR"] == 0 and r.singles["AND"] > 0


def draw(r):
    """The square of inputs as each circuit divides it."""
    f, axes = lab.figure(1, 4, height=3.1, sharey=True)
    grid = torch.linspace(-0.5, 1.5, 200)
    x2, x1 = torch.meshgrid(grid, grid, indexing="ij")
    for a, (name, circuit) in zip(axes, r.circuits.items(), strict=True):
        lab.field(a, grid, grid, circuit(torch.stack([x1, x2], -1)), ["white", lab.SKY])
        fires = torch.tensor(r.truth[name]) > 0.5
        for on, colour, label in ((fires, lab.BLUE, "fires"), (~fires, "white", "silent")):
            a.scatter(*INPUTS[on].T, s=90, c=colour, edgecolors=lab.BLUE, linewidths=1.6, label=label,
                      zorder=3)
        a.set(title=name, xlabel="x₁", xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes[0].set_ylabel("x₂")
    f.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return f
