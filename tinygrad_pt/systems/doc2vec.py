"""31. Doc2vec: a document is known by its words

    loss = −log σ(u_w · d) − Σₖ log σ(−u_k · d),       w of the document, k drawn by frequency^¾

It is word2vec with the document in place of the middle word (a bag of words, PV-DBOW): its vector d
should tell its words from others. What two documents have in common need not be the same words, so long
as their words have. A new document is placed by the same loss, with all words u held fixed.

The documents are sentences of a small language, about the court, the home or the farm.

Q. Le & T. Mikolov, Distributed representations of sentences and documents, 2014.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, optim
from tinygrad_pt.lab.language import PAIRS, sentence
from tinygrad_pt.models.skipgram import SkipGram, coded
from tinygrad_pt.nn import functional as F

KNOWN, NEW, WIDTH = 60, 30, 8


def vectors(words, bags, often, steps, u=None):
    """Vectors of documents (n, words each) and the words' u, which may be given."""
    net = SkipGram(len(bags), words, WIDTH)
    if u is not None:
        net.u.weight = u
    learned = net.parameters() if u is None else net.v.parameters()
    place = torch.arange(len(bags)).repeat_interleave(bags.shape[1])
    loss = net.sampled(place, bags.flatten(), often, batch=256)
    losses = list(lab.descend(loss, optim.Adam(learned, lr=0.05), steps=steps))
    return net.v.weight.detach(), net.u.weight, losses


@torch.no_grad()
def flat(v):
    """Vectors (n, width) in the plane, (n, 2), of the directions in which they differ most."""
    v = v - v.mean(0)
    return v @ torch.linalg.svd(v, full_matrices=False)[2][:2].T


def run(quick):
    """Known documents are learned, new ones placed; of which kind is the nearest known one?"""
    kinds = [list(PAIRS)[i % 3] for i in range(KNOWN + NEW)]
    words, codes = coded([w for kind in kinds for _ in range(3) for w in sentence(kind)])
    bags, often = codes.reshape(KNOWN + NEW, -1), codes.bincount().float()
    steps = 400 if quick else 1000
    r = lab.Result(kinds=kinds)
    known, u, r.losses = vectors(len(words), bags[:KNOWN], often, steps)
    before = u.detach().clone()
    new, after, r.placing = vectors(len(words), bags[KNOWN:], often, steps, u)
    r.held = torch.equal(before, after.detach())
    r.v = torch.cat([known, new])
    nearest = (F.normalize(new, dim=1) @ F.normalize(known, dim=1).T).argmax(1)
    r.right = 100 * sum(kinds[KNOWN + i] == kinds[j] for i, j in enumerate(nearest.tolist())) / NEW
    shared = [len({*bag.tolist()} & {*near.tolist()})
              for bag, near in zip(bags[KNOWN:], bags[nearest], strict=True)]
    r.row("words of a document; of the language", f"{bags.shape[1]}; {len(words)}")
    r.row("words a new document shares with the nearest, mean", sum(shared) / NEW)
    r.row("new documents whose nearest is of their kind, %", r.right)
    return r


def check(r):
    """What the text teaches."""
    yield "a new document lies near those that are about the same", r.right > 90
    yield "and the words were not moved for it", r.held


def draw(r):
    """Documents in the plane, and the loss."""
    f, axes = lab.figure(1, 2, width=11, height=4.4, width_ratios=[1.2, 1])
    places = flat(r.v)
    for kind, colour in zip(PAIRS, (lab.BLUE, lab.GREEN, lab.ORANGE), strict=True):
        some = [i for i, k in enumerate(r.kinds) if k == kind]
        known, new = ([i for i in some if (i >= KNOWN) == later] for later in (False, True))
        axes[0].plot(*places[known].T, "o", color=colour, label=kind)
        axes[0].plot(*places[new].T, "x", color=colour, label=f"{kind}, new")
    axes[0].set(title="Documents lie by what they are about", xticks=[], yticks=[])
    axes[0].legend()
    lab.curves(axes[1], {"known documents": r.losses, "placing new ones": r.placing}, title="Loss",
               xlabel="step")
    return f
