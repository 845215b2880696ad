"""32. An encoder alone fills gaps: letters of a name from those on both sides

    loss = −Σ log p(cₜ | the name with gaps),      over the gaps t

Some letters are replaced by a gap, and the net, which sees all that is left at once, says what was
there. It is the GPT without its triangle: attention goes both ways. So it cannot write (it would see
the answer), but what it knows of a place is drawn from the left and from the right.

It is asked for each letter of names that it has not seen, against a table of pairs, which fills a gap
with the letter that most often follows the one before it.

J. Devlin et al., BERT: pre-training of deep bidirectional Transformers, 2019.
"""

import tinygrad_pt as torch
from tinygrad_pt import data, lab, optim
from tinygrad_pt.models.transformer import LanguageModel
from tinygrad_pt.nn import functional as F

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
GAP = len(LETTERS)
NAME = "angelina"
LONGEST = 9  # longer names are left out


def coded(names):
    """Names as places of their letters, between full stops: (n, LONGEST + 2)."""
    rows = [f".{name}.".ljust(LONGEST + 2, ".") for name in names if len(name) <= LONGEST]
    return torch.tensor([[LETTERS.index(c) for c in row] for row in rows])


def gaps(names):
    """Where about a third of the letters is taken away: (n, t)."""
    return (torch.rand(names.shape) < 0.3) & (names > 0)


@torch.no_grad()
def fill(net, names, place):
    """Probabilities of the letter at one place of each name, which is taken away: (n, letters)."""
    asked = names.clone()
    asked[range(len(names)), place] = GAP
    return net(asked)[range(len(names)), place].softmax(1)


def reach(net):
    """How far the letter seen at s moves the answers at t: (t, s), by gradients of each."""
    seen = net.words(coded([NAME])).detach().requires_grad_()
    rows = []
    for t in range(seen.shape[1]):
        answer = net.scores(net.blocks(seen))[0, t].square().sum()
        rows.append(torch.autograd.grad(answer, seen)[0][0].norm(dim=1))
    return torch.stack(rows)


def run(quick):
    """Learn to fill gaps; fill each gap of new names."""
    names = coded(data.names(sample=quick))
    names = names[torch.randperm(len(names))]
    names, new = names.split([len(names) * 9 // 10, len(names) - len(names) * 9 // 10])
    steps, batch, rate, width, depth = (200, 96, 1e-2, 32, 1) if quick else (1200, 96, 4e-3, 64, 2)
    net = LanguageModel(GAP + 1, width, 4, depth, causal=False)

    def loss():
        some = names[torch.randint(0, len(names), (batch,))]
        gap = gaps(some)
        return F.cross_entropy(net(some.masked_fill(gap, GAP))[gap], some[gap])

    r = lab.Result()
    r.losses = list(lab.descend(loss, optim.AdamW(net.parameters(), lr=rate), steps=steps))
    pairs = torch.zeros(GAP, GAP)
    pairs.index_put_((names[:, :-1], names[:, 1:]), torch.tensor(1.0), accumulate=True)
    pairs[:, 0] = 0  # a gap is a letter
    row, place = (new > 0).nonzero()[:2000].T
    answers, before = new[row, place], new[row, place - 1]
    guessed = {"the most frequent letter": pairs.sum(0).argmax(),
               "what most often follows the letter before": pairs[before].argmax(1),
               "the net": fill(net, new[row], place).argmax(1)}
    r.right = {what: 100 * (guess == answers).float().mean().item() for what, guess in guessed.items()}
    r.guesses = fill(net, coded([NAME]).repeat(len(NAME), 1), torch.arange(len(NAME)) + 1)[:, :GAP]
    r.reach = {"both ways": reach(net), "from the left": reach(
        LanguageModel(GAP + 1, width, 4, depth, causal=True))}
    r.row("names to learn from; new", f"{len(names):,}; {len(new):,}")
    for what, right in r.right.items():
        r.row(f"gaps in new names filled rightly by {what}, %", right)
    return r


def check(r):
    """What the text teaches."""
    both, left = r.reach.values()
    yield "in the encoder every letter reaches every answer", (both > 0).all()
    yield "in a decoder none that stands behind it", (
        left.triu(1).max() == 0 and left.diagonal().min() > 0)
    frequent, pairs, net = r.right.values()
    yield "gaps are filled better than from the letter before", net > pairs > frequent


def draw(r):
    """What reaches what in either net, and the guesses for each letter of a name."""
    f, axes = lab.figure(1, 3, width=13, height=4, width_ratios=[1, 1, 1.9])
    for axis, (what, reach) in zip(axes, r.reach.items(), strict=False):
        axis.imshow((reach / reach.amax(1, keepdim=True)).sqrt(), cmap=lab.colours(["white", lab.BLUE]))
        axis.set(title=f"Reading {what}", xlabel="a letter seen …", ylabel="… moves the answer at",
                 xticks=range(11), yticks=range(11), xticklabels=f".{NAME}..",
                 yticklabels=f".{NAME}..")
    axes[2].imshow(r.guesses.T, cmap=lab.colours(["white", lab.GREEN]), aspect="auto", vmin=0, vmax=1)
    axes[2].set(title="Probabilities of the letter in the gap", yticks=range(27), yticklabels=LETTERS,
                xticks=range(8), xticklabels=[NAME[:i] + "_" + NAME[i + 1:] for i in range(8)])
    axes[2].tick_params(axis="y", labelsize=7)
    axes[2].plot(range(8), [LETTERS.index(c) for c in NAME], "s", mfc="none", mec=lab.RED, ms=9)
    for axis in axes:
        axis.grid(False)
    return f
