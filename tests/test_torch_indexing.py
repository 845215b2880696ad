"""Gather, scatter and the rest of indexing: against PyTorch, and their derivatives without it."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check

I = tg.tensor  # noqa: E741

# ── derivatives of first and second order, by finite differences ────────────────────────────────

TWICE = I([[0, 0, 2], [1, 1, 1]])
COMPOSITES = {
    "gather": lambda x, s: x.gather(1, TWICE) * s,
    "take": lambda x, s: x.take(TWICE) * s,
    "take_along_dim": lambda x, s: x.take_along_dim(TWICE, 1) * s,
    "index_select": lambda x, s: x.index_select(1, I([0, 0, 2])) * s,
    "masked_select": lambda x, s: x.masked_select(TWICE > 0) * s.masked_select(TWICE > 0),
    "scatter": lambda x, s: x.scatter(1, TWICE, s) ** 2,
    "scatter multiply": lambda x, s: x.scatter(1, TWICE, s, reduce="multiply"),
    "scatter_add": lambda x, s: x.scatter_add(1, TWICE, s) ** 2,
    "index_add": lambda x, s: x.index_add(1, I([0, 0, 2]), s, alpha=0.5) ** 2,
    "index_copy": lambda x, s: x.index_copy(1, I([0, 0, 2]), s) ** 2,
    "index_fill": lambda x, s: x.index_fill(1, I([0, -1]), s[0, 0]) ** 2,
    "index_put": lambda x, s: x.index_put((I([0, 0]), I([1, 1])), s[0, :2]) ** 2,
    "accumulate": lambda x, s: x.index_put((I([0, 0]),), s[0], accumulate=True) ** 2,
    "masked_fill": lambda x, s: x.masked_fill(TWICE > 0, s[0, 0]) ** 2,
    "masked_scatter": lambda x, s: x.masked_scatter(TWICE > 0, s) ** 2,
    "select_scatter": lambda x, s: x.select_scatter(s[:, 0], 1, -1) ** 2,
    "slice_scatter": lambda x, s: x.slice_scatter(s[:, :2], 1, 0, 3, 2) ** 2,
    "diagonal_scatter": lambda x, s: x.diagonal_scatter(s[0, :2], 1) ** 2,
    **{f"scatter_reduce {r}, {include}": lambda x, s, r=r, include=include:
       x.scatter_reduce(1, TWICE, s, r, include_self=include) ** 2
       for r in ("sum", "prod", "mean", "amax", "amin") for include in (True, False)},
    "prod of zeros": lambda x, s: x.scatter_reduce(1, TWICE, s * I([0.0, 0, 1]), "prod"),
    "where": lambda x, s: tg.where(x > 0, x * s, s ** 2),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_derivatives(name):
    random = np.random.default_rng(5)
    x, s = (tg.tensor(random.normal(size=(2, 3))) for _ in range(2))

    def slope(*xs):
        xs = [x if x.requires_grad else x.detach().requires_grad_() for x in xs]
        with tg.enable_grad():
            y = COMPOSITES[name](*xs)
            return tg.cat(tg.autograd.grad((y * y).sum(), xs, create_graph=True), 1)

    for f in (COMPOSITES[name], slope):
        report = check(f, x, s, directions=1, elements=4)
        assert report, report


# ── conventions ─────────────────────────────────────────────────────────────────────────────────

def test_of_two_for_one_place_the_later_wins_and_has_the_gradient():
    for f in (lambda x, s: x.scatter(0, I([0, 0, 1]), s), lambda x, s: x.index_copy(0, I([0, 0, 1]), s),
              lambda x, s: x.index_put((I([0, 0, 1]),), s)):
        x, s = (tg.tensor(v, requires_grad=True) for v in ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]))
        y = f(x, s)
        assert y.tolist() == [5, 6, 3]
        y.sum().backward()
        assert x.grad.tolist() == [0, 0, 1] and s.grad.tolist() == [0, 1, 1]


def test_ties_of_scatter_reduce_share_the_gradient():
    x, s = tg.tensor([5.0, 2.0], requires_grad=True), tg.tensor([5.0, 5.0, 1.0], requires_grad=True)
    x.scatter_reduce(0, I([0, 0, 1]), s, "amax").sum().backward()
    assert x.grad.tolist() == pytest.approx([1 / 3, 1]) and s.grad.tolist() == pytest.approx(
        [1 / 3, 1 / 3, 0])


def test_errors():
    x, i = tg.zeros(2, 3), I([[0, 3]])
    for error, pattern, f in [
        (RuntimeError, r"gather: index 3 .* dimension 1 of size 3", lambda: x.gather(1, i)),
        (RuntimeError, r"scatter: index -1 .* dimension 1 of size 3", lambda: x.scatter(1, i - 1, 0)),
        (RuntimeError, r"gather: wants an index of integers, got torch.bool",
         lambda: x.gather(1, i > 0)),
        (RuntimeError, r"gather: .* got \(1,\) for \(2, 3\)", lambda: x.gather(1, I([0]))),
        (IndexError, r"take: index 6", lambda: x.take(I([6]))),
        (RuntimeError, r"index_select: index -1", lambda: x.index_select(0, I([-1]))),
        (IndexError, r"index_select: .* vector .*\(1, 2\)", lambda: x.index_select(0, i)),
        (RuntimeError, r"index_add: index 2", lambda: x.index_add(0, I([0, 2]), x)),
        (IndexError, r"index_copy: .*\(1,\) .*\(2, 3\)", lambda: x.index_copy(0, I([0]), x)),
        (IndexError, r"index_fill: index 2", lambda: x.index_fill(0, I([2]), 1)),
        (RuntimeError, r"masked_fill: .* bools, got torch.int64",
         lambda: x.masked_fill(I([1, 0, 1]), 0)),
        (RuntimeError, r"masked_fill: a mask of shape \(2,\)", lambda: x.masked_fill(x[:, 0] > 0, 0)),
        (RuntimeError, r"masked_scatter: 6 .* 1", lambda: x.masked_scatter(x == 0, tg.ones(1))),
        (RuntimeError, r"index_put: .*\(2,\) .*\(1, 3\)", lambda: x.index_put((I([0]),), tg.ones(2))),
        (RuntimeError, r"scatter: wants one dtype", lambda: x.scatter(1, I([[0]]), I([[1]]))),
        (RuntimeError, r"scatter_reduce: reduce is one of sum, .* got 'max'",
         lambda: x.scatter_reduce(1, I([[0]]), x, "max")),
        (RuntimeError, r"select_scatter: .*\(2,\), got \(3,\)", lambda: x.select_scatter(x[0], 1, 0)),
        (RuntimeError, r"one_hot: classes lie in 0 … 1, got 2", lambda: tg.one_hot(I(2), 2)),
    ]:
        with pytest.raises(error, match=pattern):
            f()


# ── against PyTorch ─────────────────────────────────────────────────────────────────────────────

try:
    from against_torch import (
        ALL,
        FLOATS,
        INTS,
        Drawn,
        differential,
        dims,
        flag,
        index,
        like,
        maybe,
        one_of,
        op,
        same,
        x,
    )
except pytest.skip.Exception:
    pass
else:
    EVERY = {"dtype": (*FLOATS, *ALL)}
    BOX = x((3, 4, 2), **EVERY)
    SHAPES = ((3, 2, 2), (2, 5, 1), (3, 4, 2), (1, 0, 2))

    def along(n, shape, wide=0):
        """An index for dimension 1 of a BOX; ``wide``: now and then one that it does not have."""
        return index(lambda c: n + (wide if c.draw(one_of(*range(8))) == 3 else 0), shape)

    some = Drawn(lambda c: c.value(along(4, c.draw(one_of(*SHAPES)), 3)))
    once = Drawn(lambda c: c.value(x((3, 4, 2), dtype="int64", sample=(0, 3))))

    def last(c, k=1):
        return c.arrays[k].shape

    def permuted(m, x, i, *rest):
        """An index without duplicates: PyTorch's gradient of scatter counts all of them."""
        return m.argsort(i + m.arange(4).reshape(4, 1) * 0.1, 1), *rest

    test_reading = differential(
        op("gather", BOX, 1, some),
        op("gather", x((5,)), dims(), along(5, (7,), 1)),
        op("gather", x(()), dims(), along(1, ())),
        op("take", x((2, 3), **EVERY), index(6, (2, 2), negative=True)),
        op("take", x((2, 3)), index(7, (2, 2))),
        op("take_along_dim", BOX, index(4, (3, 2, 1), negative=True), 1),
        op("take_along_dim", x((1, 4, 2)), index(4, (3, 1, 1)), 1),
        op("take_along_dim", x((6,)), index(6, (4,))),
        op("index_select", BOX, 1, along(4, (3,), 1)),
        op("index_select", x(()), 0, index(1, (1,))),
        op("masked_select", x(**EVERY), like(dtype="bool")),
        op("nonzero", x(**EVERY, sample=(0, 2))).but(order=0),
        op("nonzero of vectors", lambda m, x: m.nonzero(x, as_tuple=True), x(dtype=ALL, sample=(0, 2))),
        op("argwhere", x(dtype=ALL, sample=(0, 2))),
        op("where of one", lambda m, c: m.where(c), x(dtype=ALL, sample=(0, 2))),
        op("where", x(dtype="bool"), like(dtype=(*FLOATS, *ALL)), one_of(1, 2.5, True)),
        op("where", x((2, 1), dtype="bool"), x((3,), **EVERY), x((2, 3), **EVERY)),
        op("where of 0-d", lambda m, *xs: m.where(*xs), x((3,), dtype="bool"), x((3,), **EVERY),
           x((), **EVERY)),
        op("one_hot", x(dtype="int64", sample=(0, 4), min_side=1), maybe(one_of(5, 6, 3))),
    )

    test_writing = differential(
        op("scatter without duplicates", lambda m, x, i, s: m.scatter(x, 1, *permuted(m, x, i, s)), BOX,
           once, x((3, 5, 2), dtype=None)),
        op("scatter", BOX, 1, some, one_of(1, 0)),
        op("scatter of errors", lambda m, x, i, s: x.detach().scatter(1, i, s.detach()), BOX, some,
           x((3, 4, 2), dtype=None)),
        op("scatter reduce", lambda m, x, i, s, r: x.detach().scatter(1, i, s.detach(), reduce=r),
           x((3, 4, 2)), once, same(), one_of("add", "multiply")),
        op("scatter_add", BOX, 1, some, x((3, 5, 2), dtype=None)),
        op("scatter_reduce", x((3, 4, 2), dtype=(*FLOATS, *INTS), sample=(1, 4)), 1, once,
           same(sample=(1, 4)), one_of("sum", "prod", "mean", "amax", "amin"), include_self=flag()),
        op("index_add", BOX, 1, along(4, (5,), 1), x((3, 5, 2), dtype=None), alpha=one_of(1, 2)).but(
            where=lambda c: c.dtype != "bool" and (abs(c.arrays[0].values) < 4).all()),
        op("index_copy", x((3, 4, 2)), 1, x((2,), dtype="int64", sample=(0, 3), distinct=True),
           x((3, 2, 2), dtype=None)),
        op("index_fill", BOX, 1, index(lambda c: 4 + c.draw(one_of(0, 0, 0, 1)), (2,), negative=True),
           one_of(1, 0)),
        op("index_fill by tensor", lambda m, x, i, v: m.index_fill(x, -1, i, v), x((2, 3)),
           index(3, (2,)), x((), dtype=None)),
        op("index_put", lambda m, x, i, j, v: x.index_put((i, j), v), BOX,
           x((2,), dtype="int64", sample=(0, 2), distinct=True), index(4, (1,), negative=True),
           x((2, 2), dtype=None)),
        op("index_put of sums", lambda m, x, i, v: m.index_put(x, (i,), v, accumulate=True),
           x((3, 2)), index(3, (2, 4), negative=True), x((4, 1), dtype=None)),
        op("index_put of a mask", lambda m, x, k, v: m.index_put(x, (k,), v), x((3, 2)),
           x((3,), dtype="bool"), x((2,), dtype=None)),
        op("masked_fill", x(**EVERY), like(dtype="bool"), one_of(1, 0)),
        op("masked_fill", x(), like(dtype="bool"), x((), dtype=None)),
        op("masked_scatter", x((2, 3), **EVERY), x((3,), dtype="bool"), x((3, 2), dtype=None)),
        op("select_scatter", BOX, x((3, 2), dtype=None), 1, one_of(0, -1, 3, 4)),
        op("slice_scatter", x((3, 4)), x((3, 2), dtype=None), 1, one_of(0, -4), one_of(4, None),
           one_of(2, 3)),
        op("diagonal_scatter", x((3, 4)), x((3,), dtype=None), one_of(0, 1, 2)),
    )
