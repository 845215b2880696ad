"""Random numbers in place: each method fills x, in the order of its memory, and returns it.

The numbers have no gradient. Each takes a ``generator``; without, it draws from the default one.
``u`` is uniform of [0, 1) in float64, whatever the dtype of x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..changes import overwrite
from ..devices import check_device
from ..random import Generator, generator_of
from ..tensors import ShapeError, Tensor, as_size, wrap

BITS = {"float64": 53, "float32": 24, "float16": 11}  # integers up to 2 to this are exact


def uniform_(x: Tensor, from_: float = 0.0, to: float = 1.0, *,
             generator: Generator | None = None) -> Tensor:
    """Uniform numbers of [from, to). RuntimeError if from > to, or if their distance overflows."""
    g = _floats(x, generator)
    if not from_ <= to or not (to - from_ <= 1 or to - from_ <= np.finfo(x.dtype).max):
        raise RuntimeError(f"wants from ≤ to in a finite distance, got {from_} and {to} for {x.dtype}")
    return _fill(x, "uniform_", lambda n: g.uniform(n, x.dtype, from_, to))


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0, *,
            generator: Generator | None = None) -> Tensor:
    """Normal numbers of a mean and a standard deviation."""
    g = _floats(x, generator)
    if not std >= 0:
        raise RuntimeError(f"wants std ≥ 0, got {std}")
    if x.array.size >= 16 and x.array.flags.c_contiguous:
        return _fill(x, "normal_", lambda n: g.normal(n, x.dtype, mean, std))
    return _fill(x, "normal_", lambda n: mean + std * g.normal_pairs(n))


def log_normal_(x: Tensor, mean: float = 1.0, std: float = 2.0, *,
                generator: Generator | None = None) -> Tensor:
    """exp z for normal z of a mean and a standard deviation."""
    g = _floats(x, generator)
    if not std > 0:
        raise RuntimeError(f"wants std > 0, got {std}")
    return _fill(x, "log_normal_", lambda n: np.exp(mean + std * g.normal_pairs(n)))


def exponential_(x: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """−log(1 − u) / λ, of density λ exp(−λx)."""
    g = _floats(x, generator)
    if not lambd > 0:
        raise RuntimeError(f"wants λ > 0, got {lambd}")
    return _fill(x, "exponential_", lambda n: -1 / lambd * np.log1p(-g.uniform(n)))


def cauchy_(x: Tensor, median: float = 0.0, sigma: float = 1.0, *,
            generator: Generator | None = None) -> Tensor:
    """median + σ tan(π (u − ½)): Cauchy's distribution."""
    g = _floats(x, generator)
    if not sigma > 0:
        raise RuntimeError(f"wants σ > 0, got {sigma}")
    return _fill(x, "cauchy_", lambda n: median + sigma * np.tan(np.pi * (g.uniform(n) - 0.5)))


