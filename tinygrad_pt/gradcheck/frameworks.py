"""What is checked: a function of arrays and its derivative, whatever library they come from.

`Subject` is all that the checker sees: flat lists of NumPy arrays in, flat lists of NumPy arrays out.
An adapter makes one of a function written for a library; it says how that library takes an array,
gives an array, and differentiates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..trees import leaves, tree_map


@dataclass(frozen=True)
class Differentiable:
    """A function of arrays with its derivative: what `for_torch` and its like make.

    ``vjp(v, *inputs)`` gives the gradients of ⟨v, f⟩, a tuple; ``jvp(u, *inputs)`` the derivative
    along u, an array for one input and a tuple of arrays for several; ``numbers(x)`` is x as the
    library holds it. ``slope(v)`` is x ↦ vjp(v, x) as a function that is differentiable again.
    """

    f: Callable
    vjp: Callable | None = None
    jvp: Callable | None = None
    slope: Callable[[Any], Differentiable] | None = None
    numbers: Callable[[Any], Any] = lambda x: _number(x, np.asarray)

    def __call__(self, *inputs: Any) -> Any:
        return self.f(*inputs)


def _number(x: Any, give: Callable) -> Any:
    """An input as an array; what is no number of any kind stays as it is."""
    if isinstance(x, float | np.generic):
        x = np.asarray(x)
    if x is None or isinstance(x, int | str) or (isinstance(x, np.ndarray) and x.dtype.kind != "f"):
        return x
    return give(x)


def _adapt(f: Callable, take: Callable, give: Callable, pull: Callable,
           push: Callable | None = None) -> Differentiable:
    """A function of a library's tensors as one of arrays.

    ``take`` makes a tensor of an array, ``give`` an array of a tensor, ``pull(f)(v, *xs)`` gives the
    gradients of ⟨v, f⟩ by that library, differentiable, in the nest of xs; ``push(f)(u, *xs)`` its jvp.
    """
    def to(tree: Any) -> Any:
        return tree_map(lambda x: take(np.asarray(x)) if isinstance(x, np.ndarray | np.generic) else x,
                        tree)

    def of(tree: Any) -> Any:
        return tree_map(lambda x: x if x is None else give(x), tree)

    def outside(g: Callable) -> Callable:
        return lambda *args: of(g(*map(to, args)))

    return Differentiable(
        outside(f), outside(pull(f)), push and outside(push(f)),
        lambda v: _adapt(lambda *xs: [g for g in leaves(pull(f)(to(v), *xs)) if g is not None],
                         take, give, pull, push),
        lambda x: _number(x, lambda x: give(take(x) if isinstance(x, np.ndarray) else x)))


def for_tinygrad_pt(f: Callable) -> Differentiable:
    """A function of this library's Tensors as one of arrays, for `check`."""
    import tinygrad_pt as tg

    def is_float(x: Any) -> bool:
        return isinstance(x, tg.Tensor) and x.dtype.kind == "f"

    return _adapt(f, tg.from_numpy, lambda x: x.detach().numpy(),
                  lambda f: _pull(f, is_float, tg.autograd.grad, tg.enable_grad),
                  lambda f: _push(f, is_float, tg.func.jvp))


def for_torch(f: Callable) -> Differentiable:
    """A function of PyTorch's tensors as one of arrays, for `check`."""
    import torch

    def is_float(x: Any) -> bool:
        return isinstance(x, torch.Tensor) and x.is_floating_point()

    return _adapt(f, lambda x: torch.from_numpy(np.ascontiguousarray(x)),
                  lambda x: x.detach().cpu().numpy(),
                  lambda f: _pull(f, is_float, torch.autograd.grad, torch.enable_grad),
                  lambda f: _push(f, is_float, torch.func.jvp))


def for_jax(f: Callable) -> Differentiable:
    """A function of JAX's arrays as one of NumPy's, for `check`.

    JAX computes in float32 unless its option ``jax_enable_x64`` is set, and is judged accordingly.
    """
    import jax

    def is_float(x: Any) -> bool:
        return jax.numpy.issubdtype(jax.numpy.result_type(x), jax.numpy.floating)

    def pull(f: Callable) -> Callable:
        def g(v: Any, *inputs: Any) -> Any:
            y, back = jax.vjp(_of_floats(f, inputs, is_float), *filter(is_float, leaves(inputs)))
            found = iter(back(tree_map(lambda w, y: w.astype(y.dtype), v, y)))
            return tree_map(lambda x: next(found) if is_float(x) else None, inputs)
        return g

    return _adapt(f, jax.numpy.asarray, np.asarray, pull, lambda f: _push(f, is_float, jax.jvp))


def for_autograd(f: Callable) -> Differentiable:
    """A function written with HIPS autograd's NumPy as one with a derivative, for `check`."""
    from autograd import builtins, make_vjp

    def pull(f: Callable) -> Callable:
        def g(v: Any, *inputs: Any) -> Any:
            back, _ = make_vjp(lambda xs: builtins.tuple(leaves(f(*xs))))(inputs)
            found = back(builtins.tuple(leaves(v)))
            return tuple(found[i] for i in range(len(inputs)))
        return g

    return _adapt(f, lambda x: x, lambda x: x, pull)


