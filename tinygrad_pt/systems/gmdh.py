"""7. GMDH, the first deep network: quadratic neurons are fitted, and compete

    y = a₀ + a₁ u + a₂ v + a₃ u v + a₄ u² + a₅ v²

A neuron sees two signals and its six numbers are solved for by least squares, not learned step by step.
A layer tries every pair of signals; the neurons that predict best on examples *not* used in fitting
survive and are the signals of the next layer. Layers are added until the best error there stops
falling. Each layer doubles the degree: after k of them a polynomial of degree 2ᵏ, and the number of
layers was not chosen by anyone.

A. G. Ivakhnenko & V. G. Lapa, Cybernetic Predicting Devices, 1965; A. G. Ivakhnenko, Polynomial theory
of complex systems, 1971.
"""

from itertools import combinations

import tinygrad_pt as torch
from tinygrad_pt import lab

INPUTS = 6


def target(x):
    """Of degree 4, in the first four inputs; the others mean nothing."""
    return (1 + x[:, 1] + x[:, 0] * x[:, 1]) * (1 + x[:, 2] + x[:, 2] * x[:, 3])


def features(u, v):
    """The six terms of a neuron, (n, 6)."""
    return torch.stack([torch.ones_like(u), u, v, u * v, u * u, v * v], 1)


def error(prediction, y):
    """The mean square, over the variance of y: 0 is perfect, 1 as good as the mean."""
    return (((prediction - y) ** 2).mean() / y.var()).item()


class Neuron:
    """Least squares of y on the quadratic terms of two signals."""

    def __init__(self, signals, y, pair):
        self.pair = pair
        terms = features(*(signals[:, i] for i in pair))
        self.a = torch.linalg.lstsq(terms, y[:, None]).solution

    def __call__(self, signals):
        return (features(*(signals[:, i] for i in self.pair)) @ self.a)[:, 0]


def grow(x, y, kept, most):
    """Layers of neurons, fitted on the first half of the examples and chosen on the other."""
    half, signals, layers, errors = len(x) // 2, x, [], []
    for _ in lab.track(range(most), "layers"):
        neurons = [Neuron(signals[:half], y[:half], pair)
                   for pair in combinations(range(signals.shape[1]), 2)]
        scored = sorted(((error(n(signals[half:]), y[half:]), i) for i, n in enumerate(neurons)))
        if errors and scored[0][0] > 0.97 * errors[-1]:
            break
        errors.append(scored[0][0])
        layers.append([neurons[i] for _, i in scored[:kept]])
        signals = torch.stack([n(signals) for n in layers[-1]], 1)
    return layers, errors


def predict(layers, x):
    """What the best neuron of each layer says, (layers, n)."""
    best = []
    for layer in layers:
        x = torch.stack([neuron(x) for neuron in layer], 1)
        best.append(x[:, 0])
    return torch.stack(best)


def inputs_used(layers):
    """The inputs that the best neuron of the last layer depends on."""
    wanted = {0}
    for layer in reversed(layers):
        wanted = {i for k in wanted for i in layer[k].pair}
    return wanted


def run(quick):
    """Examples with noise; how the error falls with depth, and what a linear model does."""
    n = 800 if quick else 2000
    x, new = (2 * torch.rand(m, INPUTS, dtype=torch.float64) - 1 for m in (n, 2000))
    y, new_y = target(x) + 0.02 * torch.randn(n, dtype=torch.float64), target(new)
    r = lab.Result()
    layers, r.errors = grow(x, y, kept=10 if quick else 16, most=10)
    r.predictions, r.y = predict(layers, new), new_y
    r.new_errors = [error(p, new_y) for p in r.predictions]
    linear = torch.linalg.lstsq(torch.cat([torch.ones(n, 1).double(), x], 1), y[:, None]).solution
    r.linear = error((torch.cat([torch.ones(len(new), 1).double(), new], 1) @ linear)[:, 0], new_y)
    r.used = inputs_used(layers)
    r.row("layers, chosen by the error on unseen examples", len(layers), "8",
          "the net of 1971, for its own data")
    r.row("error of a linear model, of the variance", r.linear)
    r.row("error of one layer", r.new_errors[0])
    r.row("error of all layers", r.new_errors[-1])
    return r


def check(r):
    """What the text teaches."""
    yield "more than one layer is kept, and they are better than one", (
        len(r.errors) >= 2 and r.new_errors[-1] < 0.5 * r.new_errors[0])
    yield "better than a linear model by far", r.new_errors[-1] < 0.3 * r.linear
    yield "the inputs that matter are all in use", r.used >= {0, 1, 2, 3}


def draw(r):
    """The error by layers, and predictions of the first and the last."""
    f, axes = lab.figure(1, 3, width=10.5, height=3.4)
    lab.curves(axes[0], {"to choose by": r.errors, "new": r.new_errors}, title="Error, layer by layer",
               xlabel="layers", ylabel="mean square / variance", yscale="log")
    limits = r.y.min().item() - 0.5, r.y.max().item() + 0.5
    axes[0].set_xticks(range(1, len(r.errors) + 1))
    for a, prediction, title, colour in zip(axes[1:], (r.predictions[0], r.predictions[-1]),
                                            ("One layer", "All layers"), (lab.RED, lab.BLUE),
                                            strict=True):
        a.scatter(r.y, prediction, s=5, color=colour, alpha=0.4)
        a.axline((0, 0), slope=1, color=lab.INK, linewidth=1)
        a.set(title=title, xlabel="true value", ylabel="predicted", aspect="equal", xlim=limits,
              ylim=limits)
    return f
