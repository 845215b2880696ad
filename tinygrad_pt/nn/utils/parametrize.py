"""Parameters that are functions of others: what is learned is the original, what is used its image."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...functions import no_grad
from ...tensors import Tensor
from ..module import Module
from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter

__all__ = ["ParametrizationList", "cached", "is_parametrized", "register_parametrization",
           "remove_parametrizations", "type_before_parametrizations"]

_cache: dict | None = None  # (module, name) → tensor, within `cached`


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once within a with block: what is read there may be reused."""
    global _cache
    before, _cache = _cache, {} if _cache is None else _cache
    try:
        yield
    finally:
        _cache = before


def _keep(m: Module, name: str, x: Tensor) -> None:
    (m.register_parameter if isinstance(x, Parameter) else m.register_buffer)(name, x)


class ParametrizationList(ModuleList):
    """The functions that lead from ``original`` (or ``original0``, ``original1``, …) to a tensor."""

    def __init__(self, modules: Any, original: Tensor, unsafe: bool = False):
        super().__init__(modules)
        found = self._inverse(original)
        self.is_tensor = isinstance(found, Tensor)
        self.ntensors = 1 if self.is_tensor else len(found)
        if self.is_tensor:
            with no_grad():
                original.data = found.detach()
            _keep(self, "original", original)
        else:
            for i, t in enumerate(found):
                _keep(self, f"original{i}", Parameter(t.detach(), original.requires_grad)
                      if isinstance(original, Parameter) else t.detach())
        if not unsafe:
            image = self()
            if image.shape != original.shape or image.dtype != original.dtype:
                raise ValueError("register_parametrization: wants a tensor of shape "
                                 f"{tuple(original.shape)} and {original.dtype} again, got "
                                 f"{tuple(image.shape)} and {image.dtype}; unsafe=True allows that")

    def _inverse(self, value: Tensor, wanted: bool = False) -> Any:
        """What is mapped to value; value itself where there is no right_inverse, if none is wanted."""
        with no_grad():
            for m in reversed(list(self)):
                if hasattr(m, "right_inverse"):
                    value = m.right_inverse(value)
                elif wanted:
                    raise RuntimeError(f"{type(m).__name__} has no right_inverse(): the tensor cannot "
                                       "be given a value")
        return value

    def _originals(self) -> list[Tensor]:
        return [self.original] if self.is_tensor else [
            getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Let the originals be such that their image is ``value``. RuntimeError if that is unknown."""
        found = self._inverse(value, True)
        with no_grad():
            for x, t in zip(self._originals(), [found] if self.is_tensor else found, strict=True):
                x.data = t.detach()

    def forward(self) -> Tensor:
        first, *others = self
        x = first(*self._originals())
        for m in others:
            x = m(x)
        return x


class _Parametrized:
    """What the class of a module gets besides its own: attributes that are computed."""

    def __setattr__(self, name: str, value: Any) -> None:
        lists = self.__dict__["_modules"].get("parametrizations", ())
        if name in lists:
            lists[name].right_inverse(value)
        else:
            super().__setattr__(name, value)


def _computed(name: str) -> property:
    def read(m: Module) -> Tensor:
        lists = m.parametrizations
        if name not in lists:  # of this module it is not parametrized any more
            return Module.__getattr__(m, name)
        if _cache is None:
            return lists[name]()
        if (m, name) not in _cache:
            _cache[m, name] = lists[name]()
        return _cache[m, name]
    return property(read)


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *,
                             unsafe: bool = False) -> Module:
    """Let a parameter or buffer be parametrization(original), or that of what it is already.

    The original is ``module.parametrizations.NAME.original``, and is such that its image is the old
    value if there is a ``right_inverse(value)``; several if that returns a tuple. ValueError if there
    is no such tensor, or if shape or dtype change, unless ``unsafe``.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    if tensor_name not in module._parameters and tensor_name not in module._buffers:
        raise ValueError(f"register_parametrization: {type(module).__name__} has no parameter or "
                         f"buffer {tensor_name!r}")
    functions = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        of = type(module)
        module.__class__ = type(f"Parametrized{of.__name__}", (_Parametrized, of), {})
        module.parametrizations = ModuleDict()
    setattr(type(module), tensor_name, _computed(tensor_name))
    module.parametrizations[tensor_name] = functions
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module is parametrized, this one or any."""
    lists = module._modules.get("parametrizations")
    if lists is None or not isinstance(module, _Parametrized):
        return False
    return len(lists) > 0 if tensor_name is None else tensor_name in lists


def remove_parametrizations(module: Module, tensor_name: str,
                            leave_parametrized: bool = True) -> Module:
    """Let a tensor be one of the module's own again: its value, or else the original.

    ValueError if it is not parametrized, or if there are several originals to choose from.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"remove_parametrizations: {type(module).__name__} has no parametrization of "
                         f"{tensor_name!r}")
    functions = module.parametrizations[tensor_name]
    if not functions.is_tensor and not leave_parametrized:
        raise ValueError("remove_parametrizations: there are several originals; only "
                         "leave_parametrized=True is possible")
    first, value = functions._originals()[0], getattr(module, tensor_name).detach()
    if not functions.is_tensor:
        first = Parameter(value, first.requires_grad) if isinstance(first, Parameter) else value
    elif leave_parametrized:
        first.data = value
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        del module.parametrizations
        module.__class__ = type(module).__bases__[1]
    _keep(module, tensor_name, first)
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class of a module, or the one it had before it was parametrized."""
    return type(module).__bases__[1] if is_parametrized(module) else type(module)
