"""The kernels: the reference against naive loops, the compiled ones against the reference.

Arrays are drawn with every kind of stride. Operands and results of the compiled kernels lie inside
larger buffers of sentinels, which must not change. Every instruction set takes the same tests.
"""

import ctypes
import itertools
import math
import mmap
import multiprocessing
import os
import pathlib
import subprocess
import sys
import threading
import time

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import tinygrad_pt as tg
from tinygrad_pt.kernels import elementwise, reference
from tinygrad_pt.ops import TABLE
from tinygrad_pt.ops import arrays as ARRAYS

try:
    from tinygrad_pt.kernels import compiled
except ImportError:
    compiled = None

needs_compiled = pytest.mark.skipif(compiled is None, reason="the kernels were not compiled")
needs_loops = pytest.mark.skipif(elementwise is None, reason="NumPy evaluates the pointwise rows here")
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")
DTYPES = np.float32, np.float64
SENTINEL = 0x7FF8_DEAD_7FC1_BEEF      # nan, as a float64 and as two float32: spoils whatever reads it


@pytest.fixture(params=compiled.available() if compiled else [])
def isa(request):
    """Run the test on each instruction set."""
    compiled.set_isa(request.param)
    yield request.param
    compiled.set_isa()


# ---- arrays with any strides, among sentinels -----------------------------------------------------

