"""What the corpora are made of: a function of arrays, a derivative written by hand, and where to
look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tinygrad_pt.gradcheck import arrays, broadcastable


@dataclass(frozen=True)
class In:
    """An input: numbers from ``low`` to ``high``, or ``at`` given ones."""

    shape: tuple[int, ...] = (3, 4)
    low: float = -3.0
    high: float = 3.0
    at: Any = None
    dtype: str = "float64"

    def sample(self, random: np.random.Generator) -> np.ndarray:
        if self.at is not None:
            return np.array(self.at, self.dtype)
        return np.asarray(random.uniform(self.low, self.high, self.shape)).astype(self.dtype)

    def strategy(self) -> st.SearchStrategy:
        """Drawn arrays of at most this many dimensions; given ones are drawn as they are."""
        if self.at is not None:
            return st.just(np.array(self.at, self.dtype))
        if np.prod(self.shape) > 500:  # too many to be drawn one by one
            return st.integers(0, 2**32 - 1).map(lambda k: self.sample(np.random.default_rng(k)))
        return arrays(self.shape, self.dtype, self.low, self.high)


@dataclass(frozen=True)
class Case:
    """f, its derivative vjp(v, *inputs) -> tuple, and the inputs; ``any_shape``: drawn in every
    shape.
    """

    name: str
    f: Callable
    vjp: Callable
    inputs: tuple[In, ...] = (In(),)
    any_shape: bool = False

    def sample(self, seed: int = 0) -> list[np.ndarray]:
        random = np.random.default_rng(seed)
        return [x.sample(random) for x in self.inputs]

    def strategies(self) -> list[st.SearchStrategy]:
        if not self.any_shape:
            return [x.strategy() for x in self.inputs]
        one = self.inputs[0]
        kw = dict(low=one.low, high=one.high, dtype=one.dtype)
        return [arrays(**kw)] if len(self.inputs) == 1 else [*broadcastable(len(self.inputs), **kw)]


def unary(name: str, f: Callable, slope: Callable, low: float = -3.0, high: float = 3.0,
          dtype: str = "float64", at: Any = None) -> Case:
    """An elementwise function with its slope."""
    return Case(name, f, lambda v, x: (v * slope(x),), (In((3, 4), low, high, at, dtype),), at is None)


def unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The sum over the axes along which an array of this shape was broadcast."""
    g = np.asarray(g).sum(tuple(range(np.ndim(g) - len(shape))))
    return np.asarray(g.sum(tuple(k for k, n in enumerate(shape) if n == 1 and g.shape[k] != 1),
                            keepdims=True))
