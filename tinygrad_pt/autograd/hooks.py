"""Hooks: functions of the user's that see, and may change, gradients on their way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import ref

from ..tensors import Tensor, place

_numbers = count()


class RemovableHandle:
    """What registering a hook returns; ``remove()`` takes the hook away, as does leaving ``with``."""

    def __init__(self, hooks: dict, key: Any):
        self.hooks, self.key = hooks, key

    def remove(self) -> None:
        """Take the hook away."""
        self.hooks.pop(self.key, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: Any) -> None:
        self.remove()


def register(hooks: dict, kind: str, hook: Any, prepend: bool = False) -> RemovableHandle:
    """One more entry (kind, number) → hook, behind the others or before them."""
    key = kind, next(_numbers)
    others = dict(hooks) if prepend else {}
    if prepend:
        hooks.clear()
    hooks[key] = hook
    hooks.update(others)
    return RemovableHandle(hooks, key)


def _register(name: str, x: Tensor, when: str, hook: Callable) -> RemovableHandle:
    at = place(x)
    if at is None:
        raise RuntimeError(f"{name}: wants a tensor that requires grad, this one, of shape "
                           f"{x.array.shape}, does not")
    if at.hooks is None:
        at.hooks = {}
    return register(at.hooks, when, hook)


def register_hook(x: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call hook(gradient) whenever a gradient with respect to x is computed.

    What it returns, unless None, goes on in the gradient's place.
    """
    return _register("register_hook", x, "before", hook)


def register_post_accumulate_grad_hook(x: Tensor, hook: Callable[[Tensor], None]) -> RemovableHandle:
    """Call hook(x) after backward() has added to the ``grad`` of x, a leaf."""
    if not x.is_leaf:
        raise RuntimeError("register_post_accumulate_grad_hook: wants a leaf; this tensor was made by "
                           f"{x.grad_fn.op.name}")
    return _register("register_post_accumulate_grad_hook", x, "after", hook)


def retain_grad(x: Tensor) -> None:
    """Let backward() add to the ``grad`` of x also if x is no leaf."""
    if (x.is_leaf and x.requires_grad) or x.retains_grad:
        return
    kept = ref(x)

    def keep(g: Tensor) -> None:
        t = kept()
        if t is not None:
            t.grad = g.clone() if t.grad is None else t.grad + g

    keep.retains = True
    _register("retain_grad", x, "before", keep)


def _retains_grad(x: Tensor) -> bool:
    """Whether `retain_grad` was called of this tensor, which is no leaf."""
    at = x.grad_fn
    return at is not None and any(hasattr(h, "retains") for h in (at.hooks or {}).values())


for _f in (register_hook, register_post_accumulate_grad_hook, retain_grad):
    setattr(Tensor, _f.__name__, _f)
Tensor.retains_grad = property(_retains_grad)
