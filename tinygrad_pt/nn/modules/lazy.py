"""Layers that learn the size of their input from the first one they see."""

from __future__ import annotations

from inspect import signature
from typing import Any, ClassVar

from ...functions import no_grad
from ...tensors import Tensor
from ..module import Module
from ..parameter import UninitializedParameter


class Lazy(Module):
    """A layer ``becomes(n, *arguments)`` whose first argument is not given.

    When it is called first, n is the size of the input's dimension ``at``: its parameters (until then
    an `UninitializedParameter` each) get shape and values, and it becomes that layer.
    """

    becomes: ClassVar[type]
    size: ClassVar[str]  # the attribute that n is
    at: ClassVar[int]

    def __init_subclass__(cls) -> None:
        if hasattr(cls, "becomes") and cls.__init__ is Lazy.__init__:
            made = signature(cls.becomes)
            cls.__signature__ = made.replace(parameters=[*made.parameters.values()][1:])

    def __init__(self, *args: Any, **kw: Any):
        self.__dict__["_arguments"] = args, kw
        self.becomes.__init__(self, 0, *args, **kw)
        for name, p in self._parameters.items():
            if p is not None:
                self._parameters[name] = UninitializedParameter(p.requires_grad, dtype=p.dtype)

    def reset_parameters(self) -> None:
        """Nothing yet."""

    def has_uninitialized_params(self) -> bool:
        """Whether no input was seen."""
        return True

    def initialize_parameters(self, x: Tensor) -> None:
        """Take the size of x, and become a usual layer."""
        args, kw = self.__dict__.pop("_arguments")
        n = x.shape[self.at]
        made = self.becomes(n, *args, **kw)
        setattr(self, self.size, n)
        for name, p in made._parameters.items():
            if isinstance(mine := self._parameters[name], UninitializedParameter):
                mine.materialize(p.shape)
                with no_grad():
                    mine.copy_(p)
        self._buffers.update(made._buffers)
        self.__class__ = self.becomes

    def __call__(self, *args: Any, **kw: Any) -> Any:
        self.initialize_parameters(args[0] if args else kw["input"])
        return self(*args, **kw)
