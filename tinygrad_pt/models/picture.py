"""From any picture of one digit to what the network was trained on."""

from __future__ import annotations

import os

import numpy as np

from ..files import DataError
from . import extra
from .digits import Task

NOISE = 0.2  # differences from the background below this share of the largest are no ink
INK = 0.3  # mean pixel of the embedded digits, 0 paper to 1 ink


def read(path: str | os.PathLike, task: Task) -> np.ndarray:
    """The digit in an image file as float32 of shape (side, side), 0 paper to 1 ink.

    Ink is what differs from the background, which is taken from the picture's border, so dark on
    light and light on dark are both read. The digit is then placed as the data set's were.

    Raises FileNotFoundError, or DataError if the file is no picture or shows nothing.
    """
    image_module = extra("PIL.Image")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with image_module.open(path) as file:
            picture = extra("PIL.ImageOps").exif_transpose(file).convert("RGBA")
    except (OSError, SyntaxError, ValueError, image_module.DecompressionBombError) as error:
        raise DataError(f"{path}: not a picture that can be read: {error}") from None
    picture.thumbnail((1024, 1024))
    paper = image_module.new("RGBA", picture.size, "white")
    grey = np.asarray(image_module.alpha_composite(paper, picture).convert("L"), np.float32)
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    difference = np.abs(grey - np.median(border))
    if difference.max() < 16:
        raise DataError(f"{path}: the picture is blank")
    difference /= difference.max()
    difference[difference < NOISE] = 0
    return {"digits": like_digits, "mnist": like_mnist}[task.name](cropped(difference))


def like_digits(digit: np.ndarray) -> np.ndarray:
    """A cropped digit (h, w) as in the embedded set (8, 8): upright, filling it, bold."""
    digit = cropped(upright(digit))
    h, w = digit.shape
    side = max(h, w)
    square = np.zeros((side, side), np.float32)
    square[(side - h) // 2:, (side - w) // 2:][:h, :w] = digit
    image = resized(square, 8, 8)
    image /= image.max()
    for _ in range(8):  # a thin pen becomes as bold as the set's, none blacker than black
        image = np.minimum(image * max(1, INK / image.mean()), 1)
    return image


def like_mnist(digit: np.ndarray) -> np.ndarray:
    """A cropped digit (h, w) as in MNIST (28, 28): in 20 pixels, round its centre of mass."""
    scale = 20 / max(digit.shape)
    small = resized(digit, *(max(1, round(n * scale)) for n in digit.shape))
    place = [int(np.clip(round(13.5 - centre), 0, 28 - n))
             for centre, n in zip(centre_of_mass(small), small.shape, strict=True)]
    image = np.zeros((28, 28), np.float32)
    image[place[0]:, place[1]:][:small.shape[0], :small.shape[1]] = small
    return image / image.max()


def cropped(image: np.ndarray) -> np.ndarray:
    """The part of an image that has ink."""
    rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return image[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    """Row and column of the centre of the ink."""
    y, x = (np.arange(n) for n in image.shape)
    return image.sum(1) @ y / image.sum(), image.sum(0) @ x / image.sum()


def upright(digit: np.ndarray) -> np.ndarray:
    """The digit with its slant (of columns on rows, by least squares) taken out."""
    h, w = digit.shape
    row, column = centre_of_mass(digit)
    y, x = np.arange(h) - row, np.arange(w) - column
    slant = (y @ digit @ x) / max(digit.sum(1) @ y**2, 1e-9)
    room = int(abs(slant) * h) + 1
    image_module = extra("PIL.Image")
    wide = image_module.fromarray(np.pad(digit, ((0, 0), (room, room))))
    # Pixel (x, y) of the result is pixel (x + slant·(y − row), y) of the digit.
    turned = np.asarray(wide.transform(wide.size, image_module.Transform.AFFINE,
                                       (1, slant, -slant * row, 0, 1, 0),
                                       image_module.Resampling.BILINEAR))
    return np.where(turned < NOISE, 0, turned)


def resized(image: np.ndarray, h: int, w: int) -> np.ndarray:
    """The image with (h, w) pixels, each the mean of the area it covers."""
    image_module = extra("PIL.Image")
    return np.array(image_module.fromarray(image.astype(np.float32)).resize(
        (w, h), image_module.Resampling.BOX))
