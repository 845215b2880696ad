"""25. The restricted Boltzmann machine: digits dreamed by two layers that explain each other

    E(v, h) = −b·v − c·h − h·W v

With no weights within a layer each is drawn at one stroke given the other, and a step of learning is

    ΔW ∝ ⟨h vᵀ⟩ with v from the data − ⟨h vᵀ⟩ with v from the machine.

The second mean would take the machine ages to find. Contrastive divergence (CD-k) starts at the data
and goes k steps away from it: enough to see in which direction the machine would stray. Persistent
chains (PCD) are not brought back: the weights change little at a step, so chains that were at home stay
so, and in time go everywhere. With few hidden units ln Z, and so ln p(v), is a sum that can be done:

    Z = Σₕ exp(c·h) Πᵢ (1 + exp(bᵢ + (Wᵀh)ᵢ)).

G. E. Hinton, Training products of experts by minimizing contrastive divergence, 2002; T. Tieleman,
Training restricted Boltzmann machines using approximations to the likelihood gradient, 2008.
"""

import itertools

import tinygrad_pt as torch
from tinygrad_pt import lab, optim
from tinygrad_pt.models.rbm import RBM, divergence
from tinygrad_pt.nn.functional import softplus

WAYS = {"CD-1": {}, "PCD": {"persistent": True}, "CD-5": {"steps": 5}}


def log_z(rbm):
    """ln Z, over all states of the hidden units."""
    h = torch.tensor(list(itertools.product((0.0, 1.0), repeat=len(rbm.hidden))))
    return torch.cat([some @ rbm.hidden + softplus(some @ rbm.weight + rbm.visible).sum(1)
                      for some in h.split(1024)]).logsumexp(0)


@torch.no_grad()
def log_p(rbm, v):
    """The mean of ln p(v)."""
    return (-rbm.free_energy(v).mean() - log_z(rbm)).item()


def slopes(rbm, v, seen):
    """∂/∂W of what a step descends, F(v) − F(seen), by hand and by autograd."""
    by_hand = rbm.up(seen).T @ seen / len(seen) - rbm.up(v).T @ v / len(v)
    loss = rbm.free_energy(v).mean() - rbm.free_energy(seen).mean()
    return by_hand, torch.autograd.grad(loss, [rbm.weight])[0]


def fresh(x, hidden):
    """A machine whose visible biases are right already, were pixels on their own."""
    rbm, p = RBM(x.shape[1], hidden), x.mean(0).clamp(0.002, 0.998)
    with torch.no_grad():
        rbm.visible.copy_((p / (1 - p)).log())
    return rbm


def learn(rbm, x, rate, epochs, what, **way):
    """Learn at a rate that falls to 0; a generator, as `divergence` is."""
    optimizer = optim.SGD(rbm.parameters(), lr=rate)
    schedule = optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, epochs)
    for error in divergence(rbm, x, optimizer, epochs=epochs, what=what, **way):
        schedule.step()
        yield error


def run(quick):
    """Three ways to learn, compared by ln p; then a large machine, its filters, and its dreams."""
    digits = lab.digits(quick)
    parts = [(x > 0.5).float() for x, _ in digits[:2]]
    if quick:  # 8×8 becomes 24×24: with few pixels a step from the data is as good as five
        parts = [x.repeat_interleave(3, 1).repeat_interleave(3, 2) for x in parts]
    x, unseen = (part[:10_000].flatten(1) for part in parts)
    r = lab.Result(log_p={}, side=parts[0].shape[1], dreams={})
    few = x[:5000]
    small = fresh(x, 12)
    v, seen = few[:50].double(), torch.rand(50, x.shape[1]).round().double()
    by_hand, by_autograd = slopes(small.double(), v, seen)
    r.apart = (by_hand - by_autograd).abs().max().item()
    r.row("largest |the gradient by hand − autograd's|", r.apart, 0, "rounding of float64")
    for name in list(WAYS)[:2] if quick else WAYS:
        rbm = fresh(x, 10 if quick else 12)
        r.log_p[name] = [log_p(rbm, unseen[:1000])]
        for _ in learn(rbm, few, 0.15, 40 if quick else 15, name, **WAYS[name]):
            r.log_p[name].append(log_p(rbm, unseen[:1000]))
    r.row("pixels on their own: ln p of unseen digits", r.log_p["PCD"][0])
    for name, line in r.log_p.items():
        r.row(f"{len(rbm.hidden)} hidden units, {name}: ln p of unseen digits", line[-1])
    rbm = fresh(x, 64 if quick else 300)
    *_, error = learn(rbm, x, 0.1, 5 if quick else 12, "large", persistent=True)
    r.row(f"{len(rbm.hidden)} hidden units: mean square of v − its reconstruction", error)
    turned = unseen.reshape(-1, r.side, r.side).rot90(1, (1, 2)).flatten(1)
    with torch.no_grad():
        r.known = 100 * (rbm.free_energy(unseen) < rbm.free_energy(turned)).float().mean().item()
        r.row("unseen digits likelier than turned by 90°, %", r.known)
        r.filters = rbm.weight.detach()[:60].clone()
        v = (torch.rand(12, x.shape[1]) < x.mean()).float()
        for name, steps in (("noise", 0), ("1 step", 1), ("10", 9), ("100", 90), ("1,000", 900)):
            v = rbm.gibbs(v, steps)
            r.dreams[name] = rbm.reconstruction(v) if steps else v
    return r


def check(r):
    """What the text teaches."""
    yield "by hand and by autograd the gradients agree", r.apart < 1e-12
    yield "hidden units make digits likelier by thirty nats at least", all(
        line[-1] > line[0] + 30 for line in r.log_p.values())
    yield "chains that are not brought back are better than one step from the data", (
        r.log_p["PCD"][-1] > r.log_p["CD-1"][-1] + 2)
    yield "nine in ten digits are likelier upright than lying", r.known > 90


def draw(r):
    """ln p as it is learned; filters; dreams."""
    f, axes = lab.figure(1, 3, width=13, height=3.8, width_ratios=[1, 1.25, 1.6])
    lab.curves(axes[0], r.log_p, range(len(r.log_p["PCD"])), title="Few hidden units",
               xlabel="epoch", ylabel="ln p of unseen digits")
    lab.images(axes[1], r.filters.reshape(-1, r.side, r.side), 10, title="Filters of a large machine")
    lab.images(axes[2], torch.cat(list(r.dreams.values())).reshape(-1, r.side, r.side), 12,
               title="It dreams")
    for i, name in enumerate(r.dreams):
        axes[2].text(-2, (i + 0.5) * (r.side + 1), name, ha="right", va="center")
    return f
