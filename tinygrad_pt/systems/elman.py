"""21. Elman's network reads letter by letter, and learns by backpropagation through time

    hₜ = tanh(W xₜ + U hₜ₋₁ + b),    yₜ = V hₜ + c,    C = −Σₜ ln softmax(yₜ)[the letter that follows]

The state h is all the network knows of the past. Unfolded, a text of T letters is a net of T layers
which share their weights, and the chain rule goes back from the last letter to the first:

    εₜ = ∂C/∂yₜ = softmax(yₜ) − onehot(the letter that follows),
    δₜ = (1 − hₜ²) (Vᵀ εₜ + Uᵀ δₜ₊₁),    what this letter got wrong, and later ones because of it
    ∂C/∂V = Σ εₜ hₜᵀ,    ∂C/∂W = Σ δₜ xₜᵀ,    ∂C/∂U = Σ δₜ hₜ₋₁ᵀ,    ∂C/∂b = Σ δₜ,    ∂C/∂c = Σ εₜ.

What it learns shows in its surprise −log₂ p at each letter: high where a word begins, falling as the
word goes on, and nearly none at the "u" after a "q". Nobody told it what a word is.

J. L. Elman, Finding structure in time, 1990; P. J. Werbos, Backpropagation through time, 1990.
"""

from textwrap import wrap

import tinygrad_pt as torch
from tinygrad_pt import data, lab, nn
from tinygrad_pt.models.letters import Letters, learn, table
from tinygrad_pt.nn import functional as F


def through_time(x, following, w, u, b, v, c):
    """C and its derivatives by w, u, b, v, c, for one-hot letters x and ``following``, both (T, k)."""
    h = [torch.zeros(len(u)).to(x)]
    for letter in x:
        h.append((w @ letter + u @ h[-1] + b).tanh())
    p = (torch.stack(h[1:]) @ v.T + c).softmax(1)
    errors, delta, deltas = p - following, torch.zeros_like(b), []
    for t in reversed(range(len(x))):
        delta = (1 - h[t + 1] ** 2) * (v.T @ errors[t] + u.T @ delta)
        deltas.insert(0, delta)
    deltas, h = torch.stack(deltas), torch.stack(h)
    return -(p.log() * following).sum(), (deltas.T @ x, deltas.T @ h[:-1], deltas.sum(0),
                                          errors.T @ h[1:], errors.sum(0))


def difference(letters, text):
    """The largest difference of that from `nn.RNN` and autograd, relative to the gradient."""
    net = Letters(nn.RNN, letters, 12).double()
    torch.nn.init.zeros_(net.memory.bias_hh_l0)  # the library has two biases, where one would do
    hot = F.one_hot(net.read(text), len(letters)).double()
    weights = (net.memory.weight_ih_l0, net.memory.weight_hh_l0, net.memory.bias_ih_l0,
               net.output.weight, net.output.bias)
    loss = F.cross_entropy(net.output(net.memory(hot[:-1])[0]), hot[1:], reduction="sum")
    by_hand, gradients = through_time(hot[:-1], hot[1:], *(w.detach() for w in weights))
    return max(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(
        (by_hand, *gradients), (loss, *torch.autograd.grad(loss, weights)), strict=True))


def run(quick):
    """The gradient by hand; then plays, of which the last tenth is unseen."""
    text = data.shakespeare(sample=quick)
    kept = len(text) * 9 // 10
    text, unseen = text[:kept], text[kept:][:20_000]
    letters = sorted(set(text + unseen))
    r = lab.Result(difference=difference(letters, unseen[:60]))
    r.row("∂C/∂(W, U, b, V, c) through 59 letters, |by hand − autograd| / |autograd|", r.difference, 0,
          "rounding of float64")
    net = Letters(nn.RNN, letters, 64 if quick else 128)
    r.losses = list(learn(net, text, steps=300, rate=2e-2, batch=16, length=24) if quick else
                    learn(net, text, steps=1500, rate=6e-3))
    surprise = net.surprise(unseen)
    r.bits = {"any letter as likely": torch.tensor(len(letters)).float().log2().item(),
              "how often it occurs": table(text, 0)(unseen),
              "… after the letter before": table(text, 1)(unseen),
              "Elman's network": surprise.mean().item()}
    for name, bits in r.bits.items():
        r.row(f"surprise at a letter, bits: {name}", bits)
    where = text if quick else unseen  # there are four q's in the sample
    contexts = [where[max(0, i - 30):i + 1] for i, c in enumerate(where) if c == "q"]
    p = [net.next(context) for context in contexts]
    r.u = sum(max(some, key=some.get) == "u" for some in p) / len(p)
    r.row(f"after q the likeliest letter is u, of {len(p)} q's", f"{100 * r.u:.0f} %", "u")
    r.row("… and its probability there", sum(some["u"] for some in p) / len(p))
    places = [[] for _ in range(7)]  # surprise at the first, second, … letter of a word
    place = 0
    for before, c, bits in zip(unseen[:-1], unseen[1:], surprise.tolist(), strict=True):
        place = 0 if not before.isalpha() else place + 1
        if c.isalpha() and place < len(places):
            places[place].append(bits)
    r.places = [sum(some) / len(some) for some in places]
    r.row("surprise at the first, second, … letter of a word",
          " ".join(f"{bits:.1f}" for bits in r.places))
    start = unseen.index("\n\n") + 2
    r.line = unseen[start - 1:start + 60]
    r.surprise = net.surprise(unseen[:start + 60])[start - 1:].tolist()
    r.written = net.write("\n", 800)
    return r


def check(r):
    """What the text teaches."""
    yield "backpropagation through time by hand is what autograd does", r.difference < 1e-12
    network, pairs = r.bits["Elman's network"], r.bits["… after the letter before"]
    yield "the state remembers more than the letter before", network < pairs - 0.3
    yield "after q comes u", r.u > 0.95
    yield "the surprise is highest where a word begins", r.places[0] > max(r.places[1:]) + 0.8


def draw(r):
    """Surprise at each letter of a line, by place in the word; the loss; what the net writes."""
    f, axes = lab.figure(2, 2, width=12, height=6.2, width_ratios=[2.6, 1], height_ratios=[1, 1.1])
    line = axes[0, 0]
    line.bar(range(len(r.surprise)), r.surprise, color=[
        lab.RED if not before.isalpha() and c.isalpha() else lab.SKY
        for before, c in zip(r.line[:-1], r.line[1:], strict=True)])
    line.set(title="Surprise at each letter, bits: red where a word begins", xlim=(-1, len(r.surprise)))
    line.set_xticks(range(len(r.surprise)), [c.replace("\n", "↵") for c in r.line[1:]])
    line.tick_params(axis="x", length=0)
    line.grid(axis="x", visible=False)
    axes[0, 1].plot(range(1, len(r.places) + 1), r.places, "o-")
    axes[0, 1].set(title="… by its place in the word", ylim=(0, None))
    axes[1, 0].axis("off")
    axes[1, 0].set(title="What it writes")
    lines = [part for line in r.written.strip().split("\n") for part in wrap(line, 56) or [""]]
    for column in range(2):
        axes[1, 0].text(column / 2, 0.97, "\n".join(lines[15 * column:][:15]), va="top",
                        family="monospace", size=8.5)
    axes[1, 1].barh(range(4), list(r.bits.values()), color=lab.SKY)
    for i, name in enumerate(r.bits):
        axes[1, 1].text(0.1, i, name, va="center", size=9)
    axes[1, 1].set(title="Surprise at a letter, bits", yticks=[])
    axes[1, 1].invert_yaxis()
    return f
