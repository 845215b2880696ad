"""22. An LSTM keeps a bit across 1,000 steps, where a plain recurrent network has lost it

    f, i, o = σ(W x + U h + b),    g = tanh(W' x + U' h + b'),    c' = f c + i g,    h' = o tanh(c')

The cell c is a sum, not a product: f says how much of it stays, i how much of the new g comes in, and o
how much of it is shown. Of an error at the end

    ∂c_T/∂c₀ = Π fₜ (and what goes round through h)        against        ∂h_T/∂h₀ = Π diag(1 − hₜ²) U

reaches the beginning. The second falls geometrically for weights of ordinary size. So would the first
for f = ½, but a cell can have f near 1: with biases of ln T in f and −ln T in i (J. Tallec &
Y. Ollivier, 2018) f starts near 1 − 1/T, and after T steps (1 − 1/T)ᵀ ≈ 1/e is left.

The task: x₀ is +1 or −1, then follow T − 1 numbers of noise; at the end the net is asked for x₀. (With
larger steps than here a plain network may stumble upon weights that latch; no gradient leads it there.)

S. Hochreiter & J. Schmidhuber, Long short-term memory, 1997; F. A. Gers, J. Schmidhuber & F. Cummins,
Learning to forget, 2000, who added f.
"""

import math

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn import functional as F

HIDDEN = 8
STREAK = 6  # of batches with all bits right: it has learned


def cell(x, h, c, w, u, b):
    """One step, by hand: the new h and c; w, u and b have the rows of i, f, g and o."""
    i, f, g, o = (x @ w.T + h @ u.T + b).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def through(lstm, x):
    """h and c at each step, (steps, count, HIDDEN), of sequences that it reads."""
    h = c = torch.zeros(x.shape[1], HIDDEN).to(x)
    w, u, b, also_b = lstm.parameters()
    found = []
    for now in x:
        h, c = cell(now, h, c, w, u, b + also_b)
        found.append((h, c))
    return map(torch.stack, zip(*found, strict=True))


def difference(steps=50):
    """The largest difference of `cell`, step by step, from `nn.LSTM`."""
    lstm, x = nn.LSTM(2, HIDDEN).double(), torch.randn(steps, 3, 2).double()
    return (next(through(lstm, x)) - lstm(x)[0]).abs().max().item()


class Keeper(nn.Module):
    """A recurrent net, and a neuron that reads its last state: the score of "it was +1"."""

    def __init__(self, kind, steps):
        self.memory, self.output = kind(2, HIDDEN), nn.Linear(HIDDEN, 1)
        if kind is nn.LSTM:
            with torch.no_grad():
                i, f, *_ = self.memory.bias_ih_l0.chunk(4)
                i -= math.log(steps)
                f += math.log(steps)

    def forward(self, x):
        return self.output(self.memory(x)[0][-1])[:, 0]


def bits(steps, count):
    """Sequences (steps, count, 2), first the bit, then noise; and the bits, 0 or 1."""
    bit = torch.randint(0, 2, (count,)).float()
    x = torch.stack([torch.zeros(steps, count), torch.randn(steps, count)], 2)
    x[0] = torch.stack([2 * bit - 1, torch.zeros(count)], 1)
    return x, bit


def arriving(net, steps):
    """‖∂score/∂xₜ‖ for every t, in double precision."""
    x = bits(steps, 10)[0].double().requires_grad_()
    net.double()(x).sum().backward()
    return x.grad.norm(dim=(1, 2)).tolist()


def right(score, bit):
    """The percentage of bits that the scores name."""
    return 100 * ((score > 0) == (bit > 0)).float().mean().item()


def learn(net, steps, most):
    """Up to so many batches, or until a streak is right; the % right of each."""
    optimizer, found = optim.Adam(net.parameters(), lr=0.02), []
    for _ in lab.track(range(most), f"{type(net.memory).__name__}, {steps} steps"):
        x, bit = bits(steps, 32)
        score = net(x)
        loss = F.binary_cross_entropy_with_logits(score, bit)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        found.append(right(score, bit))
        if found[-STREAK:] == [100] * STREAK:
            break
    return found


