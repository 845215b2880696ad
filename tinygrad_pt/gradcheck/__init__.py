"""Gradient checking: is the derivative that was programmed the derivative of the function?

    report = check(f, x, w)          # f of Tensors: ours, or those of PyTorch, JAX, autograd
    report = check(f, x, vjp=g)      # f of arrays, g(v, x) its derivative
    print(report)                    # a verdict: "pass", "fail" or "inconclusive", and a lesson

Read it in this order:

=============  =====================================================================================
differences    the slope of a function from its values, with an honest estimate of the error
lines          a function of many numbers along a line, compared with what its gradient says
compare        the verdict on one derivative: smooth, at a kink, beside one, rounded inside
structure      what needs no differences: linear, repeatable, of the right form, J against Jᵀ
checking       `check`: all of it, and the search for the element that is wrong
frameworks     functions of other libraries' tensors as functions of arrays
pytorch        `gradcheck` and `gradgradcheck`, by PyTorch's signatures
properties     inputs drawn by Hypothesis: `@check_gradients(x=arrays())`
report         what was found, in words and drawn
=============  =====================================================================================

It needs NumPy alone; Hypothesis is imported by what draws inputs.
"""

from importlib import import_module
from typing import Any

from .checking import check
from .differences import Slope, derivative
from .frameworks import Differentiable, for_autograd, for_jax, for_tinygrad_pt, for_torch
from .pytorch import GradcheckError, gradcheck, gradgradcheck
from .report import Report

_DRAWN = ("GradientError", "arrays", "broadcastable", "check_gradients", "directions", "tensors",
          "values")  # these need Hypothesis

__all__ = ["Differentiable", "GradcheckError", "Report", "Slope", "check", "derivative",
           "for_autograd", "for_jax", "for_tinygrad_pt", "for_torch", "gradcheck", "gradgradcheck"]


def __getattr__(name: str) -> Any:
    """What draws inputs, imported when it is first asked for."""
    if name in _DRAWN:
        return getattr(import_module(".properties", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_DRAWN])
