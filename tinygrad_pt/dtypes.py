"""Number types: NumPy's, with PyTorch's names and rules for mixing them."""

from __future__ import annotations

import builtins
from functools import cache, reduce

import numpy as np


class dtype:
    """A type of numbers, by PyTorch's name: NumPy takes it wherever it wants a dtype, and the two
    are equal. ``dtype`` is NumPy's own, ``kind`` one of "f", "i", "u", "b", ``itemsize`` in bytes.
    """

    __slots__ = ("dtype", "is_complex", "is_floating_point", "is_signed", "itemsize", "kind", "name")

    def __init__(self, name: str):
        self.dtype = np.dtype(name)  # where NumPy looks for it
        self.name, self.kind, self.itemsize = name, self.dtype.kind, self.dtype.itemsize
        self.is_floating_point, self.is_signed = self.kind == "f", self.kind in "fi"
        self.is_complex = False

    def __getattr__(self, name: str) -> object:
        return getattr(self.dtype, name)  # type, char, str …: all that NumPy's has

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __eq__(self, other: object) -> builtins.bool:
        return self is other or (not isinstance(other, dtype) and self.dtype == other)

    def __hash__(self) -> builtins.int:
        return hash(self.dtype)

    def __reduce__(self) -> str:
        return self.name  # one object, however it is copied or pickled


float64 = double = dtype("float64")
float32 = float = dtype("float32")
float16 = half = dtype("float16")
int64 = long = dtype("int64")
int32 = int = dtype("int32")
int16 = short = dtype("int16")
int8 = dtype("int8")
uint8 = dtype("uint8")
bool = dtype("bool")
bfloat16 = "bfloat16"  # only a name, for programs that mention it: NumPy has no such type

default = float32
_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # a float beats an integer beats a bool
SUPPORTED = (float64, float32, float16, int64, int32, int16, int8, uint8, bool)
OF = {d.dtype: d for d in SUPPORTED}  # by NumPy's
# The names of typed tensors: torch.FloatTensor.
TYPES = {"Double": float64, "Float": float32, "Half": float16, "Long": int64, "Int": int32,
         "Short": int16, "Char": int8, "Byte": uint8, "Bool": bool}


@cache
def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The dtype of the sum of tensors of two dtypes; int64 with float32 is float32."""
    if _RANK[type1.kind] != _RANK[type2.kind]:
        return check(max(type1, type2, key=lambda t: _RANK[t.kind]))
    return OF[np.promote_types(type1, type2)]


def can_cast(from_: dtype, to: dtype) -> builtins.bool:
    """Whether PyTorch converts silently in place: never a float to an integer, nor either to a bool."""
    return _RANK[from_.kind] <= _RANK[to.kind]


@cache
def result_type(*operands: tuple[int, dtype]) -> dtype:
    """The common dtype of operands given as (weight, dtype).

    Weight 2 is a tensor with dimensions, 1 a 0-d tensor, 0 a Python number: the lighter decide only
    when they are of a higher kind (bool < integer < float), as in PyTorch.
    """
    result = None
    for weight in (2, 1, 0):
        dtypes = [d for w, d in operands if w == weight]
        if dtypes:
            candidate = reduce(promote_types, dtypes, dtypes[0])
            if result is None or _RANK[candidate.kind] > _RANK[result.kind]:
                result = candidate
    return result


def of_number(x) -> dtype | None:
    """The dtype that a Python number brings along; None if x is not one."""
    if isinstance(x, builtins.bool | np.bool_):
        return bool
    if isinstance(x, builtins.int | np.integer):
        return int64
    if isinstance(x, builtins.float | np.floating):
        return default
    return None


def check(given) -> dtype:
    """The dtype that is meant, also by NumPy's, by its name or by Python's float, int and bool.

    TypeError if it is not supported.
    """
    if isinstance(given, dtype):
        return given
    try:
        found = given is not None and OF.get(np.dtype(given))  # None would be float64 to NumPy
    except TypeError:
        found = None
    if not found:
        raise TypeError(f"dtype {given} is not supported; these are: "
                        + ", ".join(map(str, SUPPORTED)))
    return found


def of_type(op: str, kind):
    """The dtype of FloatTensor or "torch.FloatTensor", the default one of Tensor; else ``kind``."""
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
    if not isinstance(kind, str) and not name.endswith("Tensor"):
        return kind
    types = {**TYPES, "": default}
    name = name.removeprefix("torch.").removesuffix("Tensor")
    if name not in types:
        raise ValueError(f"{op}: no such type: {kind!r}")
    return types[name]


def set_default_tensor_type(t) -> None:
    """`set_default_dtype` by a type of tensors: DoubleTensor or "torch.DoubleTensor"."""
    set_default_dtype(of_type("set_default_tensor_type", t))


def get_default_dtype() -> dtype:
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
        self.dtype, self.bits = dtype.name, info.bits
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
        self.dtype, self.bits, self.min, self.max = dtype.name, info.bits, info.min, info.max

    def __repr__(self) -> str:
        return _listed(self, "min", "max", "dtype")


def _listed(info, *names) -> str:
    values = [(n, getattr(info, n)) for n in names]
    parts = [f"{n}={v:g}" if isinstance(v, builtins.float) else f"{n}={v}" for n, v in values]
    return f"{type(info).__name__}({', '.join(parts)})"
