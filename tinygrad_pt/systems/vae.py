"""28. The variational autoencoder: a code with a map, from which new digits can be drawn

    log p(x) ≥ ELBO = E_q(z|x) [log p(x | z)] − KL(q(z | x) ‖ N(0, 1))

The encoder does not give a code but a small cloud of them, q(z | x) = N(μ, σ²); the decoder has to make
x from any point of it; and the second term, ½ Σ (μ² + σ² − 1 − log σ²), pulls all clouds to the middle,
so that they leave no gaps. Then a code drawn from N(0, 1) is like one of a digit, and its picture like
a digit. How does one differentiate through a draw? By drawing the noise elsewhere (reparametrisation):

    z = μ + σ ε,   ε ~ N(0, 1).

The ELBO is a bound: with K draws from the cloud, log mean p(x, z)/q(z | x) comes nearer to log p(x).

D. P. Kingma & M. Welling, Auto-encoding variational Bayes, 2013; D. J. Rezende, S. Mohamed & D.
Wierstra, Stochastic backpropagation, 2014; Y. Burda, R. Grosse & R. Salakhutdinov, Importance weighted
autoencoders, 2015. """

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.nn import functional as F


class VAE(nn.Module):
    """Images as rows of 0 … 1, and codes."""

    def __init__(self, pixels, hidden, codes):
        self.encoder = nn.Sequential(nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * codes))
        self.decoder = nn.Sequential(nn.Linear(codes, hidden), nn.ReLU(), nn.Linear(hidden, pixels))

    def encode(self, x):
        """μ and σ of the cloud of each image."""
        mean, log_variance = self.encoder(x).chunk(2, 1)
        return mean, (log_variance / 2).exp()

    def log_p(self, x, z):
        """log p(x | z): each pixel is ink with the decoder's probability."""
        return -F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="none").sum(1)

    def elbo(self, x):
        """A bound of log p(x), by one draw, (n,)."""
        mean, sigma = self.encode(x)
        z = mean + sigma * torch.randn_like(sigma)
        return self.log_p(x, z) - kl(mean, sigma)

    def log_likelihood(self, x, draws):
        """log p(x), (n,), by draws from the cloud, each with its weight p(x, z)/q(z | x)."""
        mean, sigma = self.encode(x)
        weights = []
        for _ in range(draws):
            noise = torch.randn_like(sigma)
            z = mean + sigma * noise
            weights.append(self.log_p(x, z) + (noise ** 2 / 2 - z ** 2 / 2 + sigma.log()).sum(1))
        return torch.stack(weights).logsumexp(0) - torch.tensor(float(draws)).log()


def kl(mean, sigma):
    """KL(N(μ, σ²) ‖ N(0, 1)), summed over the codes."""
    return (mean ** 2 + sigma ** 2 - 1 - 2 * sigma.log()).sum(1) / 2


def through_a_draw(mean, sigma, draws):
    """∂/∂μ and ∂/∂σ of E[z²] through draws; the truth is 2 μ, 2 σ."""
    mean, sigma = (torch.tensor(x, requires_grad=True) for x in (mean, sigma))
    ((mean + sigma * torch.randn(draws)) ** 2).mean().backward()
    return mean.grad.item(), sigma.grad.item()


def learn(net, x, steps, batch, rate):
    """Up the ELBO; its negative at each step."""
    def loss():
        return -net.elbo(x[torch.randint(0, len(x), (batch,))]).mean()

    return list(lab.descend(loss, optim.Adam(net.parameters(), lr=rate), steps=steps))


def run(quick):
    """Two codes, for the map, and more of them, for the bound; what came of unseen digits."""
    (x, y), _, (new_x, new_y) = lab.digits(quick)
    r = lab.Result(side=x.shape[1], bounds={}, losses={})
    x, new_x = x.flatten(1), new_x.flatten(1)
    r.slope = through_a_draw(0.7, 0.5, 100_000)
    steps, batch, hidden, rate = (1200, 64, 64, 1e-2) if quick else (12_000, 64, 200, 3e-3)
    for codes in (20, 2):
        net = VAE(x.shape[1], hidden, codes)
        r.losses[codes] = learn(net, x, steps, batch, rate)
        with torch.no_grad():
            some = new_x[:1000]
            r.bounds[codes] = net.elbo(some).mean().item(), net.log_likelihood(some, 100).mean().item()
    p = x.mean(0).clamp(1e-3, 1 - 1e-3).expand(len(some), -1)
    r.apart = -F.binary_cross_entropy(p, some, reduction="none").sum(1).mean().item()
    with torch.no_grad():
        r.codes, r.labels = net.encode(new_x)[0], new_y
        known = net.encode(x[:5000])[0]
        near = torch.cat([torch.cdist(c, known).argmin(1) for c in r.codes.split(500)])
        r.near = 100 * (y[near] == new_y).float().mean().item()
        steps = torch.special.ndtri((torch.arange(15) + 0.5) / 15)
        grid = torch.stack(torch.meshgrid(-steps, steps, indexing="ij")[::-1], 2).flatten(0, 1)
        r.map = net.decoder(grid).sigmoid()
    r.row("∂/∂μ, ∂/∂σ of E[z²], μ = 0.7, σ = 0.5, through draws", "{:.3f}, {:.3f}".format(*r.slope),
          "1.4, 1")
    r.row("log p of a new digit, each pixel apart", r.apart)
    for codes, (bound, better) in r.bounds.items():
        r.row(f"{codes} codes: the ELBO", bound)
        r.row(f"{codes} codes: log p by 100 draws", better)
    r.row("new digits whose neighbour on the map is the same digit, %", r.near)
    return r


def check(r):
    """What the text teaches."""
    yield "the gradient goes through a draw", (
        abs(r.slope[0] - 1.4) < 0.02 and abs(r.slope[1] - 1) < 0.02)
    yield "the ELBO is a bound: more draws come nearer, from below", all(
        bound < better for bound, better in r.bounds.values())
    yield "new digits are likelier than to a model of pixels apart", r.bounds[2][0] > r.apart
    yield "more codes, more of a digit is told", r.bounds[20][0] > r.bounds[2][0]
    yield "digits of a kind lie together on the map, though nobody named them", r.near > 50


def draw(r):
    """The map, what lies where on it, and the bound."""
    f, axes = lab.figure(1, 3, width=13.5, height=4.4)
    lab.images(axes[0], r.map.reshape(-1, r.side, r.side), 15, title="The map: digits at its places")
    dots = axes[1].scatter(*r.codes.T, c=r.labels, cmap="tab10", s=3, vmin=-0.5, vmax=9.5)
    f.colorbar(dots, ax=axes[1], ticks=range(10))
    axes[1].set(title="Where new digits lie", xlabel="z₁", ylabel="z₂", xlim=(-3, 3), ylim=(-3, 3))
    lines = {f"{codes} codes": torch.tensor(line).reshape(-1, 50).mean(1).tolist()
             for codes, line in r.losses.items()}
    steps = len(r.losses[2])
    lab.curves(axes[2], lines, range(25, steps, 50), title="−ELBO while learning, mean of 50 steps",
               xlabel="step", xticks=range(0, steps + 1, steps // 4),
               ylim=(0.9 * min(map(min, lines.values())), 1.2 * -r.apart))
    axes[2].axhline(-r.apart, color=lab.GREEN, linestyle="--", label="pixels apart")
    axes[2].legend()
    return f
