"""Layers and losses, in PyTorch's names: `Module` and the pieces networks are made of."""

from . import functional, init
from .layers import (
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Linear,
    MSELoss,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
)
from .module import Module, Parameter

__all__ = ["Conv2d", "CrossEntropyLoss", "Flatten", "Linear", "MSELoss", "Module", "Parameter",
           "ReLU", "Sequential", "Sigmoid", "Tanh", "functional", "init"]
