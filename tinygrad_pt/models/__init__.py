"""Networks in a few lines each; `digits` is what ``tinygrad-pt train`` trains."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingExtra(ImportError):
    """A library of the ``train`` extra is not installed; the message says how to install it."""


def extra(name: str) -> ModuleType:
    """Import a module of the optional dependencies, or say how to install them."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(f"this needs {name.partition('.')[0]}, which is not installed: "
                           "pip install 'tinygrad_pt[train]'") from error
