"""Changes in place.

Memory is shared by a tensor, its views and what was detached from it: all say of whom (``origin``),
and the first of them, the root, keeps (number, age, operation) of the latest change. A node that is
older than a change of an operand that its gradient reads refuses to be walked through.

An in-place operation is the plain one, whose result then overwrites the memory and takes the
tensor's place in the graph. Written through a view, it is the base that changed: it becomes
``overwrite(base, y, path)``, and its other views, when next used, are views of that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import changed, record, recording
from .ops import TABLE
from .tensors import ShapeError, Tensor, as_dtype, base_of, become, must_hold, place, touch, wrap

OVERWRITE = TABLE["overwrite"]


def change(x: Tensor, name: str, f: Callable[..., Tensor], args: tuple,
           kw: dict | None = None) -> Tensor:
    """x.name(*args) in place, given f, the same out of place."""
    old = x
    if recording() and any([place(a) is not None for a in (x, *args)]):
        _refuse_leaf(x, name)
        old = become(wrap(x.array.copy()), place(x))  # as it was, for the gradient
        args = tuple([old if a is x else a for a in args])
    y = f(old, *args, **(kw or {}))
    if y.array.shape != x.array.shape:
        raise ShapeError(f"{name}: the result has shape {y.array.shape}, which cannot take the place "
                         f"of {x.array.shape}")
    must_hold(x, y, name)
    return overwrite(x, as_dtype(y, x.dtype), name, fresh=True)


def overwrite(x: Tensor, value: Any, name: str, part: tuple = (), fresh: bool = False) -> Tensor:
    """Let x, or the ``part`` of it that an index names, have a value: how every change ends.

    ``fresh``: the value is a result that nobody else knows. RuntimeError for a leaf that requires a
    gradient, and for memory that may not be written; a ValueError for shapes that do not fit.
    """
    t = x
    source = value.array if isinstance(value, Tensor) else value
    if source is None or isinstance(source, str):
        raise TypeError(f"{name}: wants a Tensor or a number, got {source!r}")
    if not t.array.flags.writeable:
        raise RuntimeError(f"{name}: this memory is read-only, or several elements share it (after "
                           "expand); use clone() before writing to it")
    target, at = t.array, ...  # what is written is target[at]
    for row, kw in part:
        if row == "index":
            at = kw["index"]
        else:
            target = target[kw["index"]]
    shape = target[at].shape
    recorded = recording() and (place(t) is not None or place(value) is not None)
    if recorded:
        _refuse_leaf(t, name)
        base = base_of(t)
        y = value if isinstance(value, Tensor) else wrap(np.asarray(source, t.array.dtype))
        y = _as_shape(as_dtype(y, t.array.dtype), shape, name)
        old = become(wrap(base.array), place(base))
        edges = (place(old), place(y))
    while t is not None:  # a gradient that reads a result keeps it as it was
        if t.node is not None and t.node.y is t.array and t.node.op.reads_result:
            t.node.y = t.array.copy()
        t = None if t.origin is None else t.origin[0]
    try:
        target[at] = source
    except ValueError:
        raise ShapeError(f"{name}: a value of shape {np.shape(source)} does not fit in shape "
                         f"{shape}") from None
    touch(x, name)
    if recorded:
        path = _path(x) + part
        base.node = (edges[1] if fresh and not path and edges[1] is not None else
                     record(OVERWRITE, (old, y), edges, {"path": path}, base.array))
        base.stamp = changed()
    return x


def _refuse_leaf(x: Tensor, name: str) -> None:
    if x.leaf_grad or base_of(x).leaf_grad:
        what = "a leaf" if x.leaf_grad else "a view of a leaf"
        raise RuntimeError(f"{name}: changes in place {what} that requires grad, of shape "
                           f"{x.array.shape}; use no_grad(), or the out-of-place form")


def _path(x: Tensor) -> tuple:
    """The operations that lead from the base to x, a view of it."""
    path: list = []
    while x.origin is not None and x.origin[1] is not None:
        x, op, kw = x.origin
        path.append((op.name, kw))
    return tuple(path[::-1])


def _as_shape(y: Tensor, shape: tuple, name: str) -> Tensor:
    """y broadcast to a shape, without the dimensions of size 1 that it has too many in front."""
    if y.array.ndim > len(shape):
        y = y.reshape(y.array.shape[y.array.ndim - len(shape):])
    return y if y.array.shape == shape else y.expand(shape)
