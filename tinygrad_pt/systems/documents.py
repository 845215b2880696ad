"""27. Documents as ten numbers: the nearest are about the same

    v → h¹ → h² → code → h³ → h⁴ → p(word) = softmax(…),        C = −Σ v ln p(word)

v counts the words of a document, in any order; one that it has not got may still be one it could have
had. The code of a deep autoencoder says which are likely in it, so that documents with other words
about the same things come to lie side by side; and to compare ten numbers costs next to nothing.
Boltzmann machines learn it layer by layer, the lowest with counts for visible units; then all layers
are tuned together, to tell the words of a document from half of them.

The linear way to ten numbers is latent semantic analysis, the largest singular vectors of ln(1 + v).
Both are asked for the known documents whose codes are nearest (by angle) to that of an unseen one: how
many of them are of the same play? Here a document is two hundred words in a row of one of nine plays,
with the speakers' names left out; in the quick form a sentence about the court, the home or the farm.
Taken for each other are the plays about kings of England, and the Tempest, of which the text has only
a piece, for the Winter's Tale.

G. E. Hinton & R. R. Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006;
S. Deerwester et al., Indexing by latent semantic analysis, 1990.
"""

import re
from collections import Counter
from itertools import pairwise

import tinygrad_pt as torch
from tinygrad_pt import data, lab, optim
from tinygrad_pt.lab.language import PAIRS, pick, sentence
from tinygrad_pt.models.rbm import RBM, LinearRBM, WordsRBM, greedy, unrolled
from tinygrad_pt.nn.functional import normalize, one_hot

PLAYS = {"Coriolanus": "Before we proceed", "Richard III": "Now is the winter",  # and how they begin
         "Richard II": "Old John of Gaunt, time", "Romeo and Juliet": "Gregory, o' my word",
         "Henry VI": "I wonder how the king", "Winter's Tale": "If you shall chance",
         "Measure for Measure": "Escalus.", "Shrew": "I'll pheeze", "Tempest": "Boatswain!"}
FOUND = (1, 3, 7, 15, 31, 63, 127)


def sentences(known, new):
    """Texts of six words about three things: by subject, some to know and others."""
    texts = [(kind, sentence(kind)) for kind in (pick(list(PAIRS)) for _ in range(known + new))]
    return list(PAIRS), texts[:known], texts[known:]


def plays(length=200, stride=20, block=1000):
    """Texts of so many words; those to know overlap; every fourth block is of the others."""
    text, known, new = data.shakespeare(), [], []
    starts = [text.find(words) for words in PLAYS.values()]
    for play, start, end in zip(PLAYS, starts, [*starts[1:], len(text)], strict=True):
        spoken = re.sub(r"^[^\n]+:$", "", text[start:end], flags=re.MULTILINE)
        words = re.findall(r"[a-z]+(?:'[a-z]+)?", spoken.lower())
        for i in range(0, len(words), block):
            part, unseen = words[i:i + block], i // block % 4 == 3
            for j in range(0, len(part) - length + 1, length if unseen else stride):
                (new if unseen else known).append((play, part[j:j + length]))
    return list(PLAYS), known, new


def counts(texts, words):
    """How often each of the words is in each text, (texts, words)."""
    number = {word: i for i, word in enumerate(words)}
    codes = [torch.tensor([number[w] for w in text if w in number]) for text in texts]
    return torch.stack([c.bincount(minlength=len(words)) for c in codes]).float()


def surprise(scores, v):
    """C, a word."""
    return -(v * scores.log_softmax(1)).sum() / v.sum()


def semantic(v, new, k):
    """Codes of k numbers by latent semantic analysis of v: along its largest singular vectors."""
    a, b = v.log1p(), new.log1p()
    directions = torch.linalg.eigh(a.T @ a)[1][:, -k:]
    return a @ directions, b @ directions


def found(known, subjects, new):
    """The subjects of all known documents, those with the nearest codes first, for each new one."""
    return subjects[(normalize(new) @ normalize(known).T).argsort(1, descending=True)]


def run(quick):
    """Codes of the same documents in several ways, and what is found by them."""
    r = lab.Result(precision={})
    r.names, *parts = sentences(1000, 200) if quick else plays()
    often = [word for word, _ in Counter(w for _, text in parts[0] for w in text).most_common()]
    words = often if quick else often[100:2100]  # the commonest say nothing about a subject
    (x, subjects), (new, sought) = (
        (counts([text for _, text in part], words),
         torch.tensor([r.names.index(name) for name, _ in part])) for part in parts)
    hidden, code, before, after, batch = (
        ([40, 20], 2, 20, 20, 20) if quick else ([250, 100], 10, 15, 36, 100))
    *lower, last = pairwise([*hidden, code])
    stack = [WordsRBM(len(words), hidden[0]), *(RBM(*pair) for pair in lower), LinearRBM(*last)]
    greedy(stack, x, epochs=before, batch=batch)
    net = unrolled(stack)
    ways = {"all counts": (x.log1p(), new.log1p())}
    ways |= {f"semantic analysis, {k} numbers": semantic(x, new, k) for k in (5 * code, code)}
    with torch.no_grad():
        ways[f"machines, {code} numbers"] = net.encoder(x), net.encoder(new)
    for _ in lab.fit(lambda v: net(v * torch.rand(v.shape).round()), surprise, x, x,
                     optim.Adam(net.parameters(), lr=1e-3), epochs=after, batch=batch):
        pass
    with torch.no_grad():
        ways[f"fine-tuned, {code} numbers"] = net.encoder(x), net.encoder(new)
    r.row("documents; unseen ones; words told apart", f"{len(x):,}; {len(new):,}; {len(words):,}")
    for name, (known, unseen) in ways.items():
        subject = found(known, subjects, unseen)
        right = (subject == sought[:, None]).float()
        r.precision[name] = [100 * right[:, :n].mean().item() for n in FOUND]
        r.row(f"{name}: of the {FOUND[3]} nearest, about the same, %", r.precision[name][3])
    r.found = torch.stack([one_hot(subject[sought == i, :FOUND[3]], len(r.names)).float().mean((0, 1))
                           for i in range(len(r.names))])
    return r


def check(r):
    """What the text teaches."""
    counted, longer, linear, machines, tuned = (line[3] for line in r.precision.values())
    yield "codes from the machines find more than as many numbers of semantic analysis", (
        machines > linear + 3)
    yield "fine-tuned ones too", tuned > linear + 3
    yield "and as much as five times as many of its numbers, or all words, if not more", (
        tuned > max(longer, counted) - 1)


def draw(r):
    """What is found by each code, and what is taken for what."""
    f, axes = lab.figure(1, 2, width=12, height=4.6, width_ratios=[1.2, 1])
    lab.curves(axes[0], r.precision, FOUND, title="Found: documents about the same, %",
               xlabel="documents looked for, the nearest first", xscale="log", xticks=FOUND)
    axes[0].set_xticks(FOUND, FOUND)
    axes[0].minorticks_off()
    axes[1].imshow(r.found, cmap=lab.colours(["white", lab.BLUE]), vmin=0, vmax=1)
    axes[1].set(title=f"What the {FOUND[3]} nearest are, %")
    axes[1].set_xticks(range(len(r.names)), r.names, rotation=40, ha="right")
    axes[1].set_yticks(range(len(r.names)), r.names)
    axes[1].grid(False)
    for i, row in enumerate(r.found.tolist()):
        for j, share in enumerate(row):
            axes[1].text(j, i, f"{100 * share:.0f}", ha="center", va="center",
                         color="white" if share > 0.5 else lab.INK)
    return f
