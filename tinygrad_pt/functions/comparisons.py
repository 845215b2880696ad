"""Questions about each element, answered by bools; and operations on bits. None has a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensors import Tensor, bitwise, compare
from .common import plain


def _answer(kind: Any, f: Any, x: Any, other: Any) -> Tensor:
    """f of two operands by `compare` or `bitwise`. TypeError if one is no tensor and no number."""
    y = kind(f, x, other)
    if y is NotImplemented:
        raise TypeError(f"{f.__name__}: wants tensors or numbers, got {type(x).__name__} and "
                        f"{type(other).__name__}")
    return y


# ── order ───────────────────────────────────────────────────────────────────────────────────────

def eq(x: Tensor, other: Any) -> Tensor:
    """x = other."""
    return _answer(compare, np.equal, x, other)


def ne(x: Tensor, other: Any) -> Tensor:
    """x ≠ other."""
    return _answer(compare, np.not_equal, x, other)


def lt(x: Tensor, other: Any) -> Tensor:
    """x < other."""
    return _answer(compare, np.less, x, other)


def le(x: Tensor, other: Any) -> Tensor:
    """x ≤ other."""
    return _answer(compare, np.less_equal, x, other)


def gt(x: Tensor, other: Any) -> Tensor:
    """x > other."""
    return _answer(compare, np.greater, x, other)


def ge(x: Tensor, other: Any) -> Tensor:
    """x ≥ other."""
    return _answer(compare, np.greater_equal, x, other)


not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge


# ── equality of all ─────────────────────────────────────────────────────────────────────────────

def equal(x: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same elements."""
    return x.shape == other.shape and _all(eq(x, other))


def isclose(x: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8,
            equal_nan: bool = False) -> Tensor:
    """Whether |x − other| ≤ atol + rtol·|other|. RuntimeError for two dtypes."""
    if x.dtype != other.dtype:
        raise RuntimeError(f"isclose: wants one dtype, got {x.dtype} and {other.dtype}")

    def close(a, b):
        with np.errstate(invalid="ignore"):  # ∞ − ∞
            near = np.abs(a * 1.0 - b) <= atol + rtol * np.abs(b * 1.0)
        return (a == b) | near & np.isfinite(b) | equal_nan & np.isnan(a) & np.isnan(b)
    return plain(close, x, other)


def allclose(x: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8,
             equal_nan: bool = False) -> bool:
    """Whether |x − other| ≤ atol + rtol·|other| everywhere."""
    return _all(isclose(x, other, rtol, atol, equal_nan))


def _all(x: Tensor) -> bool:
    return bool(plain(np.all, x))


# ── kinds of numbers ────────────────────────────────────────────────────────────────────────────

def isnan(x: Tensor) -> Tensor:
    """Whether an element is nan."""
    return plain(np.isnan, x)


def isinf(x: Tensor) -> Tensor:
    """Whether an element is ∞ or −∞."""
    return plain(np.isinf, x)


def isfinite(x: Tensor) -> Tensor:
    """Whether an element is neither infinite nor nan."""
    return plain(np.isfinite, x)


def isposinf(x: Tensor) -> Tensor:
    """Whether an element is ∞."""
    return x == np.inf


def isneginf(x: Tensor) -> Tensor:
    """Whether an element is −∞."""
    return x == -np.inf


def isreal(x: Tensor) -> Tensor:
    """True everywhere: there are no complex tensors."""
    return plain(np.isreal, x)


def signbit(x: Tensor) -> Tensor:
    """Whether an element has a minus sign, −0 too."""
    return plain(np.signbit if x.dtype.kind == "f" else lambda a: a < 0, x)


# ── logic: what is not 0 counts as true ─────────────────────────────────────────────────────────

def logical_not(x: Tensor) -> Tensor:
    """Whether an element is 0."""
    return plain(np.logical_not, x)


def logical_and(x: Tensor, other: Tensor) -> Tensor:
    """Whether both are true."""
    return _answer(compare, np.logical_and, x, other)


def logical_or(x: Tensor, other: Tensor) -> Tensor:
    """Whether at least one is true."""
    return _answer(compare, np.logical_or, x, other)


def logical_xor(x: Tensor, other: Tensor) -> Tensor:
    """Whether one is true and the other is not."""
    return _answer(compare, np.logical_xor, x, other)


# ── bits of integers and bools ──────────────────────────────────────────────────────────────────

def bitwise_not(x: Tensor) -> Tensor:
    """Every bit changed; of bools, not."""
    return ~x


def bitwise_and(x: Tensor, other: Any) -> Tensor:
    """The bits that both have."""
    return _answer(bitwise, np.bitwise_and, x, other)


def bitwise_or(x: Tensor, other: Any) -> Tensor:
    """The bits that at least one has."""
    return _answer(bitwise, np.bitwise_or, x, other)


def bitwise_xor(x: Tensor, other: Any) -> Tensor:
    """The bits that one has and the other has not."""
    return _answer(bitwise, np.bitwise_xor, x, other)


def bitwise_left_shift(x: Tensor, other: Any) -> Tensor:
    """x·2ⁿ, by bits."""
    return _answer(bitwise, np.left_shift, x, other)


def bitwise_right_shift(x: Tensor, other: Any) -> Tensor:
    """⌊x / 2ⁿ⌋, by bits."""
    return _answer(bitwise, np.right_shift, x, other)
