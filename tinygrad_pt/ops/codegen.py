"""C from the table: the pointwise rows as functions that the compiled engine calls.

    python -m tinygrad_pt.ops.codegen build

The functions give bit for bit what `ops.scalars` gives: the same expressions, the same
mathematical library, and no operation contracted with another.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import TABLE, Pointwise

_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
           ast.BitAnd: "&&", ast.BitOr: "||"}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}

# Names of the namespace that C's mathematical library knows by another. It has
# hypot too, but Python's is another one, so that a row with it stays Python.
_RENAMED = {"abs": "fabs"}
_LIBRARY = {"exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "sinh", "cosh",
            "asin", "acos", "atan", "asinh", "acosh", "atanh", "erf", "erfc", "fabs", "floor",
            "ceil", "trunc", "rint", "fmod", "pow", "atan2", "log2", "log10", "copysign"}
_OURS = {"maximum", "minimum", "sign", "chain"}  # csrc/scalar.h, csrc/pointwise.h
_VECTORS = {"exp", "expm1", "log", "log1p", "sin", "cos", "sigmoid", "tanh", "erf", "erfc", "ndtr",
            "fabs", "copysign"}  # csrc/vmath.h, also of rows; others are called lane by lane
_SLOW = _LIBRARY - _VECTORS - {"sqrt", "floor", "ceil", "trunc", "rint"}
_CONSTANTS = {"inf": "INFINITY", "nan": "NAN", "pi": "M_PI", "e": "M_E"}


_FIND = """\
/* The function of a row, NULL if there is none compiled from this very text. */
static row_function row_of(const char *text)
{
    for (const struct row *r = rows; r->text; r++)
        if (strcmp(r->text, text) == 0)
            return r->f;
    return NULL;
}
"""


class Untranslatable(ValueError):
    """An expression with a part that has no counterpart in C."""


class Dialect(NamedTuple):
    """What C says in another way of vectors than of single numbers."""

    number: str
    choice: str
    signs: int  # of "and" and of "or"
    function: Callable[[str], str]
    has: set[str]  # functions, among them rows


def _of_vectors(name: str) -> str:
    return f"FN({name})" if name in _OURS | _VECTORS else f"FN({name}_of_lanes)"


DOUBLES = Dialect("{}", "({} ? {} : {})", 2, str, _LIBRARY | _OURS)
VECTORS = Dialect("FN(all)((T){})", "FN(select)({}, {}, {})", 1, _of_vectors,
                  _LIBRARY | _OURS | _VECTORS)


def translate(expression: str, names: dict[str, str], say: Dialect = DOUBLES) -> str:
    """The C expression; ``names`` says what stands for each free name."""
    def c(node: ast.expr) -> str:
        match node:
            case ast.Constant(value=bool() | int() | float()):
                return say.number.format(repr(float(node.value)))
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Name(id=name) if name in _CONSTANTS:
                return say.number.format(_CONSTANTS[name])
            case ast.UnaryOp(op=ast.USub()):
                return f"(-{c(node.operand)})"
            case ast.BinOp() if type(node.op) in _BINARY:
                return f"({c(node.left)} {_BINARY[type(node.op)][:say.signs]} {c(node.right)})"
            case ast.Compare(ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return f"({c(node.left)} {_COMPARE[type(op)]} {c(right)})"
            case ast.Call(func=ast.Name(id="where"), args=[condition, yes, no]):
                return say.choice.format(c(condition), c(yes), c(no))
            case ast.Call(func=ast.Name(id=name), args=args):
                name = _RENAMED.get(name, name)
                if name in say.has:
                    return f"{say.function(name)}({', '.join(map(c, args))})"
                op = TABLE.get(name)
                if isinstance(op, Pointwise) and f"{name}(" not in op.value:  # another row
                    return translate(op.value, dict(zip(op.operands, map(c, args), strict=True)), say)
        raise Untranslatable(f"{ast.unparse(node)} (in {expression})")

    return c(ast.parse(expression, mode="eval").body)


def row(op: Pointwise) -> str:
    """A C function of a row: from the operands the value, and on the way the slopes."""
    names = {x: f"x[{i}]" for i, x in enumerate(op.operands)}
    lines = [f"static double row_{op.name}(const double *x, double *d)", "{",
             f"    const double y = {translate(op.value, names)};"]
    for i, slope in enumerate(op.slopes):
        lines.append(f"    d[{i}] = {translate(slope or '0', {**names, 'y': 'y'})};")
    if not any(op.slopes):
        lines.append("    (void)x;")
    return "\n".join([*lines, "    return y;", "}"])


def header() -> str:
    """All pointwise rows that can be said in C, and the list by which they are found."""
    functions, entries = [], []
    for op in TABLE.values():
        if isinstance(op, Pointwise):
            try:
                functions.append(f"/* {op.doc} */\n{row(op)}\n")
            except Untranslatable:
                continue  # such a row stays Python
            entries.append(f'    {{"{op.text()}", row_{op.name}}},\n')
    return "\n".join(["/* Generated by tinygrad_pt/ops/codegen.py: edit the table instead. */",
                      '#include "scalar.h"\n', *functions,
                      f"static const struct row rows[] = {{\n{''.join(entries)}    {{0, 0}}\n}};\n",
                      _FIND])


def loops(op: Pointwise) -> tuple[str, list[str], int]:
    """The array loops of a row: their C, their names (value, then slopes), and which of them are cheap
    (bit i is the i-th name's): that call nothing of the mathematical library lane by lane.
    """
    text, names, cheap = [], [], 0
    value = f"{op.name}({', '.join(op.operands)})" if op.name in _VECTORS else op.value
    for i, expression in enumerate((value, *op.slopes)):
        if i and (expression is None or expression == "1"):
            names.append("")
            continue
        names.append(f"{op.name}_{f'd{i - 1}' if i else 'value'}")
        c = translate(expression, {**{x: x for x in op.operands}, "y": "y"}, VECTORS)
        if not re.search("|".join(f"{f}_of_lanes" for f in _SLOW), c):
            cheap |= 1 << i
        used = set(re.findall(r"\w+", expression))
        reads = [f"        const vec {x} = OPERAND({k});\n" for k, x in enumerate(op.operands)
                 if x in used]
        unused = "" if reads else "    (void)xs, (void)step;\n"
        text.append(f"static void FN({names[-1]})(ptrdiff_t n, ")
        if i:
            c = f"FN(chain)(WALKING(g_), {c})"
            text.append("const void *g_, const void *y_, ")
            if "y" in used:
                reads.append("        const vec y = WALKING(y_);\n")
            else:
                unused = "    (void)y_;\n" + unused
        text.append(f"const void *const *xs, const ptrdiff_t *step, void *out)\n{{\n{unused}"
                    f"    LOOP {{\n{''.join(reads)}        RESULT({c});\n    }}\n}}\n\n")
    return "".join(text), names, cheap


def _rows_with_loops() -> Iterator[tuple[Pointwise, str, list[str], int]]:
    """The rows on real numbers that can be said in C, with what `loops` says of them."""
    for op in TABLE.values():
        if isinstance(op, Pointwise) and None not in op.slopes:
            try:
                yield op, *loops(op)
            except Untranslatable:
                continue


_GENERATED = "/* Generated by tinygrad_pt/ops/codegen.py: edit the table instead. */\n\n"


def loops_header() -> str:
    """The array loops of the rows, to be included by csrc/pointwise.h for each type."""
    return _GENERATED + "".join(f"/* {op.doc} */\n{text}" for op, text, _, _ in _rows_with_loops())


def loop_table_header() -> str:
    """The list by which the loops are found."""
    entries = []
    for op, _, names, cheap in _rows_with_loops():
        value, *slopes = [f"{{{n}_f32, {n}_f64}}" if n else "{0, 0}" for n in names]
        entries.append(f'    {{"{op.text()}", {cheap}, {value}, {{{", ".join(slopes)}}}}},\n')
    return f"{_GENERATED}static const tg_loops loops[] = {{\n{''.join(entries)}    {{0}}\n}};\n"


def write(path: str, text: str) -> str:
    """Write a header, unless it is there already: an unchanged table recompiles nothing."""
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return path
    except OSError:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def write_headers(folder: str) -> str:
    """Write rows.h (for `Value`), loops.h and their loop_table.h (for `Tensor`) into a folder."""
    write(os.path.join(folder, "rows.h"), header())
    write(os.path.join(folder, "loops.h"), loops_header())
    write(os.path.join(folder, "loop_table.h"), loop_table_header())
    return folder


if __name__ == "__main__":
    write_headers(sys.argv[1])
