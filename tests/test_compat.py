"""PyTorch programs run unchanged: `python -m tinygrad_pt.compat`, and the script that compares them."""

import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from tinygrad_pt import compat

ROOT = Path(__file__).parents[1]
PROGRAM = """
import sys
import torch, torch.nn.functional
import torch.nn as nn
import torch.utils.data as data
from torch.optim.lr_scheduler import StepLR

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for step in range(3):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(torch.ones(4, 2)), torch.zeros(4, 1))
    loss.backward()
    optimizer.step()
    print(f"{loss.item():.5f}")
if __name__ == "__main__":
    print(sys.argv[1:], __file__, torch.nn is nn)
"""


def run(folder, *args, **env):
    done = subprocess.run([sys.executable, *args], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT), **env}, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_script_runs_with_its_arguments(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    code, out, err = run(tmp_path, "-m", "tinygrad_pt.compat", "program.py", "--lr", "1")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"['--lr', '1'] {tmp_path / 'program.py'} True"
    try:
        import torch  # noqa: F401
    except ImportError:
        return
    assert run(tmp_path, "program.py", "--lr", "1")[1] == out, "PyTorch prints the same"


def test_a_notebook_runs_cell_by_cell_and_shows_last_expressions(tmp_path):
    cells = ["%matplotlib inline\nimport torch", "# text", "x = torch.ones(2)\n!ls\nx + 1",
             "%%time\nno"]
    kinds = ["code", "markdown", "code", "code"]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [
        {"cell_type": k, "source": s.splitlines(keepends=True)}
        for k, s in zip(kinds, cells, strict=True)]}))
    assert run(tmp_path, "-m", "tinygrad_pt.compat", "n.ipynb") == (0, "tensor([2., 2.])\n", "")


def test_the_traceback_of_a_program_names_its_line(tmp_path):
    (tmp_path / "program.py").write_text("import torch\n\ntorch.ones(2).no_such_thing\n")
    code, _, err = run(tmp_path, "-m", "tinygrad_pt.compat", "program.py")
    assert code == 1 and "line 3" in err and "no_such_thing" in err


def test_missing_names_are_listed_before_anything_runs(tmp_path):
    (tmp_path / "program.py").write_text(
        "import torch.nn as nn, torch.no_such\nfrom torch.optim import Adam, Nothing\nimport torch\n"
        "nn.Linear.x\nnn.Layer(torch.cos, torch.fft.fft)\nother.nope\n1 / 0\n")
    code, out, err = run(tmp_path, "-m", "tinygrad_pt.compat", "--check", "program.py")
    assert (code, err) == (1, "")
    names = [line.split()[1] for line in out.splitlines()]
    assert names == ["torch.no_such", "torch.optim.Nothing", "torch.nn.Linear.x", "torch.nn.Layer",
                     "torch.fft.fft"]
    assert out.splitlines()[-1].endswith("; use numpy.fft, with NumPy's complex arrays: tensors are of "
                                         "real numbers")


def test_install_and_uninstall(tmp_path):
    (tmp_path / "program.py").write_text(
        "from tinygrad_pt import compat\ncompat.install()\ncompat.install()\n"
        "import torch.nn, tinygrad_pt\nassert torch is tinygrad_pt\n"
        "assert torch.nn.__spec__.name == 'tinygrad_pt.nn'\n"
        "import sys\ncompat.uninstall()\nassert 'torch.nn' not in sys.modules\n"
        "sys.modules['torch'] = sys\n"
        "try:\n    compat.install()\nexcept RuntimeError as e:\n    print(e)\n")
    assert run(tmp_path, "program.py") == (
        0, "compat.install: torch is imported already; call install() before that\n", "")


def test_help(capsys):
    assert compat.main(["--help"]) == 0 and "unchanged" in capsys.readouterr().out
    assert compat.main([]) == 2


# ── the comparison of whole programs ────────────────────────────────────────────────────────────

def test_a_program_is_compared_and_a_difference_is_seen(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "programs"))
    spec = spec_from_file_location("programs", ROOT / "tests/programs/__main__.py")
    programs = module_from_spec(spec)
    spec.loader.exec_module(programs)
    (tmp_path / "me" / "mine").mkdir(parents=True)
    (tmp_path / "me" / "mine" / "program.py").write_text(PROGRAM)
    row = programs.compare(programs.Program("me/mine", "program.py", "--x"), tmp_path, 60)
    assert not row["error"] and row["steps"] == 3 and row["loss"] < 1e-6 and row["parameters"] < 1e-6
    drawn = PROGRAM.replace("torch.ones(4, 2)", "torch.ones(4, 2) + ('tiny' in torch.__name__)")
    (tmp_path / "me" / "mine" / "program.py").write_text(drawn)
    row = programs.compare(programs.Program("me/mine", "program.py"), tmp_path, 60)
    assert row["error"].startswith("differs")


# ── programs import in any order ────────────────────────────────────────────────────────────────

EACH_FIRST = """
import importlib, pathlib, sys
import tinygrad_pt
folder = pathlib.Path(tinygrad_pt.__file__).parent
for file in sorted(folder.rglob("*.py")):
    parts = file.relative_to(folder.parent).with_suffix("").parts
    if parts[-1] == "__main__" or parts[1] in ("lab", "systems"):
        continue
    for name in [n for n in sys.modules if n.partition(".")[0] == "tinygrad_pt"]:
        del sys.modules[name]
    sys.meta_path[:] = [f for f in sys.meta_path if not str(f).startswith("<class 'tinygrad_pt")]
    importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
"""


def test_any_module_can_be_the_first_to_be_imported(tmp_path):
    assert run(tmp_path, "-c", EACH_FIRST, TINYGRAD_PT_PURE="1") == (0, "", "")
