"""23. A gated recurrent unit does with two gates what an LSTM does with three

    r, z = σ(W x + U h + b),    n = tanh(W' x + b' + r (U' h + b″)),    h' = (1 − z) n + z h

r says how much of the past the proposal n may see, z how much of the state stays: at z = 1 it passes
unchanged, and so does its gradient. There is no cell beside h, and there are three blocks of weights
where the LSTM has four.

All three kinds of memory learn names letter by letter. Where a name ends is a letter too.

K. Cho et al., Learning phrase representations using RNN encoder–decoder, 2014; J. Chung et al.,
Empirical evaluation of gated recurrent neural networks on sequence modeling, 2014.
"""

import tinygrad_pt as torch
from tinygrad_pt import data, lab, nn
from tinygrad_pt.models.letters import Letters, learn, table
from tinygrad_pt.nn import functional as F

KINDS = nn.RNN, nn.LSTM, nn.GRU


def cell(x, h, weights):
    """One step by hand, for x (n, inputs) and h (n, hidden): the new h, and z."""
    w, u, b, also_b = weights
    (x_r, x_z, x_n), (h_r, h_z, h_n) = F.linear(x, w, b).chunk(3, 1), F.linear(h, u, also_b).chunk(3, 1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return (1 - z) * n + z * h, z


def through(gru, x):
    """h and z at each step, (steps, n, hidden), of sequences (steps, n, inputs)."""
    h, found, weights = torch.zeros(x.shape[1], gru.hidden_size).to(x), [], list(gru.parameters())
    for now in x:
        h, z = cell(now, h, weights)
        found.append((h, z))
    return map(torch.stack, zip(*found, strict=True))


def differences():
    """From `nn.GRU`: the largest of h and of its gradients; and of h from where it was, with z = 1."""
    gru, x = nn.GRU(4, 6).double(), torch.randn(30, 3, 4).double()
    ours, theirs = next(through(gru, x)), gru(x)[0]
    pairs = [(ours, theirs), *zip(*(torch.autograd.grad((h ** 2).sum(), list(gru.parameters()))
                                    for h in (ours, theirs)), strict=True)]
    with torch.no_grad():
        gru.bias_ih_l0[6:12] = 1e3
    h = torch.randn(1, 3, 6).double()
    return max((a - b).abs().max().item() for a, b in pairs), (gru(x, h)[1] - h).abs().max().item()


def run(quick):
    """By hand and the library; then names, of which a tenth is unseen."""
    r = lab.Result(losses={}, bits={}, numbers={})
    r.difference, r.moved = differences()
    r.row("a GRU step by step, and its gradients: largest |by hand − library|", r.difference, 0,
          "rounding of float64")
    r.row("with z = 1, change of the state in 30 steps", r.moved, 0, "rounding of float64")
    names = data.names(sample=quick)
    shuffled = [names[i] for i in torch.randperm(len(names)).tolist()]
    kept = len(names) * 9 // 10
    text, unseen = ("\n".join(["", *some, ""]) for some in (shuffled[:kept], shuffled[kept:][:1000]))
    letters = sorted(set(text))
    hidden, steps, rate = (40, 120, 2e-2) if quick else (80, 700, 8e-3)
    r.bits["counting pairs"] = table(text, 1)(unseen)
    for kind in KINDS:
        name = kind.__name__
        net = Letters(kind, letters, hidden)
        r.losses[name] = list(learn(net, text, steps=steps, rate=rate, length=16, what=name))
        r.bits[name] = net.surprise(unseen).mean().item()
        r.numbers[name] = sum(p.numel() for p in net.memory.parameters())
    for name, bits in r.bits.items():
        of = f", {r.numbers[name]:,} numbers" if name in r.numbers else ""
        r.row(f"{name}{of}: surprise at a letter of an unseen name, bits", bits)
    r.written = net.write("\n", 1000).split("\n")[1:-1]
    r.new = sum(name not in set(names) for name in r.written) / len(r.written)
    r.row(f"of {len(r.written)} names that the GRU writes, new", f"{100 * r.new:.0f} %")
    r.name = "elizabeth\n"
    hot = F.one_hot(net.read("\n" + r.name[:-1]), len(letters)).float()
    with torch.no_grad():
        _, z = through(net.memory, hot[:, None])
    r.z = z[:, 0]
    return r


def check(r):
    """What the text teaches."""
    yield "the GRU by hand is the library's, and its gradients are", r.difference < 1e-12
    yield "with z = 1 the state passes unchanged", r.moved < 1e-14
    yield "it has three quarters of an LSTM's numbers", 4 * r.numbers["GRU"] == 3 * r.numbers["LSTM"]
    yield "and is as good", r.bits["GRU"] < r.bits["LSTM"] + 0.05
    yield "both remember more than the letter before", all(
        r.bits[name] < r.bits["counting pairs"] - 0.1 for name in ("GRU", "LSTM"))
    yield "most of the names it writes nobody has shown it", r.new > 0.5


def draw(r):
    """Learning, the update gate while it reads a name, and names that it writes."""
    f, axes = lab.figure(1, 4, width=13.5, height=3.7, width_ratios=[1.3, 0.9, 1.2, 0.9])
    window = max(1, len(r.losses["GRU"]) // 40)
    for name, losses in r.losses.items():
        means = torch.tensor(losses).unfold(0, window, window).mean(1) / torch.tensor(2.0).log()
        axes[0].plot(window * (torch.arange(len(means)) + 1), means, label=name)
    axes[0].set(title="Surprise while learning, bits", xlabel="step")
    axes[0].legend()
    axes[1].bar(range(len(r.bits)), list(r.bits.values()),
                color=[lab.SKY, lab.BLUE, lab.RED, lab.GREEN])
    axes[1].set(title="… and at unseen names", ylim=(0.9 * min(r.bits.values()), None))
    axes[1].set_xticks(range(len(r.bits)), ["pairs", *list(r.bits)[1:]])
    axes[2].imshow(r.z.T[r.z.mean(0).argsort()], aspect="auto", cmap=lab.colours(["white", lab.INK]),
                   vmin=0, vmax=1)
    axes[2].set(title="z while it reads a name", ylabel="neuron")
    axes[2].set_xticks(range(len(r.name)), list("↵" + r.name[:-1]))
    axes[2].grid(False)
    axes[3].axis("off")
    axes[3].set(title="It writes")
    for column in range(2):
        axes[3].text(0.55 * column, 0.97, "\n".join(r.written[13 * column:][:13]), va="top", size=9.5)
    return f
