"""Autoencoders: a picture to a few numbers, the code, and back.

    h = f(x),    x̂ = σ(g(h)),    C = −Σ x ln x̂ + (1 − x) ln(1 − x̂), summed over pixels
"""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn
from tinygrad_pt.nn import functional as F


class Autoencoder(nn.Module):
    """Pictures to the scores of their pixels, by way of ``encoder(x)``; σ(score) is the pixel."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))

    @torch.no_grad()
    def restored(self, x: Tensor) -> Tensor:
        """x̂, in the shape of x."""
        return self(x).sigmoid().reshape(x.shape)


def dense(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers with ReLUs in between."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def surprise(scores: Tensor, x: Tensor) -> Tensor:
    """C of the pixels σ(scores), the mean over pictures."""
    return F.binary_cross_entropy_with_logits(scores.reshape(x.shape), x, reduction="sum") / len(x)


def squared_error(restored: Tensor, x: Tensor) -> float:
    """‖x̂ − x‖², the mean over pictures."""
    return (restored - x).square().sum().item() / len(x)


def principal(x: Tensor, new: Tensor, k: int) -> Tensor:
    """``new`` (n, pixels) from its first k principal components, those of x."""
    mean = x.mean(0)
    _, directions = torch.linalg.eigh((x - mean).T @ (x - mean))  # by growing variance
    directions = directions[:, -k:]
    return (new - mean) @ directions @ directions.T + mean
