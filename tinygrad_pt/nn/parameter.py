"""What a Module learns and keeps: tensors that it finds by their class."""

from __future__ import annotations

from typing import Any

from ..functions.creation import empty
from ..tensors import Tensor, as_array, wrap


class Parameter(Tensor):
    """A tensor that a Module learns: as one of its attributes it is found by ``parameters()``.

    It shares the memory of ``data``.
    """

    def __init__(self, data: Any = (), requires_grad: bool = True):
        super().__init__(wrap(as_array(data)), requires_grad=requires_grad)

    def __deepcopy__(self, memo: dict) -> Parameter:
        memo[id(self)] = p = type(self)(self.detach().clone(), self.requires_grad)  # without .grad
        return p

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that belongs to a Module's state and is not learned: see `Module.register_buffer`."""

    def __init__(self, data: Any = (), *, persistent: bool = True):
        super().__init__(wrap(as_array(data)))
        self.persistent = persistent


class UninitializedParameter(Parameter):
    """A Parameter whose shape is not known yet: see `modules.lazy`."""

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None):
        super().__init__(empty(0, device=device, dtype=dtype), requires_grad)

    def __deepcopy__(self, memo: dict) -> UninitializedParameter:
        memo[id(self)] = p = type(self)(self.requires_grad, dtype=self.dtype)
        return p

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a Parameter of this shape, not initialised."""
        self.data = empty(shape, device=device, dtype=dtype or self.dtype)
        self.__class__ = Parameter

    def __repr__(self) -> str:
        return "<UninitializedParameter>"


def is_lazy(x: Any) -> bool:
    """Whether x waits for its shape."""
    return isinstance(x, UninitializedParameter)
