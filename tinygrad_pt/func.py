"""Derivatives of functions: each takes a function and gives one. They nest.

``grad(f)`` is the function x ↦ ∂f/∂x; ``hessian(f)`` is ``jacfwd(jacrev(f))``; ``vmap(grad(f))`` gives
the gradient of each example of a batch. Functions take and return Tensors, or nests (tuples, lists,
dicts) of them; ``argnums`` says which arguments are differentiated.

Every transform works on a graph of its own: it calls f on *aliases* of its inputs, places where only
its own gradient is asked. An alias of a tensor that an outer transform (or the user) differentiates is
recorded too, and then the result is part of that graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import autograd, graph, primitives
from .batching import boxes, vmap
from .graph import Node, ancestors, enable_grad, is_grad_enabled
from .ops import arrays
from .tensors import ShapeError, Tensor, place, wrap
from .trees import leaves, tree_map

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacobian",
           "jacrev", "jvp", "linearize", "value_and_grad", "vjp", "vmap"]


class NotDifferentiable(TypeError, ValueError, RuntimeError):
    """What is no Tensor of floats among a function's arguments, or no Tensor among its results.

    PyTorch raises each of the three somewhere.
    """


class _Call:
    """One recorded call y = f(*args): its aliases, its results, and derivatives of them."""

    def __init__(self, f: Callable, args: Sequence[Any], argnums: Sequence[int], kw: dict,
                 has_aux: bool = False):
        recorded = is_grad_enabled()
        self.inputs = [args[i] for i in argnums]
        for x in leaves(self.inputs):
            if not isinstance(x, Tensor) or x.dtype.kind != "f":
                what = x.dtype if isinstance(x, Tensor) else type(x).__name__
                raise NotDifferentiable("derivatives are with respect to Tensors of floating point "
                                        f"numbers, got {what}")
        with enable_grad():
            aliases = [tree_map(lambda x: _alias(x, recorded), x) for x in self.inputs]
            args = [aliases[argnums.index(i)] if i in argnums else x for i, x in enumerate(args)]
            y = f(*args, **kw)
        self.y, self.aux = y if has_aux else (y, None)
        self.xs, self.ys = leaves(aliases), leaves(self.y)
        for y in self.ys:
            if not isinstance(y, Tensor):
                raise NotDifferentiable("the function must return Tensors, got "
                                        + type(y).__name__)
        own = {place(x) for x in self.xs}
        self.beyond = recorded and any(
            e is not None and not isinstance(e, Node) and e not in own
            for n in ancestors([place(y) for y in self.ys]) for e in n.edges)

    def value(self) -> Any:
        """The results, outside of this call's own graph."""
        return self.y if self.beyond else tree_map(lambda y: y.detach(), self.y)

    def pull(self, cotangents: Sequence[Any]) -> list[Tensor]:
        """Σⱼ vⱼᵀ ∂yⱼ/∂xᵢ for each alias; None stands for one."""
        if len(cotangents) != len(self.ys):
            raise RuntimeError(f"vjp: {len(self.ys)} results want as many cotangents, got "
                               f"{len(cotangents)}")
        used = [(y, v) for y, v in zip(self.ys, cotangents, strict=True) if place(y) is not None]
        found: dict = {}
        if used:
            found = autograd._pull([y for y, _ in used], [v for _, v in used], True,
                                   self.beyond or boxes(cotangents), [place(x) for x in self.xs])
        grads = [found.get(place(x)) for x in self.xs]
        return [primitives.zeros_like(x) if g is None else g if self.beyond else g.detach()
                for x, g in zip(self.xs, grads, strict=True)]

    def push(self, tangents: Sequence[Tensor]) -> list[Tensor]:
        """Σᵢ ∂yⱼ/∂xᵢ ẋᵢ for each result, by forward mode: one walk, oldest first."""
        for i, (x, dx) in enumerate(zip(self.xs, tangents, strict=True)):
            if x.array.shape != dx.array.shape:
                raise ShapeError(f"jvp: tangent {i} has shape {dx.array.shape}, its input "
                                 f"{x.array.shape}")
        recorded = self.beyond or any(dx.requires_grad for dx in tangents)
        plain = not (recorded or boxes([*tangents, *self.xs]))
        with graph._Recording(recorded), np.errstate(all="ignore"):
            found = graph.forward(
                {place(x): dx.array if plain else dx
                 for x, dx in zip(self.xs, tangents, strict=True)},
                [place(y) for y in self.ys], arrays if plain else primitives)
        return [primitives.zeros_like(y) if dy is None else wrap(dy) if plain else dy
                for y, dy in zip(self.ys, found, strict=True)]


