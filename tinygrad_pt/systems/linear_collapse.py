"""5. A sigmoid neuron bends; without the bend any stack of layers is a single one

    y = σ(w·x + b),   σ(z) = 1 / (1 + e⁻ᶻ):     a small Δw makes a small Δy ≈ ∂y/∂w Δw

A threshold may jump at the least change of a weight; a sigmoid answers smoothly, so it can be improved
step by step. And it is not linear. Of linear layers any number collapse into one,

    W₃ (W₂ (W₁ x + b₁) + b₂) + b₃ = W x + b,   W = W₃ W₂ W₁,   b = W₃ (W₂ b₁ + b₂) + b₃,

which draws a straight line through two interleaved moons however long it learns. With σ in between the
same layers follow the moons.

D. E. Rumelhart, G. E. Hinton & R. J. Williams, Learning representations by back-propagating errors,
1986.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim


def moons(n):
    """Two half circles that reach into each other, (n, 2), and which of them, (n, 1)."""
    angle = torch.pi * torch.rand(n)
    lower = (torch.arange(n) % 2).float()
    x = torch.stack([angle.cos() + lower, (1 - 2 * lower) * angle.sin() + 0.5 * lower], 1)
    return x + 0.12 * torch.randn(n, 2), lower[:, None]


def collapse(layers):
    """The one linear layer that a stack of them is."""
    total = nn.Linear(layers[0].in_features, layers[-1].out_features)
    w, b = torch.eye(layers[0].in_features), torch.zeros(layers[0].in_features)
    for layer in layers:
        w, b = layer.weight @ w, layer.weight @ b + layer.bias
    with torch.no_grad():
        total.weight.copy_(w)
        total.bias.copy_(b)
    return total


def run(quick):
    """The same three layers, with nothing and with a sigmoid in between."""
    (x, y), (new_x, new_y) = moons(400), moons(1000)
    stacks = {"linear": nn.Sequential(nn.Linear(2, 12), nn.Linear(12, 12), nn.Linear(12, 1)),
              "sigmoid": nn.Sequential(nn.Linear(2, 12), nn.Sigmoid(), nn.Linear(12, 12), nn.Sigmoid(),
                                       nn.Linear(12, 1))}
    r = lab.Result(x=x, y=y, stacks=stacks, right={})
    for name, net in stacks.items():
        list(lab.fit(net, nn.BCEWithLogitsLoss(), x, y, optim.Adam(net.parameters(), 0.03),
                     epochs=60 if quick else 300, batch=50, what=name))
        with torch.no_grad():
            r.right[name] = 100 * ((net(new_x) > 0) == (new_y > 0.5)).float().mean().item()
        r.row(f"{name} layers, new points right, %", r.right[name])
    r.one = collapse(list(stacks["linear"]))
    with torch.no_grad():
        r.gap = (r.one(new_x) - stacks["linear"](new_x)).abs().max().item()
    r.row("largest |one layer − three|", r.gap, "0", "rounding of float32")

    w = torch.tensor(1.5, requires_grad=True)
    y = (w * 0.8 - 0.2).sigmoid()
    [slope] = torch.autograd.grad(y, w)
    change = ((w + 0.01) * 0.8 - 0.2).sigmoid() - y
    r.small = change.item() / (0.01 * slope.item())
    r.row("Δy / (∂y/∂w Δw) for Δw = 0.01", r.small, "≈ 1")
    return r


def check(r):
    """What the text teaches."""
    yield "three linear layers compute what one computes", r.gap < 1e-4
    yield "they do not separate the moons; with sigmoids they do", (
        r.right["linear"] < 92 and r.right["sigmoid"] > 97)
    yield "a small change of a weight makes a small, foreseen change of the output", (
        abs(r.small - 1) < 0.01)


def draw(r):
    """The function σ and the two answers."""
    f, (sigma, *maps) = lab.figure(1, 3, width=11, height=3.4)
    z = torch.linspace(-6, 6, 200)
    lab.curves(sigma, {"threshold": (z >= 0).float(), "σ(z)": z.sigmoid()}, z,
               title="A step, made smooth", xlabel="z = w·x + b", ylabel="y")
    gx, gy = torch.linspace(-1.6, 2.6, 200), torch.linspace(-1.1, 1.6, 200)
    y, x = torch.meshgrid(gy, gx, indexing="ij")
    for a, (name, net) in zip(maps, r.stacks.items(), strict=True):
        with torch.no_grad():
            p = net(torch.stack([x, y], -1)).sigmoid()[..., 0]
        lab.field(a, gx, gy, p)
        a.contour(gx, gy, p, levels=[0.5], colors=lab.INK, linewidths=1.6)
        for value, colour, marker in ((0, lab.BLUE, "o"), (1, lab.RED, "s")):
            a.scatter(*r.x[r.y[:, 0] == value].T, s=7, color=colour, marker=marker)
        a.set(title=f"Three {name} layers: {r.right[name]:.1f} %", xlabel="x₁", ylabel="x₂")
    return f
