"""The checker is checked: it finds planted faults, lets right gradients pass, and explains itself."""

import subprocess
import sys
import unittest

import numpy as np
import pytest
from gradcheck_corpus.awkward import AWKWARD
from gradcheck_corpus.cases import unbroadcast
from gradcheck_corpus.faults import FAULTS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import (
    GradcheckError,
    GradientError,
    arrays,
    broadcastable,
    check,
    check_gradients,
    derivative,
    directions,
    gradcheck,
    gradgradcheck,
    tensors,
)

X = np.random.default_rng(0).normal(size=(3, 4))
W = np.random.default_rng(1).normal(size=(4, 2))
DRAWN = [c for c in AWKWARD if all(x.at is None for x in c.inputs)]
NOT_SHARP = {"float16"}  # of these differences cannot tell, and say so


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=[c.name for c in cases])


def verdict(case, inputs, **kw):
    return check(case.f, *inputs, vjp=case.vjp, **kw)


# ── the corpus ──────────────────────────────────────────────────────────────────────────────────

def test_the_corpus_is_large_enough():
    assert len(FAULTS) >= 60 and len(AWKWARD) >= 60
    assert len({c.name for c in FAULTS + AWKWARD}) == len(FAULTS + AWKWARD)


@named(FAULTS)
def test_every_fault_is_found(case):
    report = verdict(case, case.sample())
    assert report.verdict == "fail" and not report, report


@named(AWKWARD)
def test_no_right_gradient_fails(case):
    report = verdict(case, case.sample())
    assert report or (case.name in NOT_SHARP and report.verdict == "inconclusive"), report


def drawn(case, examples, test):
    """Run a test on inputs that Hypothesis draws for a case."""
    few = settings(max_examples=examples, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
    few(given(st.tuples(*case.strategies()))(test))()


@named(FAULTS)
def test_every_fault_is_found_in_few_draws(case):
    found = []

    def test(inputs):
        if not found:
            report = verdict(case, [x.copy() for x in inputs], directions=2, elements=4)
            found.extend([report] if report.verdict == "fail" else [])

    drawn(case, 50, test)
    assert found


@named(DRAWN)
def test_no_right_gradient_fails_wherever_it_is_drawn(case):
    def test(inputs):
        report = verdict(case, inputs, directions=1, elements=2)
        assert report.verdict != "fail", (report, inputs)

    drawn(case, 8, test)


# ── reports ─────────────────────────────────────────────────────────────────────────────────────

def wrong_product():
    """Twice the gradient at one element of the second operand."""
    factor = np.where(np.arange(8).reshape(4, 2) == 5, 2, 1)
    return check(lambda x, w: x @ w, X, W, vjp=lambda v, x, w: (v @ w.T, x.T @ v * factor))


def test_a_report_names_input_and_element_and_shows_the_steps():
    report = wrong_product()
    assert (report.verdict, report.input, report.element) == ("fail", 1, (2, 1))
    assert report.analytic == pytest.approx(2 * report.numeric)
    assert report.error_estimate < 1e-9 * abs(report.numeric)
    text = str(report)
    assert "input 1, element (2, 1)" in text and "step" in text and len(text.splitlines()) > 10


def test_a_report_is_drawn():
    page = wrong_product()._repr_html_()
    assert page.count("<circle") > 10 and "polyline" in page and "nan" not in page
    assert "svg" not in check(np.sin, X, vjp=lambda v, x: (v[0],))._repr_html_()


def test_a_kink_is_reported():
    at = np.array([0.0, 1.0])
    report = check(np.abs, at, vjp=lambda v, x: (v * np.where(x == 0, 2, np.sign(x)),))
    assert report.verdict == "fail" and report.element == (0,)
    left, right = sorted(report.kink)
    assert left == pytest.approx(-right) and abs(report.analytic) == pytest.approx(2 * right)
    assert "kink" in check(np.abs, at, vjp=lambda v, x: (v * np.sign(x),)).reason


def test_nests_are_inputs_and_results():
    def f(p):
        return {"a": p["w"] ** 2, "b": (p["w"].sum() * p["c"][0],)}

    def vjp(v, p):
        (b,) = v["b"]
        return {"w": 2 * v["a"] * p["w"] + b * p["c"][0], "c": [b * p["w"].sum()]},

    p = {"w": X, "c": [2.0]}
    assert check(f, p, vjp=vjp)
    report = check(f, p, vjp=lambda v, p: ({**vjp(v, p)[0], "c": [v["b"][0]]},))
    assert (report.verdict, report.input, report.path) == ("fail", 0, "['c'][0]")


def test_forward_mode_is_checked():
    def right(u, x):
        return u * np.cos(x)

    def vjp(v, x):
        return (v * np.cos(x),)

    assert check(np.sin, X, vjp=vjp, jvp=right) and check(np.sin, X, jvp=right)
    assert check(np.sin, X, vjp=vjp, jvp=lambda u, x: 1.001 * u * np.cos(x)).verdict == "fail"
    assert check(np.sin, X, jvp=lambda u, x: -u * np.cos(x)).verdict == "fail"


def test_second_order():
    x = tg.from_numpy(X)
    assert check(lambda x: tg.tanh(x) * x, x, order=2)

    class Once(tg.autograd.Function):  # whose first derivative is right, and the second wrong
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0].detach().cos()

    assert check(Once.apply, x)
    assert check(Once.apply, x, order=2).verdict == "fail"
    assert check(np.sin, X, vjp=lambda v, x: (v * np.cos(x),), order=2)