def geometric_(x: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """How many trials up to the first success of probability p: ⌈log u / log(1 − p)⌉."""
    g = generator_of(generator)
    if not 0 < p < 1:
        raise RuntimeError(f"wants 0 < p < 1, got {p}")
    if x.dtype.kind == "b":
        raise NotImplementedError("not for bool")
    return _fill(x, "geometric_", lambda n: np.ceil(np.log(g.uniform(n)) / np.log1p(-p)))


def bernoulli_(x: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """1 where u < p, else 0; p is a number or a floating Tensor that broadcasts to x.

    RuntimeError for a p outside of [0, 1].
    """
    g = generator_of(generator)
    if type(p) is float and 0 <= p <= 1:
        return _fill(x, "bernoulli_", lambda n: g.uniform(n) < p)
    where = p.array if isinstance(p, Tensor) else np.float64(p)
    if where.dtype.kind != "f":
        raise NotImplementedError(f"wants floating point probabilities, got {where.dtype}")
    if not np.all((where >= 0) & (where <= 1)):
        raise RuntimeError(f"wants probabilities of 0 … 1, got {p}")
    where = np.broadcast_to(where, x.array.shape)
    return _fill(x, "bernoulli_", lambda n: g.uniform(n, where.dtype) < _flat(where, x))


def random_(x: Tensor, *range: int, to: int | None = None,
            generator: Generator | None = None) -> Tensor:
    """Integers: ``random_(from, to)`` of from … to − 1, ``random_(to)`` from 0.

    Without, of 0 … the largest that x can hold (floating dtypes: to which all integers are exact);
    ``random_(from, None)`` from a least one up to that. From 2²⁸ integers on 64 bits are drawn.
    """
    g = generator_of(generator)
    kind = x.dtype.kind
    most = 1 if kind == "b" else 2 ** BITS[x.dtype.name] if kind == "f" else dtypes.iinfo(x.dtype).max
    least = 0 if kind == "b" else -most if kind == "f" else dtypes.iinfo(x.dtype).min
    range = range if to is None else (*range, to)
    low, high = (0, *range) if len(range) == 1 else range or (0, None)
    high = most + 1 if high is None else high
    if not low < high:
        raise RuntimeError(f"wants from < to, got {low} and {high}")
    if low < least or high - 1 > most:
        raise RuntimeError(f"{x.dtype} holds {least} … {most}, not {low} … {high - 1}")
    wide = x.dtype.itemsize == 8 if not range else high - low >= 2**28
    return _fill(x, "random_", lambda n: g.integers(n, low, high, 64 if wide else 32))


def _floats(x: Tensor, generator: Any) -> Generator:
    """The generator, for a sampler that wants a floating dtype."""
    if x.dtype.kind != "f":
        raise NotImplementedError(f"wants a floating point dtype, got {x.dtype}")
    return generator_of(generator)


def _fill(x: Tensor, name: str, draw: Callable[[int], np.ndarray]) -> Tensor:
    """Let the elements of x be draw(how many), in the order of its memory."""
    with np.errstate(divide="ignore", over="ignore"):
        y = draw(x.array.size).astype(x.dtype, copy=False)
    if x.array.flags.c_contiguous:
        return overwrite(x, y.reshape(x.array.shape), name)
    order = _order(x.array)
    y = y.reshape([x.array.shape[d] for d in order])
    y = y.transpose(sorted(order, key=order.__getitem__))
    return overwrite(x, y, name)


def _flat(a: np.ndarray, x: Tensor) -> np.ndarray:
    """The elements of a in the order of x's memory."""
    return a.transpose(_order(x.array)).ravel()


def _order(a: np.ndarray) -> list[int]:
    """The dimensions of an array from the one with the widest steps to that with the narrowest."""
    return sorted(range(a.ndim), key=lambda d: -abs(a.strides[d]))


# ── what is filled ──────────────────────────────────────────────────────────────────────────────

def memory(size: Any, dtype: Any = None, device: Any = None, kinds: str = "f") -> Tensor:
    """A new tensor of a shape, and of a dtype of the kinds that are wanted."""
    check_device(device)
    shape, dtype = as_size(size), dtypes.check(dtype or dtypes.default)
    if min(shape, default=0) < 0:
        raise ShapeError(f"sizes must not be negative, got {shape}")
    if dtype.kind not in kinds:
        wants = "a floating point dtype" if kinds == "f" else "a dtype of numbers"
        raise NotImplementedError(f"wants {wants}, got {dtype}")
    return wrap(np.empty(shape, dtype.dtype))  # NumPy is slow with what only has a dtype


def memory_like(x: Tensor, dtype: Any = None, device: Any = None, kinds: str = "f") -> Tensor:
    """A new tensor of x's shape, laid out as x is."""
    y = memory(x.shape, x.dtype if dtype is None else dtype, device, kinds)
    return wrap(np.empty_like(x.array, y.array.dtype)) if isinstance(x.array, np.ndarray) else y
