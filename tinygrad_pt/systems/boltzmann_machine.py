"""25. The Boltzmann machine: learning is being awake, less dreaming

    E(s) = −½ s·W s − b·s,    P(s) = exp(−E(s)) / Z,    P(sᵢ = 1 | the others) = σ(Σⱼ wᵢⱼ sⱼ + bᵢ)

A Hopfield network whose neurons turn at random, up the hill too, so that in the long run every state is
visited as often as P says. Some neurons are seen, the others hidden, free to mean anything. What is
seen becomes likelier by

    ∂ ln P(v) / ∂wᵢⱼ = ⟨sᵢ sⱼ⟩ while v is held − ⟨sᵢ sⱼ⟩ while all are free:

two neurons need to know of each other only. Both means could be had by adding up all states, here 2¹⁰
of them, which autograd confirms; in a larger net they are sampled.

The encoder 4-2-4: one of four neurons on the left is on, and the same on the right; left and right are
joined by two hidden neurons alone, which must find a code of two bits.

D. H. Ackley, G. E. Hinton & T. J. Sejnowski, A learning algorithm for Boltzmann machines, 1985.
"""

import itertools
import math

import tinygrad_pt as torch
from tinygrad_pt import lab

SEEN, HIDDEN = 8, 2
UNITS = SEEN + HIDDEN
STATES = torch.tensor(list(itertools.product((0.0, 1.0), repeat=UNITS)), dtype=torch.float64)
DATA = torch.eye(4, dtype=torch.float64).repeat(1, 2)  # (4, 8)
JOINED = 1 - torch.eye(UNITS, dtype=torch.float64)
JOINED[:4, 4:8] = JOINED[4:8, :4] = 0


def log_p(w, b):
    """ln P of each of the 2¹⁰ states."""
    return torch.log_softmax(((STATES @ w) * STATES).sum(1) / 2 + STATES @ b, 0)


def holds(v):
    """Which of the states show v."""
    return (STATES[:, :SEEN] == v).all(1)


def log_seen(w, b):
    """The mean of ln P(v) over the data."""
    p = log_p(w, b)
    return torch.stack([p[holds(v)].logsumexp(0) for v in DATA]).mean()


def together(s, p):
    """⟨sᵢ sⱼ⟩ of states s with probabilities p, for the pairs that are joined."""
    return (s.T * p) @ s * JOINED


def exact(w, b):
    """∂/∂w and ∂/∂b of the mean ln P(v), by adding up states."""
    p = log_p(w, b).exp()
    held = sum(p * holds(v) / (p * holds(v)).sum() for v in DATA) / len(DATA)
    return together(STATES, held - p), (held - p) @ STATES


def sweep(s, w, b, units):
    """Let these neurons of states (n, 10) turn, in order."""
    for i in units:
        s[:, i] = torch.bernoulli((s @ w[i] + b[i]).sigmoid())
    return s


def chains(each):
    """States (4 each, 10) that show the data, their hidden neurons drawn by lot."""
    return torch.cat([DATA.repeat(each, 1), torch.randint(2, (4 * each, HIDDEN)).double()], 1)


def sampled(w, b, awake, asleep):
    """The same after another sweep of chains in which v is held, and of others that are free."""
    sweep(awake, w, b, range(SEEN, UNITS))
    sweep(asleep, w, b, range(UNITS))
    return (together(awake, 1 / len(awake)) - together(asleep, 1 / len(asleep)),
            awake.mean(0) - asleep.mean(0))


def start():
    """Small weights, wᵢⱼ = wⱼᵢ."""
    w = torch.randn(UNITS, UNITS, dtype=torch.float64) / 8
    return (w + w.T) * JOINED, torch.zeros(UNITS, dtype=torch.float64)


