"""3. ADALINE, a linear neuron, cancels an echo: it learns what the room does

A loudspeaker plays x, the microphone hears the room's echo of it, h * x, and a near voice v. The
neuron sees the last n samples played and predicts the microphone; what it cannot predict is the voice:

    y = w·x,    e = d − y,    w ← w + η e x / (‖x‖² + ε)        (Widrow and Hoff's rule, normalised)

That is one step down the gradient of e²/2, whose derivative by w is −e x. The length of a step is
divided by the input's power, so that loud passages do not make it diverge (Nagumo & Noda, 1967).

B. Widrow & M. E. Hoff, Adaptive switching circuits, 1960; M. M. Sondhi, An adaptive echo canceller,
1967.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab

RATE = 2000  # samples a second
TAPS = 32  # of the room and of the neuron: 16 ms


def voice(n, pitch):
    """Something like speech: coloured noise with a pitch, and pauses."""
    t = torch.arange(n) / RATE
    noise = torch.randn(n + 7).unfold(0, 8, 1).mean(1)
    syllables = (2 * torch.pi * 1.7 * t).sin().clamp(min=0)
    return 4 * (noise + 0.3 * (2 * torch.pi * pitch * t).sin()) * syllables


def adapt(x, d, rate, frozen=None):
    """What is left of d when the neuron's prediction is taken away, and the weights.

    Where ``frozen`` is true it predicts but does not learn.
    """
    w, left = torch.zeros(TAPS), torch.zeros(len(d))
    past = torch.cat([torch.zeros(TAPS - 1), x]).unfold(0, TAPS, 1).flip(1)  # row t: x[t], x[t−1], …
    power = (past * past).sum(1) + 0.01 * TAPS
    for t in lab.track(range(len(d)), "samples"):
        e = left[t] = d[t] - w @ past[t]
        if frozen is None or not frozen[t]:
            w += rate * e / power[t] * past[t]
    return left, w


def loudness(signal):
    """In decibels, in windows of a tenth of a second."""
    return 10 * (signal.reshape(-1, RATE // 10) ** 2).mean(1).clamp(min=1e-9).log10()


def run(quick):
    """Far voice alone at first, then both voices at once; in the middle the room changes."""
    seconds = 2 if quick else 8
    n = seconds * RATE
    far = torch.randn(n)
    rooms = torch.randn(2, TAPS) * torch.exp(-torch.arange(TAPS) / 6)
    echo = torch.cat([torch.nn.functional.conv1d(
        torch.cat([torch.zeros(TAPS - 1), far])[None, None], room.flip(0)[None, None])[0, 0]
        [i * n // 2:(i + 1) * n // 2] for i, room in enumerate(rooms)])
    near = voice(n, 140.0)
    near[:n // 4] = near[n // 2:3 * n // 4] = 0.0  # the near end listens
    microphone = echo + near + 0.02 * torch.randn(n)
    left, w = adapt(far, microphone, rate=0.3, frozen=near != 0)
    r = lab.Result(n=n, microphone=microphone, left=left, near=near, w=w, room=rooms[1])
    heard, rest = (loudness(s) for s in (echo, left - near))
    learned = slice(n // 4 * 10 // RATE - 3, n // 4 * 10 // RATE)
    r.gains = [(heard - rest)[learned].mean().item(),
               (heard - rest)[-3:].mean().item()]
    r.error = ((w - rooms[1]).norm() / rooms[1].norm()).item()
    r.row("echo removed, first room, dB", r.gains[0])
    r.row("echo removed, second room, dB", r.gains[1])
    r.row("weights against the room, ‖w − h‖ / ‖h‖", r.error)
    return r


def check(r):
    """What the text teaches."""
    yield "the echo loses more than 25 dB, and again when the room has changed", min(r.gains) > 25
    yield "the weights become the room's response", r.error < 0.05


def draw(r):
    """The three signals, and the weights over the room."""
    f, axes = lab.figure(4, 1, height=7)
    t = torch.arange(r.n) / RATE
    for a, signal, title, colour in zip(axes, (r.microphone, r.left, r.near),
                                        ("Microphone: echo and voice", "What ADALINE leaves",
                                         "The voice alone"), (lab.RED, lab.BLUE, lab.GREEN),
                                        strict=False):
        a.plot(t, signal, color=colour, linewidth=0.5)
        a.set(title=title, xlim=(0, r.n / RATE), ylabel="amplitude")
        a.sharey(axes[0])
        a.axvline(r.n / RATE / 2, color=lab.INK, linestyle=":", linewidth=1.2)
    axes[0].annotate("the room changes", (r.n / RATE / 2, 0.97), (4, 0), va="top",
                     xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=9)
    axes[2].set_xlabel("time, s")
    delay = torch.arange(TAPS) / RATE * 1000
    axes[3].plot(delay, r.room, "o", color=lab.INK, markersize=4, label="the room's echo of a click")
    axes[3].plot(delay, r.w, color=lab.BLUE, label="weights")
    axes[3].set(title="The weights have become the room", xlabel="delay, ms", ylabel="weight")
    axes[3].legend()
    return f
