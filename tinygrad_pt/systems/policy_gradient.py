"""33. The policy gradient: what was followed by reward becomes likelier; a pole is kept upright

    ∇ E[R] = E[ Σₜ ∇ log π(aₜ | sₜ) (Rₜ − b(sₜ)) ],          Rₜ = rₜ + γ rₜ₊₁ + γ² rₜ₊₂ + …

The network gives the probabilities of the moves themselves. One acts by drawing from them, and then
pushes each log-probability up, the more so the better it went on after it than usual. To take off the
usual, b, does not change the mean, since Σₐ π(a) ∇ log π(a) b = b ∇ 1 = 0, and takes away much of the
noise. Nothing is said of how the world works: it is not differentiated, only tried.

R. J. Williams, Simple statistical gradient-following algorithms (REINFORCE), 1992; A. G. Barto,
R. S. Sutton & C. W. Anderson, Neuronlike adaptive elements, 1983 (the pole).
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.lab.worlds import Pole
from tinygrad_pt.nn import functional as F

GAMMA = 0.98


def walk(net, poles):
    """Each pole until it falls: what was seen, what was done, and whether it stood then; (t, n, …)."""
    s = torch.stack([torch.from_numpy(pole.reset()[0]) for pole in poles])
    stands, steps = torch.ones(len(poles)).bool(), []
    while stands.any():
        with torch.no_grad():
            a = torch.multinomial(net(s).softmax(1), 1)[:, 0]
        steps.append((s, a, stands))
        s, stands = s.clone(), stands.clone()
        for i in stands.nonzero()[:, 0].tolist():
            now, _, over, late, _ = poles[i].step(a[i].item())
            s[i] = torch.from_numpy(now)
            stands[i] = not (over or late)
    return [torch.stack(x) for x in zip(*steps, strict=True)]


def sway(net, poles):
    """The angles of each pole until it falls, in degrees, then nan; (t, n)."""
    s, _, stood = walk(net, poles)
    return (180 / torch.pi * s[:, :, 2]).masked_fill(~stood, torch.nan)


def returns(rewards):
    """Rₜ = rₜ + γ Rₜ₊₁, (t, n)."""
    later, found = torch.zeros(rewards.shape[1]), []
    for reward in rewards.flip(0):
        later = reward + GAMMA * later
        found.append(later)
    return torch.stack(found[::-1])


def objective(net, s, a, stood):
    """What is to grow: log π of what was done, times how much better than usual it went on."""
    gain = returns(stood)
    usual = (gain * stood).sum(1, keepdim=True) / stood.sum(1, keepdim=True)
    better = (gain - usual) * stood
    log_p = net(s).log_softmax(-1).gather(2, a[..., None])[..., 0]
    return (log_p * better).sum() / stood.sum() / better.std()


def exact(samples):
    """A single choice of three, r = 1, 2, 4: ∇ E[r] by hand, by sampling, and with a baseline."""
    z, r = torch.tensor([0.2, -0.1, 0.4]), torch.tensor([1.0, 2.0, 4.0])
    p = z.softmax(0)
    by_hand = p * (r - p @ r)
    drawn = torch.multinomial(p, samples, replacement=True)
    score = F.one_hot(drawn, 3) - p  # ∇ log π of what was drawn
    return by_hand, score * r[drawn][:, None], score * (r[drawn] - p @ r)[:, None]


def run(quick):
    """The estimate against the truth where it is known; then a network learns to hold the pole."""
    updates, many = (28, 12) if quick else (80, 32)
    r = lab.Result(stood=[])
    r.truth, *found = exact(20_000)
    r.estimates, r.noise = [x.mean(0) for x in found], [x.var(0).sum().item() for x in found]
    poles = [Pole() for _ in range(many)]
    for seed, pole in enumerate(poles):
        pole.reset(seed=seed)
    net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))
    adam = optim.Adam(net.parameters(), lr=4e-2 if quick else 2e-2)
    for _ in lab.track(range(updates), "updates"):
        s, a, stood = walk(net, poles)
        r.stood.append(stood.sum(0).tolist())
        adam.zero_grad()
        (-objective(net, s, a, stood)).backward()
        adam.step()
    r.means = [sum(times) / many for times in r.stood]
    r.paths = [sway(lambda s: torch.zeros(len(s), 2), poles), sway(net, poles)]
    r.row("∇ E[r] of three choices, by hand", " ".join(f"{x:.3f}" for x in r.truth))
    for name, estimate, noise in zip(("plain", "less the usual"), r.estimates, r.noise, strict=True):
        r.row(f"{name}: mean of 20,000 samples", " ".join(f"{x:.3f}" for x in estimate))
        r.row(f"{name}: variance of one", noise)
    r.row("steps that the pole stands at first, of 200", r.means[0])
    r.row("after learning", r.means[-1])
    return r


def check(r):
    """What the text teaches."""
    yield "the estimate is right, with a baseline and without", all(
        (x - r.truth).abs().max() < 0.05 for x in r.estimates)
    yield "the baseline takes away most of the noise", r.noise[1] < r.noise[0] / 4
    yield "the pole stands five times as long as at first", r.means[-1] > 5 * r.means[0]


def draw(r):
    """How long poles stand, and how they sway."""
    f, axes = lab.figure(1, 3, width=13, height=3.8)
    for update, times in enumerate(r.stood, 1):
        axes[0].plot([update] * len(times), times, ".", color=lab.SKY, alpha=0.4)
    lab.curves(axes[0], {"mean": r.means}, title="How long it stands, of 200", xlabel="update",
               ylabel="steps")
    titles = "Pushed by chance", "Pushed as learned"
    for axis, path, title in zip(axes[1:], r.paths, titles, strict=True):
        axis.plot(path, color=lab.BLUE, alpha=0.4, linewidth=1)
        axis.set(title=title, xlabel="step", ylabel="angle, degrees", ylim=(-13, 13))
    return f
