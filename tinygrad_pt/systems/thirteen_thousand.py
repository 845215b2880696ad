"""11. Four layers of 784, 16, 16 and 10 neurons read digits with 13,002 numbers

    aₗ = σ(Wₗ aₗ₋₁ + bₗ):      784·16 + 16·16 + 16·10 weights + 16 + 16 + 10 biases = 13,002

Each hidden neuron's weights are a picture: green where ink excites it, red where ink silences it.
One would hope for edges in the first layer and loops in the second. What descent finds looks like
noise with a few blobs, and reads nearly all digits all the same.

G. Sanderson, But what is a neural network?, 2017; M. Nielsen, Neural Networks and Deep Learning, 2015.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn
from tinygrad_pt.models.sigmoid import cross_entropy, descent, sigmoid_network


def activities(net, x):
    """What lights up: the answers of the neurons of each layer."""
    found = []
    with torch.no_grad():
        for layer in [*net, nn.Sigmoid()]:
            x = layer(x)
            if isinstance(layer, nn.Sigmoid):
                found.append(x)
    return found


def run(quick):
    """Train, then look at the weights and at one digit on its way through."""
    digits = lab.digits(quick)
    x, y = digits.train
    r = lab.Result(quick=quick, accuracy=[])
    r.full = sum(p.numel() for p in sigmoid_network([784, 16, 16, 10]).parameters())
    net = sigmoid_network([x[0].numel(), 16, 16, 10])
    before = lab.accuracy(net, *digits.test)
    for _ in lab.fit(net, cross_entropy, x, y, descent(net, 0.5, 1e-5), epochs=20 if quick else 15,
                     batch=10):
        r.accuracy.append(lab.accuracy(net, *digits.test))
    r.weights = net[1].weight.detach().reshape(16, *x.shape[1:])
    r.image, r.label = digits.test[0][0], digits.test[1][0].item()
    r.activities = [a[0] for a in activities(net, r.image[None])]
    r.read = r.activities[-1].argmax().item()
    r.row("parameters of 784-16-16-10", f"{r.full:,}", "13,002", "the text's “almost exactly 13,000”")
    r.row("test digits right before learning, %", f"{before:.1f}", "≈ 10")
    r.row("test digits right, %", f"{r.accuracy[-1]:.2f}")
    r.row(f"a {r.label} is read as", r.read, r.label)
    return r


def check(r):
    """What the text teaches."""
    yield "it has 13,002 parameters", r.full == 13_002
    yield "it reads most digits right", r.accuracy[-1] > (85 if r.quick else 93)
    yield "for a digit one neuron of the last layer lights up", (
        r.activities[-1].max().item() > 0.5 and r.read == r.label)


def draw(r):
    """The first layer's weights, and what lights up for a digit."""
    f, (left, middle, right) = lab.figure(1, 3, width=12, height=3.9, width_ratios=[1, 1.3, 0.9])
    lab.images(left, r.weights, 4, title="First layer: 16 pictures")
    middle.imshow(r.image, cmap=lab.colours(["white", lab.INK]), extent=(-1.3, -0.3, 0.25, 0.75),
                  aspect="auto")
    for place, a in enumerate(r.activities):
        heights = (torch.arange(len(a)) + 0.5) / len(a)
        middle.scatter([place] * len(a), heights.flip(0), c=a, s=150, edgecolors=lab.INK, linewidths=1,
                       cmap=lab.colours(["white", lab.BLUE]), vmin=0, vmax=1)
        if len(a) == 10:
            for digit, height in enumerate(heights.flip(0).tolist()):
                middle.annotate(digit, (place, height), (12, 0), va="center",
                                textcoords="offset points")
    middle.set(title=f"What lights up for a {r.label}", xlim=(-1.4, 2.4), ylim=(-0.02, 1.02))
    middle.axis("off")
    lab.curves(right, {"test digits": r.accuracy}, title="Right, %", xlabel="epoch")
    return f
