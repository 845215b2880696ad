"""The same numbers as PyTorch: values, gradients, dtypes, initial weights, trajectories."""

import numpy as np
import pytest
from against_torch import (
    ALL,
    FLOATS,
    INTS,
    NUMBERS,
    Array,
    Drawn,
    Operands,
    differential,
    dims,
    dtypes,
    either,
    flag,
    index,
    like,
    maybe,
    one_of,
    op,
    same,
    several,
    x,
)
from hypothesis import strategies as st
from strategies import DIFFERENTIABLE, LAYOUTS, POINTWISE, bilinear_case, names, operands

import tinygrad_pt as tg
from tinygrad_pt.ops import TABLE

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("planted, message", [
    (lambda m, x: x * (x.detach() if m is tg else x), "gradient of operand 0"),
    (lambda m, x: 2 * x.detach() * x - x.detach() ** 2 if m is tg else x * x, "second derivative"),
    (lambda m, x: x.double() if m is tg else x, "dtype: ours torch.float64, torch's torch.float32"),
    (lambda m, x: x.reshape(-1) if m is tg else x, "shape: ours"),
    (lambda m, x: x.detach() if m is tg else x, "requires_grad: ours False"),
    (lambda m, x: x + (1e-3 if m is tg else 0), "the result:"),
    (lambda m, x: (x, x) if m is tg else [x, x], "ours tuple"),
    (lambda m, x: m.from_numpy(x.detach().numpy().copy()) if m is tg else x.detach(), "share memory"),
    (lambda m, x: m.from_numpy(x.detach().numpy().__imul__(2) / 2), "operand 0 was changed"),
    (lambda m, x: x.sum(7) if m is tg else x, "ours:  IndexError: .*\ntorch: gives"),
    (lambda m, x: x.sum(7) if m is torch else m.tensor([x, "a"]), "torch: IndexError"),
])
def test_the_comparison_finds(planted, message):
    """A fault planted in one of the libraries is seen, and told with the call that shows it."""
    fault = op("planted", planted, x((2, 3)))
    with pytest.raises(AssertionError, match=r"^\nplanted\(<float(.|\n)*" + message):
        differential(fault)(entry=fault)


def of_torch(op):
    name = {"neg": "negative"}.get(op.name, op.name)
    return getattr(torch, name, None) or getattr(torch.nn.functional, name)


# Rows with operands that are numbers in PyTorch, or elsewhere there: test_torch_elementwise.py
NOT_THERE = ("chain", "leaky_relu", "elu", "celu", "hardtanh", "gelu_tanh", "bce", "ndtr",
             "smooth_l1")
WITH_TORCH = [op for op in DIFFERENTIABLE if op.name not in NOT_THERE]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.5, 1e-30, 1e30, 89.0, -104.0, float("inf"),
           -float("inf"), float("nan")]


def operands_of(row):
    """Arrays in the row's domain, away from its kinks, of any dtype."""
    def f(c):
        dtype = c.draw(st.sampled_from(NUMBERS if row.name in ("square", "sign", "relu") else ALL))
        xs = c.draw(operands(row))
        if row.name == "clip":  # torch's clamp does not broadcast x itself to the bounds
            xs[0] = np.broadcast_to(xs[0], np.broadcast_shapes(*[x.shape for x in xs])).copy()
        positive = dtype in ("uint8", "bool") or (dtype in INTS and row.name == "pow")
        return Operands(Array((abs(x) if positive else x).astype(
            "bool" if slope is None else dtype), c.draw(st.sampled_from(LAYOUTS)) if x.ndim else "")
            for x, slope in zip(xs, row.slopes, strict=True))
    return Drawn(f)


ROWS = [row for row in POINTWISE if row.name not in NOT_THERE]
test_pointwise = differential(*[op(row.name, operands_of(row)).but(method=row.name != "where")
                                for row in ROWS])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op", WITH_TORCH, ids=names(WITH_TORCH))
def test_special_values(op, dtype):
    """inf, nan, signed zeros and overflow: the value is torch's, for every pair of them."""
    grid = np.meshgrid(*[SPECIAL] * sum(d is not None for d in op.slopes))
    xs = [x.ravel().astype(dtype) for x in grid]
    if op.slopes[0] is None:
        xs = [xs[0] > 0, *xs]
    with np.errstate(all="ignore"):
        ours = getattr(tg, op.name)(*[tg.tensor(x) for x in xs]).numpy()
    theirs = of_torch(op)(*[torch.tensor(x) for x in xs]).numpy()
    if op.name == "clip":  # bounds that are nan or crossed are not defined by either
        ok = xs[1] <= xs[2]
        ours, theirs = ours[ok], theirs[ok]
    if op.name in ("fmod", "remainder"):  # torch's gives nan where the quotient overflows
        with np.errstate(all="ignore"):
            ok = ~np.isfinite(xs[0]) | (xs[1] == 0) | np.isfinite(xs[0] / xs[1])
        ours, theirs = ours[ok], theirs[ok]
    if op.name == "gelu":  # torch's gives nan at infinity, in vectors of float32
        ours, theirs = ours[np.isfinite(xs[0])], theirs[np.isfinite(xs[0])]
    inexact = op.name in ("gelu", "lerp")  # torch's gelu cancels, its lerp rounds once less
    np.testing.assert_allclose(ours, theirs, rtol=1e-5 if dtype == "float32" else 1e-12,
                               atol=2 * np.finfo(dtype).eps if inexact else 0)
    if op.name not in ("relu", "maximum", "minimum", "clip", "abs", "lerp"):  # max(0, -0) is either
        zero = (theirs == 0)
        np.testing.assert_array_equal(np.signbit(ours[zero]), np.signbit(theirs[zero]))


