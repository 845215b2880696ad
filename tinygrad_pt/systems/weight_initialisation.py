"""12. Where to start: weights of N(0, 1/√n) learn at once, those of N(0, 1) late

A neuron with n inputs, about half of them 1, and weights of N(0, 1) sums to z of variance n/2 + 1:
for 784 inputs |z| is about 20, σ(z) is 0 or 1, and σ'(z) is next to nothing. The neuron is saturated
before it has seen anything. With weights of N(0, 1/√n) the variance of z is near 3/2.

    [784, 30, 10] and [784, 100, 10], mini-batches of 10, η = 0.1, cross-entropy, λ = 5

M. Nielsen, Neural Networks and Deep Learning, 2015, chapter 3; Y. LeCun, L. Bottou, G. Orr &
K.-R. Müller, Efficient BackProp, 1998.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.models.sigmoid import cross_entropy, descent, sigmoid_network

DECAY = 5 / 50_000  # λ/n
COURSE = {("N(0, 1)", 30): ("< 87", "> 96"), ("N(0, 1/√n)", 30): ("almost 93", "> 96"),
          ("N(0, 1)", 100): ("", "> 96"), ("N(0, 1/√n)", 100): ("", "> 96")}


def saturated(net, x):
    """The share of the hidden neurons' answers that lie within 0.02 of 0 or 1."""
    with torch.no_grad():
        a = net[:3](x)
    return ((a < 0.02) | (a > 0.98)).float().mean().item()


def run(quick):
    """Both starts, both widths: the accuracy on unseen digits after each epoch."""
    digits = lab.digits(quick)
    if quick:  # 8×8 becomes 24×24: saturation takes many inputs; and five times, a longer epoch
        digits = lab.Digits(*((x.repeat_interleave(3, 1).repeat_interleave(3, 2), y)
                              for x, y in digits))
    x, y = (a.repeat(5, *[1] * (a.ndim - 1)) for a in digits.train) if quick else digits.train
    r = lab.Result(accuracy={}, saturated={}, quick=quick)
    for (name, hidden), course in COURSE.items():
        if quick and hidden == 100:
            continue
        net = sigmoid_network([x[0].numel(), hidden, 10], narrow=name != "N(0, 1)")
        r.saturated[name, hidden] = saturated(net, x[:1000])
        r.accuracy[name, hidden] = [
            lab.accuracy(net, *digits.validation)
            for _ in lab.fit(net, cross_entropy, x, y, descent(net, 0.1, DECAY), batch=10,
                             epochs=3 if quick else 30, what=f"{name}, {hidden} hidden")]
        for when, epoch, theirs in (("one epoch", 0, course[0]), ("the last epoch", -1, course[1])):
            r.row(f"{name}, {hidden} hidden: right after {when}, %",
                  f"{r.accuracy[name, hidden][epoch]:.2f}", theirs)
    for name in ("N(0, 1)", "N(0, 1/√n)"):
        r.row(f"{name}: hidden neurons saturated at the start, %", 100 * r.saturated[name, 30])
    return r


def check(r):
    """What the text teaches."""
    wide, narrow = r.accuracy["N(0, 1)", 30], r.accuracy["N(0, 1/√n)", 30]
    yield "narrow weights are ahead after one epoch by five points", narrow[0] > wide[0] + 5
    yield "both arrive", min(a[-1] for a in r.accuracy.values()) > (80 if r.quick else 95.5)
    yield "with wide weights most neurons start saturated, with narrow ones few", (
        r.saturated["N(0, 1)", 30] > 0.5 and r.saturated["N(0, 1/√n)", 30] < 0.1)


def draw(r):
    """Accuracy by epoch."""
    widths = sorted({hidden for _, hidden in r.accuracy})
    f, axes = lab.figure(1, len(widths), height=3.6, squeeze=False, sharey=True)
    for a, hidden in zip(axes[0], widths, strict=True):
        lab.curves(a, {name: line for (name, h), line in r.accuracy.items() if h == hidden},
                   title=f"{hidden} hidden neurons", xlabel="epoch")
    axes[0][0].set_ylabel("unseen digits right, %")
    return f
