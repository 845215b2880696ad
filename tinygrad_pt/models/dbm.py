"""A deep Boltzmann machine: images, and two layers of hidden units, the second seen by the first alone.

    E(v, h¹, h²) = −b·v − h¹·(W v + c) − h²·(U h¹ + d)

R. Salakhutdinov & G. Hinton, Deep Boltzmann machines, 2009.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import tinygrad_pt as torch
from tinygrad_pt import Tensor
from tinygrad_pt.nn.functional import binary_cross_entropy, softplus

from .rbm import RBM, greedy


class Machine:
    """Its numbers are W, U, b, c, d of the text; at first b is right, were pixels on their own."""

    def __init__(self, x: Tensor, first: int, second: int):
        p = x.mean(0).clamp(0.002, 0.998)
        self.w, self.u = 0.05 * torch.randn(first, len(p)), 0.05 * torch.randn(second, first)
        self.b, self.c, self.d = (p / (1 - p)).log(), torch.zeros(first), torch.zeros(second)

    def mean_field(self, v: Tensor, steps: int) -> list[tuple[Tensor, Tensor]]:
        """μ¹ and μ² for images (n, pixels), after each step."""
        top = torch.full((len(v), len(self.d)), 0.5)
        below, found = v @ self.w.T + self.c, []
        for _ in range(steps):
            middle = (below + top @ self.u).sigmoid()
            top = (middle @ self.u.T + self.d).sigmoid()
            found.append((middle, top))
        return found

    def gibbs(self, v: Tensor, top: Tensor, steps: int = 1) -> tuple[Tensor, Tensor, Tensor]:
        """v, h¹ and h² after so many steps: h¹ given both its neighbours, then these given h¹."""
        for _ in range(steps):
            middle = torch.bernoulli((v @ self.w.T + self.c + top @ self.u).sigmoid())
            v = torch.bernoulli((middle @ self.w + self.b).sigmoid())
            top = torch.bernoulli((middle @ self.u.T + self.d).sigmoid())
        return v, middle, top

    def step(self, awake: Sequence[Tensor], asleep: Sequence[Tensor], rate: float) -> None:
        """Learn from (v, h¹, h²) with the images held, and from the machine's own."""
        for (v, middle, top), way in ((awake, rate / len(awake[0])), (asleep, -rate / len(asleep[0]))):
            self.w += way * middle.T @ v
            self.u += way * top.T @ middle
            self.b += way * v.sum(0)
            self.c += way * middle.sum(0)
            self.d += way * top.sum(0)

    def log_sums(self, below: Callable[[Tensor], Tensor]) -> Tensor:
        """ln Σ exp(−E) over h¹, what lies above it, and what ``below`` (…, 2ᵏ) says lies below."""
        h = torch.tensor(list(itertools.product((0.0, 1.0), repeat=len(self.c))))
        return (below(h) + h @ self.c + softplus(h @ self.u.T + self.d).sum(1)).logsumexp(-1)

    def log_p(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """ln p(v), with all states of h¹ added up, and the ln Z in it."""
        log_z = self.log_sums(lambda h: softplus(h @ self.w + self.b).sum(1))
        return v @ self.b + self.log_sums(lambda h: v @ self.w.T @ h.T) - log_z, log_z

    def bound(self, v: Tensor, middle: Tensor, top: Tensor, log_z: Tensor) -> Tensor:
        """The bound on ln p(v)."""
        minus_energy = (v @ self.b + (middle * (v @ self.w.T + self.c)).sum(1)
                        + (top * (middle @ self.u.T + self.d)).sum(1))
        entropy = sum(binary_cross_entropy(m, m, reduction="none").sum(1) for m in (middle, top))
        return minus_energy + entropy - log_z


class Lower(RBM):
    """Hears the images twice: the second time for the layer above, which is not there yet."""

    rate = 0.02

    def excitation(self, v: Tensor) -> Tensor:
        """2 W v + c."""
        return 2 * v @ self.weight.T + self.hidden


class Upper(RBM):
    """Speaks twice: the second time for the images, which are not there any more."""

    rate = 0.02

    def down(self, h: Tensor) -> Tensor:
        """σ(2 Wᵀ h + b)."""
        return (2 * h @ self.weight + self.visible).sigmoid()


def pretrained(x: Tensor, first: int, second: int, *, epochs: int) -> Machine:
    """Put together of two restricted machines that learned x (n, pixels) one after the other."""
    machine, stack = Machine(x, first, second), [Lower(x.shape[1], first), Upper(first, second)]
    greedy(stack, x, epochs=epochs)
    (machine.w, machine.b, machine.c), (machine.u, _, machine.d) = (
        [p.detach() for p in rbm.parameters()] for rbm in stack)
    return machine
