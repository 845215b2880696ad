"""PyTorch's ``testing``: tensors compared in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from .places import lookup
from .tensors import Tensor, as_array

__all__ = ["assert_close"]
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5),
               "float64": (1e-7, 1e-7)}  # rtol, atol


def assert_close(actual: Any, expected: Any, *, allow_subclasses: bool = True,
                 rtol: float | None = None, atol: float | None = None, equal_nan: bool = False,
                 check_device: bool = True, check_dtype: bool = True,
                 check_layout: bool = True, check_stride: bool = False,
                 msg: str | Callable[[str], str] | None = None) -> None:
    """AssertionError unless |actual − expected| ≤ atol + rtol·|expected| everywhere.

    Of tensors, arrays and numbers, also within lists and dicts; of the same shape and, unless
    ``check_dtype`` is False, dtype, from which the tolerances follow (0 for integers). ``msg`` is
    another message, or makes one of it.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"assert_close: wants rtol and atol or neither, got {rtol} and {atol}")

    def compare(a: Any, b: Any, where: str) -> None:
        if isinstance(b, Mapping) and isinstance(a, Mapping):
            expect(a.keys() == b.keys(), where, f"keys {list(a)} and {list(b)} differ")
            for key in b:
                compare(a[key], b[key], f"{where}[{key!r}]")
        elif all(isinstance(x, Sequence) and not isinstance(x, str) for x in (a, b)):
            expect(len(a) == len(b), where, f"lengths {len(a)} and {len(b)} differ")
            for i, (x, y) in enumerate(zip(a, b, strict=True)):
                compare(x, y, f"{where}[{i}]")
        else:
            arrays(a, b, where)

    def arrays(a: Any, b: Any, where: str) -> None:
        if isinstance(a, Tensor) != isinstance(b, Tensor):
            raise TypeError(f"assert_close: cannot compare {type(a).__name__} with {type(b).__name__}")
        a, b = as_array(a), as_array(b)
        expect(a.shape == b.shape, where, f"shapes {a.shape} and {b.shape} differ")
        expect(a.dtype == b.dtype or not check_dtype, where, f"dtypes {a.dtype} and {b.dtype} differ")
        least_exact = max(_TOLERANCES.get(x.dtype.name, (0.0, 0.0)) for x in (a, b))
        r, t = least_exact if rtol is None else (rtol, atol)
        close = np.isclose(a, b, r, t, equal_nan)
        if not close.all():
            gap = np.abs(a.astype(np.float64) - b)
            expect(False, where, f"{(~close).sum()} of {close.size} elements differ, by up to "
                                 f"{gap[~close].max():.3g}, with rtol={r} and atol={t}")

    def expect(holds: bool, where: str, why: str) -> None:
        if not holds:
            told = f"assert_close: {where + ': ' if where else ''}{why}"
            raise AssertionError(msg(told) if callable(msg) else told if msg is None else msg)

    compare(actual, expected, "")


__getattr__ = partial(lookup, __name__)
