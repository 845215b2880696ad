"""Initial values of parameters, drawn in PyTorch's order from its random streams.

All functions fill a tensor in place, outside of the graph, and return it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial, wraps
from math import ceil, erf, prod, sqrt
from typing import Any

from .. import linalg
from ..functions import no_grad
from ..functions.creation import empty, empty_like
from ..functions.creation import eye as identity
from ..functions.elementwise import sign, where
from ..functions.sampling import randperm
from ..places import lookup
from ..random import Generator
from ..tensors import ShapeError, Tensor

# ── numbers ─────────────────────────────────────────────────────────────────────────────────────

@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0,
             generator: Generator | None = None) -> Tensor:
    """Uniform numbers of [a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0,
            generator: Generator | None = None) -> Tensor:
    """Normal numbers."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
                  generator: Generator | None = None) -> Tensor:
    """Normal numbers within [a, b], by rejection (von Neumann, 1951).

    Where more than 0.3 of all normal numbers lie inside, those that do not are drawn again; elsewhere
    uniform ones are, until another uniform number is below their density, 1 at its peak.
    """
    below = [erf((bound - mean) / std / sqrt(2)) / 2 for bound in (a, b)]
    peak = ((max(a, min(mean, b)) - mean) / std) ** 2 / 2

    def candidates():
        y = empty_like(tensor)
        if below[1] - below[0] > 0.3:
            y.normal_(mean, std, generator=generator)
            return y, (y < tensor.dtype.type(a)) | (y > tensor.dtype.type(b))
        y.uniform_(a, b, generator=generator)
        u = empty_like(tensor).uniform_(generator=generator)
        return y, u.log() > peak - ((y - mean) / std) ** 2 / 2

    y, rejected = candidates()
    while rejected.any():
        new, refused = candidates()
        y, rejected = where(rejected, new, y), rejected & refused
    return tensor.copy_(y)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same number everywhere."""
    return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


# ── matrices ────────────────────────────────────────────────────────────────────────────────────

@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """The identity, of a matrix: a linear layer that keeps as many inputs as it can."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: wants 2 dimensions, got shape {tensor.shape}")
    return tensor.copy_(identity(*tensor.shape))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """The identity, of filters (O, C, …): in each group filter i has a 1 at the centre of channel i."""
    if tensor.ndim not in (3, 4, 5) or tensor.shape[0] % groups:
        raise ShapeError(f"dirac_: wants filters of 3 to 5 dimensions in {groups} groups, got shape "
                         f"{tensor.shape}")
    zeros_(tensor)
    many, centre = tensor.shape[0] // groups, tuple(n // 2 for n in tensor.shape[2:])
    for i in range(min(many, tensor.shape[1])):
        for g in range(groups):
            tensor[(g * many + i, i, *centre)] = 1
    return tensor


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Orthonormal rows or columns, times a gain (Saxe et al., 2014): Q of a normal matrix's QR.

    The signs are those that make the diagonal of R positive: so Q is distributed evenly.
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: wants at least 2 dimensions, got shape {tensor.shape}")
    if not prod(tensor.shape):
        return tensor
    a = normal_(empty(tensor.shape[0], prod(tensor.shape[1:]), dtype=tensor.dtype), generator=generator)
    wide = a.shape[0] < a.shape[1]
    q, r = linalg.qr(a.T if wide else a)
    q = q * sign(r.diagonal())
    return tensor.copy_((q.T if wide else q).reshape(tensor.shape) * gain)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01,
            generator: Generator | None = None) -> Tensor:
    """A normal matrix with this part of each column set to 0 (Martens, 2010)."""
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_: wants 2 dimensions, got shape {tensor.shape}")
    normal_(tensor, 0, std, generator)
    rows, columns = tensor.shape
    for j in range(columns):
        tensor[randperm(rows)[:ceil(sparsity * rows)], j] = 0
    return tensor


# ── by the size of a layer ──────────────────────────────────────────────────────────────────────

_GAINS = {"linear": 1.0, "identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4,
          **{f"conv{transpose}{n}d": 1.0 for transpose in ("", "_transpose") for n in (1, 2, 3)}}


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """By how much weights are to be larger for what follows them to keep the variance.

    For "leaky_relu" with slope ``param`` (0.01) √(2/(1 + slope²)).
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"calculate_gain: the slope is a number, got {param!r}")
        return sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: wants one of {', '.join((*_GAINS, 'leaky_relu'))}, got "
                         f"{nonlinearity!r}")
    return _GAINS[nonlinearity]


def fans(weight: Tensor) -> tuple[int, int]:
    """How many inputs an output of a linear or convolution layer sees, and the reverse."""
    if weight.ndim < 2:
        raise ShapeError(f"fan in and fan out: want at least 2 dimensions, got shape {weight.shape}")
    window = prod(weight.shape[2:])
    return weight.shape[1] * window, weight.shape[0] * window


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Of variance gain²·2/(fan_in + fan_out) (Glorot & Bengio, 2010)."""
    bound = sqrt(3.0) * (gain * sqrt(2.0 / sum(fans(tensor))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """As `xavier_uniform_`, normal."""
    return normal_(tensor, 0.0, gain * sqrt(2.0 / sum(fans(tensor))), generator)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                     nonlinearity: str = "leaky_relu", generator: Generator | None = None) -> Tensor:
    """Of variance gain²/fan (He et al., 2015), gain by what follows: `calculate_gain`."""
    if 0 in tensor.shape:
        return tensor
    bound = sqrt(3.0) * _he(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in",
                    nonlinearity: str = "leaky_relu", generator: Generator | None = None) -> Tensor:
    """As `kaiming_uniform_`, normal."""
    if 0 in tensor.shape:
        return tensor
    return normal_(tensor, 0.0, _he(tensor, a, mode, nonlinearity), generator)


def _he(x: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"kaiming: mode is 'fan_in' or 'fan_out', got {mode!r}")
    return calculate_gain(nonlinearity, a) / sqrt(fans(x)[mode == "fan_out"])


def default_(weight: Tensor, bias: Tensor | None) -> None:
    """What PyTorch's Linear and Conv layers start with: all of U(−1/√fan_in, 1/√fan_in)."""
    kaiming_uniform_(weight, sqrt(5))
    if bias is not None:
        fan_in, _ = fans(weight)
        bound = 1 / sqrt(fan_in) if fan_in else 0.0
        uniform_(bias, -bound, bound)


def _deprecated(f: Callable) -> Callable:
    """f under its name of before PyTorch 0.4, without what says that it works in place."""
    @wraps(f)
    def old(*args: Any, **kw: Any) -> Tensor:
        warnings.warn(f"nn.init.{f.__name__[:-1]} is deprecated, use nn.init.{f.__name__}",
                      FutureWarning, stacklevel=2)
        return f(*args, **kw)
    return old


for _f in (uniform_, normal_, constant_, eye_, dirac_, xavier_uniform_, xavier_normal_,
           kaiming_uniform_, kaiming_normal_, orthogonal_, sparse_):
    globals()[_f.__name__[:-1]] = _deprecated(_f)
__getattr__ = partial(lookup, __name__)
