"""Derivatives: a few lines each over the two walks in `graph`.

``backward`` and ``grad`` speak of tensors that were computed; `tinygrad_pt.func` has the derivatives
of functions. ``Function`` is an operation with a derivative of your own, ``hooks`` see gradients on
their way, ``detect_anomaly`` finds where a nan came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import graph, primitives
from ..graph import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from ..ops import arrays
from ..tensors import ShapeError, Tensor, place, wrap
from .anomaly import detect_anomaly, set_detect_anomaly


def backward(tensors: Tensor | Sequence[Tensor], grad_tensors: Any = None,
             retain_graph: bool | None = None, create_graph: bool = False,
             inputs: Tensor | Sequence[Tensor] | None = None) -> None:
    """Add the derivatives of ``tensors`` to the ``grad`` of every leaf they were made from.

    Also ``tensor.backward(gradient=...)``. ``grad_tensors`` are the cotangents to start with, each of
    its tensor's shape; a scalar needs none. The graph is freed unless ``retain_graph`` (default:
    ``create_graph``). With ``create_graph`` the gradients can be differentiated themselves. With
    ``inputs`` only they, leaves or not, get a gradient.
    """
    only = None if inputs is None else {place(x): x for x in _asked("backward", _several(inputs))}
    found = _pull(_several(tensors), grad_tensors, retain_graph, create_graph, only)
    for at, g in found.items():
        x = at if only is None else only[at]
        x._grad = g if x._grad is None else x._grad + g
        if x.hooks:
            for (when, _), hook in [*x.hooks.items()]:
                if when == "after":
                    hook(x)


def _backward(x: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None,
              create_graph: bool = False, inputs: Any = None) -> None:
    """Add the derivative of this tensor to the ``grad`` of every leaf it was made from: `backward`."""
    backward(x, gradient, retain_graph, create_graph, inputs)


Tensor.backward = _backward


def grad(outputs: Tensor | Sequence[Tensor], inputs: Tensor | Sequence[Tensor],
         grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None,
         materialize_grads: bool = False) -> tuple[Tensor | None, ...]:
    """The derivatives of ``outputs`` with respect to ``inputs``, added up over the outputs.

    Nothing is accumulated in any ``grad``. With ``create_graph`` they can be differentiated again.
    RuntimeError if an input was not used, unless ``allow_unused`` (which gives None) or
    ``materialize_grads`` (which gives zeros).
    """
    inputs = _asked("grad", _several(inputs))
    found = _pull(_several(outputs), grad_outputs, retain_graph, create_graph,
                  [place(x) for x in inputs])
    grads = []
    for i, x in enumerate(inputs):
        g = found.get(place(x))
        if g is None and materialize_grads:
            g = primitives.zeros_like(x)
        if g is None and not allow_unused:
            raise RuntimeError(f"grad: input {i}, of shape {x.array.shape}, was not used in computing "
                               "the outputs; allow_unused=True gives None for it")
        grads.append(g)
    return tuple(grads)


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:
    """A tensor: what PyTorch called so before version 0.4."""
    return data.detach().requires_grad_() if requires_grad else data


def _asked(name: str, inputs: Sequence[Any]) -> Sequence[Tensor]:
    """Tensors of which a gradient is asked, checked."""
    if not inputs:
        raise RuntimeError(f"{name}: inputs are empty: gradients of what?")
    for i, x in enumerate(inputs):
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}: input {i} must be a Tensor, got {type(x).__name__}")
        if not x.requires_grad:
            raise RuntimeError(f"{name}: input {i}, of shape {x.array.shape}, does not require a "
                               "gradient")
    return inputs


def _pull(outputs, cotangents, retain_graph, create_graph, only=None):
    """Check what backward() and grad() were given, and walk. Tensors, by leaf or place in ``only``."""
    cotangents = _several(cotangents, len(outputs))
    if len(cotangents) != len(outputs):
        raise RuntimeError(f"backward: {len(outputs)} tensors want as many gradients to start with, "
                           f"got {len(cotangents)}")
    m = primitives if create_graph else arrays
    roots: dict = {}
    for y, v in zip(outputs, cotangents, strict=True):
        if not isinstance(y, Tensor):
            raise TypeError(f"backward: wants a Tensor, got {type(y).__name__}")
        array, at = y.array, place(y)
        if at is None:
            raise RuntimeError("backward: this tensor does not require grad and has no grad_fn: "
                               "nothing it was made from has requires_grad=True")
        if type(array) is not np.ndarray:  # a batch: see batching.py
            m = primitives
        if v is None:
            if array.size != 1:
                raise RuntimeError(f"backward: the gradient of a tensor of shape {array.shape} "
                                   "needs a gradient= of that shape; only a scalar does without")
            v = wrap(np.array(1, array.dtype, ndmin=array.ndim))
        elif not isinstance(v, Tensor):
            raise TypeError(f"backward: gradient must be a Tensor, got {type(v).__name__}")
        elif v.array.shape != array.shape:
            raise ShapeError(f"backward: gradient has shape {v.array.shape}, the tensor "
                             f"{array.shape}")
        elif at is y:  # a leaf's gradient must not be the caller's memory
            v = v.clone()
        roots[at] = roots[at] + v if at in roots else v
    if m is arrays:
        roots = {at: v.array for at, v in roots.items()}
    keep = create_graph if retain_graph is None else retain_graph
    before = graph.set_recording(create_graph)
    try:
        found = graph.backward(roots, m, only, keep)
    finally:
        graph.set_recording(before)
    return found if m is primitives else {at: wrap(g) for at, g in found.items()}


def _several(x: Any, n: int = 1) -> Sequence[Any]:
    return x if isinstance(x, list | tuple) else [x] * n


from . import hooks  # noqa: E402, F401
from .function import Function  # noqa: E402

__all__ = ["Function", "Variable", "backward", "detect_anomaly", "enable_grad", "functional", "grad",
           "gradcheck", "gradgradcheck", "inference_mode", "is_grad_enabled", "no_grad",
           "set_detect_anomaly", "set_grad_enabled"]


def __getattr__(name):
    """`functional` and the gradient checkers, imported when they are first asked for."""
    from ..places import lookup
    if name == "functional":
        from importlib import import_module
        return import_module(".functional", __name__)
    if name in ("gradcheck", "gradgradcheck"):
        from .. import gradcheck
        return getattr(gradcheck, name)
    return lookup(__name__, name)
