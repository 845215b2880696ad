"""Module: a function with parameters that are found by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..functions import float32, float64, no_grad
from ..tensors import ShapeError, Tensor, as_array, wrap


class Parameter(Tensor):
    """A tensor that a Module learns: as one of its attributes it is found by ``parameters()``."""

    def __init__(self, data: Any = (), requires_grad: bool = True):
        super().__init__(wrap(as_array(data)), requires_grad=requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Module:
    """Base of all layers and networks: subclasses define ``__init__`` and ``forward``.

    Attributes that are Parameters or Modules are registered under their names.
    """

    training = True

    def __call__(self, *inputs: Any, **kw: Any) -> Any:
        return self.forward(*inputs, **kw)

    def forward(self, *inputs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, by name."""
        return ((name, m) for name, m in vars(self).items() if isinstance(m, Module))

    def children(self) -> Iterator[Module]:
        return (m for _, m in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all within it, by dotted path."""
        yield prefix, self
        for name, m in self.named_children():
            yield from m.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        return (m for _, m in self.named_modules())

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """All parameters by dotted path; one that is shared is given once."""
        seen = set()
        for prefix, m in self.named_modules():
            for name, p in vars(m).items():
                if isinstance(p, Parameter) and p not in seen:
                    seen.add(p)
                    yield f"{prefix}.{name}" if prefix else name, p

    def parameters(self) -> Iterator[Parameter]:
        return (p for _, p in self.named_parameters())

    def state_dict(self) -> dict[str, Tensor]:
        """Name → parameter, outside of the graph and sharing its memory."""
        return {name: p.detach() for name, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Copy parameters from a mapping of the same names and shapes; else nothing is changed.

        Raises KeyError for missing or unexpected names, a ValueError for a shape that differs.
        """
        own = dict(self.named_parameters())
        missing, unexpected = own.keys() - state.keys(), state.keys() - own.keys()
        if missing or unexpected:
            raise KeyError(f"load_state_dict: missing {sorted(missing)}, "
                           f"unexpected {sorted(unexpected)}")
        for name, p in own.items():
            if p.shape != tuple(state[name].shape):
                raise ShapeError(f"load_state_dict: {name} has shape {p.array.shape}, the state "
                                 f"{tuple(state[name].shape)}")
        with no_grad():
            for name, p in own.items():
                p[...] = state[name]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters():
            p.grad = None

    def train(self, mode: bool = True) -> Module:
        """Training mode for this module and all within it."""
        for m in self.modules():
            m.training = mode
        return self

    def eval(self) -> Module:
        """Evaluation mode for this module and all within it."""
        return self.train(False)

    def to(self, dtype: Any) -> Module:
        """All parameters with another dtype."""
        for p in self.parameters():
            p.data = p.detach().to(dtype)
            p.grad = None
        return self

    def double(self) -> Module:
        return self.to(float64)

    def float(self) -> Module:
        return self.to(float32)

    def extra_repr(self) -> str:
        """What stands between the brackets of the repr."""
        return ""

    def __repr__(self) -> str:
        inner = [f"({name}): " + repr(m).replace("\n", "\n  ") for name, m in self.named_children()]
        if not inner:
            return f"{type(self).__name__}({self.extra_repr()})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(inner) + "\n)"
