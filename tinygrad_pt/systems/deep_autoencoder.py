"""27. A deep autoencoder: Boltzmann machines bring it near a solution, descent takes it there

    784 → 1000 → 500 → 250 → 30 → 250 → 500 → 1000 → 784

From small random weights so deep a net of sigmoids passes next to nothing on, forward or back: it finds
the mean digit, and then for long not much else. So, one after the other:

    pre-train    a Boltzmann machine learns the pixels, a second one the first's hidden units, …
    unroll       their weights, W₁ … W₄, are the encoder's, and W₄ᵀ … W₁ᵀ the decoder's
    fine-tune    all of them, now free of each other, by gradient descent on C

The last machine's hidden units are of any size, N(W v + c, 1): the code is 30 numbers, not 30 bits.
Four years later random weights of the right size were found to get under way too (Glorot's), though
later than the machines, which begin half way.

G. E. Hinton & R. R. Salakhutdinov, Reducing the dimensionality of data with neural networks, 2006;
X. Glorot & Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
"""

from itertools import pairwise

import tinygrad_pt as torch
from tinygrad_pt import lab, optim
from tinygrad_pt.models.autoencoder import principal, squared_error, surprise
from tinygrad_pt.models.rbm import RBM, LinearRBM, greedy, unrolled
from tinygrad_pt.models.sigmoid import glorot


def machines(sizes):
    """One for each pair of neighbouring layers, as they are before they learn: small weights."""
    *lower, last = pairwise(sizes)
    return [*(RBM(*pair) for pair in lower), LinearRBM(*last)]


def tune(net, x, new, steps, rate, batch, what):
    """Down the surprise at batches of x; the error of new digits, before it and at each tenth of it."""
    def surprise_at_some():
        some = x[torch.randint(0, len(x), (batch,))]
        return surprise(net(some), some)

    errors = [squared_error(net.restored(new), new)]
    optimizer = optim.Adam(net.parameters(), lr=rate)
    for step, _ in enumerate(lab.descend(surprise_at_some, optimizer, steps=steps, what=what), 1):
        if step % (steps // 10) == 0:
            errors.append(squared_error(net.restored(new), new))
    return errors


def run(quick):
    """The same net with and without pre-training, and as many principal components."""
    (x, _), _, (new, _) = lab.digits(quick)
    r = lab.Result(side=x.shape[1], errors={})
    x, new = x.flatten(1), new.flatten(1)
    sizes, epochs, r.steps, batch, rate = (
        ([64, 100, 50, 6], 15, 800, 20, 8e-3) if quick else
        ([784, 1000, 500, 250, 30], 4, 3000, 100, 2e-3))
    components = principal(x, new, sizes[-1])
    r.mean, r.components = (squared_error(some, new) for some in (x.mean(0), components))
    stack = machines(sizes)
    greedy(stack, x, epochs=epochs, batch=batch)
    nets = {"pre-trained": unrolled(stack), "Glorot's random weights": glorot(unrolled(stack)),
            "small random weights": unrolled(machines(sizes))}
    for name, net in nets.items():
        r.errors[name] = tune(net, x, new, r.steps, rate, batch, name)
    why = "" if quick else "Hinton & Salakhutdinov, of 60,000 digits in many more steps"
    course = {"components": 13.87, "pre-trained": "…, 3.00"} if not quick else {}
    r.row("‖x̂ − x‖² of an unseen digit: the mean digit for all", r.mean)
    r.row(f"{sizes[-1]} principal components", r.components, course.get("components", ""))
    for name, errors in r.errors.items():
        r.row(f"{name}, before and after {r.steps:,} steps", f"{errors[0]:.2f}, {errors[-1]:.2f}",
              course.get(name, ""), why if name in course else "")
    shown = {"digit": new, "pre-trained": nets["pre-trained"].restored(new),
             "components": components.clamp(0, 1),
             "small weights": nets["small random weights"].restored(new)}
    r.shown = {name: some[:12].reshape(-1, r.side, r.side) for name, some in shown.items()}
    return r


def check(r):
    """What the text teaches."""
    pre, random, small = r.errors.values()
    yield "from small random weights it remains nearer to the mean digit than to the components", (
        small[-1] > (r.mean + r.components) / 2)
    yield "pre-trained it does not: fewer than half of that is left", pre[-1] < 0.5 * r.mean
    yield "and is better than as many principal components", pre[-1] < r.components
    yield "weights of the right size get under way, but stay behind", pre[-1] < random[-1] < small[-1]


def draw(r):
    """The error while it is tuned, and digits with what came back."""
    f, (left, right) = lab.figure(1, 2, width=12, height=3.4, width_ratios=[1, 1.5])
    left.axhline(r.components, color=lab.INK, linestyle="--", linewidth=1, label="principal components")
    lab.curves(left, r.errors, range(0, r.steps + 1, r.steps // 10), title="‖x̂ − x‖² of unseen digits",
               xlabel="step of fine-tuning", ylim=(0, 1.15 * r.mean))
    lab.images(right, torch.cat(list(r.shown.values())), 12, title="Digits, and what came back")
    for i, name in enumerate(r.shown):
        right.text(-r.side / 4, (r.side + 1) * (i + 0.5), name, ha="right", va="center")
    return f
