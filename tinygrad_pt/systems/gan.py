"""29. A generative adversarial network: a forger of digits, and its detective

    detective    minimise  −log D(x) − log(1 − D(G(z)))     x a real digit, z ~ N(0, 1)
    forger       minimise  −log D(G(z))

The forger G turns noise into an image and never sees a digit. All that it learns comes through the
detective D, which says how likely an image is real, and by its gradient what would make it likelier.
Two forgers: one whose layers connect all with all, and one that begins with a few coarse maps and
doubles their side by transposed convolutions, in which each value paints a small patch.

Neither descends a fixed slope, for the other moves it. What keeps them from circling: the forger raises
log D, which is steep where D is sure, and does not lower log(1 − D), which is flat there; batches are
normalised; Adam has little momentum, and its rate falls to 0; and of what is real the detective should
say 0.9, never be quite sure.

A judge who learned to read real digits tells which digits are drawn, and how far the forgeries as a
whole are from the real: d², Fréchet's distance of two Gaussians, those that fit what the judge's last
hidden layer makes of either (`lab.frechet`).

I. Goodfellow et al., Generative adversarial nets, 2014; A. Radford, L. Metz & S. Chintala, Unsupervised
representation learning with deep convolutional generative adversarial networks, 2016.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.models.gan import convolutional, dense
from tinygrad_pt.nn import functional as F

NOISE = 32
PARTS = 8  # of a contest; after each of them the judge is asked


def contest(forger, detective, x, steps, rate, batch):
    """Both learn in turns; yields after each step how often the detective is right, %."""
    forge, catch = (optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.999))
                    for net in (forger, detective))
    for left in lab.track(torch.linspace(1, 0, steps).tolist(), "steps"):
        forged = forger(torch.randn(batch, NOISE))
        real, false = detective(x[torch.randint(0, len(x), (batch,))]), detective(forged.detach())
        descend(catch, surprise(real, 0.9) + surprise(false, 0.0), rate * left)
        descend(forge, surprise(detective(forged), 1.0), rate * left)
        yield 50 * ((real > 0).float().mean() + (false < 0).float().mean()).item()


def surprise(scores, truth):
    """What −t log D − (1 − t) log(1 − D) is on average, D = σ(score)."""
    return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, truth))


def descend(adam, loss, rate):
    """A step of one of the two."""
    adam.param_groups[0]["lr"] = rate
    adam.zero_grad()
    loss.backward()
    adam.step()


@torch.no_grad()
def forgeries(forger, z):
    """Images of noise, normalised not by their batch but by what the forger saw while it learned."""
    forger.eval()
    images = torch.cat([forger(some) for some in z.split(500)])
    forger.train()
    return images


def walks(count, steps):
    """Noise on the way from one to another, ``count`` times; it stays as strong."""
    start, end = torch.randn(2, count, 1, NOISE)
    t = torch.linspace(0, torch.pi / 2, steps)[:, None]
    return (t.cos() * start + t.sin() * end).flatten(0, 1)


def run(quick):
    """A judge, two contests, and what the judge says of the forgeries."""
    (x, y), _, (new, _) = lab.digits(quick)
    side, count = x.shape[1], 500 if quick else 2000
    judge = nn.Sequential(nn.Flatten(), nn.Linear(side * side, 128), nn.ReLU(),
                          nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))
    for _ in lab.fit(judge, F.cross_entropy, x, y, optim.Adam(judge.parameters(), lr=2e-3),
                     epochs=15 if quick else 4, batch=64):
        pass

    @torch.no_grad()
    def distance(images):
        return lab.frechet(judge[:-1](images), judge[:-1](x[:5000]))

    noise = x.flatten(1).gather(0, torch.randint(0, len(x), (count, side * side)))
    r = lab.Result(distance={}, kinds={}, right={}, images={"Real digits": new},
                   real=distance(new), noise=distance(noise))
    z = torch.randn(count, NOISE)
    for nets, width, steps, rate, batch in (
            (dense, *((128, 720, 4e-3, 64) if quick else (256, 4800, 6e-4, 64))),
            (convolutional, *((16, 320, 4e-3, 32) if quick else (32, 1600, 1e-3, 64)))):
        name = nets.__name__
        forger, detective = nets(side, NOISE, width)
        r.distance[name], right = [distance(forgeries(forger, z))], []
        for caught in contest(forger, detective, x, steps, rate, batch):
            right.append(caught)
            if len(right) % (steps // PARTS) == 0:
                images = forgeries(forger, z)
                r.distance[name].append(distance(images))
        r.right[name] = sum(right[-steps // PARTS:]) / (steps // PARTS)
        with torch.no_grad():
            share = judge(images).argmax(1).bincount(minlength=10) / count
        r.kinds[name] = (share >= 1 / 40).sum().item()
        r.images[f"Forged: {name}"] = images
    r.images["From one noise to another"] = forgeries(forger, walks(7, 7))
    r.row("d² of unseen digits", r.real)
    r.row("d² of noise, each pixel as often ink as in digits", r.noise)
    for name, d in r.distance.items():
        r.row(f"{name}: d² at first, after an eighth, at last", f"{d[0]:.3g}, {d[1]:.3g}, {d[-1]:.3g}")
        r.row(f"{name}: of ten digits it draws", r.kinds[name])
        r.row(f"{name}: the detective is right, %", r.right[name], 50, "in theory, at the end")
    return r


def check(r):
    """What the text teaches."""
    for name, d in r.distance.items():
        yield f"{name}: forgeries come nearer and nearer to digits", d[0] > d[1] > d[-1]
        yield f"{name}: at last they are nearer than noise of as much ink", d[-1] < 0.8 * r.noise
        yield f"{name}: at least eight of the ten digits are drawn", r.kinds[name] >= 8
        yield f"{name}: the detective does not win outright", r.right[name] < 98


def draw(r):
    """Digits and forgeries, walks through the noise, and the distance from digits."""
    f, axes = lab.figure(1, 5, width=15, height=3.5, width_ratios=[1, 1, 1, 1, 1.2])
    for axis, (title, images) in zip(axes, r.images.items(), strict=False):
        lab.images(axis, images[:49], 7, title=title)
    lab.curves(axes[4], r.distance, torch.linspace(0, 1, PARTS + 1), title="How far from digits: d²",
               xlabel="part of the contest", yscale="log")
    for level, name in ((r.noise, "noise"), (r.real, "unseen digits")):
        axes[4].axhline(level, color=lab.INK, linestyle="--", linewidth=1)
        axes[4].text(0.45, level, name, va="bottom")
    return f
