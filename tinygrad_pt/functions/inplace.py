"""Changes in place: ``x.name_(…)`` is ``x.name(…)`` whose result takes the place of x.

The work is done by `tensors.change` and `tensors.overwrite`: here are only the names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..changes import change, overwrite
from ..ops import Pointwise, follow
from ..tensors import Tensor, become, place, wrap
from .common import TAKEN

# Methods, beside the pointwise rows, that have a form in place.
NAMES = """
    absolute addbmm addcdiv addcmul addmm addmv addr arccos arccosh arcsin arcsinh arctan arctan2
    arctanh baddbmm bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor clamp clamp_max clamp_min cumprod cumsum deg2rad digamma divide eq fix float_power
    frac ge greater greater_equal gt index_add index_copy index_fill index_put le less less_equal lgamma
    logical_and logical_not logical_or logical_xor logit lt masked_fill masked_scatter multiply
    nan_to_num ne negative not_equal rad2deg scatter scatter_add scatter_reduce sgn subtract tril
    triu true_divide
""".split()


def _twin(name: str, f: Any) -> None:
    def g(x: Tensor, *args: Any, **kw: Any) -> Tensor:
        return change(x, f"{name}_", f, args, kw)
    g.__name__ = g.__qualname__ = f"{name}_"
    g.__doc__ = f"`{name}` in place: its result takes the place of this tensor, which is returned."
    setattr(Tensor, f"{name}_", g)
    TAKEN.add(f"{name}_")


def twins(functions: dict[str, Any]) -> None:
    """Give Tensor the methods of ``NAMES``, and of every pointwise row."""
    for name in NAMES:
        _twin(name, functions[name])
    follow(lambda op: _twin(op.name, functions[op.name]) if isinstance(op, Pointwise)
           and op.name in functions and f"{op.name}_" not in TAKEN else None)


def copy_(x: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Let x have the elements of ``src``, which broadcasts to it; other dtypes are converted."""
    if not isinstance(src, Tensor):
        raise TypeError(f"copy_: wants a Tensor, got {type(src).__name__}")
    return overwrite(x, src, "copy_")


def fill_(x: Tensor, value: Any) -> Tensor:
    """Let every element be a number."""
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"fill_: wants a number or a 0-d Tensor, got shape {value.array.shape}")
    return overwrite(x, value, "fill_")


def zero_(x: Tensor) -> Tensor:
    """Let every element be 0."""
    return overwrite(x, np.zeros((), x.dtype), "zero_")


def fill_diagonal_(x: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Let the elements at equal indices be a number; ``wrap`` goes on below, in a tall matrix."""
    if x.ndim < 2:
        raise RuntimeError(f"fill_diagonal_: wants at least 2 dimensions, got shape {x.array.shape}")
    y = x.array.copy()
    np.fill_diagonal(y, fill_value, wrap)
    inside = np.zeros(y.shape, np.bool_)
    np.fill_diagonal(inside, True, wrap)
    x[_wrap(inside)] = fill_value
    return x


_wrap = wrap


def detach_(x: Tensor) -> Tensor:
    """Take x out of the graph."""
    if x.origin is not None and x.origin[1] is not None:
        raise RuntimeError("detach_: x is a view, and its base stays in the graph; use detach()")
    x.leaf_grad = False
    return become(x, None)


def _reshaping(name: str) -> None:
    def g(x: Tensor, *args: Any) -> Tensor:
        if x.origin is not None or place(x) is not None:
            raise RuntimeError(f"{name}_: x is a view or part of a graph; use {name}()")
        return become(x, None, getattr(x, name)(*args).array)
    g.__name__ = g.__qualname__ = f"{name}_"
    g.__doc__ = f"`{name}`, of a tensor outside of any graph, in place."
    setattr(Tensor, f"{name}_", g)


for _name in ("squeeze", "unsqueeze", "t", "transpose", "swapaxes", "swapdims"):
    _reshaping(_name)
