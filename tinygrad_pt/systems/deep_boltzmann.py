"""25. A deep Boltzmann machine: what a part means depends on the whole, and conversely

    E(v, h¹, h²) = −b·v − h¹·(W v + c) − h²·(U h¹ + d)

A hidden unit of the first layer hears from below what there is and from above what it may belong to.
So the two hidden layers given v are no longer independent, and p(h | v) is out of reach. In its place
comes the best product of independent units, of probabilities μ, each asked in turn until all agree,

    μ¹ ← σ(W v + c + Uᵀ μ²),        μ² ← σ(U μ¹ + d):        mean field.

Each answer raises a bound on ln p(v),  −E(v, μ¹, μ²) − Σ μ ln μ + (1 − μ) ln(1 − μ) − ln Z, which is
ln p(v) less the distance of the product from p(h | v). Learning raises the bound:

    ΔW ∝ ⟨μ¹ vᵀ⟩ over the data − ⟨h¹ vᵀ⟩ over persistent chains,     ΔU ∝ ⟨μ² μ¹ᵀ⟩ − ⟨h² h¹ᵀ⟩.

From small weights the upper layer has nothing to go by for long. So each pair of layers first learns
alone, as a restricted machine in which the missing neighbour is made up for: the lower one's hidden
units hear W v twice, the upper one's answers to them are given twice.

R. Salakhutdinov & G. Hinton, Deep Boltzmann machines, 2009.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.models.dbm import Machine, pretrained


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
    """A small machine, whose ln p(v) can be had; larger ones that complete digits."""
    x, unseen = ((part[0] > 0.5).float() for part in lab.digits(quick)[:2])
    if quick:  # 8×8 becomes 16×16
        x, unseen = (a.repeat_interleave(2, 1).repeat_interleave(2, 2) for a in (x, unseen))
    r = lab.Result(log_p=[], own={}, side=x.shape[1], pictures={})
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
    sizes = (64, 32) if quick else (300, 150)
    hidden = torch.arange(x.shape[1]) >= x.shape[1] // 2
    r.pictures["seen"] = torch.where(hidden, 0.5, unseen[:12])
    for name, large in (("small weights", Machine(x, *sizes)),
                        ("pre-trained", pretrained(x, *sizes, epochs=20 if quick else 12))):
        for _ in learn(large, x, 4 if quick else 12, 0.1):
            pass
        found = completed(large, unseen, hidden)
        apart = torch.cdist(found[:, hidden], unseen[:, hidden])
        r.own[name] = 100 * (apart.diag()[:, None] < apart).float().mean().item()
        r.row(f"{name}: lower halves completed more like their own than like another's, %", r.own[name])
        r.pictures[name] = found[:12]
    r.pictures["true"] = unseen[:12]
    return r


def check(r):
    """What the text teaches."""
    yield "mean field raises the bound with each step", r.rises > -1e-3
    yield "the bound stays below ln p(v), and comes within a nat of it", (
        r.below > -1e-3 and r.exact - r.bounds[-1] < 1)
    yield "learning it makes digits likelier by twenty nats at least", r.log_p[-1] > r.log_p[0] + 20
    yield "from the upper half it completes the right lower half sooner than another", (
        r.own["pre-trained"] > 65)
    yield "pre-trained layer by layer it does so more often", (
        r.own["pre-trained"] > r.own["small weights"])


def draw(r):
    """ln p as it is learned; the bound; digits completed."""
    f, axes = lab.figure(1, 3, width=13, height=3.4, width_ratios=[1, 1, 2.2])
    lab.curves(axes[0], {"ln p, exactly": r.log_p}, range(len(r.log_p)), title="Learning",
               xlabel="epoch", ylabel="unseen digits")
    lab.curves(axes[1], {"bound": r.bounds, "ln p, exactly": [r.exact] * len(r.bounds)},
               title="Mean field", xlabel="step")
    lab.images(axes[2], torch.cat(list(r.pictures.values())).reshape(-1, r.side, r.side), 12,
               title="Larger machines")
    for i, name in enumerate(r.pictures):
        axes[2].text(-1, (i + 0.5) * (r.side + 1), name, ha="right", va="center")
    return f
