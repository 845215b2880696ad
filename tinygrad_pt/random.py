"""Random numbers in PyTorch's streams: the same seed gives the same numbers as on its CPU.

The source is the Mersenne Twister MT19937 (Matsumoto & Nishimura, 1998), seeded as its authors'
``init_genrand``; each sampler below draws 32-bit words from it in PyTorch's order.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from . import dtypes
from .devices import check_device
from .tensors import ShapeError, Tensor, as_size, wrap


class Generator:
    """A stream of random 32-bit words."""

    def __init__(self, seed: int = 5489):
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to ``seed``, any integer."""
        self._seed = int(seed) & 0xFFFFFFFF
        self._state: Any = None
        self._spare: float | None = None
        return self

    def get_state(self) -> tuple:
        """Where the stream is, for `set_state`."""
        return self._seed, None if self._state is None else self._state.get_state(), self._spare

    def set_state(self, state: tuple) -> None:
        """Go on from where `get_state` was called."""
        self._seed, words, self._spare = state
        self._state = None
        if words is not None:
            self.words(0)
            self._state.set_state(words)

    def words(self, n: int) -> np.ndarray:
        """The next n words, as uint64."""
        if self._state is None:
            from numpy.random import RandomState  # not before it is needed: it takes 10 ms
            self._state = RandomState(self._seed)
        return self._state.randint(0, 2**32, n, np.uint64)

    def uniform(self, n: int, dtype: np.dtype = dtypes.float32) -> np.ndarray:
        """n numbers of [0, 1): float32 from 24 bits of a word, float64 from 53 bits of two."""
        if dtype == dtypes.float32:
            return ((self.words(n) & 0xFFFFFF).astype(np.float32) * np.float32(2**-24))
        high, low = self.words(2 * n).reshape(n, 2).T
        return ((high << np.uint64(32) | low) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53

    def normal(self, n: int, dtype: np.dtype = dtypes.float32) -> np.ndarray:
        """n standard normal numbers by Box and Muller (1958), in PyTorch's two ways."""
        if n >= 16:  # blocks of 16: eight radii, eight angles; the last 16 anew if n is no multiple
            u = self.uniform(n, dtype)
            blocks = [u[i:i + 16] for i in range(0, n - 15, 16)]
            tail = [self.uniform(16, dtype)] if n % 16 else []
            out = np.empty(n, dtype)
            for i, b in [*enumerate(blocks), *((n / 16 - 1, b) for b in tail)]:
                r = np.sqrt(-2 * np.log(1 - b[:8]))
                angle = dtype.type(2 * np.pi) * b[8:]
                i = round(16 * i)
                out[i:i + 8], out[i + 8:i + 16] = r * np.cos(angle), r * np.sin(angle)
            return out
        return np.array([self._one_normal() for _ in range(n)], dtype)

    def _one_normal(self) -> float:
        """One normal from 53-bit doubles; its pair's other half is kept for the next call."""
        if self._spare is not None:
            z, self._spare = self._spare, None
            return z
        angle, u = self.uniform(2, dtypes.float64)
        r = np.sqrt(-2 * np.log1p(-u))
        self._spare = float(r * np.sin(2 * np.pi * angle))
        return float(r * np.cos(2 * np.pi * angle))


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that is used when none is given."""
    return default_generator.manual_seed(seed)


def _checked(name: str, size: tuple, dtype: Any = None,
             device: Any = None) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and the floating dtype of random numbers."""
    check_device(device)
    shape, dtype = as_size(size), dtypes.check(dtype or dtypes.default)
    if min(shape, default=0) < 0:
        raise ShapeError(f"{name}: sizes must not be negative, got {shape}")
    if dtype.kind != "f":
        raise RuntimeError(f"{name}: wants a floating point dtype, got {dtype}")
    return shape, dtype


def rand(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
         device: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers of [0, 1): ``rand(2, 3)`` or ``rand((2, 3))``."""
    shape, dtype = _checked("rand", shape if size is None else (size,), dtype, device)
    u = (generator or default_generator).uniform(prod(shape), dtype)
    return wrap(u.reshape(shape).astype(dtype, copy=False)).requires_grad_(requires_grad)


def randn(*shape: Any, size: Any = None, generator: Generator | None = None, dtype: Any = None,
          device: Any = None, requires_grad: bool = False) -> Tensor:
    """Standard normal numbers: ``randn(2, 3)`` or ``randn((2, 3))``."""
    shape, dtype = _checked("randn", shape if size is None else (size,), dtype, device)
    z = (generator or default_generator).normal(prod(shape), dtype)
    return wrap(z.reshape(shape).astype(dtype, copy=False)).requires_grad_(requires_grad)


def randint(low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None,
            dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Integers of low … high − 1, by default int64: ``randint([low,] high, size)``."""
    if size is None:
        low, high, size = 0, low, high
    if size is None:
        raise TypeError("randint: wants a size: randint(high, size) or randint(low, high, size)")
    if high <= low:
        raise RuntimeError(f"randint: wants low < high, got {low} and {high}")
    shape, _ = _checked("randint", tuple(size), device=device)
    dtype = dtypes.int64 if dtype is None else dtypes.check(dtype)
    words = (generator or default_generator).words(prod(shape))
    y = (words % np.uint64(high - low)).astype(np.int64).reshape(shape) + low
    return wrap(y.astype(dtype, copy=False)).requires_grad_(requires_grad)


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    """The integers 0 … n − 1 in random order, int64 (Fisher and Yates)."""
    [n], _ = _checked("randperm", (n,), device=device)
    order = np.arange(n)
    words = (generator or default_generator).words(max(n - 1, 0))
    for i, word in enumerate(words.tolist()):
        j = i + word % (n - i)
        order[i], order[j] = order[j], order[i]
    return wrap(order)
