"""Forgers, noise (n, noise) to images (n, side, side) of 0 … 1, and detectives, images to a score.

Forgers normalise their batches, or they soon draw few digits over and over. A detective must not win
outright: the dense one is smaller than its forger and forgets some of what it sees, the convolutional
one normalises batches too, but for those of its first layer (Radford, Metz & Chintala, 2016).
"""

from __future__ import annotations

from tinygrad_pt import nn


def dense(side: int, noise: int, width: int) -> tuple[nn.Sequential, nn.Sequential]:
    """A forger and a detective whose layers connect all with all."""
    pixels = side * side
    forger = nn.Sequential(
        nn.Linear(noise, width), nn.BatchNorm1d(width), nn.ReLU(),
        nn.Linear(width, 2 * width), nn.BatchNorm1d(2 * width), nn.ReLU(),
        nn.Linear(2 * width, pixels), nn.Sigmoid(), nn.Unflatten(1, (side, side)))
    detective = nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, width), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(width, width // 2), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Linear(width // 2, 1), nn.Flatten(0))
    return forger, detective


def convolutional(side: int, noise: int, width: int) -> tuple[nn.Sequential, nn.Sequential]:
    """Of maps: from a quarter of the side to a half to all by transposed convolutions, and back."""
    small = side // 4
    forger = nn.Sequential(
        nn.Linear(noise, 2 * width * small ** 2), nn.Unflatten(1, (2 * width, small, small)),
        nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Sigmoid(), nn.Flatten(1, 2))
    detective = nn.Sequential(
        nn.Unflatten(1, (1, side)), nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(2 * width * small ** 2, 1), nn.Flatten(0))
    return forger, detective
