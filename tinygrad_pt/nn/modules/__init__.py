"""The layers, by theme, in files of PyTorch's names or nearly so."""

from .activation import *
