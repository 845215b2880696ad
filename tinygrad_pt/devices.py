"""Devices by name. There is one that computes: the CPU."""

from __future__ import annotations

from typing import Any

_KINDS = ("cpu", "cuda", "mps", "xpu", "meta")


class device:
    """A device: ``device("cpu")``, ``device("cuda", 1)``, ``device("cuda:1")``.

    Any may be named, so that programs can ask for what there is; only the CPU can be used.
    RuntimeError for a kind that nobody knows.
    """

    __slots__ = ("index", "type")

    def __init__(self, type: Any, index: int | None = None):
        if isinstance(type, device):
            type, index = type.type, type.index
        kind, colon, number = str(type).partition(":")
        if kind not in _KINDS or (colon and not number.isdigit()):
            raise RuntimeError(f"device: wants one of {', '.join(_KINDS)}, got {type!r}")
        self.type, self.index = kind, int(number) if colon else index

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"


CPU = device("cpu")


def check_device(d: Any) -> None:
    """RuntimeError unless ``d`` is the CPU, or None."""
    if d is not None and device(d).type != "cpu":
        raise RuntimeError(f"device {str(d)!r}: this library computes on the CPU; use device='cpu'")
