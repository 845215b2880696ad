"""Convolution, pooling, padding and interpolation as PyTorch has them."""

import pytest
from against_torch import OMITTED, Drawn, differential, like, op, same, x

torch = pytest.importorskip("torch")

# With so many options each value has to be as likely as the next: they come from the case's own
# random numbers, not from Hypothesis, which likes small ones.


def one_of(*of):
    """One of several ingredients or values, the same likelihood for each."""
    return Drawn(lambda c: c.value(of[c.random.integers(len(of))]))


def maybe(of):
    """``of``, or now and then left out."""
    return one_of(of, of, OMITTED)


def number(low, high):
    return Drawn(lambda c: int(c.random.integers(low, high, endpoint=True)))


def flag():
    return one_of(True, False)


def one_or(n, low, high):
    """A number, or one for each of n directions."""
    each = number(low, high)
    return one_of(each, Drawn(lambda c: tuple(c.value(each) for _ in range(n))))


def filters(n, transposed=False):
    """Filters for the images that were drawn; their number and ``groups`` are noted in the case."""
    def f(c):
        c.groups = c.value(one_of(1, 2))
        channels, c.out = c.shape[-n - 1], c.groups * c.value(number(1, 2))
        k = [c.value(number(1, 3)) for _ in range(n)]
        size = (channels, c.out // c.groups, *k) if transposed else (c.out, channels // c.groups, *k)
        return c.value(x(size, dtype=None))
    return Drawn(f)


def images(n, channels=(2, 4), least=1, side=6, batches=((), (1,), (2,), (2,), (0,)), **kw):
    """(N, C, …) or (C, …)"""
    return x(lambda c: (*c.value(one_of(*batches)), c.value(one_of(*channels)),
                        *[c.value(number(least, side)) for _ in range(n)]), **kw)


bias = Drawn(lambda c: c.value(one_of(None, x((c.out,), dtype=None))))
groups = Drawn(lambda c: c.groups)


def conv(n):
    return op(f"conv{n}d", images(n, least=3, side=7 if n < 3 else 5), filters(n), bias,
              stride=maybe(one_of(1, one_or(n, 1, 3))),
              padding=maybe(one_of(*[one_or(n, 0, 2)] * 5, *["same", "valid"] * 2, "typo")),
              dilation=maybe(one_or(n, 1, 2)), groups=groups)


def conv_transpose(n):
    return op(f"conv_transpose{n}d", images(n, (2, 4), 3, 4, ((), (1,), (2,))), filters(n, True),
              bias, stride=maybe(one_or(n, 1, 3)), padding=maybe(one_or(n, 0, 1)),
              output_padding=maybe(one_or(n, 0, 2)), groups=groups, dilation=maybe(one_or(n, 1, 2)))


def refolded(m, x, kernel, **kw):
    columns = m.nn.functional.unfold(x, kernel, **kw)
    return m.nn.functional.fold(columns * columns, tuple(x.shape[-2:]), kernel, **kw)


test_convolution = differential(
    *[conv(n) for n in (1, 2, 3)],
    *[conv_transpose(n) for n in (1, 2, 3)],
    op("unfold", images(2), one_or(2, 1, 3), dilation=maybe(one_or(2, 1, 2)),
       padding=maybe(one_or(2, 0, 2)), stride=maybe(one_or(2, 1, 3))).but(method=False),
    op("fold", one_of(x((2, 4, 12)), x((8, 4))), (4, 5), 2, stride=one_of(1, 2)),
    op("fold of unfolded", refolded, images(2, least=4), one_or(2, 1, 3),
       dilation=maybe(one_or(2, 1, 2)), padding=maybe(one_or(2, 0, 1)),
       stride=maybe(one_or(2, 1, 3))),
)


def pool(name, n, *args, **kw):
    kw = {"stride": maybe(one_or(n, 1, 3)), "padding": maybe(one_or(n, 0, 1)),
          "ceil_mode": maybe(flag()), **kw}
    # Least 3: dilated windows in less may see padding only, for which PyTorch's max pooling has an
    # index outside of the image, and its backward pass writes there.
    def f(m, *args, **kw):  # of nn.functional: PyTorch's top has some of them with less arguments
        return getattr(m.nn.functional, f"{name}{n}d")(*args, **kw)

    return op(f"{name}{n}d", f, images(n, (1, 2), 3, 7 if n < 3 else 4, distinct=True), *args,
              one_or(n, 1, 3), **kw)


def max_pool(n):
    return pool("max_pool", n, dilation=maybe(one_or(n, 1, 2)), return_indices=maybe(flag()))


def avg_pool(n):
    more = {"divisor_override": maybe(number(0, 5))} if n > 1 else {}
    return pool("avg_pool", n, count_include_pad=maybe(flag()), **more)


def adaptive(name, n, **kw):
    size = one_or(n, 0, 5) if n == 1 else one_of(one_or(n, 0, 5), (None,) * (n - 1) + (2,))
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
         number(1, 3) if n == 1 else one_or(n, 1, 3), stride=maybe(one_or(n, 1, 3)),
         ceil_mode=maybe(flag())) for n in (1, 2)],
)