def bilinear(row):
    """The operands of a bilinear row, and its arguments."""
    def f(c):
        xs, kw = c.draw(bilinear_case(row))
        dtype = c.draw(st.sampled_from(FLOATS))
        return Operands([*[Array(x.astype(dtype), c.draw(st.sampled_from(LAYOUTS))) for x in xs], kw])
    return Drawn(f)


test_bilinear = differential(
    op("matmul", lambda m, a, b, kw: m.matmul(a, b), bilinear(TABLE["matmul"])),
    op("conv2d", lambda m, x, w, kw: m.nn.functional.conv2d(x, w, **kw), bilinear(TABLE["conv2d"]))
    .but(where=lambda c: c.args[0].shape[0]),
    op("cross_entropy", lambda m, x, t, **kw: m.nn.functional.cross_entropy(x, t, **kw),
       x((5, 4)), index(4, (5,)), reduction=one_of("mean", "sum", "none")),
)


OPERANDS = ["True", "2", "0.5", "m.tensor(True)", "m.tensor(3)", "m.tensor(2, dtype=m.uint8)",
            "m.tensor(1.5)", "m.tensor(1.5, dtype=m.float64)", "m.tensor([True, False])",
            "m.tensor([1, 2])", "m.tensor([1, 2], dtype=m.int32)", "m.tensor([1, 2], dtype=m.uint8)",
            "m.tensor([1.5, 2])", "m.tensor([1.5, 2], dtype=m.float64)"]


@pytest.mark.parametrize("operation", ["a + b", "a * b", "a / b", "a > b"])
def test_promotion(operation):
    for a in OPERANDS:
        for b in OPERANDS:
            if "m." in a or "m." in b:
                ours, theirs = (eval(operation, {"a": eval(a, {"m": m}), "b": eval(b, {"m": m})})
                                for m in (tg, torch))
                assert str(ours.dtype) == str(theirs.dtype), (a, b)
                np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), str((a, b)))


@pytest.mark.parametrize("optimizer, kw", [
    ("SGD", {"lr": 0.1}), ("SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}), ("Adam", {"lr": 0.01}),
    ("Adam", {"lr": 0.01, "betas": (0.8, 0.9), "weight_decay": 0.1})])
def test_the_same_seed_trains_the_same_net(optimizer, kw):
    """A convolutional net: the same initial weights bit for bit, the same losses to rounding."""
    losses = []
    x = np.random.default_rng(0).normal(size=(8, 1, 6, 6)).astype("float32")
    t = np.arange(8) % 3
    for m in (tg, torch):
        m.manual_seed(3)
        nn = m.nn
        model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 8),
                              nn.Tanh(), nn.Linear(8, 3))
        step = getattr(m.optim, optimizer)(model.parameters(), **kw)
        run = [p.detach().numpy().copy() for p in model.parameters()]
        for _ in range(60):
            step.zero_grad()
            loss = nn.CrossEntropyLoss()(model(m.tensor(x)), m.tensor(t))
            loss.backward()
            step.step()
            run.append(loss.item())
        losses.append(run)
    for a, b in zip(*[run[:6] for run in losses], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(losses[0][6:], losses[1][6:], rtol=2e-4, atol=1e-6)


test_composites = differential(
    op("sum", x(dtype=(*FLOATS, "int64", "bool")), dim=dims(), keepdim=flag()),
    op("mean", x(), dim=dims(), keepdim=flag()),
    op("argmax", x(distinct=True, min_side=1), dim=maybe(dims()), keepdim=flag()),
    op("logsumexp", x(min_side=1), dim=dims(), keepdim=flag()),
    op("softmax", x(min_side=1), dim=dims()),
    op("log_softmax", x(min_side=1), dim=dims()),
    op("unsqueeze", x(dtype=ALL), dims(extra=1)),
    op("squeeze", x(max_side=2, dtype=ALL), maybe(dims())),
    op("transpose", x(min_dims=1, dtype=ALL), dims(), dims()),
    op("flatten", x(dtype=ALL)),
    op("gather", x(min_dims=1, max_dims=1, min_side=1), 0, index(lambda c: c.shape[0], (4,))),
    op("stack", several(x((2, 3), dtype=FLOATS)), dims()),
    op("where", lambda m, x, y: m.where(x > 0, x, y), x(away=[0]), like()),
    op("clamp", x(away=[-1, 1]), -1.0, 1.0),
    op("linear", x((2, 3)), x((4, 3), dtype=None), either(None, x((4,), dtype=None))),
    op("mse_loss", x((2, 3)), same(), reduction=one_of("mean", "sum", "none")),
    op("nll_loss", x((5, 4)), index(4, (5,)), reduction=one_of("mean", "sum", "none")),
    op("index_reduce", x((3, 2)), 0, index(3, (4,)), x((4, 2), dtype=None),
       one_of("prod", "mean", "amax", "amin"), include_self=flag()).but(order=1),
)

test_copies_and_views = differential(*[op(name, x(dtype=ALL)) for name in (
    "clone", "conj", "contiguous", "detach", "real", "numel", "is_complex", "is_floating_point")],
    op("arccosh", x(sample=(1.1, 4))),
    op("trapz", x(min_dims=1, min_side=1), dim=dims()),
    op("trapz at", lambda m, y, x: m.trapz(y, x), x((2, 3)), x((3,), dtype=None)),
    op("is_contiguous", x()).but(where=lambda c: c.args[0].kind != "reversed"),
    op("is_nonzero", x((), dtype=ALL)),
    op("is_nonzero of many", lambda m, x: m.is_nonzero(x), x((2,))),
    op("empty_like", lambda m, x: m.zeros_like(m.empty_like(x)), x(dtype=ALL)),
    op("promote_types", dtypes(), dtypes()),
)
