"""The documentation is true: its code runs, and what is generated is up to date."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tinygrad_pt.ops.__main__ import page

ROOT = Path(__file__).parent.parent
PAGES = [p for p in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if p.exists()]


def blocks(language):
    return [pytest.param(code, id=f"{p.name}:{i}") for p in PAGES for i, code in enumerate(
        re.findall(rf"^```{language}\n(.*?)^```", p.read_text("utf-8"), re.M | re.S))]


def test_the_op_table_page_is_what_the_table_says():
    assert (ROOT / "docs/ops.md").read_text("utf-8") == page(), \
        "docs/ops.md is out of date: run `python -m tinygrad_pt.ops docs/ops.md`"


def test_the_type_stubs_are_what_the_sources_say():
    """Generated on the uncompiled sources, whose signatures can be read."""
    program = ("import tinygrad_pt, pathlib; from tinygrad_pt.stubs import stubs; "
               "folder = pathlib.Path(tinygrad_pt.__file__).parent; "
               "print([n for n, t in stubs().items() if (folder / n).read_text('utf-8') != t])")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "TINYGRAD_PT_PURE": "1"})
    assert done.stdout.strip() == "[]", \
        "stubs are out of date: run `TINYGRAD_PT_PURE=1 python -m tinygrad_pt.stubs`" + done.stderr


def expected(code):
    return [line.removeprefix("# prints:").strip() for line in code.splitlines()
            if line.startswith("# prints:")]


@pytest.mark.parametrize("code", blocks("python"))
def test_python_blocks_run(code, tmp_path):
    """Each block runs by itself; a line `# prints: ...` below a print says what it prints."""
    program = tmp_path / "block.py"
    program.write_text(code, "utf-8")
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr
    if "# prints:" in code:
        assert [line.strip() for line in done.stdout.splitlines()] == expected(code)


def test_the_readme_opens_with_two_commands():
    """One trains the recogniser, one runs the tests; test_cli.py and .ci/run carry them out."""
    first, second = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"),
                               re.M | re.S)[:2]
    assert "tinygrad-pt train" in first and "pytest" in second


def test_pytorch_prints_the_same(tmp_path):
    """The blocks of docs/pytorch.md that use nothing but PyTorch's names."""
    pytest.importorskip("torch")
    text = (ROOT / "docs/pytorch.md").read_text("utf-8")
    all_blocks = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    code = "\n".join(b for b in all_blocks if "datasets" not in b and "save" not in b)
    program = tmp_path / "blocks.py"
    program.write_text(code.replace("tinygrad_pt", "torch"), "utf-8")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True)
    assert [line.strip() for line in done.stdout.splitlines()] == expected(code), done.stderr


def test_the_page_about_kernels_names_what_exists():
    """Every file of csrc/ is on its map; what it mentions exists, but for the new kernel."""
    text = (ROOT / "csrc/README.md").read_text("utf-8")
    csrc = [p for p in (ROOT / "csrc").iterdir() if p.suffix in (".c", ".h")]
    assert not [p.name for p in csrc if f"`{p.name}`" not in text]
    kernels = [p for p in (ROOT / "tinygrad_pt/kernels").iterdir() if p.suffix in (".py", ".pyx")]
    for name in re.findall(r"`([\w./]+\.(?:c|h|py|pyx))`", text):
        assert (ROOT / name).exists() or name in [p.name for p in csrc + kernels], name
    sources = "".join(p.read_text("utf-8") for p in [*csrc, *kernels, ROOT / "tests/test_kernels.py"])
    code = "".join(re.findall(r"^```(?:c|cython|python)\n(.*?)^```", text, re.M | re.S))
    code = re.sub(r'/\*.*?\*/|""".*?"""', "", code + " ".join(re.findall(r"`(\w+)`", text)))
    unknown = set(re.findall(r"[A-Za-z_]\w+", code)) - set(re.findall(r"\w+", sources))
    assert unknown == {"unit", "TG_UNIT", "test_unit", "name_f32", "name_f64"}
