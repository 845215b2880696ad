"""Modules that hold others, and lists and dictionaries of parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from operator import index
from typing import Any

from ...dtypes import TYPES
from ...tensors import Tensor
from ..module import Module
from ..parameter import Parameter


class _Numbered(Module):
    """Modules in order, by number."""

    def _renew(self, modules: Iterable[Module]) -> None:
        """Hold these, named by number."""
        named = {str(i): m for i, m in enumerate(modules)}
        self._modules.clear()
        for name, m in named.items():
            self._add(name, m)

    def _add(self, name: str, m: Any) -> None:
        if not (m is None or isinstance(m, Module)):
            raise TypeError(f"{type(self).__name__}: wants Modules, got {type(m).__name__}")
        self.add_module(name, m)

    def _name(self, i: Any) -> str:
        """The name of the module with a number, which may count from the end."""
        i = index(i)
        if not -len(self) <= i < len(self):
            raise IndexError(f"{type(self).__name__}: index {i} is out of range for "
                             f"{len(self)} modules")
        return list(self._modules)[i]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __setitem__(self, i: int, m: Module) -> None:
        self._add(self._name(i), m)

    def __delitem__(self, i: Any) -> None:
        modules = list(self)
        if not isinstance(i, slice):
            self._name(i)
        del modules[i]
        self._renew(modules)

    def append(self, module: Module) -> Any:
        """Add a module at the end."""
        self._add(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several modules at the end."""
        if not isinstance(modules, Iterable) or isinstance(modules, Mapping):
            raise TypeError(f"{type(self).__name__}.extend: wants modules, got "
                            f"{type(modules).__name__}")
        for m in list(modules):
            self.append(m)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before the one with a number."""
        modules = list(self)
        if not -len(modules) <= index <= len(modules):
            raise IndexError(f"{type(self).__name__}: index {index} is out of range for {len(self)} "
                             "modules")
        modules.insert(index, module)
        self._renew(modules)
        return self

    def pop(self, key: Any) -> Module:
        """Take a module out."""
        m = self._modules[self._name(key)]
        del self[key]
        return m

    def __iadd__(self, other: Iterable[Module]) -> Any:
        return self.extend(other)


class Sequential(_Numbered):
    """One module after the other: ``Sequential(a, b)``, or with names in an OrderedDict."""

    def __init__(self, *modules: Any):
        named = modules[0].items() if len(modules) == 1 and isinstance(modules[0], Mapping) else (
            (str(i), m) for i, m in enumerate(modules))
        for name, m in named:
            self._add(name, m)

    def forward(self, input: Any) -> Any:
        for m in self._modules.values():
            input = m(input)
        return input

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)(dict(list(self._modules.items())[i]))
        return self._modules[self._name(i)]

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"Sequential: adds another one, got {type(other).__name__}")
        return Sequential(*self, *other)

    def __mul__(self, times: int) -> Sequential:
        if not isinstance(times, int):
            raise TypeError(f"Sequential: is repeated an integer number of times, got {times!r}")
        if times <= 0:
            raise ValueError(f"Sequential: is repeated at least once, got {times}")
        return Sequential(*list(self) * times)

    __rmul__ = __mul__


class ModuleList(_Numbered):
    """A list of modules, which are found as attributes are."""

    def __init__(self, modules: Iterable[Module] | None = None):
        self.extend(() if modules is None else modules)

    def __getitem__(self, i: Any) -> Any:
        return type(self)(list(self)[i]) if isinstance(i, slice) else self._modules[self._name(i)]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        if not len(self):
            return f"{self._get_name()}()"
        lines = []
        for text, same in groupby(enumerate(self), lambda item: repr(item[1])):
            (first, _), *more = same
            if more:
                text = f"({first}-{more[-1][0]}): {len(more) + 1} x {text}"
            else:
                text = f"({first}): {text}"
            lines.append(text.replace("\n", "\n  "))
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class _Named:
    """What the dictionaries share, given ``_held``, the dict that holds their items."""

    def __getitem__(self, key: str) -> Any:
        return self._held[key]

    def __delitem__(self, key: str) -> None:
        del self._held[key]

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._held)

    def __contains__(self, key: Any) -> bool:
        return key in self._held

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._held.keys()

    def values(self) -> Iterable[Any]:
        """What is held."""
        return self._held.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """(name, what is held)."""
        return self._held.items()

    def get(self, key: str, default: Any = None) -> Any:
        """What is held under a name, or ``default``."""
        return self._held.get(key, default)

    def pop(self, key: str) -> Any:
        """Take one out."""
        return self._held.pop(key)

    def clear(self) -> None:
        """Take all out."""
        self._held.clear()

    def update(self, other: Any) -> None:
        """Add all of a mapping, or of pairs (name, thing)."""
        if not isinstance(other, Iterable):
            raise TypeError(f"{type(self).__name__}.update: wants a mapping or pairs, got "
                            f"{type(other).__name__}")
        for key, value in other.items() if hasattr(other, "items") else other:
            self[key] = value


class ModuleDict(_Named, Module):
    """A dictionary of modules, which are found as attributes are."""

    def __init__(self, modules: Any = None):
        self.update({} if modules is None else modules)

    @property
    def _held(self) -> dict[str, Module]:
        return self._modules

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)


class ParameterDict(_Named, Module):
    """A dictionary of parameters; tensors in it become parameters."""

    def __init__(self, parameters: Any = None):
        self.update({} if parameters is None else parameters)

    @property
    def _held(self) -> dict[str, Parameter]:
        return self._parameters

    def __setitem__(self, key: str, value: Any) -> None:
        self.register_parameter(key, _parameter(value))

    def extra_repr(self) -> str:
        return _listed(self._parameters, lambda p: f"torch.{_TYPES[p.dtype]}Tensor")


class ParameterList(Module):
    """A list of parameters; tensors in it become parameters."""

    def __init__(self, values: Iterable[Any] | None = None):
        self.extend(() if values is None else values)

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters.values())

    def __getitem__(self, i: Any) -> Any:
        parameters = list(self)
        return ParameterList(parameters[i]) if isinstance(i, slice) else parameters[i]

    def __setitem__(self, i: int, value: Any) -> None:
        self.register_parameter(list(self._parameters)[i], _parameter(value))

    def append(self, value: Any) -> ParameterList:
        """Add a parameter at the end."""
        self.register_parameter(str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several at the end."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend: wants parameters, got {type(values).__name__}")
        for value in values:
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def extra_repr(self) -> str:
        return _listed(self._parameters, lambda p: p.dtype)


def _parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


_TYPES = {dtype: name for name, dtype in TYPES.items()}


def _listed(parameters: Mapping[str, Parameter], kind: Callable[[Parameter], Any]) -> str:
    return "\n".join(f"  ({name}): Parameter containing: [{kind(p)} of size "
                     f"{'x'.join(map(str, p.shape))}]" for name, p in parameters.items())
