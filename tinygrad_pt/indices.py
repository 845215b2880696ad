"""Indices: what x[…] may hold, and the rows of the table that it means."""

from __future__ import annotations

from typing import Any

import numpy as np

from .tensors import Tensor, plain_nest

_WHOLE = slice(None)


def as_index(index: Any) -> tuple:
    """An index as a tuple of integers, slices, None, Ellipsis and integer or boolean arrays.

    One without arrays ends with Ellipsis: so also a single element is a view. As in PyTorch, a list
    that holds more than numbers is a tuple, and uint8 is a mask.
    """
    if isinstance(index, list) and any([i is None or i is Ellipsis or isinstance(
            i, list | tuple | slice | Tensor | range | np.ndarray) for i in index]):
        index = tuple(index)
    parts: list = []
    advanced = dots = False
    for i in index if type(index) is tuple else (index,):
        kind = type(i)
        if kind is not int and kind is not slice and i is not None and i is not Ellipsis:
            i = _as_part(i)
            advanced = advanced or isinstance(i, np.ndarray | bool | Tensor)
        dots = dots or i is Ellipsis
        parts.append(i)
    if not (dots or advanced):
        parts.append(Ellipsis)
    return tuple(parts)


def _as_part(i: Any) -> Any:
    """One part of an index: a Tensor, list, array or number as an integer, a bool or an array."""
    if isinstance(i, Tensor):
        if type(i.array) is not np.ndarray:  # of a batch: see batching.py
            return i
        i = i.array
    elif isinstance(i, list | tuple | range):
        i = np.asarray(plain_nest(i), dtype=None if len(i) else np.int64)
    if isinstance(i, np.ndarray):
        if i.dtype.kind not in "biu":
            raise IndexError(f"tensors used as indices must be integers or bools, got {i.dtype}")
        if i.dtype == np.uint8:
            return i.astype(np.bool_)
        return int(i) if i.ndim == 0 and i.dtype.kind == "i" else i
    if not (isinstance(i, slice | bool) or hasattr(i, "__index__")):
        raise (TypeError if isinstance(i, str) else IndexError)(
            "indices are integers, slices, None, ... or arrays of integers or bools, got "
            + type(i).__name__)
    return i


def _advanced(index: tuple) -> bool:
    """Whether an index has arrays, so that its result is no view."""
    for i in index:
        if type(i) is np.ndarray or type(i) is bool or isinstance(i, Tensor):
            return True
    return False


def steps(index: Any) -> tuple:
    """An index as rows of the table with their arguments: first what gives a view, then the arrays.

    In this order integers beside arrays do not move dimensions, as they do in NumPy.
    """
    index = as_index(index)
    if not _advanced(index):
        return (("slice", {"index": index}),)
    first: list = []
    then: list = []
    for i in index:
        if type(i) is np.ndarray or isinstance(i, Tensor):
            first += [_WHOLE] * (i.ndim if i.dtype.kind == "b" else 1)
            then.append(i)
        elif type(i) is bool:
            then.append(i)
        elif i is Ellipsis:
            first.append(i)
            then.append(i)
        else:
            first.append(i)
            if i is None or isinstance(i, slice):
                then.append(_WHOLE)
    if all([i is Ellipsis or (isinstance(i, slice) and i == _WHOLE) for i in first]):
        return (("index", {"index": index}),)
    return (("slice", {"index": tuple(first)}), ("index", {"index": tuple(then)}))
