"""Real handwritten digits, a small set that is always there, and MNIST; names and plays.

>>> from tinygrad_pt import data
>>> train_x, train_y, test_x, test_y = data.digits()
>>> train_x.shape, train_x.dtype, test_x.shape
((1438, 8, 8), dtype('uint8'), (359, 8, 8))
"""

from ..files import DataError
from .idx import mnist, read_idx
from .optical import digits
from .text import names, shakespeare

__all__ = ["DataError", "digits", "mnist", "names", "read_idx", "shakespeare"]
