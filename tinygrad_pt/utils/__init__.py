"""Helpers in the places where PyTorch keeps them: ``utils.data``, ``utils.checkpoint``."""

from importlib import import_module

from ..places import lookup


def __getattr__(name):
    """Import a helper when it is first asked for."""
    if name in ("checkpoint", "data", "tensorboard"):
        return import_module(f".{name}", __name__)
    return lookup(__name__, name)
