"""Layers and losses, in PyTorch's names: `Module` and the pieces networks are made of."""

from . import criteria, functional, init, modules, utils
from .criteria import *  # noqa: F403
from .module import Module
from .modules import *  # noqa: F403
from .parameter import Buffer, Parameter, UninitializedParameter

__all__ = ["Buffer", "Module", "Parameter", "UninitializedParameter", "functional", "init", "utils",
           *criteria.__all__, *modules.__all__]
