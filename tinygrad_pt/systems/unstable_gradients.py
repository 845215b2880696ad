"""14. Gradients vanish, or explode, or are kept alive by care

In a chain of single neurons aₗ = f(zₗ), zₗ = wₗ aₗ₋₁ + bₗ, the derivative on its way back to the first
is multiplied once a layer by

    wₗ f'(zₗ).

A sigmoid's slope is at most 1/4, so weights of ordinary size make it vanish. With w = 100 and the bias
chosen so that z = 0 it explodes: 100 · σ'(0) = 25 a layer. Only a product near 1 keeps it alive, and
nothing makes it so by itself. In wide layers the same happens to ‖δ‖:

- sigmoid and N(0, 1/√n): each layer takes a factor of about 1/4;
- tanh and N(0, 1/√n), or Glorot's, with variance 2/(fan in + fan out): f'(0) = 1, kept alive;
- tanh and weights three times as large: the neurons saturate, |a| → 1;
- ReLU and He's variance 2/fan in: half of the neurons pass all, the others nothing, and that factor of
  1/2 is what the 2 makes good.

M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 5; X. Glorot & Y. Bengio, Understanding the
difficulty of training deep feedforward neural networks, 2010; K. He et al., Delving deep into
rectifiers, 2015.
"""

import tinygrad_pt as torch
from tinygrad_pt import Value, lab, nn

SIZE = 100
INITS = {  # name: activation, standard deviation of the weights of a layer of SIZE inputs
    "sigmoid, N(0, 1/√n)": (nn.Sigmoid, SIZE ** -0.5),
    "tanh, Glorot": (nn.Tanh, (2 / (SIZE + SIZE)) ** 0.5),
    "tanh, three times Glorot": (nn.Tanh, 3 * (2 / (SIZE + SIZE)) ** 0.5),
    "ReLU, N(0, 1/√n)": (nn.ReLU, SIZE ** -0.5),
    "ReLU, He": (nn.ReLU, (2 / SIZE) ** 0.5)}


def chain(w, depth):
    """|∂a_depth/∂b| of each neuron of a chain whose biases make every z 0 (w = 100) or are 0."""
    a, biases = Value(0.5), []
    for _ in range(depth):
        biases.append(Value(-w * a.data if w == 100 else 0.0))
        a = (w * a + biases[-1]).sigmoid()
    a.backward()
    return [abs(b.grad) for b in biases]


def stack(activation, deviation, depth):
    """Layers of SIZE neurons."""
    layers = []
    for _ in range(depth):
        linear = nn.Linear(SIZE, SIZE, bias=False)
        nn.init.normal_(linear.weight, 0.0, deviation)
        layers += [linear, activation()]
    return nn.Sequential(*layers)


def passage(net, x, g):
    """‖∂/∂a‖ at the input of each layer when g comes in at the end, and each layer's activities."""
    a, activities = x.requires_grad_(), [x]
    for layer in net:
        a = layer(a)
        if not isinstance(layer, nn.Linear):
            activities.append(a)
    slopes = torch.autograd.grad(a, activities, g)
    return [s.norm().item() for s in slopes], [a.detach() for a in activities]


def run(quick):
    """Chains of neurons, then stacks of layers."""
    depth = 10 if quick else 20
    r = lab.Result(chains={f"w = {w:g}": chain(float(w), 6) for w in (1, 4, 100)}, norms={}, act={})
    for name, slopes in r.chains.items():
        ratio = (slopes[0] / slopes[-1]) ** (1 / 5)
        r.row(f"chain, {name}: factor a layer", ratio, 25 if name == "w = 100" else "")
    r.factor = (r.chains["w = 100"][0] / r.chains["w = 100"][-1]) ** (1 / 5)
    x, g = torch.randn(200, SIZE), torch.randn(200, SIZE)
    r.factors = {}
    for name, (activation, deviation) in INITS.items():
        r.norms[name], r.act[name] = passage(stack(activation, deviation, depth), x, g)
        r.factors[name] = (r.norms[name][0] / r.norms[name][-1]) ** (1 / depth)
        r.row(f"{name}: factor a layer, {depth} layers", r.factors[name])
    r.saturated = {name: (a[-1].abs() > 0.95).float().mean().item() for name, a in r.act.items()
                   if "tanh" in name}
    for name, share in r.saturated.items():
        r.row(f"{name}: saturated in the last layer, %", 100 * share)
    return r


def check(r):
    """What the text teaches."""
    yield "with weights 100 and z = 0 each layer multiplies by 25", abs(r.factor - 25) < 1e-6
    yield "with weights 1 each takes away more than three quarters", (
        r.chains["w = 1"][0] < 0.25 ** 5 * r.chains["w = 1"][-1] * 1.01)
    yield "a sigmoid loses about four fifths a layer", 0.1 < r.factors["sigmoid, N(0, 1/√n)"] < 0.26
    yield "Glorot's tanh and He's ReLU keep the gradient: less than 15 % a layer is lost", all(
        abs(r.factors[name] - 1) < 0.15 for name in ("tanh, Glorot", "ReLU, He"))
    yield "weights three times as large saturate tanh", (
        r.saturated["tanh, three times Glorot"] > 0.4 > 0.1 > r.saturated["tanh, Glorot"])


def draw(r):
    """The gradient on its way back, in chains and in stacks."""
    f, (left, middle, right) = lab.figure(1, 3, width=12, height=3.8, width_ratios=[1, 1.4, 1])
    lab.curves(left, r.chains, title="A chain of six neurons", xlabel="layer", ylabel="|∂a₆/∂b|",
               yscale="log")
    lab.curves(middle, r.norms, range(len(next(iter(r.norms.values())))), title="Layers of 100 neurons",
               xlabel="layer", ylabel="‖∂/∂a‖", yscale="log")
    middle.legend(loc="upper left", bbox_to_anchor=(0, -0.17), ncols=2)
    means = {name: torch.stack(act).abs().mean((1, 2)) for name, act in r.act.items()}
    lab.curves(right, means, range(len(next(iter(means.values())))), xlabel="layer",
               title="Mean |activity|", ylim=(0, 1))
    right.get_legend().remove()
    return f
