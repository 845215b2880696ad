"""6. XOR by a network of 3-3-1 neurons: the pass by hand, then learned

    h = σ(V x),    y = σ(u·h),        x = (x₁, x₂, 1)

The bias trick: a third input that is always 1 turns the biases into weights, so that a layer is a
single product. From the weights of the text, for the input (0, 1, 1):

    h₁ = σ(0 · 0.351 + 1 · 1.076 + 1 · 1.116) = σ(2.192) = 0.8995, …

With the weights as printed the other numbers of the text do not come out. They do, all of them, if
three minus signs were lost in print: 0.165 in the second neuron, 0.165 and 0.331 in the third.

The network then learns XOR by gradient descent on Σ (t − y)², which no single neuron can, and so does
the smaller one of 2-2-1 neurons with biases of their own.

D. E. Rumelhart, G. E. Hinton & R. J. Williams, Learning internal representations by error propagation,
1986.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim

PRINTED = [[0.351, 1.076, 1.116], [0.097, 0.165, 0.542], [0.457, 0.165, 0.331]]
SIGNED = [[0.351, 1.076, 1.116], [0.097, -0.165, 0.542], [0.457, -0.165, -0.331]]
OUTPUT = [0.383, -0.327, -0.329]
COURSE = [0.899, 0.593, 0.378, 0.506]  # the text's h₁, h₂, h₃ and y

INPUTS = torch.tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]],
                      dtype=torch.float64)
TARGETS = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=torch.float64)


def forward(x, hidden, output):
    """The activities of the hidden layer and of the output."""
    h = (x @ hidden.T).sigmoid()
    return h, (h @ output).sigmoid()


def descend(answer, parameters, steps, what):
    """Gradient descent with momentum on Σ (t − y)², y = answer(); the error of each step."""
    optimizer, errors = optim.SGD(parameters, lr=0.5, momentum=0.9), []
    for _ in lab.track(range(steps), what):
        error = ((TARGETS - answer()) ** 2).sum()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    return errors


def run(quick):
    """The numbers of the text, then learning from its weights; and the network of 2-2-1."""
    r = lab.Result(passes={}, errors={}, outputs={})
    u = torch.tensor(OUTPUT, dtype=torch.float64)
    for name, weights in (("as printed", PRINTED), ("three minus signs", SIGNED)):
        h, y = forward(INPUTS[1], torch.tensor(weights, dtype=torch.float64), u)
        r.passes[name] = [*h.tolist(), y.item()]
        for what, ours, course in zip(("h₁", "h₂", "h₃", "y"), r.passes[name], COURSE, strict=True):
            why = "" if abs(ours - course) < 6e-4 else "the text's needs three minus signs"
            r.row(f"{what} of (0, 1, 1), {name}", f"{ours:.4f}", course, why)

    steps = 1500 if quick else 5000
    v = torch.tensor(PRINTED, dtype=torch.float64, requires_grad=True)
    u.requires_grad_()
    r.errors["3-3-1"] = descend(lambda: forward(INPUTS, v, u)[1], [v, u], steps, "3-3-1")
    r.outputs["3-3-1"] = forward(INPUTS, v, u)[1].tolist()
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid()).double()
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(0, 1)
    r.errors["2-2-1"] = descend(lambda: net(INPUTS[:, :2])[:, 0], net.parameters(), steps, "2-2-1")
    r.outputs["2-2-1"] = net(INPUTS[:, :2])[:, 0].tolist()
    for name, outputs in r.outputs.items():
        r.row(f"{name}: XOR of 00, 01, 10, 11", " ".join(f"{y:.2f}" for y in outputs), "0 1 1 0")
    r.weights = v.detach(), u.detach()
    return r


def check(r):
    """What the text teaches."""
    yield "with three minus signs all four numbers of the text come out", all(
        abs(a - b) < 6e-4 for a, b in zip(r.passes["three minus signs"], COURSE, strict=True))
    yield "as printed h₁ is 0.8995, h₂ 0.6697, h₃ 0.6215 and y 0.4803", all(
        abs(a - b) < 5e-5 for a, b in zip(r.passes["as printed"], (0.8995, 0.6697, 0.6215, 0.4803),
                                          strict=True))
    for name, outputs in r.outputs.items():
        yield f"{name} learns XOR", [round(y) for y in outputs] == [0, 1, 1, 0]


def draw(r):
    """The errors, the hidden neurons' view of the square, and the answer."""
    f, axes = lab.figure(1, 5, width=13, height=3, width_ratios=[1.5, 1, 1, 1, 1])
    lab.curves(axes[0], r.errors, title="Learning XOR", xlabel="step", yscale="log",
               ylabel="Σ (t − y)²")
    grid = torch.linspace(-0.4, 1.4, 150).double()
    x2, x1 = torch.meshgrid(grid, grid, indexing="ij")
    h, y = forward(torch.stack([x1, x2, torch.ones_like(x1)], -1), *r.weights)
    for a, values, title in zip(axes[1:], (*h.unbind(-1), y), ("h₁", "h₂", "h₃", "y, the answer"),
                                strict=True):
        lab.field(a, grid, grid, values, vmin=0, vmax=1)
        a.scatter(*INPUTS[:, :2].T, s=60, c=["white" if t == 0 else lab.INK for t in TARGETS.tolist()],
                  edgecolors=lab.INK, zorder=3)
        a.set(title=title, xlabel="x₁", xticks=[0, 1], yticks=[0, 1], aspect="equal")
    axes[1].set_ylabel("x₂")
    return f
