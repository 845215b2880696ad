"""vmap: a function of one example, applied to a whole batch at once.

Inside the function a tensor stands for one example; behind it lies the batch. It is a *box*: a
Tensor of the shape of one example, whose ``array`` is a `Batch` that holds the tensor of all of
them, its first dimension the batch's. An operation on boxes is the same operation on what is in
them, with its dimensions moved by one: that takes one rule for the pointwise rows, one for matrix
products, and for the linear ones a table of what their arguments mean. What has no rule is done
example by example. A box may hold a box: so calls of vmap nest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from .graph import record, recording
from .ops import TABLE, Op
from .tensors import ShapeError, Tensor, become, place
from .tensors import apply as plain_apply
from .tensors import plain as outside
from .trees import leaves, tree_map

_levels = count(1)


class Batch:
    """What a box has for an array: all examples, and the shape and dtype of one."""

    base = None

    def __init__(self, inside: Tensor, level: int):
        self.inside, self.level = inside, level
        self.shape, self.dtype = tuple(inside.shape[1:]), inside.dtype
        self.ndim, self.size = len(self.shape), int(np.prod(self.shape))

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("vmap: this operation looks at the values of single examples, and inside "
                           "vmap there are none to look at")

    __array__ = __bool__ = __float__ = __len__ = None


class Box(Tensor):
    """One example of a batch, inside vmap."""

    def __init__(self, inside: Tensor, level: int):
        super().__init__()
        become(self, None, Batch(inside, level))

    def detach(self) -> Tensor:
        return Box(self.array.inside.detach(), self.array.level)

    def __repr__(self) -> str:
        return f"one example of {self.array.inside!r}"


def is_box(x: Any) -> bool:
    """Whether x is a Tensor that stands for one example of a batch."""
    return isinstance(x, Tensor) and type(x.array) is Batch


def vmap(f: Callable, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "same",
         chunk_size: int | None = None) -> Callable:
    """f, written for one example, as a function of batches: dimension ``in_dims`` of each argument.

    ``in_dims`` is an integer (None: the argument is the same for all) or a nest of them as of the
    arguments; ``out_dims`` says where the batch goes in the results (None: it is not in this one).
    Random numbers are the same for all examples. What depends on values of an example (item(), if)
    raises a RuntimeError.
    """
    def g(*args: Any, **kw: Any) -> Any:
        level = next(_levels)
        dims = tuple(in_dims) if isinstance(in_dims, list | tuple) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: in_dims {in_dims} is of {len(dims)} arguments, got {len(args)}")
        sizes: set[int] = set()

        def boxed(x: Any, dim: Any) -> Any:
            if dim is None:
                return x
            if not isinstance(x, Tensor) or not x.ndim:
                raise ValueError("vmap: wants Tensors with a dimension for the batch, got "
                                 + (f"shape {x.array.shape}" if isinstance(x, Tensor)
                                    else type(x).__name__))
            if type(dim) is not int or not -x.ndim <= dim < x.ndim:
                raise ValueError(f"vmap: in_dims names {dim!r}, no dimension of shape {x.array.shape}")
            sizes.add(x.shape[dim])
            return Box(x.movedim(dim, 0), level)

        inside = tree_map(boxed, args, dims)
        if len(sizes) != 1:
            raise ShapeError(f"vmap: the batches must be of one size, got {sorted(sizes)}")
        [size] = sizes
        y = f(*inside, **kw)
        out = out_dims
        if isinstance(y, tuple | list) and isinstance(out_dims, int):
            out = (out_dims,) * len(y)
        return tree_map(lambda y, dim: _unboxed(y, dim, size, level), y, out)

    return g


def _unboxed(x: Any, dim: int | None, size: int, level: int) -> Any:
    """The whole batch of x, whether it is a box of this level or the same for all examples.

    Dimension ``dim`` is the batch's; None: x, which is the same for all, as it is.
    """
    if dim is None and not _of(x, level):
        return x
    if dim is None or not isinstance(x, Tensor):
        raise ValueError(f"vmap: out_dims={dim} is of {'a' if dim is None else 'no'} batch of Tensors, "
                         f"but the function returns {type(x).__name__}")
    x = x.array.inside if _of(x, level) else x.unsqueeze(0).expand(size, *x.shape)
    return x.movedim(0, dim)


# What the arguments of a linear row become when all its dimensions move by one, by their names.
_MOVED: dict[str, Callable[[Any, int], Any]] = {
    "dims": lambda dims, n: tuple(d + 1 for d in dims),
    "dim": lambda dim, n: dim + 1,
    "shape": lambda shape, n: (n, *shape),
    "index": lambda index, n: (slice(None), *index),
    "at": lambda at, n: np.broadcast_to(at, (n, *at.shape)),
    "path": lambda path, n: tuple((name, _moved(TABLE[name], kw, n)) for name, kw in path),
}


def _moved(op: Op, kw: dict[str, Any], n: int) -> dict[str, Any]:
    kw = {k: _MOVED[k](v, n) if k in _MOVED else v for k, v in kw.items()}
    return {"dims": (0, *kw["dims"])} if op.name == "permute" else kw


def apply(op: Op, inputs: tuple, kw: dict[str, Any]) -> Tensor:
    """`tensors.apply` where an operand, or a tensor in an index, is a box."""
    if op.kind == "fused":
        from . import primitives
        return op.composed(primitives, *inputs, **kw)
    level, own, xs, n = _opened(inputs, kw.get("index"))
    y = Box(_batched(op, xs, own, kw, n, level), level)
    edges = tuple(place(x) for x in inputs)
    if recording() and y.dtype.kind == "f" and any(e is not None for e in edges):
        become(y, record(op, inputs, edges, kw, y))
    return y


def _opened(operands: Sequence[Any], index: Any = None) -> tuple[int, list[bool], list, int]:
    """The innermost call of vmap whose boxes are among operands and index; which operands are its
    boxes; the operands with these opened; and the size of the batch.
    """
    there = [x for x in leaves([list(operands), index]) if is_box(x)]
    level = max(x.array.level for x in there)
    own = [_of(x, level) for x in operands]
    inside = [x.array.inside if mine else x for x, mine in zip(operands, own, strict=True)]
    return level, own, inside, next(x.array.inside.shape[0] for x in there if _of(x, level))


def _of(x: Any, level: int) -> bool:
    """Whether x is a box of this call of vmap."""
    return is_box(x) and x.array.level == level


def _apply(op: Op, inputs: tuple, kw: dict[str, Any]) -> Tensor:
    """What is left when this level's boxes are opened; there may be others' boxes."""
    return (apply if boxes(list(kw.get("index", ()))) else plain_apply)(op, inputs, kw)


def _batched(op: Op, xs: list, own: list[bool], kw: dict[str, Any], n: int, level: int) -> Tensor:
    """The operation on whole batches; ``own`` says which operands are batches."""
    if op.name == "linear" and own[1]:
        op, xs = TABLE["matmul"], [xs[0], xs[1].mT]
    if op.kind == "pointwise" or op.name == "matmul":
        most = max(x.ndim - mine for x, mine in zip(xs, own, strict=True) if isinstance(x, Tensor))
        return plain_apply(op, tuple(
            x.reshape(n, *(1,) * (most + 1 - x.ndim), *x.shape[1:]) if mine else x
            for x, mine in zip(xs, own, strict=True)), kw)
    if op.name == "linear":
        return plain_apply(op, tuple(xs), kw)
    if op.name == "mv" and not own[0]:
        return plain_apply(TABLE["linear"], (xs[1], xs[0]), {})
    if op.name == "mv":
        return (xs[0] @ xs[1].unsqueeze(-1)).squeeze(-1)
    if op.name == "outer":
        return xs[0].unsqueeze(-1) * xs[1].unsqueeze(-2)
    if op.kind == "linear":
        xs = [x if mine else x.unsqueeze(0).expand(n, *x.shape)
              for x, mine in zip(xs, own, strict=True)]
        if op.name in ("index", "index_add"):
            return _indexed(op, xs[0], kw, n, level)
        return _apply(op, tuple(xs), _moved(op, kw, n))
    if op.name in ("conv2d", "conv2d_input") and own == [True, False]:
        x = xs[0]
        if "shape" in kw:
            kw = {**kw, "shape": (n * kw["shape"][0], *kw["shape"][1:])}
        y = plain_apply(op, (x.reshape(n * x.shape[1], *x.shape[2:]), xs[1]), kw)
        return y.reshape(n, x.shape[1], *y.shape[1:])
    return _one_by_one(lambda *some: plain_apply(op, some, kw), xs, own, n)


def _indexed(op: Op, x: Tensor, kw: dict[str, Any], n: int, level: int) -> Tensor:
    """index, or its adjoint, where each example may have indices of its own.

    An array that counts the examples goes in front of the index. NumPy puts the dimensions of arrays
    that do not stand side by side first: then they are moved to where one example has them.
    """
    shape = kw.get("shape", x.shape[1:])
    index, used = list(kw["index"]), 0
    for i in index:
        if i is not None and i is not Ellipsis:
            used += i.ndim if isinstance(i, np.ndarray) and i.dtype == bool else 1
    if Ellipsis in [i for i in index if not isinstance(i, np.ndarray | Tensor)]:
        at = next(k for k, i in enumerate(index) if i is Ellipsis)
        index[at:at + 1] = [slice(None)] * (len(shape) - used)
    if any(isinstance(i, np.ndarray | Tensor) and i.dtype == bool for i in index):
        if any(_of(i, level) for i in index):
            raise RuntimeError("vmap: a mask that differs between examples picks results of "
                               "different sizes; use where()")
        index = [j for i in index for j in (i.nonzero() if isinstance(i, np.ndarray)
                                            and i.dtype == bool else [i])]
    arrays = [k for k, i in enumerate(index) if isinstance(i, np.ndarray | Tensor | int)]
    k = max(np.ndim(i) if not isinstance(i, Tensor) else i.ndim for i in map(index.__getitem__, arrays))
    side_by_side = arrays == list(range(arrays[0], arrays[-1] + 1))
    before = arrays[0] if side_by_side else 0
    parts: list = [np.arange(n).reshape(n, *(1,) * k)]
    for i in index:
        if _of(i, level):
            i = i.array.inside
            i = i.reshape(n, *(1,) * (k + 1 - i.ndim), *i.shape[1:])
            i = i.array if isinstance(i.array, np.ndarray) else i
        parts.append(i)
    there, back = list(range(1, 1 + k)), list(range(1 + before, 1 + before + k))
    kw = {"index": tuple(parts)} | ({"shape": (n, *shape)} if "shape" in kw else {})
    if op.name == "index_add":
        return _apply(op, (x.movedim(back, there),), kw)
    return _apply(op, (x,), kw).movedim(there, back)


def _one_by_one(f: Callable, xs: list, own: list[bool], n: int) -> Tensor:
    from .functions import stack
    if not n:
        raise RuntimeError("vmap: an operation without a rule for batches met an empty batch")
    return stack([f(*[x[i] if mine else x for x, mine in zip(xs, own, strict=True)])
                  for i in range(n)])


def plain(f: Callable, xs: Sequence[Any]) -> Tensor:
    """A NumPy function of boxes and others, outside of the graph, example by example."""
    level, own, inside, n = _opened(xs)
    return Box(_one_by_one(lambda *some: outside(f, *some), inside, own, n), level)


def boxes(tree: Any) -> bool:
    """Whether there are boxes in a nest."""
    return any(is_box(x) for x in leaves(tree))
