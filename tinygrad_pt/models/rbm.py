"""Restricted Boltzmann machines: what is seen, what explains it, and an energy between the two.

    E(v, h) = −b·v − c·h − h·W v,       p(v, h) = exp(−E(v, h)) / Z,        v, h of 0s and 1s

No unit is joined to one of its own layer, so given one layer the units of the other are independent,

    p(h = 1 | v) = σ(W v + c),          p(v = 1 | h) = σ(Wᵀ h + b),

and all hidden states can be summed over at once, which gives the free energy:

    F(v) = −ln Σₕ exp(−E(v, h)) = −b·v − Σⱼ ln(1 + exp(Wⱼ·v + cⱼ)),         p(v) = exp(−F(v)) / Z
    −∂ ln p(v)/∂θ = ∂F(v)/∂θ − mean of ∂F/∂θ over the machine's own v

What the machine would see by itself is sampled: k steps away from the data (CD-k), or in chains that
are never brought back to it (PCD). Machines that stand on each other, each learned from the answers of
the one below, are layers for a network to begin with: going up, and unrolled, also down again.

P. Smolensky, Harmony theory, 1986; G. E. Hinton, Training products of experts by minimizing contrastive
divergence, 2002; T. Tieleman, Training restricted Boltzmann machines using approximations to the
likelihood gradient, 2008; G. E. Hinton & R. R. Salakhutdinov, Reducing the dimensionality of data with
neural networks, 2006.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn, optim
from tinygrad_pt.nn.functional import softplus

from ..lab.results import track
from .autoencoder import Autoencoder
from .sigmoid import sigmoids


class RBM(nn.Module):
    """Visible and hidden units of 0 and 1; probabilities will do where states are expected."""

    rate = 0.1  # at which it learns well

    def __init__(self, visible: int, hidden: int):
        super().__init__()
        self.weight = nn.Parameter(0.01 * torch.randn(hidden, visible))
        self.visible = nn.Parameter(torch.zeros(visible))
        self.hidden = nn.Parameter(torch.zeros(hidden))

    def up(self, v: Tensor) -> Tensor:
        """p(h = 1 | v), (n, hidden)."""
        return self.excitation(v).sigmoid()

    def down(self, h: Tensor) -> Tensor:
        """p(v = 1 | h), (n, visible)."""
        return (h @ self.weight + self.visible).sigmoid()

    forward = up

    def excitation(self, v: Tensor) -> Tensor:
        """W v + c, (n, hidden)."""
        return v @ self.weight.T + self.hidden

    def draw(self, v: Tensor) -> Tensor:
        """A state h from p(h | v)."""
        return torch.bernoulli(self.up(v))

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v), (n,)."""
        return -(v @ self.visible) - softplus(self.excitation(v)).sum(1)

    @torch.no_grad()
    def gibbs(self, v: Tensor, steps: int = 1) -> Tensor:
        """The visible states after so many steps of v → h → v, each layer drawn given the other."""
        for _ in range(steps):
            v = self.redraw(v, self.draw(v))
        return v

    def redraw(self, v: Tensor, h: Tensor) -> Tensor:
        """A state from p(v | h), in place of v."""
        return torch.bernoulli(self.down(h))

    def layer(self) -> nn.Linear:
        """W v + c, as a layer of a network."""
        return _linear(self.weight, self.hidden)

    def way_back(self) -> nn.Linear:
        """Wᵀ h + b, as a layer of a network."""
        return _linear(self.weight.T, self.visible)

    @torch.no_grad()
    def reconstruction(self, v: Tensor) -> Tensor:
        """What the hidden units retain of v, without noise."""
        return self.down(self.up(v))


class LinearRBM(RBM):
    """Hidden units that are any number, N(W v + c, 1): codes for an autoencoder."""

    rate = 0.01  # large numbers make large steps

    up = forward = RBM.excitation

    def draw(self, v: Tensor) -> Tensor:
        """A state h from p(h | v)."""
        mean = self.up(v)
        return mean + torch.randn_like(mean)

    def free_energy(self, v: Tensor) -> Tensor:
        """F(v) = −b·v − ½ ‖W v + c‖², (n,)."""
        return -(v @ self.visible) - self.excitation(v).square().sum(1) / 2


class WordsRBM(RBM):
    """Visible units that count words: those of a text of n words are n draws from softmax(Wᵀ h + b).

    In place of a draw stands its mean. R. Salakhutdinov & G. Hinton, Semantic hashing, 2009.
    """

    rate = 0.02

    def down(self, h: Tensor) -> Tensor:
        """The probability of each word to be the next, (n, visible)."""
        return (h @ self.weight + self.visible).softmax(1)

    def redraw(self, v: Tensor, h: Tensor) -> Tensor:
        """As many words as in v."""
        return v.sum(1, keepdim=True) * self.down(h)

    @torch.no_grad()
    def reconstruction(self, v: Tensor) -> Tensor:
        """What the hidden units retain of v, without noise."""
        return self.redraw(v, self.up(v))


def divergence(rbm: RBM, x: Tensor, optimizer: optim.Optimizer, *, epochs: int, batch: int = 100,
               steps: int = 1, persistent: bool = False, what: str = "epochs") -> Iterator[float]:
    """Train on x (n, visible) by CD-``steps``, or PCD; after each epoch yields how badly x is retained.

    That is the mean square of v − its reconstruction, over a thousand of them. It is the body of a
    ``for``, as `lab.fit` is.
    """
    chains = x[:batch]
    for _ in track(range(epochs), what):
        for some in torch.randperm(len(x)).split(batch):
            v = x[some]
            chains = rbm.gibbs(chains if persistent else v, steps)
            optimizer.zero_grad()
            (rbm.free_energy(v).mean() - rbm.free_energy(chains).mean()).backward()
            optimizer.step()
        yield (rbm.reconstruction(x[:1000]) - x[:1000]).square().mean().item()


def greedy(stack: Sequence[RBM], x: Tensor, *, epochs: int, batch: int = 100) -> Tensor:
    """Train machines from the lowest up by CD-1, each on the answers of the one below it to x.

    Gives the answers of the topmost.
    """
    for rbm in stack:
        optimizer = optim.SGD(rbm.parameters(), lr=rbm.rate, momentum=0.9)
        hidden, visible = rbm.weight.shape
        for _ in divergence(rbm, x, optimizer, epochs=epochs, batch=batch, what=f"{visible}-{hidden}"):
            pass
        with torch.no_grad():
            x = rbm.up(x)
    return x


def unrolled(stack: Sequence[RBM]) -> Autoencoder:
    """An encoder that goes up through all machines, and a decoder that comes down again."""
    return Autoencoder(sigmoids(rbm.layer() for rbm in stack),
                       sigmoids(rbm.way_back() for rbm in reversed(stack)))


def _linear(weight: Tensor, bias: Tensor) -> nn.Linear:
    layer = nn.Linear(*weight.T.shape, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    return layer
