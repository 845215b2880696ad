"""What PyTorch's layers, and programs that extend them, use to read their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple]:
    """A function that makes n of one number, and leaves several as they are."""
    def parse(x: Any) -> tuple:
        return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))
    parse.__name__ = name
    return parse


_single, _pair, _triple, _quadruple = map(_ntuple, (1, 2, 3, 4),
                                          ("_single", "_pair", "_triple", "_quadruple"))


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take a prefix off all names, in place: that of a model saved within another, ``"module."``."""
    for name in list(state_dict):
        state_dict[name.removeprefix(prefix)] = state_dict.pop(name)
