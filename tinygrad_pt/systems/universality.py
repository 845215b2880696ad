"""18. Universality: enough sigmoid neurons follow any continuous function

A neuron with a large weight is a step at s = −b/w. Two steps of opposite sign are a bump from s₁ to s₂:

    σ(w (x − s₁)) − σ(w (x − s₂)) ≈ 1 between s₁ and s₂, else 0.

N bumps side by side, each as high as f is in its middle, follow f; the error falls like 1/N. With two
inputs four steps make a cross that is highest over a square, and a second layer that asks for more than
three halves of a bump's height keeps the square alone: a tower. Nothing is trained here, it is built.

M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 4; G. Cybenko, Approximation by
superpositions of a sigmoidal function, 1989.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab

STEEP = 999.0


def step(x, s, w=STEEP):
    """One neuron, whose bias b = −w s puts the step at s."""
    return (w * x + -w * s).sigmoid()


def bumps(x, f, n):
    """f on [0, 1] by n bumps, 2n neurons of which neighbours share one."""
    edges = torch.linspace(0, 1, n + 1).double()
    heights = f((edges[1:] + edges[:-1]) / 2)
    steep = max(STEEP, 40.0 * n)  # a step should be narrower than a bump
    steps = step(x[:, None], edges, steep)
    steps[:, 0], steps[:, -1] = 1.0, 0.0  # nothing lies outside
    return (steps[:, :-1] - steps[:, 1:]) @ heights


def towers(x, y, f, n):
    """f on the unit square by n × n towers: a second layer of neurons over bumps in x and in y."""
    edges = torch.linspace(0, 1, n + 1).double()
    middle = (edges[1:] + edges[:-1]) / 2
    steps = (step(v[:, None], edges, 100 * STEEP) for v in (x, y))  # towers should touch
    in_x, in_y = (s[:, :-1] - s[:, 1:] for s in steps)
    tower = step(in_x[:, :, None] + in_y[:, None, :], 1.5)
    heights = f(middle[:, None], middle[None, :])
    return (tower * heights).sum((1, 2))


def wave(x):
    """The text's example of a function that is no easy one."""
    return 0.2 + 0.4 * x ** 2 + 0.3 * x * (15 * x).sin() + 0.05 * (50 * x).cos()


def hills(x, y):
    """Two inputs."""
    return 0.5 + 0.5 * (6 * x).sin() * (5 * y).cos() * (0.5 + x)


def run(quick):
    """A single step; errors against N, for one input and for two."""
    r = lab.Result(errors={}, squares={})
    r.x = torch.linspace(0.0005, 0.9995, 2000).double()
    b = -400.0
    r.place = -b / STEEP
    around = r.place + torch.tensor([-0.01, 0.0, 0.01]).double()
    r.step = step(around, r.place).tolist()
    r.row("one neuron, w = 999, b = −400: the step lies at s = −b/w", r.place, 0.40)
    r.row("its output 0.01 before, at, and 0.01 after s", " ".join(f"{v:.4f}" for v in r.step), "0 ½ 1")
    for n in (5, 10, 20, 40, 80, 160, 320):
        r.errors[n] = (bumps(r.x, wave, n) - wave(r.x)).abs().mean().item()
        r.row(f"one input, {n} bumps: mean |error|", r.errors[n])
    grid = torch.rand(400 if quick else 4000, 2).double()
    for n in (4, 8, 16, 32):
        r.squares[n] = (towers(*grid.T, hills, n) - hills(*grid.T)).abs().mean().item()
        r.row(f"two inputs, {n} × {n} towers: mean |error|", r.squares[n])
    side = (torch.arange(64).double() + 0.5) / 64
    y, x = torch.meshgrid(side, side, indexing="ij")
    r.surface = towers(x.flatten(), y.flatten(), hills, 16).reshape(x.shape)
    r.side = side
    return r


def check(r):
    """What the text teaches."""
    yield "one neuron is a step at −b/w", abs(r.step[1] - 0.5) < 1e-9 and r.step[2] - r.step[0] > 0.999
    yield "the error falls like 1/N", all(
        1.6 < r.errors[n] / r.errors[2 * n] < 2.6 for n in (20, 40, 80, 160))
    yield "the error of towers falls too, nearly by half each time", all(
        r.squares[n] / r.squares[2 * n] > 1.5 for n in (4, 8, 16))


def draw(r):
    """A step growing steep, N bumps under a function, towers, and the errors."""
    f, axes = lab.figure(1, 4, width=13.5, height=3.4)
    for w in (8, 40, 999):
        axes[0].plot(r.x, step(r.x, 0.4, w), label=f"w = {w}")
    axes[0].set(title="One neuron: a step at 0.4", xlabel="x", ylabel="σ(w x + b)")
    axes[0].legend()
    lab.curves(axes[1], {"f": wave(r.x), "20 bumps": bumps(r.x, wave, 20)}, r.x,
               title="Twenty bumps follow f", xlabel="x")
    lab.field(axes[2], r.side, r.side, r.surface)
    axes[2].set(aspect="equal", title="16 × 16 towers", xlabel="x", ylabel="y")
    for errors, label in ((r.errors, "one input, N bumps"), (r.squares, "two inputs, N × N towers")):
        axes[3].plot(list(errors), list(errors.values()), "o-", label=label)
    axes[3].set(title="The error falls like 1/N", xlabel="N", ylabel="mean |error|", xscale="log",
                yscale="log", ylim=(1e-4, 1))
    axes[3].legend()
    return f
