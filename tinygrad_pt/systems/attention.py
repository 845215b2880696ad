"""32. Attention: every place asks all others, and takes the mean of their answers

    attention(q, k, v) = softmax(q kᵀ/√d) v

A query q is compared with the keys k; the likelier a match, the more of its value v comes back. Where
a memory is read at an address, this is read by content, and since it is all products and a softmax the
address can be learned. Without 1/√d the scores of random vectors would spread like √d, the softmax
would choose a single one, and its gradient vanish. Several heads look for several things at once.

Attention does not know what stands where: move its inputs about, and its outputs move with them. So
each place adds to its vector the hands of many clocks, from fast to slow,

    p(t) = sin(t ωᵢ), cos(t ωᵢ),     ωᵢ = 10,000^(−2i/width),

of which p(s)·p(t) = Σ cos((s − t) ωᵢ): two places know how far apart they are, wherever they are.

A. Vaswani et al., Attention is all you need, 2017.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn
from tinygrad_pt.models.transformer import Attention, attend, positions
from tinygrad_pt.nn import functional as F

WIDTH, HEADS = 64, 4


def distance(a, b):
    """The largest difference of two tensors."""
    return (a - b).abs().max().item()


def library(ours):
    """nn.MultiheadAttention with the weights of our own."""
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
    layers = ours.query, ours.key, ours.value
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([layer.weight for layer in layers]))
        theirs.in_proj_bias.copy_(torch.cat([layer.bias for layer in layers]))
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias)
    return theirs


def softness(width, scaled):
    """How many keys a query looks at: e to the entropy of its weights, the mean over 64 queries."""
    q, k = torch.randn(64, width), torch.randn(64, width)
    weights = attend(q if scaled else q * width ** 0.5, k, k)[1]
    return (-(weights * (weights + 1e-30).log()).sum(1)).exp().mean().item()


@torch.no_grad()
def run(quick):
    """By hand and by the library; heads; order; how far the softmax spreads with and without 1/√d."""
    r = lab.Result(widths=[2 ** i for i in range(9)])
    q, k, v = torch.randn(3, 6, WIDTH), torch.randn(3, 9, WIDTH), torch.randn(3, 9, WIDTH)
    r.by_hand = distance(attend(q, k, v)[0], F.scaled_dot_product_attention(q, k, v))
    ours = Attention(WIDTH, HEADS)
    x = torch.randn(1, 24, WIDTH)
    r.heads = distance(ours(x, x), library(ours)(x, x, x)[0])
    order = torch.randperm(24)
    p = positions(24, WIDTH)
    r.moved = [distance(ours(y[:, order] + add, y[:, order] + add), ours(y + add, y + add)[:, order])
               for y, add in ((x, 0.0), (x, p))]
    r.likeness = p @ p.T / (WIDTH / 2)
    r.offsets = max(distance(row, row[:1].expand(len(row))) for row in
                    (r.likeness.diagonal(o) for o in range(24)))
    r.soft = {name: [softness(w, scaled) for w in r.widths]
              for name, scaled in (("q kᵀ/√d", True), ("q kᵀ", False))}
    # A memory of letters, read by content: the query is a key with noise.
    r.keys = F.normalize(torch.randn(8, WIDTH), dim=1)
    asked = torch.tensor([2, 7, 0, 4, 4])
    noisy = r.keys[asked] + 0.05 * torch.randn(5, WIDTH)
    found, r.read = attend(60 * noisy, r.keys, torch.eye(8))
    r.recalled = (found.argmax(1) == asked).all().item()
    r.row("largest |by hand − F.scaled_dot_product_attention|", r.by_hand, 0, "rounding of float32")
    r.row("largest |ours − nn.MultiheadAttention|, four heads", r.heads, 0, "rounding of float32")
    r.row("inputs moved about: outputs differ from moved outputs by", r.moved[0], 0)
    r.row("the same with positions added to the inputs", r.moved[1])
    for name, soft in r.soft.items():
        r.row(f"{name}, d = 256: keys of 64 that a query looks at", soft[-1])
    return r


def check(r):
    """What the text teaches."""
    yield "by hand and by the library attention is the same", max(r.by_hand, r.heads) < 1e-5
    yield "a noisy key reads the right memory", r.recalled
    yield "without positions attention does not see order, with them it does", (
        r.moved[0] < 1e-5 and r.moved[1] > 1e-2)
    yield "the likeness of two positions depends on their distance alone", r.offsets < 1e-4
    scaled, plain = r.soft.values()
    yield "1/√d keeps the softmax soft: without it a query sees one key", (
        min(scaled) > 30 and plain[-1] < 2)


def draw(r):
    """A memory read by content, the clocks, their likeness, and the softness of the softmax."""
    f, axes = lab.figure(1, 4, width=14, height=3.4)
    axes[0].imshow(r.read, cmap=lab.colours(["white", lab.BLUE]), vmin=0, vmax=1)
    axes[0].set(title="Read by content: softmax(q kᵀ/√d)", xlabel="key", ylabel="query, a noisy key")
    axes[1].imshow(positions(64, WIDTH).T, cmap=lab.colours([lab.BLUE, "white", lab.RED]),
                   aspect="auto")
    axes[1].set(title="Positions: sines, then cosines", xlabel="place t", ylabel="component of p(t)")
    axes[2].imshow(r.likeness, cmap=lab.colours(["white", lab.GREEN]))
    axes[2].set(title="p(s)·p(t): near places are alike", xlabel="place t", ylabel="place s")
    for axis in axes[:3]:
        axis.grid(False)
    lab.curves(axes[3], r.soft, r.widths, title="Why 1/√d", xlabel="width d of query and key",
               ylabel="keys of 64 that are looked at", xscale="log", ylim=(0, 64))
    return f
