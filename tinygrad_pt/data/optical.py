"""The optical digits of the UCI repository, embedded in the package (45 KB; see digits.txt)."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """1,797 real handwritten digits: ``(train_x, train_y, test_x, test_y)``.

    Images: uint8, shape (1438, 8, 8) and (359, 8, 8). A pixel counts the inked points, 0 to 16, in
    a 4x4 block of a 32x32 scan. Labels: int64, 0 to 9. The test set is a fixed fifth of the images
    of each digit.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository, 1998, doi:10.24432/C50P49, CC BY 4.0.
    """
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    held_out = np.zeros(len(labels), bool)
    for digit in range(10):
        held_out[np.flatnonzero(labels == digit)[2::5]] = True
    return images[~held_out], labels[~held_out], images[held_out], labels[held_out]