def learn(w, b, gradients, steps, rate):
    """Ascend; and how far the machine is from the data, Σ Pᵈ ln Pᵈ/P in nats, after each step."""
    found = []
    for _ in range(steps):
        dw, db = gradients(w, b)
        w, b = w + rate * (dw - 5e-4 * w), b + rate * (db - 5e-4 * b)
        found.append(-math.log(len(DATA)) - log_seen(w, b).item())
    return w, b, found


def codes(w, b):
    """What the hidden neurons say to each of the data: P(sᵢ = 1 | v), (4, 2)."""
    p = log_p(w, b).exp()
    return torch.stack([(p * holds(v)) @ STATES[:, SEEN:] / (p * holds(v)).sum() for v in DATA])


def run(quick):
    """The gradient three ways; learning by adding up, and by sampling from the best start."""
    r = lab.Result(strays={}, lines={})
    w, b = start()
    truth, _ = exact(w, b)
    by_autograd, = torch.func.grad(lambda w: log_seen(w, b), (0,))(w)
    r.apart = ((by_autograd + by_autograd.T) * JOINED - truth).abs().max().item()
    r.row("largest |the formula's gradient − autograd's|", r.apart, 0, "rounding of float64")
    for each in (10, 40, 160, 640):
        awake, asleep = chains(each), chains(each)
        slopes = torch.stack([sampled(w, b, awake, asleep)[0] for _ in range(30)])[10:]
        r.strays[4 * each] = (slopes - truth)[:, JOINED == 1].square().mean().sqrt().item()
        r.row(f"{4 * each} chains: their gradient strays by", r.strays[4 * each])
    starts = [start() for _ in range(8 if quick else 40)]
    learned = [learn(*begin, exact, 100, 2.0) for begin in lab.track(starts, "starts")]
    four = sum(len(codes(w, b).round().unique(dim=0)) == 4 for w, b, _ in learned)
    r.row("starts, of which come to four codes", f"{len(starts)}, {four}")
    best = min(range(len(starts)), key=lambda i: learned[i][2][-1])
    r.w, r.b, r.lines["adding up"] = learned[best]
    r.codes = codes(r.w, r.b)
    awake, asleep = chains(50), chains(50)
    *_, r.lines["sampling"] = learn(*starts[best], lambda w, b: sampled(w, b, awake, asleep), 400, 0.7)
    for name, line in r.lines.items():
        r.row(f"{name}: nats from the data at first, and at the end", f"{line[0]:.2f}, {line[-1]:.2f}")
    for v, code in zip(DATA, r.codes, strict=True):
        r.row(f"the code of {''.join(f'{x:.0f}' for x in v[:4])}", " ".join(f"{p:.2f}" for p in code))
    return r


def check(r):
    """What the text teaches."""
    yield "awake less asleep is the gradient", r.apart < 1e-12
    yield "sampling finds it too: with 64 times as many chains, about 8 times as exactly", (
        6 < r.strays[40] / r.strays[2560] < 10.5)
    yield "the hidden neurons find a code of two bits", len(r.codes.round().unique(dim=0)) == 4
    yield "the machine dreams what it was shown", r.lines["adding up"][-1] < 0.4
    yield "and comes close to it having learned from samples", r.lines["sampling"][-1] < 1


def draw(r):
    """The distance to the data; the weights; what strays; the codes."""
    f, axes = lab.figure(1, 3, width=12, height=3.6)
    lab.curves(axes[0], r.lines, title="Learning 4-2-4", xlabel="step", ylabel="nats from the data",
               ylim=(0, None))
    lab.images(axes[1], r.w[None], 1)
    for at, name in ((1.5, "left"), (5.5, "right"), (8.5, "code")):
        axes[1].text(at, -0.7, name, ha="center", va="bottom")
        axes[1].text(-0.7, at, name, ha="right", va="center")
    axes[1].set_title("Weights: + green, − red", pad=18)
    axes[2].loglog(list(r.strays), list(r.strays.values()), "o-", label="sampled gradient")
    axes[2].set(title="More chains, a truer gradient", xlabel="chains", ylabel="strays by")
    return f