class Guarded:
    """Arrays inside buffers of sentinels; `check` tells whether anything round them was written."""

    def __init__(self):
        self.buffers = []

    def empty(self, shape, dtype, margin=40):
        """A C-contiguous array with sentinels before and behind."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        buffer = np.full(2 * margin + -(-size // 8), SENTINEL, np.uint64)
        self.buffers.append((buffer, margin, size))
        return buffer.view(np.uint8)[8 * margin:8 * margin + size].view(dtype).reshape(shape)

    def check(self):
        expected = np.full(1, SENTINEL, np.uint64).view(np.uint8)
        for buffer, margin, size in self.buffers:
            bytes_ = buffer.view(np.uint8)
            around = np.delete(bytes_, np.s_[8 * margin:8 * margin + size])
            wanted = np.delete(np.tile(expected, len(buffer)), np.s_[8 * margin:8 * margin + size])
            assert (around == wanted).all(), "a kernel wrote outside its result"


@st.composite
def arrays(draw, shape, dtype, guarded):
    """An array of this shape in some order of dimensions, with steps, reversed or broadcast; its values
    depend on a seed. The elements between its own, like those round it, are sentinels."""
    order = draw(st.permutations(range(len(shape)))) if draw(st.booleans()) else range(len(shape))
    steps = [draw(st.sampled_from([1, 1, 1, -1, 2, -3])) for _ in shape]
    whole = guarded.empty([shape[d] * abs(steps[d]) for d in order], dtype)
    view = whole.transpose(np.argsort(order))[tuple(np.s_[::s] for s in steps)]
    view[...] = numbers(draw(st.integers(0, 999)), view.shape)
    for d, n in enumerate(shape):
        if n > 1 and draw(st.integers(0, 9)) == 0:
            view = np.broadcast_to(view[(np.s_[:],) * d + (np.s_[:1],)], shape)
            break
    assert view.shape == tuple(shape)
    return view


def numbers(seed, shape):
    """Small integers over 8: sums of their products are exact in float32, and kernels agree."""
    return np.random.default_rng(seed).integers(-8, 9, shape) / 8


def in_a_child(f, how="fork"):
    child = multiprocessing.get_context(how).Process(target=f)
    child.start()
    child.join(60)
    assert child.exitcode == 0


def agree(got, expected):
    assert got.shape == expected.shape and got.dtype == expected.dtype
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got, expected)


# ---- matmul ---------------------------------------------------------------------------------------

dims = st.one_of(st.integers(0, 5), st.integers(0, 70))


@st.composite
def matmul_shapes(draw, size=dims):
    m, n, k = draw(size), draw(size), draw(size)
    batch = [draw(st.integers(0, 3)) for _ in range(draw(st.sampled_from([0, 0, 1, 2, 3])))]
    batches = [[n if draw(st.booleans()) else 1 for n in batch][draw(st.integers(0, len(batch))):]
               for _ in range(2)]
    return (*batches[0], m, k), (*batches[1], k, n)


@given(matmul_shapes(st.integers(0, 4)), st.sampled_from(DTYPES))
def test_reference_matmul(shapes, dtype):
    a, b = (numbers(i, s).astype(dtype) for i, s in enumerate(shapes))
    agree(reference.matmul(a, b), np.einsum("...ij,...jk->...ik", a, b).astype(dtype))


@needs_compiled
@settings(max_examples=150)
@given(data=st.data(), shapes=matmul_shapes(), dtype=st.sampled_from(DTYPES))
def test_matmul(data, shapes, dtype):
    guarded = Guarded()
    a, b = (data.draw(arrays(s, dtype, guarded)) for s in shapes)
    expected = reference.matmul(a, b)
    out = guarded.empty(expected.shape, dtype)
    for name in compiled.available():
        compiled.set_isa(name)
        out[...] = np.nan
        assert compiled.matmul(a, b, out=out) is out
        guarded.check()
        agree(out, expected)
        agree(compiled.matmul(a, b), expected)
        row = numbers(2, expected.shape[-1:]).astype(dtype)
        agree(compiled.matmul(a, b, plus=row), expected + row)
        assert compiled.matmul(a, b, out=out, plus=out) is out
        guarded.check()
        agree(out, expected + expected)


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["NN", "NT", "TN", "TT", "strided"])
def test_matmul_in_blocks(isa, layout, dtype):
    """Sizes on either side of every boundary of the loops: tiles, panels, blocks of rows, of depth."""
    guarded = Guarded()
    for m, n, k in [(1, 1, 1), (6, 16, 1), (14, 32, 9), (15, 33, 767), (29, 31, 769), (224, 129, 64),
                    (225, 257, 20), (97, 300, 1600), (230, 4200, 3), (3, 4200, 10), (64, 512, 100),
                    (90, 20, 1537)]:
        if layout == "strided":
            a = numbers(m, (2 * m, 3 * k)).astype(dtype)[::2, ::-3]
            b = numbers(n, (2 * k, 3 * n)).astype(dtype)[::-2, ::3]
        else:
            a = numbers(m, (k, m) if layout[0] == "T" else (m, k)).astype(dtype)
            b = numbers(n, (n, k) if layout[1] == "T" else (k, n)).astype(dtype)
            a, b = a.T if layout[0] == "T" else a, b.T if layout[1] == "T" else b
        out = guarded.empty((m, n), dtype)
        compiled.matmul(a, b, out=out)
        guarded.check()
        agree(out, np.matmul(a, b))


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
def test_matmul_of_what_is_not_finite(isa, dtype):
    """nan and inf stand where NumPy has them: a product with zero is not skipped, 0·inf is nan."""
    for m, n, k in [(1, 1, 1), (3, 5, 4), (20, 40, 30), (70, 300, 50)]:
        random = np.random.default_rng(k)
        a, b = (random.standard_normal(shape).astype(dtype) for shape in [(m, k), (k, n)])
        for x in a, b:
            x[random.random(x.shape) < 0.5] = 0
            for bad in np.nan, np.inf, -np.inf:
                x[tuple(random.integers(0, s) for s in x.shape)] = bad
        with np.errstate(invalid="ignore"):
            y, expected = compiled.matmul(a, b), np.matmul(a, b)
        np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
        np.testing.assert_array_equal(y[np.isinf(expected)], expected[np.isinf(expected)])


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
def test_matmul_rounds_well(isa, dtype):
    """The error stays below the bound of a sum in any order, k ε |a| |b|, with room to spare."""
    random = np.random.default_rng(0)
    a, b = (random.standard_normal(shape).astype(dtype) for shape in [(50, 2000), (2000, 60)])
    exact = a.astype(np.longdouble) @ b.astype(np.longdouble)
    scale = abs(a).astype(np.longdouble) @ abs(b).astype(np.longdouble)
    assert (abs(compiled.matmul(a, b) - exact) / scale).max() < 20 * np.finfo(dtype).eps


@needs_compiled
def test_matmul_leaves_other_dtypes_to_the_reference():
    a = np.arange(6).reshape(2, 3)
    for b in a.T, a.T.astype(np.float32), a.T.astype(complex):
        y = compiled.matmul(a, b)
        np.testing.assert_array_equal(y, a @ b)
        assert y.dtype == (a @ b).dtype
    swapped = a.astype(">f4")
    np.testing.assert_array_equal(compiled.matmul(swapped, swapped.T), a @ a.T)
    record = np.zeros(4, [("byte", "u1"), ("x", "f8", (2, 2))])["x"]       # unaligned
    record[...] = np.eye(2)
    np.testing.assert_array_equal(compiled.matmul(record, record), record)


# ---- convolution ----------------------------------------------------------------------------------

some = st.one_of(st.integers(0, 3), st.integers(0, 40))


@st.composite
def convolutions(draw, channels=some, room=20):
    """Shapes of images and filters, and the other arguments."""
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    pair = lambda least, most: tuple(draw(st.integers(least, most)) for _ in "yx")  # noqa: E731
    stride, padding, dilation, kernel = pair(1, 3), pair(0, 3), pair(1, 3), pair(1, 4)
    size = tuple(max(0, d * (k - 1) + 1 - 2 * p + draw(st.integers(0, room)))
                 for d, k, p in zip(dilation, kernel, padding, strict=True))
    c, o = draw(channels), draw(channels)
    x, w = (draw(st.integers(0, 3)), c * groups, *size), (o * groups, c, *kernel)
    return x, w, (stride, padding, dilation, groups)


def passes(x, w, g):
    """The three kernels with their arrays."""
    yield "conv2d", (x, w)
    yield "conv2d_input", (g, w, x.shape)
    yield "conv2d_weight", (g, x, w.shape)


def naive_conv2d(x, w, stride, padding, dilation, groups):
    """The definition, one product at a time."""
    y = np.zeros(reference.check_conv("", x.shape, w.shape, stride, padding, dilation, groups), x.dtype)
    for n, o, i, j in np.ndindex(y.shape):
        for c, p, q in np.ndindex(w.shape[1:]):
            u = i * stride[0] + p * dilation[0] - padding[0]
            v = j * stride[1] + q * dilation[1] - padding[1]
            if 0 <= u < x.shape[2] and 0 <= v < x.shape[3]:
                y[n, o, i, j] += w[o, c, p, q] * x[n, o // (len(w) // groups) * w.shape[1] + c, u, v]
    return y


@settings(max_examples=25)
@given(convolutions(st.integers(0, 2), room=3), st.sampled_from(DTYPES))
def test_reference_conv2d(convolution, dtype):
    x_shape, w_shape, rest = convolution
    x, w = numbers(1, x_shape).astype(dtype), numbers(2, w_shape).astype(dtype)
    agree(np.ascontiguousarray(reference.conv2d(x, w, *rest)), naive_conv2d(x, w, *rest))


@needs_compiled
@settings(max_examples=120)
@given(data=st.data(), convolution=convolutions(), dtype=st.sampled_from(DTYPES))
def test_conv2d(data, convolution, dtype):
    x_shape, w_shape, rest = convolution
    guarded = Guarded()
    y_shape = reference.check_conv("", x_shape, w_shape, *rest)
    x, w, g = (data.draw(arrays(s, dtype, guarded)) for s in (x_shape, w_shape, y_shape))
    for op, args in passes(x, w, g):
        expected = getattr(reference, op)(*args, *rest)
        out = guarded.empty(expected.shape, dtype)
        for name in compiled.available():
            compiled.set_isa(name)
            out[...] = np.nan
            assert getattr(compiled, op)(*args, *rest, out=out) is out
            guarded.check()
            agree(out, expected)


@pytest.mark.parametrize("kernels", [reference, pytest.param(compiled, marks=needs_compiled)])
@given(convolution=convolutions(), dtype=st.sampled_from(DTYPES))
def test_conv2d_adjoints(kernels, convolution, dtype):
    """⟨g, x ⋆ w⟩ = ⟨conv2d_input(g, w), x⟩ = ⟨conv2d_weight(g, x), w⟩, here without any rounding."""
    x_shape, w_shape, rest = convolution
    x, w = numbers(1, x_shape).astype(dtype), numbers(2, w_shape).astype(dtype)
    y = kernels.conv2d(x, w, *rest)
    g = numbers(3, y.shape).astype(dtype)
    dot = lambda a, b: np.vdot(a.astype(float), b.astype(float))  # noqa: E731
    assert dot(g, y) == dot(kernels.conv2d_input(g, w, x_shape, *rest), x)
    assert dot(g, y) == dot(kernels.conv2d_weight(g, x, w_shape, *rest), w)


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
def test_conv2d_in_blocks(isa, dtype):
    """More than 768 elements in a filter, filters, pixels; results in more than one strip."""
    for x_shape, w_shape in [((1, 90, 6, 6), (17, 90, 3, 3)), ((1, 3, 6, 5), (800, 3, 2, 2)),
                             ((1, 2, 40, 41), (70, 2, 3, 3)), ((1, 1, 3, 3000), (15, 1, 3, 3))]:
        rest = (1, 1), (1, 1), (1, 1), 1
        x, w = numbers(1, x_shape).astype(dtype), numbers(2, w_shape).astype(dtype)
        g = numbers(3, reference.check_conv("", x_shape, w_shape, *rest)).astype(dtype)
        for op, args in passes(x, w, g):
            agree(getattr(compiled, op)(*args, *rest), getattr(reference, op)(*args, *rest))


@needs_compiled
@pytest.mark.parametrize("struck", [0, 1, 2])
@given(convolution=convolutions(st.integers(1, 20), room=8), dtype=st.sampled_from(DTYPES),
       seed=st.integers(0, 999))
def test_conv2d_of_what_is_not_finite(struck, convolution, dtype, seed):
    """An inf or nan in one of the arrays reaches the same elements as in the reference."""
    x_shape, w_shape, rest = convolution
    random = np.random.default_rng(seed)
    x, w = random.standard_normal(x_shape).astype(dtype), random.standard_normal(w_shape).astype(dtype)
    g = random.standard_normal(reference.check_conv("", x_shape, w_shape, *rest)).astype(dtype)
    hit = [x, w, g][struck]
    if hit.size:
        hit[tuple(random.integers(0, s) for s in hit.shape)] = random.choice([np.nan, np.inf, -np.inf])
    for op, args in passes(x, w, g):
        with np.errstate(invalid="ignore"):
            y, expected = getattr(compiled, op)(*args, *rest), getattr(reference, op)(*args, *rest)
        np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
        np.testing.assert_array_equal(y[np.isinf(expected)], expected[np.isinf(expected)])


# ---- rows ------------------------------------------------------------------------------------------

ROWS = [TABLE[name] for name in ("softmax", "log_softmax", "cross_entropy", "standardize")]


@needs_compiled
@pytest.mark.parametrize("op", ROWS, ids=[op.name for op in ROWS])
@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=st.integers(1, 4), n=st.integers(1, 70), seed=st.integers(0, 99))
def test_rows(op, dtype, rows, n, seed):
    """A fused row's kernels, in memory among sentinels, against its composition and the reference."""
    random, guarded = np.random.default_rng(seed), Guarded()

    def kept(a):
        b = guarded.empty(a.shape, a.dtype)
        b[...] = a
        return b

    x = kept((10 * random.normal(size=(rows, n))).astype(dtype))
    rest = [random.integers(0, n, rows)] if op.arity == 2 else []
    kw = {"eps": 0.1} if op.name == "standardize" else {} if rest else {"dim": 1}
    y = op.composed(ARRAYS, x, *rest, **kw)
    g = kept(random.normal(size=y.shape).astype(dtype))
    y, gx = kept(y), guarded.empty(x.shape, dtype)
    expected = getattr(reference, op.name + "_back")(g, y, x, *rest, **kw)
    tolerance = 100 * np.finfo(dtype).eps
    for name in compiled.available():
        compiled.set_isa(name)
        got = getattr(compiled, op.name)(x, *rest, **kw, out=guarded.empty(y.shape, dtype))
        getattr(compiled, op.name + "_back")(g, y, x, *rest, **kw, out=gx)
        guarded.check()
        np.testing.assert_allclose(got, y, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(gx, expected, rtol=tolerance, atol=tolerance * abs(g).sum())


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=st.integers(1, 4), n=st.integers(1, 70), seed=st.integers(0, 99))
def test_layer_norm(dtype, rows, n, seed):
    random, guarded = np.random.default_rng(seed), Guarded()
    x, g, w, b, out, g_x = [guarded.empty(shape, dtype) for shape in
                            ((rows, n), (rows, n), (n,), (n,), (rows, n), (rows, n))]
    for a in x, g, w, b:
        a[...] = random.normal(size=a.shape)
    y = TABLE["layer_norm"].composed(ARRAYS, x, w, b, 0.1)
    expected = reference.layer_norm_back(g, y, x, w, b, 0.1)
    for name in compiled.available():
        compiled.set_isa(name)
        compiled.layer_norm(x, w, b, 0.1, out=out)
        got = compiled.layer_norm_back(g, y, x, w, b, 0.1, out=g_x)
        guarded.check()
        for a, wanted in zip((out, *got), (y, *expected), strict=True):
            np.testing.assert_allclose(a, wanted, rtol=0, atol=300 * np.finfo(dtype).eps)


