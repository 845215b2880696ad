"""Helpers in the places where PyTorch keeps them: ``utils.data``, ``utils.checkpoint``."""

from importlib import import_module


def __getattr__(name):
    """Import a helper when it is first asked for."""
    if name in ("checkpoint", "data", "tensorboard"):
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
