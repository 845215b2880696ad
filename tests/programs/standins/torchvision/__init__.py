"""Stands in for torchvision: pictures drawn by NumPy, and what programs do to pictures."""

from . import datasets, models, transforms, utils  # noqa: F401

__version__ = "0"