@needs_compiled
@settings(max_examples=60)
@given(data=st.data(), dtype=st.sampled_from(DTYPES), causal=st.booleans())
def test_attention(data, dtype, causal):
    """Of heads with any strides, in blocks of rows, against the composition and the reference."""
    guarded, many = Guarded(), data.draw(st.sampled_from([(), (3,), (2, 1), (1, 2)]))
    n, s = data.draw(st.tuples(*[st.one_of(st.integers(1, 5), st.integers(1, 150))] * 2))
    e, f = data.draw(st.tuples(*[st.integers(1, 40)] * 2))
    q, k, v, g = (data.draw(arrays((*many, *size), dtype, guarded))
                  for size in ((n, e), (s, e), (s, f), (n, f)))
    y = TABLE["attention"].composed(ARRAYS, q, k, v, 0.3, causal)
    expected = reference.attention_back(g, y, q, k, v, 0.3, causal)
    out = [guarded.empty(a.shape, dtype) for a in (y, q, k, v)]
    for name in compiled.available():
        compiled.set_isa(name)
        assert compiled.attention(q, k, v, 0.3, causal, out=out[0]) is out[0]
        compiled.attention_back(g, y, q, k, v, 0.3, causal, out=out[1:])
        guarded.check()
        for got, wanted in zip(out, (y, *expected), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=0, atol=1000 * np.finfo(dtype).eps)


