"""32. A Vision Transformer: pieces of a digit are words, and attention reads them

    x₀ = summary,   xᵢ = E patchᵢ,      + pᵢ,     then blocks of attention,     scores = W x₀

An image is cut into squares and each is turned into a vector by one matrix E (a convolution whose
stride is its width). From there on it is the encoder of a text. One more vector, of no patch,
asks all others and collects the answer. Nothing in it knows that an image is flat or that neighbours
are related: where a patch was is learned, as pᵢ, and without these the digit is a bag of its pieces.

A. Dosovitskiy et al., An image is worth 16×16 words, 2021.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, optim
from tinygrad_pt.models.transformer import VisionTransformer
from tinygrad_pt.nn import functional as F


def shuffled(images, patch, order):
    """Images (n, side, side) whose patches lie in another order."""
    side = images.shape[1]
    pieces = F.unfold(images[:, None], patch, stride=patch)[:, :, order]
    return F.fold(pieces, (side, side), patch, stride=patch)[:, 0]


def run(quick):
    """Digits in 16 patches; the same net without places sees a shuffled digit as the digit."""
    (x, y), (some_x, some_y), (new_x, new_y) = lab.digits(quick)
    side = x.shape[1]
    patch, steps, width = (2, 160, 32) if quick else (7, 1200, 48)
    net = VisionTransformer(side, patch, 10, width, heads=4, depth=1 if quick else 2)
    adam = optim.AdamW(net.parameters(), lr=1e-2 if quick else 4e-3)

    def loss():
        batch = torch.randint(0, len(x), (64,))
        return F.cross_entropy(net(x[batch]), y[batch])

    r = lab.Result(accuracy={})
    for step, _ in enumerate(lab.descend(loss, adam, steps=steps), 1):
        if step % (steps // 8) == 0:
            r.accuracy[step] = lab.accuracy(net, some_x, some_y)
    r.test = lab.accuracy(net, new_x, new_y)
    order = torch.randperm((side // patch) ** 2)
    r.moved = lab.accuracy(net, shuffled(new_x, patch, order), new_y)
    with torch.no_grad():
        net(new_x[:6])
        looked = net.blocks.blocks[-1].look.weights[:, :, 0, 1:].mean(1)
        looked = looked.reshape(6, 1, side // patch, -1)
        r.looked = F.interpolate(looked, scale_factor=float(patch))[:, 0]
        r.digits = new_x[:6].clone()
        r.filters = net.patches.weight[:16, 0].clone()
        p = F.normalize(net.places[1:], dim=1)
        r.likeness = (p @ p.T).reshape(-1, side // patch, side // patch)
        net.places[1:] = net.places[1:].mean(0)
        r.bag = (net(new_x[:100]) - net(shuffled(new_x[:100], patch, order))).abs().max().item()
    r.row("parameters", f"{sum(p.numel() for p in net.parameters()):,}")
    r.row("test digits right, %", r.test)
    r.row("the same with patches shuffled, %", r.moved)
    r.row("without places: scores of a shuffled digit differ by", r.bag, 0, "rounding of float32")
    return r


def check(r):
    """What the text teaches."""
    yield "it reads most digits", r.test > 85
    yield "it knows where its patches were: shuffled digits are not read", r.moved < r.test - 30
    yield "without places it sees a bag of patches", r.bag < 1e-3


def draw(r):
    """Patches, where the summary looks, the learned places, and the accuracy."""
    f, axes = lab.figure(1, 4, width=13.5, height=3.2, width_ratios=[1, 1.3, 1, 1.2])
    lab.images(axes[0], r.filters, 4, title="E: what a patch is asked")
    pairs = torch.stack([r.digits, r.looked / r.looked.amax((1, 2), keepdim=True)], 1)
    lab.images(axes[1], pairs.flatten(0, 1), 4, title="Digits, and where it looks")
    lab.images(axes[2], r.likeness, r.likeness.shape[1], title="Likeness of places")
    lab.curves(axes[3], {"of new digits": list(r.accuracy.values())}, list(r.accuracy),
               title="Right, %", xlabel="step, 64 digits each")
    return f
