"""``python -m tinygrad_pt.ops [FILE]``: write the table of operations as Markdown."""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path

from . import (  # noqa: F401  (fill the table)
    TABLE,
    Op,
    Pointwise,
    bilinear,
    fused,
    linear,
    recurrent,
    scalars,
)

HEAD = """\
# The table of operations

Generated from `tinygrad_pt/ops/` by `python -m tinygrad_pt.ops docs/ops.md`; a test holds this page
against the table. `y` is the value, ∂ its slopes, in the words of the source: what you read here is
what runs, for a `Value`, for a `Tensor`, and for derivatives of derivatives.

## Pointwise

Element by element, with broadcasting. Reverse mode multiplies by the slope, forward mode too.

| operation | y | slopes | domain | at kinks | |
|---|---|---|---|---|---|
"""

LINEAR = """
## Linear

y = A x. Reverse mode applies the adjoint Aᵀ, forward mode A itself.

| operation | adjoint | |
|---|---|---|
"""

BILINEAR = """
## Bilinear

y = B(a, b), linear in each operand.

| operation | adjoint in a | adjoint in b | |
|---|---|---|---|
"""

FUSED = """
## Fused

Compositions of other rows that are computed at once, by kernels, forward and back; higher derivatives
and forward mode are the composition's.

| operation | composed of | |
|---|---|---|
"""


def page() -> str:
    """The table as a Markdown page."""
    ops = {kind: [op for op in TABLE.values() if op.kind == kind]
           for kind in ("pointwise", "linear", "bilinear", "fused")}
    return (HEAD + "".join(map(_pointwise, ops["pointwise"]))
            + LINEAR + "".join(f"| `{op.name}` | {_calls(op.adjoint)} | {_line(op)} |\n"
                               for op in ops["linear"])
            + BILINEAR + "".join(f"| `{op.name}` | {' | '.join(map(_calls, op.adjoints))} "
                                 f"| {_line(op)} |\n" for op in ops["bilinear"])
            + FUSED + "".join(f"| `{op.name}` | {_calls(op.composed)} | {_line(op)} |\n"
                              for op in ops["fused"]))


def _pointwise(op: Pointwise) -> str:
    slopes = "<br>".join(f"∂/∂{x} = {_code(d)}" for x, d in zip(op.operands, op.slopes, strict=True)
                         if d is not None)
    cells = [f"`{op.name}({', '.join(op.operands)})`", _code(op.value), slopes,
             op.domain and _code(op.domain), _at_kinks(op), _line(op)]
    return "| " + " | ".join(cells) + " |\n"


def _at_kinks(op: Pointwise) -> str:
    """The slopes that the row gives at its kinks, computed from it."""
    found = []
    for i, kink in enumerate(op.kinks):
        points = product((0.0, -1.0, 1.0, 0.5), repeat=len(op.operands))
        for xs in points:  # the first point on this kink where the operands differ elsewhere
            at = dict(zip(op.operands, xs, strict=True))
            if ([k for k, d in enumerate(op.to_kinks(scalars, *xs)) if d == 0] == [i]
                    and at.get("lo", 0) <= at.get("hi", 0)):
                y = op.bind(scalars)[0](*xs)
                slopes = [op.slope(scalars, k, y, xs) for k in range(len(xs))]
                found.append(f"{kink} = 0: " + ", ".join(f"{d:g}" for d in slopes if d is not None))
                break
    return "<br>".join(found)


def _calls(rule) -> str:
    """The operations that a rule is made of."""
    return ", ".join(f"`{name}`" for name in rule.__code__.co_names
                     if name in TABLE or name == "sum_to")


def _line(op: Op) -> str:
    return " ".join((op.doc or "").split())


def _code(text: str) -> str:
    return "`" + text.replace("|", "\\|") + "`"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