def _alias(x: Tensor, recorded: bool) -> Tensor:
    """x as a place of its own in the graph."""
    if recorded and x.requires_grad:
        return primitives.reshape(x, tuple(x.shape))
    return x.detach().requires_grad_()


def _nest(flat: Sequence[Any], like: Any) -> Any:
    """Leaves in the nest of ``like``."""
    flat = iter(flat)
    return tree_map(lambda _: next(flat), like)


def _numbers(argnums: int | Sequence[int], args: Sequence[Any]) -> list[int]:
    numbers = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in numbers:
        if type(i) is not int or not -len(args) <= i < len(args):
            raise RuntimeError(f"argnums={argnums!r} names none of {len(args)} arguments")
    return [i % len(args) for i in numbers]


# ── reverse mode ────────────────────────────────────────────────────────────────────────────────

def grad_and_value(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The function that gives (∂f/∂x, f(x)) for a scalar f; with ``has_aux`` f returns (y, aux)."""
    def g(*args: Any, **kw: Any) -> Any:
        call = _Call(f, args, _numbers(argnums, args), kw, has_aux)
        if len(call.ys) != 1 or call.ys[0].array.size != 1 or call.ys[0].ndim:
            raise RuntimeError("grad: wants a function that returns a scalar, a Tensor of shape (), "
                               f"got {[y.array.shape for y in call.ys]}")
        grads = _nest(call.pull([None]), call.inputs)
        value = (call.value(), call.aux) if has_aux else call.value()
        return (grads[0] if isinstance(argnums, int) else tuple(grads)), value
    return g


def value_and_grad(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The function that gives (f(x), ∂f/∂x): `grad_and_value` in JAX's order."""
    def g(*args: Any, **kw: Any) -> Any:
        grads, value = grad_and_value(f, argnums, has_aux)(*args, **kw)
        return value, grads
    return g


def grad(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The function x ↦ ∂f/∂x of a scalar f; with ``has_aux`` f returns (y, aux), and so does this."""
    def g(*args: Any, **kw: Any) -> Any:
        grads, value = grad_and_value(f, argnums, has_aux)(*args, **kw)
        return (grads, value[1]) if has_aux else grads
    return g


def vjp(f: Callable, *inputs: Any, has_aux: bool = False) -> tuple:
    """f(*inputs), and the function that carries a cotangent v of it back to vᵀ ∂f/∂xᵢ.

    The latter can be called often, and under vmap. Its result is a tuple, one for each input.
    """
    call = _Call(f, inputs, list(range(len(inputs))), {}, has_aux)

    def pull(v: Any = None) -> tuple:
        return tuple(_nest(call.pull([None] * len(call.ys) if v is None else leaves(v)),
                           call.inputs))

    return (call.value(), pull, call.aux) if has_aux else (call.value(), pull)


# ── forward mode ────────────────────────────────────────────────────────────────────────────────

def jvp(f: Callable, inputs: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> tuple:
    """f(*inputs), and Σᵢ ∂f/∂xᵢ ẋᵢ by forward mode."""
    for given in (inputs, tangents):
        if not isinstance(given, list | tuple) or not given:
            raise RuntimeError("jvp: wants a tuple of inputs and one of tangents, not empty, got "
                               f"{type(given).__name__}")
    call = _Call(f, inputs, list(range(len(inputs))), {}, has_aux)
    dy = _nest(call.push(_tangents(call, tangents)), call.y)
    return (call.value(), dy, call.aux) if has_aux else (call.value(), dy)


def linearize(f: Callable, *inputs: Any) -> tuple:
    """f(*inputs), and the function of tangents ẋ ↦ ∂f/∂x ẋ: f is called once, that often."""
    call = _Call(f, inputs, list(range(len(inputs))), {})
    return call.value(), lambda *tangents: _nest(call.push(_tangents(call, tangents)), call.y)


def _tangents(call: _Call, tangents: Sequence[Any]) -> list[Tensor]:
    flat = leaves(list(tangents))
    if len(flat) != len(call.xs):
        raise RuntimeError(f"jvp: {len(call.xs)} inputs want as many tangents, got {len(flat)}")
    return flat


# ── matrices of derivatives ─────────────────────────────────────────────────────────────────────

def jacrev(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The function that gives ∂yⱼ/∂xᵢ, of shape y.shape + x.shape, by reverse mode: one walk for all
    rows at once. For few results of many inputs.
    """
    return _jacobian(f, argnums, has_aux, _by_rows)


def jacfwd(f: Callable, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable:
    """The function that gives ∂yⱼ/∂xᵢ, of shape y.shape + x.shape, by forward mode: one walk for all
    columns at once. For many results of few inputs.
    """
    return _jacobian(f, argnums, has_aux, _by_columns)


def _jacobian(f: Callable, argnums: int | Sequence[int], has_aux: bool, blocks: Callable) -> Callable:
    def g(*args: Any, **kw: Any) -> Any:
        call = _Call(f, args, _numbers(argnums, args), kw, has_aux)
        rows = [_nest(row, call.inputs) for row in blocks(call)]
        jacobian = _nest([r[0] if isinstance(argnums, int) else tuple(r) for r in rows], call.y)
        return (jacobian, call.aux) if has_aux else jacobian
    return g


def _by_rows(call: _Call) -> list[list[Tensor]]:
    """∂yⱼ/∂xᵢ for each result a list of them for all inputs: unit vectors carried back."""
    def row(j: int, y: Tensor) -> list[Tensor]:
        blocks = vmap(lambda v: call.pull(_alone(v, j, call.ys)))(_basis(y))
        return [b.reshape(*y.shape, *x.shape) for b, x in zip(blocks, call.xs, strict=True)]
    return [row(j, y) for j, y in enumerate(call.ys)]


def _by_columns(call: _Call) -> list[list[Tensor]]:
    """The same, by unit vectors carried on."""
    def column(i: int, x: Tensor) -> list[Tensor]:
        blocks = vmap(lambda dx: call.push(_alone(dx, i, call.xs)), out_dims=-1)(_basis(x))
        return [b.reshape(*y.shape, *x.shape) for b, y in zip(blocks, call.ys, strict=True)]
    return list(map(list, zip(*[column(i, x) for i, x in enumerate(call.xs)], strict=True)))


def _alone(v: Tensor, k: int, like: Sequence[Tensor]) -> list[Tensor]:
    """v in place k, zeros in the others."""
    return [v if n == k else primitives.zeros_like(x) for n, x in enumerate(like)]


def _basis(x: Tensor) -> Tensor:
    """The unit vectors of x's space, (n, *x.shape)."""
    n = x.array.size
    return wrap(np.eye(n, dtype=x.dtype).reshape(n, *x.array.shape))


jacobian = jacrev


def hessian(f: Callable, argnums: int = 0) -> Callable:
    """The function that gives ∂²f/∂x∂x, forward over reverse."""
    return jacfwd(jacrev(f, argnums), argnums)


def hvp(f: Callable, inputs: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """∂f/∂x and ∂²f/∂x∂x v, without the matrix: forward over reverse (Pearlmutter, 1994)."""
    numbers = tuple(range(len(inputs)))
    return jvp(grad(f, numbers), inputs, tangents)


# ── modules ─────────────────────────────────────────────────────────────────────────────────────

def functional_call(module: Any, parameters: dict[str, Tensor], args: Any = (),
                    kwargs: dict | None = None) -> Any:
    """module(*args, **kwargs) with tensors, by dotted name, in the place of its own: so a module is a
    function of its parameters, for `grad` and its like. KeyError for a name that it does not have.
    """
    own = []
    try:
        for path, x in parameters.items():
            home, _, name = path.rpartition(".")
            part = module.get_submodule(home)
            place = part._parameters if name in part._parameters else part._buffers
            own.append((place, name, place[name]))
            place[name] = x
        return module(*(args if isinstance(args, tuple) else (args,)), **(kwargs or {}))
    finally:
        for place, name, x in own:
            place[name] = x
