"""Convolution, pooling, padding and interpolation as PyTorch has them."""

import pytest
from against_torch import (
    Drawn,
    differential,
    either,
    flag,
    maybe,
    one_of,
    op,
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


def images(n, channels=(2, 4), side=6, batches=((), (1,), (2,), (0,)), **kw):
    """(N, C, …) or (C, …)"""
    return x(lambda c: (*c.draw(st.sampled_from(batches)),
                        c.draw(st.sampled_from(channels)),
                        *[c.draw(st.integers(1, side)) for _ in range(n)]), **kw)


bias = Drawn(lambda c: c.value(either(None, x((c.out,), dtype=None))))
groups = Drawn(lambda c: c.groups)


def conv(n):
    return op(f"conv{n}d", images(n, side=6 if n < 3 else 4), filters(n), bias,
              stride=maybe(one_or(n, 1, 3)),
              padding=maybe(either(one_or(n, 0, 2), one_of("same", "valid", "typo"))),
              dilation=maybe(one_or(n, 1, 2)), groups=groups)


def conv_transpose(n):
    return op(f"conv_transpose{n}d", images(n, side=4, batches=((), (1,), (2,))), filters(n, True),
              bias, stride=maybe(one_or(n, 1, 3)), padding=maybe(one_or(n, 0, 2)),
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
    return op(f"{name}{n}d", images(n, side=7 if n < 3 else 4, channels=(1, 2), distinct=True), *args,
              one_or(n, 1, 3), **kw)


def max_pool(n):
    return pool("max_pool", n, dilation=maybe(one_or(n, 1, 2)), return_indices=maybe(flag()))


def avg_pool(n):
    more = {"divisor_override": maybe(st.integers(0, 5))} if n > 1 else {}
    return pool("avg_pool", n, count_include_pad=maybe(flag()), **more).but(
        where=lambda c: n < 3 or not c.kw.get("padding"))  # there torch refuses small images


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
