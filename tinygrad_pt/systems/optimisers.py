"""17. Optimisers: a ball that rolls, and a step length for each weight

With g the gradient at w, and with v and s that begin at 0:

    descent       w ← w − η g
    momentum      v ← μ v + g,                                       w ← w − η v
    Nesterov      v ← μ v + g,                                       w ← w − η (g + μ v)
    AdaGrad       s ← s + g²,                                        w ← w − η g / √s
    RMSProp       s ← α s + (1 − α) g²,                              w ← w − η g / √s
    Adam          v ← β₁ v + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,    w ← w − η v̂ / √ŝ

Momentum is a ball that rolls with friction, w″ = −g − γ w′ where γ = (1 − μ)/√η, seen at times √η, 2√η,
…: it gains speed along a valley, where all g agree, and loses what leads from side to side. The last
three divide each weight's slope by its usual size, so that a steep and a flat direction are descended
alike. v̂ = v/(1 − β₁ᵗ) and ŝ = s/(1 − β₂ᵗ) are rid of the zeros that v and s began with.

B. Polyak, 1964; Y. Nesterov, 1983; J. Duchi, E. Hazan & Y. Singer, 2011; T. Tieleman & G. Hinton, 2012;
D. Kingma & J. Ba, Adam, 2015.
"""

import math

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn.functional import cross_entropy

MU, ALPHA, B1, B2, TINY = 0.9, 0.99, 0.9, 0.999, 1e-8
STEEP = 40.0  # the valley's curvature across, against 1 along


RULES = {  # the library's; η in the valley, and for digits
    "descent": (optim.SGD, {}, 0.02, 0.1),
    "momentum": (optim.SGD, {"momentum": MU}, 0.02, 0.1),
    "Nesterov": (optim.SGD, {"momentum": MU, "nesterov": True}, 0.02, 0.1),
    "AdaGrad": (optim.Adagrad, {"eps": TINY}, 0.8, 0.01),
    "RMSProp": (optim.RMSprop, {"alpha": ALPHA, "eps": TINY}, 0.05, 0.003),
    "Adam": (optim.Adam, {"betas": (B1, B2), "eps": TINY}, 0.3, 0.003),
}


def rule(name, g, v, s, t):
    """What is taken η times from w in the t-th step, and the new v and s."""
    match name:
        case "momentum" | "Nesterov":
            v = MU * v + g
            return v if name == "momentum" else g + MU * v, v, s
        case "AdaGrad" | "RMSProp":
            s = s + g ** 2 if name == "AdaGrad" else ALPHA * s + (1 - ALPHA) * g ** 2
            return g / (s.sqrt() + TINY), v, s
        case "Adam":
            v, s = B1 * v + (1 - B1) * g, B2 * s + (1 - B2) * g ** 2
            return v / (1 - B1 ** t) / ((s / (1 - B2 ** t)).sqrt() + TINY), v, s
    return g, v, s


def valley(w):
    """½ (x² + 40 y²)."""
    return (w[0] ** 2 + STEEP * w[1] ** 2) / 2


def paths(name, steps=300):
    """The way through the valley by hand, and how far the library's ever is from it."""
    kind, settings, rate, _ = RULES[name]
    w, v, s = torch.tensor([[-4.0, 0.8], [0.0, 0.0], [0.0, 0.0]], dtype=torch.float64)
    library = w.clone().requires_grad_()
    optimizer = kind([library], lr=rate, **settings)
    way, apart = [w], 0.0
    for t in range(1, steps + 1):
        step, v, s = rule(name, torch.func.grad(valley)(w), v, s, t)
        w = w - rate * step
        optimizer.zero_grad()
        valley(library).backward()
        optimizer.step()
        way.append(w)
        apart = max(apart, (w - library).abs().max().item())
    return torch.stack(way), apart


def ball(rate, time=20, friction=0.5):
    """On ½ w²: the times √η, 2√η, …, where a ball let go at 1 is then, and where momentum is."""
    t = torch.arange(0, time, math.sqrt(rate), dtype=torch.float64)
    pace = math.sqrt(1 - friction ** 2 / 4)
    rolled = torch.exp(-friction * t / 2) * ((pace * t).cos() + friction / 2 / pace * (pace * t).sin())
    w, v, stepped = 1.0, 0.0, []
    for _ in t:
        stepped.append(w)
        v = (1 - friction * math.sqrt(rate)) * v + w
        w -= rate * v
    return t, rolled, torch.tensor(stepped, dtype=torch.float64)


