"""16. Regularisation: few examples are learned by heart unless something forbids it

With a thousand digits to learn from, and eighty times as many weights, the training loss goes to 0
while that on unseen digits, after a good beginning, rises: the net is overfitting. Against it,

    L2                C + λ/2n Σ w²:    w ← (1 − η λ/n) w − η ∂C/∂w, large weights fade
    L1                C + λ/n Σ |w|:    w ← w − η λ/n sign(w) − η ∂C/∂w, those of no use end at 0
    dropout           in each step half of the hidden neurons, drawn anew, are not there, so that none
                      can lean on another; afterwards all are, each answering half as loudly
    early stopping    leave when unseen digits have shown no improvement in ten epochs

N. Srivastava et al., Dropout, 2014; L. Prechelt, Early stopping – but when?, 1998; M. Nielsen, Neural
Networks and Deep Learning, 2015, chapter 3.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn.functional import cross_entropy

PATIENCE = 10


def network(inputs, hidden, dropout=0.0):
    """One hidden layer."""
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(hidden, 10))


def weights(net):
    """All weights, without the biases, in one row."""
    return torch.cat([p.flatten() for name, p in net.named_parameters() if name.endswith("weight")])


PENALTIES = {"nothing": lambda w: 0.0, "L2": lambda w: w.square().sum() / 2,  # λ = 1
             "L1": lambda w: 0.1 * w.abs().sum(), "dropout": lambda w: 0.0}


def measured(net, x, labels):
    """(loss, accuracy) with all neurons there."""
    net.eval()
    with torch.no_grad():
        scores = net(x)
    net.train()
    return (cross_entropy(scores, labels).item(),
            100 * (scores.argmax(1) == labels).float().mean().item())


def stops(found, patience=PATIENCE):
    """The epoch, from 1, after which ``patience`` others have been no better than the best before."""
    best = 0
    for epoch, value in enumerate(found):
        best = epoch if value > found[best] else best
        if epoch - best == patience:
            return epoch + 1
    return len(found)


def run(quick):
    """The same few digits four times; where the first time would have stopped early."""
    digits = lab.digits(quick)
    if quick:  # 8×8 are too easy to be overfitted, but for noise
        digits = lab.Digits(*((x + 0.5 * torch.randn(x.shape), y) for x, y in digits))
    x, y = (a[:150 if quick else 1000] for a in digits.train)
    epochs, rate, hidden = (60, 0.2, 100) if quick else (100, 0.1, 100)
    r = lab.Result(train={}, unseen={}, test={}, weights={}, limits=(1, 2.5) if quick else (0.3, 0.7))
    for name, penalty in PENALTIES.items():
        net = network(x[0].numel(), hidden, 0.5 if name == "dropout" else 0.0)
        rows = []

        def loss(scores, labels, net=net, penalty=penalty):
            return cross_entropy(scores, labels) + penalty(weights(net)) / len(x)

        for _ in lab.fit(net, loss, x, y, optim.SGD(net.parameters(), lr=rate), epochs=epochs,
                         batch=10, what=name):
            rows.append([measured(net, *part) for part in ((x, y), *digits[1:])])
        r.train[name], r.unseen[name], r.test[name] = zip(*rows, strict=True)
        r.weights[name] = weights(net).detach()
    r.stop = stops([accuracy for _, accuracy in r.unseen["nothing"]])
    r.row("weights per example", f"{len(r.weights['nothing']) / len(x):.0f}")
    for name in PENALTIES:
        loss, accuracy = r.test[name][-1]
        zero = 100 * (r.weights[name].abs() < 1e-3).float().mean().item()
        r.row(f"{name}: test accuracy, %; loss; weights at 0, %",
              f"{accuracy:.2f}; {loss:.3f}; {zero:.0f}")
    loss, accuracy = r.test["nothing"][r.stop - 1]
    r.row(f"early stopping, after {r.stop} of {epochs} epochs: test accuracy, %; loss",
          f"{accuracy:.2f}; {loss:.3f}")
    return r


def check(r):
    """What the text teaches."""
    losses = {name: [loss for loss, _ in found] for name, found in r.test.items()}
    plain, learned = losses["nothing"], r.train["nothing"][-1]
    zero = {name: (w.abs() < 1e-3).float().mean() for name, w in r.weights.items()}
    by_heart = {name: [loss < 0.1 for loss, _ in found].index(True) for name, found in r.train.items()
                if name in ("nothing", "dropout")}
    yield "left alone, the net knows all it was shown", learned[1] == 100 and learned[0] < 0.02
    yield "and gets worse on unseen digits: overfitting", plain[-1] > 1.1 * min(plain)
    yield "L2 and L1 end with a lower loss on them", all(
        losses[name][-1] < plain[-1] for name in ("L2", "L1"))
    yield "dropout puts off the day when all is known by heart", (
        by_heart["dropout"] > by_heart["nothing"])
    yield "stopping early saves more than half of the time, and has a lower loss", (
        2 * r.stop < len(plain) and plain[r.stop - 1] < plain[-1])
    yield "L1 leaves half of the weights at 0, twice as many as L2", (
        zero["L1"] > max(0.5, 2 * zero["L2"]))


def draw(r):
    """Overfitting, and what each remedy does to the loss and to the weights."""
    f, axes = lab.figure(1, 3, width=12, height=3.6)
    lab.curves(axes[0], {"shown digits": [loss for loss, _ in r.train["nothing"]],
                         "unseen digits": [loss for loss, _ in r.unseen["nothing"]]},
               title="Left alone: overfitting", xlabel="epoch", ylabel="loss", ylim=(0, r.limits[1]))
    axes[0].axvline(r.stop, color=lab.INK, linestyle=":", label="early stopping")
    axes[0].legend()
    lab.curves(axes[1], {name: [loss for loss, _ in found] for name, found in r.test.items()},
               title="Loss on test digits", xlabel="epoch", ylim=r.limits)
    for name, color in (("nothing", lab.BLUE), ("L2", lab.RED), ("L1", lab.GREEN)):
        axes[2].hist(r.weights[name], bins=80, range=(-0.3, 0.3), histtype="step", label=name, log=True,
                     linewidth=1.5, color=color)
    axes[2].set(title="Weights after training", xlabel="w", ylabel="how many")
    axes[2].legend()
    return f