def _pull(f: Callable, is_float: Callable, grad: Callable, recorded: Callable) -> Callable:
    """The gradients by ``grad(ys, xs, vs)``, recorded: PyTorch's interface, and ours."""
    def own(x: Any) -> Any:  # a place in the graph that is this call's own
        if not is_float(x):
            return x
        return x.view_as(x) if x.requires_grad else x.detach().requires_grad_()

    def pull(v: Any, *inputs: Any) -> Any:
        with recorded():
            mine = tree_map(own, inputs)
            pairs = [(y, w) for y, w in zip(leaves(f(*mine)), leaves(v), strict=True)
                     if y.requires_grad]
            wanted = list(filter(is_float, leaves(mine)))
            found: Any = [None] * len(wanted)
            if pairs and wanted:
                ys, ws = zip(*pairs, strict=True)
                found = grad(ys, wanted, ws, create_graph=True, allow_unused=True)
        left = iter([x * 0 if g is None else g for x, g in zip(wanted, found, strict=True)])
        return tree_map(lambda x: next(left) if is_float(x) else None, mine)
    return pull


def _push(f: Callable, is_float: Callable, jvp: Callable) -> Callable:
    """The forward derivative by ``jvp(f, xs, us)``: PyTorch's interface, ours, and JAX's."""
    def push(u: Any, *inputs: Any) -> Any:
        xs, us = leaves(inputs), leaves(u)
        some = [i for i, x in enumerate(xs) if is_float(x)]
        return jvp(_of_floats(f, inputs, is_float), tuple(xs[i] for i in some),
                   tuple(us[i] for i in some))[1]
    return push


def _of_floats(f: Callable, inputs: Any, is_float: Callable) -> Callable:
    """f as a function of the float leaves of its inputs alone."""
    def g(*xs: Any) -> Any:
        left = iter(xs)
        return f(*tree_map(lambda x: next(left) if is_float(x) else x, inputs))
    return g


ADAPTERS = {"tinygrad_pt": for_tinygrad_pt, "torch": for_torch, "jax": for_jax, "jaxlib": for_jax,
            "autograd": for_autograd}


def _library(tree: Any) -> Callable[[Callable], Differentiable] | None:
    """The adapter for the tensors in a nest; None if there are but arrays and numbers."""
    for x in leaves(tree):
        if (root := type(x).__module__.partition(".")[0]) in ADAPTERS:
            return ADAPTERS[root]
    return None


class Subject:
    """A function f and its derivative at given inputs, in flat lists of arrays."""

    def __init__(self, f: Callable, inputs: Sequence[Any], vjp: Callable | None = None,
                 jvp: Callable | None = None):
        if vjp is None and jvp in (None, True) and not isinstance(f, Differentiable):
            adapter = _library(inputs) or _library(f(*inputs))
            if adapter is None:
                raise TypeError("check: no derivative to check: f gives plain arrays; pass vjp=, or "
                                "wrap f: for_torch(f), for_jax(f), for_autograd(f)")
            f = adapter(f)
        given = f if isinstance(f, Differentiable) else Differentiable(f, vjp, jvp)
        self.given, self.vjp, self.jvp = given, vjp or given.vjp, jvp if jvp is not True else given.jvp
        if jvp is True and self.jvp is None:
            raise TypeError("check: jvp=True, but this library offers no forward mode here")
        self.nest = tree_map(given.numbers, tuple(inputs))
        self.arrays = [np.asarray(x) for x in leaves(self.nest)]
        self.places = [(k, path) for k, x in enumerate(self.nest) for path in _paths(x)]
        self.flat = all(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in self.nest)
        self.outputs: Any = None  # the nest of the results, once f was called
        for (k, path), x in zip(self.places, self.arrays, strict=True):
            if x.dtype.kind == "c":
                raise TypeError(f"check: input {k}{path} is complex; pass its real and imaginary parts")

    @property
    def plain(self) -> bool:
        """Whether f is a function of NumPy's arrays, and the derivative a plain callable."""
        return self.given.slope is None

    def floats(self) -> list[int]:
        """Which arrays are differentiated."""
        return [i for i, x in enumerate(self.arrays) if x.dtype.kind == "f"]

    def _inputs(self, arrays: Sequence[np.ndarray]) -> Any:
        """The arrays in the nest of the inputs; what is no float is what was given."""
        if self.flat:
            return [*arrays]
        left = zip(arrays, self.arrays, strict=True)

        def one(given: Any) -> Any:
            new, old = next(left)
            return new if old.dtype.kind == "f" else given

        return tree_map(one, self.nest)

    def value(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """f, its results as a flat list of arrays."""
        self.outputs = self.given(*self._inputs(arrays))
        return [np.asarray(y) for y in leaves(self.outputs)]

    def pull(self, v: Sequence[np.ndarray], arrays: Sequence[np.ndarray]) -> list[Any]:
        """The gradients of ⟨v, f⟩, as the vjp gave them, one for each array or as many as it gave."""
        left = iter(v)
        found = self.vjp(tree_map(lambda y: next(left), self.outputs), *self._inputs(arrays))
        if not isinstance(found, tuple | list) and len(self.nest) == 1:
            found = (found,)
        flat = leaves(found)
        floats = self.floats()
        if len(flat) == len(floats) < len(self.arrays):  # of the floats only
            some = dict(zip(floats, flat, strict=True))
            flat = [some.get(i) for i in range(len(self.arrays))]
        return flat

    def push(self, u: Sequence[np.ndarray], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The derivative of f along u, as a flat list of arrays."""
        tangents = self._inputs(u)
        found = self.jvp(tangents[0] if len(tangents) == 1 else tangents, *self._inputs(arrays))
        return [np.asarray(y) for y in leaves(found)]


def _paths(tree: Any, path: str = "") -> list[str]:
    """Where the leaves of a nest are, as one indexes it: "['w'][0]"."""
    if isinstance(tree, dict | list | tuple):
        pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return [p for k, x in pairs for p in _paths(x, f"{path}[{k!r}]")]
    return [path]
