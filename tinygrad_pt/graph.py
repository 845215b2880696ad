"""The graph of what was computed, and the two walks over it.

Every recorded operation is a `Node`, which knows the operation, its operands and where those came
from. An operand exists before what is made of it, so a node's *age* orders the graph: youngest
first for reverse mode, oldest first for forward mode. Nothing here recurses: a graph may be a
million nodes deep. Nothing here knows what a Tensor is, either: a place from which a gradient is
asked is a `Node` or else a leaf, any object that stands for itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from contextlib import ContextDecorator
from operator import attrgetter
from threading import local
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    import cython  # for the compiler
else:
    from . import _cython as cython

_age = cython.declare(cython.longlong, 0)


@cython.trashcan(True)
@cython.cclass
class Node:
    """y = op(*inputs): one recorded operation.

    ``edges[i]`` is where input i came from when this was recorded: a Node, a leaf, or None if no
    gradient is wanted of it.
    """

    op = cython.declare(object, visibility="readonly")
    inputs = cython.declare(tuple, visibility="readonly")
    edges = cython.declare(tuple, visibility="readonly")
    kw = cython.declare(dict, visibility="readonly")
    y = cython.declare(object, visibility="readonly")
    age = cython.declare(cython.longlong, visibility="readonly")

    def __init__(self, op: Any, inputs: tuple, edges: tuple, kw: dict, y: Any):
        global _age
        _age += 1
        self.op, self.inputs, self.edges, self.kw, self.y = op, inputs, edges, kw, y
        self.age = _age

    def __repr__(self) -> str:
        return f"<{self.op.name.title().replace('_', '')}Backward0>"

    def values(self, m: Any) -> tuple[Any, tuple[Any, ...]]:
        """y and the operands, in the form that namespace ``m`` computes with."""
        if self.inputs is None:
            raise RuntimeError(
                f"{self.op.name}: backward through this graph a second time, but its saved values "
                "were freed after the first; pass retain_graph=True to the first backward()")
        return m.saved(self)

    def free(self) -> None:
        """Let go of the operands and the value; the node can no longer be walked through."""
        self.inputs = self.edges = self.y = None


def ancestors(places: Iterable[Hashable]) -> list[Node]:
    """Every Node that the places come from, themselves included, oldest first."""
    seen = set()
    stack = [p for p in places if isinstance(p, Node)]
    while stack:
        node: Node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend([e for e in node.edges or () if isinstance(e, Node)])
    return sorted(seen, key=attrgetter("age"))


def backward(cotangents: dict[Hashable, Any], m: Any, only: Iterable[Hashable] | None = None,
             keep: bool = False) -> dict[Hashable, Any]:
    """Reverse mode: carry cotangents from the places given back to where everything came from.

    ``m`` is the namespace to compute with. Returns the cotangents of the leaves reached or, of the
    places in ``only`` that were reached (then nothing else is computed). Unless ``keep``, nodes are
    freed on the way.
    """
    order = ancestors(cotangents)
    wanted = None if only is None else set(only)
    asked = frozenset(wanted or ())
    if wanted is not None:
        for node in order:  # wanted are the places asked for and all that was made of them
            if not wanted.isdisjoint(node.edges or ()):
                wanted.add(node)
    found = dict(cotangents)
    while order:
        node = order.pop()
        if node not in found or (wanted is not None and node not in wanted):
            continue
        g = found[node] if node in asked else found.pop(node)
        y, xs = node.values(m)
        for i, edge in enumerate(node.edges):
            if edge is None or (wanted is not None and edge not in wanted):
                continue
            contribution = node.op.pull(m, g, i, y, xs, node.kw)
            if edge in found:
                found[edge] = found[edge] + contribution
            elif isinstance(edge, Node):
                found[edge] = contribution
            else:  # a gradient to be kept must not be another's memory
                found[edge] = m.own(contribution, g)
        if not keep:
            node.free()
    return found if wanted is None else {p: g for p, g in found.items() if p in asked}


def forward(tangents: dict[Hashable, Any], results: Iterable[Hashable], m: Any) -> list[Any]:
    """Forward mode: carry tangents of leaves on through the graph to the results.

    The same rows of the table, read the other way round. None stands for a tangent of zero.
    """
    results = list(results)
    found = dict(tangents)
    for node in ancestors(results):
        dxs = [None if e is None else found.get(e) for e in node.edges]
        if node not in found and any(dx is not None for dx in dxs):
            found[node] = node.op.push(m, dxs, *node.values(m), node.kw)
    return [found.get(p) for p in results]


class _Mode(local):
    """Whether operations are recorded, for each thread by itself."""

    grad = True


mode = _Mode()


class _Recording(ContextDecorator):
    """A ``with`` block or decorated function in which operations are recorded, or not."""

    def __init__(self, enabled: bool):
        self.enabled = enabled
        self.before: list[bool] = []

    def __enter__(self):
        self.before.append(mode.grad)
        mode.grad = self.enabled

    def __exit__(self, *error):
        mode.grad = self.before.pop()


def no_grad(f=None):
    """Do not record operations: ``with no_grad():``, or as a decorator."""
    return _Recording(False) if f is None else _Recording(False)(f)


def enable_grad(f=None):
    """Record operations, also inside `no_grad`: ``with enable_grad():``, or as a decorator."""
    return _Recording(True) if f is None else _Recording(True)(f)


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require a gradient are being recorded."""
    return mode.grad
