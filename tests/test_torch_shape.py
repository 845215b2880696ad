"""Shapes, orders, views, joins and parts as PyTorch has them."""

from math import prod

import pytest
from against_torch import (
    ALL,
    Drawn,
    differential,
    dim_sets,
    dims,
    either,
    flag,
    index,
    maybe,
    one_of,
    op,
    same,
    several,
    x,
)
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
small = st.integers(-4, 4)


def any_x(**kw):
    return x(**{"dtype": ALL, **kw})


def cut(f):
    """An argument that depends on the case: ``f(draw, shape)``."""
    return Drawn(lambda c: f(c.draw, c.shape))


def factors(draw, shape):
    """A shape for as many elements, perhaps with a -1, perhaps wrong."""
    n, sizes = prod(shape), []
    while draw(st.booleans()):
        sizes.append(draw(st.sampled_from([k for k in range(1, n + 1) if n % k == 0] or [0])))
        n = n // sizes[-1] if sizes[-1] else 0
    return draw(st.permutations([*sizes, draw(st.sampled_from([n, n, -1, 5, -2]))]))


def forward(c):
    """Whether the tensor runs forward in memory: PyTorch knows no other."""
    return c.arrays[0].kind != "reversed"


sizes = cut(lambda draw, shape: tuple(factors(draw, shape)))
times = cut(lambda draw, shape: tuple(draw(st.lists(st.integers(0, 3), max_size=4))))
wider = cut(lambda draw, shape: (*draw(st.lists(st.integers(0, 2), max_size=2)),
                                 *[draw(st.sampled_from([n, n, -1, 3])) for n in shape]))
parts = cut(lambda draw, shape: draw(st.lists(st.integers(-1, 3), max_size=4)))
pair = Drawn(lambda c: c.value(either(dim_sets(2), (0, 0), (1, 0), (0, 5))))
row = several(any_x(min_dims=0, max_dims=1), most=3)
stackable = Drawn(lambda c: [c.value(any_x(max_dims=3)), *c.value(several(
    either(same(), same(dtype=ALL), any_x(max_dims=2)), least=0, most=2))])
joinable = Drawn(lambda c: [c.value(any_x(max_dims=3, min_side=1)), *c.value(several(either(
    x(lambda c: tuple(c.draw(st.integers(0, 2)) if d == 0 else n for d, n in enumerate(c.shape)),
      dtype=ALL), same(), x((0,), dtype=ALL)), least=0, most=2))])


