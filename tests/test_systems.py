"""Every system of the course: what it claims is so, in the quick form; and the page about them."""

import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("rich")
pytest.importorskip("matplotlib")

import tinygrad_pt as torch
from tinygrad_pt import lab
from tinygrad_pt.__main__ import main
from tinygrad_pt.lab.experiments import load, page, perform
from tinygrad_pt.systems import systems

DOCS = Path(__file__).parent.parent / "docs"
FIRST = next(iter(systems().values()))


@pytest.mark.parametrize("system", systems().values(), ids=systems())
def test_what_a_system_claims_is_so(system, tmp_path):
    outcome = perform(system, quick=True, out=tmp_path)
    assert outcome.claims and [claim for claim, true in outcome.claims if not true] == []
    picture = (tmp_path / f"{system.name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 5_000
    assert load(tmp_path / f"{system.name}.json") == outcome


@pytest.mark.parametrize("system", systems().values(), ids=systems())
def test_a_system_is_a_page_of_a_book(system):
    source = Path(system.module.__file__).read_text("utf-8")
    assert len(source.splitlines()) <= 160
    assert re.search(r"\b(1[89]|20)\d\d\b", system.text), "the docstring should name its source"
    assert len(system.title) < 90 and system.chapter


def test_the_page_is_what_the_systems_say():
    wanted = page(list(systems().values()), DOCS / "systems")
    assert (DOCS / "systems.md").read_text("utf-8") == wanted, \
        "docs/systems.md is out of date: run `python -m tinygrad_pt.systems docs/systems.md`"


def test_the_page_shows_the_full_form():
    for name in systems():
        outcome = load(DOCS / "systems" / f"{name}.json")
        assert not outcome.quick and outcome.holds, name


def test_list_has_a_line_for_each(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for system in systems().values():
        assert any(line.split()[:2] == [str(system.number), system.name] for line in lines)
    assert max(map(len, lines)) < 120


def test_run_prints_a_table_and_saves_a_picture(capsys, tmp_path):
    assert main(["run", FIRST.name, "--quick", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert FIRST.title in text and "ours" in text and "✓" in text and "\x1b" not in text
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{FIRST.name}.json", f"{FIRST.name}.png"]


def test_run_fails_if_a_claim_is_false(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(FIRST.module, "check", lambda r: [("one is two", 1 == 2)])
    assert main(["run", FIRST.name, FIRST.name, "--quick", "--out", str(tmp_path)]) == 1
    text = capsys.readouterr().out
    assert "✗ one is two" in text and f"do not hold: {FIRST.name}" in text


def test_mistakes_are_one_clear_line(capsys, monkeypatch):
    for arguments, says in ((["run"], "--all"), (["run", FIRST.name + "s"], f"there is {FIRST.name}")):
        try:
            code = main(arguments)
        except SystemExit as error:
            code = error.code
        assert code == 2 and says in capsys.readouterr().err
    for name in ("rich", "matplotlib"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            assert main(["run", FIRST.name]) == 2
        error = capsys.readouterr().err
        assert name in error and "tinygrad_pt[train]" in error


def test_fit_descends_and_accuracy_counts():
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
    net = torch.nn.Linear(1, 2)
    labels = torch.tensor([0, 0, 1, 1])
    losses = list(lab.fit(net, torch.nn.functional.cross_entropy, x, labels,
                          torch.optim.SGD(net.parameters(), lr=1.0), epochs=60, batch=2))
    assert len(losses) == 60 and losses[-1] < 0.3 < losses[0]
    assert lab.accuracy(net, x, labels) == 100 and lab.accuracy(net, x, 1 - labels) == 0


def test_frechets_distance_of_what_is_shifted_and_what_is_spread():
    a = torch.randn(200, 3)
    a -= a.mean(0)
    assert lab.frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert lab.frechet(a, a + torch.tensor([3.0, 4.0, 0.0])) == pytest.approx(25, rel=1e-5)
    assert lab.frechet(a, 3 * a) == pytest.approx(4 * a.T.cov().trace().item(), rel=1e-5)


def test_a_bar_follows_nested_loops(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with lab.results.progress():
        assert [(i, j) for i in lab.track(range(2), "outer") for j in lab.track("ab", "inner")] == [
            (0, "a"), (0, "b"), (1, "a"), (1, "b")]
