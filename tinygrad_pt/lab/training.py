"""Gradient descent, once for all programs, and what is measured after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn, optim

from .results import track


def fit(net: Callable[[Tensor], Tensor], loss: Callable[[Tensor, Tensor], Tensor], x: Tensor,
        y: Tensor, optimizer: optim.Optimizer, *, epochs: int, batch: int | None = None,
        what: str = "epochs") -> Iterator[float]:
    """Train on batches drawn at random, all examples once an epoch; yields each epoch's mean loss.

        w ← w − η ∂/∂w (mean over the batch of loss(net(x), y))

    It is the body of a ``for``, which may look at the net after each epoch, and may stop.
    """
    for _ in track(range(epochs), what):
        total = 0.0
        for some in torch.randperm(len(x)).split(batch or len(x)):
            error = loss(net(x[some]), y[some])
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            total += error.item() * len(some)
        yield total / len(x)


def descend(loss: Callable[[], Tensor], optimizer: optim.Optimizer, *, steps: int,
            what: str = "steps") -> Iterator[float]:
    """Steps down a loss that is drawn anew at each; yields it. Its learning rate rises and falls.

    From a 25th of the optimizer's to all of it, and then to nothing (Smith's one cycle).
    """
    rate = optimizer.param_groups[0]["lr"]
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    for _ in track(range(steps), what):
        error = loss()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        schedule.step()
        yield error.item()


def accuracy(net: nn.Module, x: Tensor, labels: Tensor) -> float:
    """The percentage of examples whose largest score is their label's; the net is in eval mode."""
    training = net.training
    net.eval()
    with torch.no_grad():
        right = sum((net(some).argmax(1) == y).sum().item()
                    for some, y in zip(x.split(1000), labels.split(1000), strict=True))
    net.train(training)
    return 100 * right / len(x)


def frechet(a: Tensor, b: Tensor) -> float:
    """How far apart two sets (n, features) are: Fréchet's d² of the Gaussians that fit them.

        d² = |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½)

    C₁ C₂ has the eigenvalues of √C₁ C₂ √C₁, which is symmetric. (D. Dowson & B. Landau, 1982.)
    """
    a, b = a.double(), b.double()
    c, d = a.T.cov(), b.T.cov()
    values, vectors = torch.linalg.eigh(c)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    middle = torch.linalg.eigvalsh(root @ d @ root).clamp(min=0).sqrt().sum()
    return ((a.mean(0) - b.mean(0)).square().sum() + c.trace() + d.trace() - 2 * middle).item()
