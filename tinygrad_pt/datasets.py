"""Datasets for `utils.data.DataLoader`: digits, MNIST, folders of images, text.

>>> from tinygrad_pt import datasets
>>> image, label = datasets.Digits()[0]
>>> tuple(image.shape), label
((1, 8, 8), 0)

A ``transform`` is any function of an image; some are here: `ToTensor`, `Normalize`, `Resize`,
`CenterCrop`, `RandomCrop`, `Grayscale`, `RandomHorizontalFlip`, and `Compose`, one after the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from . import data
from .data.idx import FILES
from .functions import rand, randint, tensor
from .models import extra
from .nn.functional import pad
from .tensors import Tensor, wrap
from .utils.data import Dataset

# ── transforms: pictures are Pillow's or uint8 arrays (H, W[, C]); tensors are (C, H, W) ────────


class Compose:
    """Transforms one after the other."""

    def __init__(self, transforms: Sequence[Callable]):
        self.transforms = transforms

    def __call__(self, image: Any) -> Any:
        for f in self.transforms:
            image = f(image)
        return image

    def __repr__(self) -> str:
        return f"Compose({', '.join(map(repr, self.transforms))})"


class ToTensor:
    """A picture, values 0 … 255, as a float32 tensor (C, H, W), 0 … 1."""

    def __call__(self, image: Any) -> Tensor:
        a = np.asarray(image)
        a = a[None] if a.ndim == 2 else a.transpose(2, 0, 1)
        return wrap(a / np.float32(255) if a.dtype == np.uint8 else np.array(a, np.float32))


class Normalize:
    """(x − mean) / std, channel by channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]):
        self.mean, self.std = mean, std

    def __call__(self, x: Tensor) -> Tensor:
        mean, std = (tensor(v, dtype=x.dtype).reshape(-1, 1, 1) for v in (self.mean, self.std))
        return (x - mean) / std


