"""19. LeNet-5 reads digits: convolutions, subsampling, and 60,000 numbers

    1×32×32 → C1 6×28×28 → S2 6×14×14 → C3 16×10×10 → S4 16×5×5 → C5 120 → F6 84 → 10

C1 and C3 convolve with fields of 5×5; S2 and S4 take the mean of 2×2, times a weight, plus a bias. The
deeper, the more maps and the fewer places: *what* is kept, *where* is given up. Each map of C3 sees
three, four or all six of the maps before it, which breaks the symmetry between maps and saves numbers:

    C1 (25 + 1)·6 = 156   S2 2·6 = 12   C3 60·25 + 16 = 1,516   S4 2·16 = 32   C5 48,120   F6 10,164

Each epoch shows the digits turned, zoomed and shifted a little, as the paper did with its best net.

Y. LeCun, L. Bottou, Y. Bengio & P. Haffner, Gradient-based learning applied to document recognition,
1998.
"""

import numpy as np

import tinygrad_pt as torch
from tinygrad_pt import lab, optim
from tinygrad_pt.models.digits import moved
from tinygrad_pt.models.lenet import PartialConv2d, lenet5
from tinygrad_pt.nn import functional as F


def framed(x):
    """Digits (n, side, side) as LeNet wants them: (n, 1, 32, 32), paper −0.1 and ink 1.175."""
    x = x[:, None]
    x = F.pad(x, [2] * 4) if x.shape[-1] == 28 else F.interpolate(x, (32, 32), mode="bilinear")
    return 1.275 * x - 0.1


def numbers(net):
    """How many numbers each layer learns, but for the last layer."""
    found = [sum(p.numel() for p in layer.parameters()) for layer in net]
    for i, layer in enumerate(net):
        if isinstance(layer, PartialConv2d):
            found[i] -= int((1 - layer.seen.expand_as(layer.weight)).sum().item())
    return [n for n in found[:-1] if n]


def run(quick):
    """Train on moved digits, the rate falling to 0; then look inside."""
    (x, y), (validation_x, validation_y), (test_x, test_y) = lab.digits(quick)
    validation_x, test_x = framed(validation_x), framed(test_x)
    epochs, batch, rate, shift = (5, 32, 3e-3, 0.5) if quick else (28, 32, 2e-3, 1.0)
    net, random = lenet5(), np.random.default_rng(0)
    r = lab.Result(quick=quick, accuracy=[], numbers=numbers(net))
    optimizer = optim.Adam(net.parameters(), lr=rate)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in lab.track(range(epochs), "epochs"):
        new = framed(torch.from_numpy(moved(x.numpy(), random, shift)))
        for _ in lab.fit(net, F.cross_entropy, new, y, optimizer, epochs=1, batch=batch):
            schedule.step()
        r.accuracy.append(lab.accuracy(net, validation_x, validation_y))
    r.test = lab.accuracy(net, test_x, test_y)
    r.row("numbers that C1 … F6 learn", f"{sum(r.numbers):,}", "60,000", "the last layer: 850")
    r.row("test digits right, %", f"{r.test:.2f}", "at least 99")
    r.row("test digits misread", round(len(test_x) * (1 - r.test / 100)), 80,
          "the paper's, from 60,000 digits and 540,000 distorted")
    with torch.no_grad():
        scores = torch.cat([net(some) for some in test_x.split(1000)])
        r.stages = [net[:stage](test_x[:1])[0] for stage in (3, 6)]
    read = scores.argmax(1)
    wrong = (read != test_y).nonzero()[:24, 0]
    r.misread = test_x[wrong, 0], test_y[wrong].tolist(), read[wrong].tolist()
    r.filters = net[0].weight.detach()[:, 0]
    return r


def check(r):
    """What the text teaches."""
    yield "C1 to F6 learn 156 + 12 + 1,516 + 32 + 48,120 + 10,164 = 60,000 numbers", (
        r.numbers == [156, 12, 1516, 32, 48_120, 10_164] and sum(r.numbers) == 60_000)
    yield ("it reads nine small digits in ten after five epochs" if r.quick else
           "it reads at least 99 % of digits that it has not seen"), r.test >= (90 if r.quick else 99)


def draw(r):
    """Learning, a digit on its way through, and what is misread."""
    f, axes = lab.figure(1, 5, width=14, height=3.6, width_ratios=[1.1, 0.5, 0.75, 1.1, 1.5])
    lab.curves(axes[0], {"unseen digits": r.accuracy}, title="Right, %", xlabel="epoch")
    axes[0].get_legend().remove()
    lab.images(axes[1], r.filters, 2, title="C1: filters")
    lab.images(axes[2], r.stages[0], 2, title="A digit in S2")
    lab.images(axes[3], r.stages[1], 4, title="… and in S4")
    images, labels, read = r.misread
    lab.images(axes[4], images, 6, title="Misread, as what")
    for i, (label, wrong) in enumerate(zip(labels, read, strict=True)):
        axes[4].text(33 * (i % 6) + 1, 33 * (i // 6) + 6, f"{label}→{wrong}", size=8, color=lab.RED)
    return f
