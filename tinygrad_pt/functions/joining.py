"""Several tensors to one, and one to several."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .. import dtypes
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_size, constant, weight, wrap
from .common import as_dim, as_int, as_tensors
from .conversion import clone, to
from .elementwise import where
from .shape import (
    expand,
    flatten,
    narrow,
    reshape,
    select,
    transpose,
    unsqueeze,
)

# ── joined ──────────────────────────────────────────────────────────────────────────────────────


def cat(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors joined along an existing dimension. Empty vectors, shape (0,), fit everywhere."""
    tensors = as_tensors("cat", tensors)
    for i, x in enumerate(tensors):
        if not x.ndim:
            raise ShapeError(f"cat: tensor {i} is 0-d: there is no dimension to join; use stack")
    kinds = {x.dtype for x in tensors}
    if len(kinds) > 1:
        common = dtypes.result_type(*{(2, dtype) for dtype in kinds})
        tensors = tuple([to(x, common) for x in tensors])
    other = next((x for x in tensors if x.shape != (0,)), tensors[0])
    d = as_dim(other, dim)
    return apply(TABLE["cat"], tuple(
        [x if x.ndim > 1 or x.shape != (0,) else reshape(x, *other.shape[:d], 0, *other.shape[d + 1:])
         for x in tensors]), {"dim": d})


concat = concatenate = cat


