"""Convolution, pooling, padding and interpolation as PyTorch has them."""

import numpy as np
import pytest
from against_torch import (
    Drawn,
    differential,
    either,
    flag,
    like,
    maybe,
    one_of,
    op,
    same,
    x,
)
from hypothesis import strategies as st

torch = pytest.importorskip("torch")


def one_or(n, low, high):
    """A number, or one for each of n directions."""
    number = st.integers(low, high)
    return either(number, number, st.tuples(*[number] * n))


def filters(n, transposed=False):
    """Filters (and a bias) for the images that were drawn, and ``groups``; rarely ones that fit not."""
    def f(c):
        groups = c.draw(st.sampled_from([1, 1, 2]))
        channels, out = c.shape[-n - 1], groups * c.draw(st.integers(1, 2))
        k = [c.draw(st.integers(1, 3)) for _ in range(n)]
        size = (channels, out // groups, *k) if transposed else (out, channels // groups, *k)
        c.groups = groups
        c.out = out
        return c.value(x(size, dtype=None))
    return Drawn(f)


def images(n, channels=(2, 4), least=1, side=6, batches=((), (1,), (2,), (0,)), **kw):
    """(N, C, …) or (C, …)"""
    return x(lambda c: (*c.draw(st.sampled_from(batches)),
                        c.draw(st.sampled_from(channels)),
                        *[c.draw(st.integers(least, side)) for _ in range(n)]), **kw)


bias = Drawn(lambda c: c.value(either(None, x((c.out,), dtype=None))))
groups = Drawn(lambda c: c.groups)


def conv(n):
    return op(f"conv{n}d", images(n, side=6 if n < 3 else 4), filters(n), bias,
              stride=maybe(one_or(n, 1, 3)),
              padding=maybe(either(one_or(n, 0, 2), one_of("same", "valid", "typo"))),
              dilation=maybe(one_or(n, 1, 2)), groups=groups)


def conv_transpose(n):
    return op(f"conv_transpose{n}d", images(n, (2, 4), 3, 4, ((), (1,), (2,))), filters(n, True),
              bias, stride=maybe(one_or(n, 1, 3)), padding=maybe(one_or(n, 0, 1)),
              output_padding=maybe(one_or(n, 0, 2)), groups=groups, dilation=maybe(one_or(n, 1, 2)))


test_convolution = differential(
    *[conv(n) for n in (1, 2, 3)],
    *[conv_transpose(n) for n in (1, 2, 3)],
    op("unfold", images(2), one_or(2, 1, 3), dilation=maybe(one_or(2, 1, 2)),
       padding=maybe(one_or(2, 0, 2)), stride=maybe(one_or(2, 1, 3))).but(method=False),
    op("fold", x(lambda c: (*c.draw(st.sampled_from([(), (2,)])), 4 * c.draw(st.integers(1, 2)),
                            c.draw(st.sampled_from([12, 6, 4])))), (4, 5), 2,
       dilation=maybe(one_or(2, 1, 2)), padding=maybe(one_or(2, 0, 1)),
       stride=maybe(one_or(2, 1, 3))),
)


def pool(name, n, *args, **kw):
    kw = {"stride": maybe(one_or(n, 1, 3)), "padding": maybe(one_or(n, 0, 1)),
          "ceil_mode": maybe(flag()), **kw}
    least, side = (1, 7) if n < 3 else (3, 4)  # there torch refuses small images
    return op(f"{name}{n}d", images(n, (1, 2), least, side, distinct=True), *args,
              one_or(n, 1, 3), **kw)


def max_pool(n):
    return pool("max_pool", n, dilation=maybe(one_or(n, 1, 2)), return_indices=maybe(flag()))


def avg_pool(n):
    more = {"divisor_override": maybe(st.integers(0, 5))} if n > 1 else {}
    return pool("avg_pool", n, count_include_pad=maybe(flag()), **more)



def adaptive(name, n, **kw):
    size = one_or(n, 0, 5) if n == 1 else either(one_or(n, 0, 5), (None,) * (n - 1) + (2,))
    return op(f"adaptive_{name}_pool{n}d", images(n, side=5, channels=(1, 2), distinct=True), size,
              **kw)


test_pooling = differential(
    *[max_pool(n) for n in (1, 2, 3)],
    *[avg_pool(n) for n in (1, 2, 3)],
    *[adaptive("avg", n) for n in (1, 2, 3)],
    *[adaptive("max", n, return_indices=maybe(flag())) for n in (1, 2, 3)],
    op("max_pool2d of integers", lambda m, x: m.nn.functional.max_pool2d(x, 2),
       x((2, 3, 4, 4), dtype=("int64", "uint8"))),
    *[op(f"lp_pool{n}d", images(n, sample=(0.5, 3.0)), one_of(1, 2, 3.0),
         st.integers(1, 3) if n == 1 else one_or(n, 1, 3), stride=maybe(one_or(n, 1, 3)),
         ceil_mode=maybe(flag())) for n in (1, 2)],
)


def widths(n, low=-2, high=3):
    return st.tuples(*[st.integers(low, high)] * 2 * n)


def unpool(n):
    def f(m, x, k, s, p, size):
        f = m.nn.functional
        y, i = getattr(f, f"max_pool{n}d")(x, k, s, p, return_indices=True)
        size = x.shape[-n:] if size else None
        return getattr(f, f"max_unpool{n}d")(y, i, k, s, p, size)
    number = st.integers(1, 3)
    return op(f"max_unpool{n}d", f, images(n, side=6, channels=(1, 2), distinct=True,
                                           batches=((), (2,))), number,
              number, st.integers(0, 1), flag()).but(
        where=lambda c: c.args[2] >= c.args[1] > 2 * c.args[3])  # none twice


test_borders = differential(
    op("pad", x(max_dims=4, dtype=("float64", "int64", "bool")),
       either(*[widths(n) for n in (1, 2, 3)], (1, 2, 3)), value=maybe(st.integers(-2, 2))),
    *[op(f"pad {n} dimensions", lambda m, *a: m.nn.functional.pad(*a), images(n, side=4),
         widths(n, 0, 4), one_of("reflect", "replicate", "circular", "typo")) for n in (1, 2, 3)],
    *[op(f"pad and crop {n} dimensions", lambda m, *a: m.nn.functional.pad(*a),
         images(n, side=6), widths(n, -1, 1), one_of("replicate", "circular", "reflect")
         ).but(where=lambda c: min(c.shape[1:]) > 2) for n in (1, 2)],
)


def resized(n, *modes):
    """By size or by scale, with all options of the modes."""
    def defined(c):  # "area" may shrink to nothing with torch
        return "area" not in modes or (min(c.shape[2:]) > 1 and np.all(c.kw.get("size", 1)))

    return op(f"interpolate {modes[0]}", lambda m, *a, **kw: m.nn.functional.interpolate(*a, **kw),
              images(n, side=6, batches=((1,), (2,))),
              size=maybe(one_or(n, 0, 7)), scale_factor=maybe(either(
                  one_of(0.5, 2, 1.5, 0.7, 3.0), st.tuples(*[one_of(0.5, 2, 1.3)] * n))),
              mode=one_of(*modes), align_corners=maybe(flag()),
              recompute_scale_factor=maybe(flag()),
              **({"antialias": maybe(flag())} if modes[0].startswith("bi") else {})
              ).but(tol=10, where=defined)


test_sizes = differential(
    resized(1, "nearest", "nearest-exact", "area", "typo", "bilinear"),
    resized(2, "nearest", "nearest-exact", "area", "linear"),
    resized(3, "nearest", "nearest-exact", "area"),
    resized(1, "linear"), resized(2, "bilinear"), resized(2, "bicubic"), resized(3, "trilinear"),
    op("upsample", images(2), scale_factor=one_of(2, 3)),
    op("upsample_nearest", images(2), one_or(2, 1, 7)),
    op("upsample_bilinear", images(2, batches=((1,), (2,))), one_or(2, 1, 7)),
    op("pixel_shuffle", images(2, channels=(4, 8, 9, 0)), st.integers(0, 3)),
    op("pixel_unshuffle", images(2, batches=((), (1,), (2,))), st.integers(0, 3)),
    op("channel_shuffle", images(2, batches=((1,), (2,))), one_of(1, 2, 3)),
    *[unpool(n) for n in (1, 2, 3)],
)

test_distances = differential(
    op("normalize", x(min_dims=2), p=maybe(one_of(1, 2, 3.0, float("inf"))), dim=maybe(one_of(0, -1))),
    op("cosine_similarity", x(min_dims=2, min_side=1), either(same(), like()),
       dim=maybe(one_of(0, -1))),
    op("pairwise_distance", x(min_dims=1, min_side=1), same(), p=maybe(one_of(1, 2, 3.0)),
       keepdim=maybe(flag())),
)
