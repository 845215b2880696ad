"""24. The Hopfield network: memories are valleys of an energy, and every step leads down

    E(s) = −½ Σ sᵢ wᵢⱼ sⱼ,        sᵢ ← sign(Σⱼ wᵢⱼ sⱼ) = ±1,        wᵢⱼ = wⱼᵢ,  wᵢᵢ = 0

A neuron that turns changes E by −2 |Σⱼ wᵢⱼ sⱼ|, so E falls with every turn and, there being finitely
many states, comes to rest in a valley. Hebb's weights make valleys of P patterns at once,

    wᵢⱼ = 1/N Σₚ xᵢᵖ xⱼᵖ,

and a damaged one rolls back to what it was. But each pattern is noise to the others: beyond 0.138 N
random ones memory breaks down, and patterns alike, as digits are, blur into one long before. Instead
weights may be sought with which each neuron tells its own value from those of the others: the largest
pseudo-likelihood, the product of all

    P(xᵢ | the others) = σ(2 xᵢ Σⱼ wᵢⱼ xⱼ).

If there are weights that hold all patterns firm, this finds some; wᵢⱼ and wⱼᵢ apart, there are up to
2 N random patterns (Gardner).

J. J. Hopfield, 1982; D. J. Amit, H. Gutfreund & H. Sompolinsky, 1985; E. Gardner, The space of
interactions in neural network models, 1988; J. Besag, 1975 (pseudo-likelihood).
"""

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.nn.functional import logsigmoid


def hebb(x):
    """Weights (n, n) for patterns (p, n) of ±1."""
    w = x.T @ x / x.shape[1]
    return w.fill_diagonal_(0)


def sought(x, steps):
    """Symmetric weights (n, n) by ascent of the mean of ln P(xᵢ | the others)."""
    free = torch.zeros(x.shape[1], x.shape[1], requires_grad=True)
    others = 1 - torch.eye(len(free))
    optimizer = torch.optim.Adam([free], lr=1 / len(free))
    for _ in lab.track(range(steps), "pseudo-likelihood"):
        w = (free + free.T) / 2 * others
        optimizer.zero_grad()
        (-logsigmoid(2 * x * (x @ w)).mean()).backward()
        optimizer.step()
    return w.detach()


def energy(w, s):
    """E of states (n, N)."""
    return -((s @ w) * s).sum(1) / 2


def recall(w, s, sweeps=20):
    """Ask the neurons of states (k, n) one by one, in any order, until none turns; and E on the way."""
    s, way = s.clone(), [energy(w, s)]
    for _ in range(sweeps):
        before = s.clone()
        for i, neuron in enumerate(torch.randperm(len(w)), 1):
            s[:, neuron] = torch.where(s @ w[neuron] >= 0, 1.0, -1.0)
            if i % 10 == 0:
                way.append(energy(w, s))
        if (s == before).all():
            break
    return s, torch.stack(way)


def alike(a, b):
    """The overlap of states, 1 if they are the same and about 0 by chance; its mean."""
    return (a * b).mean().item()


def random(patterns, n):
    """Patterns (patterns, n) of ±1."""
    return torch.randint(2, (patterns, n)) * 2.0 - 1


def run(quick):
    """Capacity, of Hebb's weights and of sought ones; then ten digits from their upper halves."""
    r = lab.Result(hebb={}, sought={}, shown={}, energy={})
    n = 150 if quick else 1000
    for load in lab.track((0.02, 0.05, 0.08, 0.11, 0.138, 0.17, 0.2, 0.25, 0.3), "load, Hebb"):
        x = random(round(load * n), n)
        r.hebb[load] = alike(recall(hebb(x), x[:40])[0], x[:40])
    lost = next(load for load in r.hebb if r.hebb[load] < 0.9)
    kept = max(load for load in r.hebb if load < lost)
    r.row("Hebb: random patterns are kept up to", f"{kept} N, lost at {lost} N", "0.138 N",
          f"N is {n}, not infinite")
    n = 80
    for load in lab.track((0.1, 0.3, 0.5, 0.8, 1.2, 1.6), "load, sought"):
        x = random(round(load * n), n)
        r.sought[load] = alike(recall(sought(x, 100 if quick else 1000), x[:40])[0], x[:40])
    for name, found in (("Hebb", r.hebb), ("sought weights", r.sought)):
        r.row(f"{name}: overlap with {', '.join(map(str, found))} N patterns",
              ", ".join(f"{v:.2f}" for v in found.values()))
    (x, y), _, _ = lab.digits(quick)
    x = torch.stack([x[y == digit][0] for digit in range(10)])
    r.side = x.shape[1]
    x = torch.where(x.flatten(1) > 0.4, 1.0, -1.0)
    half = x.clone()
    half[:, half.shape[1] // 2:] = 0  # neither ink nor paper
    r.shown["stored"], r.shown["seen: half"] = x, half
    for name, w in (("Hebb's weights", hebb(x)), ("sought weights", sought(x, 100 if quick else 300))):
        r.shown[name], r.energy[name] = recall(w, half)
        r.row(f"digits from half: overlap, {name}", alike(r.shown[name], x))
    return r


def check(r):
    """What the text teaches."""
    yield "energy never rises", all(
        (way[1:] <= way[:-1] + 1e-3).all() for way in r.energy.values())
    yield "Hebb's weights keep 0.08 N random patterns", r.hebb[0.08] > 0.98
    yield "but not 0.25 N", r.hebb[0.25] < 0.6
    yield "sought weights keep 0.8 N", r.sought[0.8] > 0.99
    yield "and complete all ten digits from half, which Hebb's blur into one", (
        torch.equal(r.shown["sought weights"], r.shown["stored"])
        and alike(r.shown["Hebb's weights"], r.shown["stored"]) < 0.85)


def draw(r):
    """Overlap against load, energy on the way, digits from half."""
    f, axes = lab.figure(1, 3, width=13, height=3.6, width_ratios=[1, 1, 1.9])
    for name, found in (("Hebb", r.hebb), ("sought", r.sought)):
        axes[0].plot(list(found), list(found.values()), "o-", label=name)
    axes[0].axvline(0.138, color=lab.INK, linestyle=":", label="0.138")
    axes[0].set(title="Random patterns kept", xlabel="patterns / N", ylabel="overlap", ylim=(0, 1.05))
    axes[0].legend()
    way = r.energy["sought weights"]
    axes[1].plot(10 * torch.arange(len(way)), way, color=lab.SKY, linewidth=1)
    axes[1].set(title="Every step leads down", xlabel="neurons asked", ylabel="E, ten digits from half")
    tiles = torch.cat(list(r.shown.values())).reshape(-1, r.side, r.side)
    lab.images(axes[2], (tiles + 1) / 2, 10, title="Ten digits at once")
    for i, name in enumerate(r.shown):
        axes[2].text(-1, (i + 0.5) * (r.side + 1), name, ha="right", va="center")
    return f