def test_a_gradient_of_no_function_is_not_symmetric():
    """First derivatives that differences confirm, at one point; but no function has the second."""
    def vjp(v, x):
        return (v * (x + np.array([x[1] - 0.5, 0.0])),)

    at = np.array([1.0, 0.5])
    assert check(lambda x: (x * x).sum() / 2, at, vjp=vjp)
    assert "symmetric" in check(lambda x: (x * x).sum() / 2, at, vjp=vjp, order=2).reason


def test_errors():
    with pytest.raises(TypeError, match="no derivative to check"):
        check(np.sin, X)
    with pytest.raises(TypeError, match="complex"):
        check(np.sin, X + 1j, vjp=lambda v, x: (v,))
    assert check(np.log, -X**2, vjp=lambda v, x: (v / x,)).verdict == "inconclusive"


def test_the_error_of_a_difference_is_estimated():
    for f, x, slope in [(np.exp, 1.0, np.e), (np.sin, 100.0, np.cos(100.0)), (np.log, 1e-2, 100.0),
                        (np.log, 1e-12, 1e12), (lambda x: max(x, 0.0), 5e-7, 1.0)]:
        found = derivative(f, x)
        assert abs(found.value - slope) <= 10 * found.error < 1e-6 * max(abs(slope), 1)
    assert derivative(abs, 0.0, side=1).value == 1 and derivative(abs, 0.0, side=-1).value == -1


def test_long_inputs_need_little_memory():
    import tracemalloc
    x = np.random.default_rng(0).normal(size=400_000)
    tracemalloc.start()
    try:
        assert check(lambda x: (x * x).sum(), x, vjp=lambda v, x: (2 * v * x,), directions=1,
                     elements=1)
        assert tracemalloc.get_traced_memory()[1] < 12 * x.nbytes
    finally:
        tracemalloc.stop()


# ── libraries ───────────────────────────────────────────────────────────────────────────────────

def test_tensors_are_checked_by_their_own_derivative():
    report = check(lambda x, n: (x ** 2).sum(1)[n], tg.tensor(X), tg.tensor([0, 0, 2]), jvp=True)
    assert report and report.checks > 3
    assert check(tg.relu, tg.tensor(X.astype("float32")))
    assert check(lambda x: x.detach() * x, tg.tensor(X)).verdict == "fail"


def test_pytorchs_signatures():
    x = tg.tensor(X, dtype=tg.float64, requires_grad=True)
    n = tg.tensor([0, 2])
    assert tg.autograd.gradcheck is gradcheck
    assert gradcheck(tg.tanh, x) and gradgradcheck(lambda n, x: x[n] ** 3, (n, x), eps=1e-6, atol=1e-4)
    with pytest.raises(GradcheckError, match="input 1") as error:
        gradcheck(lambda n, x: x[n] * x.detach()[n], (n, x))
    assert error.value.report.verdict == "fail"
    assert not gradcheck(lambda x: x * x.detach(), x, raise_exception=False)
    assert gradcheck(lambda x: x * 1.001 + (0.001 * x.detach()), x, rtol=0.01)
    with pytest.raises(ValueError, match="require a gradient"):
        gradcheck(tg.tanh, tg.tensor(X))


def test_torch_functions():
    torch = pytest.importorskip("torch")
    x = torch.tensor(X)
    assert check(torch.tanh, x, order=2, jvp=True) and check(torch.tanh, x.float())
    assert check(lambda x: x.detach() * x, x).verdict == "fail"


def test_it_needs_numpy_alone():
    program = ("import sys; from tinygrad_pt.gradcheck import check; import numpy as np;"
               "assert check(np.sin, np.ones(3), vjp=lambda v, x: (v * np.cos(x),));"
               "print({'tinygrad_pt.tensors', 'tinygrad_pt.ops', 'hypothesis'} & {*sys.modules})")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr


# ── properties ──────────────────────────────────────────────────────────────────────────────────

@check_gradients(x=tensors(), max_examples=10)
def test_a_property_in_one_line(x):
    return x.tanh() * x


class TestsOfUnittest(unittest.TestCase):
    left, right = broadcastable(2)

    @check_gradients(x=left, y=right, max_examples=10, vjp=lambda v, x, y: (
        unbroadcast(v * y, x.shape), unbroadcast(v * x, y.shape)))
    def test_a_method(self, x, y):
        return x * y


@check_gradients(x=arrays(), vjp=lambda v, x: (v * (np.where(x > 1, 3.0, 2.0) * x),))
def square(x):
    """Wrong above 1 only."""
    return x * x


def test_a_failure_shrinks_to_the_smallest_input_and_shape():
    with pytest.raises(GradientError) as error:
        square()
    text = str(error.value)
    assert "x = np.array(2.0, 'float64')" in text and "from test_gradcheck import square" in text
    program = error.value.program.replace("print(", "report = (")
    space = {}
    exec("\n".join(line.strip() for line in program.splitlines()), space)
    assert space["report"].verdict == "fail"


@given(directions((2, 3)))
def test_directions_are_of_either_sign_and_overlook_nothing(u):
    assert u.shape == (2, 3) and (np.abs(u) >= 0.5).all() and (np.abs(u) <= 1).all()
