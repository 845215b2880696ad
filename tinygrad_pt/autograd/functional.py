"""Derivatives of functions at a point, with the signatures of ``torch.autograd.functional``.

``tinygrad_pt.func`` says the same as functions that give functions, and nests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import func
from ..primitives import zeros_like
from ..tensors import Tensor


def _tuple(x: Any) -> tuple:
    return tuple(x) if isinstance(x, list | tuple) else (x,)


def _like(inputs: Any, results: tuple) -> Any:
    """Results for one input as they are, for a tuple of inputs as a tuple."""
    return tuple(results) if isinstance(inputs, list | tuple) else results[0]


def _given(create_graph: bool, result: Any) -> Any:
    return result if create_graph else func.tree_map(lambda x: x.detach(), result)


def jacobian(f: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
             vectorize: bool = True, strategy: str = "reverse-mode") -> Any:
    """∂yⱼ/∂xᵢ, of shape y.shape + x.shape; tuples of them for tuples of results and inputs."""
    by = {"reverse-mode": func.jacrev, "forward-mode": func.jacfwd}.get(strategy)
    if by is None:
        raise ValueError(f"jacobian: strategy is 'reverse-mode' or 'forward-mode', got {strategy!r}")
    xs = _tuple(inputs)
    j = by(f, tuple(range(len(xs))))(*xs)
    if j and isinstance(j[0], tuple):
        return _given(create_graph, tuple(_like(inputs, row) for row in j))
    return _given(create_graph, _like(inputs, j))


def hessian(f: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
            vectorize: bool = True, outer_jacobian_strategy: str = "forward-mode") -> Any:
    """∂²f/∂xᵢ∂xⱼ of a scalar f; a tuple of tuples for several inputs."""
    xs = _tuple(inputs)
    numbers = tuple(range(len(xs)))
    h = func.jacfwd(func.jacrev(_scalar("hessian", f), numbers), numbers)(*xs)
    return _given(create_graph, _like(inputs, tuple(_like(inputs, row) for row in h)))


def vjp(f: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """f(inputs) and vᵀ ∂f/∂xᵢ."""
    y, pull = func.vjp(f, *_tuple(inputs))
    return _given(create_graph, (y, _like(inputs, pull(v))))


def jvp(f: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """f(inputs) and Σᵢ ∂f/∂xᵢ vᵢ."""
    xs = _tuple(inputs)
    return _given(create_graph, func.jvp(f, xs, _ones(xs, v)))


def hvp(f: Callable, inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple:
    """f(inputs), a scalar, and ∂²f/∂x∂x v."""
    xs = _tuple(inputs)
    _, products = func.hvp(_scalar("hvp", f), xs, _ones(xs, v))
    return _given(create_graph, (f(*xs), _like(inputs, products)))


vhp = hvp  # the matrix is symmetric


def _scalar(name: str, f: Callable) -> Callable:
    """f, of a single number."""
    def g(*xs: Any) -> Any:
        y = f(*xs)
        if not isinstance(y, Tensor):
            return y
        if y.array.size != 1:
            raise RuntimeError(f"{name}: wants a function that returns a single number, got shape "
                               f"{tuple(y.shape)}")
        return y.reshape(())
    return g


def _ones(xs: tuple, v: Any) -> tuple:
    """The vectors given, or one for a single number."""
    if v is None and [getattr(x, "numel", int)() for x in xs] != [1]:
        raise RuntimeError("v may be left out only for one input, of one element")
    return tuple(zeros_like(x) + 1 for x in xs) if v is None else _tuple(v)
