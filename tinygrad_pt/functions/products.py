"""Products of vectors and matrices, and sums of products in general: `einsum`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import numpy as np

from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, wrap
from .common import as_dim
from .elementwise import mul, where
from .reductions import sum
from .shape import diagonal, permute, reshape, squeeze, unsqueeze

# ── two factors ─────────────────────────────────────────────────────────────────────────────────

def matmul(x: Tensor, other: Tensor) -> Tensor:
    """Matrix product: vectors lend themselves a dimension, dimensions before the last two broadcast.

    (n)·(n) → (), (n, k)·(k) → (n), (…, n, k)·(…, k, m) → (…, n, m). RuntimeError for two dtypes.
    """
    return _matmul("matmul", x, other)


def mm(x: Tensor, mat2: Tensor) -> Tensor:
    """Product of matrices (n, k) and (k, m)."""
    return _matmul("mm", x, mat2, 2, 2)


def bmm(x: Tensor, mat2: Tensor) -> Tensor:
    """Products of as many matrices: (b, n, k) and (b, k, m) give (b, n, m)."""
    _check("bmm", (x, mat2), (3, 3))
    if x.shape[0] != mat2.shape[0]:
        raise ShapeError(f"bmm: wants as many matrices of both, got shapes {x.array.shape} and "
                         f"{mat2.array.shape}")
    return _matmul("bmm", x, mat2)


def mv(x: Tensor, vec: Tensor) -> Tensor:
    """Product of a matrix (n, k) and a vector (k)."""
    return _matmul("mv", x, vec, 2, 1)


def dot(x: Tensor, tensor: Tensor) -> Tensor:
    """Σᵢ xᵢ yᵢ of two vectors."""
    return _matmul("dot", x, tensor, 1, 1)


def vdot(x: Tensor, other: Tensor) -> Tensor:
    """Σᵢ xᵢ yᵢ of two vectors: `dot`, for real numbers."""
    return _matmul("vdot", x, other, 1, 1)


def inner(x: Tensor, other: Tensor) -> Tensor:
    """Sum of products over the last dimensions: (…, k) and (… , k) give (…, …)."""
    _check("inner", (x, other))
    if not (x.ndim and other.ndim):
        return x * other
    if x.shape[-1] != other.shape[-1]:
        raise ShapeError(f"inner: the last dimensions differ in shapes {x.array.shape} and "
                         f"{other.array.shape}")
    return tensordot(x, other, ([-1], [-1]))


def outer(x: Tensor, vec2: Tensor) -> Tensor:
    """yᵢⱼ = aᵢ bⱼ of two vectors."""
    _check("outer", (x, vec2), (1, 1))
    return unsqueeze(x, 1) * vec2


def ger(x: Tensor, vec2: Tensor) -> Tensor:
    """The older name of `outer`."""
    return outer(x, vec2)


def kron(x: Tensor, other: Tensor) -> Tensor:
    """Kronecker's product: every element of x times the whole of ``other``, block beside block."""
    _check("kron", (x, other))
    n = max(x.ndim, other.ndim)
    a, b = ((1,) * (n - y.ndim) + y.shape for y in (x, other))
    pairs = reshape(x, [k for m in a for k in (m, 1)]) * reshape(other, [k for m in b for k in (1, m)])
    return reshape(pairs, [i * j for i, j in zip(a, b, strict=True)])


