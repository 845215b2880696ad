"""2. The perceptron learns what a line can separate, and only that

    y = 1 if w·x + b > 0 else 0,        w ← w + (t − y) x,   b ← b + (t − y)

The rule acts on mistakes alone: it turns the line towards an example that was missed. If some line
separates the examples with margin γ, and none is longer than R, it makes at most (R/γ)² mistakes in
all, in whatever order the examples come. If no line does, as for XOR, it never comes to rest.

F. Rosenblatt, The perceptron, 1958; A. Novikoff, On convergence proofs for perceptrons, 1962;
M. Minsky & S. Papert, Perceptrons, 1969.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab

SQUARE = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
GATES = {"AND": [0.0, 0.0, 0.0, 1.0], "OR": [0.0, 1.0, 1.0, 1.0], "XOR": [0.0, 1.0, 1.0, 0.0]}


def with_one(x):
    """Examples with a last coordinate 1, whose weight is b."""
    return torch.cat([x, torch.ones(len(x), 1)], 1)


def learn(x, targets, sweeps):
    """The weights (…, b) after a sweep without mistakes, or the last; the mistakes of each sweep."""
    x, w, mistakes = with_one(x), torch.zeros(x.shape[1] + 1), []
    for _ in range(sweeps):
        mistakes.append(0)
        for example, t in zip(x, targets, strict=True):
            y = (w @ example > 0).float()
            w += (t - y) * example
            mistakes[-1] += int(t != y)
        if not mistakes[-1]:
            break
    return w, mistakes


def cloud(n, margin):
    """Points in a square, on both sides of a slanted line, none nearer to it than the margin."""
    normal, offset = torch.tensor([0.8, 0.6]), 0.1
    x = 2 * torch.rand(20 * n, 2) - 1
    distance = x @ normal - offset
    kept = (distance.abs() > margin).nonzero()[:n, 0]
    return x[kept], (distance[kept] > 0).float()


def run(quick):
    """Gates, then points that a line separates with a narrow margin."""
    r = lab.Result(gates={})
    for name, targets in GATES.items():
        w, mistakes = learn(SQUARE, torch.tensor(targets), sweeps=100)
        r.gates[name] = w, mistakes
        r.row(f"{name}: sweeps until none is wrong", len(mistakes) if not mistakes[-1] else "never",
              "never" if name == "XOR" else "")
    margin = 0.03
    r.x, r.targets = cloud(200 if quick else 2000, margin)
    r.w, r.mistakes = learn(r.x, r.targets, sweeps=500)
    longest = with_one(r.x).norm(dim=1).max().item()
    gamma = margin / (1 + 0.1 ** 2) ** 0.5  # of the line that made them, as a unit vector (w, b)
    r.bound = (longest / gamma) ** 2
    r.row(f"mistakes on {len(r.x):,} points in all", sum(r.mistakes))
    r.row("Novikoff's bound (R/γ)²", r.bound)
    return r


def check(r):
    """What the text teaches."""
    yield "AND and OR are learned without an error", all(r.gates[g][1][-1] == 0 for g in ("AND", "OR"))
    yield "XOR is never learned: every sweep has mistakes", min(r.gates["XOR"][1]) > 0
    yield "separable points are separated, with fewer mistakes than (R/γ)²", (
        r.mistakes[-1] == 0 and sum(r.mistakes) < r.bound)


def boundary(axes, w):
    """The line w·x + b = 0."""
    w1, w2, b = w.tolist()
    axes.axline((-b * w1 / (w1 ** 2 + w2 ** 2), -b * w2 / (w1 ** 2 + w2 ** 2)),
                (-b * w1 / (w1 ** 2 + w2 ** 2) - w2, -b * w2 / (w1 ** 2 + w2 ** 2) + w1),
                color=lab.INK, linewidth=1.4, label="w·x + b = 0")


def draw(r):
    """The line that it found, and the mistakes of each sweep."""
    f, (left, right) = lab.figure(1, 2, height=3.8)
    shown = slice(400)
    for value, colour, marker in ((1.0, lab.BLUE, "o"), (0.0, lab.RED, "s")):
        points = r.x[shown][r.targets[shown] == value]
        left.scatter(*points.T, s=14, color=colour, marker=marker, label=f"target {value:.0f}")
    boundary(left, r.w)
    left.set(title="A line between two clouds", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xlabel="x₁",
             ylabel="x₂", aspect="equal")
    left.legend(loc="upper left", bbox_to_anchor=(1, 1))
    xor = r.gates["XOR"][1][:40]
    lab.curves(right, {"two clouds": r.mistakes, "XOR (of 4)": xor}, title="Mistakes, sweep by sweep",
               xlabel="sweep", yscale="symlog", ylim=(-0.1, None), ylabel="mistakes")
    return f
