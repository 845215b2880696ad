"""Every row of the table: values, both modes of differentiation, both orders, shapes and dtypes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import (
    BILINEAR,
    DIFFERENTIABLE,
    FUSED,
    LINEAR,
    POINTWISE,
    cases,
    names,
    of_sizes,
    operands,
    value,
)

import tinygrad_pt as tg
from tinygrad_pt import autograd, func, primitives
from tinygrad_pt.gradcheck import check
from tinygrad_pt.ops import TABLE, scalars

SMOOTH = DIFFERENTIABLE + LINEAR + BILINEAR + FUSED
TYPES = ["float32", "float64"]


def tensors(xs, grad=True):
    return [tg.from_numpy(x).requires_grad_(grad and x.dtype.kind == "f") for x in xs]


def function(op, kw):
    f = getattr(primitives, op.name)
    return lambda *xs: f(*xs, **kw)


def cotangent(y, seed=0):
    random = np.random.default_rng(seed)
    return random.uniform(0.5, 2, y.shape).astype(y.dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("op", POINTWISE, ids=names(POINTWISE))
@given(data=st.data())
def test_value_is_the_scalars_value(op, dtype, data):
    """A Tensor holds, element by element, what the row gives for plain numbers; dtype is kept."""
    xs = data.draw(operands(op, dtype))
    y = function(op, {})(*tensors(xs, grad=False))
    f, _ = op.bind(scalars)
    expected = np.frompyfunc(f, len(xs), 1)(*[x.astype("float64") for x in xs])
    assert y.dtype == dtype and y.shape == np.shape(expected)
    np.testing.assert_allclose(y.array, np.asarray(expected, "float64"),
                               rtol=2e-6 if dtype == "float32" else 1e-14,
                               atol=np.finfo(dtype).eps)  # of a sum of parts of size 1


# A check looks at several places of its own: fewer examples do.
fewer = settings(max_examples=settings.default.max_examples // 2)


@pytest.mark.parametrize("op", SMOOTH, ids=names(SMOOTH))
@fewer
@given(data=st.data())
def test_first_derivative(op, data):
    xs, kw = data.draw(cases(op))
    report = check(function(op, kw), *tensors(xs, grad=False), directions=1, elements=2)
    assert report, report


@pytest.mark.parametrize("op, narrow", [
    pytest.param(op, i, id=f"{op.name}-{i}") for op in DIFFERENTIABLE
    for i in range(len(op.operands)) if len(op.operands) > 1])
def test_derivative_of_a_broadcast_operand(op, narrow):
    sizes = [(3,) if i == narrow else (2, 3) for i in range(len(op.operands))]
    report = check(function(op, {}), *tensors(of_sizes(op, sizes), grad=False), directions=1)
    assert report, report


@pytest.mark.parametrize("op", DIFFERENTIABLE + BILINEAR + FUSED,
                         ids=names(DIFFERENTIABLE + BILINEAR + FUSED))
@fewer
@given(data=st.data())
def test_second_derivative(op, data):
    """The gradient of the gradient, against finite differences of the gradient."""
    xs, kw = data.draw(cases(op))
    f = function(op, kw)

    def slope(*xs):
        y = f(*xs)
        leaves = [x for x in xs if x.requires_grad]
        if not leaves:
            leaves = xs = [x.detach().requires_grad_() if x.dtype.kind == "f" else x for x in xs]
            leaves = [x for x in xs if x.requires_grad]
            with tg.enable_grad():
                y = f(*xs)
        gs = autograd.grad(y, leaves, tg.from_numpy(cotangent(y)), create_graph=True)
        return tg.cat([(g * g).reshape(-1) for g in gs])

    report = check(slope, *tensors(xs, grad=False), directions=1, elements=1)
    assert report.verdict != "fail", report


@pytest.mark.parametrize("op", SMOOTH, ids=names(SMOOTH))
@given(data=st.data())
def test_forward_mode_is_the_transpose_of_reverse_mode(op, data):
    """⟨v, J u⟩ = ⟨Jᵀ v, u⟩, at rounding level."""
    xs, kw = data.draw(cases(op))
    f = function(op, kw)
    floats = [i for i, x in enumerate(xs) if x.dtype.kind == "f"]

    def g(*some):
        full = tensors(xs, grad=False)
        for i, x in zip(floats, some, strict=True):
            full[i] = x
        return f(*full)

    inputs = [tg.from_numpy(xs[i]) for i in floats]
    us = [tg.from_numpy(cotangent(x.array, 1)) for x in inputs]
    y, dy = func.jvp(g, inputs, us)
    _, pull = func.vjp(g, *inputs)
    v = cotangent(y.array, 2)
    back = pull(tg.from_numpy(v))
    left = np.vdot(v, dy.array)
    right = sum(np.vdot(b.array, u.array) for b, u in zip(back, us, strict=True))
    size = sum(np.vdot(np.abs(b.array), np.abs(u.array)) for b, u in zip(back, us, strict=True))
    np.testing.assert_allclose(left, right, rtol=0, atol=1e-13 * (1 + size))
    for b, x in zip(back, inputs, strict=True):
        assert b.shape == x.shape and b.dtype == x.dtype


@pytest.mark.parametrize("op", SMOOTH, ids=names(SMOOTH))
@given(data=st.data())
def test_float32_gradient_is_float64s(op, data):
    """The same gradient in single precision, to its rounding, and in its dtype."""
    xs, kw = data.draw(cases(op, "float32"))
    if op.name == "cast":
        kw = {"dtype": np.dtype("float32")}
    grads = []
    for dtype in TYPES:
        leaves = tensors([x.astype(dtype) if x.dtype.kind == "f" else x for x in xs])
        y = function(op, kw)(*leaves)
        y.backward(tg.from_numpy(np.ones(y.shape, dtype)))
        grads.append([x.grad.array for x in leaves if x.requires_grad])
    for single, double in zip(*grads, strict=True):
        assert single.dtype == np.float32 and single.shape == double.shape
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("op", LINEAR + BILINEAR, ids=names(LINEAR + BILINEAR))
@given(data=st.data())
def test_linearity(op, data):
    """f(2x + z) = 2 f(x) + f(z), in each operand that a row says it is linear in."""
    xs, kw = data.draw(cases(op))
    zs = [cotangent(x, 3) for x in xs]
    slots = [range(len(xs))] if op.kind == "linear" else [[0], [1]]
    for slot in slots:
        mixed = [2 * x + z if i in slot else x for i, (x, z) in enumerate(zip(xs, zs, strict=True))]
        other = [z if i in slot else x for i, (x, z) in enumerate(zip(xs, zs, strict=True))]
        np.testing.assert_allclose(value(op, mixed, kw),
                                   2 * value(op, xs, kw) + value(op, other, kw), atol=1e-11)


@pytest.mark.parametrize("op", FUSED, ids=names(FUSED))
@given(data=st.data(), dtype=st.sampled_from(TYPES))
def test_fused_is_what_it_is_composed_of(op, dtype, data):
    """The kernels of a fused row, there and back, against the composition; also under vmap."""
    xs, kw = data.draw(cases(op, dtype))
    xs = tensors(xs)
    floats = [x for x in xs if x.requires_grad]
    f = function(op, kw)
    y, composed = f(*xs), op.composed(primitives, *xs, **kw)
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-13}
    np.testing.assert_allclose(y.detach().array, composed.detach().array, **tolerance)
    g = tg.from_numpy(cotangent(y.array))
    for kind in ({}, {"create_graph": True}):
        for got, expected in zip(*[autograd.grad(z, floats, g, retain_graph=True, **kind)
                                   for z in (y, composed)], strict=True):
            np.testing.assert_allclose(got.detach().array, expected.detach().array, **tolerance)
    x, *rest = [x.detach() for x in xs]
    both = func.vmap(lambda x: f(x, *rest))(tg.stack([x, 2 * x]))
    np.testing.assert_allclose(both[0].array, y.detach().array, **tolerance)


@pytest.mark.parametrize("op", POINTWISE, ids=names(POINTWISE))
@given(data=st.data())
def test_value_and_tensor_agree(op, data):
    """The scalar engine and the tensor engine give the same value and gradients."""
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    xs = [float(random.uniform(*limits)) for limits in op.sample]
    leaves = [x > 0 if d is None else tg.Value(x) for x, d in zip(xs, op.slopes, strict=True)]
    y = getattr(tg.Value, op.name)(*leaves)
    ts = tensors([np.asarray(x > 0 if d is None else x)
                  for x, d in zip(xs, op.slopes, strict=True)])
    z = function(op, {})(*ts)
    assert y.data == pytest.approx(z.item(), rel=1e-14, abs=1e-300)
    y.backward()
    if z.requires_grad:
        z.backward()
    for v, t in zip(leaves, ts, strict=True):
        if isinstance(v, tg.Value):
            assert v.grad == pytest.approx(0.0 if t.grad is None else t.grad.item(), rel=1e-12)


# ── conventions ─────────────────────────────────────────────────────────────────────────────────

AT_KINKS = [
    ("relu", (0.0,), (0.0,)), ("abs", (0.0,), (0.0,)), ("sign", (0.0,), (0.0,)),
    ("maximum", (1.0, 1.0), (0.5, 0.5)), ("minimum", (1.0, 1.0), (0.5, 0.5)),
    ("clip", (1.0, -1.0, 1.0), (1.0, 0.0, 0.0)), ("clip", (-1.0, -1.0, 1.0), (1.0, 0.0, 0.0)),
    ("pow", (0.0, 0.0), (0.0, 0.0)), ("pow", (0.0, 2.0), (0.0, 0.0)),
    ("sqrt", (0.0,), (float("inf"),)),
]


@pytest.mark.parametrize("name, xs, slopes", AT_KINKS)
def test_conventions_at_kinks(name, xs, slopes):
    ts = [tg.tensor(x, dtype=tg.float64, requires_grad=True) for x in xs]
    y = getattr(tg, name)(*ts)
    if y.requires_grad:
        y.backward()
    assert tuple(0.0 if t.grad is None else t.grad.item() for t in ts) == slopes
    vs = [tg.Value(x) for x in xs]
    getattr(tg, name)(*vs).backward()
    assert tuple(v.grad for v in vs) == slopes


def gradient(f, *data):
    x = tg.tensor(list(data), dtype=tg.float64, requires_grad=True)
    return autograd.grad(f(x), x)[0].tolist()


def test_nothing_leaks_from_where_nothing_flows():
    """0·∞ = 0 in the chain rule: the table of `docs/conventions.md`, where peers give nan."""
    assert gradient(lambda x: tg.where(x > 0, tg.sqrt(x), 0.0).sum(), -1, 0, 4) == [0, 0, 0.25]
    assert gradient(lambda x: tg.where(x > 0, tg.log(x), x).sum(), -1, 0, 4) == [1, 1, 0.25]
    assert gradient(lambda x: tg.sqrt((x * x).sum()), 0, 0) == [0, 0]
    assert gradient(lambda x: tg.sqrt(((x - x.mean()) ** 2).mean()), 1, 1) == [0, 0]
    assert gradient(lambda x: tg.maximum(x, x).sum(), 2, 3) == [1, 1]
    assert gradient(lambda x: (x ** 0).sum(), 0, 2) == [0, 0]


# ── errors ──────────────────────────────────────────────────────────────────────────────────────

def test_errors_name_the_operation_and_what_it_got():
    a, b = tg.zeros(2, 3), tg.zeros(4)
    for error, pattern, f in [
        (ValueError, r"add: shapes \(2, 3\), \(4,\)", lambda: a + b),
        (RuntimeError, r"mul: shapes \(2, 3\), \(4,\)", lambda: a * b),
        (TypeError, r"add: wants tensors or numbers, got str", lambda: a + "b"),
        (TypeError, r"add: .* got list; make a tensor", lambda: tg.add(a, [1.0])),
        (TypeError, r"exp: wants a Tensor or a Value, got float", lambda: tg.exp(1.0)),
        (TypeError, r"maximum\(a, b\): wants 2 operands, got 1", lambda: tg.maximum(a)),
        (ValueError, r"log: log\(x\) needs x > 0, got x = -1.0", lambda: tg.Value(-1.0).log()),
    ]:
        with pytest.raises(error, match=pattern):
            f()


def test_a_row_needs_a_name_of_its_own_and_a_slope_for_each_operand():
    with pytest.raises(ValueError, match="already an operation"):
        type(TABLE["exp"])("exp", "x", "exp(x)", "y", doc="again")
    with pytest.raises(ValueError, match="2 operands need as many slopes, got 1"):
        type(TABLE["exp"])("two", "a, b", "a + b", "1", doc="one slope short")
