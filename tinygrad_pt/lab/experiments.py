"""Carrying out a system: run it, check its claims, draw it, say what it found."""

from __future__ import annotations

import json
import textwrap
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import tinygrad_pt as torch

from ..files import written
from ..models import extra
from ..systems import System
from .pictures import style
from .results import Row, progress


@dataclass(frozen=True)
class Outcome:
    """What is kept of an experiment: its table, its claims with their truth, and processor time."""

    name: str
    quick: bool
    seed: int
    seconds: float
    rows: list[Row]
    claims: list[tuple[str, bool]]

    @property
    def holds(self) -> bool:
        """Whether everything that the text teaches came true."""
        return all(true for _, true in self.claims)


def perform(system: System, *, quick: bool = False, seed: int = 0, out: Path) -> Outcome:
    """Carry out a system; writes ``out``/NAME.png and, the same in numbers, ``out``/NAME.json."""
    torch.manual_seed(seed)
    start = time.process_time()
    with progress():
        result = system.module.run(quick)
    seconds = time.process_time() - start
    outcome = Outcome(system.name, quick, seed, round(seconds, 1), result.rows,
                      [(claim, bool(true)) for claim, true in system.module.check(result)])
    out.mkdir(parents=True, exist_ok=True)
    with style(), written(out / f"{system.name}.png") as temporary:
        system.module.draw(result).savefig(temporary, format="png", metadata={"Software": None})
    with written(out / f"{system.name}.json") as temporary:
        temporary.write_text(json.dumps(asdict(outcome), indent=1, ensure_ascii=False) + "\n", "utf-8")
    return outcome


def load(path: Path) -> Outcome:
    """The outcome in a file that `perform` wrote."""
    fields = json.loads(path.read_text("utf-8"))
    return Outcome(**fields | {"rows": [Row(*row) for row in fields["rows"]],
                               "claims": [(claim, true) for claim, true in fields["claims"]]})


def show(system: System, outcome: Outcome) -> None:
    """Print the table, the claims and what it took."""
    console = extra("rich.console").Console(highlight=False, markup=False)
    form = ", the quick form: smaller data, fewer steps" if outcome.quick else ""
    console.print(f"\n{system.number}. {system.title}", style="bold")
    console.print(f"{system.name}, {outcome.seconds:.1f} s{form}", style="dim")
    if outcome.rows:
        table = extra("rich.table").Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for head in ("", "ours", "course", ""):
            table.add_column(head, overflow="fold")
        for row in outcome.rows:
            table.add_row(*row)
        console.print(table)
    for claim, true in outcome.claims:
        console.print("✓" if true else "✗", claim, style="green" if true else "bold red")


def page(systems: list[System], folder: Path) -> str:
    """docs/systems.md: every system with its text and its outcome in ``folder``."""
    parts = [textwrap.dedent("""\
        # The systems of the course

        Each is one short program in [`tinygrad_pt/systems/`](../tinygrad_pt/systems/__init__.py), to be
        read like a page of a book and run with `tinygrad-pt run NAME`; `--quick` takes seconds and
        needs no data. What a program claims it also checks: ✓.

        Made with `tinygrad-pt run --all --out docs/systems` (real data, seed 0), and written by
        `python -m tinygrad_pt.systems docs/systems.md`. Times are the processor's.
        """)]
    chapter = None
    for system in systems:
        if system.chapter != chapter:
            chapter = system.chapter
            parts.append(f"## {chapter}\n")
        outcome = folder / f"{system.name}.json"
        parts.append(section(system, load(outcome), folder.name) if outcome.exists() else
                     f"### {system.number}. {system.title}\n\nNot yet run in the full form.\n")
    return "\n".join(parts)


def section(system: System, outcome: Outcome, folder: str) -> str:
    """A system in Markdown: what it is, picture, table, claims, time."""
    lines = [f"### {system.number}. {system.title}\n", f"{system.text}\n",
             f"![{system.title}]({folder}/{system.name}.png)\n"]
    if outcome.rows:
        lines += ["| | ours | the course's | |", "|---|---|---|---|"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
                  for row in outcome.rows] + [""]
    lines += [f"- {'✓' if true else '✗'} {claim}" for claim, true in outcome.claims]
    source = f"[`{system.name}`](../tinygrad_pt/systems/{system.name}.py)"
    return "\n".join([*lines, f"\n{source}, {outcome.seconds:.1f} s\n"])
