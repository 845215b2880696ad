"""25. A deep Boltzmann machine: what a part means depends on the whole, and conversely

    E(v, h¹, h²) = −b·v − h¹·(W v + c) − h²·(U h¹ + d)

A hidden unit of the first layer hears from below what there is and from above what it may belong to.
So the two hidden layers given v are no longer independent, and p(h | v) is out of reach. In its place
comes the best product of independent units, of probabilities μ, each asked in turn until all agree,

    μ¹ ← σ(W v + c + Uᵀ μ²),        μ² ← σ(U μ¹ + d):        mean field.

Each answer raises a bound on ln p(v),  −E(v, μ¹, μ²) − Σ μ ln μ + (1 − μ) ln(1 − μ) − ln Z, which is
ln p(v) less the distance of the product from p(h | v). Learning raises the bound:

    ΔW ∝ ⟨μ¹ vᵀ⟩ over the data − ⟨h¹ vᵀ⟩ over persistent chains,     ΔU ∝ ⟨μ² μ¹ᵀ⟩ − ⟨h² h¹ᵀ⟩.

R. Salakhutdinov & G. Hinton, Deep Boltzmann machines, 2009.
"""

import itertools

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.nn.functional import binary_cross_entropy, softplus


class Machine:
    """Three layers; its numbers are W, U, b, c, d of the text."""

    def __init__(self, x, first, second):
        p = x.mean(0).clamp(0.002, 0.998)
        self.w, self.u = 0.05 * torch.randn(first, len(p)), 0.05 * torch.randn(second, first)
        self.b, self.c, self.d = (p / (1 - p)).log(), torch.zeros(first), torch.zeros(second)

    def mean_field(self, v, steps):
        """μ¹ and μ² for images (n, pixels), after each step."""
        top = torch.full((len(v), len(self.d)), 0.5)
        below, found = v @ self.w.T + self.c, []
        for _ in range(steps):
            middle = (below + top @ self.u).sigmoid()
            top = (middle @ self.u.T + self.d).sigmoid()
            found.append((middle, top))
        return found

    def gibbs(self, v, top, steps=1):
        """v, h¹ and h² after so many steps: h¹ given both its neighbours, then these given h¹."""
        for _ in range(steps):
            middle = torch.bernoulli((v @ self.w.T + self.c + top @ self.u).sigmoid())
            v = torch.bernoulli((middle @ self.w + self.b).sigmoid())
            top = torch.bernoulli((middle @ self.u.T + self.d).sigmoid())
        return v, middle, top

    def step(self, awake, asleep, rate):
        """Learn from (v, h¹, h²) with the images held, and from the machine's own."""
        for (v, middle, top), way in ((awake, rate / len(awake[0])), (asleep, -rate / len(asleep[0]))):
            self.w += way * middle.T @ v
            self.u += way * top.T @ middle
            self.b += way * v.sum(0)
            self.c += way * middle.sum(0)
            self.d += way * top.sum(0)

    def log_sums(self, below):
        """ln Σ exp(−E) over h¹, what lies above it, and what ``below`` (…, 2ᵏ) says lies below."""
        h = torch.tensor(list(itertools.product((0.0, 1.0), repeat=len(self.c))))
        return (below(h) + h @ self.c + softplus(h @ self.u.T + self.d).sum(1)).logsumexp(-1)

    def log_p(self, v):
        """ln p(v), with all states of h¹ added up, and the ln Z in it."""
        log_z = self.log_sums(lambda h: softplus(h @ self.w + self.b).sum(1))
        return v @ self.b + self.log_sums(lambda h: v @ self.w.T @ h.T) - log_z, log_z

    def bound(self, v, middle, top, log_z):
        """The bound on ln p(v)."""
        minus_energy = (v @ self.b + (middle * (v @ self.w.T + self.c)).sum(1)
                        + (top * (middle @ self.u.T + self.d)).sum(1))
        entropy = sum(binary_cross_entropy(m, m, reduction="none").sum(1) for m in (middle, top))
        return minus_energy + entropy - log_z