@needs_compiled
def test_attention_without_a_kernel():
    x = np.ones((2, 3))
    assert compiled.attention(x, x.astype(np.float32), x, 1.0, False) is None
    assert compiled.attention(x, x[:0], x[:0], 1.0, False) is None
    assert compiled.attention(x, x, x, -1.0, False) is None
    assert compiled.attention(*[np.ones((1, 1, 1, 2, 3))] * 3, 1.0, False) is None


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
def test_exp_rounds_well(isa, dtype):
    """softmax's exp, seen through softmax([0, x]) = eˣ / (1 + eˣ): to 2 ulp, and down to 0."""
    x = np.linspace(-104 if dtype == np.float32 else -745, 0, 2001).astype(dtype)
    p = compiled.softmax(np.stack([np.zeros_like(x), x], 1), 1)[:, 1]
    exact = np.exp(x.astype(np.longdouble))
    exact /= 1 + exact
    assert np.max(np.abs(p - exact) / np.spacing(exact.astype(dtype))) < 2.5
    assert np.isnan(compiled.softmax(np.array([[np.nan, 1, 2]], dtype), 1)).all()
    assert (compiled.softmax(np.array([[-np.inf, 0]], dtype), 1) == [[0, 1]]).all()


# ---- functions of vectors --------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 1e-40, -1e-40, 1e-310, 3e38, -3e38, 1e300,
           88.8, 710.0, -104.0, -746.0, 1e5, 1e9, 22 / 7 * 1e4]


@needs_loops
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "sin", "cos"])
@given(seed=st.integers(0, 99), n=st.integers(0, 70))
def test_functions_round_well(name, dtype, seed, n):
    """Within 2 ulp for float (tanh: 2.4), 4 for double, where NumPy has more digits to compare with."""
    random = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        x = np.concatenate([SPECIAL, np.exp(random.uniform(-20, 7, n)) * random.choice([-1, 1], n)])
        x = x.astype(dtype)
        wide = x.astype(np.float64 if dtype == np.float32 else np.longdouble)
        exact = 1 / (1 + np.exp(-wide)) if name == "sigmoid" else getattr(np, name)(wide)
        expected = exact.astype(dtype)
        op, tiny = TABLE[name], 2 * np.finfo(dtype).tiny
        ulps = 4 if dtype == np.float64 else 2.4 if name == "tanh" else 2
        for isa in compiled.available():
            compiled.set_isa(isa)
            y = ARRAYS.loop(op, [x])
            close = np.abs(y - exact) <= ulps * np.spacing(np.abs(expected))
            close |= (np.abs(exact) < tiny) & (np.abs(y - exact) < tiny)
            close |= (y == expected) & (np.signbit(y) == np.signbit(expected))
            close |= np.isnan(y) & np.isnan(expected)
            assert close.all(), (isa, x[~close], y[~close], expected[~close])


