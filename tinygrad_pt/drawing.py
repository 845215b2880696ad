"""Graphs as pictures: what every number was, its gradient, and the local derivative on each edge.

    >>> draw(y)                    # in a notebook, shows itself
    >>> draw(y).save("y.svg")      # or y.html

Time runs from left to right. A card is a number, a leaf (tinted) or the result of the operation in
the ring before it. On each line that enters a ring stands ∂result/∂operand, so that a gradient is
read from right to left: multiply along a path, add over all paths. Plain numbers are no nodes, and
stand with the operation: ``×3``.

The layout has three steps. Columns: every result lies right of its operands, and leaves next to
their first use. Order within a column: each card wishes itself at the height of its neighbours,
and sweeps to and fro sort by that wish. Heights: as close to the wishes as cards may stand, in
least squares.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from itertools import chain
from typing import Any

_GLYPH = 7.3  # the width of a character: 0.6 of the 12 px type, and a little for wider fonts
_LINE = 16  # between lines of type, and between the lines drawn into a ring
_PAD = 9  # inside a card
_RING = 12  # radius
_GAP = 16  # between the cards of a column
_SYMBOLS = {"+": "+", "-": "−", "*": "×", "/": "÷", "**": "**"}

# Lines and slopes have no ground of their own, so their colours can be read on white and on black:
# a page may be dark without saying so.
_STYLE = """
.tinygrad-pt { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.tinygrad-pt path { fill: none; stroke: #8c959f; stroke-width: 1.2 }
.tinygrad-pt rect { fill: #fff; stroke: #8c959f }
.tinygrad-pt rect.leaf { fill: #eaf3ff; stroke: #4a90d9 }
.tinygrad-pt rect.given { fill: #f3f4f6; stroke-dasharray: 3 3 }
.tinygrad-pt rect.op { fill: #57606a; stroke: none }
.tinygrad-pt text { fill: #1f2328 }
.tinygrad-pt .label { font-weight: 600 }
.tinygrad-pt .key { fill: #6e7781 }
.tinygrad-pt .op { fill: #fff; text-anchor: middle }
.tinygrad-pt .number { text-anchor: end }
.tinygrad-pt .grad { fill: #bc4c00 }
.tinygrad-pt .slope { fill: #c2570c; font-size: 11px; text-anchor: middle }
@media (prefers-color-scheme: dark) {
.tinygrad-pt path { stroke: #6e7681 }
.tinygrad-pt rect { fill: #161b22; stroke: #6e7681 }
.tinygrad-pt rect.leaf { fill: #122339 }
.tinygrad-pt rect.given { fill: #21262d }
.tinygrad-pt rect.op { fill: #768390 }
.tinygrad-pt text { fill: #e6edf3 }
.tinygrad-pt .key { fill: #8b949e }
.tinygrad-pt .op { fill: #0d1117 }
.tinygrad-pt .grad { fill: #f0883e }
.tinygrad-pt .slope { fill: #db6d28 }
}
"""


class Drawing:
    """A picture: ``svg`` is its text. A notebook shows it by itself."""

    def __init__(self, svg: str):
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.svg)} characters; .save('name.svg') writes it>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to ``path``, an .svg or .html file; a file there is replaced whole."""
        path = os.fspath(path)
        ending = os.path.splitext(path)[1].lower()
        if ending not in (".svg", ".html"):
            raise ValueError(f"save: writes .svg or .html, got {path!r}; a browser shows both, and "
                             "prints them to other formats")
        text = self.svg if ending == ".svg" else (
            '<!DOCTYPE html>\n<meta charset="utf-8">\n<meta name="color-scheme" content="light dark">\n'
            f"<title>{escape(os.path.basename(path))}</title>\n{self.svg}")
        from .files import written
        with written(path) as part, open(part, "w", encoding="utf-8", newline="\n") as f:
            f.write(text)


def draw(x: Any, limit: int = 200, precision: int = 4) -> Drawing:
    """The graph that a `Value` or a `Tensor` was computed by, as a picture.

    Numbers have ``precision`` significant digits. A gradient that no ``backward()`` has yet given
    is —.

    Of more than four numbers in a tensor, mean ± standard deviation are shown; of a derivative that
    is not one number, its shape as a matrix, results × operands, or "diag" if elements do not mix.
    Tensors between leaves and x keep no gradient: once a leaf has one, they show that of x, if x has
    one element.

    Raises ValueError for more than ``limit`` nodes, or a graph already freed by ``backward()``.
    """
    from .value import Value
    if isinstance(x, Value):
        boxes = _values(x, limit, precision)
    else:
        from .tensors import Tensor
        if not isinstance(x, Tensor):
            raise TypeError(f"draw: wants a Value or a Tensor, got {type(x).__name__}")
        boxes = _tensors(x, limit, precision)
    return Drawing(_render(_arrange(_columns(boxes))))


# ── what is to be drawn ─────────────────────────────────────────────────────────────────────────

@dataclass(eq=False)
class Box:
    """A card with the ring before it; without rows, a place where a long line passes a column."""

    kind: str = "bend"  # or leaf, given (no gradient is wanted of it), result
    label: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)  # name and number
    op: str = ""
    ins: list[tuple[Box, str]] = field(default_factory=list)  # operands, slopes
    outs: list[Box] = field(default_factory=list)
    layer: int = 0
    y: float = 0.0  # of its middle

    @property
    def ring(self) -> float:
        """Half the width of the ring."""
        return max(_RING, _width(self.op) / 2 + 5) if self.op else 0

    @property
    def width(self) -> float:
        """Of the card."""
        inside = [_width(name + number) + 12 for name, number in self.rows]
        return max([*inside, _width(self.label)]) + 2 * _PAD if self.rows else 0

    @property
    def card(self) -> float:
        """The height of the card."""
        return _LINE * (len(self.rows) + bool(self.label)) + _PAD if self.rows else 0

    @property
    def height(self) -> float:
        return max(self.card, bool(self.op) * 2 * _RING, _LINE * len(self.ins))

    def ports(self) -> list[tuple[Box, str, float]]:
        """Where the lines from the operands come in, at which heights: the topmost on top."""
        above = sorted(self.ins, key=lambda e: e[0].y)
        return [(a, slope, _LINE * (i - (len(above) - 1) / 2)) for i, (a, slope) in enumerate(above)]


def _ancestors(root: Any, operands: Callable[[Any], list[Any]], limit: int) -> list[Any]:
    """All that root was computed from and root itself, operands before results."""
    seen, order = {root}, []
    stack: list[list[Any]] = [[root, *operands(root)[::-1]]]  # and operands still to come
    while stack:
        a = stack[-1].pop()
        if not stack[-1]:
            order.append(a)
            stack.pop()
        elif a not in seen:
            seen.add(a)
            stack.append([a, *operands(a)[::-1]])
    if len(order) > limit:
        raise ValueError(f"draw: the graph has {len(order):,} nodes, more than can be read "
                         f"(limit={limit}); draw a smaller expression, an intermediate result, or "
                         f"pass limit={len(order)}")
    return order


def _values(root: Any, limit: int, precision: int) -> list[Box]:
    """A Box for each Value."""
    from .value import edges, recorded
    boxes: dict[Any, Box] = {}
    for v in _ancestors(root, lambda v: [a for a, _ in recorded(v) if a is not None], limit):
        pairs = recorded(v)
        pending = root.grad == 0 == v.grad
        known = edges(v, False)  # not of a Value made by hand, Value(data, operands, "op")
        boxes[v] = Box(
            "result" if v._op else "leaf", _text(v.label),
            [("data", _number(v.data, precision)),
             ("grad", "—" if pending else _number(v.grad, precision))],
            _operation(v._op, [d if a is None else None for a, d in pairs], precision),
            [(boxes[a], _number(d, precision) if known else "") for a, d in pairs if a is not None])
    return list(boxes.values())


def _tensors(root: Any, limit: int, precision: int) -> list[Box]:
    """A Box for each Node of the graph and each tensor that is not computed in it."""
    import numpy as np

    from . import graph
    from .ops import arrays

    def operands(x: Any) -> list[Any]:
        """Node, leaf, or tensor without gradient; None for a number."""
        if not isinstance(x, graph.Node):
            return []
        if x.inputs is None:
            raise ValueError(f"draw: this graph (at {x.op.name}) was freed by backward(); draw before "
                             "it, or keep the graph: backward(retain_graph=True)")
        return [a if e is None and np.size(getattr(a, "array", a)) != 1 else e
                for a, e in zip(x.inputs, x.edges, strict=True)]

    top = root if root.grad_fn is None else root.grad_fn
    order = _ancestors(top, lambda x: [a for a in operands(x) if a is not None], limit)
    leaves = [x for x in order if not isinstance(x, graph.Node) and x.requires_grad]
    grads = {x: x.grad.array for x in leaves if x.grad is not None}
    if grads and root.array.size == 1 and top is not root:
        with np.errstate(all="ignore"):
            nodes = [x for x in order if isinstance(x, graph.Node)]
            grads |= graph.backward({top: np.ones_like(root.array)}, arrays, nodes, keep=True)

    def summary(a: np.ndarray) -> str:
        if a.size == 1:
            return _number(a.item(), precision)
        if a.size <= 4:
            return f"[{', '.join(_number(v, precision) for v in a.ravel().tolist())}]"
        with np.errstate(all="ignore"):
            return f"{_number(a.mean(), precision)} ± {_number(a.std(), precision)}"

    def slope(x: Any, i: int) -> str:
        """The local derivative if it is one number, else what kind of matrix it is."""
        _, operands = arrays.saved(x)
        a = operands[i]
        if x.op.kind == "pointwise":
            with np.errstate(all="ignore"):
                d = x.op.slope(arrays, i, x.y, operands)
            if d is None:  # of a condition
                return ""
            if np.unique(d).size == 1:
                return _number(np.unique(d).item(), precision)
            if a.shape == x.y.shape:
                return "diag"
        return f"{x.y.size}×{a.size}"

    boxes: dict[Any, Box] = {}
    for x in order:
        made = isinstance(x, graph.Node)
        wanted = made or x.requires_grad
        a = x.y if made else x.array
        rows = [("×".join(map(str, a.shape)) or "scalar", str(a.dtype)), ("data", summary(a))]
        if wanted:
            rows.append(("grad", summary(grads[x]) if x in grads else "—"))
        sources = operands(x)
        constants = [np.asarray(getattr(a, "array", a)).item() if s is None else None
                     for a, s in zip(x.inputs if made else (), sources, strict=True)]
        boxes[x] = Box("result" if made else "leaf" if wanted else "given",
                       _text(str(getattr(root if x is top else x, "label", ""))), rows,
                       _operation(x.op.symbol, constants, precision) if made else "",
                       [(boxes[s], slope(x, i)) for i, s in enumerate(sources) if s is not None])
    return list(boxes.values())


def _operation(symbol: str, constants: list[Any], precision: int) -> str:
    """The operation and the plain numbers in it: ×, ×3, 3 ÷, **2, clip(·, −1, 1)."""
    shown = ["·" if c is None else _number(c, precision) for c in constants]
    if symbol == "neg":
        return "−"
    if all(c is None for c in constants) or symbol == "dot":
        return _SYMBOLS.get(symbol, _text(symbol))
    if symbol == "sum":
        constants = constants[:len(constants) // 2]  # the other half are its weights of 1
        return _text("sum " + " ".join(f"+{_number(c, precision)}" for c in constants if c is not None))
    if symbol.startswith("**") and constants[0] is None:
        return "**" + shown[1]
    if symbol in _SYMBOLS:
        sign = _SYMBOLS[symbol]
        return sign + shown[1] if constants[0] is None else f"{shown[0]} {sign}"
    return _text(f"{symbol}({', '.join(shown)})")


def _number(x: float, precision: int) -> str:
    """Some significant digits, no needless ones, and a minus as wide as a plus."""
    digits, _, exponent = f"{x + 0.0:.{precision}g}".partition("e")
    return (digits + (f"e{int(exponent)}" if exponent else "")).replace("-", "−")


def _text(s: str, most: int = 24) -> str:
    """A label that fits, of characters that XML allows."""
    s = s if len(s) <= most else s[:most - 1] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in s)


# ── the layout ──────────────────────────────────────────────────────────────────────────────────

def _columns(boxes: list[Box]) -> list[list[Box]]:
    """The boxes in columns; a line that skips columns bends in each, once for all its branches."""
    for b in boxes:
        b.layer = 1 + max((a.layer for a, _ in b.ins), default=-1)
    first: dict[Box, int] = {}
    for b in boxes:
        for a, _ in b.ins:
            first[a] = min(first.get(a, b.layer), b.layer)
    for b in boxes:
        if not b.ins and b in first:
            b.layer = first[b] - 1
    columns: list[list[Box]] = [[] for _ in range(1 + max(b.layer for b in boxes))]
    bends: dict[tuple[Box, int], Box] = {}
    for b in boxes:
        columns[b.layer].append(b)
        for i, (origin, slope) in enumerate(b.ins):
            a = origin
            for layer in range(origin.layer + 1, b.layer):
                if (origin, layer) not in bends:
                    bends[origin, layer] = bend = Box(ins=[(a, "")], layer=layer)
                    columns[layer].append(bend)
                    a.outs.append(bend)
                a = bends[origin, layer]
            b.ins[i] = a, slope
            a.outs.append(b)
    return columns


def _arrange(columns: list[list[Box]]) -> list[list[Box]]:
    """Give each box its height, and sort the columns by it."""
    for column in columns:
        _stack(column, [0.0] * len(column))
    looks = ["left", "right"] * 12 + ["both"] * 8 + ["left"]  # the last makes chains level
    for sweep, look in enumerate(looks):
        for column in columns[::-1] if look == "right" else columns:
            wishes = {}
            for b in column:
                operands = [a.y - dy for a, _, dy in b.ports()] if look != "right" else []
                results = [c.y + dy for c in b.outs for a, _, dy in c.ports() if a is b]
                near = operands + results * (look != "left" or not b.ins) or [b.y]
                wishes[b] = sum(near) / len(near)
            if sweep < 24:
                column.sort(key=wishes.__getitem__)
            _stack(column, [wishes[b] for b in column])
    top = min(b.y - b.height / 2 for b in chain(*columns))
    for b in chain(*columns):
        b.y -= top
    return columns


def _stack(column: list[Box], wishes: list[float]) -> None:
    """Heights nearest to the wishes, in least squares, at which no two boxes touch.

    Minus the room taken above, heights must not fall. So from the top down, whoever wishes to be
    above those before joins them, and all of them stand at the mean of their wishes. A wish of a
    bend counts more: long lines should be straight.
    """
    room, rooms, groups = 0.0, [], []
    for i, (b, wish) in enumerate(zip(column, wishes, strict=True)):
        if i:
            room += (column[i - 1].height + b.height) / 2 + _GAP
        rooms.append(room)
        weight, size = 1 if b.rows else 8, 1
        total = weight * (wish - room)
        while groups and groups[-1][0] / groups[-1][1] >= total / weight:
            t, w, n = groups.pop()
            total, weight, size = total + t, weight + w, size + n
        groups.append((total, weight, size))
    means = chain(*([total / weight] * size for total, weight, size in groups))
    for b, mean, room in zip(column, means, rooms, strict=True):
        b.y = mean + room


# ── the picture ─────────────────────────────────────────────────────────────────────────────────

def _render(columns: list[list[Box]]) -> str:
    """The text of the picture, column by column: bends, slopes, lines that meet, rings, cards."""
    lines, cards = [], []
    right: dict[Box, float] = {}  # where the lines to results leave
    x = 0.0
    for column in columns:
        ports = [(b, *port) for b in column for port in b.ports()]
        climb = max((abs(b.y + dy - a.y) for b, a, _, dy in ports), default=0)
        fan = max((dy for b, _, _, dy in ports if b.op), default=0)
        ring = max(b.ring for b in column)
        left = x + bool(x) * min(24 + climb / 6, 90)
        met = left + max((_width(slope) for _, _, slope, _ in ports), default=0)
        middle = met + bool(ring) * (min(14 + fan / 3, 50) + ring)
        card = middle + bool(ring) * (ring + 8)
        x = card + max(b.width for b in column)
        for b in column:
            right[b] = x
            cards += _card(b, card, x)
            if b.op:
                lines.append(f'<path d="M{_c(middle + b.ring)} {_c(b.y)}H{_c(card)}"/>')
                cards += [_rect("op", middle - b.ring, b.y - _RING, 2 * b.ring, 2 * _RING, _RING),
                          _type(middle, b.y + 4, "op", b.op)]
        for b, a, slope, dy in ports:
            path = f"M{_c(right[a])} {_c(a.y)}" + _curve(right[a], a.y, left, b.y + dy)
            if not b.rows:
                lines.append(f'<path d="{path}H{_c(x)}"/>')
                continue
            if slope:
                centre, half = (left + met) / 2, _width(slope) / 2
                path += f"H{_c(centre - half)}M{_c(centre + half)} {_c(b.y + dy)}"
                lines.append(_type(centre, b.y + dy + 4, "slope", slope))
            lines.append(f'<path d="{path}H{_c(met)}{_curve(met, b.y + dy, middle - b.ring, b.y)}"/>')
    height = max(b.y + b.height / 2 for b in chain(*columns))
    width, height = _c(x + 16), _c(height + 16)
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" class="tinygrad-pt" role="img" aria-label="graph of a '
        f'computation" width="{width}" height="{height}" viewBox="-8 -8 {width} {height}">',
        f"<style>{_STYLE}</style>", *lines, *cards, "</svg>\n"])


def _card(b: Box, left: float, right: float) -> list[str]:
    """The card of a box: its label, its rows."""
    if not b.rows:
        return []
    y = b.y - b.card / 2 + _PAD / 2 - 4
    parts = [_rect(b.kind, left, b.y - b.card / 2, right - left, b.card, 6)]
    if b.label:
        y += _LINE
        parts.append(_type(left + _PAD, y, "label", b.label))
    for name, value in b.rows:
        y += _LINE
        style = name if name in ("data", "grad") and value != "—" else "key"
        parts += [_type(left + _PAD, y, "key", name), _type(right - _PAD, y, f"number {style}", value)]
    return parts


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line that leaves and arrives level."""
    middle, x, y, to_x, to_y = map(_c, ((x + to_x) / 2, x, y, to_x, to_y))
    return f"C{middle} {y} {middle} {to_y} {to_x} {to_y}" if y != to_y else f"H{to_x}"


def _rect(kind: str, x: float, y: float, width: float, height: float, radius: float) -> str:
    return (f'<rect class="{kind}" x="{_c(x)}" y="{_c(y)}" width="{_c(width)}" height="{_c(height)}" '
            f'rx="{radius}"/>')


def _type(x: float, y: float, kind: str, text: str) -> str:
    return f'<text class="{kind}" x="{_c(x)}" y="{_c(y)}">{escape(text)}</text>'


def _width(s: str) -> float:
    """Of a line of type, estimated: monospaced, Chinese and emoji twice as wide."""
    return _GLYPH * sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in s)


def _c(v: float) -> str:
    """A coordinate."""
    return f"{round(v, 1) + 0.0:.1f}".removesuffix(".0")
