"""32. A GPT writes Shakespeare: a decoder alone, letter by letter

    loss = −Σₜ log p(cₜ₊₁ | c₁ … cₜ)

Each letter's vector asks those before it, and none behind: causal attention. So the net answers for all
letters of a window at once, in training, as if it had seen the past only. To write, it draws the next
letter from its probabilities, appends it, and asks again. A higher temperature T, pᵢ ∝ exp(zᵢ/T), makes
it bolder.

Its measure is the text it has not seen: by its loss there, against tables that say how often a letter
occurs, alone or after a certain other one.

A. Radford et al., Improving language understanding by generative pre-training, 2018; A. Karpathy,
nanoGPT, 2022.
"""

import tinygrad_pt as torch
from tinygrad_pt import data, lab, optim
from tinygrad_pt.models.transformer import LanguageModel
from tinygrad_pt.nn import functional as F


def windows(text, starts, length):
    """Pieces of a text (n, length), and the letters that follow each of theirs."""
    at = starts[:, None] + torch.arange(length)
    return text[at], text[at + 1]


def table(text, unseen, letters):
    """Losses of −log p(c) and −log p(c | the one before), by counting with a half added."""
    pairs = torch.full((letters, letters), 0.5)
    pairs.index_put_((text[:-1], text[1:]), torch.tensor(1.0), accumulate=True)
    alone = pairs.sum(0)
    return (-(alone / alone.sum()).log()[unseen[1:]].mean().item(),
            -(pairs / pairs.sum(1, keepdim=True)).log()[unseen[:-1], unseen[1:]].mean().item())


@torch.no_grad()
def write(net, start, count, window, temperature=0.8):
    """Letters that the net appends to a start (1, t), drawn one by one."""
    text = start
    for _ in lab.track(range(count), "letters"):
        p = (net(text[:, -window:])[0, -1] / temperature).softmax(0)
        text = torch.cat([text, torch.multinomial(p, 1)[None]], 1)
    return text[0]


def run(quick):
    """Learn from nine tenths of the text, be measured on the last, and write."""
    text = data.shakespeare(sample=quick)
    letters = sorted(set(text))
    codes = torch.tensor([letters.index(c) for c in text])
    seen, unseen = codes.split([len(codes) * 9 // 10, len(codes) - len(codes) * 9 // 10])
    window, batch, steps, rate = (24, 24, 180, 1e-2) if quick else (64, 16, 1600, 5e-3)
    net = LanguageModel(len(letters), width=32 if quick else 64, heads=4, depth=1 if quick else 2,
                        causal=True)

    def loss():
        x, y = windows(seen, torch.randint(0, len(seen) - window, (batch,)), window)
        return F.cross_entropy(net(x).flatten(0, 1), y.flatten())

    r = lab.Result()
    r.losses = list(lab.descend(loss, optim.AdamW(net.parameters(), lr=rate), steps=steps))
    x, y = windows(unseen, torch.arange(0, len(unseen) - window, window)[:500], window)
    with torch.no_grad():
        each = F.cross_entropy(net(x).flatten(0, 1), y.flatten(), reduction="none").reshape(y.shape)
    r.by_place, r.loss = each.mean(0).tolist(), each.mean().item()
    r.alone, r.after_one = table(seen, unseen, len(letters))
    later = x[:1].clone()
    later[0, -1] = (later[0, -1] + 1) % len(letters)
    with torch.no_grad():
        r.seep = (net(later) - net(x[:1])).abs().amax((0, 2))
    start = codes[None, :len("First Citizen:\n")]
    r.text = "".join(letters[i] for i in write(net, start, 60 if quick else 600, window))
    known = set(text.split())
    words = r.text.split()[2:]
    r.words = 100 * sum(word in known for word in words) / len(words)
    r.row("parameters", f"{sum(p.numel() for p in net.parameters()):,}")
    r.row("loss on unseen text, of letters by their frequency", r.alone)
    r.row("of letters by the one before", r.after_one)
    r.row("of the GPT", r.loss)
    r.row("written words that are Shakespeare's, %", r.words)
    return r


def check(r):
    """What the text teaches."""
    yield "another last letter changes no answer before it", (
        r.seep[:-1].max() == 0 and r.seep[-1] > 0)
    yield "it foretells letters better than their frequency does", r.loss < r.alone - 0.3
    yield "and than the letter before does: attention looks further back", r.loss < r.after_one


def draw(r):
    """The loss while it learns, by place in the window, and what it writes."""
    f, axes = lab.figure(1, 3, width=13.5, height=4.2, width_ratios=[1, 1, 1.4])
    lab.curves(axes[0], {"of the batch": r.losses}, title="Learning", xlabel="step", ylabel="−log p")
    lab.curves(axes[1], {"GPT": r.by_place}, title="Unseen: more past, less surprise",
               xlabel="letters seen", ylabel="−log p of the next")
    for loss, what, colour in ((r.alone, "frequency", lab.GREEN), (r.after_one, "after one", lab.RED)):
        for axis in axes[:2]:
            axis.axhline(loss, color=colour, linestyle="--", label=what)
    axes[0].legend()
    axes[1].legend(loc="center right")
    axes[2].text(0, 0.98, r.text, family="monospace", fontsize=8, va="top", wrap=True)
    axes[2].set(title="What it writes")
    axes[2].axis("off")
    return f