@needs_loops
@pytest.mark.parametrize("dtype", DTYPES)
def test_erf_rounds_well(isa, dtype):
    """Where math.erfc has digits to compare with: of a rounded -x / √2 the tail is not that of x."""
    few = 6 if isa == "generic" else 3 if dtype == np.float32 else 5  # math.erfc has an error too
    most = 9 if dtype == np.float32 else 26
    for name, f, lo, hi in (("erf", math.erf, -6, most), ("erfc", math.erfc, -6, most),
                            ("ndtr", lambda v: math.erfc(-v / math.sqrt(2)) / 2, -most, 6),
                            ("gelu", lambda v: v * math.erfc(-v / math.sqrt(2)) / 2, -most, 6)):
        x = np.linspace(lo if dtype == np.float32 or lo == -6 else -1, hi, 3001).astype(dtype)
        exact = np.array([f(v) for v in x.astype(float)])
        y = ARRAYS.loop(TABLE[name], [x])
        assert (np.abs(y - exact) <= few * np.spacing(np.abs(exact).astype(dtype))).all(), name
    special = np.array([np.inf, -np.inf, np.nan, 30, -40, 1e30, -1e30, 0.0], dtype)
    for name, ends in (("erfc", [0, 2, np.nan, 0, 2, 0, 2, 1]),
                       ("ndtr", [1, 0, np.nan, 1, 0, 1, 0, 0.5])):
        np.testing.assert_array_equal(ARRAYS.loop(TABLE[name], [special]), ends)


# ---- cells -----------------------------------------------------------------------------------------

@needs_compiled
@pytest.mark.parametrize("cell, gates, states", [("lstm", 4, 2), ("gru", 3, 1)])
@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=st.integers(1, 4), n=st.integers(1, 40), seed=st.integers(0, 99))
def test_cells(cell, gates, states, dtype, rows, n, seed):
    """A step of a cell and its way back, among sentinels, against the reference; large numbers too."""
    random, guarded, results = np.random.default_rng(seed), Guarded(), []
    x, u = 20 ** random.random() * random.normal(size=(2, rows, gates * n)).astype(dtype)
    b, state = random.normal(size=gates * n).astype(dtype), random.normal(size=(states, rows, n))
    g = random.normal(size=state.shape)
    for name in (None, *compiled.available()):
        compiled.set_isa(name)
        kernels = compiled if name else reference
        before, new, g_new, kept, gx, gu = [guarded.empty(shape, dtype) for shape in (
            *[state.shape] * 3, (4, rows, n), *[x.shape] * 2)]
        before[...], g_new[...] = state, g
        getattr(kernels, cell)(x, u, b, before, new, kept)
        getattr(kernels, cell + "_back")(g_new, before, kept, gx, gx if cell == "lstm" else gu)
        results.append((new, kept, g_new, gx, gx if cell == "lstm" else gu))
    guarded.check()
    for got in results[1:]:
        for a, expected in zip(got, results[0], strict=True):
            np.testing.assert_allclose(a, expected, rtol=1e3 * np.finfo(dtype).eps,
                                       atol=1e2 * np.finfo(dtype).eps)


# ---- places ----------------------------------------------------------------------------------------

@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=st.integers(0, 3), n=st.integers(1, 20), windows=st.integers(0, 5), k=st.integers(1, 5),
       seed=st.integers(0, 99))
def test_largest_at(dtype, rows, n, windows, k, seed):
    """The first of equal elements, or the first nan, as the reference finds it."""
    random = np.random.default_rng(seed)
    x = random.choice([0, 1, 2, np.nan, -np.inf], (rows, n)).astype(dtype)
    seen = random.integers(0, n, (windows, k))
    for name in compiled.available():
        compiled.set_isa(name)
        expected = reference.largest_at(x, seen)
        for got, wanted in zip(compiled.largest_at(x, seen), expected, strict=True):
            agree(got, wanted)


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
@given(many=st.integers(1, 5), lead=st.sampled_from([(), (0,), (7,), (2, 3)]),
       rest=st.sampled_from([(), (0,), (5,), (3, 7)]), seed=st.integers(0, 99))
def test_add_at(dtype, many, lead, rest, seed):
    """Rows added up, several to one; negative places, and those beyond, are the reference's."""
    random, guarded = np.random.default_rng(seed), Guarded()
    x, to = random.normal(size=(*lead, *rest)).astype(dtype), random.integers(0, many, lead)
    expected = np.zeros((many, *rest), dtype)
    reference.add_at(expected, (to,), x)
    for name in compiled.available():
        compiled.set_isa(name)
        y = guarded.empty(expected.shape, dtype)
        y[...] = 0
        compiled.add_at(y, (to - many if seed % 3 == 0 else to,), x)
        guarded.check()
        np.testing.assert_allclose(y, expected, *[20 * np.finfo(dtype).eps] * 2)
    if x.size:
        with pytest.raises(IndexError):
            compiled.add_at(np.zeros((many, *rest), dtype), (to + many,), x)


@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
@given(before=st.integers(0, 3), size=st.integers(1, 4), many=st.integers(0, 5),
       after=st.integers(0, 3), seed=st.integers(0, 99))
