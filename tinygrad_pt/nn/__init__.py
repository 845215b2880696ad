"""Layers and losses, in PyTorch's names: `Module` and the pieces networks are made of."""

from functools import partial

from ..places import lookup
from . import criteria, functional, init, modules, parallel, recurrent, transformer, utils
from .criteria import *  # noqa: F403
from .module import Module
from .modules import *  # noqa: F403
from .parallel import DataParallel
from .parameter import Buffer, Parameter, UninitializedParameter
from .recurrent import *  # noqa: F403
from .transformer import *  # noqa: F403

__all__ = ["Buffer", "DataParallel", "Module", "Parameter", "UninitializedParameter", "functional",
           "init", "parallel", "utils", *criteria.__all__, *modules.__all__, *recurrent.__all__,
           *transformer.__all__]

modules.activation.MultiheadAttention = transformer.MultiheadAttention  # where PyTorch has it
__getattr__ = partial(lookup, __name__)
