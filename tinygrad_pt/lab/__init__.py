"""What the programs of `tinygrad_pt.systems` share: results, training, data, pictures.

>>> from tinygrad_pt import lab
>>> r = lab.Result(errors=[3, 1, 0])
>>> r.row("errors at the end", r.errors[-1], course=0)
"""

from .digits import Digits, digits
from .palette import BLUE, GREEN, INK, ORANGE, PURPLE, RED, SKY, YELLOW
from .pictures import colours, curves, field, figure, images
from .results import Result, Row, track
from .training import accuracy, descend, fit, frechet

__all__ = ["BLUE", "GREEN", "INK", "ORANGE", "PURPLE", "RED", "SKY", "YELLOW", "Digits", "Result",
           "Row", "accuracy", "colours", "curves", "descend", "digits", "field", "figure", "fit",
           "frechet", "images", "track"]