def stack(tensors: Any, dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    tensors = as_tensors("stack", tensors)
    if len({x.shape for x in tensors}) > 1:
        raise ShapeError(f"stack: wants tensors of one shape, got "
                         f"{', '.join(str(x.array.shape) for x in tensors)}")
    d = dim + tensors[0].ndim + 1 if dim < 0 else dim
    return cat([unsqueeze(x, dim) for x in tensors], d)


def hstack(tensors: Any) -> Tensor:
    """Tensors joined along their columns: the second dimension, or the first of vectors."""
    tensors = atleast_1d(as_tensors("hstack", tensors))
    return cat(tensors, min(tensors[0].ndim - 1, 1))


def vstack(tensors: Any) -> Tensor:
    """Tensors joined along their rows, the first dimension; a vector is a row."""
    return cat(atleast_2d(as_tensors("vstack", tensors)), 0)


row_stack = vstack


def dstack(tensors: Any) -> Tensor:
    """Tensors joined along the third dimension: see `atleast_3d`."""
    return cat(atleast_3d(as_tensors("dstack", tensors)), 2)


def column_stack(tensors: Any) -> Tensor:
    """Tensors joined along their columns; a vector is a column."""
    return hstack([reshape(x, -1, 1) if x.ndim < 2 else x
                   for x in as_tensors("column_stack", tensors)])


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a matrix of zeros; a vector is a row."""
    tensors = as_tensors("block_diag", tensors)
    common = dtypes.result_type(*map(weight, tensors))
    blocks = atleast_2d([to(x, common) for x in tensors])
    if any(x.ndim > 2 for x in blocks):
        raise ShapeError(f"block_diag: wants at most 2 dimensions, got "
                         f"{', '.join(str(x.array.shape) for x in tensors)}")
    ends = list(itertools.accumulate(x.shape[1] for x in blocks))
    return cat([_framed(x, (end - x.shape[1], ends[-1] - end))
                for x, end in zip(blocks, ends, strict=True)])


def atleast_1d(*tensors: Any) -> Any:
    """Tensors with a dimension where they had none: one, or a tuple of several."""
    return _each(tensors, lambda x: x if x.ndim else reshape(x, 1))


def atleast_2d(*tensors: Any) -> Any:
    """Tensors with two dimensions at least; a vector becomes a row."""
    return _each(tensors, lambda x: x if x.ndim > 1 else reshape(x, 1, -1))


def atleast_3d(*tensors: Any) -> Any:
    """Tensors with three dimensions at least: (n) becomes (1, n, 1) and (m, n) becomes (m, n, 1)."""
    return _each(tensors, lambda x: x if x.ndim > 2 else
                 unsqueeze(x if x.ndim == 2 else reshape(x, 1, -1), 2))


def _each(tensors: tuple, f: Any) -> Any:
    """f of one tensor, or a tuple of f of several, given as arguments or as a sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return f(tensors[0])
    return tuple(f(x) for x in (tensors if len(tensors) != 1 else tensors[0]))


def roll(x: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved on by ``shifts`` along ``dims`` (None: of x flattened), round and round."""
    if dims in (None, (), []):
        return reshape(roll(flatten(x), shifts, 0), x.shape)
    shifts, dims = (tuple(v) if isinstance(v, tuple | list) else (v,) for v in (shifts, dims))
    if len(shifts) != len(dims):
        raise ShapeError(f"roll: shifts {shifts} and dims {dims} are not equally many")
    for shift, d in zip(shifts, dims, strict=True):
        n = _size("roll", x, d, IndexError)
        cut = -as_int("roll", shift) % max(n, 1)
        x = cat([narrow(x, d, cut, n - cut), narrow(x, d, 0, cut)], d)
    return x


# ── parted: views ───────────────────────────────────────────────────────────────────────────────

def split(x: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of equal size along ``dim``, the last perhaps smaller; or of the sizes in a list."""
    if isinstance(split_size_or_sections, tuple | list):
        return split_with_sizes(x, split_size_or_sections, dim)
    size = as_int("split", split_size_or_sections)
    if size < 0 or ((n := _size("split", x, dim)) and not size):
        raise ShapeError(f"split: wants a size of at least 1, got {size} for dimension {dim} of "
                         f"shape {x.array.shape}")
    return tuple(narrow(x, dim, i, min(size, n - i)) for i in range(0, max(n, 1), max(size, 1)))


def split_with_sizes(x: Tensor, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of the given sizes along ``dim``, which they add up to."""
    sizes, n = as_size((split_sizes,)), _size("split_with_sizes", x, dim)
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise ShapeError(f"split_with_sizes: sizes {split_sizes} do not add up to the {n} of dimension "
                         f"{dim} of shape {x.array.shape}")
    return tuple(narrow(x, dim, end - size, size)
                 for size, end in zip(sizes, itertools.accumulate(sizes), strict=True))


def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` views of equal size along ``dim``, the last perhaps smaller."""
    n, chunks = _size("chunk", x, dim), as_int("chunk", chunks)
    if chunks < 1:
        raise ShapeError(f"chunk: wants at least 1 chunk, got {chunks}")
    return split(x, -(-n // chunks), dim) if n else split_with_sizes(x, [0] * chunks, dim)


def tensor_split(x: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """As many views along ``dim`` as asked for, the first perhaps larger by 1; or cut at indices."""
    n, cuts = _size("tensor_split", x, dim), indices_or_sections
    if isinstance(cuts, Tensor):
        cuts = cuts.tolist()
    if not isinstance(cuts, tuple | list):
        cuts = as_int("tensor_split", cuts)
        if cuts < 1:
            raise ShapeError(f"tensor_split: wants at least 1 section, got {cuts}")
        small, larger = divmod(n, cuts)
        cuts = [i * small + min(i, larger) for i in range(1, cuts)]
    lead = (slice(None),) * as_dim(x, dim)
    return tuple(x[(*lead, slice(a, b))] for a, b in itertools.pairwise([0, *cuts, n]))


def hsplit(x: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Views cut along the second dimension, or the first of a vector: `tensor_split`."""
    return _split_evenly("hsplit", x, indices_or_sections, 1 if x.ndim > 1 else 0, 1)


def vsplit(x: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Views cut along the first dimension: `tensor_split`."""
    return _split_evenly("vsplit", x, indices_or_sections, 0, 2)


def dsplit(x: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Views cut along the third dimension: `tensor_split`."""
    return _split_evenly("dsplit", x, indices_or_sections, 2, 3)


def _split_evenly(name: str, x: Tensor, cuts: Any, dim: int, least: int) -> tuple[Tensor, ...]:
    if x.ndim < least:
        raise ShapeError(f"{name}: wants at least {least} dimensions, got shape {x.array.shape}")
    if isinstance(cuts, int) and (cuts < 1 or x.shape[dim] % cuts):
        raise ShapeError(f"{name}: dimension {dim} of shape {x.array.shape} has no {cuts} equal parts")
    return tensor_split(x, cuts, dim)


def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The views at every index of ``dim``."""
    return tuple(select(x, dim, i) for i in range(_size("unbind", x, dim, IndexError)))


def _size(name: str, x: Tensor, dim: int, error: type = ShapeError) -> int:
    """The size of a dimension that is to be parted."""
    if not x.ndim:
        raise error(f"{name}: a 0-d tensor has no dimension to part")
    return x.shape[as_dim(x, dim)]


# ── every one with every other ──────────────────────────────────────────────────────────────────

def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Views that repeat vector k along all dimensions but the k-th; 'xy' exchanges the first two."""
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"meshgrid: indexing is 'ij' or 'xy', got {indexing!r}")
    vectors = as_tensors("meshgrid", tensors[0] if len(tensors) == 1 and
                         isinstance(tensors[0], tuple | list) else tensors)
    if any(x.ndim > 1 for x in vectors) or len({x.dtype for x in vectors}) > 1:
        raise ShapeError(f"meshgrid: wants vectors of one dtype, got "
                         f"{', '.join(f'{x.dtype} {x.array.shape}' for x in vectors)}")
    vectors = atleast_1d(vectors)
    shape = [len(x) for x in vectors]
    grid = tuple(expand(reshape(x, [len(x) if d == k else 1 for d in range(len(shape))]), shape)
                 for k, x in enumerate(vectors))
    return grid if indexing == "ij" or len(grid) < 2 else tuple(transpose(x, 0, 1) for x in grid)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All tuples with one element of each vector, as rows in the order of nested loops."""
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(x) for x in meshgrid(*tensors)], 1)


def combinations(x: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All r elements of a vector, as rows in the order of `itertools.combinations`."""
    if x.ndim != 1 or as_int("combinations", r) < 0:
        raise ShapeError(f"combinations: wants a vector and r ≥ 0, got shape {x.array.shape} and r = "
                         f"{r}")
    if not r:
        return x[:0].detach()
    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return x[wrap(np.array(list(pick(range(len(x)), r)), np.int64).reshape(-1, r))]


# ── framed ──────────────────────────────────────────────────────────────────────────────────────

def pad(x: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """``pad`` = (left, right) of the last dimension, then of the one before, …, filled with value.

    Negative widths crop.
    """
    y = _framed(x, pad, value)
    return y if any(width > 0 for width in pad) else clone(y)


def _framed(x: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """`pad`, but a view where nothing is new."""
    pad = as_size((pad,))
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ShapeError(f"pad: wants pairs for at most the {x.ndim} dimensions of shape "
                         f"{x.array.shape}, got {tuple(pad)}")
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    if any(n + min(a, 0) + min(b, 0) < 0 for n, (a, b) in zip(x.shape, widths, strict=True)):
        raise ShapeError(f"pad: {tuple(pad)} crops more than shape {x.array.shape} has")
    if any(a < 0 or b < 0 for a, b in widths):
        x = x[tuple(slice(max(-a, 0), n - max(-b, 0))
                    for n, (a, b) in zip(x.shape, widths, strict=True))]
    if not any(a > 0 or b > 0 for a, b in widths):
        return x
    index = tuple(slice(max(a, 0), max(a, 0) + n) for n, (a, _) in zip(x.shape, widths, strict=True))
    shape = tuple(n + max(a, 0) + max(b, 0) for n, (a, b) in zip(x.shape, widths, strict=True))
    y = apply(TABLE["place"], (x,), {"index": index, "shape": shape})
    if value == 0:
        return y
    inside = np.zeros(shape, np.bool_)
    inside[index] = True
    return where(wrap(inside), y, constant(value, x.dtype))
