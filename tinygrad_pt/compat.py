"""Programs written for PyTorch, unchanged: ``python -m tinygrad_pt.compat script.py [arguments]``.

Inside, ``import torch`` finds this library, and so does every ``torch.`` module that exists here; a
notebook (``.ipynb``) runs cell by cell. In a program of your own, `install()` before its imports does
the same. ``--check script.py`` runs nothing and lists the names the program takes from torch that do
not exist here.
"""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

__all__ = ["install", "missing", "run", "uninstall"]

_HERE = __package__


class _Finder:
    """Finds ``torch.x`` by importing ``tinygrad_pt.x``: one module with two names."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] != "torch":
            return None
        return importlib.machinery.ModuleSpec(name, cls, is_package=True)

    @staticmethod
    def create_module(spec):
        tail = spec.name.partition(".")[2]
        try:
            module = importlib.import_module(f"{_HERE}.{tail}" if tail else _HERE)
        except ModuleNotFoundError as e:
            if not (e.name or "").startswith(_HERE):
                raise  # something else is not installed
            raise ModuleNotFoundError(_why_not(spec.name), name=spec.name) from None
        spec.loader_state = module.__spec__
        return module

    @staticmethod
    def exec_module(module):
        module.__spec__ = module.__spec__.loader_state  # the import has put its own there


def _why_not(name: str) -> str:
    """That a name is missing, and what to use instead where that is known."""
    from .absent import instead
    hint = instead(name.partition(".")[2])
    return f"{name} does not exist in tinygrad_pt" + (f"; use {hint}" if hint else "")


def install() -> None:
    """Let ``import torch`` mean this library from here on.

    Raises RuntimeError if the real one is imported already: two halves of a program would disagree.
    """
    there = sys.modules.get("torch")
    if there is not None and there is not sys.modules[_HERE]:
        raise RuntimeError("compat.install: torch is imported already; call install() before that")
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


def uninstall() -> None:
    """Let ``import torch`` mean PyTorch again, for what imports it from here on."""
    if _Finder in sys.meta_path:
        sys.meta_path.remove(_Finder)
    for name in [n for n, m in sys.modules.items() if n.partition(".")[0] == "torch"]:
        if sys.modules[name].__name__.startswith(_HERE):
            del sys.modules[name]


# ── running ─────────────────────────────────────────────────────────────────────────────────────

def cells(path: Path) -> list[str]:
    """The source of a script, or of each code cell of a notebook, without the shell's lines."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return [text]
    notebook = json.loads(text)
    sources = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    return [_plain(s) for s in sources if not s.startswith("%%")]


def _plain(source: str) -> str:
    """A cell whose ``%magic`` and ``!command`` lines say nothing."""
    def line(s: str) -> str:
        code = s.lstrip()
        return s[:len(s) - len(code)] + "pass" if code.startswith(("%", "!")) else s
    return "\n".join(line(s) for s in source.splitlines())


def run(path: Path, argv: list[str] | None = None) -> ModuleType:
    """Run a script or notebook as ``__main__`` and return that module.

    Of each cell of a notebook the last expression is shown, as Jupyter does.
    """
    main = ModuleType("__main__")
    main.__file__ = str(path.absolute())
    sys.modules["__main__"] = main
    sys.argv = [str(path), *(argv or [])]
    sys.path.insert(0, str(path.resolve().parent))
    for i, source in enumerate(cells(path)):
        name = str(path) if path.suffix != ".ipynb" else f"{path}[{i}]"
        tree = ast.parse(source, name)
        last = []
        if path.suffix == ".ipynb" and tree.body and isinstance(tree.body[-1], ast.Expr):
            last = [tree.body.pop()]
        exec(compile(tree, name, "exec", dont_inherit=True), vars(main))
        for expression in last:
            shown = ast.Interactive([expression])
            exec(compile(shown, name, "single", dont_inherit=True), vars(main))
    return main


# ── what is missing, before running ─────────────────────────────────────────────────────────────

def missing(path: Path) -> list[str]:
    """The dotted names that a program takes from torch and that do not exist here, in order."""
    found: dict[str, bool] = {}
    for source in cells(path):
        for name in _names(ast.parse(source)):
            found.setdefault(name, _exists(name))
    return [name for name, there in found.items() if not there]


def _names(tree: ast.AST) -> Iterator[str]:
    """Every ``torch.x.y`` that is imported or read, by its full name."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for a in node.names:
                if a.name.partition(".")[0] == "torch":
                    known[a.asname or "torch"] = a.name if a.asname else "torch"
                    yield a.name
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "torch":
            for a in node.names:
                if a.name != "*":
                    known[a.asname or a.name] = f"{node.module}.{a.name}"
                    yield f"{node.module}.{a.name}"
    for node in ast.walk(tree):
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if parts and isinstance(node, ast.Name) and node.id in known:
            yield ".".join([known[node.id], *reversed(parts)])


def _exists(name: str) -> bool:
    """Whether a dotted name is here; what hangs on an object that is not a module is not judged."""
    thing: object = sys.modules[_HERE]
    path = _HERE
    for part in name.split(".")[1:]:
        if not isinstance(thing, ModuleType | type):
            return True
        path += f".{part}"
        try:
            thing = getattr(thing, part)
        except (AttributeError, ImportError):
            try:
                thing = importlib.import_module(path)
            except ImportError:
                return False
    return True


def main(argv: list[str]) -> int:
    """``script.py [arguments]`` runs a program; ``--check script.py …`` lists what it would miss."""
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if argv else 2
    if argv[0] != "--check":
        install()
        run(Path(argv[0]), argv[1:])
        return 0
    lacking = [(path, name) for path in argv[1:] for name in missing(Path(path))]
    for path, name in lacking:
        print(f"{path}: {_why_not(name)}")
    if not lacking:
        print("every name exists")
    return 1 if lacking else 0


if __name__ == "__main__":
    # Under its own name, not as __main__, which the program becomes.
    sys.exit(importlib.import_module(f"{_HERE}.compat").main(sys.argv[1:]))
