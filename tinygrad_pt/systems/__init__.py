"""The systems of the course, from the first artificial neuron to the transformer.

A system is a module of this folder, and nothing else need know of it. Its docstring begins with its
number and a line on what it shows, and goes on with the mathematics and the source; then come

    def run(quick):     compute, and return a `lab.Result`; quick takes seconds, and no download
    def check(r):       yield (what the text teaches, whether it came true)
    def draw(r):        return a picture of it, a `lab.figure`

``tinygrad-pt list`` shows all of them, ``tinygrad-pt run NAME`` carries one out.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

CHAPTERS = {1: "Neurons and learning", 10: "Digits", 19: "Images", 21: "Sequences", 24: "Energy",
            27: "Codes", 30: "Newer"}  # by the number of their first system


@dataclass(frozen=True, order=True)
class System:
    """A program of this folder: its place in the course, name, first line, text and module."""

    number: int
    name: str
    title: str
    text: str
    module: ModuleType

    @property
    def chapter(self) -> str:
        """The name of the chapter it belongs to."""
        return CHAPTERS[list(CHAPTERS)[bisect(list(CHAPTERS), self.number) - 1]]


@cache
def systems() -> dict[str, System]:
    """All systems by name, in the order of the course."""
    found = []
    for _, name, package in iter_modules(__path__):
        if not package and not name.startswith("_"):
            module = import_module(f".{name}", __name__)
            title, _, text = (module.__doc__ or "").partition("\n")
            number, _, title = title.partition(". ")
            if not re.fullmatch(r"\d+", number):
                raise ValueError(f"{module.__file__}: its docstring should begin with its number, "
                                 f"as in '2. The perceptron', and begins {module.__doc__!r:.30}")
            found.append(System(int(number), name, title.strip(), text.strip(), module))
    return {system.name: system for system in sorted(found)}