test_one_tensor = differential(
    op("reshape", any_x(), sizes),
    op("view", any_x(), sizes).but(where=forward),
    op("view_as", lambda m, x, y: x.view_as(y), any_x(), either(same(), any_x())
       ).but(where=forward),
    op("reshape_as", lambda m, x, y: x.reshape_as(y), any_x(), either(same(), any_x())),
    op("flatten", any_x(), start_dim=maybe(dims()), end_dim=maybe(dims())),
    op("ravel", any_x()),
    op("unflatten", any_x(min_dims=1), -1, cut(lambda draw, shape: tuple(factors(draw, shape[-1:])))),
    op("squeeze", any_x(), dim=maybe(either(dims(), dim_sets(), (0, 0)))),
    op("unsqueeze", any_x(), dims(extra=1)),
    op("permute", any_x(), either(dim_sets(), cut(lambda draw, shape: tuple(
        draw(st.permutations(range(len(shape)))))))),
    op("transpose", any_x(), dims(), dims()),
    op("swapaxes", any_x(), dims(), dims()),
    op("swapdims", any_x(), dims(), dims()),
    op("t", any_x()),
    op("adjoint", any_x(min_dims=1)),
    op("T", lambda m, x: x.T, any_x()),
    op("mT", lambda m, x: x.mT, any_x(min_dims=1)),
    op("H", lambda m, x: x.H, any_x()),
    op("movedim", any_x(), dims(), dims()),
    op("movedim of several", lambda m, x, a, b: m.movedim(x, a, b), any_x(), dim_sets(), dim_sets()),
    op("moveaxis", any_x(), dims(), dims()),
    op("flip", any_x(), either(dim_sets(), (0, 0), (5,))),
    op("flip of numbers", lambda m, x: x.flip(0, -1), any_x(max_dims=2)),
    op("fliplr", any_x()),
    op("flipud", any_x()),
    op("rot90", any_x(min_dims=2), k=maybe(small), dims=maybe(pair)),
    op("roll", any_x(), either(small, (1, -2)), dims=maybe(either(dims(), dim_sets()))
       ).but(where=lambda c: prod(c.shape)),  # torch does not look at the dims of empty tensors
    op("expand", lambda m, x, size: x.expand(size), any_x(), wider),
    op("expand_as", lambda m, x, y: x.expand_as(y), any_x(), any_x()),
    op("broadcast_to", any_x(), wider),
    op("broadcast_tensors", lambda m, *xs: m.broadcast_tensors(*xs), any_x(), any_x()),
    op("broadcast_shapes", lambda m, *xs: m.zeros(m.broadcast_shapes(*[x.shape for x in xs])),
       any_x(), any_x()),
    op("repeat", lambda m, x, times: x.repeat(times), any_x(), times),
    op("tile", any_x(), times),
    op("repeat_interleave", any_x(), either(st.integers(-1, 3), index(3, lambda c: c.shape[:1]),
       index(3, (1,))), dim=maybe(dims())).but(where=lambda c: c.ndim or not c.kw),
    op("repeat_interleave of sizes", lambda m, x, r, n: m.repeat_interleave(x, r, 0, output_size=n),
       x((3,)), index(3, (3,)), st.just(3)).but(where=lambda c: c.arrays[1].values.sum() == 3),
    op("repeat_interleave to indices", lambda m, r: m.repeat_interleave(r), index(4, (5,))),
    op("narrow", any_x(), dims(), small, st.integers(-1, 3)),
    op("select", any_x(), dims(), small),
    op("unfold", lambda m, x, *args: x.unfold(*args), any_x(max_side=5), dims(), st.integers(-1, 3),
       st.integers(0, 3)),
    op("diagonal", any_x(), either(0, small)),
    op("diagonal of dimensions", lambda m, x, o, ds: m.diagonal(x, o, *ds), any_x(min_dims=2), small,
       pair),
    op("diag", any_x(), small),
    op("diag_embed", any_x(max_dims=2), offset=maybe(small)),
    op("diag_embed in dimensions", lambda m, x, *args: m.diag_embed(x, *args), any_x(max_dims=2), small,
       dims(extra=1), dims(extra=1)),
    op("diagflat", any_x(), offset=maybe(small)),
    op("tril", any_x(), either(0, small)),
    op("triu", any_x(), either(0, small)),
)

test_joins = differential(
    op("cat", joinable, dim=maybe(dims())),
    op("concat", joinable, dim=maybe(dims())),
    op("concatenate", joinable, axis=maybe(dims())),
    op("stack", stackable, dim=maybe(dims(wrong=False, extra=1))),
    op("hstack", joinable),
    op("vstack", joinable),
    op("row_stack", joinable),
    op("dstack", stackable),
    op("column_stack", stackable),
    op("block_diag", lambda m, xs: m.block_diag(*xs), several(x(max_dims=2, min_side=1))),
    op("atleast_1d", either(any_x(), several(any_x()))),
    op("atleast_2d", either(any_x(), several(any_x()))),
    op("atleast_3d", either(any_x(), several(any_x()))),
    op("meshgrid", either(row, several(x(max_dims=1), most=3)), indexing=one_of("ij", "xy", "yx")),
    op("meshgrid of arguments", lambda m, *xs: m.meshgrid(*xs, indexing="xy"), x((2,)),
       same(), x((3,), dtype=None)),
    op("cartesian_prod", lambda m, xs: m.cartesian_prod(*xs), several(x(min_dims=1, max_dims=1))),
    op("combinations", x(max_dims=1), r=maybe(st.integers(0, 3)), with_replacement=flag()),
)

test_parts = differential(
    op("split", any_x(max_side=5), either(st.integers(-1, 4), parts), dim=maybe(dims())),
    op("split_with_sizes", any_x(max_side=5), parts, dim=maybe(dims())),
    op("chunk", any_x(max_side=5), st.integers(0, 6), dim=maybe(dims())),
    op("tensor_split", any_x(max_side=5), either(st.integers(0, 6), parts), dim=maybe(dims())),
    op("hsplit", any_x(), either(st.integers(0, 3), parts)),
    op("vsplit", any_x(), either(st.integers(0, 3), parts)),
    op("dsplit", any_x(), either(st.integers(0, 3), parts)),
    op("unbind", any_x(), dim=maybe(dims())),
)
