"""Stands in for the module `cython` while a compilable source runs as plain Python.

Importing the real one would cost more than everything else `Value` needs, and it need not be
installed. A class decorated with ``cclass`` gets what it has when compiled: its fields and no
others.
"""

from __future__ import annotations

compiled = False


class _Type:
    """A C type; indexed, an array of it."""

    def __getitem__(self, size: int) -> list[float]:
        return [0.0] * size


class _Field:
    """What ``declare`` leaves in a class body."""


double, bint, longlong, Py_ssize_t = _Type(), _Type(), _Type(), _Type()


def declare(type: object = None, value: object = None, visibility: str = "private") -> object:
    """A variable with its value, a local array, or a field of a class."""
    if value is not None:
        return value
    return type.copy() if isinstance(type, list) else _Field()


def cclass(cls: type) -> type:
    """The class rebuilt with its declared fields as slots, unless it has slots already."""
    if "__slots__" in vars(cls):
        return cls
    body = dict(vars(cls))
    fields = [*body.get("__annotations__", ()), *(k for k, v in body.items() if isinstance(v, _Field))]
    for name in (*fields, "__dict__", "__weakref__"):
        body.pop(name, None)
    return type(cls.__name__, cls.__bases__, {**body, "__slots__": tuple(fields)})


def _same(x: object) -> object:
    return x


def trashcan(_):
    return _same


def freelist(_):
    return _same


final = no_gc = ccall = cfunc = inline = _same
