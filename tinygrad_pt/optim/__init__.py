"""Optimizers, in PyTorch's names: each changes parameters in place by their gradients.

A class says its formula and the paper it is from; what all share, `Optimizer` does.
"""

from functools import partial

from ..places import lookup
from . import lr_scheduler
from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .adaptive import Adadelta, Adagrad, RMSprop, Rprop
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .sgd import ASGD, SGD

__all__ = ["ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam",
           "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler"]

__getattr__ = partial(lookup, __name__)
