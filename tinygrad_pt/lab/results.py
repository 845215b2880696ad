"""What an experiment found, and how far it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import NamedTuple, TypeVar

from ..models import extra

T = TypeVar("T")
_bars: list = []  # the progress display of the experiment that runs, if one is shown


class Row(NamedTuple):
    """A line of the table: what was measured, ours, the course's, and why they differ if they do."""

    what: str
    ours: str
    course: str = ""
    why: str = ""


class Result(SimpleNamespace):
    """What an experiment found: ``rows`` for its table, and whatever `check` and `draw` look at."""

    def __init__(self, **found: object):
        super().__init__(rows=[], **found)

    def row(self, what: str, ours: object, course: object = "", why: str = "") -> None:
        """Add a line to the table; numbers are shown with four digits, text as it is."""
        self.rows.append(Row(what, _shown(ours), _shown(course), why))


def _shown(x: object) -> str:
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def track(items: Collection[T], what: str = "") -> Iterator[T]:
    """Iterate over items, and show on the progress bar how many are done."""
    if not _bars:
        yield from items
        return
    bar = _bars[-1]
    task = bar.add_task(what, total=len(items))
    for item in items:
        yield item
        bar.advance(task)
    bar.remove_task(task)


@contextmanager
def progress() -> Iterator[None]:
    """While it is open, and if this is a terminal, `track` shows a bar for each of its loops."""
    rich = extra("rich.progress")
    columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn(),
               rich.TimeRemainingColumn())
    console = extra("rich.console").Console()
    with rich.Progress(*columns, console=console, transient=True,
                       disable=not console.is_terminal) as bar:
        _bars.append(bar)
        try:
            yield
        finally:
            _bars.pop()
