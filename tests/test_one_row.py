"""The claim of the table: one row is all that a new operation needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_pt as tg
from tinygrad_pt.ops import TABLE, Pointwise

ROOT = Path(__file__).parent.parent
ROW = '''
row("softsign", "x", "x / (1 + abs(x))", "{slope}", doc="x / (1 + |x|): a sigmoid without exp.")
'''


@pytest.fixture
def copy(tmp_path):
    """The project's sources in a folder of their own, with a row added to the table."""
    def add(slope):
        for name in ("tinygrad_pt", "tests"):
            shutil.copytree(ROOT / name, tmp_path / name,
                            ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        with open(tmp_path / "tinygrad_pt/ops/pointwise.py", "a", encoding="utf-8") as f:
            f.write(ROW.format(slope=slope))
        return tmp_path
    return add


def run(folder, *args):
    env = {**os.environ, "PYTHONPATH": str(folder), "TINYGRAD_PT_PURE": "1"}
    return subprocess.run([sys.executable, *args], cwd=folder, env=env, capture_output=True, text=True)


def test_one_row_gives_everything(copy):
    folder = copy("1 / ((1 + abs(x)) * (1 + abs(x)))")
    done = run(folder, "-c", """if True:
        import tinygrad_pt as tg
        v = tg.Value(-1.0)                       # a method of Value, and its derivative
        v.softsign().backward()
        x = tg.tensor([-1.0, 3.0], requires_grad=True)
        x.softsign().sum().backward()            # a method of Tensor
        [g] = tg.autograd.grad(tg.softsign(x).sum(), x, create_graph=True)  # a function
        [h] = tg.autograd.grad(g.sum(), x)       # second order
        _, t = tg.func.jvp(tg.softsign, [x.detach()], [tg.ones(2)])     # forward mode
        print(v.grad, x.grad.tolist(), h.tolist(), t.tolist(), tg.softsign.__doc__)
        from tinygrad_pt.ops.codegen import header, loops_header
        assert "row_softsign" in header() and "softsign_value" in loops_header()
        """)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0.25 [0.25, 0.0625] [0.25, -0.03125] [0.25, 0.0625] x / (1 + |x|)")
    assert "∂y/∂x = 1 / (" in done.stdout
    page = run(folder, "-m", "tinygrad_pt.ops").stdout
    assert "| `softsign(x)` | `x / (1 + abs(x))` |" in page
    tests = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_ops.py",
                "-k", "softsign")
    assert tests.returncode == 0 and "7 passed" in tests.stdout, tests.stdout


def test_the_tests_that_a_row_gets_catch_a_wrong_slope(copy):
    done = run(copy("1 / (1 + abs(x))"), "-m", "pytest", "-q", "-p", "no:cacheprovider",
               "tests/test_ops.py", "-k", "softsign and first_derivative")
    assert done.returncode == 1 and "differs from differences" in done.stdout


@pytest.mark.parametrize("name", ["shape", "reshape", "data"])
def test_a_name_that_is_taken_is_refused(name):
    assert tg.tensor, tg.Value  # both listen to the table once they are imported
    with pytest.raises(ValueError, match=f"{name}: (Tensor|Value) has an attribute|already"):
        Pointwise(name, "x", "x * x", "2 * x", doc="Square.")
    assert name not in TABLE or TABLE[name].kind == "linear"


def test_a_user_adds_a_row_at_run_time():
    try:
        Pointwise("logcosh", "x", "log(0.5 * (exp(x) + exp(-x)))", "tanh(x)", doc="log cosh x.")
        x = tg.tensor([0.5], dtype=tg.float64, requires_grad=True)
        y = x.logcosh() + tg.logcosh(x) + tg.logcosh(tg.Value(0.5)).data
        y.backward()
        assert x.grad.item() == pytest.approx(2 * 0.46211715726)
    finally:
        TABLE.pop("logcosh", None)
        tg.functions.__all__.remove("logcosh")