def run(quick):
    """Each through the valley; the ball; each on digits."""
    r = lab.Result(ways={}, apart={}, arrived={}, losses={}, balls={})
    for name in RULES:
        r.ways[name], r.apart[name] = paths(name)
        r.arrived[name] = (valley(r.ways[name].T) > 0.01).nonzero()[-1].item() + 1
        r.row(f"{name}: steps down the valley", r.arrived[name])
    r.row("largest |by hand − the library's|", max(r.apart.values()), 0, "rounding of float64")
    for rate in (0.1, 0.01, 0.001):
        r.balls[rate] = ball(rate)
        r.row(f"momentum, η = {rate}: farthest from the ball",
              (r.balls[rate][1] - r.balls[rate][2]).abs().max().item())
    (x, y), _, test = lab.digits(quick)
    epochs, batch = (3, 20) if quick else (2, 100)
    for name, (kind, settings, _, rate) in RULES.items():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 100), nn.ReLU(), nn.Linear(100, 10))
        optimizer, found = kind(net.parameters(), lr=rate, **settings), []

        def loss(scores, labels, found=found):
            error = cross_entropy(scores, labels)
            found.append(error.item())
            return error

        for _ in lab.fit(net, loss, x, y, optimizer, epochs=epochs, batch=batch, what=name):
            pass
        r.losses[name] = torch.tensor(found).unfold(0, len(found) // 12, 1).mean(1).tolist()
        r.row(f"{name}: last loss; test digits right, %",
              f"{r.losses[name][-1]:.3f}; {lab.accuracy(net, *test):.2f}")
    return r


def check(r):
    """What the text teaches."""
    yield "by hand and by the library they go the same way", max(r.apart.values()) < 1e-9
    yield "all arrive at the bottom of the valley", max(r.arrived.values()) < 300
    yield "a ball is there in half the time, and Nesterov's before it", (
        r.arrived["descent"] > 2 * r.arrived["momentum"] > 2 * r.arrived["Nesterov"])
    apart = [(rolled - stepped).abs().max() for _, rolled, stepped in r.balls.values()]
    yield "momentum is a ball with friction, the more exactly the smaller η", (
        apart[0] > 2 * apart[1] > 4 * apart[2] and apart[2] < 0.02)
    yield "on digits each of the five learns faster than descent", all(
        r.losses[name][-1] < r.losses["descent"][-1] for name in RULES if name != "descent")


def draw(r):
    """Ways through the valley, the ball, and the losses on digits."""
    f, axes = lab.figure(1, 4, width=14.5, height=3.6)
    x, y = torch.linspace(-4.6, 1.6, 80), torch.linspace(-1.1, 1.1, 80)
    height = valley((x, y[:, None]))
    for a, names, title in ((axes[0], list(RULES)[:3], "Through the valley"),
                            (axes[1], list(RULES)[3:], "with a step length for each")):
        a.contour(x, y, height, levels=[0.05, 0.5, 2, 5, 10, 17], colors=["#c9ced3"])
        for name in names:
            a.plot(*r.ways[name][:60].T, ".-", markersize=3.5, linewidth=1, label=name)
        a.set(title=title, xlabel="x")
        a.legend(loc="lower right", ncols=3, columnspacing=1, handlelength=1)
        a.grid(False)
    t, rolled, _ = r.balls[0.001]
    axes[2].plot(t, rolled, color=lab.INK, label="ball with friction")
    for rate, color in ((0.1, lab.RED), (0.01, lab.GREEN)):
        times, _, stepped = r.balls[rate]
        axes[2].plot(times, stepped, ".", color=color, markersize=4, label=f"momentum, η = {rate}")
    axes[2].set(title="Momentum is a ball", xlabel="time, √η a step", ylabel="w")
    axes[2].legend()
    lab.curves(axes[3], r.losses, title="On digits", xlabel="step", ylabel="loss", yscale="log")
    return f
