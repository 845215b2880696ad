"""26. A deep belief network: first see, layer by layer, then learn what it is called

    p(v, h¹, h²) = p(v | h¹) p(h¹, h²)

A restricted Boltzmann machine learns the images, a second one what the first makes of them: each layer
put on top can raise a bound on ln p(v), and no label is needed. The upper machine dreams, the lower
paints what it dreams of. With a softmax on top the stack becomes a feed-forward net of sigmoids whose
weights labels have to adjust only a little. Where images are many and names few, as mostly in life,
that is a great help: the same net from random weights must find in a few examples all there is to see.

G. E. Hinton, S. Osindero & Y.-W. Teh, A fast learning algorithm for deep belief nets, 2006; Y. Bengio
et al., Greedy layer-wise training of deep networks, 2007.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.models.rbm import RBM, divergence
from tinygrad_pt.nn.functional import cross_entropy


def greedy(x, sizes, epochs):
    """A restricted Boltzmann machine for each layer, learned from the answers of the one below."""
    stack = []
    for hidden in sizes:
        rbm = RBM(x.shape[1], hidden)
        for _ in divergence(rbm, x, optim.SGD(rbm.parameters(), lr=0.1, momentum=0.5), epochs=epochs,
                            batch=50, what=f"{x.shape[1]}-{hidden}"):
            pass
        with torch.no_grad():
            x = rbm.up(x)
        stack.append(rbm)
    return stack


def dreams(stack, steps, count):
    """What the topmost machine comes to by itself, from noise, and the others make an image of."""
    *lower, top = stack
    with torch.no_grad():
        x = top.reconstruction(top.gibbs(torch.rand(count, len(top.visible)).round(), steps))
        for rbm in reversed(lower):
            x = rbm.down(x)
    return x


def network(sizes):
    """A feed-forward net of sigmoids, and ten scores, with random weights that suit it (Glorot's)."""
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        linear = nn.Linear(inputs, outputs)
        nn.init.xavier_normal_(linear.weight)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


def begin_with(net, stack):
    """Give the net's layers the weights of the stack."""
    with torch.no_grad():
        for linear, rbm in zip(net[::2], stack, strict=False):
            linear.weight.copy_(rbm.weight)
            linear.bias.copy_(rbm.hidden)
    return net


def run(quick):
    """See many images; learn the names of few, and of more, with and without having seen."""
    train, _, test = (((x.flatten(1) > 0.5).float(), y) for x, y in lab.digits(quick))
    x, y = train
    sizes = [x.shape[1], 200, 200]
    stack = greedy(x[:10_000], sizes[1:], 30 if quick else 5)
    r = lab.Result(lines={}, side=round(x.shape[1] ** 0.5), filters=stack[0].weight[:40].detach())
    some = [part[:2000] for part in test]
    r.dreams = dreams(stack, 200 if quick else 1000, 40)
    for labels, epochs in ((100, 60), (1198, 20)) if quick else ((200, 40), (10_000, 4)):
        for name in ("from random weights", "having seen"):
            net = network(sizes)
            if name == "having seen":
                begin_with(net, stack)
            r.lines[name, labels] = [
                lab.accuracy(net, *some)
                for _ in lab.fit(net, cross_entropy, x[:labels], y[:labels],
                                 optim.SGD(net.parameters(), lr=0.1, momentum=0.9), batch=20,
                                 epochs=epochs, what=f"{labels} names, {name}")]
            r.row(f"{labels:,} names, {name}: test digits right, %",
                  f"{lab.accuracy(net, *test):.2f}")
    r.labels = sorted({labels for _, labels in r.lines})
    return r


def check(r):
    """What the text teaches."""
    gain = {(labels, when): r.lines["having seen", labels][when]
            - r.lines["from random weights", labels][when] for labels in r.labels for when in (0, -1)}
    few, many = r.labels[0], r.labels[-1]
    yield "with few names, having seen reads two in a hundred digits more", gain[few, -1] > 2
    yield "and after one epoch twenty", gain[few, 0] > 20
    yield "with many names it matters less", gain[many, -1] < gain[few, -1] - 1


def draw(r):
    """Accuracy by epoch for few names and for many; filters and dreams."""
    f, axes = lab.figure(1, 4, width=14, height=3.6, width_ratios=[1, 1, 1, 1])
    for a, labels in zip(axes, (r.labels[0], r.labels[-1]), strict=False):
        lab.curves(a, {name: r.lines[name, labels] for name in ("from random weights", "having seen")},
                   title=f"{labels:,} names", xlabel="epoch")
    axes[0].set_ylabel("test digits right, %")
    lab.images(axes[2], r.filters.reshape(-1, r.side, r.side), 8, title="First layer")
    lab.images(axes[3], r.dreams.reshape(-1, r.side, r.side), 8, title="Dreams")
    return f