def widths(n, low, high):
    return Drawn(lambda c: tuple(c.value(number(low, high)) for _ in range(2 * n)))


def unpool(n):
    def f(m, x, window, size):
        f, (k, s, p) = m.nn.functional, window  # none of which overlap
        y, i = getattr(f, f"max_pool{n}d")(x, k, s, p, return_indices=True)
        size = x.shape[-n:] if size else None
        return getattr(f, f"max_unpool{n}d")(y, i, k, s, p, size)
    return op(f"max_unpool{n}d", f, images(n, (1, 2), 3, 7 - n, distinct=True, batches=((), (2,))),
              one_of((1, 1, 0), (2, 2, 0), (2, 3, 0), (3, 3, 1), (3, 3, 0)), flag())


test_borders = differential(
    op("pad", x(min_dims=2, max_dims=4, dtype=("float64", "int64", "bool")),
       one_of(*[widths(n, -1, 3) for n in (1, 2, 2, 3)], (1, 2, 3)), value=maybe(number(-2, 2))),
    *[op(f"pad {n} dimensions", lambda m, *a: m.nn.functional.pad(*a), images(n, least=3),
         widths(n, 0, 3), one_of("reflect", "replicate", "circular", "typo")) for n in (1, 2, 3)],
    *[op(f"pad and crop {n} dimensions", lambda m, *a: m.nn.functional.pad(*a),
         images(n, (3, 4), 3), widths(n, -1, 1), one_of("replicate", "circular", "reflect"))
      for n in (1, 2)],
)


def resized(n, *modes):
    """By size or by scale, with the options that the modes have, now and then all wrong."""
    def size(c):
        c.by_size = c.random.random() < 0.5
        return c.value(one_or(n, 1, 7)) if c.by_size else OMITTED

    def scale(c):
        several = one_of(*[tuple(c.value(one_of(0.5, 2, 1.3)) for _ in range(n))] * 2, 1.5, 0.7, 3.0)
        return c.value(several) if c.by_size == (c.random.random() < 0.05) else OMITTED

    options = {}
    if modes[0].endswith(("linear", "cubic")):
        options["align_corners"] = maybe(flag())
    if modes[0].startswith("bi"):
        options["antialias"] = maybe(flag())
    return op(f"interpolate {modes[0]}", lambda m, *a, **kw: m.nn.functional.interpolate(*a, **kw),
              images(n, least=2, batches=((1,), (2,))), size=Drawn(size), scale_factor=Drawn(scale),
              mode=one_of(*modes), recompute_scale_factor=Drawn(
                  lambda c: OMITTED if c.by_size else c.value(one_of(None, False, True))),
              **options).but(tol=10, where=sane)


def sane(c):
    """Where PyTorch agrees with itself: its antialiased rows are wrong for a result of width 1 unless
    that is channels_last; at a size that a scale leaves as it is, its derivative of "bicubic" is not of
    the value it gives, and "nearest" of images differs from that of sequences and volumes.
    """
    def each(v):
        return v if isinstance(v, tuple) else (v,) * len(c.shape[2:])

    old, scale = c.shape[2:], each(c.kw.get("scale_factor", 1))
    new = [int(n * f) for n, f in zip(old, scale, strict=True)]
    if c.kw.get("antialias"):
        return each(c.kw.get("size", 2))[-1] != 1 and new[-1] > 1
    return c.kw["mode"] not in ("nearest", "bicubic") or all(
        n != m or f == 1 for n, m, f in zip(old, new, scale, strict=True))


test_sizes = differential(
    resized(1, "nearest", "nearest-exact", "area", "typo", "bilinear"),
    resized(2, "nearest", "nearest-exact", "area", "linear"),
    resized(3, "nearest", "nearest-exact", "area"),
    resized(1, "linear"), resized(2, "bilinear"), resized(2, "bicubic"), resized(3, "trilinear"),
    op("upsample", images(2), scale_factor=one_of(2, 3)),
    op("upsample_nearest", images(2), one_or(2, 1, 7)),
    op("upsample_bilinear", images(2, batches=((1,), (2,))), one_or(2, 1, 7)),
    op("pixel_shuffle", images(2, channels=(4, 8, 9, 0)), one_of(0, 1, 2, 2, 3)),
    op("pixel_unshuffle", images(2, batches=((), (1,), (2,)), least=4), one_of(0, 1, 2, 2, 3)),
    op("channel_shuffle", images(2, batches=((1,), (2,))), one_of(1, 2, 3)),
    *[unpool(n) for n in (1, 2, 3)],
)

test_distances = differential(
    op("normalize", x(min_dims=2), p=maybe(one_of(1, 2, 3.0, float("inf"))), dim=maybe(one_of(0, -1))),
    op("cosine_similarity", x(min_dims=2, min_side=1), one_of(same(), like()),
       dim=maybe(one_of(0, -1))),
    op("pairwise_distance", x(min_dims=1, min_side=1), same(), p=maybe(one_of(1, 2, 3.0)),
       keepdim=maybe(flag())),
)
