"""The checker is checked: it finds planted faults, and lets right gradients pass."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt.gradcheck import check, derivative

X = np.random.default_rng(0).normal(size=(3, 4))
W = np.random.default_rng(1).normal(size=(4, 2))

FAULTS = {  # f, and its derivative with a fault
    "sign": (np.cos, lambda v, x: v * np.sin(x)),
    "factor": (lambda x: x * x, lambda v, x: v * x),
    "0.05 %": (np.sin, lambda v, x: v * np.cos(x) * 1.0005),
    "one element": (np.sin, lambda v, x: v * np.cos(x) + (np.arange(12).reshape(3, 4) == 7) * 1e-4),
    "dropped term": (lambda x: x * np.exp(x), lambda v, x: v * np.exp(x)),
    "axis": (lambda x: x.sum(0), lambda v, x: np.broadcast_to(v[0], x.shape)),
    "transpose": (lambda x: x[:3, :3] @ x[:3, :3], lambda v, x: np.pad(
        v @ x[:, :3] + x[:, :3].T @ v, ((0, 0), (0, 1)))),
    "shape": (lambda x: x.sum(), lambda v, x: v * np.ones(12)),
    "kink": (lambda x: np.maximum(x - X, 0), lambda v, x: v * 1.5),
    "zero": (np.exp, lambda v, x: 0 * x),
    "nan": (np.exp, lambda v, x: v * np.exp(x) * np.where(x == X[1, 1], np.nan, 1)),
}

RIGHT = {  # correct, but awkward
    "kink": (lambda x: np.abs(x - X), lambda v, x: 0 * v),
    "kink, one end": (lambda x: np.maximum(x - X, 0), lambda v, x: v * (x > X)),
    "large": (lambda x: 1e12 * np.sin(x), lambda v, x: 1e12 * v * np.cos(x)),
    "small": (lambda x: 1e-12 * np.sin(x), lambda v, x: 1e-12 * v * np.cos(x)),
    "offset": (lambda x: 1e6 + np.sin(x), lambda v, x: v * np.cos(x)),
    "fast": (lambda x: np.sin(1000 * x), lambda v, x: 1000 * v * np.cos(1000 * x)),
    "flat": (lambda x: 0 * x + 3, lambda v, x: 0 * v),
    "saturated": (lambda x: np.tanh(20 + x), lambda v, x: v * (1 - np.tanh(20 + x) ** 2)),
    "steep": (lambda x: np.exp(5 * x), lambda v, x: 5 * v * np.exp(5 * x)),
    "float32 inside": (lambda x: np.sin(x.astype("f4")).astype("f8"), lambda v, x: v * np.cos(x)),
    "empty": (lambda x: x[:0], lambda v, x: 0 * x),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_found(name):
    f, wrong = FAULTS[name]
    report = check(f, X, vjp=lambda v, x: (wrong(v, x),), elements=12)
    assert report.verdict == "fail" and not report, report


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_do_not_fail(name):
    f, right = RIGHT[name]
    report = check(f, X, vjp=lambda v, x: (right(v, x),))
    assert report.verdict in ("pass", "inconclusive"), report
    assert report or name in ("flat", "saturated", "float32 inside"), report


def test_a_report_names_input_and_element_and_shows_the_steps():
    report = check(lambda x, w: x @ w, X, W, vjp=lambda v, x, w: (
        v @ w.T, x.T @ v + (np.arange(8).reshape(4, 2) == 5)))
    assert (report.verdict, report.input, report.element) == ("fail", 1, (2, 1))
    text = str(report)
    assert "input 1, element (2, 1)" in text and "step" in text and len(text.splitlines()) > 10


def test_tensors_are_checked_by_their_own_derivative():
    report = check(lambda x, n: (x ** 2).sum(1)[n], tg.tensor(X), tg.tensor([0, 0, 2]))
    assert report and report.checks > 3
    assert check(tg.relu, tg.tensor(X.astype("float32"))).verdict != "fail"


def test_the_error_of_a_difference_is_estimated():
    for f, x, slope in [(np.exp, 1.0, np.e), (np.sin, 100.0, np.cos(100.0)), (np.log, 1e-2, 100.0)]:
        estimate, error, table = derivative(lambda t, f=f, x=x: f(x + t), scale=1e-2)
        assert abs(estimate - slope) <= 10 * error < 1e-6 * max(abs(slope), 1) and len(table) > 5
