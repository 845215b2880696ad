"""What the property tests draw: operands for every row of the table."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tinygrad_pt.gradcheck.properties import LAYOUTS, laid_out
from tinygrad_pt.ops import TABLE, arrays
from tinygrad_pt.ops.linear import walk

POINTWISE = [op for op in TABLE.values() if op.kind == "pointwise"]
DIFFERENTIABLE = [op for op in POINTWISE if any(d not in (None, "0") for d in op.slopes)]
LINEAR = [op for op in TABLE.values() if op.kind == "linear"]
FUSED = [op for op in TABLE.values() if op.kind == "fused"]
BILINEAR = [op for op in TABLE.values() if op.kind == "bilinear"]

SHAPES = [(2, 3), (3,), (2, 2, 3), (), (3, 1), (1,), (0,), (2, 0)]
ADJOINT_OF = {"index_add": "index", "scatter_add": "gather", "on_diagonal": "diagonal",
              "overlap_add": "windows"}


def names(ops):
    return [op.name for op in ops]


def layout(draw, x):
    """The same numbers in another memory layout: reversed, strided, transposed, or as they are."""
    return laid_out(x, draw(st.sampled_from(LAYOUTS))) if x.ndim else x


@st.composite
def shapes(draw, **kw):
    return draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3, **kw))


def narrower(draw, shape):
    """A shape that broadcasts to this one, which it often is."""
    kept = shape[draw(st.sampled_from((0, 1, 0, 2))):]
    return tuple(1 if draw(st.sampled_from((False, True))) else n for n in kept)


@st.composite
def operands(draw, op, dtype="float64"):
    """Arrays for the operands of a pointwise row: broadcastable shapes, any layout."""
    shape = draw(st.sampled_from(SHAPES))
    sizes = [narrower(draw, shape) for _ in op.operands]
    return [layout(draw, x) for x in of_sizes(op, sizes, draw(st.integers(0, 2**32 - 1)), dtype)]


def of_sizes(op, sizes, seed=0, dtype="float64"):
    """Arrays of these sizes for the operands of a pointwise row: in its domain, away from its kinks."""
    random = np.random.default_rng(seed)
    for _ in range(1000):
        xs = [random.uniform(*limits, size) for limits, size in zip(op.sample, sizes, strict=True)]
        if not any(np.any(np.abs(k) < 0.02) for k in op.to_kinks(arrays, *xs)):
            break
    return [np.asarray(x > 0 if d is None else x, bool if d is None else dtype)
            for x, d in zip(xs, op.slopes, strict=True)]


@st.composite
def linear_case(draw, op, dtype="float64"):
    """(operands, arguments) of a linear row."""
    r = draw(st.randoms(use_true_random=False))
    lowest = {"cat": 1, "cumsum": 1, "gather": 1, "scatter_add": 1, "diagonal": 2,
              "on_diagonal": 2}.get(op.name, 0)
    shape = draw(st.sampled_from([shape for shape in SHAPES if len(shape) >= lowest]))
    kw = op.sample(r, shape) if op.sample else {}
    sizes = [shape]
    if op.arity is None:  # cat: sizes that differ along dim
        sizes = [(*shape[:kw["dim"]], n, *shape[kw["dim"] + 1:])
                 for n in draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))]
    if op.name in ADJOINT_OF:  # what one gives is what the other takes
        row = TABLE[ADJOINT_OF[op.name]]
        kw = row.sample(r, shape)
        sizes = [row.f(np.zeros(shape), **kw).shape]
        kw = {**kw, "shape": shape}
    if op.name == "overwrite":
        sizes.append(walk(arrays, np.zeros(shape), kw["path"]).shape)
    random = np.random.default_rng(r.randrange(2**32))
    return [layout(draw, random.normal(size=s).astype(dtype)) for s in sizes], kw


@st.composite
def bilinear_case(draw, op, dtype="float64"):
    """(operands, arguments) of a bilinear row."""
    r = draw(st.randoms(use_true_random=False))
    a, b, kw = op.sample(r)
    random = np.random.default_rng(r.randrange(2**32))
    return [layout(draw, random.normal(size=s).astype(dtype)) for s in (a, b)], kw


@st.composite
def fused_case(draw, op, dtype="float64"):
    """(operands, arguments) of a fused row: arrays of the shapes, and integers as they are sampled."""
    r = draw(st.randoms(use_true_random=False))
    sampled, kw = op.sample(r)
    random = np.random.default_rng(r.randrange(2**32))
    return [np.array(x, np.int64) if isinstance(x, list) else
            layout(draw, random.normal(size=x).astype(dtype)) for x in sampled], kw


def cases(op, dtype="float64"):
    """(operands, arguments) of any row."""
    if op.kind == "pointwise":
        return operands(op, dtype).map(lambda xs: (xs, {}))
    return {"linear": linear_case, "bilinear": bilinear_case, "fused": fused_case}[op.kind](op, dtype)


def value(op, xs, kw):
    """The row's value for arrays."""
    with np.errstate(all="ignore"):
        return np.asarray(op.forward(arrays, xs, kw))
