"""The graph of what was computed, and the two walks over it.

Every recorded operation is a `Node`, which knows the operation, its operands and where those came
from. An operand exists before what is made of it, so a node's *age* orders the graph: youngest
first for reverse mode, oldest first for forward mode. Nothing here recurses: a graph may be a
million nodes deep. Nothing here knows what a Tensor is, either: a place from which a gradient is
asked is a `Node` or else a leaf, any object that stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from contextlib import ContextDecorator
from operator import attrgetter
from threading import local
from typing import Any

TYPE_CHECKING = False
if TYPE_CHECKING:
    import cython  # for the compiler
else:
    from . import _cython as cython

if not cython.compiled:  # else C's: see graph.pxd
    class _Mode(local):
        recording = True

    _mode = _Mode()

    def get_recording() -> bool:
        return _mode.recording

    def release(x: Any) -> None:
        """x is not read any more: keep its memory for another result, if nobody else holds it."""

    def exchange_recording(on: bool) -> bool:
        before, _mode.recording = _mode.recording, on
        return before

_age = cython.declare(cython.longlong, 0)      # of the youngest node, or change in place
_changed = cython.declare(cython.longlong, 0)  # the age of the latest change in place
_watch: Callable[[], Any] | None = None        # under detect_anomaly: says where the user is


@cython.trashcan(True)
@cython.freelist(64)
@cython.cclass
class Node:
    """y = op(*inputs): one recorded operation.

    ``edges[i]`` is where input i came from when this was recorded: a Node, a leaf, or None if no
    gradient is wanted of it.
    """

    __slots__ = ("age", "edges", "hooks", "inputs", "kw", "op", "where", "y")

    def __repr__(self) -> str:
        return f"<{self.name()}>"

    def name(self) -> str:
        """PyTorch's way to name what made a tensor."""
        return f"{self.op.name.title().replace('_', '')}Backward0"

    @property
    def next_functions(self) -> tuple:
        """Where the gradient goes on to, of each operand that wants one: (a node, 0)."""
        return tuple([(x if isinstance(x, Node) else AccumulateGrad(x), 0)
                      for x in self.edges or () if x is not None])

    def verify(self, edges: tuple) -> None:
        """That what the gradients of the operands with an edge need is here, and as it was.

        RuntimeError if it was freed, or changed in place; a checkpoint computes it again.
        """
        if type(self.inputs) is not tuple:
            if self.inputs is None:
                raise RuntimeError(
                    f"{self.op.name}: backward through this graph a second time, but its saved values "
                    "were freed after the first; pass retain_graph=True to the first backward()")
            self.inputs()  # a checkpoint
        if self.age < _changed:
            for i, edge in enumerate(edges):
                if edge is not None:
                    self.check(i)

    def check(self, i: int) -> None:
        """RuntimeError if an operand that the gradient of operand i needs was changed in place."""
        for j in self.op.reads(i):
            by = getattr(self.inputs[j], "changed_after", _never)(self.age)
            if by:
                name = getattr(self.op, "operands", "ab")[j]
                raise RuntimeError(
                    f"{self.op.name}: its gradient needs operand {name}, of shape "
                    f"{self.inputs[j].array.shape}, as it was, but {by} has changed that in place "
                    f"since; use the out-of-place form of {by}, or a clone()")

    def free(self) -> None:
        """Let go of the operands and the value; the node can no longer be walked through."""
        y = self.y
        self.inputs = self.edges = self.y = None
        release(y)
        if self.op.of_one_call:
            self.op.free()


class AccumulateGrad:
    """Where a gradient arrives: at a leaf, ``variable``, that adds it up."""

    next_functions = ()

    def __init__(self, variable: Any):
        self.variable = variable

    def __repr__(self) -> str:
        return f"<{self.name()}>"

    def name(self) -> str:
        """PyTorch's name of this."""
        return "AccumulateGrad"


def _never(age: int) -> None:
    """Numbers do not change."""