def learn(machine, x, epochs, rate, batch=50):
    """Learn at a rate that falls to 0; yields after each epoch."""
    asleep = machine.gibbs(x[:batch], torch.zeros(batch, len(machine.d)))
    for epoch in lab.track(range(epochs), "epochs"):
        for some in torch.randperm(len(x)).split(batch):
            v = x[some]
            machine.step((v, *machine.mean_field(v, 5)[-1]), asleep, rate * (1 - epoch / epochs))
            asleep = machine.gibbs(asleep[0], asleep[2])
        yield


def completed(machine, v, hidden, steps=80):
    """Images whose ``hidden`` pixels are the mean of what the machine dreams, the others held."""
    dream, top = torch.where(hidden, 0, v), torch.zeros(len(v), len(machine.d))
    total = torch.zeros_like(v)
    for step in range(2 * steps):
        seen, _, top = machine.gibbs(dream, top)
        dream = torch.where(hidden, seen, v)
        total += dream * (step >= steps)
    return total / steps


def run(quick):
    """A small machine, whose ln p(v) can be had; a larger one that completes digits."""
    x, unseen = ((part[0] > 0.5).float() for part in lab.digits(quick)[:2])
    if quick:  # 8×8 becomes 16×16
        x, unseen = (a.repeat_interleave(2, 1).repeat_interleave(2, 2) for a in (x, unseen))
    r = lab.Result(log_p=[], side=x.shape[1], pictures={})
    x, unseen = x.flatten(1)[:5000], unseen.flatten(1)[:500]
    small = Machine(x, 10, 10)
    r.log_p.append(small.log_p(unseen)[0].mean().item())
    for _ in learn(small, x, *((30, 0.3) if quick else (15, 0.2))):
        r.log_p.append(small.log_p(unseen)[0].mean().item())
    exact, log_z = small.log_p(unseen)
    bounds = torch.stack([small.bound(unseen, *found, log_z) for found in small.mean_field(unseen, 8)])
    r.exact, r.bounds = exact.mean().item(), bounds.mean(1).tolist()
    r.rises = (bounds[1:] - bounds[:-1]).min().item()
    r.below = (exact - bounds).min().item()
    r.row("pixels on their own: ln p of unseen digits", r.log_p[0])
    r.row("10 + 10 hidden units: ln p of unseen digits, exactly", r.exact)
    r.row("its bound after 1, 2, 4, 8 steps of mean field",
          ", ".join(f"{r.bounds[k - 1]:.2f}" for k in (1, 2, 4, 8)))
    large = Machine(x, *((64, 32) if quick else (200, 100)))
    for _ in learn(large, x, *((20, 0.2) if quick else (12, 0.1))):
        pass
    hidden = torch.arange(x.shape[1]) >= x.shape[1] // 2
    found = completed(large, unseen, hidden)
    own, other = ((found - true)[:, hidden].square().sum(1) for true in (unseen, unseen.roll(1, 0)))
    r.own = 100 * (own < other).float().mean().item()
    r.row("lower halves completed more like their own than like another's, %", r.own)
    r.pictures["seen"] = torch.where(hidden, 0.5, unseen[:12])
    r.pictures["completed"], r.pictures["true"] = found[:12], unseen[:12]
    return r


def check(r):
    """What the text teaches."""
    yield "mean field raises the bound with each step", r.rises > -1e-3
    yield "the bound stays below ln p(v), and comes within a nat of it", (
        r.below > -1e-3 and r.exact - r.bounds[-1] < 1)
    yield "learning it makes digits likelier by twenty nats at least", r.log_p[-1] > r.log_p[0] + 20
    yield "from the upper half it completes the right lower half sooner than another", r.own > 65


def draw(r):
    """ln p as it is learned; the bound; digits completed."""
    f, axes = lab.figure(1, 3, width=13, height=3.4, width_ratios=[1, 1, 2.2])
    lab.curves(axes[0], {"ln p, exactly": r.log_p}, range(len(r.log_p)), title="Learning",
               xlabel="epoch", ylabel="unseen digits")
    lab.curves(axes[1], {"bound": r.bounds, "ln p, exactly": [r.exact] * len(r.bounds)},
               title="Mean field", xlabel="step")
    lab.images(axes[2], torch.cat(list(r.pictures.values())).reshape(-1, r.side, r.side), 12,
               title="A larger machine")
    for i, name in enumerate(r.pictures):
        axes[2].text(-1, (i + 0.5) * (r.side + 1), name, ha="right", va="center")
    return f
