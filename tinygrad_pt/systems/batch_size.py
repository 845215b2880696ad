"""15. Batch size and learning rate: large batches step surely, and seldom

    w ← w − η (mean over a batch of B of ∂C/∂w)

The mean over B examples strays from the mean over all of them by σ/√B: a batch sixteen times as large
points four times as exactly. But its epoch has a sixteenth of the steps, and where the slope hardly
turns, sixteen steps of η lead as far as one of 16 η. So a large batch wants a large η, and with the η
of a small one it has only come less far. Nor is it stuck: given small batches, it catches up.

    784-1024-1024-10, ReLU, cross-entropy, η = 0.01, batches of 64, 256 and 1024

Momentum 0.95 makes a step twenty times as long in the end: five epochs do for a hundred without.

K. Shen, Effect of batch size on training dynamics, 2018; P. Goyal et al., Accurate, large minibatch
SGD, 2017.
"""

from copy import deepcopy

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn.functional import cross_entropy

RATE = 0.01


class Journey:
    """A net on its way: trained with one batch size, it may be copied and go on with another."""

    def __init__(self, inputs, width, rate=RATE):
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(inputs, width), nn.ReLU(),
                                 nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10))
        self.optimizer = optim.SGD(self.net.parameters(), lr=rate, momentum=0.95)
        self.accuracy = []

    def go(self, digits, batch, epochs):
        """Train on, and note the accuracy on unseen digits after each epoch."""
        for _ in lab.fit(self.net, cross_entropy, *digits.train, self.optimizer, epochs=epochs,
                         batch=batch, what=f"batches of {batch}"):
            self.accuracy.append(lab.accuracy(self.net, *digits.validation))
        return self


def stray(net, x, y, batch, draws):
    """How far the gradients of batches lie from that of all: root mean square, in its lengths."""
    def slope(some):
        slopes = torch.autograd.grad(cross_entropy(net(x[some]), y[some]), list(net.parameters()))
        return torch.cat([s.flatten() for s in slopes])

    whole = slope(torch.arange(len(x)))
    squares = [(slope(torch.randint(len(x), (batch,))) - whole).square().sum() for _ in range(draws)]
    return (torch.stack(squares).mean().sqrt() / whole.norm()).item()


def run(quick):
    """Three batch sizes with one η, the largest with ten, and sizes exchanged on the way."""
    digits = lab.digits(quick)
    inputs, width = digits.train[0][0].numel(), 64 if quick else 1024
    small, middle, large = sizes = (8, 32, 128) if quick else (64, 256, 1024)
    epochs, some = (8, 3) if quick else (5, 2)
    r = lab.Result(lines={}, stray={}, sizes=sizes, some=some)
    fresh, fast = Journey(inputs, width), Journey(inputs, width, 10 * RATE)
    x, y = (a[:1000] for a in digits.train)
    for batch in sizes:
        r.stray[batch] = stray(fresh.net, x, y, batch, draws=20)
    quickly, slowly = (deepcopy(fresh).go(digits, batch, some) for batch in (small, large))
    for name, journey, batch, course in (
            (f"{small}", deepcopy(quickly), small, "98"),
            (f"{middle}", fresh, middle, ""),
            (f"{large}", deepcopy(slowly), large, "≈ 96"),
            (f"{large}, η = {10 * RATE}", fast, large, "98"),
            (f"{small}, then {large}", quickly, large, ""),
            (f"{large}, then {small}", slowly, small, "")):
        journey.go(digits, batch, epochs - len(journey.accuracy))
        r.lines[name] = journey.accuracy
        r.row(f"batches of {name}: unseen digits right, %", f"{journey.accuracy[-1]:.2f}", course)
    for batch in sizes:
        r.row(f"a batch of {batch}: its gradient strays, in lengths of the whole", r.stray[batch])
    return r


def check(r):
    """What the text teaches."""
    small, _, large = r.sizes
    last = {name: line[-1] for name, line in r.lines.items()}
    most, mean, least = (last[f"{batch}"] for batch in r.sizes)
    yield "a sixteenth of the examples: the gradient strays four times as far", (
        3.5 < r.stray[small] / r.stray[large] < 4.5)
    yield "with one η, the larger the batch the less is learned in as many epochs", (
        most > mean > least + 0.5)
    for cure, name in (("ten times η", f"{large}, η = {10 * RATE}"),
                       ("going on with small batches", f"{large}, then {small}")):
        yield f"{cure} makes up for three quarters of it at least", (
            last[name] > least + 0.75 * (most - least))


def draw(r):
    """Accuracy by epoch: three sizes, the cure, and the exchange."""
    small, middle, large = r.sizes
    cure, to_large, to_small = list(r.lines)[3:]
    f, axes = lab.figure(1, 3, width=12, height=3.6, sharey=True)
    for a, title, names in ((axes[0], f"One learning rate, {RATE}", [f"{middle}"]),
                            (axes[1], "A large batch wants a large η", [cure]),
                            (axes[2], f"Exchanged after {r.some} epochs", [to_large, to_small])):
        lab.curves(a, {f"batches of {name}": r.lines[name] for name in
                       (f"{small}", f"{large}", *names)},
                   title=title, xlabel="epoch")
    axes[0].set_ylabel("unseen digits right, %")
    return f