@cython.ccall
def record(op: Any, inputs: tuple, edges: tuple, kw: dict, y: Any) -> Node:
    """The Node of an operation just computed."""
    global _age
    _age += 1
    node: Node = Node.__new__(Node)
    node.op, node.inputs, node.edges, node.kw, node.y = op, inputs, edges, kw, y
    node.age = _age
    node.hooks = None
    node.where = None if _watch is None else _watch()
    return node


@cython.ccall
def recording() -> cython.bint:
    """Whether operations on tensors that require a gradient are being recorded."""
    return get_recording()


@cython.ccall
def set_recording(on: cython.bint) -> cython.bint:
    """Record them from now on, or not; returns what was so before."""
    return exchange_recording(on)


@cython.ccall
def tick() -> cython.longlong:
    """The age of a change in place, made now."""
    global _age, _changed
    _age += 1
    _changed = _age
    return _age


@cython.ccall
def changed() -> cython.longlong:
    """The age of the latest change in place: what is younger needs no check."""
    return _changed


def ancestors(places: Iterable[Hashable]) -> list[Node]:
    """Every Node that the places come from, themselves included, oldest first."""
    seen: set = set()
    found: list = []
    stack: list = [p for p in places if isinstance(p, Node)]
    node: Node
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            found.append(node)
            if node.edges is not None:
                for edge in node.edges:
                    if isinstance(edge, Node):
                        stack.append(edge)
    found.reverse()  # nearly in order
    found.sort(key=attrgetter("age"))
    return found


def backward(cotangents: dict[Hashable, Any], m: Any, only: Iterable[Hashable] | None = None,
             keep: bool = False) -> dict[Hashable, Any]:
    """Reverse mode: carry cotangents from the places given back to where everything came from.

    ``m`` is the namespace to compute with. Returns the cotangents of the leaves reached or, of the
    places in ``only`` that were reached (then nothing else is computed). Unless ``keep``, nodes are
    freed on the way.
    """
    order: list = ancestors(cotangents)
    wanted = None if only is None else set(only)
    asked = frozenset(wanted or ())
    node: Node
    if wanted is not None:
        for node in order:  # wanted are the places asked for and all that was made of them
            if not wanted.isdisjoint(node.edges or ()):
                wanted.add(node)
    found: dict = dict(cotangents)
    ours: set = set()  # the places whose cotangent was made here: more can be added to it in place
    everything = list(order) if _watch is not None else None
    quick, own, add_into, in_place = m.quick_pulls, m.own, m.add_into, m.in_place
    i: cython.Py_ssize_t
    while order:
        node = order.pop()
        g = found.get(node)
        if g is None or (wanted is not None and node not in wanted):
            continue
        if node.hooks is not None:
            found[node] = g = _hooked(node, g, m)
        if node not in asked:
            del found[node]
        edges: tuple = node.edges
        if wanted is not None and edges is not None:
            edges = tuple([e if e in wanted else None for e in edges])
        node.verify(edges)
        into = node.op.into if in_place and everything is None else None
        if into is not None and edges[0] in ours:
            into(found[edges[0]], g, **node.kw)
        else:
            contributions: list = None if quick is None else quick(node, edges, g)
            if contributions is None:
                contributions = pulls(node, edges, g, m)
            for i in range(len(contributions)):
                edge, contribution = edges[i], contributions[i]
                if edge is None:
                    continue
                if everything is not None:
                    from .autograd.anomaly import examine
                    examine(contribution, node, everything)
                before = found.get(edge)
                if before is None:  # a gradient to be kept must not be another's memory
                    found[edge] = contribution if isinstance(edge, Node) else own(contribution, g)
                    if into is not None:
                        ours.add(edge)
                else:
                    if edge in ours:
                        found[edge] = add_into(before, contribution)
                    else:
                        found[edge] = before + contribution
                        if in_place:
                            ours.add(edge)
                    contributions[i] = None
                    release(contribution)
        contribution = contributions = None
        release(g)
        if not keep and everything is None:
            node.free()
    if everything is not None and not keep:
        for node in everything:
            node.free()
    if wanted is not None:
        found = {p: g for p, g in found.items() if p in asked}
    for place in found:
        if not isinstance(place, Node) and place.hooks is not None:
            found[place] = _hooked(place, found[place], m)
    return found