def cross(x: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Vector product in space, along ``dim`` (default: the first of size 3)."""
    _check("cross", (x, other))
    if x.ndim != other.ndim:
        raise ShapeError(f"cross: wants as many dimensions of both, got {x.array.shape} and "
                         f"{other.array.shape}")
    if x.dtype != other.dtype:
        raise RuntimeError(f"cross: wants one dtype, got {x.dtype} and {other.dtype}")
    if dim is None:
        if 3 not in x.shape:
            raise ShapeError(f"cross: no dimension of size 3 in shape {x.array.shape}")
        dim = x.shape.index(3)
    d = as_dim(x, dim)
    if not x.ndim or not x.shape[d] == other.shape[d] == 3:
        raise ShapeError(f"cross: wants size 3 in dimension {dim}, got shapes {x.array.shape} and "
                         f"{other.array.shape}")

    def turned(y, k):
        return y[(slice(None),) * d + (np.array([k, k + 1, k + 2]) % 3,)]

    return turned(x, 1) * turned(other, 2) - turned(x, 2) * turned(other, 1)


def trace(x: Tensor) -> Tensor:
    """Σᵢ xᵢᵢ of a matrix."""
    _check("trace", (x,), (2,))
    return sum(diagonal(x))


# ── a product added to something ────────────────────────────────────────────────────────────────

def addmm(x: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β x + α A B of matrices A, B; x broadcasts to their product, and does not count if β = 0."""
    return _add("addmm", x, _matmul("addmm", mat1, mat2, 2, 2), beta, alpha)


def addmv(x: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β x + α A v of a matrix A and a vector v."""
    return _add("addmv", x, _matmul("addmv", mat, vec, 2, 1), beta, alpha)


def addr(x: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β x + α a bᵀ of vectors a, b."""
    _check("addr", (vec1, vec2), (1, 1))
    return _add("addr", x, outer(vec1, vec2), beta, alpha, one_dtype=False)


def baddbmm(x: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β x + α Aₖ Bₖ for each k: `bmm`, added to x."""
    return _add("baddbmm", x, bmm(batch1, batch2), beta, alpha)


def addbmm(x: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """β x + α Σₖ Aₖ Bₖ: the products of `bmm` added up."""
    return _add("addbmm", x, sum(bmm(batch1, batch2), 0), beta, alpha)


def _add(name, x, product, beta, alpha, one_dtype=True):
    _check(name, (x,))
    if one_dtype and x.dtype != product.dtype:
        raise RuntimeError(f"{name}: wants one dtype, got {x.dtype} and {product.dtype}")
    if x.dtype.kind != "f" and product.dtype.kind != "f" and isinstance(beta + alpha, float):
        raise RuntimeError(f"{name}: of integers, beta and alpha are integers; got {beta} and {alpha}")
    try:
        fits = np.broadcast_shapes(x.shape, product.shape) == product.shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(f"{name}: shape {x.array.shape} does not broadcast to the product's, "
                         f"{product.array.shape}")
    if beta == 0:  # not 0·x, which is nan where x is
        x = where(wrap(np.False_), x, 0)
    return (x if beta in (0, 1) else x * beta) + (product if alpha == 1 else product * alpha)


# ── any sum of products ─────────────────────────────────────────────────────────────────────────
#
# Every dimension of an operand has a label: in `einsum` a letter, or -n … -1 for those that "..."
# stands for. Operands multiply along the labels they share and are summed over those not kept.

def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sums of products by Einstein's rule: ``einsum("bij,bjk->bik", a, b)``.

    Operands multiply along the letters they share; a letter that the result does not have is summed
    over; one that occurs twice in an operand takes its diagonal; ``...`` stands for dimensions without
    a letter, which broadcast. Without ``->`` the result has ``...`` and the letters that occur once,
    in order. Also ``einsum(a, [0, 1], b, [1, 2], [0, 2])``. The operands are taken from the left.
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    text = f"einsum({equation!r})"
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if not operands:
        raise ValueError(f"{text}: wants at least one operand")
    if len(terms) != len(operands):
        raise RuntimeError(f"{text}: has {len(terms)} terms for {len(operands)} operands")
    _check(text, operands)
    labels = [_labels(f"{text}: operand {i}", term, x.ndim)
              for i, (term, x) in enumerate(zip(terms, operands, strict=True))]
    sizes = _sizes(text, operands, labels)
    if not arrow:
        right = "..." + "".join(sorted(k for k in {*left} - {*",."} if left.count(k) == 1))
    letters = len(right.replace("...", ""))
    dots = len([k for k in sizes if isinstance(k, int)]) if "..." in right else 0
    result = _labels(f"{text}: the result", right, letters + dots)
    for k in result:
        if result.count(k) > 1 or k not in sizes:
            raise RuntimeError(f"{text}: {k!r} of the result is to be there once, and in an operand")
    return _sum_of_products(operands, labels, result, sizes)


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sum of products over the last ``dims`` dimensions of a and the first of b, or over two lists."""
    _check("tensordot", (a, b))
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ShapeError(f"tensordot: dims={dims} does not fit shapes {a.array.shape} and "
                             f"{b.array.shape}")
        dims = range(a.ndim - dims, a.ndim), range(dims)
    if a.dtype != b.dtype:
        raise RuntimeError(f"tensordot: wants one dtype, got {a.dtype} and {b.dtype}")
    left, right = ([as_dim(x, d) for d in ([ds] if isinstance(ds, int) else ds)]
                   for x, ds in zip((a, b), dims, strict=True))
    if not len(left) == len(right) == len({*left}) == len({*right}):
        raise ShapeError(f"tensordot: wants two lists of as many different dimensions, got {dims}")
    of_a = list(range(a.ndim))
    of_b = [left[right.index(e)] if e in right else a.ndim + e for e in range(b.ndim)]
    sizes = _sizes("tensordot", (a, b), (of_a, of_b))
    free = [k for k in sizes if (k in of_a) != (k in of_b)]
    return _sum_of_products((a, b), (of_a, of_b), free, sizes)


_LETTERS = ascii_uppercase + ascii_lowercase


def _from_lists(arguments):
    """The equation, and the operands, where each operand is followed by a list of numbers."""
    operands, lists = arguments[:len(arguments) // 2 * 2:2], [*arguments[1::2]]
    if len(arguments) % 2:
        lists.append(arguments[-1])
    if not (lists and all(isinstance(ks, list | tuple) and all(k is ... or k in range(52) for k in ks)
                          for ks in lists)):
        raise ValueError("einsum: wants an equation and operands, or operands each followed by a list "
                         "of numbers from 0 to 51")
    terms = ["".join("..." if k is ... else _LETTERS[k] for k in ks) for ks in lists]
    n = len(operands)
    return ",".join(terms[:n]) + "->" * (len(terms) > n) + "".join(terms[n:]), operands


def _labels(name: str, term: str, ndim: int) -> list:
    """The label of each of ``ndim`` dimensions from a term such as "ij" or "i...j"."""
    head, dots, tail = term.partition("...")
    n = ndim - len(head + tail)
    if wrong := {*(head + tail)} - {*_LETTERS}:
        raise RuntimeError(f"{name}: {term!r} is to be of letters and one \"...\", got {min(wrong)!r}")
    if n < 0 or (n and not dots):
        raise ShapeError(f"{name}: {term!r} has {len(head + tail)} letters for {ndim} dimensions")
    return [*head, *range(-n, 0), *tail]


def _sizes(name: str, operands: Sequence[Tensor], labels: Sequence[list]) -> dict:
    """The size of each label: where operands differ, one is to be 1, along which it broadcasts."""
    sizes: dict = {}
    for x, of in zip(operands, labels, strict=True):
        for k, n in zip(of, x.shape, strict=True):
            if n != x.shape[of.index(k)] or (n != sizes.get(k, n) and 1 not in (n, sizes[k])):
                raise ShapeError(f"{name}: {k!r} has two sizes in shapes "
                                 + ", ".join(str(x.array.shape) for x in operands))
            sizes[k] = sizes.get(k, n) if n == 1 else n
    return sizes


def _sum_of_products(operands: Sequence[Tensor], labels: Sequence[list], result: list,
                     sizes: dict) -> Tensor:
    """The product of all operands, summed over the labels that ``result`` does not have."""
    terms = [_distinct(x, of, sizes) for x, of in zip(operands, labels, strict=True)]
    while len(terms) > 1:
        a, b, *rest = terms
        terms = [_pair(*a, *b, {*result}.union(*(of for _, of in rest))), *rest]
    x, of = _summed(*terms[0], result)
    x = permute(x, [of.index(k) for k in result if k in of])
    return reshape(x, [sizes[k] for k in result])  # with labels that are of size 1 everywhere


def _distinct(x, of, sizes):
    """x with diagonals taken, so that no label repeats, and without dimensions of size 1."""
    while twice := [k for k in of if of.count(k) > 1]:
        d = of.index(twice[0])
        e = of.index(twice[0], d + 1)
        x = diagonal(x, 0, d, e)
        of = [k for j, k in enumerate(of) if j not in (d, e)] + twice[:1]
    kept = [d for d, n in enumerate(x.shape) if n != 1]
    return reshape(x, [x.shape[d] for d in kept]), [of[d] for d in kept]


def _summed(x, of, keep):
    """x summed over the labels that are not kept."""
    gone = [d for d, k in enumerate(of) if k not in keep]
    return sum(x, gone) if gone else x, [k for k in of if k in keep]


def _pair(a, of_a, b, of_b, keep):
    """a·b as one (batched) product of matrices, whose rows are a's own labels and columns b's."""
    a, of_a = _summed(a, of_a, keep | {*of_b})
    b, of_b = _summed(b, of_b, keep | {*of_a})
    size = dict(zip(of_a + of_b, a.shape + b.shape, strict=True))
    shared = [k for k in of_a if k in of_b]
    batch, inner = [k for k in shared if k in keep], [k for k in shared if k not in keep]
    rows, columns = [k for k in of_a if k not in of_b], [k for k in of_b if k not in of_a]

    def matrices(x, of, left, right):
        x = permute(x, [of.index(k) for k in batch + left + right])
        return reshape(x, [size[k] for k in batch] + [prod(map(size.get, ks)) for ks in (left, right)])

    y = (matmul if inner else mul)(matrices(a, of_a, rows, inner), matrices(b, of_b, inner, columns))
    return reshape(y, [size[k] for k in batch + rows + columns]), batch + rows + columns


# ── what they share ─────────────────────────────────────────────────────────────────────────────

def _check(name: str, xs: Sequence, ndims: Sequence[int | None] = ()) -> None:
    """That the operands are Tensors, of so many dimensions (None: any number)."""
    for x in xs:
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}: wants Tensors, got {type(x).__name__}")
    if any(x.ndim != n for x, n in zip(xs, ndims, strict=False)):
        raise ShapeError(f"{name}: wants {' and '.join(map(str, ndims))} dimensions, got shapes "
                         + " and ".join(str(x.array.shape) for x in xs))


def _matmul(name: str, a: Tensor, b: Tensor, *ndims: int) -> Tensor:
    """The row `matmul`, with PyTorch's rules for vectors and dtypes, under the name of its caller."""
    _check(name, (a, b), ndims)
    if not (a.ndim and b.ndim) or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ShapeError(f"{name}: shapes {a.array.shape} and {b.array.shape} do not fit: the last "
                         "dimension of the first must equal the last but one of the second")
    if a.dtype != b.dtype:
        raise RuntimeError(f"{name}: wants one dtype, got {a.dtype} and {b.dtype}")
    if a.dtype.kind == "b":
        raise NotImplementedError(f"{name}: wants numbers, got bools; convert them, as by .long()")
    if a.ndim == 2 and b.ndim == 1:
        return apply(TABLE["mv"], (a, b), {})
    y = apply(TABLE["matmul"], (unsqueeze(a, 0) if a.ndim == 1 else a,
                                unsqueeze(b, 1) if b.ndim == 1 else b), {})
    if a.ndim == 1:
        y = squeeze(y, -2)
    return squeeze(y, -1) if b.ndim == 1 else y