def run(quick):
    """By hand and the library; what arrives of a gradient; and the task, short and long."""
    steps, most = (100, 130) if quick else (1000, 240)
    r = lab.Result(steps=steps, arrives={}, histories={}, accuracy={}, difference=difference())
    r.row("an LSTM step by step, largest |by hand − library|", r.difference, 0, "rounding of float64")
    for kind in (nn.RNN, nn.LSTM):
        r.arrives[kind.__name__] = arriving(Keeper(kind, 1000), 1000)
        r.row(f"{kind.__name__}: of the gradient at the end, what arrives 1,000 steps before",
              r.arrives[kind.__name__][0] / r.arrives[kind.__name__][-1])
    for kind, far in ((nn.RNN, 10), (nn.RNN, steps), (nn.LSTM, steps)):
        name = f"{kind.__name__}, {far:,} steps"
        nets = [Keeper(kind, far) for _ in range(2 if quick else 4)]
        r.histories[name] = [learn(net, far, most) for net in nets]
        x, bit = bits(far, 500)
        with torch.no_grad():
            r.accuracy[name] = [right(net(x), bit) for net in nets]
        r.row(f"{name}: bits right, %, from {len(nets)} starts, after … batches of 32",
              ", ".join(f"{found:.4g} ({len(history)})" for found, history in zip(
                  r.accuracy[name], r.histories[name], strict=True)), 100 if kind is nn.LSTM else "")
    x, r.bit = bits(steps, 12)
    with torch.no_grad():
        _, cells = through(nets[-1].memory, x)
    apart = cells[-1, r.bit == 1].mean(0) - cells[-1, r.bit == 0].mean(0)
    r.cells = cells[:, :, apart.abs().argmax()]
    return r


def check(r):
    """What the text teaches."""
    yield "the LSTM by hand is the library's", r.difference < 1e-12
    share = {name: a[0] / a[-1] for name, a in r.arrives.items()}
    yield "through 1,000 steps a plain network's gradient vanishes, an LSTM's arrives", (
        share["RNN"] < 1e-30 and share["LSTM"] > 1e-3)
    near, far, kept = r.accuracy.values()
    yield "a plain network keeps a bit for 10 steps, from every start", min(near) > 99
    yield f"after {r.steps:,} it can only guess", 40 < min(far) <= max(far) < 60
    yield f"an LSTM still has it after {r.steps:,}, from every start", min(kept) > 99


def draw(r):
    """The gradient on its way back, learning, and one cell while sequences are read."""
    f, (left, middle, last) = lab.figure(1, 3, width=13, height=3.7, width_ratios=[1, 1, 1.2])
    lab.curves(left, {name: a[::-1] for name, a in r.arrives.items()}, title="The gradient, on its way",
               xlabel="steps back", ylabel="‖∂score/∂xₜ‖", yscale="log", ylim=(1e-60, 10))
    for name, colour in zip(r.histories, (lab.BLUE, lab.RED, lab.GREEN), strict=True):
        for k, line in enumerate(r.histories[name]):
            mean = F.avg_pool1d(torch.tensor([line]), STREAK, 1)[0]
            middle.plot(range(STREAK, len(line) + 1), mean, color=colour, label=f"_{k}" if k else name)
    middle.set(title=f"Bits right, %, mean of {STREAK} batches", xlabel="batch of 32", ylim=(0, 103))
    middle.legend(loc="lower right")
    for line, bit in zip(r.cells.T, r.bit.tolist(), strict=True):
        last.plot(line, color=lab.BLUE if bit else lab.RED, linewidth=1, alpha=0.8)
    last.set(title="One cell: blue where the bit was +1", xlabel="step", ylabel="c")
    return f
