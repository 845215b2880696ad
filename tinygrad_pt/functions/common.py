"""What the functions share: dimensions counted from the start, arguments checked."""

from __future__ import annotations

from inspect import CO_VARARGS
from operator import index
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from ..tensors import ShapeError, Tensor, plain, quickly, translated

TAKEN = {*dir(Tensor)}  # the names of methods, which no row may have


def as_dim(x: Tensor, dim: int) -> int:
    """A dimension counted from the start. IndexError if x has no such dimension."""
    if not hasattr(dim, "__index__"):
        raise TypeError(f"a dimension is an integer, got {dim!r}")
    if not -max(x.ndim, 1) <= dim < max(x.ndim, 1):
        raise IndexError(f"dimension {dim} is out of range for a tensor of shape {x.array.shape}")
    return dim % x.ndim if x.ndim else 0


def as_dims(x: Tensor, dim: Any) -> tuple[int, ...]:
    """Dimensions to reduce, counted from the start; None is all of them."""
    if dim is None:
        return tuple(range(x.ndim))
    dims = tuple(as_dim(x, d) for d in (dim if isinstance(dim, tuple | list) else (dim,)))
    if len(set(dims)) < len(dims):
        raise ShapeError(f"dimensions {dim} name one of shape {x.array.shape} twice")
    return dims if x.ndim else ()


def as_int(name: str, n: Any) -> int:
    """An argument that is an integer, as a number or in a Tensor. TypeError for anything else."""
    try:
        return index(n)
    except TypeError:
        raise TypeError(f"{name}: wants an integer, got {n!r}") from None


def as_tensors(name: str, tensors: Any) -> tuple[Tensor, ...]:
    """The Tensors that a function takes in one argument, checked."""
    if not isinstance(tensors, list | tuple) or not all([isinstance(x, Tensor) for x in tensors]):
        got = [type(x).__name__ for x in tensors] if isinstance(tensors, list | tuple) else \
            type(tensors).__name__
        raise TypeError(f"{name}: wants a list or tuple of Tensors, got {got}")
    if not tensors:
        raise ShapeError(f"{name}: wants one or more Tensors, got none")
    return tuple(tensors)


_WORDS = {"axis": "dim", "keepdims": "keepdim", "axes": "dims"}  # NumPy's for PyTorch's


def takes_tensor(f: FunctionType) -> bool:
    """Whether the first parameter of a function is a Tensor."""
    return f.__annotations__.get(next(iter(f.__code__.co_varnames), "")) == "Tensor"


def spoken(f: FunctionType, name: str) -> Any:
    """f as its users call it: NumPy's words are understood, and errors begin with its name."""
    code = f.__code__
    n = code.co_argcount + code.co_kwonlyargcount
    first, *rest = code.co_varnames[:n] or ("",)
    words = {numpys: torchs for numpys, torchs in _WORDS.items() if torchs in rest}
    if first and "input" not in rest:
        words["input"] = first
    several = code.co_varnames[n] if takes_tensor(f) and code.co_flags & CO_VARARGS else ""
    return translated(f, name, words, several, takes_tensor(f))


def at_home(f: Any, module: str) -> Any:
    """f, known as a function of the module where its users find it: so pickle does too."""
    f.__module__ = module
    return f


def speak(names: dict[str, Any], *homes: str, prefix: str = "") -> None:
    """Let the functions among a module's names that come from certain modules be `spoken`."""
    for name, f in list(names.items()):
        if not name.startswith("_") and isinstance(f, FunctionType) and f.__module__.startswith(homes):
            names[name] = at_home(spoken(f, prefix + name), names["__name__"])


def publish(theme: ModuleType, functions: dict | None = None, names: list[str] | None = None) -> None:
    """Put a module's public functions among ``functions``, and make methods of those whose first
    parameter is a Tensor. If the module has ``__all__``, those only.
    """
    for name, f in list(vars(theme).items()):
        if name.startswith("_") or not isinstance(f, FunctionType) or f.__module__ != theme.__name__:
            continue
        if name not in getattr(theme, "__all__", (name,)):
            continue
        g = quickly(spoken(f, name)) if name == "sum" else spoken(f, name)
        if functions is not None:
            functions[name] = at_home(g, functions["__name__"])
            names.append(name)
        if takes_tensor(f):
            setattr(Tensor, name, g)
            TAKEN.add(name)
