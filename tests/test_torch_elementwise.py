"""Functions of each element, new tensors, dtypes and printing as PyTorch has them."""

import numpy as np
import pytest
from against_torch import (
    ALL,
    FLOATS,
    INTS,
    NUMBERS,
    differential,
    dtypes,
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

import tinygrad_pt as tg

torch = pytest.importorskip("torch")
number = either(st.integers(1, 4), st.sampled_from([0.5, -1.25, 2.0]))
mixed = either(like(away=(0,)), like(dtype=ALL, away=(0,)), number)  # a second operand of any kind
bits = {"dtype": (*INTS, "bool")}
SOME = ("float64", "float32", "int64", "uint8")


def a(**kw):
    """A tensor of any dtype, away from where kinks are."""
    return x(**{"dtype": ALL, "away": (-2, -1, -0.5, 0, 0.5, 1, 2), **kw})


test_one_operand = differential(
    *[op(name, a()) for name in (
        "exp expm1 exp2 sin cos tanh sinh cosh atan arctan asinh arcsinh sigmoid erf erfc "
        "sinc deg2rad rad2deg absolute isnan isinf isfinite isreal "
        "logical_not signbit isposinf isneginf").split()],
    *[op(name, x(sample=(0.1, 3), dtype=SOME)) for name in
      "log log2 log10 log1p sqrt rsqrt reciprocal".split()],
    *[op(name, x(sample=(-0.95, 0.95))) for name in
      "asin acos atanh arcsin arccos arctanh erfinv".split()],
    op("acosh", x(sample=(1.1, 4))), op("tan", x(sample=(-1.3, 1.3))),
    *[op(name, a(dtype=(*FLOATS, "int64", "uint8")), ).but(order=1) for name in
      "abs neg negative floor ceil trunc fix round positive nan_to_num sign sgn relu".split()],
    op("square", a(dtype=NUMBERS)), op("frac", a(dtype=FLOATS)),
    op("angle", x(away=(0,), dtype=FLOATS)).but(order=0),
    op("round decimals", lambda m, x, d: m.round(x, decimals=d), x(), st.integers(-2, 3)).but(order=0),
    op("logit", x(sample=(0.05, 0.95)), eps=maybe(one_of(1e-3, 0.2))).but(
        where=lambda c: not any(np.any(abs(abs(v.values - 0.5) - 0.3) < 0.05) for v in c.arrays)),
    op("bitwise_not", x(**bits)), op("invert", lambda m, x: ~x, x(**bits)),
)


test_two_operands = differential(
    *[op(name, a(), mixed).but(method=False) for name in "add mul multiply".split()],
    op("add", a(), mixed, alpha=one_of(2, -1, 0.5)),
    *[op(name, a(dtype=NUMBERS), either(like(), like(dtype=NUMBERS), number),
         alpha=one_of(2, -1, 0.5, 1)) for name in "sub subtract rsub".split()],
    *[op(name, a(), mixed, rounding_mode=one_of(None, "floor", "trunc", "typo")).but(order=1)
      for name in ("div", "divide")],
    op("true_divide", a(), mixed),
    *[op(name, a(), mixed).but(order=0) for name in "floor_divide remainder fmod".split()],
    *[op(name, a(dtype=ALL), mixed) for name in
      "eq ne lt le gt ge not_equal less less_equal greater greater_equal".split()],
    op("operators", lambda m, x, y: (x + y, x * y, y + x, y * x, x / y, y / x), a(), mixed),
    op("integer operators", lambda m, x, y: (x % y, x // y, y % x, y // x),
       x(dtype=SOME, sample=(1, 5)), x(shape=(), dtype=SOME, sample=(1, 5))).but(order=0),
    op("minus", lambda m, x, y: (x - y, y - x), a(dtype=SOME),
       either(like(dtype=NUMBERS), number)),
    op("bits", lambda m, x, y: (x & y, x | y, x ^ y, y & x, y | x, y ^ x), x(**bits),
       either(like(**bits), st.integers(0, 5), st.booleans())),
    op("shifts", lambda m, x, y: (x << y, x >> y, y << x, y >> x), x(dtype=INTS, sample=(0, 5)),
       either(like(dtype=INTS, sample=(0, 5)), st.integers(0, 5))),
    *[op(f"bitwise_{name}", x(**bits), like(**bits)) for name in ("and", "or", "xor")],
    *[op(f"bitwise_{name}_shift", x(dtype=INTS, sample=(0, 5)), like(dtype=INTS, sample=(0, 5)))
      for name in ("left", "right")],
    *[op(f"logical_{name}", x(dtype=ALL), like(dtype=ALL)) for name in ("and", "or", "xor")],
    op("pow", x(sample=(0.3, 3)), either(like(), number)),
    op("pow of integers", lambda m, x, n: (x ** n, m.pow(x, n)), x(dtype=INTS), st.integers(-1, 3)),
    op("pow of a number", lambda m, c, x: (c ** x, m.pow(c, x)), one_of(2, 0.5, 3.0),
       x(dtype=SOME, sample=(0, 3))),
    op("float_power", x(sample=(0.3, 3), dtype=SOME), either(like(sample=(0, 3)), number)),
    *[op(name, x(away=(0,)), like(away=(0,))) for name in "atan2 arctan2 hypot".split()],
    *[op(name, x(distinct=True), x(lambda c: c.shape, distinct=True, dtype=None, sample=(-4, 4)))
      .but(where=lambda c: not np.any(abs(c.arrays[0].values - c.arrays[1].values) < 0.05))
      for name in "maximum minimum fmax fmin".split()],
    op("copysign", a(dtype=SOME), mixed).but(order=1),
    *[op(name, x(), like()) for name in "logaddexp logaddexp2".split()],
    op("xlogy", x(sample=(0.1, 3)), either(like(sample=(0.3, 3)), one_of(2, 0.5))),
    op("heaviside", lambda m, x, y: m.heaviside(x.detach(), y), a(dtype=FLOATS), like()),
    op("isclose", x(dtype=ALL), like(), rtol=one_of(0.1, 1e-5), equal_nan=flag()),
    op("allclose", x(dtype=ALL), like(), rtol=one_of(0.9, 1e-5)),
    op("equal", x(dtype=INTS, sample=(0, 1), max_side=2), like(sample=(0, 1))),
    op("isclose of nan", lambda m, nans: [m.isclose(m.tensor([p]), m.tensor([q]), equal_nan=nans)
       for p in (1.0, np.nan, np.inf, -np.inf) for q in (1.0, np.nan, np.inf, -np.inf)], flag()),
)


test_more_operands = differential(
    op("lerp", x(), same(), either(same(sample=(0, 1)), one_of(0, 0.25, 1))),
    op("addcmul", x(), same(), like(), value=one_of(1, 0.5)),
    op("addcdiv", x(), same(), same(away=(0,)), value=one_of(1, 0.5)),
    op("clamp", a(dtype=(*FLOATS, "int64", "uint8")), min=maybe(one_of(-1, 0.5)), max=one_of(2, 1.5)),
    op("clip", a(), one_of(-1, 0), maybe(one_of(1, 1.5))),
    op("clamp of tensors", lambda m, x, lo: m.clamp(x, lo, lo + 1), x(), same()).but(
        where=lambda c: all(np.all(abs(c.arrays[0].values - c.arrays[1].values - s) > 0.02)
                            for s in (0, 1))),
    *[op(name, a(dtype=FLOATS), one_of(-1, 0.5)) for name in ("clamp_min", "clamp_max")],
    op("clamp at its bounds", lambda m, x: (
       m.clamp(x, 0, 1), m.clamp(x, -1, 0), m.clamp(x, min=0), m.clamp_max(x, 0), m.relu(x), m.abs(x),
       m.nn.functional.hardtanh(x, 0, 1), m.nn.functional.relu6(x), m.nn.functional.leaky_relu(x),
       m.nn.functional.hardsigmoid(x + 3), m.nn.functional.hardswish(x - 3),
       m.nn.functional.softshrink(x - 0.5), m.nn.functional.hardshrink(x + 0.5),
       m.nn.functional.elu(x), m.nn.functional.threshold(x, 0, 5.0)),
       x((3,), dtype="float64", sample=(0, 0))).but(order=1, tol=1e4),
    op("nan_to_num of what is none", lambda m, p, n: m.nan_to_num(
        m.tensor([np.nan, np.inf, -np.inf, 1.0]), nan=p, posinf=n), one_of(0.0, 2.5), one_of(None, 7)),
)


def f(name, *args, **kw):
    return op(name, *args, **kw).but(method=False)


away = {"away": (-3, -0.5, 0, 0.5, 3), "sample": (-5, 5), "max_dims": 2}
test_activations = differential(
    *[op(f"{name} of nn.functional", lambda m, x, name=name: getattr(m.nn.functional, name)(x, False),
         x(**away)).but(tol=100) for name in "relu relu6 selu silu mish hardsigmoid hardswish".split()],
    *[f(name, x(**away)) for name in "relu selu celu".split()],
    *[f(name, x(**away)) for name in "softsign logsigmoid tanhshrink sigmoid tanh".split()],
    f("leaky_relu", x(**away), negative_slope=one_of(0.01, 0.3, -1)),
    f("elu", x(**away), alpha=one_of(1.0, 0.5)), f("celu", x(**away), alpha=one_of(1.0, 0.5)),
    f("gelu", x(**away), approximate=one_of("none", "tanh", "typo")),
    f("softplus", x(**away), beta=one_of(1, 0.5, 2), threshold=one_of(20, 3)).but(
        where=lambda c: not np.any(abs(c.arrays[0].values * c.kw["beta"] - c.kw["threshold"]) < 0.05)),
    f("threshold", x(**away), 0.5, one_of(-1.0, 20.0)),
    f("hardtanh", x(**away), min_val=one_of(-3, -0.5), max_val=one_of(0.5, 3)),
    f("hardshrink", x(**away), lambd=one_of(0.5, 3)), f("softshrink", x(**away), lambd=one_of(0.5, 3)),
    f("glu", x(lambda c: (2, 4)), dim=one_of(0, 1, -1, 2)), f("glu", x(lambda c: (3,))),
    f("softmin", x(min_dims=1, min_side=1), dim=-1),
    f("prelu", x((2, 3, 2), away=(0,)), x((3,), dtype=None)),
    f("prelu", x(away=(0,)), x((1,), dtype=None)),
)


kw = {"dtype": maybe(dtypes(*ALL)), "device": maybe(one_of(None, "cpu"))}
size = one_of((), (0,), (2,), (2, 3), (1, 0, 2))
test_creation = differential(
    *[f(name, size, **kw) for name in ("zeros", "ones")],
    f("zeros of sizes", lambda m, a, b: (m.zeros(a, b), m.ones(a), m.zeros(size=(a, b))),
      st.integers(-1, 3), st.integers(0, 3)),
    f("full", size, one_of(1, 2.5, True, 0), dtype=maybe(dtypes("float64", "int32", "bool"))),
    *[f(name, x(dtype=ALL), **kw) for name in ("zeros_like", "ones_like")],
    f("full_like", x(dtype=ALL), one_of(1, 2, True), **kw),
    f("empty shapes", lambda m, s, x: (m.empty(s).shape, m.empty_like(x).shape, x.new_empty(s).shape),
      size, x(dtype=ALL)),
    *[op(name, x(dtype=ALL), size, dtype=maybe(dtypes("float64")))
      for name in ("new_zeros", "new_ones")],
    op("new_full", x(dtype=ALL), size, one_of(1, True)),
    op("new_tensor", x(dtype=ALL), one_of(1, [1, 2], [[1.0], [2.5]])),
    f("arange", one_of(5, 2.5, -1, 0), dtype=maybe(dtypes("float64", "float32", "int64", "int32"))),
    f("arange", st.integers(-3, 5), one_of(4, 4.5, 7), one_of(1, 2, 0.5, -1, 0)),
    f("arange", one_of(0.0, 0.1), one_of(1, 2.05), one_of(0.1, 0.3, 1 / 3)),
    f("linspace", one_of(0, -1.5, 3), one_of(3, 2.5), one_of(0, 1, 2, 5, 10, -1),
      dtype=maybe(dtypes("float64", "int32"))),
    f("logspace", one_of(0, -1.5), one_of(2, 0.5), one_of(1, 2, 5), base=maybe(one_of(2, 10.0))),
    f("eye", st.integers(-1, 3), maybe(st.integers(0, 3)), dtype=maybe(dtypes())).but(
        where=lambda c: len(c.args) == 1 or isinstance(c.args[1], int)),
    f("tril_indices", st.integers(0, 4), st.integers(0, 4), st.integers(-2, 2)),
    f("triu_indices", st.integers(0, 4), st.integers(0, 4), offset=st.integers(-2, 2)),
    f("scalar_tensor", one_of(1, 2.5, True), dtype=maybe(dtypes("int64"))),
    *[f(name, one_of([1, 2], [[1.5], [2]], [], True, 3), dtype=maybe(dtypes(*ALL)))
      for name in ("tensor", "as_tensor", "asarray")],
    *[f(f"{name}Tensor", one_of([1, 2], [[1.0], [0]], [])) for name in
      "Float Double Half Long Int Short Char Byte Bool".split()],
    f("FloatTensor of sizes", lambda m, s: (m.FloatTensor(*s).shape, m.Tensor(*s).shape,
                                            m.Tensor(*s).dtype), one_of((2, 3), (0,), (1,), ())),
    f("Tensor", one_of([1, 2], [[1.5]], [], (2, 3), [True])),
)


DATA = ["[np.float64(1)]", "[np.float32(1)]", "[np.int32(1)]", "[np.array([1., 2.])]", "np.float64(2)",
        "[m.tensor(1., dtype=m.float64)]", "[m.tensor(1), 2.5]", "[np.int32(1), 2.5]", "[True, 2]",
        "range(3)", "[[1, 2], [3]]", "[1, [2]]", "'a'",
        "np.zeros((2, 0))", "[[], []]", "np.array([1, 2], 'int8')", "np.array(3, 'float16')"]


@pytest.mark.parametrize("data", DATA)
def test_dtype_of_data(data):
    results = []
    for m in (tg, torch):
        try:
            results.append(repr(m.tensor(eval(data, {"m": m, "np": np}))))
        except (TypeError, ValueError) as error:
            results.append(isinstance(error, ValueError | TypeError))
    assert results[0] == results[1]


EVERY = ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
test_dtypes = differential(
    op("to", a(), dtypes(*EVERY), copy=flag()),
    op("to like", lambda m, x, y: (x.to(y), x.type_as(y), x.to("cpu", y.dtype)), a(), x(dtype=ALL)),
    *[op(name, a(sample=(0, 3))) for name in
      "float double half long int short char byte bool".split()],
    op("type", a(), maybe(one_of("torch.FloatTensor", "torch.LongTensor", "torch.FooTensor"))).but(
        where=lambda c: len(c.args) == 1 or isinstance(c.args[1], str)),
    op("type of type", lambda m, x, t: x.type(getattr(m, t)), a(),
       one_of("FloatTensor", "DoubleTensor", "LongTensor", "BoolTensor", "Tensor")).but(order=0),
    op("type of dtype", lambda m, x, d: x.type(getattr(m, d)), a(),
       one_of(*EVERY, "FloatTensor", "LongTensor", "ByteTensor")).but(order=0),
    op("promotion", lambda m, p, q: str(m.promote_types(getattr(m, p), getattr(m, q))).split(".")[-1],
       one_of(*EVERY), one_of(*EVERY)),
    op("can_cast", lambda m, p, q: m.can_cast(getattr(m, p), getattr(m, q)), one_of(*EVERY),
       one_of(*EVERY)),
    op("result_type", lambda m, p, q: str(m.result_type(p, q)).removeprefix("torch."), a(),
       either(x(dtype=ALL), number, True)),
    op("arithmetic of other dtypes", lambda m, p, q: (m.ones(2, dtype=getattr(m, p)) + m.ones(
        2, dtype=getattr(m, q)), m.ones(2, dtype=getattr(m, p)) * 3 + 1), one_of(*EVERY),
       one_of(*EVERY)),
    op("about", lambda m, x: (x.numel(), x.nelement(), x.element_size(), x.itemsize, x.nbytes, x.dim(),
       x.ndimension(), x.is_floating_point(), x.stride(), x.is_contiguous(), x.storage_offset(),
       x.is_cuda, x.get_device(), str(x.device), m.numel(x), x.is_complex(), x.tolist(),
       x.contiguous().is_contiguous(), x.clone(), m.is_tensor(x)), a(min_side=1)).but(
        where=lambda c: c.arrays[0].kind != "reversed", order=0),
    op("size", x(), st.integers(-3, 3)),
    op("limits", lambda m, d: [getattr(m.finfo(getattr(m, d)), n) for n in
       "bits eps max min tiny smallest_normal resolution dtype".split()],
       one_of("float64", "float32", "float16", "int8")),
    op("limits", lambda m, d: [getattr(m.iinfo(getattr(m, d)), n) for n in
       "bits max min dtype".split()],
       one_of("int64", "int32", "uint8", "float32")),
)


def test_float16_has_gradients_of_its_own():
    for m in (tg, torch):
        t = m.tensor([0.5, -1.0, 2.0], dtype=m.float16, requires_grad=True)
        (m.relu(t) * m.exp(t) + m.where(t > 0, t, 0.0) + m.maximum(t, t * 2)).sum().backward()
        assert str(t.grad.dtype).endswith("float16")
        np.testing.assert_allclose(t.grad.float().numpy()[1], 1.0)


def test_default_dtype():
    try:
        for m in (tg, torch):
            m.set_default_dtype(m.float64)
            assert m.get_default_dtype() == m.float64
            assert m.tensor(1.0).dtype == m.zeros(1).dtype == (m.tensor(1) / 2).dtype == m.float64
            assert repr(m.ones(1)) == "tensor([1.])"
            assert repr(m.ones(1, dtype=m.float32)) == "tensor([1.], dtype=torch.float32)"
            with pytest.raises(TypeError):
                m.set_default_dtype(m.int64)
            m.set_default_tensor_type(m.FloatTensor)
            assert m.tensor(1.0).dtype == m.float32
            m.set_default_tensor_type("torch.DoubleTensor")
            assert m.zeros(1).type() == "torch.DoubleTensor"
    finally:
        for m in (tg, torch):
            m.set_default_dtype(m.float32)


def test_memory_is_shared_or_copied():
    for m in (tg, torch):
        array = np.zeros(3)
        shared, copied = m.from_numpy(array), m.tensor(array)
        also, converted = m.as_tensor(array), m.as_tensor(array, dtype=m.float32)
        array[0] = 1
        assert [t[0].item() for t in (shared, also, copied, converted)] == [1, 1, 0, 0]
        leaf = m.ones(2, requires_grad=True)
        assert m.as_tensor(leaf) is leaf and m.as_tensor(leaf, dtype=m.float64).grad_fn is not None


def test_random_tensors_of_a_size():
    for m in (tg, torch):
        m.manual_seed(3)
    for call in ("rand(size=(2, 3), device='cpu')", "randn(2, 3, dtype=m.float64, requires_grad=True)",
                 "randint(5, (4,), dtype=m.int32)", "randint(high=9, size=(2,), low=3)",
                 "randn((2,), device=m.device('cpu'))", "randperm(4, device='cpu')"):
        ours, theirs = (eval(f"m.{call}", {"m": m}) for m in (tg, torch))
        assert repr(ours) == repr(theirs), call


def test_devices():
    for m in (tg, torch):
        d = m.device("cpu")
        assert (repr(d), str(d), d.type, d.index) == ("device(type='cpu')", "cpu", "cpu", None)
        assert repr(m.device("cuda", 1)) == repr(m.device("cuda:1")) == "device(type='cuda', index=1)"
        assert m.device(d) == d == m.zeros(2, device=d).device and d != m.device("cpu:0") and d != "cpu"
        assert hash(d) == hash(m.device("cpu")) and m.ones(2).to(d).to("cpu").cpu().shape == (2,)
        for wrong in (lambda m=m: m.device("gpu"), lambda m=m: m.zeros(2, device="gpu"),
                      lambda m=m: m.ones(2).to("gpu")):
            with pytest.raises(RuntimeError):
                wrong()
    with pytest.raises(RuntimeError, match="computes on the CPU"):
        tg.zeros(2, device="cuda")
    with pytest.raises(TypeError, match="bfloat16 is not supported"):
        tg.zeros(2, dtype=tg.bfloat16)


@pytest.mark.parametrize("seed", range(8))
def test_repr(seed):
    """Numbers of all sizes, dtypes and shapes, with options of all kinds."""
    random = np.random.default_rng(seed)
    try:
        for k in range(60):
            if k % 12 == 0:
                options = [{}, {"precision": int(random.integers(0, 7)), "sci_mode": bool(k % 24)},
                           {"threshold": 5, "edgeitems": int(random.integers(1, 3))},
                           {"linewidth": int(random.choice([10, 30, 120]))},
                           {"profile": str(random.choice(["default", "short", "full"]))}][seed % 5]
                for m in (tg, torch):
                    m.set_printoptions(**options)
            shape = tuple(random.integers(0, 12 if k % 5 == 0 else 4, random.integers(0, 5)))
            dtype = random.choice(EVERY)
            x = random.normal(size=shape) * 10.0 ** random.choice([0, 0, 0, 2, 4, 9, -3, -6])
            if k % 3 == 0:
                x = np.round(10 * x)
            if k % 4 == 0:
                x = np.where(random.random(shape) < 0.3, random.choice([0, np.nan, np.inf], shape), x)
            with np.errstate(all="ignore"):
                x = np.asarray(x if dtype[0] == "f" else np.nan_to_num(x)).astype(dtype)
            texts = []
            for m in (tg, torch):
                t = m.tensor(x, requires_grad=dtype[0] == "f" and k % 2 == 0)
                texts.append(repr(t * 2 if k % 8 == 0 else t))
            assert texts[0] == texts[1]
    finally:
        for m in (tg, torch):
            m.set_printoptions(profile="default")


def test_format():
    for m in (tg, torch):
        t = m.tensor(3.14159, requires_grad=True)
        assert f"{t:.2f} {t.detach()}" == "3.14 3.141590118408203"
        assert f"{m.tensor(7):03d} {m.ones(2)}" == "007 tensor([1., 1.])"
        with pytest.raises(TypeError):
            f"{m.ones(2):.2f}"