class Resize:
    """A Pillow image in size (height, width); of one number, that is the shorter side."""

    def __init__(self, size: int | Sequence[int]):
        self.size = size

    def __call__(self, image: Any) -> Any:
        w, h = image.size
        if isinstance(self.size, int):
            shorter = min(w, h)
            h, w = (self.size * side // shorter for side in (h, w))
        else:
            h, w = self.size
        return image.resize((w, h), extra("PIL.Image").BILINEAR)


class CenterCrop:
    """The middle of a Pillow image, (height, width) or a square."""

    def __init__(self, size: int | Sequence[int]):
        self.size = (size, size) if isinstance(size, int) else tuple(size)

    def __call__(self, image: Any) -> Any:
        (w, h), (height, width) = image.size, self.size
        left, top = round((w - width) / 2), round((h - height) / 2)
        return image.crop((left, top, left + width, top + height))


class RandomCrop:
    """A piece, (height, width) or a square, of a tensor (…, H, W) framed by ``padding`` zeros."""

    def __init__(self, size: int | Sequence[int], padding: int = 0):
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        self.padding = padding

    def __call__(self, x: Tensor) -> Tensor:
        x = pad(x, [self.padding] * 4)
        if any(size < wanted for size, wanted in zip(x.shape[-2:], self.size, strict=True)):
            raise ValueError(f"RandomCrop: wants {self.size} of a picture of {tuple(x.shape[-2:])}")
        (top, h), (left, w) = ((randint(0, size - wanted + 1, ()).item(), wanted)
                               for size, wanted in zip(x.shape[-2:], self.size, strict=True))
        return x[..., top:top + h, left:left + w]


class Grayscale:
    """A Pillow image without colours."""

    def __call__(self, image: Any) -> Any:
        return image.convert("L")


class RandomHorizontalFlip:
    """A tensor (…, W), or a Pillow image, mirrored with probability p."""

    def __init__(self, p: float = 0.5):
        self.p = p

    def __call__(self, x: Any) -> Any:
        if rand(1).item() >= self.p:
            return x
        return x.flip(-1) if isinstance(x, Tensor) else x.transpose(
            extra("PIL.Image").Transpose.FLIP_LEFT_RIGHT)


# ── datasets ────────────────────────────────────────────────────────────────────────────────────


class Pictures(Dataset):
    """Pictures with labels: ``data``, uint8 (N, H, W), and ``targets``, int64 (N).

    A sample is (transform(picture), target_transform(label)); the picture is an array (H, W).
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, transform: Callable | None = None,
                 target_transform: Callable | None = None):
        self.data, self.targets = wrap(images), wrap(labels)
        self.transform, self.target_transform = transform or ToTensor(), target_transform

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        label = self.targets.array[index].item()
        return (self.transform(self.data.array[index]),
                label if self.target_transform is None else self.target_transform(label))

    def __len__(self) -> int:
        return len(self.data.array)


class Digits(Pictures):
    """The 1,797 digits of `data.digits`, 8×8, which are part of the package; ink is 0 … 1."""

    def __init__(self, train: bool = True, transform: Callable | None = None,
                 target_transform: Callable | None = None):
        arrays = data.digits()
        images, labels = arrays[:2] if train else arrays[2:]
        super().__init__((images * (255 / 16)).round().astype(np.uint8), labels, transform,
                         target_transform)


class MNIST(Pictures):
    """The 70,000 digits of MNIST, 28×28.

    Without ``root`` they are looked for, and if need be downloaded, as `data.mnist` says; with one
    they are read from there, or its folder MNIST/raw, and checked. OSError if they are not there.
    """

    classes: tuple[str, ...] = tuple(f"{i} - {name}" for i, name in enumerate(
        "zero one two three four five six seven eight nine".split()))
    _digests: Mapping[str, str | None] = MappingProxyType(FILES)

    def __init__(self, root: str | os.PathLike | None = None, train: bool = True,
                 transform: Callable | None = None, target_transform: Callable | None = None,
                 download: bool = False):
        if root is None:
            arrays = data.mnist()
            images, labels = arrays[:2] if train else arrays[2:]
        else:
            images, labels = (data.read_idx(self._find(Path(root), name), md5)
                              for name, md5 in self._digests.items()
                              if name.startswith("train" if train else "t10k"))
        super().__init__(images, labels.astype(np.int64), transform, target_transform)

    @classmethod
    def _find(cls, root: Path, name: str) -> Path:
        for folder in (root, root / cls.__name__ / "raw", root / cls.__name__.lower()):
            for path in (folder / name, folder / f"{name}.gz"):
                if path.is_file():
                    return path
        raise OSError(f"{cls.__name__}: there is no {name}, nor {name}.gz, in {root}")


class FashionMNIST(MNIST):
    """The 70,000 clothes of Fashion-MNIST (Xiao, Rasul & Vollgraf, 2017) in a folder ``root``."""

    classes = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
               "Bag", "Ankle boot")
    _digests = MappingProxyType(dict.fromkeys(FILES))

    def __init__(self, root: str | os.PathLike, train: bool = True, transform: Callable | None = None,
                 target_transform: Callable | None = None, download: bool = False):
        super().__init__(root, train, transform, target_transform)


class ImageFolder(Dataset):
    """Images in a folder for each class: ``root/cat/1.png``, ``root/dog/2.jpg``; needs Pillow.

    ``classes`` are the folders' names in order, ``samples`` pairs (path, class); an image is RGB, and
    by default a tensor (3, H, W). FileNotFoundError if there is none.
    """

    SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".webp", ".tif", ".tiff")

    def __init__(self, root: str | os.PathLike, transform: Callable | None = None,
                 target_transform: Callable | None = None, loader: Callable | None = None):
        self.root = Path(root)
        self.classes = sorted(p.name for p in self.root.iterdir() if p.is_dir())
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}
        self.samples = [(str(path), i) for name, i in self.class_to_idx.items()
                        for path in sorted((self.root / name).rglob("*"))
                        if path.suffix.lower() in self.SUFFIXES]
        if not self.samples:
            raise FileNotFoundError(f"ImageFolder: no images in folders of {self.root}")
        self.targets = [i for _, i in self.samples]
        self.transform, self.target_transform = transform or ToTensor(), target_transform
        self.loader = loader or _picture

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, label = self.samples[index]
        return (self.transform(self.loader(path)),
                label if self.target_transform is None else self.target_transform(label))

    def __len__(self) -> int:
        return len(self.samples)


def _picture(path: str) -> Any:
    with extra("PIL.Image").open(path) as image:
        return image.convert("RGB")


class Characters(Dataset):
    """Text as numbers: a sample is ``length`` characters, and the ``length`` that follow each, int64.

    ``chars`` are the different characters in order; `encode` and `decode` go between text and lists
    of numbers.
    """

    def __init__(self, text: str, length: int):
        if len(text) <= length:
            raise ValueError(f"Characters: wants more than {length} characters, got {len(text)}")
        self.chars = sorted(set(text))
        self.length, self._number = length, {c: i for i, c in enumerate(self.chars)}
        self.data = tensor(self.encode(text))

    def encode(self, text: str) -> list[int]:
        """The numbers of characters. KeyError for one that the text did not have."""
        return [self._number[c] for c in text]

    def decode(self, numbers: Any) -> str:
        """The text of numbers, a list or Tensor."""
        return "".join(self.chars[i] for i in numbers)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"Characters: index {index} is out of range for {len(self)} samples")
        index %= len(self)
        return (self.data[index:index + self.length], self.data[index + 1:index + 1 + self.length])

    def __len__(self) -> int:
        return len(self.data) - self.length
