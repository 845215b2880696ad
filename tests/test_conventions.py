"""docs/conventions.md tells the truth: every row of its tables is computed, ours and PyTorch's."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_pt as tg

DOCUMENT = (Path(__file__).parents[1] / "docs" / "conventions.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| (.+?) \| (.+?) \| (.+?) \|$", DOCUMENT, re.MULTILINE)
CALLS = re.findall(r"^\| `(.+?)` \| (`.+?`|\w+) \| (`.+?`|\w+) \| .+ \|$",
                   DOCUMENT.partition("## Where we differ")[2], re.MULTILINE)
NUMBERS = {"inf": float("inf"), "nan": float("nan")}


def evaluate(m, expression, at):
    """The value of an expression at x, and the gradient in x of the sum of its elements."""
    x = m.tensor(eval(at, dict(NUMBERS)), dtype=m.float64, requires_grad=True)
    names = {name: getattr(m, name) for name in re.findall(r"[a-z]\w*", expression)
             if hasattr(m, name)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = eval(expression, {"__builtins__": {}, **names, **NUMBERS, "F": m.nn.functional, "x": x})
        if not y.requires_grad:
            return y.tolist(), "none"
        [g] = m.autograd.grad(y, x, m.ones_like(y))
    return y.tolist(), g.tolist()


def test_the_document_has_its_tables():
    assert len(ROWS) > 50 and len(CALLS) > 5
    assert len(ROWS) + len(CALLS) == DOCUMENT.count("\n| `")


def agree(computed, written):
    written = written.strip("*")
    if computed == "none" or written == "none":
        assert computed == written
    else:
        np.testing.assert_allclose(computed, eval(written, dict(NUMBERS)), rtol=1e-3)


@pytest.mark.parametrize("expression, at, value, gradient, torchs", ROWS,
                         ids=[f"{row[0]} at {row[1]}" for row in ROWS])
def test_conventions(expression, at, value, gradient, torchs):
    y, g = evaluate(tg, expression, at)
    agree(y, value)
    agree(g, gradient)
    assert (gradient != torchs) == gradient.startswith("**"), "what differs is set in bold"


@pytest.mark.parametrize("expression, at, torchs", [(e, at, t) for e, at, _, _, t in ROWS],
                         ids=[f"{row[0]} at {row[1]}" for row in ROWS])
def test_conventions_of_torch(expression, at, torchs):
    agree(evaluate(pytest.importorskip("torch"), expression, at)[1], torchs)


def outcome(m, call):
    """What a call gives, as text: a value, or the name of an exception."""
    try:
        y = eval(call, {"m": m, "x": m.tensor([1.0, 2.0]),
                        "b": m.tensor([True, False]),
                        "w": m.tensor([0.0, 0.0], requires_grad=True)})
    except Exception as error:
        return next(t.__name__ for t in type(error).__mro__ if t.__module__ == "builtins")
    return str(y.tolist() if hasattr(y, "tolist") else y)


@pytest.mark.parametrize("call, ours, theirs", CALLS, ids=[call for call, _, _ in CALLS])
def test_where_we_differ(call, ours, theirs):
    assert outcome(tg, call) == ours.strip("`")
    assert outcome(pytest.importorskip("torch"), call) == theirs.strip("`")
