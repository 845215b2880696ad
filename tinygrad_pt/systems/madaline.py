"""3. MADALINE learns XOR: ADALINEs vote, and the least sure gives way

    outputs:  yᵢ = sign(wᵢ·x + bᵢ),        vote:  OR of the yᵢ, a gate that is not learned

The gate has no slope, so there is no gradient to follow. Widrow's first rule moves as little as
possible instead. A vote that should have been no: every ADALINE that said yes is pushed to no. A vote
that should have been yes: the one whose sum is nearest to 0 is pushed to yes.

    push to t = ±1:    w ← w + η (t − (w·x + b)) x / ‖x‖²

W. C. Ridgway, An adaptive logic system with generalizing properties, 1962; B. Widrow & M. A. Lehr,
30 years of adaptive neural networks, 1990.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab

INPUTS = torch.tensor([[-1.0, -1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0]])
XOR = [False, True, True, False]  # the third input is 1, its weight the bias


def learn(adalines, rate=0.5, sweeps=100):
    """The weights (adalines, 3), and the number of wrong votes in each sweep until there is none."""
    w, wrong = torch.randn(adalines, 3), []
    for _ in range(sweeps):
        wrong.append(0)
        for i in torch.randperm(4).tolist():
            x, sums = INPUTS[i], w @ INPUTS[i]
            vote = bool((sums > 0).any())
            if vote == XOR[i]:
                continue
            wrong[-1] += 1
            pushed = [sums.abs().argmin().item()] if XOR[i] else (sums > 0).nonzero()[:, 0].tolist()
            target = 1.0 if XOR[i] else -1.0
            for k in pushed:
                w[k] += rate * (target - sums[k]) * x / 3
        if not wrong[-1]:
            break
    return w, wrong


def run(quick):
    """From many starts, with one ADALINE and with two."""
    r = lab.Result(solved={})
    starts = 20 if quick else 100
    for n in (1, 2, 3):
        runs = [learn(n) for _ in lab.track(range(starts), f"{n} adalines")]
        r.solved[n] = [len(wrong) for _, wrong in runs if not wrong[-1]]
        r.row(f"XOR solved by {n} of them, of {starts} starts", len(r.solved[n]), 0 if n == 1 else "")
        if n == 2:
            r.w = next(w for w, wrong in runs if not wrong[-1])
    r.starts = starts
    r.row("median of the sweeps that two need", sorted(r.solved[2])[len(r.solved[2]) // 2])
    return r


def check(r):
    """What the text teaches."""
    yield "one ADALINE never solves XOR", not r.solved[1]
    yield "two solve it from most starts", len(r.solved[2]) >= 0.8 * r.starts


def draw(r):
    """The two lines of one solution, and how long it took from each start."""
    f, (left, right) = lab.figure(1, 2, height=3.6, width=8)
    grid = torch.linspace(-2, 2, 300)
    y, x = torch.meshgrid(grid, grid, indexing="ij")
    sums = torch.stack([x, y, torch.ones_like(x)], -1) @ r.w.T
    lab.field(left, grid, grid, (sums > 0).any(-1).float(), ["white", lab.SKY])
    for k, colour in ((0, lab.BLUE), (1, lab.RED)):
        left.contour(grid, grid, sums[..., k], levels=[0], colors=colour, linewidths=1.8)
    yes = torch.tensor(XOR)
    left.scatter(*INPUTS[yes, :2].T, s=90, color=lab.INK, label="wants yes", zorder=3)
    left.scatter(*INPUTS[~yes, :2].T, s=90, color="white", edgecolors=lab.INK, linewidths=1.6,
                 label="wants no", zorder=3)
    left.set(title="Two lines, joined by OR", xlabel="x₁", ylabel="x₂", aspect="equal")
    left.legend(loc="upper left", bbox_to_anchor=(1, 1))
    right.hist([r.solved[2], r.solved[3]], bins=range(0, 31, 2), color=[lab.BLUE, lab.ORANGE],
               label=["2 ADALINEs", "3 ADALINEs"])
    right.set(title="Sweeps until XOR is solved", xlabel="sweeps", ylabel="starts")
    right.legend()
    return f
