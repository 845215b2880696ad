"""detect_anomaly: where did the first nan or inf come from?"""

from __future__ import annotations

import linecache
import os
import sys
from contextlib import ContextDecorator
from typing import Any

import numpy as np

from ..graph import Node, watch

_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def _user() -> tuple[str, int, str]:
    """File, line and function of the code that called this library."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name


class set_detect_anomaly(ContextDecorator):
    """Look for nan and inf in gradients, or not: from now on, or in a ``with`` block."""

    def __init__(self, mode: bool, check_nan: bool = True):
        self.before = watch(_user if mode and check_nan else None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        watch(self.before)


class detect_anomaly(set_detect_anomaly):
    """A ``with`` block whose graphs remember which line made each operation.

    A backward pass, in it too, that meets a gradient with nan or inf raises a RuntimeError that names
    the *first* operation, in forward order, whose result was not finite though its operands were, and
    the line of yours that called it; if all results were finite, the operation whose gradient is not.
    """

    def __init__(self, check_nan: bool = True):
        self.check = check_nan

    def __enter__(self) -> None:
        super().__init__(True, self.check)


def examine(contribution: Any, node: Node, everything: list[Node]) -> None:
    """Raise RuntimeError if a gradient that node passed on is not finite."""
    if _finite(contribution):
        return
    first = next((n for n in everything if not _finite(n.y) and all(map(_finite, n.inputs))), None)
    if first is not None:
        operands = ", ".join(_show(x) for x in first.inputs)
        raise RuntimeError(
            f"detect_anomaly: the gradient is not finite at {node.op.name}. The first operation whose "
            f"result is not finite is {first.op.name}, {_show(first.y)} from {operands}{_where(first)}")
    raise RuntimeError(f"detect_anomaly: all results are finite, but the gradient that passes "
                       f"{node.op.name} is not: {_show(contribution)}{_where(node)}")


def _finite(x: Any) -> bool:
    if isinstance(x, dict):
        return all(map(_finite, x.values()))
    x = np.asarray(getattr(x, "array", 0.0 if x is None else x))
    return x.dtype.kind != "f" or bool(np.isfinite(x).all())


def _show(x: Any) -> str:
    """One number of x: the first that is not finite, or the extremes of what is."""
    x = np.asarray(getattr(x, "array", x))
    bad = np.argwhere(~np.isfinite(x)) if x.dtype.kind == "f" else []
    if len(bad):
        at = tuple(map(int, bad[0]))
        return f"{x[at]}" + (f" at {list(at)}" if at else "")
    return f"{x.min()} … {x.max()}" if x.size > 1 else str(x)


def _where(node: Node) -> str:
    if node.where is None:
        return "; the forward pass was outside of detect_anomaly, so its line is not known"
    file, number, function = node.where
    return (f'\n  File "{file}", line {number}, in {function}\n    '
            + linecache.getline(file, number).strip())
