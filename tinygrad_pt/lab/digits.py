"""Handwritten digits in three parts: to learn from, to choose by, and to be tested on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tinygrad_pt import Tensor, data, from_numpy


class Digits(NamedTuple):
    """Pairs of images (n, side, side), 0 paper to 1 ink, and labels (n,)."""

    train: tuple[Tensor, Tensor]
    validation: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]


def digits(quick: bool) -> Digits:
    """MNIST, 50,000 + 10,000 + 10,000 of 28×28; quick: the embedded 1,198 + 240 + 359 of 8×8."""
    *train, test_x, test_y = data.digits() if quick else data.mnist()
    peak, kept = np.float32(16 if quick else 255), len(train[0]) * 5 // 6

    def part(x, y):
        return from_numpy(x / peak), from_numpy(y)

    return Digits(part(*(a[:kept] for a in train)), part(*(a[kept:] for a in train)),
                  part(test_x, test_y))
