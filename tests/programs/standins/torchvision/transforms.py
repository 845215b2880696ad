"""Transforms of pictures, the few that programs use."""

import random
from enum import Enum

import numpy as np
import torch
from PIL import Image


class InterpolationMode(Enum):
    NEAREST, BILINEAR, BICUBIC = range(3)


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, x):
        for t in self.transforms:
            x = t(x)
        return x


class Lambda:
    def __init__(self, f):
        self.f = f

    def __call__(self, x):
        return self.f(x)


class ToTensor:
    def __call__(self, picture):
        a = np.array(picture)
        a = a[None] if a.ndim == 2 else a.transpose(2, 0, 1)
        x = torch.from_numpy(np.ascontiguousarray(a))
        return x.float().div(255) if a.dtype == np.uint8 else x


PILToTensor = ToTensor


class ToPILImage:
    def __init__(self, mode=None):
        pass

    def __call__(self, x):
        a = x.mul(255).byte().numpy() if isinstance(x, torch.Tensor) else np.asarray(x)
        return Image.fromarray(a[0] if a.shape[0] == 1 else a.transpose(1, 2, 0))


class Normalize:
    def __init__(self, mean, std, inplace=False):
        self.mean, self.std = mean, std

    def __call__(self, x):
        mean = torch.tensor(self.mean, dtype=x.dtype).view(-1, 1, 1)
        return (x - mean) / torch.tensor(self.std, dtype=x.dtype).view(-1, 1, 1)


class Resize:
    def __init__(self, size, interpolation=None, **_):
        self.size = size

    def __call__(self, picture):
        w, h = picture.size
        n = self.size
        if isinstance(n, int):
            n = (n, round(n * w / h)) if h <= w else (round(n * h / w), n)
        return picture.resize((n[1], n[0]), Image.BILINEAR)


def _pair(n):
    return (n, n) if isinstance(n, int) else n


class CenterCrop:
    def __init__(self, size):
        self.size = _pair(size)

    def __call__(self, picture):
        (w, h), (m, n) = picture.size, self.size
        left, top = (w - n) // 2, (h - m) // 2
        return picture.crop((left, top, left + n, top + m))


class Pad:
    def __init__(self, padding, **_):
        self.padding = padding

    def __call__(self, picture):
        w, h = picture.size
        p = self.padding
        return picture.crop((-p, -p, w + p, h + p))


class RandomCrop:
    def __init__(self, size, padding=0, **_):
        self.size, self.padding = _pair(size), padding or 0

    def __call__(self, picture):
        (w, h), (m, n), p = picture.size, self.size, self.padding
        left, top = random.randint(-p, w + p - n), random.randint(-p, h + p - m)
        return picture.crop((left, top, left + n, top + m))


class RandomResizedCrop(Resize):
    def __init__(self, size, **_):
        super().__init__(_pair(size))


class RandomHorizontalFlip:
    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, picture):
        return picture.transpose(Image.FLIP_LEFT_RIGHT) if random.random() < self.p else picture


class Grayscale:
    def __init__(self, num_output_channels=1):
        self.n = num_output_channels

    def __call__(self, picture):
        return picture.convert("L" if self.n == 1 else "RGB")


class ColorJitter(Compose):
    def __init__(self, *_, **__):
        super().__init__([])


RandomRotation = RandomAffine = RandomErasing = ColorJitter
