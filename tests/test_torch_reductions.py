"""Reductions, orders and scans: against PyTorch, and their derivatives without it."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check

inf, nan = float("inf"), float("nan")

# ── derivatives of first and second order, by finite differences ────────────────────────────────

COMPOSITES = {
    "var": lambda x: x.var(1),
    "std": lambda x: x.std((0, 1), correction=0),
    "var_mean": lambda x: tg.cat(tg.var_mean(x, 1)),
    "prod": lambda x: x.prod(1) + x.prod(),
    "prod of zeros": lambda x: (x * tg.tensor([0.0, 1, 1, 0, 1])).prod(1),
    "cumprod": lambda x: x.cumprod(1),
    "cumprod of zeros": lambda x: (x * tg.tensor([1.0, 0, 1, 0, 1])).cumprod(1),
    "cumsum": lambda x: x.cumsum(0) ** 2,
    "logcumsumexp": lambda x: x.logcumsumexp(1),
    "logsumexp": lambda x: x.logsumexp((0, 1)),
    "softmax": lambda x: x.softmax(1),
    "max": lambda x: x.max() ** 2,
    "max ties": lambda x: tg.cat([x, x]).max() ** 2 + tg.stack([x, x, x]).amin((0, 2)).sum(),
    "median": lambda x: tg.cat([x, x]).median() ** 2,
    "sort": lambda x: x.sort(1).values ** 2,
    "topk": lambda x: x.topk(2).values ** 2,
    "kthvalue": lambda x: x.kthvalue(2, 0).values ** 2,
    "cummax": lambda x: x.cummax(1).values ** 2,
    "quantile": lambda x: x.quantile(tg.tensor([0.3, 0.85], dtype=tg.float64), 1) ** 2,
    "norms": lambda x: tg.stack([x.norm(p) for p in (1, 2, 3, 1.5, inf, -inf)]),
    "cov": lambda x: tg.cov(x),
    "corrcoef": lambda x: tg.corrcoef(x),
    "unique": lambda x: x.unique() ** 2,
    "trapezoid": lambda x: tg.trapezoid(x, x ** 2) + tg.diff(x, 2).sum(),
    "cumulative_trapezoid": lambda x: tg.cumulative_trapezoid(x, x[0] ** 3),
    "bincount": lambda x: tg.bincount(tg.tensor([0, 2, 0, 1, 2]), x[0]) ** 2,
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_derivatives(name):
    x = tg.tensor(np.random.default_rng(3).normal(size=(3, 5)))

    def slope(x):
        x = x if x.requires_grad else x.detach().requires_grad_()
        with tg.enable_grad():
            y = COMPOSITES[name](x)
            return tg.autograd.grad((y * y).sum(), x, create_graph=True)[0]

    for f in (COMPOSITES[name], slope):
        report = check(f, x, directions=1, elements=4)
        assert report, report


# ── conventions ─────────────────────────────────────────────────────────────────────────────────

def gradient(f, *data):
    x = tg.tensor(list(data), dtype=tg.float64, requires_grad=True)
    return tg.autograd.grad(f(x).sum(), x)[0].tolist()


def test_conventions_where_there_is_a_choice():
    third = 1 / 3
    for f, data, expected in [
        (lambda x: x.max(), (1, 1, 0), [0.5, 0.5, 0]),
        (lambda x: x.amin(0), (inf, inf), [0.5, 0.5]),
        (lambda x: x.max(), (1, nan, nan), [0, 0.5, 0.5]),
        (lambda x: x.max(0).values, (1, 1, 0), [1, 0, 0]),
        (lambda x: x.median(), (1, 1, 1), [third, third, third]),
        (lambda x: x.cummax(0).values, (1, 1, 0), [1, 2, 0]),
        (lambda x: x.norm(), (0, 0), [0, 0]),
        (lambda x: x.norm(inf), (1, -1, 0), [0.5, -0.5, 0]),
        (lambda x: x.std(), (1, 1), [0, 0]),
        (lambda x: x.prod(), (0, 2, 3), [6, 0, 0]),
        (lambda x: x.cumprod(0), (0, 2, 0, 3), [3, 0, 0, 0]),
        (lambda x: x.logsumexp(0), (-inf, -inf), [0, 0]),
        (lambda x: x.nansum(), (1, nan), [1, 0]),
    ]:
        assert gradient(f, *data) == pytest.approx(expected)


def test_named_results():
    x = tg.tensor([[1.0, 3.0], [2.0, 0.0]])
    values, indices = best = x.max(1)
    assert values is best.values and indices is best[1] and best.indices.tolist() == [1, 0]
    assert repr(best) == ("torch.return_types.max(\nvalues=tensor([3., 2.]),\n"
                          "indices=tensor([1, 0]))")
    assert x.aminmax().max.item() == 3 and tg.histogram(x, 3).bin_edges.tolist() == [0, 1, 2, 3]


def test_errors():
    x, empty = tg.zeros(2, 3), tg.zeros(0, 3)
    for error, pattern, f in [
        (RuntimeError, r"mean: wants floating .* torch.int64", lambda: tg.tensor([1]).mean()),
        (RuntimeError, r"max: .*\(0, 3\)", lambda: empty.max()),
        (IndexError, r"argmin: .*\(0, 3\)", lambda: empty.argmin(0)),
        (RuntimeError, r"topk: k lies in 0 … 3, got 4", lambda: x.topk(4)),
        (RuntimeError, r"kthvalue: k lies in 1 … 3, got 0", lambda: x.kthvalue(0)),
        (RuntimeError, r"quantile: q lies in \[0, 1\], got 2.0", lambda: x.quantile(2)),
        (TypeError, r"var: takes unbiased or correction", lambda: x.var(0, True, correction=1)),
        (NotImplementedError, r"softmax: .* torch.int64", lambda: tg.tensor([1]).softmax(0)),
        (RuntimeError, r"bincount: .* not negative", lambda: tg.bincount(tg.tensor([-1]))),
        (RuntimeError, r"norm: p is .* got 'abc'", lambda: x.norm("abc")),
    ]:
        with pytest.raises(error, match=pattern):
            f()


# ── against PyTorch ─────────────────────────────────────────────────────────────────────────────

try:
    from against_torch import (
        ALL,
        FLOATS,
        INTS,
        NUMBERS,
        differential,
        dim_sets,
        dims,
        dtypes,
        either,
        flag,
        index,
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
    some = {"min_side": 1}
    some_dims = {"dim": either(None, dims(), dim_sets(1)), "keepdim": flag()}

    def nans(of):
        """Some of the elements as nan."""
        return lambda m, a, *rest, **kw: of(m, m.where(a.detach() > 1.5, nan, a), *rest, **kw)

    test_sums = differential(
        op("sum", x(**EVERY), **some_dims),
        op("sum of all", lambda m, x: m.sum(x), x(**EVERY)),
        op("sum as", lambda m, x, **kw: m.sum(x.detach(), **kw), x(dtype=ALL), dim=dims(),
           dtype=dtypes("float32", "float64", "int64", "int32")),
        op("sum to double", lambda m, x: x.sum(-1, dtype=m.float64), x(**EVERY)),
        op("nansum nan", nans(lambda m, x, **kw: x.nansum(**kw)), x(), **some_dims),
        op("nanmean nan", nans(lambda m, x, **kw: x.nanmean(**kw)), x(**some), **some_dims).but(
            order=1),
        op("mean", x(**some), **some_dims),
        op("mean of nothing", lambda m, x: m.mean(x.detach(), 0), x((0, 2))),
        op("mean", x(dtype=INTS), dim=maybe(dims())),
        op("mean", x(dtype=("float32", *INTS), **some), dim=dims(),
           dtype=dtypes("float64", "float32")),
        op("var", x(min_side=2), **some_dims, correction=one_of(0, 1, 0.5)).but(
            where=lambda c: c.ndim),
        op("std", x(min_side=2, min_dims=1, distinct=True), dim=dims(), unbiased=flag(),
           keepdim=flag()),
        op("std", x(min_side=2, min_dims=1, distinct=True), unbiased=flag()),
        op("var_mean", x(min_side=2, min_dims=1), **some_dims),
        op("std_mean", x(min_side=2, min_dims=1, distinct=True), dims(), flag()),
        op("count_nonzero", x(dtype=ALL), dim=maybe(either(dims(), dim_sets(1)))).but(order=0),
        op("any", x(dtype=ALL), dim=maybe(either(dims(), dim_sets())), keepdim=flag()),
        op("all", x(dtype=ALL), dim=maybe(either(dims(), dim_sets())), keepdim=flag()),
        op("prod", x(**EVERY), dim=dims(), keepdim=flag()),
        op("prod", x(**EVERY)),
    )

    def with_dim(name, **kw):
        return op(name, x(dtype=(*FLOATS, *NUMBERS), distinct=True), dim=dims(), keepdim=flag(), **kw)

    test_extremes = differential(
        op("max", x(**EVERY)),
        op("min", x(**EVERY, **some)),
        op("max of two", lambda m, x, y: m.max(x, y), x(), same()),
        with_dim("max"),
        with_dim("min"),
        op("max ties", lambda m, x, **kw: m.max(x, **kw).indices, x(sample=(0, 2), dtype=INTS),
           dim=dims()),
        op("max nan", nans(lambda m, x: x.max(-1)), x(min_dims=1, **some)),
        op("min nan", nans(lambda m, x: x.min()), x(**some)).but(order=1),
        op("amax", x(**EVERY), dim=either((), dims(), dim_sets(1)), keepdim=flag()),
        op("amin", x(**EVERY), dim=either(dims(), dim_sets(1)), keepdim=flag()),
        op("amax ties", lambda m, x, **kw: m.amax(m.floor(x) + x * 0, **kw), x(), dim=dims()),
        op("aminmax", x(**EVERY), dim=maybe(dims()), keepdim=flag()),
        op("argmax", x(dtype=NUMBERS, sample=(0, 4)), dim=maybe(dims()), keepdim=flag()),
        op("argmin", x(dtype=NUMBERS, sample=(0, 4)), dim=maybe(dims()), keepdim=flag()),
        with_dim("median"),
        with_dim("nanmedian"),
        op("median", x(dtype=(*FLOATS, *INTS), **some)),
        op("median of nothing", lambda m, x: m.median(x.detach()), x((0, 2))),
        op("median nan", nans(lambda m, x: m.median(x, -1).values), x(min_dims=1, **some)),
        op("nanmedian nan", nans(lambda m, x: x.nanmedian()), x(**some)),
        op("mode", x(dtype=NUMBERS, sample=(0, 3), max_side=6), dim=dims(), keepdim=flag()),
        op("kthvalue", x(dtype=(*FLOATS, *INTS), distinct=True), one_of(1, 2, 3, 0), dims(), flag()),
    )

    test_orders = differential(
        op("sort", x(distinct=True, dtype=(*FLOATS, *ALL)), dim=dims(), descending=flag(),
           stable=True),
        op("sort nan", nans(lambda m, x, **kw: m.sort(x, **kw)), x(min_dims=1), descending=flag(),
           stable=True),
        op("sort of ties", lambda m, x, **kw: m.sort(x, **kw), x(dtype=INTS, max_side=6, sample=(0, 3)),
           dim=dims(), stable=True, descending=flag()),
        op("argsort", x(distinct=True, dtype=(*FLOATS, *INTS)), dim=dims(), descending=flag()),
        op("msort", x(min_dims=1)),
        op("topk", x(min_dims=1, distinct=True, dtype=(*FLOATS, *INTS)), one_of(0, 1, 2, 3), dim=dims(),
           largest=flag()),
        op("quantile", x(), one_of(0.0, 0.3, 0.5, 1.0), dim=maybe(dims()), keepdim=flag()),
        op("quantile of several", lambda m, x, q, **kw: m.quantile(x, q, **kw), x(distinct=True),
           x((3,), sample=(0, 1), away=(0, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1), dtype=None),
           dim=dims(), keepdim=flag(), interpolation=one_of("linear", "lower", "higher", "midpoint")),
        op("quantile between", lambda m, x, q, **kw: m.quantile(x, q, 0, **kw),
           x((4, 2), distinct=True), one_of(0.0, 0.5, 1 / 6, 5 / 6, 0.4),
           interpolation=one_of("linear", "nearest", "midpoint")),
        op("nanquantile nan", nans(lambda m, x, **kw: x.nanquantile(0.4, **kw)), x(**some),
           dim=maybe(dims())),
        op("unique", x(dtype=ALL, sample=(0, 3)), return_inverse=flag(), return_counts=flag()).but(
            order=0),
        op("unique of slices", lambda m, x, **kw: m.unique(x.detach(), **kw),
           x(dtype=INTS, sample=(0, 2), min_dims=1), dim=dims(), return_inverse=flag(),
           return_counts=flag()),
        op("unique_consecutive", x(dtype=INTS, sample=(0, 1)), return_inverse=flag(),
           return_counts=flag(), dim=maybe(dims())).but(where=lambda c: c.ndim),
        op("isin", lambda m, x, y, **kw: m.isin(x, y.reshape(-1), **kw), x(dtype=INTS), same(),
           invert=flag()),
        op("searchsorted of vectors", lambda m, s, v, **kw: m.searchsorted(m.sort(s)[0], v, **kw),
           x(min_dims=1, max_dims=1, dtype=NUMBERS, sample=(0, 5)), x(dtype=None, sample=(0, 5)),
           right=flag(), out_int32=flag()),
        op("searchsorted of rows", lambda m, s, v, **kw: m.searchsorted(m.sort(s)[0], v, **kw),
           x(min_dims=1, dtype=INTS, sample=(0, 5)), same(sample=(0, 5)), side=one_of("left", "right")),
        op("bucketize", lambda m, v, s, **kw: m.bucketize(v, m.sort(s)[0], **kw), x(),
           x((3,), dtype=None), right=flag()),
        op("bincount", x(min_dims=1, max_dims=1, dtype=INTS, sample=(0, 4)), minlength=one_of(0, 3)),
        op("bincount of weights", lambda m, i, w: m.bincount(i, w.detach(), minlength=2),
           index(5, (4,)), x((4,), dtype=NUMBERS)),
        op("histc", lambda m, x, *a: m.histc(x.detach(), *a), x(), one_of(1, 4, 7), one_of(-1.0, -2.1),
           one_of(1.0, 2.0)),
        op("histogram", lambda m, x, *a, **kw: m.histogram(x.detach(), *a, **kw),
           x(min_side=2, min_dims=1),
           maybe(one_of(1, 4, 7)), density=flag(), range=maybe(one_of((-1.0, 2.0)))).but(
            where=lambda c: (abs(c.arrays[0].values) < 1).any()),
    )

    test_scans = differential(
        op("cumsum", x(**EVERY), dims()),
        op("cumsum as", lambda m, x, d: m.cumsum(x, d, dtype=m.float64), x(**EVERY),
           dims()).but(order=1),
        op("cumprod", x(**EVERY), dims()),
        op("cumprod zeros", lambda m, x: m.cumprod(m.trunc(x) + x - x.detach(), -1), x(min_dims=1,
                                                                                       max_side=6)),
        op("prod zeros", lambda m, x: m.prod(m.trunc(x) + x - x.detach(), -1), x(max_side=5)),
        op("cummax", x(dtype=(*FLOATS, *ALL), max_side=5, **some), dims()),
        op("cummin", x(dtype=(*FLOATS, *ALL), max_side=5, **some), dims()),
        op("cummin nan", nans(lambda m, x: x.cummin(0)), x(max_dims=1, max_side=6)),
        op("logcumsumexp", x(), dims()),
        op("diff", x(dtype=(*FLOATS, *ALL), **some), n=one_of(1, 2), dim=dims()),
        op("diff", x(min_dims=1), n=0),
        op("diff ends", lambda m, x, y, **kw: m.diff(x, prepend=y, append=x, **kw), x(min_dims=1),
           same(), dim=dims()),
        op("trapezoid", x(dtype=(*FLOATS, *INTS), min_dims=1, **some), dx=one_of(1, 0.5), dim=dims()),
        op("cumulative_trapezoid", x(min_dims=1), same(), dim=dims()),
    )

    test_exponentials_and_norms = differential(
        op("logsumexp", x(), dim=either(dims(), dim_sets(1)), keepdim=flag()),
        op("logsumexp of integers", lambda m, x, d: m.logsumexp(x, d),
           x(dtype=(*INTS, "bool")), dims()),
        op("softmax", x(sample=(-30, 30)), dim=dims()),
        op("log_softmax", x(sample=(-30, 30)), dim=dims()),
        op("softmax as", lambda m, x, d: m.softmax(x, d, dtype=m.float64), x(**EVERY), dims()),
        op("norm", x(distinct=True, away=(0,), **some), p=one_of(2, 1, 3, 1.5, 0.5, inf, -inf),
           **some_dims),
        op("norm", x(**some), dim=maybe(dims()), keepdim=flag()),
        op("norm 0", lambda m, x, **kw: m.norm(x.detach(), p=0, **kw), x(), **some_dims),
        op("norm of nothing", lambda m, x, *a: m.norm(x.detach(), *a), x((2, 0)),
           one_of(2, 1, inf), dims()),
        op("norm at 0", lambda m, x, p: m.norm(x * 0 + x - x.detach(), p), x(min_dims=1, **some),
           one_of(2, 1, 3)).but(order=1),
        op("dist", x(min_side=2), same(), one_of(2, 1, 3, inf)),
        op("cov", x(max_dims=2, min_side=2), correction=one_of(0, 1)).but(where=lambda c: c.ndim),
        op("cov of weights", lambda m, x, w, a: m.cov(x, fweights=w, aweights=m.abs(a) + 1), x((3, 4)),
           x((4,), dtype="int64", sample=(1, 3)), x((4,), dtype=None)),
        op("corrcoef", x((3, 4))).but(tol=10),
    )
