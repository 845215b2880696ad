"""The benchmark suite runs, without peers too, and does not compare what differs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import contest
import page
from rows import ROWS


def row(name):
    return next(r for r in ROWS if r.name == name)


def test_it_runs_alone_and_writes_its_page(tmp_path):
    env = {**os.environ, "OPENBLAS_CORETYPE": "Haswell"}  # which it must not hand on
    done = subprocess.run([sys.executable, contest.HERE, "XOR", ": 8²", "--alone", "--rounds", "2",
                           "--write", tmp_path / "page.md"], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "page.md").read_text("utf-8")
    assert re.search(r"^\| 8² \| [\d.]+ .s \|$", text, re.M) and "| XOR 2-2-1 | " in text
    assert "| void" not in text


def test_ratios_of_a_race():
    """NumPy is there wherever we are."""
    result = contest.contest(row("8²"), contest.present({}), rounds=3, threads=1, about={})
    assert not result.void and set(result.seconds) >= {contest.OURS, "NumPy"}
    low, median, high = result.ratio("NumPy")
    assert 0 < low <= median <= high
    assert page.cells(result)["NumPy"].endswith("✓ ≥ 4" if median >= 4 else "✗ ≥ 4")


@pytest.mark.parametrize("theirs, equal", [
    ([[(2.0, 2.0)]], True), ([[(2.0001, 2.0)]], True), ([[(2.001, 2.0)]], False), ([[]], False)])
def test_a_row_is_void_where_results_differ(theirs, equal):
    assert (contest.differ({contest.OURS: [[(2.0, 2.0)]], "peer": theirs}) == "") is equal


def test_a_contestant_that_fails_makes_the_row_void():
    pythons = {**contest.present({}), "NumPy": "/bin/false"}
    assert "NumPy ended" in contest.contest(row("8²"), pythons, rounds=2, threads=1, about={}).void


def test_names_are_unique():
    """A worker finds its row by name."""
    assert len({r.name for r in ROWS}) == len(ROWS)
