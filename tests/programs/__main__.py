"""Programs written for PyTorch, run unchanged with PyTorch and with tinygrad_pt, side by side.

    python tests/programs SOURCES [--only TEXT] [--steps N] [--write docs/programs.md]

SOURCES is a folder with the fetched repositories as OWNER/NAME (table.py lists them); what is not
there is left out. Losses, answers of the networks, gradient norms and final parameters are compared;
the time is of the watched steps, one thread each.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from table import PROGRAMS, Program  # noqa: E402

from tinygrad_pt.compat import cells  # noqa: E402

ENGINES = ("torch", "tinygrad_pt")


def chapter(text: str) -> list[str]:
    """The cells that a chapter of "Dive into Deep Learning" has for PyTorch."""
    blocks = re.findall(r"^```\{\.python \.input[^}]*\}\n(.*?)^```", text, re.M | re.S)
    tabs = [re.match(r"(?:%%|#@)tab (.*)\n", block) for block in blocks]
    ours = [block[tab.end():] for block, tab in zip(blocks, tabs, strict=True)
            if tab and ("pytorch" in tab[1] or "all" in tab[1])]
    return ["from d2lbook import tab", *ours]


def notebook(sources: list[str]) -> str:
    """A notebook of these cells."""
    return json.dumps({"cells": [{"cell_type": "code", "source": s} for s in sources]})


def prepare(program: Program, sources: Path, folder: Path) -> Path:
    """A copy of the program's repository in a folder; the path to run in it."""
    shutil.copytree(sources / program.repository, folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns(".git", "*.svg", "*.gif"))
    path = folder / program.path
    for name in program.beside.split():
        shutil.copy(sources / name, path.parent)
    text = path.read_text(encoding="utf-8")
    for old, new in program.smaller:
        if old not in text:
            raise ValueError(f"{program.name}: has no {old!r}")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    before, source = textwrap.dedent(program.before), textwrap.dedent(program.code)
    if path.suffix in (".ipynb", ".md"):
        own = chapter(path.read_text(encoding="utf-8")) if path.suffix == ".md" else cells(path)
        path = path.with_name(f"run_{path.stem}.ipynb")
        path.write_text(notebook([before, *own]), encoding="utf-8")
    elif before or source:
        source = re.sub(r"^from __future__.*", "", source or path.read_text("utf-8"), flags=re.M)
        source = before + source
        path = path.with_name(f"run_{path.stem}.py")
        path.write_text(source, encoding="utf-8")
    return path


