"""17. Newton's method, and Hessian-free: steps that know how the slope bends

Near w the error is C + g·p + ½ p·H p, with H the matrix of second derivatives. Newton's step goes to
where that is least,

    w ← w + p,      H p = −g,

and near a minimum each step doubles the number of right digits. For a million weights H has 10¹²
entries; but a product H v = ∂(g·v)/∂w costs no more than a few gradients, and conjugate gradients
find p from such products alone: Hessian-free. Where H bends downwards the least is nowhere. So J, the
slope of the scores z, and the error's bend in z are put in its place, which never do, and some λ v

    H v ≈ Jᵀ (∂²C/∂z² (J v)) + λ v,     λ ← ⅔ λ if ρ > ¾,   λ ← 3/2 λ if ρ < ¼,

where ρ is what a step gained, by what was promised, g·p + ½ p·H p. So deep sigmoid nets are trained,
and left is the plateau where gradient descent stays long, or, at a rate that is too high, for ever.

B. Pearlmutter, Fast exact multiplication by the Hessian, 1994; J. Martens, Deep learning via
Hessian-free optimization, 2010.
"""

from functools import partial

import tinygrad_pt as torch
from tinygrad_pt import lab, nn
from tinygrad_pt.models.sigmoid import sigmoid_network
from tinygrad_pt.nn.functional import avg_pool2d, cross_entropy

DECAY, RATES = 0.01, (1.0, 3.0)


def scores_of(net, x):
    """The scores as a function of all weights in one row, and the row that they are now."""
    names, shapes = zip(*((name, p.shape) for name, p in net.named_parameters()), strict=True)

    def scores(w):
        parts = w.split([shape.numel() for shape in shapes])
        parts = [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
        return torch.func.functional_call(net, dict(zip(names, parts, strict=True)), x)

    return scores, torch.nn.utils.parameters_to_vector(net.parameters()).detach()


def descend(error, w, steps, step):
    """Take w ← w + step(w, g); the error and ‖g‖ before each."""
    found = []
    for _ in range(steps):
        g, value = torch.func.grad_and_value(error)(w)
        found.append((value.item(), g.norm().item()))
        w = w + step(w, g)
    return found


def conjugate(product, b, most):
    """About A⁻¹ b, from products A v alone, and how many they were."""
    p, r, d, count = torch.zeros_like(b), b, b, 0
    size = first = b @ b
    while size > 1e-4 * first and count < most:
        bent = product(d)
        length = size / (d @ bent)
        p, r = p + length * d, r - length * bent
        old, size = size, r @ r
        d = r + size / old * d
        count += 1
    return p, count


def bend(scores, loss, w, v):
    """Jᵀ (∂²loss/∂z² (J v)) at z = scores(w)."""
    z, slope = torch.func.jvp(scores, (w,), (v,))
    return torch.func.vjp(scores, w)[1](torch.func.hvp(loss, (z,), (slope,))[1][0])[0]


def hessian_free(scores, loss, w, steps, damping=0.1, most=50):
    """The error before each step, and how many gradients the work so far is worth."""
    def error(w):
        return loss(scores(w))

    found, work = [], 0
    for _ in lab.track(range(steps), "Hessian-free"):
        g, value = torch.func.grad_and_value(error)(w)
        found.append((value.item(), work))
        product = partial(bend, scores, loss, w)
        p, count = conjugate(lambda v, a=product, damping=damping: a(v) + damping * v, -g, most)
        gained = error(w + p) - value
        share = gained / (g @ p + p @ product(p) / 2)
        w = w + p if gained < 0 else w
        damping *= 2 / 3 if share > 0.75 else 1.5 if share < 0.25 else 1
        work += 2 * (count + 1) + 2  # a product is about two gradients
    return found


def run(quick):
    """Newton on a net of one layer, whose minimum is unique; Hessian-free on one of six."""
    (x, y), _, _ = lab.digits(quick)
    few = 100 if quick else 1000
    x, y = x[:few].double(), y[:few]
    r = lab.Result()
    small = avg_pool2d(x[:, None], 2 if quick else 4)[:, 0]
    scores, w = scores_of(nn.Sequential(nn.Flatten(), nn.Linear(small[0].numel(), 10)).double(), small)

    def loss(z):
        return cross_entropy(z, y)

    def error(w):
        return loss(scores(w)) + DECAY / 2 * w.square().sum()

    hessian = torch.func.hessian(error)
    r.newton = descend(error, w, 8, lambda w, g: torch.linalg.solve(hessian(w), -g))
    r.slow = descend(error, w, 100, lambda w, g: -g)
    v = torch.randn_like(w)
    h = hessian(w) @ v
    r.apart = (h - torch.func.hvp(error, (w,), (v,))[1][0]).abs().max().item()
    r.linear = (h - bend(scores, loss, w, v) - DECAY * v).abs().max().item()
    r.row("one layer: ‖g‖ at each Newton step", " ".join(f"{g:.0e}" for _, g in r.newton))
    r.row("‖g‖ after 100 steps of descent", f"{r.slow[-1][1]:.0e}")
    r.row("largest |H v − ∂(g·v)/∂w|", r.apart, 0, "rounding of float64")
    r.row("largest |H v − Jᵀ … J v|, whose scores are linear in w", r.linear, 0, "rounding of float64")
    hidden = 20 if quick else 30
    net = sigmoid_network([x[0].numel(), *[hidden] * 5, 10]).double()
    scores, w = scores_of(net, x)
    r.free = hessian_free(scores, loss, w, 45 if quick else 60)
    r.plain = {rate: [value for value, _ in descend(lambda w: loss(scores(w)), w, r.free[-1][1],
                                                    lambda w, g, rate=rate: -rate * g)]
               for rate in lab.track(RATES[:1] if quick else RATES, "descent")}
    r.row(f"five hidden layers, {len(w):,} weights: error at first", r.free[0][0])
    r.row(f"Hessian-free, {len(r.free)} steps for the price of {r.free[-1][1]} gradients: error",
          r.free[-1][0])
    for rate, values in r.plain.items():
        r.row(f"descent, η = {rate}, as many gradients: error", values[-1])
    return r


def check(r):
    """What the text teaches."""
    sizes = [g for _, g in r.newton if g > 1e-10]
    yield "near the minimum each Newton step doubles the number of right digits", (
        all(after < 20 * before ** 2 for before, after in zip(sizes[2:], sizes[3:], strict=False)))
    yield "eight of them end at rounding, where a hundred steps of descent do not", (
        r.newton[-1][1] < 1e-12 and r.slow[-1][1] > 1e-4)
    yield "H v needs no H", r.apart < 1e-12 and r.linear < 1e-12
    yield "for the same work Hessian-free ends ten times lower than descent at any of its rates", (
        r.free[-1][0] < min(values[-1] for values in r.plain.values()) / 10)


def draw(r):
    """The gradient under Newton's steps, and the error on the way down."""
    f, axes = lab.figure(1, 2, width=10.5, height=3.6)
    lab.curves(axes[0], {"Newton": [g for _, g in r.newton], "descent": [g for _, g in r.slow[:20]]},
               title="One layer: right digits double", xlabel="step", ylabel="‖g‖", yscale="log")
    for rate, values in r.plain.items():
        axes[1].plot(values, label=f"descent, η = {rate}")
    values, work = zip(*r.free, strict=True)
    axes[1].plot(work, values, color=lab.INK, label="Hessian-free")
    axes[1].set(title="Six layers of sigmoids", xlabel="work, in gradients", ylabel="error",
                yscale="log")
    axes[1].legend()
    return f
