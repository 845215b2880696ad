"""26. A deep belief network: first see, layer by layer, then learn what it is called

    p(v, h¹, h², …) = p(v | h¹) … p(hⁿ⁻¹, hⁿ)

A restricted Boltzmann machine learns the images, a second one what the first makes of them: each layer
put on top can raise a bound on ln p(v), and no label is needed. With a softmax on top the stack becomes
a feed-forward net of sigmoids whose weights labels have to adjust only a little. Where images are many
and names few, as mostly in life, that is a great help: the same net from random weights must find in a
few examples all there is to see.

A last machine sees the highest answers and the name side by side, and learns how they go together.
Given an image it reads: the name of least free energy. Told a name it dreams: the name is held while
the rest is drawn again and again, and the lower machines paint what it dreams of.

G. E. Hinton, S. Osindero & Y.-W. Teh, A fast learning algorithm for deep belief nets, 2006; Y. Bengio
et al., Greedy layer-wise training of deep networks, 2007.
"""

from itertools import pairwise

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.models.rbm import RBM, greedy
from tinygrad_pt.models.sigmoid import glorot, sigmoids
from tinygrad_pt.nn.functional import cross_entropy, one_hot


class Namer(RBM):
    """A machine that sees the answers of those below, (n, below), and beside them one of ten names."""

    def __init__(self, below, hidden):
        super().__init__(below + 10, hidden)

    def scores(self, below):
        """Minus the free energy of each of the names, (n, 10)."""
        names = torch.eye(10)[:, None].expand(10, len(below), 10)
        return torch.stack([-self.free_energy(beside(below, name)) for name in names], 1)

    def dream(self, names, steps):
        """What it comes to see below from nothing, told these names (n, 10)."""
        below = torch.zeros(len(names), len(self.visible) - 10)
        for _ in range(steps):
            below = self.gibbs(beside(below, names))[:, :-10]
        return self.reconstruction(beside(below, names))[:, :-10]


def beside(below, names):
    """What a `Namer` sees."""
    return torch.cat([below, names], 1)


def begin_with(layers):
    """A net that goes through the layers, and on to ten scores."""
    return sigmoids([*layers, nn.Linear(layers[-1].out_features, 10)])


def run(quick):
    """See many images; learn the names of few, and of more, with and without having seen; dream."""
    (x, y), _, test = (((x.flatten(1) > 0.5).float(), y) for x, y in lab.digits(quick))
    x, y = x[:20_000], y[:20_000]
    sizes = [x.shape[1], 100, 100] if quick else [x.shape[1], 300, 300]
    way = {"epochs": 10, "batch": 20} if quick else {"epochs": 12, "batch": 50}
    stack = [RBM(*pair) for pair in pairwise(sizes)]
    seen = greedy(stack, x, **way)
    r = lab.Result(lines={}, side=round(x.shape[1] ** 0.5), filters=stack[0].weight[:40].detach())
    some = [part[:2000] for part in test]
    for labels, epochs in ((100, 60), (1198, 20)) if quick else ((200, 40), (10_000, 4)):
        for name in ("from random weights", "having seen"):
            net = begin_with([rbm.layer() for rbm in stack])
            if name == "from random weights":
                glorot(net)
            r.lines[name, labels] = [
                lab.accuracy(net, *some)
                for _ in lab.fit(net, cross_entropy, x[:labels], y[:labels],
                                 optim.SGD(net.parameters(), lr=0.1, momentum=0.9), batch=20,
                                 epochs=epochs, what=f"{labels} names, {name}")]
            r.row(f"{labels:,} names, {name}: test digits right, %",
                  f"{lab.accuracy(net, *test):.2f}")
    r.labels = sorted({labels for _, labels in r.lines})
    top = Namer(sizes[-1], 300 if quick else 1000)
    greedy([top], beside(seen, one_hot(y, 10).float()), **way)
    names = torch.arange(10).repeat_interleave(20)
    with torch.no_grad():
        below, r.dreams = test[0], top.dream(one_hot(names, 10).float(), 100 if quick else 300)
        for rbm in stack:
            below = rbm.up(below)
        for rbm in reversed(stack):
            r.dreams = rbm.down(r.dreams)
        r.read = right(top.scores(below), test[1])
        r.told = right(net(r.dreams), names)
    r.row(f"{len(x):,} names, the machine on top: test digits right, %", r.read,
          "" if quick else 98.75, "" if quick else "Hinton et al.: a larger net, 60,000, all tuned")
    r.row("its dreams, told a name: read as that by the net before, %", r.told)
    return r


def right(scores, labels):
    """The percentage of labels that have the largest score."""
    return 100 * (scores.argmax(1) == labels).float().mean().item()


def check(r):
    """What the text teaches."""
    gain = {(labels, when): r.lines["having seen", labels][when]
            - r.lines["from random weights", labels][when] for labels in r.labels for when in (0, -1)}
    few, many = r.labels[0], r.labels[-1]
    yield "with few names, having seen reads two in a hundred digits more", gain[few, -1] > 2
    yield "and after one epoch twenty", gain[few, 0] > 20
    yield "with many names it matters less", gain[many, -1] < gain[few, -1] - 1
    yield "the machine on top reads three digits in four, by free energy alone", r.read > 75
    yield "told a name, it dreams of that digit, four times in five", r.told > 80


def draw(r):
    """Accuracy by epoch for few names and for many; filters; dreams, a column for each name."""
    f, axes = lab.figure(1, 4, width=14, height=3.6, width_ratios=[1, 1, 1.1, 1.1])
    for a, labels in zip(axes, (r.labels[0], r.labels[-1]), strict=False):
        lab.curves(a, {name: r.lines[name, labels] for name in ("from random weights", "having seen")},
                   title=f"{labels:,} names", xlabel="epoch")
    axes[0].set_ylabel("of 2,000 test digits right, %")
    lab.images(axes[2], r.filters.reshape(-1, r.side, r.side), 8, title="First layer")
    lab.images(axes[3], r.dreams.reshape(10, -1, r.side, r.side)[:, :6].transpose(0, 1).flatten(0, 1),
               10, title="Dreams, told: 0, 1, … 9")
    return f
