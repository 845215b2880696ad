"""31. Word2vec: a word is known by the company it keeps

    loss = −log σ(u_o · v_c) − Σₖ log σ(−u_k · v_c),       k drawn by frequency^¾

Skip-gram: the vector v of a word should tell which words o stand near it, by their vectors u, from
words k that were drawn at random (negative sampling). Nobody says what a word means; but words that can
stand in each other's place get vectors close to one another, and what tells one pair apart tells others
too,

    v(queen) ≈ v(king) − v(man) + v(woman).

The language is small and ours, so that what its words mean is known: sentences about royalty, families
and beasts, he or she. Shakespeare's words come in the full form.

T. Mikolov et al., Distributed representations of words and phrases, 2013.
"""

import re

import tinygrad_pt as torch
from tinygrad_pt import data, lab, optim
from tinygrad_pt.lab.language import NAMES, PAIRS, pick, sentence
from tinygrad_pt.models.skipgram import SkipGram, coded, neighbours
from tinygrad_pt.nn import functional as F


def by_hand(net, c, o, k):
    """∂loss/∂v_c = (σ(u_o·v) − 1) u_o + Σₖ σ(u_k·v) u_k."""
    v, u_o, u_k = net.v.weight[c], net.u.weight[o], net.u.weight[k]
    return ((u_o @ v).sigmoid() - 1) * u_o + (u_k @ v).sigmoid() @ u_k


def analogies(words, v):
    """The percentage of a − b + c, over all two pairs, that are nearest to the right d."""
    v, right = F.normalize(v, dim=1), []
    pairs = [[words.index(word) for word in pair] for pair in NAMES]
    for his, hers in pairs:
        for a, b in pairs:
            if a != his:
                likeness = v @ (v[hers] - v[his] + v[a])
                likeness[[his, hers, a]] = -2.0
                right.append(likeness.argmax() == b)
    return 100 * sum(right).item() / len(right)


def run(quick):
    """Words of the small language, and (full form) of Shakespeare."""
    text = [word for _ in range(1500) for word in sentence(pick(list(PAIRS)))]
    words, codes = coded(text)
    lines = codes.reshape(-1, 6)
    i, j = (~torch.eye(6).bool()).nonzero().T  # a word of a sentence, and another
    net = SkipGram(len(words), len(words), 16)
    centre, near = lines[:, i].flatten(), lines[:, j].flatten()
    loss = net.sampled(centre, near, codes.bincount().float(), batch=256)
    r = lab.Result(words=words)
    r.losses = list(lab.descend(loss, optim.Adam(net.parameters(), lr=0.05),
                                steps=700 if quick else 1500))
    net.zero_grad()
    net(torch.tensor([1]), torch.tensor([3]), torch.tensor([[5, 8, 9]])).backward()
    with torch.no_grad():
        r.slip = (net.v.weight.grad[1] - by_hand(net, 1, 3, [5, 8, 9])).abs().max().item()
    r.v = net.v.weight.detach()
    r.analogies = analogies(words, r.v)
    r.row("largest |∂loss/∂v by hand − autograd|", r.slip, 0, "rounding of float32")
    r.row("analogies that come out, of 90, %", r.analogies)
    if not quick:
        for word, near in shakespeare().items():
            r.row(f"Shakespeare: nearest to “{word}”", near)
    return r


def shakespeare():
    """The nearest words of some."""
    words, codes = coded(re.findall("[a-z']+", data.shakespeare().lower()), least=50)
    net = SkipGram(len(words), len(words), 32)
    loss = net.sampled(*neighbours(codes, 3), codes.bincount().float(), batch=512)
    for _ in lab.descend(loss, optim.Adam(net.parameters(), lr=1e-2), steps=3000):
        pass
    v = F.normalize(net.v.weight.detach(), dim=1)
    return {word: ", ".join(words[i] for i in (v @ v[words.index(word)]).topk(5)[1][1:].tolist())
            for word in ("king", "brother", "thou", "death", "eyes", "come")}


def check(r):
    """What the text teaches."""
    yield "the gradient by hand is autograd's", r.slip < 1e-6
    yield "queen = king − man + woman, and so for most pairs", r.analogies > 80


def plane(v):
    """Pairs (n, 2, width) from her to him, and upwards so that no two are close; (n, 2, 2)."""
    him = F.normalize((v[:, 0] - v[:, 1]).mean(0), dim=0)
    middle = v.mean(1) - v.mean((0, 1))
    angle = torch.linspace(0, torch.pi, 180)
    axes = torch.stack([angle.cos(), angle.sin()], 1) @ torch.linalg.svd(middle)[2][:2]
    nearest = (v @ axes.T).sort(0)[0].diff(dim=0).amin((0, 1))
    return torch.stack([v @ him, v @ axes[nearest.argmax()]], 1)


def draw(r):
    """Pairs of words in the plane, and the loss."""
    f, axes = lab.figure(1, 2, width=11, height=5.2, width_ratios=[1.4, 1])
    for (x, y), names in zip(plane(torch.stack([r.v[[r.words.index(word) for word in pair]]
                                                for pair in NAMES])), NAMES, strict=True):
        axes[0].plot(x, y, "o-", color=lab.SKY, markersize=3)
        for i, (colour, outwards) in enumerate(((lab.BLUE, "left"), (lab.RED, "right"))):
            axes[0].annotate(names[i], (x[i], y[i]), (5 - 10 * i, 0), color=colour, fontsize=9,
                             textcoords="offset points", ha=outwards, va="center")
    axes[0].margins(x=0.2)
    axes[0].set(title="From her to him: the same way for all pairs", xticks=[], yticks=[])
    lab.curves(axes[1], {"skip-gram": r.losses}, title="Loss", xlabel="step")
    return f