def pulls(node: Node, edges: tuple, g: Any, m: Any) -> list:
    """The cotangents of the operands of a node, given that of its value."""
    y, xs = m.saved(node)
    with m.quiet():
        if node.op.at_once:
            return list(node.op.pulls(m, g, y, xs, node.kw))
        return [None if edge is None else node.op.pull(m, g, i, y, xs, node.kw)
                for i, edge in enumerate(edges)]


def _hooked(place: Any, g: Any, m: Any) -> Any:
    """A cotangent as the hooks of its place leave it."""
    for (when, _), hook in list(place.hooks.items()):
        if when == "before":
            given = m.to_tensor(g)
            other = hook(given)
            if other is not None:
                _check_like(given, other, hook)
                g = m.of_tensor(other)
    return g


def _check_like(given: Any, other: Any, hook: Callable) -> None:
    """What a hook returns takes the place of what it was given: TypeError or RuntimeError if not."""
    name = f"hook {getattr(hook, '__name__', hook)}"
    if not hasattr(other, "requires_grad"):
        raise TypeError(f"{name}: returns a Tensor or None, got {type(other).__name__}")
    if other.shape != given.shape or other.dtype != given.dtype:
        raise RuntimeError(f"{name}: was given a gradient of shape {tuple(given.shape)} and "
                           f"{given.dtype}, and returned {tuple(other.shape)} and {other.dtype}")


def forward(tangents: dict[Hashable, Any], results: Iterable[Hashable], m: Any) -> list[Any]:
    """Forward mode: carry tangents of leaves on through the graph to the results.

    The same rows of the table, read the other way round. None stands for a tangent of zero.
    """
    results = list(results)
    found = dict(tangents)
    for node in ancestors(results):
        dxs = [None if e is None else found.get(e) for e in node.edges]
        if node not in found and any(dx is not None for dx in dxs):
            node.verify(tuple(dxs))
            found[node] = node.op.push(m, dxs, *m.saved(node), node.kw)
    return [found.get(p) for p in results]


class _Recording(ContextDecorator):
    """A ``with`` block or decorated function in which operations are recorded, or not."""

    def __init__(self, enabled: Any):
        self.enabled = enabled
        self.before: list[bool] = []

    def __enter__(self):
        self.before.append(set_recording(self.enabled))

    def __exit__(self, *error):
        set_recording(self.before.pop())


class set_grad_enabled(_Recording):
    """Record operations, or not: from now on, or as a ``with`` block or decorator."""

    def __init__(self, mode: Any):
        if type(mode) is not bool:
            raise TypeError(f"set_grad_enabled: wants True or False, got {mode!r}")
        super().__init__(mode)
        self.outside = set_recording(self.enabled)

    def __enter__(self):
        self.before.append(self.outside)
        set_recording(self.enabled)

    def __call__(self, f):
        set_recording(self.outside)
        return _Recording(self.enabled)(f)


def no_grad(f=None):
    """Do not record operations: ``with no_grad():``, or as a decorator."""
    return _Recording(False) if f is None else _Recording(False)(f)


def enable_grad(f=None):
    """Record operations, also inside `no_grad`: ``with enable_grad():``, or as a decorator."""
    return _Recording(True) if f is None else _Recording(True)(f)


def inference_mode(mode: Any = True):
    """Do not record operations: `no_grad`, under the name that PyTorch's faster form has."""
    return _Recording(False)(mode) if callable(mode) else _Recording(not mode)


def is_grad_enabled() -> bool:
    """Whether operations on tensors that require a gradient are being recorded."""
    return recording()


def watch(f: Callable[[], Any] | None) -> Any:
    """Let every node remember what f() says (None: no more); returns what was watched before."""
    global _watch
    before, _watch = _watch, f
    return before
