"""Element by element: the pointwise rows of the table as functions, and what is composed of them."""

from __future__ import annotations

from math import pi
from types import SimpleNamespace
from typing import Any

from .. import dtypes
from ..ops import Op, Pointwise, follow
from ..tensors import ShapeError, Tensor, as_dtype, function_of, weight
from .common import TAKEN
from .comparisons import isnan
from .conversion import clone

inf, nan = float("inf"), float("nan")
LN2 = 0.6931471805599453

# ── the rows ────────────────────────────────────────────────────────────────────────────────────

rows = SimpleNamespace()  # their functions, of which some get more arguments below
_KEYWORDS = {"where": ("condition", "input", "other"), "pow": ("input", "exponent")}
ALIASES = {"abs": "absolute", "neg": "negative", "mul": "multiply", "trunc": "fix", "sign": "sgn",
           "asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2",
           "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}  # PyTorch's other names


def _of_values(op, operands):
    from .. import value
    if any(isinstance(x, value.Value) for x in operands):
        return getattr(value.Value, op.name)(*operands)
    kinds = ", ".join(type(x).__name__ for x in operands)
    raise TypeError(f"{op.name}: wants a Tensor or a Value, got {kinds}")


def _add(op: Op) -> None:
    """A pointwise row's function, here and as a method of `Tensor`."""
    if not isinstance(op, Pointwise) or op.name == "chain":
        return
    if op.name in TAKEN:
        raise ValueError(f"{op.name}: Tensor has an attribute of this name that is no operation")
    f = function_of(op, _KEYWORDS.get(op.name, ("input", "other")), _of_values)
    setattr(rows, op.name, f)
    for name in (op.name, ALIASES.get(op.name, op.name)):
        globals()[name] = f
        setattr(Tensor, name, f)


follow(_add)


# ── arithmetic with options ─────────────────────────────────────────────────────────────────────

def add(x: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """x + α·other."""
    return rows.add(x, _scaled("add", x, other, alpha))


def sub(x: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """x − α·other."""
    return rows.sub(x, _scaled("sub", x, other, alpha))


def rsub(x: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """other − α·x."""
    return rows.sub(other, _scaled("rsub", other, x, alpha))


def _scaled(name, x, other, alpha):
    """α·other, of the dtype of the sum. RuntimeError for an α that integers cannot hold."""
    if alpha == 1:
        return other
    if isinstance(alpha, float) and not _floating(x, other):
        raise RuntimeError(f"{name}: integers want an integer alpha, got {alpha}")
    if not isinstance(other, Tensor):
        return other * alpha
    dtype = dtypes.result_type(weight(x), weight(other))
    return as_dtype(as_dtype(other, dtype) * alpha, dtype)


def _floating(*xs):
    return any(x.dtype.kind == "f" if isinstance(x, Tensor) else isinstance(x, float) for x in xs)


def div(x: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """x / other, rounded to a whole number downwards ("floor"), towards 0 ("trunc") or not at all.

    Integers give floats, unless they are rounded. RuntimeError for another rounding_mode.
    """
    if rounding_mode is None:
        return rows.div(x, other)
    if rounding_mode == "floor":
        return floor_divide(x, other)
    if rounding_mode != "trunc":
        raise RuntimeError(f"div: rounding_mode is None, 'floor' or 'trunc', got {rounding_mode!r}")
    if _floating(x, other):
        return trunc(rows.div(x, other))
    return floor_divide(x - fmod(x, other), other)


def true_divide(x: Tensor, other: Any) -> Tensor:
    """x / other."""
    return rows.div(x, other)


divide, subtract = div, sub


def float_power(x: Any, exponent: Any) -> Tensor:
    """x to a power, in float64."""
    return pow(*[as_dtype(v, dtypes.float64) if isinstance(v, Tensor) else v for v in (x, exponent)])


def positive(x: Tensor) -> Tensor:
    """x itself. RuntimeError for bools."""
    if x.dtype == dtypes.bool:
        raise RuntimeError("positive: not for bools")
    return x


def addcmul(x: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """x + value·tensor1·tensor2."""
    return x + value * tensor1 * tensor2


def addcdiv(x: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """x + value·tensor1 / tensor2."""
    return x + value * (tensor1 / tensor2)


def lerp(x: Tensor, end: Tensor, weight: Any) -> Tensor:
    """x + weight·(end − x): from x (weight 0) in a straight line to end (weight 1)."""
    return rows.lerp(x, end, weight)


# ── within bounds, to whole numbers ─────────────────────────────────────────────────────────────

def clamp(x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """x kept within [min, max]; a bound that is None does not bind. Slope 1 on the bounds."""
    if min is None and max is None:
        raise ShapeError("clamp: at least one of min and max must be given")
    if min is None:
        return where(x > max, max, x)
    if max is None:
        return where(x < min, min, x)
    return rows.clip(x, min, max)


clip = clamp


def clamp_min(x: Tensor, min: Any) -> Tensor:
    """x, or min where that is larger."""
    return clamp(x, min)


def clamp_max(x: Tensor, max: Any) -> Tensor:
    """x, or max where that is smaller."""
    return clamp(x, None, max)


def fmax(x: Tensor, other: Tensor) -> Tensor:
    """The larger, of a number and nan the number."""
    return maximum(where(isnan(x), other, x), where(isnan(other), x, other))


def fmin(x: Tensor, other: Tensor) -> Tensor:
    """The smaller, of a number and nan the number."""
    return minimum(where(isnan(x), other, x), where(isnan(other), x, other))


def round(x: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with that many decimals, the even one of two."""
    if decimals > 0:
        return rows.round(x * 10.0 ** decimals) / 10.0 ** decimals
    if decimals < 0:
        return rows.round(x / 10.0 ** -decimals) * 10.0 ** -decimals
    return rows.round(x)


def frac(x: Tensor) -> Tensor:
    """What follows the point, of x's sign."""
    return x - trunc(x)


def heaviside(x: Tensor, values: Tensor) -> Tensor:
    """0 where x is negative, 1 where it is positive, ``values`` where it is 0."""
    return where(x == 0, values, as_dtype(x > 0, x.dtype))


def nan_to_num(x: Tensor, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Tensor:
    """x with other numbers for nan, ∞ and −∞ (by default 0 and the dtype's largest and smallest)."""
    if x.dtype.kind != "f":
        return clone(x)
    most = dtypes.finfo(x.dtype).max
    x = where(x == inf, most if posinf is None else posinf, x)
    x = where(x == -inf, -most if neginf is None else neginf, x)
    return where(isnan(x), nan or 0.0, x)


# ── exponentials, logarithms, angles ────────────────────────────────────────────────────────────

def logaddexp2(x: Tensor, other: Tensor) -> Tensor:
    """log₂(2ˣ + 2ʸ), without overflow."""
    return logaddexp(x * LN2, other * LN2) / LN2


def logit(x: Tensor, eps: float | None = None) -> Tensor:
    """log(x / (1 − x)), the inverse of sigmoid; of x kept within [eps, 1 − eps]."""
    if eps is not None:
        x = clamp(x, eps, 1 - eps)
    return log(x / (1 - x))


def deg2rad(x: Tensor) -> Tensor:
    """An angle in radians, given in degrees."""
    return x * (pi / 180)


def rad2deg(x: Tensor) -> Tensor:
    """An angle in degrees, given in radians."""
    return x * (180 / pi)


def angle(x: Tensor) -> Tensor:
    """π where x is negative, else 0: the angle in the plane of complex numbers."""
    return where(x < 0, pi, sign(x) - sign(x))


def real(x: Any) -> Tensor:
    """x itself, which is real."""
    return x


def conj(x: Tensor) -> Tensor:
    """x itself, which is real."""
    return x