def record(program: Program, engine: str, sources: Path, timeout: float) -> dict:
    """What the program computes with one library, from a process of its own."""
    with tempfile.TemporaryDirectory() as work:
        path = prepare(program, sources, Path(work, "repository"))
        request, result = Path(work, "request.json"), Path(work, "result.npz")
        request.write_text(json.dumps({"path": str(path), "argv": program.argv.split(),
                                       "steps": program.steps}))
        env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
        found = os.pathsep.join(map(str, (HERE.parents[1], sources / program.repository)))
        env |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
                "PYTHONHASHSEED": "0", "PYTHONPATH": found}
        try:
            done = subprocess.run([sys.executable, str(HERE / "record.py"), engine, request, result],
                                  cwd=path.parent, env=env, timeout=timeout, text=True,
                                  capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return {"error": f"took more than {timeout:.0f} s"}
        if not result.exists():
            return {"error": done.stderr or f"ended with {done.returncode}"}
        with np.load(result) as f:
            return {k: f[k] if f[k].ndim else f[k].item() for k in f.files}


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference of two records over their size; 1 where they differ in length."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return 1.0
    if not a.size:
        return 0.0
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    typical = np.abs(a[np.isfinite(a)]).mean() if np.isfinite(a).any() else 1.0
    scale = np.maximum(np.abs(a), typical) + 1e-12
    return float(np.max(np.where(same, 0, np.abs(a - b) / scale)))


NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?")
PASSING = re.compile(r"0x[0-9a-f]+|\b1\d{14}\b"  # addresses
                     r"|(?:torch|tinygrad_pt)\.(?:\w+\.)*|dtype\('|'\)|\w+(?=Backward\d)"  # names
                     r"|[\d.e+-]+(?= ?(?:s\b|ms\b|sec|examples/sec|tokens/sec))")  # times


def alike(a: str, b: str) -> bool:
    """Whether two printed lines agree, but for what differs between runs or libraries and rounding."""
    a, b = PASSING.sub("", a), PASSING.sub("", b)
    if "".join(NUMBER.sub("0", a).split()) != "".join(NUMBER.sub("0", b).split()):
        return False
    return all(x == y or close(x, y) for x, y in zip(NUMBER.findall(a), NUMBER.findall(b), strict=True))


def close(x: str, y: str) -> bool:
    """Whether two numbers agree to rounding or the last digit printed; whole ones must be equal."""
    places = min(Decimal(x).as_tuple().exponent, Decimal(y).as_tuple().exponent)
    slack = max(1.01 * 10**places, 1e-5 * abs(float(x)), 1e-7) if places < 0 else 0
    return abs(float(x) - float(y)) <= slack


def compare(program: Program, sources: Path, timeout: float) -> dict:
    """The row of a program: differences, time ratio, what went wrong."""
    peer, ours = (record(program, engine, sources, timeout) for engine in ENGINES)
    row = {"name": program.name, "error": ours["error"], "peer": peer["error"]}
    if peer["error"] or ours["error"]:
        return row
    names = [k for k in peer if k.startswith("parameter ")]
    moved = [apart(peer[k], ours[k]) if k in ours else 1.0 for k in names]
    lines = [r["printed"].splitlines() for r in (peer, ours)]
    row |= {"losses": [r["losses"] for r in (peer, ours)], "steps": len(peer["losses"]),
            "loss": apart(peer["losses"], ours["losses"]),
            "answers": apart(peer["answers"], ours["answers"]),
            "norms": apart(peer["norms"], ours["norms"]), "parameters": max(moved, default=0.0),
            "lines": (sum(map(alike, *lines)), max(map(len, lines))),
            "printed": lines, "ratio": peer["seconds"] / ours["seconds"] if ours["seconds"] else np.nan}
    worst, (same, said) = max(row["loss"], row["answers"]), row["lines"]
    if not worst <= program.tolerance:
        row["error"] = f"differs by {worst:.1e}"
    elif not row["steps"] and same < program.alike * said:
        row["error"] = f"prints {said} lines, of which {same} are alike"
    return row


HEAD = ("program", "steps", "last loss, torch", "ours", "losses", "answers", "gradients", "parameters",
        "lines alike", "torch time / ours")


def line(row: dict) -> list[str]:
    """The cells of a row as text."""
    if "loss" not in row:
        what = (row["peer"] and "PyTorch: " + row["peer"]) or row["error"]
        return [row["name"], *[""] * 8, what.strip().splitlines()[-1]]
    last = [f"{x[-1]:.6g}" if len(x) else "" for x in row["losses"]]
    return [row["name"], str(row["steps"]), *last,
            *(f"{row[k]:.0e}" for k in ("loss", "answers", "norms", "parameters")),
            "{}/{}".format(*row["lines"]), f"{row['ratio']:.2f}"]


PAGE = """# Public programs, run unchanged

Programs and lectures that others wrote for PyTorch, run by

    python tests/programs SOURCES --write docs/programs.md

with PyTorch {torch} and with tinygrad_pt, unchanged, from the same seed, each in a process of its own
with one thread, where SOURCES holds the fetched repositories. Pictures, environments and data sets
come from small stand-ins that serve both alike ([standins](../tests/programs/standins)). *Differences*
are relative, of all losses, gradient norms and, after the last step, parameters; those of a chaotic
program begin as rounding and grow. *Time* is PyTorch's over ours, of the steps themselves, from one
run: a rough guide.
Machine: {machine}, Python {python}.

**{summary}**
"""


def summary(rows: list[dict]) -> str:
    """How many agree, and how long they take."""
    ratios = [r["ratio"] for r in rows if np.isfinite(r.get("ratio", np.nan))]
    text = f"{sum(not r['error'] for r in rows)} of {len(rows)} programs agree"
    return text + (f"; time, PyTorch's over ours: median {np.median(ratios):.2f}" if ratios else "")


def page(rows: list[dict]) -> str:
    """The rows as a Markdown page, by repository."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    parts = [PAGE.format(torch=version("torch").partition("+")[0], python=platform.python_version(),
                         machine=cpu[1] if cpu else platform.machine(), summary=summary(rows))]
    for name, group in groupby(rows, lambda r: r["name"].partition(" ")[0]):
        parts.append(f"\n## [{name}](https://github.com/{name})\n\n"
                     "| program | steps | last loss, PyTorch | ours | difference of losses | gradients "
                     "| parameters | time |\n|---|---|---|---|---|---|---|---|\n")
        for row in group:
            what, steps, *losses, loss, _, norms, moved, lines, ratio = line(row)
            if row["error"]:
                steps = "**" + row["error"].splitlines()[-1] + "**"
            elif not row["steps"]:
                steps, loss, norms, moved, ratio = f"prints {lines.partition('/')[2]} lines", *[""] * 4
            cells = (what.partition(" ")[2], steps, *losses, loss, norms, moved, ratio)
            parts.append("| " + " | ".join(cells) + " |\n")
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--only", default="", help="programs whose name contains this")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--timeout", type=float, default=300)
    parser.add_argument("--jobs", type=int, default=1, help="programs compared at once")
    parser.add_argument("--verbose", action="store_true", help="print both outputs and every error")
    parser.add_argument("--write", type=Path, help="write the table as Markdown")
    args = parser.parse_args()
    chosen = [replace(p, steps=args.steps or p.steps) for p in PROGRAMS
              if args.only in p.name and (args.sources / p.repository).exists()]
    pool, rows = ThreadPoolExecutor(args.jobs), []
    for row in pool.map(lambda p: compare(p, args.sources.resolve(), args.timeout), chosen):
        rows.append(row)
        print(" · ".join(line(row)), "<-- " + row["error"].splitlines()[-1] if row["error"] else "",
              flush=True)
        if args.verbose:
            print(row["peer"], row["error"], sep="\n")
            for a, b in zip(*row.get("printed", ([], [])), strict=False):
                print("   ", a, "" if a == b else f"\n  ≠ {b}")
        if args.write:
            args.write.write_text(page(rows), encoding="utf-8")
    print(summary(rows))
    return any(r["error"] for r in rows)


if __name__ == "__main__":
    sys.exit(main())
