"""Number types: NumPy's, with PyTorch's rules for mixing them."""

from __future__ import annotations

import builtins
from functools import cache, reduce

import numpy as np

float64 = double = np.dtype("float64")
float32 = float = np.dtype("float32")
float16 = half = np.dtype("float16")
int64 = long = np.dtype("int64")
int32 = int = np.dtype("int32")
int16 = short = np.dtype("int16")
int8 = np.dtype("int8")
uint8 = np.dtype("uint8")
bool = np.dtype("bool")
bfloat16 = "bfloat16"  # only a name, for programs that mention it: NumPy has no such type

default = float32
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # a float beats an integer beats a bool
SUPPORTED = (float64, float32, float16, int64, int32, int16, int8, uint8, bool)
# The names of typed tensors: torch.FloatTensor.
TYPES = {"Double": float64, "Float": float32, "Half": float16, "Long": int64, "Int": int32,
         "Short": int16, "Char": int8, "Byte": uint8, "Bool": bool}


@cache
def promote_types(a: np.dtype, b: np.dtype) -> np.dtype:
    """The dtype of a + b for tensors of dtypes a and b; int64 with float32 is float32."""
    if _RANK[a.kind] != _RANK[b.kind]:
        return a if _RANK[a.kind] > _RANK[b.kind] else b
    return np.promote_types(a, b)


def can_cast(from_: np.dtype, to: np.dtype) -> builtins.bool:
    """Whether PyTorch converts silently in place: never a float to an integer, nor either to a bool."""
    return _RANK[from_.kind] <= _RANK[to.kind]


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
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if dtype is None or found is None or found not in SUPPORTED:  # NumPy: None == dtype("float64")
        raise TypeError(f"dtype {dtype} is not supported; these are: "
                        + ", ".join(map(str, SUPPORTED)))
    return found


def get_default_dtype() -> np.dtype:
    """The dtype of tensors made of Python floats, at first float32."""
    return default


def set_default_dtype(d) -> None:
    """Make tensors of Python floats have a floating dtype. TypeError for another."""
    global default
    if check(d).kind != "f":
        raise TypeError(f"set_default_dtype: wants a floating point dtype, got {d}")
    default = check(d)


class finfo:
    """The limits of a floating dtype: bits, eps, max, min, tiny = smallest_normal, resolution."""

    def __init__(self, dtype=None):
        dtype = default if dtype is None else check(dtype)
        if dtype.kind != "f":
            raise TypeError(f"finfo: wants a floating point dtype, got {dtype}; use iinfo")
        info = np.finfo(dtype)
        self.dtype, self.bits = str(dtype), info.bits
        self.resolution = 10.0 ** -info.precision
        for name in ("min", "max", "eps", "smallest_normal", "tiny"):
            setattr(self, name, builtins.float(getattr(info, name)))

    def __repr__(self) -> str:
        return _listed(self, "resolution", "min", "max", "eps", "smallest_normal", "tiny", "dtype")


class iinfo:
    """The limits of an integer dtype: bits, max, min."""

    def __init__(self, dtype):
        dtype = check(dtype)
        if dtype.kind not in "iu":
            raise TypeError(f"iinfo: wants an integer dtype, got {dtype}; use finfo")
        info = np.iinfo(dtype)
        self.dtype, self.bits, self.min, self.max = str(dtype), info.bits, info.min, info.max

    def __repr__(self) -> str:
        return _listed(self, "min", "max", "dtype")


def _listed(info, *names) -> str:
    values = [(n, getattr(info, n)) for n in names]
    parts = [f"{n}={v:g}" if isinstance(v, builtins.float) else f"{n}={v}" for n, v in values]
    return f"{type(info).__name__}({', '.join(parts)})"
