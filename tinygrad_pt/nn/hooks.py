"""Hooks of modules: functions of the user's that a module, or every module, calls on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..autograd.function import Function
from ..autograd.hooks import RemovableHandle, register
from ..tensors import Tensor

Hooks = dict[tuple[str, int], tuple[Callable, dict]]  # (kind, number) → (function, options)

everywhere: Hooks = {}  # those of every module


def add(hooks: Hooks, kind: str, hook: Callable, prepend: bool = False,
        **options: bool) -> RemovableHandle:
    """One more hook, behind the others or before them."""
    return register(hooks, kind, (hook, options), prepend)


def of_kind(m: Any, kind: str) -> list[tuple[Callable, dict]]:
    """The hooks of a kind that a module has to call."""
    return [h for hooks in (everywhere, m._hooks or {}) for (of, _), h in hooks.items() if of == kind]


# ── of every module ─────────────────────────────────────────────────────────────────────────────

def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_forward_pre_hook` of every module."""
    return add(everywhere, "before", hook)


def register_module_forward_hook(hook: Callable, *, with_kwargs: bool = False,
                                 always_call: bool = False) -> RemovableHandle:
    """`Module.register_forward_hook` of every module."""
    return add(everywhere, "after", hook, with_kwargs=with_kwargs, always_call=always_call)


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_full_backward_pre_hook` of every module."""
    return add(everywhere, "backward before", hook)


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """`Module.register_full_backward_hook` of every module."""
    return add(everywhere, "backward after", hook)


register_module_backward_hook = register_module_full_backward_hook


def register_module_parameter_registration_hook(hook: Callable) -> RemovableHandle:
    """Call hook(module, name, parameter) when a module gets a parameter; it may return another."""
    return add(everywhere, "_parameters", hook)


def register_module_buffer_registration_hook(hook: Callable) -> RemovableHandle:
    """Call hook(module, name, buffer) when a module gets a buffer; it may return another."""
    return add(everywhere, "_buffers", hook)


def register_module_module_registration_hook(hook: Callable) -> RemovableHandle:
    """Call hook(module, name, submodule) when a module gets another; it may return a third."""
    return add(everywhere, "_modules", hook)


# ── calls ───────────────────────────────────────────────────────────────────────────────────────

class _Gate(Function):
    """The identity of several tensors; a function sees, and may change, their gradients."""

    @staticmethod
    def forward(ctx, see, *xs):
        ctx.see = see
        return xs

    @staticmethod
    def backward(ctx, *grads):
        return (None, *ctx.see(grads))


def _gated(see: Callable, values: tuple) -> tuple:
    """Values, the gradients of whose Tensors go through ``see``: a tuple with None for the others."""
    at = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x.requires_grad]
    if not at:
        return values

    def seen(grads):
        all_of_them: list = [None] * len(values)
        for i, g in zip(at, grads, strict=True):
            all_of_them[i] = g
        changed = see(tuple(all_of_them))
        return [changed[i] for i in at]

    out = list(values)
    for i, x in zip(at, _Gate.apply(seen, *[values[i] for i in at]), strict=True):
        out[i] = x
    return tuple(out)


def call_with_hooks(m: Any, args: tuple, kw: dict) -> Any:
    """m(*args, **kw), with what hooks add: those of every module first, then m's own."""
    kinds = "before", "after", "backward before", "backward after"
    hooks = {kind: of_kind(m, kind) for kind in kinds}
    for hook, options in hooks["before"]:
        if options.get("with_kwargs"):
            args, kw = hook(m, args, kw) or (args, kw)
        elif (changed := hook(m, args)) is not None:
            args = changed if isinstance(changed, tuple) else (changed,)
    backward = hooks["backward before"] or hooks["backward after"]
    from_output: tuple = ()

    def at_output(grads):
        nonlocal from_output
        for hook, _ in hooks["backward before"]:
            grads = _as_tuple(hook(m, grads), grads)
        from_output = grads
        if not any(isinstance(x, Tensor) and x.requires_grad for x in args):
            at_inputs((None,) * len(args))
        return grads

    def at_inputs(grads):
        for hook, _ in hooks["backward after"]:
            grads = _as_tuple(hook(m, grads, from_output), grads)
        return grads

    if backward:
        args = _gated(at_inputs, args)
    try:
        y = m.forward(*args, **kw)
    except Exception:
        for hook, options in hooks["after"]:
            if options.get("always_call"):
                hook(m, args, *([kw] if options.get("with_kwargs") else []), None)
        raise
    for hook, options in hooks["after"]:
        changed = hook(m, args, *([kw] if options.get("with_kwargs") else []), y)
        y = y if changed is None else changed
    if backward:
        y = _gated(at_output, y) if isinstance(y, tuple) else _gated(at_output, (y,))[0]
    return y


def _as_tuple(changed: Any, old: tuple) -> tuple:
    """The gradients that a hook returned, or the old ones."""
    return old if changed is None else changed if isinstance(changed, tuple) else (changed,)
