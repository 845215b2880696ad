"""Function: an operation whose derivative the user writes, in PyTorch's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import enable_grad, is_grad_enabled, no_grad, record
from ..primitives import zeros_like
from ..tensors import ShapeError, Tensor, become, place, wrap


class Context:
    """What a Function's forward leaves for its backward: ``ctx``. Any attribute may be set."""

    def __init__(self, needs: tuple[bool, ...]):
        self.needs_input_grad = needs  # of each argument: whether a gradient of it is wanted
        self.saved_tensors: tuple[Tensor | None, ...] = ()
        self._plain: tuple[Tensor, ...] = ()
        self._zeros = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors (arguments, results or others) as ``ctx.saved_tensors``."""
        for x in tensors:
            if x is not None and not isinstance(x, Tensor):
                raise TypeError(f"save_for_backward: keeps Tensors, got {type(x).__name__}; what is "
                                "none may be an attribute of ctx")
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *outputs: Tensor) -> None:
        """These results have no derivative."""
        self._plain = outputs

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros, or None, for a result that nothing was made of."""
        self._zeros = value


class Function:
    """Base of operations with a derivative of their own.

    A subclass defines the static methods ``forward(ctx, *args)``, Tensors in and out, and
    ``backward(ctx, *grads)``: one gradient for each result in, one (or None) for each argument out.
    It is called by ``Name.apply(*args)``. In forward nothing is recorded; a backward written with
    Tensor functions can itself be differentiated, and gives forward mode too. ``forward(*args)`` with
    ``setup_context(ctx, inputs, output)`` is also understood.

        class Exp(Function):
            @staticmethod
            def forward(ctx, x):
                y = x.exp()
                ctx.save_for_backward(y)
                return y

            @staticmethod
            def backward(ctx, g):
                [y] = ctx.saved_tensors
                return g * y
    """

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        raise NotImplementedError("a Function needs a static method forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("a Function needs a static method backward(ctx, *grads)")

    def __call__(self, *args: Any) -> Any:
        name = type(self).__name__
        raise RuntimeError(f"{name}: an instance is of no use; call {name}.apply(*args)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute forward and, if a gradient may be wanted, record that backward undoes it."""
        needs = tuple(isinstance(x, Tensor) and x.requires_grad for x in args)
        ctx = Context(needs)
        with no_grad():
            if hasattr(cls, "setup_context"):
                results = cls.forward(*args)
                cls.setup_context(ctx, args, results)
            else:
                results = cls.forward(ctx, *args)
        if not (any(needs) and is_grad_enabled()):
            return results
        several = isinstance(results, tuple)
        outputs = [wrap(y.array) if any(y is x for x in args) else y
                   for y in (results if several else (results,))]
        for y in outputs:
            if not isinstance(y, Tensor):
                raise TypeError(f"{cls.__name__}.forward: returns Tensors, got {type(y).__name__}")
        edges = tuple([place(x) for x in args])
        node = record(_Custom(cls, ctx, args, outputs), (), edges, {}, None)
        for k, y in enumerate(outputs):
            if y.dtype.kind == "f" and not any(y is p for p in ctx._plain):
                become(y, record(_PART, (), (node,), {"k": k}, y.array) if several else node)
        return tuple(outputs) if several else outputs[0]


class _Parts(dict):
    """Cotangents (or tangents) of some of several results, by number; missing ones are zero."""

    def __add__(self, other):
        return _Parts({**self, **{k: self[k] + g if k in self else g for k, g in other.items()}})


class _Row:
    """What the walks over the graph ask of a row."""

    reads_result = of_one_call = at_once = False
    into = None

    def reads(self, i):
        return ()


class _Part(_Row):
    """One of several results."""

    name = "part"

    def pull(self, m, g, i, y, xs, kw):
        return _Parts({kw["k"]: g})

    def push(self, m, dxs, y, xs, kw):
        return dxs[0][kw["k"]]


_PART = _Part()


class _Custom(_Row):
    """A row, as the walks over the graph know it, of one call of a Function."""

    of_one_call = True

    def __init__(self, cls: type[Function], ctx: Context, args: tuple, outputs: Sequence[Tensor]):
        self.name, self.cls, self.ctx, self.args = cls.__name__, cls, ctx, args
        self.like = [y.detach() for y in outputs]
        for y in self.like:
            y.origin = None  # not a part of the result's life
        self.last: tuple = (None, ())  # backward is called once for all operands

    def pull(self, m, g, i, y, xs, kw):
        if self.last[0] is not g:
            parts = g if isinstance(g, _Parts) else {0: g}
            cotangents = [m.to_tensor(parts[k]) if k in parts else zeros_like(y) if self.ctx._zeros
                          else None for k, y in enumerate(self.like)]
            self.last = g, self.backward(cotangents)
        x, dx = self.args[i], self.last[1][i]
        if dx is None:
            dx = zeros_like(x)
        elif dx.shape != x.shape:
            raise ShapeError(f"{self.name}.backward: the gradient of argument {i} has shape "
                             f"{dx.array.shape}, the argument {x.array.shape}")
        return m.of_tensor(dx)

    def backward(self, cotangents):
        """One gradient, or None, for each argument."""
        grads = self.cls.backward(self.ctx, *cotangents)
        grads = grads if isinstance(grads, tuple) else (grads,)
        if len(grads) != len(self.args):
            raise RuntimeError(f"{self.name}.backward: returns one gradient for each of the "
                               f"{len(self.args)} arguments, got {len(grads)}")
        return grads

    def free(self):
        """Let go of what the call saved, which may be its own results."""
        self.ctx, self.args, self.last = None, (), (None, ())

    def push(self, m, dxs, y, xs, kw):
        """J u, from backward alone: v ↦ Jᵀ v is linear, and its transpose is J."""
        from . import grad
        vs = [zeros_like(y).requires_grad_() for y in self.like]
        with enable_grad():
            grads = self.backward(vs)
            inner = [(g * m.to_tensor(dx)).sum() for g, dx in zip(grads, dxs, strict=True)
                     if g is not None and dx is not None]
            tangents = grad(inner, vs, create_graph=is_grad_enabled(), allow_unused=True)
        parts = _Parts({k: m.of_tensor(zeros_like(v) if t is None else t)
                        for k, (v, t) in enumerate(zip(vs, tangents, strict=True))})
        return parts if len(parts) > 1 else parts[0]
