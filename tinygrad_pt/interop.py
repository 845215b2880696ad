"""NumPy and others: Tensors among arrays.

A NumPy function that is called with a Tensor becomes ours of the same meaning, recorded like any
other; one that has no counterpart computes with the plain array if no gradient is wanted, and refuses
if one is: nothing leaves the graph silently. Memory is shared with other libraries by DLPack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import functions
from .functions.elementwise import rows
from .tensors import Tensor, as_array, wrap
from .trees import leaves, tree_map

# NumPy's names where they are not ours.
_UFUNCS = {"absolute": "abs", "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div",
           "power": "pow", "float_power": "float_power", "negative": "neg", "arcsin": "asin",
           "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
           "arccosh": "acosh", "arctanh": "atanh", "rint": "round", "equal": "eq", "not_equal": "ne",
           "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
           "mod": "remainder", "invert": "bitwise_not", "left_shift": "bitwise_left_shift",
           "right_shift": "bitwise_right_shift"}
_SAME = """
    amax amin argmax argmin argsort concatenate cumprod cumsum diagonal diff dot einsum flip hstack
    inner kron matmul max mean min moveaxis outer prod ravel reshape roll sort split squeeze stack sum
    swapaxes tensordot tile trace transpose tril triu vstack where
""".split()
_CALLS: dict[str, Callable[..., Any]] = {
    "clip": lambda a, a_min=None, a_max=None, **kw: functions.clamp(
        a, kw.get("min", a_min), kw.get("max", a_max)),
    "expand_dims": lambda a, axis: functions.unsqueeze(a, axis),
    "broadcast_to": lambda a, shape: functions.expand(a, shape),
    "max": lambda a, axis=None, keepdims=False: functions.amax(
        a, () if axis is None else axis, keepdims),
    "min": lambda a, axis=None, keepdims=False: functions.amin(
        a, () if axis is None else axis, keepdims),
    "sort": lambda a, axis=-1: functions.sort(a, axis)[0],
    "std": lambda a, axis=None, ddof=0, keepdims=False: functions.std(
        a, axis, correction=ddof, keepdim=keepdims),
    "transpose": lambda a, axes=None: functions.permute(a, axes or tuple(range(a.ndim))[::-1]),
    "var": lambda a, axis=None, ddof=0, keepdims=False: functions.var(
        a, axis, correction=ddof, keepdim=keepdims),
}
_CALLS["amax"], _CALLS["amin"] = _CALLS["max"], _CALLS["min"]


def _tensor(x: Any) -> Any:
    return wrap(as_array(x)) if isinstance(x, np.ndarray) else x


def _outside(name: str, f: Callable, args: Any, kw: dict) -> Any:
    """f of the plain arrays. TypeError if a gradient is wanted of one."""
    if any(isinstance(x, Tensor) and x.requires_grad for x in leaves([args, kw])):
        raise TypeError(f"np.{name}: has no counterpart here that would record it, and a tensor among "
                        "its arguments requires grad; use tensor.detach()")
    args, kw = tree_map(lambda x: x.array if isinstance(x, Tensor) else x, [list(args), kw])
    return f(*args, **kw)


def _array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kw: Any) -> Any:
    """NumPy's element-wise functions of Tensors: ``np.exp(t)``, ``array + t``."""
    name = _UFUNCS.get(ufunc.__name__, ufunc.__name__)
    f = getattr(rows, name, None) or getattr(functions, name, None)  # rows: `number + t` as well
    if method == "__call__" and not kw and f is not None:
        return f(*map(_tensor, inputs))
    if kw.get("out") is not None and any(isinstance(x, Tensor) for x in kw["out"]):
        raise TypeError(f"np.{ufunc.__name__}: out= cannot be a Tensor")
    y = _outside(ufunc.__name__, getattr(ufunc, method), inputs, kw)
    return wrap(y) if isinstance(y, np.ndarray | np.generic) and kw.get("out") is None else y


def _array_function(x: Tensor, f: Callable, types: Any, args: tuple, kw: dict) -> Any:
    """NumPy's other functions of Tensors: ``np.sum(t)``, ``np.concatenate([t, u])``."""
    name = f.__name__
    ours = _CALLS.get(name) or (getattr(functions, name, None) if name in _SAME else None)
    if ours is not None and getattr(np, name, None) is f:
        args, kw = tree_map(_tensor, [list(args), kw])
        return ours(*args, **{k: v for k, v in kw.items() if v is not None})
    return _outside(name, f, args, kw)


def _array(x: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
    """The array, for NumPy. RuntimeError while a gradient is required: detach() first."""
    array = x.numpy()
    if copy:
        return np.array(array, dtype)
    return array if dtype is None else array.astype(dtype, copy=False)


def _dlpack(x: Tensor, **kw: Any) -> Any:
    """A capsule that shares this memory with another library."""
    if x.requires_grad:
        raise BufferError("__dlpack__: this tensor requires grad, and other libraries do not record "
                          "here; use tensor.detach()")
    return x.array.__dlpack__(**kw)


def from_dlpack(x: Any) -> Tensor:
    """A tensor that shares the memory of another library's (torch, JAX, NumPy …), by DLPack."""
    if isinstance(x, Tensor):
        return x.detach()
    array = np.from_dlpack(x)
    return wrap(as_array(array))


for _name, _f in {"__array__": _array, "__array_ufunc__": _array_ufunc,
                  "__array_function__": _array_function, "__dlpack__": _dlpack,
                  "__dlpack_device__": lambda x: x.array.__dlpack_device__()}.items():
    setattr(Tensor, _name, _f)
