"""Number types: NumPy's, with PyTorch's rules for mixing them."""

from __future__ import annotations

from functools import cache, reduce

import numpy as np

float64 = double = np.dtype("float64")
float32 = float = np.dtype("float32")
int64 = long = np.dtype("int64")
int32 = int = np.dtype("int32")
uint8 = np.dtype("uint8")
bool = np.dtype("bool")

default = float32
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # a float beats an integer beats a bool
SUPPORTED = (float64, float32, int64, int32, uint8, bool)


@cache
def promote_types(a: np.dtype, b: np.dtype) -> np.dtype:
    """The dtype of a + b for tensors of dtypes a and b; int64 with float32 is float32."""
    if _RANK[a.kind] != _RANK[b.kind]:
        return a if _RANK[a.kind] > _RANK[b.kind] else b
    return np.promote_types(a, b)


@cache
def result_type(*operands: tuple[int, np.dtype]) -> np.dtype:
    """The common dtype of operands given as (weight, dtype).

    Weight 2 is a tensor with dimensions, 1 a 0-d tensor, 0 a Python number: the lighter decide only
    when they are of a higher kind (bool < integer < float), as in PyTorch.
    """
    result = None
    for weight in (2, 1, 0):
        dtypes = [d for w, d in operands if w == weight]
        if dtypes:
            candidate = reduce(promote_types, dtypes)
            if result is None or _RANK[candidate.kind] > _RANK[result.kind]:
                result = candidate
    return result


def of_number(x) -> np.dtype | None:
    """The dtype that a Python number brings along; None if x is not one."""
    import builtins
    if isinstance(x, builtins.bool | np.bool_):
        return bool
    if isinstance(x, builtins.int | np.integer):
        return int64
    if isinstance(x, builtins.float | np.floating):
        return default
    return None


def check(dtype) -> np.dtype:
    """``dtype`` as one of those supported; TypeError if it is not."""
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"not a dtype: {dtype!r}") from None
    if dtype not in SUPPORTED:
        raise TypeError(f"dtype {dtype} is not supported; these are: "
                        + ", ".join(map(str, SUPPORTED)))
    return dtype