def test_gather_and_scatter_add(dtype, before, size, many, after, seed):
    """Along the middle one of three dimensions; places beyond are refused as by the reference."""
    random, guarded = np.random.default_rng(seed), Guarded()
    x = random.normal(size=(before, size, after)).astype(dtype)
    at = random.integers(0, size, (before, many, after))
    g = random.normal(size=at.shape).astype(dtype)
    assert (compiled.gather(x, 1, at) == reference.gather(x, 1, at)).all()
    expected, y = np.zeros_like(x), guarded.empty(x.shape, dtype)
    reference.scatter_add(expected, 1, at, g)
    y[...] = 0
    compiled.scatter_add(y, 1, at, g)
    guarded.check()
    np.testing.assert_allclose(y, expected, *[20 * np.finfo(dtype).eps] * 2)
    if at.size:
        with pytest.raises(IndexError):
            compiled.gather(x, 1, at + size)
        with pytest.raises(IndexError):
            compiled.scatter_add(y, 1, at + size, g)


@needs_compiled
@pytest.mark.parametrize("wide", [False, True])
def test_uniform(wide):
    """The same numbers as the reference, and the generator is left where that leaves it."""
    ours, theirs = np.random.MT19937(5), np.random.MT19937(5)
    for n in (0, 1, 7, 700):
        a, b = compiled.uniform(ours, n, wide), reference.uniform(theirs, n, wide)
        assert a.dtype == b.dtype and (a == b).all()
    assert ours.random_raw() == theirs.random_raw()


# ---- optimizers ------------------------------------------------------------------------------------

@needs_compiled
@pytest.mark.parametrize("dtype", DTYPES)
@given(n=st.integers(0, 70), seed=st.integers(0, 99), nesterov=st.booleans(), plain=st.booleans())
def test_steps(dtype, n, seed, nesterov, plain):
    """Steps of SGD and Adam change what the reference changes, alike, and nothing round it."""
    random = np.random.default_rng(seed)
    start = [random.normal(size=n).astype(dtype) for _ in range(3)] + [random.random(n).astype(dtype)]
    after, guarded = [], Guarded()
    for name in (None, *compiled.available()):
        compiled.set_isa(name)
        kernels = compiled if name else reference
        x, g, m, v = arrays = [guarded.empty((n,), dtype) for _ in start]
        for a, b in zip(arrays, start, strict=True):
            a[...] = b
        step = np.array(3, np.float32)
        kernels.sgd([x], [g], None if plain else [m], 0.1, 0.9, 0.0, nesterov)
        kernels.adam([x], [g], [m], [v], None, [step], 0.01, (0.9, 0.99), 1e-8, 0.99)
        assert step == 4
        after.append(arrays)
    guarded.check()
    for got in after[1:]:
        for a, b in zip(got, after[0], strict=True):
            np.testing.assert_allclose(a, b, *[50 * np.finfo(dtype).eps] * 2)


# ---- what is refused ------------------------------------------------------------------------------

ALL = [reference, pytest.param(compiled, marks=needs_compiled)]


@pytest.mark.parametrize("kernels", ALL)
@pytest.mark.parametrize("a, b, says", [
    ((3,), (3, 2), "at least 2 dimensions"), ((2, 3), (3,), "at least 2 dimensions"),
    ((), (2, 2), "at least 2 dimensions"), ((2, 3), (4, 5), "3, must equal"),
    ((2, 2, 3), (3, 3, 4), "do not broadcast"), ((0, 2, 3), (2, 3, 4), "do not broadcast"),
])
def test_matmul_refuses(kernels, a, b, says):
    with pytest.raises(ValueError, match=says) as error:
        kernels.matmul(np.ones(a), np.ones(b))
    assert str(a) in str(error.value) and str(b) in str(error.value) and "matmul" in str(error.value)


@pytest.mark.parametrize("kernels", ALL)
@pytest.mark.parametrize("change, says", [
    (dict(x=(3, 8, 8)), "wants images"), (dict(w=(4, 3, 3)), "wants images"),
    (dict(w=(4, 2, 3, 3)), "channels 3"), (dict(w=(4, 3, 0, 3)), "at least one element"),
    (dict(w=(4, 3, 9, 3)), "larger"), (dict(w=(4, 3, 3, 9)), "larger"),
    (dict(stride=(0, 1)), "stride"), (dict(stride=(1,)), "pair"), (dict(padding=(0, -1)), "padding"),
    (dict(dilation=(1, 0)), "dilation"), (dict(groups=2), "groups"), (dict(groups=0), "groups"),
    (dict(g=(1, 4, 6, 5)), "shape"),
])
def test_conv2d_refuses(kernels, change, says):
    right = dict(x=(1, 3, 8, 8), w=(4, 3, 3, 3), g=(1, 4, 6, 6),
                 stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1)
    x, w, g, *rest = (right | change).values()
    calls = [lambda: kernels.conv2d_input(np.ones(g), np.ones(w), x, *rest),
             lambda: kernels.conv2d_weight(np.ones(g), np.ones(x), w, *rest)]
    if "g" not in change:
        calls.append(lambda: kernels.conv2d(np.ones(x), np.ones(w), *rest))
    for call in calls:
        with pytest.raises(ValueError, match=says) as error:
            call()
        assert "conv2d" in str(error.value)


@needs_compiled
@pytest.mark.parametrize("out", [np.empty((2, 3)), np.empty((2, 4), np.float32), np.empty((4, 2)).T,
                                 np.empty((2, 4, 1))])
