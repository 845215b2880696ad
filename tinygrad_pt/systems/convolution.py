"""19. Convolution by hand: neurons that look at a small field, and share their weights

    yₖ[i, j] = bₖ + Σₗ Σᵤ Σᵥ wₖ[l, u, v] · x[l, s·i + u, s·j + v]

A neuron sees a field of n × m pixels on l maps, its neighbour the field s pixels further (the stride),
and p rows of zeros round the picture (the padding) let fields begin outside. All neurons of a map share
their weights, so a feature is looked for everywhere, and k maps take (n·m·l + 1)·k numbers. Seen from
a weight, the sum is the picture, shifted, times that weight. So is its derivative:

    ∂C/∂wₖ[l, u, v] = Σᵢⱼ δₖ[i, j] · x[l, s·i + u, s·j + v],        ∂C/∂bₖ = Σᵢⱼ δₖ[i, j],

and what x gets back is every δ, times the weight, at the place that the weight looked at. Pooling then
keeps one number of 2 × 2: the largest, the mean, or the root of the sum of squares (L2).

Y. LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989; M. Nielsen, Neural
Networks and Deep Learning, 2015, chapter 6.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn import functional as F

POOLS = {  # by hand, of blocks (n, maps, rows, 2, columns, 2); and the library's
    "max": (lambda x: x.amax((3, 5)), nn.MaxPool2d(2)),
    "L2": (lambda x: (x ** 2).sum((3, 5)).sqrt(), nn.LPPool2d(2, 2)),
    "average": (lambda x: x.mean((3, 5)), nn.AvgPool2d(2))}


def shifts(x, field, stride):
    """For each place (u, v) in a field, what all neurons together see there: x, shifted."""
    for u in range(field[0]):
        for v in range(field[1]):
            down, right = (size - side + 1 for size, side in zip(x.shape[2:], field, strict=True))
            yield u, v, x[:, :, u:u + down:stride, v:v + right:stride]


def convolve(x, w, b, stride=1, padding=0):
    """y (n, k, …) of pictures x (n, l, …), weights w (k, l, …) and biases b (k,)."""
    return b[:, None, None] + sum(
        torch.einsum("nlij,kl->nkij", seen, w[:, :, u, v])
        for u, v, seen in shifts(F.pad(x, [padding] * 4), w.shape[2:], stride))


def gradients(delta, x, w, stride=1, padding=0):
    """∂C/∂x, ∂C/∂w and ∂C/∂b, of δ = ∂C/∂y."""
    x = F.pad(x, [padding] * 4)
    by_x, by_w = torch.zeros_like(x), torch.zeros_like(w)
    for (u, v, seen), (*_, got) in zip(shifts(x, w.shape[2:], stride),
                                       shifts(by_x, w.shape[2:], stride), strict=True):
        by_w[:, :, u, v] = torch.einsum("nkij,nlij->kl", delta, seen)
        got += torch.einsum("nkij,kl->nlij", delta, w[:, :, u, v])
    inside = slice(padding, -padding or None)
    return by_x[:, :, inside, inside], by_w, delta.sum((0, 2, 3))


def difference(stride, padding):
    """The largest difference of all this from the library's convolution and from autograd."""
    x, w, b = torch.randn(2, 3, 9, 8), torch.randn(4, 3, 3, 2), torch.randn(4)
    x, w, b = (t.double().requires_grad_() for t in (x, w, b))
    y = F.conv2d(x, w, b, stride, padding)
    delta = torch.randn_like(y)
    pairs = [(convolve(x, w, b, stride, padding), y),
             *zip(gradients(delta, x.detach(), w.detach(), stride, padding),
                  torch.autograd.grad(y, (x, w, b), delta), strict=True)]
    return max((ours - theirs).abs().max().item() for ours, theirs in pairs)


def numbers(net):
    """How many numbers a net learns."""
    return sum(p.numel() for p in net.parameters())


def network(side, field, maps, pool):
    """Images (n, side, side) → maps → pooled maps → ten scores."""
    rest = (side - field + 1) // 2
    return nn.Sequential(nn.Unflatten(1, (1, side)), nn.Conv2d(1, maps, field), nn.ReLU(), pool,
                         nn.Flatten(), nn.Linear(maps * rest ** 2, 10))


