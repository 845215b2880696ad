"""Random tensors: new memory, filled by the methods of filling.py.

All are outside of the graph. Each takes a ``generator``; without, it draws from the default one.
"""

from __future__ import annotations

from math import ceil, exp, floor, lgamma, log, log1p, nan, sqrt
from typing import Any

import numpy as np

from .. import dtypes
from ..random import Generator, generator_of
from ..tensors import ShapeError, Tensor, as_size, plain, wrap
from .common import as_int
from .filling import (
    BITS,
    bernoulli_,
    exponential_,
    memory,
    memory_like,
    normal_,
    random_,
    uniform_,
)
from .shape import broadcast_shapes


def rand(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
         device: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers of [0, 1): ``rand(2, 3)`` or ``rand((2, 3))``."""
    x = memory(shape if size is None else (size,), dtype, device)
    return uniform_(x, generator=generator).requires_grad_(requires_grad)


def randn(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
          device: Any = None, requires_grad: bool = False) -> Tensor:
    """Standard normal numbers: ``randn(2, 3)`` or ``randn((2, 3))``."""
    x = memory(shape if size is None else (size,), dtype, device)
    return normal_(x, generator=generator).requires_grad_(requires_grad)


def randint(low: Any = None, high: Any = None, size: Any = None, *,
            generator: Generator | None = None, dtype: Any = None, device: Any = None,
            requires_grad: bool = False) -> Tensor:
    """Integers of low … high − 1, by default int64: ``randint([low,] high, size)``."""
    if size is None:
        low, high, size = None, low, high
    elif high is None:
        low, high = None, low
    if high is None or not isinstance(size, tuple | list):
        raise TypeError("randint: wants a size: randint(high, size) or randint(low, high, size)")
    low, high = 0 if low is None else as_int("randint", low), as_int("randint", high)
    if high <= low:
        raise RuntimeError(f"randint: wants low < high, got {low} and {high}")
    x = memory(size, dtypes.int64 if dtype is None else dtype, device, "biuf")
    return random_(x, low, high, generator=generator).requires_grad_(requires_grad)


def rand_like(x: Tensor, *, dtype: Any = None, generator: Generator | None = None, device: Any = None,
              requires_grad: bool = False) -> Tensor:
    """Uniform numbers of [0, 1) in the shape and dtype of x."""
    return uniform_(memory_like(x, dtype, device), generator=generator).requires_grad_(
        requires_grad)


def randn_like(x: Tensor, *, dtype: Any = None, generator: Generator | None = None,
               device: Any = None, requires_grad: bool = False) -> Tensor:
    """Standard normal numbers in the shape and dtype of x."""
    return normal_(memory_like(x, dtype, device), generator=generator).requires_grad_(
        requires_grad)


def randint_like(x: Tensor, low: Any = None, high: Any = None, *, dtype: Any = None,
                 generator: Generator | None = None, device: Any = None,
                 requires_grad: bool = False) -> Tensor:
    """Integers of low … high − 1 in the shape and dtype of x: ``randint_like(x, [low,] high)``."""
    low, high = (0, low) if high is None else (0 if low is None else low, high)
    y = memory_like(x, dtype, device, "biuf")
    return random_(y, as_int("randint_like", low), as_int("randint_like", high),
                   generator=generator).requires_grad_(requires_grad)


def normal(mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
           dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """mean + std·z for standard normal z: ``normal(mean, std, size)`` of numbers, else of Tensors
    that broadcast.
    """
    if size is not None:
        if isinstance(mean, Tensor) or isinstance(std, Tensor):
            raise TypeError("normal: a size is for a mean and a std that are numbers")
        x = memory(as_size((size,)), dtype, device)
        return normal_(x, mean, std, generator=generator).requires_grad_(requires_grad)
    tensors = [t for t in (mean, std) if isinstance(t, Tensor)]
    if not tensors:
        raise TypeError(f"normal: wants Tensors or a size, got {mean} and {std}")
    if any(t.dtype.kind != "f" for t in tensors):
        raise NotImplementedError("normal: wants floating point Tensors, got "
                                  + " and ".join(str(t.dtype) for t in tensors))
    mean, std = (t.detach() if isinstance(t, Tensor) else t for t in (mean, std))
    if np.any(plain(np.less, std, 0).array):
        raise RuntimeError("normal: wants std ≥ 0, got negative ones")
    x = memory(broadcast_shapes(*[t.shape for t in tensors]), tensors[0].dtype)
    return normal_(x, generator=generator).mul_(std).add_(mean)


def bernoulli(x: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability x[i], else 0, in x's dtype; with ``p`` that is the probability of all.

    RuntimeError for probabilities outside of [0, 1].
    """
    def draw(probabilities: np.ndarray) -> np.ndarray:
        y = wrap(np.empty(probabilities.shape, x.dtype))
        return bernoulli_(y, wrap(probabilities) if p is None else p, generator=generator).array
    return plain(draw, x)


def multinomial(x: Tensor, num_samples: int, replacement: bool = False, *,
                generator: Generator | None = None) -> Tensor:
    """``num_samples`` indices (of each row) drawn with probabilities proportional to x, int64.

    x (n) or (rows, n). Without replacement: where x[i] / exponential number is largest (Efraimidis &
    Spirakis, 2006). RuntimeError for weights that are negative, not finite or all 0, and for more
    samples than there are weights.
    """
    k = as_int("multinomial", num_samples)
    if x.ndim not in (1, 2):
        raise ShapeError(f"multinomial: wants weights (n) or (rows, n), got shape {tuple(x.shape)}")
    if x.dtype.kind != "f":
        raise RuntimeError(f"multinomial: wants floating point weights, got {x.dtype}")
    if k < 1 or (k > x.shape[-1] and not (replacement and x.shape[-1])):
        raise RuntimeError(f"multinomial: cannot draw {k} of {x.shape[-1]}"
                           f"{'' if replacement else ' without replacement'}")
    g = generator_of(generator)

    def draw(weights: np.ndarray) -> np.ndarray:
        if not np.all(np.isfinite(weights) & (weights >= 0)):
            raise RuntimeError("multinomial: wants weights that are finite and not negative")
        if not np.all(weights.sum(-1) > 0):
            raise RuntimeError("multinomial: wants weights of a sum above 0")
        if k > 1 and replacement:
            levels = np.cumsum(weights, -1).reshape(-1, weights.shape[-1])
            levels /= levels[:, -1:]
            u = g.uniform(len(levels) * k).reshape(-1, k)
            found = [np.searchsorted(row, some) for row, some in zip(levels, u, strict=True)]
            return np.array(found, np.int64).reshape(*weights.shape[:-1], k)
        times = exponential_(wrap(np.empty(weights.shape, x.dtype)), generator=g).array
        with np.errstate(divide="ignore"):
            return np.argsort(-weights / times, -1, kind="stable")[..., :k].astype(np.int64)

    return plain(draw, x)


def poisson(x: Tensor, generator: Generator | None = None) -> Tensor:
    """For each rate x[i] a number of Poisson's distribution, in x's dtype.

    Below 10 by multiplying uniform numbers (Knuth), else by transformed rejection (Hörmann, 1993).
    """
    if x.dtype.kind != "f":
        raise NotImplementedError(f"poisson: wants floating point rates, got {x.dtype}")

    def draw(rates: np.ndarray) -> np.ndarray:
        if not np.all(rates >= 0):
            raise RuntimeError("poisson: wants rates that are not negative")
        uniform = generator_of(generator).one_by_one()
        counts = [_rejected(rate, uniform) if rate >= 10 else _multiplied(rate, uniform)
                  for rate in rates.ravel().tolist()]
        uniform.close()
        return np.array(counts, rates.dtype).reshape(rates.shape)

    return plain(draw, x)


def _multiplied(rate: float, uniform: Any) -> int:
    """How many uniform numbers can be multiplied before the product falls to exp(−rate)."""
    count, product, least = -1, 1.0, exp(-rate)
    while rate and (count < 0 or product > least):
        product *= next(uniform)
        count += 1
    return max(count, 0)


def _rejected(rate: float, uniform: Any) -> int:
    """Hörmann's algorithm PTRS."""
    b = 0.931 + 2.53 * sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = next(uniform) - 0.5, next(uniform)
        us = 0.5 - abs(u)
        k = floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= v_r:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        if (log(v) + log(inverse_alpha) - log(a / (us * us) + b)
                <= -rate + k * log(rate) - lgamma(k + 1)):
            return k


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Of count[i] trials how many succeed, each with the probability prob[i], in count's dtype.

    Where few do, by adding up how long one waits for each (Devroye, 1986), else by transformed
    rejection (Hörmann, 1993). RuntimeError for dtypes that differ, ValueError for integers.
    """
    if count.dtype != prob.dtype or count.dtype.kind != "f":
        raise (ValueError if count.dtype.kind != "f" else RuntimeError)(
            f"wants two Tensors of one floating dtype, got {count.dtype} and {prob.dtype}")

    def draw(counts: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        counts, probabilities = np.broadcast_arrays(counts, probabilities)
        uniform = generator_of(generator).one_by_one()
        found = [_successes(n, p, uniform) for n, p in zip(
            counts.ravel().tolist(), probabilities.ravel().tolist(), strict=True)]
        uniform.close()
        return np.array(found, count.dtype).reshape(counts.shape)

    return plain(draw, count, prob)


def _successes(n: float, p: float, uniform: Any) -> float:
    if n != n or p != p:
        return nan
    if n <= 0 or p <= 0:
        return 0
    if p >= 1:
        return n
    if p > 0.5:
        return n - _successes(n, 1 - p, uniform)
    return _transformed(n, p, uniform) if n * p >= 10 else _waited(n, p, uniform)


def _waited(n: float, p: float, uniform: Any) -> int:
    """How many successes there are in n trials, given that each takes ⌈log u / log(1 − p)⌉ of them."""
    successes, trials = -1, 0
    while trials <= n:
        trials += ceil(log(next(uniform)) / log1p(-p))
        successes += 1
    return successes


def _transformed(n: float, p: float, uniform: Any) -> int:
    """Hörmann's algorithm BTRS."""
    deviation = sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha, v_r, odds = (2.83 + 5.1 / b) * deviation, 0.92 - 4.2 / b, log(p / (1 - p))
    mode = floor((n + 1) * p)
    while True:
        u, v = next(uniform) - 0.5, next(uniform)
        us = 0.5 - abs(u)
        k = floor((2 * a / us + b) * u + n * p + 0.5)
        if us >= 0.07 and v <= v_r:
            return k
        if 0 <= k <= n and log(v * alpha / (a / (us * us) + b)) <= (
                (k - mode) * odds + lgamma(mode + 1) + lgamma(n - mode + 1)
                - lgamma(k + 1) - lgamma(n - k + 1)):
            return k


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:
    """The integers 0 … n − 1 in random order, by default int64 (Fisher & Yates).

    RuntimeError for a dtype that cannot tell them apart.
    """
    dtype = dtypes.int64 if dtype is None else dtype
    y = memory((as_int("randperm", n),), dtype, device, "iuf")
    most = 2 ** BITS[y.dtype.name] if y.dtype.kind == "f" else dtypes.iinfo(y.dtype).max
    if n > most + 1:
        raise RuntimeError(f"randperm: {y.dtype} cannot tell {n} integers apart")
    places = np.arange(n - 1)
    words = generator_of(generator).words(max(n - 1, 0))
    swaps = (places + (words % (n - places).astype(np.uint64)).astype(np.int64)).tolist()
    order = list(range(n))
    for i, j in enumerate(swaps):
        order[i], order[j] = order[j], order[i]
    y.array[...] = order
    return y.requires_grad_(requires_grad)
