"""13. Depth without care: more layers, and the first of them hardly learn

    [784, 30, 10],  [784, 30, 30, 10],  …,     speed of layer l: ‖∂C/∂bˡ‖

The error reaches layer l multiplied by Wᵀ and σ' once for every layer above it,

    δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ'(zˡ),        ∂C/∂bˡ = δˡ,

and with weights of N(0, 1/√n) and σ' ≤ 1/4 each passage makes it smaller, about four- to fivefold. So a
second, third and fourth hidden layer add little to what one layer reads: its inputs are features that
have barely been learned. The speeds are those of the quadratic cost, with which the course's come
out; the accuracies those of cross-entropy.

M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 5; S. Hochreiter, Untersuchungen zu
dynamischen neuronalen Netzen, 1991.
"""

from tinygrad_pt import lab, nn
from tinygrad_pt.models.sigmoid import cross_entropy, descent, sigmoid_network

COURSE = {1: (96.48, "0.07, 0.31"), 2: (96.90, "0.012, 0.060, 0.283"),
          3: (96.57, "0.003, 0.017, 0.070, 0.285"), 4: (96.53, "")}


def speeds(net):
    """‖∂C/∂b‖ of each layer, after a backward pass."""
    return [layer.bias.grad.norm().item() for layer in net if hasattr(layer, "bias")]


def slow_motion(net, x, y, epochs):
    """The speeds at each step of descent on ½ ‖a − t‖², the mean over all of x."""
    optimizer, found = descent(net, 0.1, 0.0), []
    targets = nn.functional.one_hot(y, 10).float()
    for _ in lab.track(range(epochs), "1,000 images at once"):
        optimizer.zero_grad()
        (((net(x).sigmoid() - targets) ** 2).sum() / (2 * len(x))).backward()
        found.append(speeds(net))
        optimizer.step()
    return found


def run(quick):
    """Accuracy of nets of one to four hidden layers; the speed of each layer on 1,000 images."""
    digits = lab.digits(quick)
    x, y = digits.train
    r = lab.Result(accuracy={}, speeds={})
    for hidden, (accuracy, at_start) in COURSE.items():
        sizes = [x[0].numel(), *[30] * hidden, 10]
        r.speeds[hidden] = slow_motion(sigmoid_network(sizes), x[:1000], y[:1000],
                                       40 if quick else 500)
        ours = ", ".join(f"{s:.2g}" for s in r.speeds[hidden][0])
        r.row(f"{hidden} hidden: speeds at the start, first layer first", ours, at_start,
              "other random weights" if at_start else "")
        if quick and hidden > 2:
            continue
        net = sigmoid_network(sizes)
        *_, r.accuracy[hidden] = (
            lab.accuracy(net, *digits.validation)
            for _ in lab.fit(net, cross_entropy, x, y, descent(net, 0.1, 5 / 50_000), batch=10,
                             epochs=8 if quick else 30, what=f"{hidden} hidden"))
        r.row(f"{hidden} hidden: right, %", f"{r.accuracy[hidden]:.2f}", f"{accuracy:.2f}")
    return r


def check(r):
    """What the text teaches."""
    yield "at the start every layer is slower than the one above it, by two at least", all(
        before < after / 2 for s in r.speeds.values() for before, after in zip(s[0], s[0][1:],
                                                                              strict=False))
    yield "the first of four hidden layers is a hundred times slower than the last layer", (
        r.speeds[4][0][0] < r.speeds[4][0][-1] / 100)
    yield "depth gains no more than two points", max(r.accuracy.values()) - r.accuracy[1] < 2


def draw(r):
    """The speeds of the layers during training."""
    f, axes = lab.figure(1, 4, width=12, height=3.4, sharey=True)
    for a, (hidden, found) in zip(axes, r.speeds.items(), strict=True):
        lines = {f"layer {i}": line for i, line in enumerate(zip(*found, strict=True), 1)}
        lab.curves(a, lines, title=f"{hidden} hidden", xlabel="epoch (1,000 images)", yscale="log")
    axes[0].set_ylabel("speed ‖∂C/∂b‖")
    return f