def test_out_must_fit(out):
    with pytest.raises(ValueError, match=r"matmul: out must be .*\(2, 4\)"):
        compiled.matmul(np.ones((2, 3)), np.ones((3, 4)), out=out)


@needs_compiled
def test_what_is_no_array():
    for wrong in ([[1.0]], 1.0, None):
        with pytest.raises(TypeError):
            compiled.matmul(wrong, np.ones((1, 1)))
    with pytest.raises(ValueError, match="not 'sse9'"):
        compiled.set_isa("sse9")


# ---- what is read ---------------------------------------------------------------------------------

def fenced(array, at_end):
    """A copy of the array at the end or start of its pages, between forbidden pages."""
    page = mmap.PAGESIZE
    room = -(-array.nbytes // page) * page
    pages = np.frombuffer(mmap.mmap(-1, room + 2 * page), np.uint8)
    start = page + room - array.nbytes if at_end else page
    copy = pages[start:start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    for fence in pages.ctypes.data, pages.ctypes.data + page + room:
        assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(fence), page, 0) == 0
    return copy


def read_between_fences():
    for name, dtype, at_end in itertools.product(compiled.available(), DTYPES, [True, False]):
        compiled.set_isa(name)
        fence = lambda shape: fenced(np.ones(shape, dtype), at_end)  # noqa: B023, E731
        for m, n, k in [(1, 1, 1), (3, 5, 7), (15, 33, 20), (40, 300, 31)]:
            compiled.matmul(fence((m, k)), fence((k, n)))
            compiled.matmul(fence((k, m)).T, fence((n, k)).T)
            compiled.matmul(fence((m, k))[::-1, ::-1], fence((k, n))[::-1, ::-1])
        for stride in (1, 1), (2, 3):
            x, w, rest = fence((2, 3, 7, 9)), fence((5, 3, 3, 2)), (stride, (1, 1), (1, 1), 1)
            for op, args in passes(x, w, fence(compiled.conv2d(x, w, *rest).shape)):
                getattr(compiled, op)(*args, *rest)


@needs_compiled
@pytest.mark.skipif(sys.platform != "linux", reason="forbids pages by Linux's mprotect")
def test_nothing_is_read_outside_the_operands():
    """In a child, because it dies of it: what is read and thrown away shows in no result."""
    in_a_child(read_between_fences)


# ---- which kernels run ----------------------------------------------------------------------------

def config(**environment):
    code = "from tinygrad_pt import kernels as k; print(k.implementation); k.show_config()"
    run = subprocess.run([sys.executable, "-c", code], env=os.environ | environment, text=True,
                         capture_output=True, cwd=pathlib.Path(__file__).parents[1])
    return run.stdout + run.stderr


def test_pure_python_on_request():
    assert config(TINYGRAD_PT_PURE="1").split() == ["reference", "kernels:", "reference"]


@needs_compiled
def test_instruction_set_on_request():
    for name in compiled.available():
        assert f"instruction set: {name}\n" in config(TINYGRAD_PT_PURE="0", TINYGRAD_PT_ISA=name)
    assert "this machine runs" in config(TINYGRAD_PT_PURE="0", TINYGRAD_PT_ISA="sse9")


# ---- memory ---------------------------------------------------------------------------------------

def large_steps():
    """40 MB arrays, again and again; then shapes that come once."""
    def faults():
        return int(pathlib.Path("/proc/self/stat").read_text().rpartition(")")[2].split()[7])

    def resident():
        return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE

    def step(x):
        w = tg.ones(1, requires_grad=True)
        (x * w).sum().backward()

    x = tg.ones(10 << 20)
    for _ in range(3):
        before = faults()
        step(x)
    assert faults() - before < 200
    before = resident()
    for n in range(15):
        step(x[n:])
    assert resident() - before < 300 << 20


@needs_loops
@needs_proc
def test_large_arrays_are_used_again_up_to_a_limit():
    """A step of large arrays takes no fresh pages, and shapes that come once do not add up."""
    in_a_child(large_steps, "spawn")  # where no others have been before


# ---- threads --------------------------------------------------------------------------------------

@pytest.fixture
def threads():
    """A function that sets the number of threads; afterwards it is what it was."""
    before = tg.get_num_threads()
    yield tg.set_num_threads
    tg.set_num_threads(before)


def large(dtype):
    """Results by name of the kernels that know threads, each large enough for several."""
    random = np.random.default_rng(0)
    normal = lambda *shape: random.standard_normal(shape).astype(dtype)  # noqa: E731
    found = {}
    for name, a, b in [
            ("square", normal(300, 310), normal(310, 320)), ("tall", normal(900, 70), normal(70, 90)),
            ("wide", normal(40, 200), normal(200, 1000)), ("NT", normal(200, 300), normal(250, 300).T),
            ("TN", normal(300, 200).T, normal(300, 250)),
            ("batch", normal(9, 80, 60), normal(9, 60, 70)),
            ("repeated", normal(3, 1, 80, 60), normal(7, 60, 70)),
            ("rows", normal(5, 60, 90), normal(90, 80))]:
        found[f"matmul {name}"] = compiled.matmul(a, b)
    for stride, groups in [(1, 1), (2, 2)]:
        x, w = normal(7, 8, 24, 23), normal(20, 8 // groups, 5, 5)
        rest = (stride,) * 2, (2, 1), (1, 1), groups
        for op, args in passes(x, w, compiled.conv2d(x, w, *rest)):
            found[f"{op} {stride}"] = getattr(compiled, op)(*args, *rest)
    x, y, g = (normal(1200, 170) for _ in range(3))
    classes = random.integers(0, 170, 1200)
    found |= {"cross entropy": compiled.cross_entropy(x, classes), "softmax": compiled.softmax(x, -1),
              "cross entropy back": compiled.cross_entropy_back(g[:, 0].copy(), None, x, classes),
              "softmax back": compiled.softmax_back(g, y, x, -1),
              "standardize": compiled.standardize(x, 1e-5),
              "standardize back": compiled.standardize_back(g, y, x, 1e-5),
              "largest": compiled.largest_at(x, random.integers(0, 170, (40, 9)))[0]}
    w, b = x[0], y[0]
    found["layer norm"] = compiled.layer_norm(x, w, b, 1e-5)
    for which, a in zip("xwb", compiled.layer_norm_back(g, None, x, w, b, 1e-5), strict=True):
        found[f"layer norm back {which}"] = a
    q, k, v = normal(2, 6, 60, 24), normal(2, 6, 70, 24), normal(2, 6, 70, 32)
    found["attention"] = heads = compiled.attention(q, k, v, 0.3, True)
    back = compiled.attention_back(normal(*heads.shape), heads, q, k, v, 0.3, True)
    found |= {f"attention back {which}": a for which, a in zip("qkv", back, strict=True)}
    for name, *xs in [("sigmoid", x), ("mul", x, y), ("mul", x, y[0]), ("mul", x, y[:, :1].copy()),
                      ("mul", x, 2.0), ("mul", x[::2], y[:600])]:
        code = elementwise.find(TABLE[name].text())
        y1 = elementwise.quick(code, len(xs), *xs, *[None] * (3 - len(xs)))
        g1 = elementwise.pull(code, 0, g[:len(y1)], y1, xs)
        found |= {f"{name} {len(found)}": y1, f"{name} back {len(found)}": g1}
    x, m, v = x.copy(), normal(1200, 170), abs(normal(1200, 170))
    compiled.sgd([x], [g], [m], 0.1, 0.9, 0.0, True)
    compiled.adam([x], [g], [m], [v], None, [np.array(3, np.float32)], 0.01, (0.9, 0.99), 1e-8, 0.99)
    return found | {"x": x, "m": m, "v": v}


@needs_loops
@pytest.mark.parametrize("dtype", DTYPES)
def test_results_do_not_depend_on_threads(threads, dtype):
    """Bit for bit, but for the gradient of filters, which is summed for each thread by itself."""
    threads(1)
    alone = large(dtype)
    for n in 2, 3, 2, 1:
        threads(n)
        once, again = large(dtype), large(dtype)
        for name, y in alone.items():
            np.testing.assert_array_equal(again[name], once[name], name)
            if name.startswith("conv2d_weight"):
                np.testing.assert_allclose(once[name], y, 1e-4, 1e-3, err_msg=name)
            else:
                np.testing.assert_array_equal(once[name], y, name)


def helpers():
    """How many threads this process has besides those of Python."""
    return len(os.listdir("/proc/self/task")) - threading.active_count()


@needs_loops
@needs_proc
def test_threads_come_and_go_and_survive_a_fork(threads):
    def work():
        before = helpers()
        expected = large(np.float32)
        assert helpers() == before + 2
        for again in large(np.float32), large(np.float32):
            assert all(np.array_equal(again[name], y) for name, y in expected.items())
        tg.set_num_threads(1)            # now two are too many
        for _ in range(1000):
            if helpers() == before:
                return
            time.sleep(0.01)
        raise AssertionError("threads that are not wanted did not leave")

    threads(3)
    in_a_child(work)
    large(np.float32)                    # now there may be some, asleep or not
    in_a_child(work)


@pytest.mark.parametrize("wrong", [0, -1, 1.0, True, "2", None])
def test_number_of_threads_is_checked(wrong):
    with pytest.raises(RuntimeError, match=f"positive integer, got {wrong!r}"):
        tg.set_num_threads(wrong)


@needs_compiled
@needs_proc
def test_number_of_threads_on_request():
    said = dict(TINYGRAD_PT_PURE="0", TINYGRAD_PT_NUM_THREADS="", OMP_NUM_THREADS="")
    for environment, expected in [({"TINYGRAD_PT_NUM_THREADS": "3", "OMP_NUM_THREADS": "2"}, 3),
                                  ({"OMP_NUM_THREADS": "2"}, 2), ({"OMP_NUM_THREADS": "0"}, 1),
                                  ({"OMP_NUM_THREADS": "?"}, len(os.sched_getaffinity(0)))]:
        assert f"threads: {expected}\n" in config(**said | environment)


@needs_loops
@pytest.mark.parametrize("n", [1, 2])
def test_many_threads_at_once(threads, n):
    """Neither work buffers nor jobs get mixed up."""
    threads(n)
    a, b = numbers(1, (300, 300)), numbers(2, (300, 300))
    expected, wrong = a @ b, []

    def work():
        for _ in range(20):
            wrong.append(not np.array_equal(compiled.matmul(a, b), expected))

    callers = [threading.Thread(target=work) for _ in range(4)]
    for t in callers:
        t.start()
    for t in callers:
        t.join()
    assert len(wrong) == 80 and not any(wrong)
