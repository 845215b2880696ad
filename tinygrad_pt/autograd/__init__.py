"""Derivatives: a few lines each over the two walks in `graph`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import graph, primitives
from ..graph import enable_grad, is_grad_enabled, no_grad  # noqa: F401
from ..ops import arrays
from ..primitives import zeros_like
from ..tensors import ShapeError, Tensor, attach, wrap


def backward(tensors: Tensor | Sequence[Tensor], grad_tensors: Any = None,
             retain_graph: bool | None = None, create_graph: bool = False) -> None:
    """Add the derivatives of ``tensors`` to the ``grad`` of every leaf they were made from.

    Also ``tensor.backward(gradient=...)``. ``grad_tensors`` are the cotangents to start with, each of
    its tensor's shape; a scalar needs none. The graph is freed unless ``retain_graph`` (default:
    ``create_graph``). With ``create_graph`` the gradients can be differentiated themselves.
    """
    for leaf, g in _pull(_several(tensors), grad_tensors, retain_graph, create_graph).items():
        leaf.grad = g if leaf.grad is None else leaf.grad + g


def _backward(x: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None,
              create_graph: bool = False) -> None:
    """Add the derivative of this tensor to the ``grad`` of every leaf it was made from: `backward`."""
    backward(x, gradient, retain_graph, create_graph)


attach(Tensor, "backward", _backward)


def grad(outputs: Tensor | Sequence[Tensor], inputs: Tensor | Sequence[Tensor],
         grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
         allow_unused: bool = False) -> tuple[Tensor | None, ...]:
    """The derivatives of ``outputs`` with respect to ``inputs``, added up over the outputs.

    Nothing is accumulated in any ``grad``. With ``create_graph`` they can be differentiated again.
    RuntimeError if an input was not used and ``allow_unused`` (which gives None) is not set.
    """
    inputs = _several(inputs)
    for i, x in enumerate(inputs):
        if not x.requires_grad:
            raise RuntimeError(f"grad: input {i}, of shape {x.shape}, does not require a gradient")
    found = _pull(_several(outputs), grad_outputs, retain_graph, create_graph,
                  [_place(x) for x in inputs])
    grads = []
    for i, x in enumerate(inputs):
        g = found.get(_place(x))
        if g is None and not allow_unused:
            raise RuntimeError(f"grad: input {i}, of shape {x.shape}, was not used in computing the "
                               "outputs; allow_unused=True gives None for it")
        grads.append(g)
    return tuple(grads)


def vjp(f: Callable[..., Tensor], *inputs: Tensor) -> tuple[Tensor, Callable[[Any], tuple]]:
    """f(*inputs), and the function that carries a cotangent v of it back to vᵀ ∂f/∂xᵢ."""
    xs, y = _record(f, inputs)

    def pull(v: Any = None) -> tuple[Tensor, ...]:
        found = _pull([y], v, True, is_grad_enabled(), xs)
        return tuple(found[x] if x in found else zeros_like(x) for x in xs)

    return y.detach(), pull


def jvp(f: Callable[..., Tensor], inputs: Sequence[Tensor],
        tangents: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """f(*inputs), and Σᵢ ∂f/∂xᵢ ẋᵢ by forward mode: one walk along the graph, oldest first."""
    xs, y = _record(f, inputs)
    for i, (x, dx) in enumerate(zip(xs, tangents, strict=True)):
        if x.shape != dx.shape:
            raise ShapeError(f"jvp: tangent {i} has shape {dx.shape}, its input {x.shape}")
    with np.errstate(all="ignore"):
        [dy] = graph.forward({x: dx.array for x, dx in zip(xs, tangents, strict=True)},
                             [_place(y)], arrays)
    return y.detach(), zeros_like(y) if dy is None else wrap(dy)


def _record(f, inputs):
    """Fresh leaves in place of the inputs, and f of them."""
    xs = [x.detach().requires_grad_() for x in inputs]
    with enable_grad():
        y = f(*xs)
    if not isinstance(y, Tensor):
        raise TypeError(f"the function must return a Tensor, got {type(y).__name__}")
    return xs, y


def _pull(outputs, cotangents, retain_graph, create_graph, only=None):
    """Check what backward() and grad() were given, and walk. Tensors, by leaf or place in ``only``."""
    m = primitives if create_graph else arrays
    roots: dict = {}
    for y, v in zip(outputs, _several(cotangents, len(outputs)), strict=True):
        if not isinstance(y, Tensor):
            raise TypeError(f"backward: wants a Tensor, got {type(y).__name__}")
        if not y.requires_grad:
            raise RuntimeError("backward: this tensor does not require grad and has no grad_fn: "
                               "nothing it was made from has requires_grad=True")
        if v is None:
            if y.array.size != 1:
                raise RuntimeError(f"backward: the gradient of a tensor of shape {y.shape} needs a "
                                   "gradient= of that shape; only a scalar does without")
            v = wrap(np.ones(y.shape, y.dtype))
        if v.shape != y.shape:
            raise ShapeError(f"backward: gradient has shape {v.shape}, the tensor {y.shape}")
        v = v if create_graph else v.array
        place = _place(y)
        if place is y:  # a leaf's gradient must not be the caller's memory
            v = m.own(v, v)
        roots[place] = roots[place] + v if place in roots else v
    keep = create_graph if retain_graph is None else retain_graph
    with graph._Recording(create_graph), np.errstate(all="ignore"):
        found = graph.backward(roots, m, only, keep)
    return found if create_graph else {place: wrap(g) for place, g in found.items()}


def _place(x: Tensor) -> Any:
    """Where a tensor's cotangent is collected: its node, or the leaf itself."""
    return x if x.grad_fn is None else x.grad_fn


def _several(x: Any, n: int = 1) -> Sequence[Any]:
    return x if isinstance(x, list | tuple) else [x] * n


from .function import Function  # noqa: E402, F401
