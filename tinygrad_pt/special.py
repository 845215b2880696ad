"""PyTorch's ``special``: functions that have a name in mathematics, by those names."""

from __future__ import annotations

from functools import partial
from math import sqrt
from typing import Any

from .functions import (
    digamma,
    erf,
    erfc,
    erfinv,
    exp2,
    expm1,
    lgamma,
    log1p,
    log_softmax,
    logit,
    logsumexp,
    mvlgamma,
    ndtr,
    polygamma,
    round,
    sigmoid,
    sinc,
    softmax,
    xlogy,
)
from .functions.common import speak
from .functions.elementwise import inf, where
from .places import lookup
from .tensors import Tensor

__all__ = ["digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammaln", "log1p",
           "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr",
           "ndtri", "polygamma", "psi", "round", "sinc", "softmax", "xlog1py",
           "xlogy"]

expit, gammaln, psi, multigammaln = sigmoid, lgamma, digamma, mvlgamma


def entr(x: Tensor) -> Tensor:
    """−x log x, 0 at 0 and −∞ below: a term of an entropy."""
    return where(x < 0, -inf, -xlogy(x, x))


def xlog1py(x: Any, other: Any) -> Tensor:
    """x log(1 + y), and 0 where x is 0."""
    return where(x == 0, 0.0, x * log1p(other))


def ndtri(x: Tensor) -> Tensor:
    """The inverse of `ndtr`."""
    return sqrt(2) * erfinv(2 * x - 1)


__getattr__ = partial(lookup, __name__)
speak(globals(), __name__, prefix="special.")