def run(quick):
    """Numbers by hand and by the library; then a small network, for each way of pooling."""
    r = lab.Result(accuracy={}, test={})
    settings = [(1, 0), (2, 0), (1, 2), (3, 1)]
    r.difference = max(difference(*setting) for setting in settings)
    blocks = torch.randn(2, 3, 6, 8)
    r.pools = max((by_hand(blocks.reshape(2, 3, 3, 2, 4, 2)) - layer(blocks)).abs().max().item()
                  for by_hand, layer in POOLS.values())
    r.row("convolution and its gradients, largest |by hand − library|", r.difference, 0,
          "rounding of float64")
    r.row("pooling, largest |by hand − library|", r.pools, 0, "rounding of float32")
    r.counts = [*map(numbers, (nn.Conv2d(1, 1, 5), nn.Conv2d(1, 20, 5), nn.Linear(784, 30)))]
    whats = "a map of 5×5 fields: numbers", "20 maps", "30 neurons that see all of 28×28"
    for what, count, course in zip(whats, r.counts, (26, 520, 23_550), strict=True):
        r.row(what, f"{count:,}", f"{course:,}")
    image, sizes = torch.zeros(1, 28, 28), []
    for layer in network(28, 5, 3, POOLS["max"][1]):
        image = layer(image)
        if not isinstance(layer, (nn.ReLU, nn.Flatten)):
            sizes.append("×".join(map(str, image.shape[1:])))
    r.sizes = " → ".join(sizes)
    r.row("sizes on the way", r.sizes, "1×28×28 → 3×24×24 → 3×12×12 → 10")

    digits = lab.digits(quick)
    x, y = digits.train
    side, field, rate = (8, 3, 1e-2) if quick else (28, 5, 2e-3)
    nets = {f"3 maps, {how}": network(side, field, 3, layer) for how, (_, layer) in POOLS.items()}
    nets["20 maps, max"] = network(side, field, 20, POOLS["max"][1])
    nets["30 dense"] = nn.Sequential(nn.Flatten(), nn.Linear(side ** 2, 30), nn.ReLU(),
                                     nn.Linear(30, 10))
    for name, net in nets.items():
        optimizer = optim.Adam(net.parameters(), lr=rate)
        r.accuracy[name] = [lab.accuracy(net, *digits.validation) for _ in lab.fit(
            net, F.cross_entropy, x, y, optimizer, epochs=8, batch=32 if quick else 64, what=name)]
        r.test[name] = lab.accuracy(net, *digits.test)
        r.row(f"{name}, {numbers(net):,} numbers: test digits right, %", r.test[name])
    r.numbers = {name: numbers(net) for name, net in nets.items()}
    r.filters = nets["20 maps, max"][1].weight.detach()[:, 0]
    r.image = digits.test[0][0]
    r.maps = nets["20 maps, max"][:3](r.image[None])[0].detach()
    return r


def check(r):
    """What the text teaches."""
    yield "by hand and the library agree: convolution, its three gradients, three ways of pooling", (
        r.difference < 1e-12 and r.pools < 1e-6)
    yield "(n·m·l + 1)·k numbers: 26 a map, 520 for 20, against 23,550", r.counts == [26, 520, 23_550]
    yield "28×28 → 3×24×24 → 3×12×12 → 10", r.sizes == "1×28×28 → 3×24×24 → 3×12×12 → 10"
    yield "three maps read nearly as well as 30 dense neurons, with a fifth of the numbers", all(
        r.test[name] > r.test["30 dense"] - 3 and r.numbers[name] < r.numbers["30 dense"] / 5
        for name in r.test if name.startswith("3 maps"))
    yield "twenty maps read better", r.test["20 maps, max"] > r.test["30 dense"]


def draw(r):
    """Accuracies, the learned filters, and what they make of a digit."""
    f, axes = lab.figure(1, 4, width=13, height=3.5, width_ratios=[1.5, 0.7, 1.2, 1.2])
    lab.curves(axes[0], r.accuracy, title="Unseen digits right, %", xlabel="epoch")
    lab.images(axes[1], r.image[None], 1, title="A digit")
    lab.images(axes[2], r.filters, 5, title="20 learned filters")
    lab.images(axes[3], r.maps, 5, title="What each finds in it")
    return f
