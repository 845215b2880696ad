"""Named results, as PyTorch's functions return them where they return several."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any


@cache
def named(name: str, *fields: str) -> Any:
    """The type of a function's results: a tuple whose parts also have names."""
    cls = namedtuple(name, fields, rename=False)
    cls.__repr__ = _show
    return cls


def _show(self) -> str:
    parts = ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
    return f"torch.return_types.{type(self).__name__}(\n{parts})"
