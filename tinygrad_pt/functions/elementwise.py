"""Element by element: the pointwise rows of the table as functions, and what is composed of them."""

from __future__ import annotations

from typing import Any

from .. import primitives
from ..ops import Op, Pointwise, follow
from ..tensors import Tensor, attach
from .common import TAKEN

inf, nan = float("inf"), float("nan")


def _pointwise(op: Pointwise) -> Any:
    """The function of a pointwise row: of Tensors, or of Values."""
    name, of_tensors = op.name, getattr(primitives, op.name)

    def f(*operands: Any) -> Any:
        if len(operands) != len(op.operands):
            raise TypeError(f"{name}({', '.join(op.operands)}): wants {len(op.operands)} operands, "
                            f"got {len(operands)}")
        for x in operands:
            if isinstance(x, Tensor):
                return of_tensors(*operands)
        return _of_values(op, operands)

    f.__name__ = f.__qualname__ = name
    f.__doc__ = op.describe()
    return f


def _of_values(op, operands):
    from .. import value
    if any(isinstance(x, value.Value) for x in operands):
        return getattr(value.Value, op.name)(*operands)
    kinds = ", ".join(type(x).__name__ for x in operands)
    raise TypeError(f"{op.name}: wants a Tensor or a Value, got {kinds}")


def _add(op: Op) -> None:
    """A pointwise row's function, here and as a method of `Tensor`."""
    if not isinstance(op, Pointwise) or op.name == "chain":
        return
    if op.name in TAKEN:
        raise ValueError(f"{op.name}: Tensor has an attribute of this name that is no operation")
    f = globals()[op.name] = _pointwise(op)
    attach(Tensor, op.name, f)


follow(_add)


def clamp(x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """x kept within [min, max]; a bound that is None does not bind. Slope 1 on the bounds."""
    if min is None and max is None:
        raise ValueError("clamp: at least one of min and max must be given")
    if min is None:
        return minimum(x, max) if isinstance(max, Tensor) else clip(x, -inf, max)
    if max is None:
        return maximum(x, min) if isinstance(min, Tensor) else clip(x, min, inf)
    return clip(x, min, max)
