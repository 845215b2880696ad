"""What layers without parameters share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..module import Module


class Layer(Module):
    """A layer without parameters: ``function`` of its input and of what ``__init__`` was given.

    ``shown`` is the form of the repr; ``inplace=True`` is shown where a layer has that.
    """

    function: ClassVar[Callable]
    names: ClassVar[tuple[str, ...]] = ()  # of the arguments, the function's own
    shown: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "__init__" in vars(cls) and not cls.names:
            code = cls.__init__.__code__
            cls.names = code.co_varnames[1:code.co_argcount]

    def keep(self, given: dict[str, Any]) -> None:
        """Make attributes of the arguments of ``__init__``, its ``locals()``."""
        for name in self.names:
            setattr(self, name, given[name])

    def forward(self, input: Any) -> Any:
        return type(self).function(input, **{name: getattr(self, name) for name in self.names})

    def extra_repr(self) -> str:
        inplace = ["inplace=True"] if "inplace" not in self.shown and vars(self).get("inplace") else []
        return ", ".join([self.shown.format_map(vars(self))] * bool(self.shown) + inplace)
