"""Layers and losses, in PyTorch's names: `Module` and the pieces networks are made of."""

from . import criteria, functional, init
from .criteria import *  # noqa: F403
from .layers import (
    Conv2d,
    Flatten,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from .module import Module, Parameter

__all__ = ["Conv2d", "Flatten", "Linear", "Module", "Parameter",
           "ReLU", "Sequential", "Sigmoid", "Tanh", "functional", "init", *criteria.__all__]
