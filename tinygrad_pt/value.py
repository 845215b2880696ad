# cython: boundscheck=False
"""Value: a number that remembers how it was computed, and so can say what it depends on.

    >>> x, w = Value(3.0), Value(-2.0)
    >>> y = (w * x + 10).tanh()
    >>> y.backward()
    >>> round(w.grad, 6)                    # how fast y grows when w grows
    0.004023

Every operation makes a node that keeps its operands and its *slopes*: how fast the value grows with
each operand. `backward` walks from a result down to where it came from and multiplies slopes along
every path; that is all of reverse-mode differentiation. Only the four operations of arithmetic are
written here. The others are rows of the table in `ops/pointwise.py`.

This file is plain Python, to be read and stepped through; Cython compiles it as it stands, some
thirty times faster. What it says about C types (``cython.double``, ``b: Value = other``) changes
speed only, never a result.
"""

from __future__ import annotations

from types import ModuleType

from .ops import TABLE, Pointwise, follow, scalars

TYPE_CHECKING = False
if TYPE_CHECKING:
    import cython  # for the compiler
else:
    import tinygrad_pt._cython as cython

if not cython.compiled:  # else C functions: see value.pxd
    from math import isfinite

    from .ops.scalars import chain
    from .ops.scalars import pow as power
    new = object.__new__
    install = free = row_of = unseal = lambda _: None
    doubles_p = row_function = list

    def doubles(n):
        return [0.0] * n


@cython.final
@cython.no_gc  # a node is made after its operands, so there are no cycles to collect
@cython.cclass
class Value:
    """A number in a graph of operations: ``data``, and after `backward` its ``grad``.

    A node keeps the slopes that it had when it was made: changing ``data`` later changes neither
    the nodes computed from it nor their gradients. Values compare by ``data``, except that ``==``
    means *the same node*, so that Values can be kept in sets and dictionaries.
    """

    data = cython.declare(cython.double, visibility="public")
    grad = cython.declare(cython.double, visibility="public")
    _rule: Rule           # the operation; None: a leaf, which was not computed but given
    _stamp: cython.longlong  # when backward last came by
    _a: Value             # the operands; None where there is none, or a plain number
    _b: Value
    _da: cython.double    # the slopes ∂/∂a and ∂/∂b; in place of a plain number's, that number
    _db: cython.double
    _more: More           # what few nodes have: a label, more operands

    __array_priority__ = 0  # NumPy's scalars leave `scalar * value` to us; its arrays do not

    def __init__(self, data, _children=(), _op="", label=""):
        if not is_number(data):
            raise TypeError(f"Value: data must be a number, got {type(data).__name__} {data!r}")
        self.data = float(data)
        self.grad = 0.0
        self._rule = self._a = self._b = self._more = None
        self._stamp = 0
        if _children or _op:
            self._more = More("", _op, tuple(_children))
        if label:
            self.label = label

    # ── arithmetic: each line says the value, the operands, the slopes ──────────────────────────

    def __add__(self, other):
        if isinstance(other, Value):
            b: Value = other
            return node(ADD, self.data + b.data, self, b, 1.0, 1.0)
        if is_number(other):
            c: cython.double = float(other)
            return node(ADD, self.data + c, self, None, 1.0, c)
        return NotImplemented

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        if isinstance(other, Value):
            b: Value = other
            return node(SUB, self.data - b.data, self, b, 1.0, -1.0)
        if is_number(other):
            c: cython.double = float(other)
            return node(SUB, self.data - c, self, None, 1.0, c)
        return NotImplemented

    def __rsub__(self, other):
        if is_number(other):
            c: cython.double = float(other)
            return node(SUB, c - self.data, None, self, c, -1.0)
        return NotImplemented

    def __mul__(self, other):
        if isinstance(other, Value):
            b: Value = other
            return node(MUL, self.data * b.data, self, b, b.data, self.data)
        if is_number(other):
            c: cython.double = float(other)
            return node(MUL, self.data * c, self, None, c, c)
        return NotImplemented

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        if isinstance(other, Value):
            b: Value = other
            return divide(self.data, b.data, self, b)
        if is_number(other):
            return divide(self.data, float(other), self, None)
        return NotImplemented

    def __rtruediv__(self, other):
        return divide(float(other), self.data, None, self) if is_number(other) else NotImplemented

    def __neg__(self):
        return node(NEG, -self.data, self, None, -1.0, 0.0)

    def __pos__(self):
        return self

    def __pow__(self, other):
        if isinstance(other, Value):
            return apply(POW, (self, other))
        if is_number(other):
            c: cython.double = float(other)
            y: cython.double = power(self.data, c)
            if not isfinite(y):
                POW.op.check_domain(self.data, c)
            return node(POW, y, self, None, c * power(self.data, c - 1) if c != 0 else 0.0, c)
        return NotImplemented

    def __rpow__(self, other):
        return apply(POW, (other, self)) if is_number(other) else NotImplemented

    def __abs__(self):
        return apply(ABS, (self,))

    # ── the chain rule ──────────────────────────────────────────────────────────────────────────

    def backward(self) -> None:
        """Add ∂self/∂x to ``x.grad``, for every leaf x that self was computed from.

        A node used by several others gets a share of its gradient from each, and may hand it on
        only when the last share is in. Hence the order of work: each node after all its uses.

        Leaves accumulate: the sum over several calls is the gradient of a sum, which is how a loss
        is gathered example by example (and why ``grad`` is set to 0 before the next step). The
        nodes between belong to one call: what they still had from an earlier one would be handed
        on twice.
        """
        if self._rule is None:
            self.grad += 1.0
            return
        v: Value
        order: list = ordered(self, True)
        self.grad = 1.0  # ∂self/∂self
        for v in reversed(order):
            g: cython.double = v.grad
            if v._a is not None:
                share: cython.double = g * v._da
                v._a.grad += share if share == share else chain(g, v._da)
            if v._b is not None:
                share = g * v._db
                v._b.grad += share if share == share else chain(g, v._db)
            if v._more is not None:
                for i in range(len(v._more.operands)):
                    x: Value = v._more.operands[i]
                    if x is not None:
                        x.grad += chain(g, v._more.slopes[i])

    # ── as a number and as a node ───────────────────────────────────────────────────────────────

    def __float__(self) -> float:
        return self.data

    def __int__(self) -> int:
        return int(self.data)

    def __bool__(self) -> bool:
        return self.data != 0

    def __round__(self, digits=None):
        return round(self.data, digits)

    def __lt__(self, other):
        return self.data < float(other) if is_number(other) else NotImplemented

    def __le__(self, other):
        return self.data <= float(other) if is_number(other) else NotImplemented

    def __gt__(self, other):
        return self.data > float(other) if is_number(other) else NotImplemented

    def __ge__(self, other):
        return self.data >= float(other) if is_number(other) else NotImplemented

    def __hash__(self) -> int:
        return id(self) >> 4

    @property
    def label(self):
        """A name, for drawings."""
        return "" if self._more is None else self._more.label

    @label.setter
    def label(self, label):
        if not isinstance(label, str):
            raise TypeError(f"label must be a string, got {type(label).__name__} {label!r}")
        if self._more is None:
            self._more = More("", "", ())
        self._more.label = label

    @property
    def _prev(self) -> set:
        return {x for x, _ in recorded(self) if x is not None}

    @property
    def _op(self) -> str:
        if self._rule is None:
            return "" if self._more is None else self._more.op
        if self._rule is POW and self._b is None:
            return f"**{self._db:g}"
        return self._rule.op.symbol

    def __repr__(self) -> str:
        return f"Value(data={self.data}, grad={self.grad})"

    def __reduce__(self):
        if self._rule is not None:
            raise TypeError("Value: only leaves can be copied or pickled; this one was computed: "
                            "a copy of its .data would forget how")
        return restore, (self.data, self.grad, self.label)

    # ── many operands in one node ───────────────────────────────────────────────────────────────

    @staticmethod
    def sum(xs) -> Value:
        """x₁ + x₂ + … as one node."""
        xs = tuple(xs)
        return gather(SUM, xs, (1.0,) * len(xs))

    @staticmethod
    def dot(ws, xs) -> Value:
        """w₁x₁ + w₂x₂ + … as one node."""
        ws, xs = tuple(ws), tuple(xs)
        if len(ws) != len(xs):
            raise ValueError(f"dot: as many numbers on both sides, got {len(ws)} and {len(xs)}")
        return gather(DOT, ws, xs)


@cython.final
@cython.no_gc
@cython.cclass
class More:
    """A label, and operands beyond two: Values, or None in place of plain numbers."""

    label: str
    op: str
    operands: tuple
    slopes: doubles_p  # in place of a plain number's, that number

    def __init__(self, label, op, operands):
        self.label, self.op, self.operands = label, op, operands
        self.slopes = doubles(len(operands))

    def __dealloc__(self):
        free(self.slopes)


@cython.final
@cython.cclass
class Rule:
    """An operation of the table for numbers: in C where it was compiled, else in Python."""

    op: object
    in_c: row_function
    f: object
    slopes: tuple

    def __init__(self, op):
        self.op = op
        self.f = self.slopes = None
        if isinstance(op, Pointwise):
            text = op.text().encode() if len(op.operands) <= 8 else b""
            self.in_c = row_of(text)

    def bind(self):
        if self.f is None:
            self.f, self.slopes = self.op.bind(scalars)
        return self.f


class _Gather:
    """Stands for a row of the table in nodes with any number of operands."""

    operands = ()

    def __init__(self, name: str):
        self.name = self.symbol = name

    def slope(self, m, i, y, xs):
        return xs[i - len(xs) // 2]  # ∂(w·x)/∂wᵢ = xᵢ, ∂/∂xᵢ = wᵢ


ADD = cython.declare(Rule, Rule(TABLE["add"]))
SUB = cython.declare(Rule, Rule(TABLE["sub"]))
MUL = cython.declare(Rule, Rule(TABLE["mul"]))
DIV = cython.declare(Rule, Rule(TABLE["div"]))
NEG = cython.declare(Rule, Rule(TABLE["neg"]))
POW = cython.declare(Rule, Rule(TABLE["pow"]))
ABS = cython.declare(Rule, Rule(TABLE["abs"]))
SUM = cython.declare(Rule, Rule(_Gather("sum")))
DOT = cython.declare(Rule, Rule(_Gather("dot")))
_clock = cython.declare(cython.longlong, 1)

install(Value)  # memory in address order: see csrc/arena.h
unseal(Value)


@cython.cfunc
@cython.inline
def node(rule: Rule, data: cython.double, a: Value | None, b: Value | None,
         da: cython.double, db: cython.double) -> Value:
    """A Value that was computed."""
    v: Value = new(Value)
    if not cython.compiled:  # in C, what is new is 0 and None
        v.grad = 0.0
        v._stamp = 0
        v._more = None
    v.data = data
    v._rule = rule
    v._a = a
    v._b = b
    v._da = da
    v._db = db
    return v


@cython.cfunc
@cython.inline
def is_number(x) -> cython.bint:
    """Numbers of any library, and Values; no arrays, no strings."""
    return (isinstance(x, (float, int))
            or (hasattr(type(x), "__float__") and not hasattr(type(x), "__len__")))


@cython.cfunc
def divide(x: cython.double, y: cython.double, a: Value | None, b: Value | None) -> Value:
    """x / y; the operands a and b are None where x or y is a plain number."""
    if y == 0:
        DIV.op.check_domain(x, y)
    z: cython.double = x / y
    return node(DIV, z, a, b, x if a is None else 1.0 / y, y if b is None else -z / y)


@cython.cfunc
def unary(rule: Rule, a: Value) -> Value:
    """The node of a row of the table with one operand."""
    x: cython.double = a.data
    y: cython.double
    d: cython.double = 0.0
    if rule.in_c:
        y = rule.in_c(cython.address(x), cython.address(d))
    else:
        y = float(rule.bind()(x))
        slope = rule.slopes[0]
        d = float(slope(y, x) if callable(slope) else slope)
    if not isfinite(y):
        rule.op.check_domain(x)
    return node(rule, y, a, None, d, 0.0)


@cython.cfunc
def values(rule: Rule, xs: tuple) -> tuple:
    """Operands as nodes keep them: None in place of plain numbers."""
    for x in xs:
        if not is_number(x):
            raise TypeError(f"{rule.op.name}: expected numbers and Values, "
                            f"got {type(x).__name__} {x!r}")
    return tuple([x if isinstance(x, Value) else None for x in xs])


@cython.cfunc
def apply(rule: Rule, xs: tuple, check: cython.bint = True) -> Value:
    """The node of any row of the table, from Values and numbers."""
    n: cython.Py_ssize_t = len(xs)
    i: cython.Py_ssize_t
    y: cython.double
    if n != len(rule.op.operands):
        raise TypeError(f"{rule.op.name}: expected {', '.join(rule.op.operands)}, got {xs}")
    more: More = More("", "", values(rule, xs))
    numbers = [float(x) for x in xs]
    if rule.in_c:
        at = cython.declare(cython.double[8])
        for i in range(n):
            at[i] = numbers[i]
        y = rule.in_c(at, more.slopes)
    else:
        y = float(rule.bind()(*numbers))
        for i in range(n):
            slope = rule.slopes[i]
            more.slopes[i] = float(slope(y, *numbers) if callable(slope) else slope or 0)
    if check and not isfinite(y):
        rule.op.check_domain(*numbers)
    for i in range(n):
        if more.operands[i] is None:
            more.slopes[i] = numbers[i]
    if n == 2:
        return node(rule, y, more.operands[0], more.operands[1],
                    more.slopes[0], more.slopes[1])
    v: Value = node(rule, y, None, None, 0.0, 0.0)
    v._more = more
    return v


@cython.cfunc
def gather(rule: Rule, ws: tuple, xs: tuple) -> Value:
    """The node of w₁x₁ + w₂x₂ + …; its operands are first all w, then all x."""
    n: cython.Py_ssize_t = len(ws)
    i: cython.Py_ssize_t
    v: Value = node(rule, 0.0, None, None, 0.0, 0.0)
    v._more = More("", "", values(rule, ws + xs))
    for i in range(n):
        w: cython.double = float(ws[i])
        x: cython.double = float(xs[i])
        v.data += w * x
        v._more.slopes[i] = w if v._more.operands[i] is None else x
        v._more.slopes[n + i] = x if v._more.operands[n + i] is None else w
    return v


@cython.cfunc
def ordered(root: Value, clear: cython.bint) -> list:
    """The nodes root was computed from, and last itself: each after its operands. No leaves.

    A node waits on the stack until its operands are in order. What has been met, and what is in
    order, is said by a stamp in the node, newer than all stamps of earlier calls.
    """
    global _clock
    _clock += 2
    met: cython.longlong = _clock
    done: cython.longlong = _clock + 1
    order: list = []
    stack: list = [root]
    while stack:
        v: Value = stack[-1]
        if v._stamp < met:
            v._stamp = met
            if clear:
                v.grad = 0.0
            if v._a is not None and v._a._rule is not None and v._a._stamp < met:
                stack.append(v._a)
            if v._b is not None and v._b._rule is not None and v._b._stamp < met:
                stack.append(v._b)
            if v._more is not None:
                for i in range(len(v._more.operands)):
                    x: Value = v._more.operands[i]
                    if x is not None and x._rule is not None and x._stamp < met:
                        stack.append(x)
        else:
            stack.pop()
            if v._stamp == met:
                v._stamp = done
                order.append(v)
    return order


def restore(data, grad, label):
    """A leaf from a pickle."""
    v: Value = Value(data, (), "", label)
    v.grad = grad
    return v


# ── the rows of the table as methods ────────────────────────────────────────────────────────────

def attach(op):
    """Make a row a method of Value: called for every row there is, and for each one added."""
    if not isinstance(op, Pointwise):
        return
    if op.name in _own_names:
        raise ValueError(f"{op.name}: Value has an attribute of this name that is no operation")
    rule: Rule = Rule(op)

    if len(op.operands) == 1:
        def method(x):
            return unary(rule, x) if isinstance(x, Value) else apply(rule, (x,))
    else:
        def method(*xs):
            return apply(rule, xs)

    def symbolic(*xs):
        return apply(rule, xs, False) if any(isinstance(x, Value) for x in xs) else plain(*xs)

    method.__name__ = op.name
    method.__qualname__ = f"Value.{op.name}"
    method.__doc__ = op.describe()
    setattr(Value, op.name, method)
    plain = getattr(scalars, op.name, lambda *xs: op.bind(scalars)[0](*xs))
    setattr(_values, op.name, symbolic)


# ── derivatives that can be differentiated again ────────────────────────────────────────────────

def recorded(v: Value) -> list:
    """What v was computed from: (operand, slope), or (None, number) for a plain number."""
    more: More = v._more
    if more is not None and more.operands:
        return [(more.operands[i], more.slopes[i]) for i in range(len(more.operands))]
    if v._rule is None:
        return []
    return [(v._a, v._da), (v._b, v._db)][:len(v._rule.op.operands)]


def edges(v: Value, create_graph) -> list:
    """The operands of v that are Values, with their slopes: as recorded, or anew as Values."""
    pairs = recorded(v) if v._rule is not None else []
    xs = [d if x is None else x for x, d in pairs]
    found = []
    for i, (x, d) in enumerate(pairs):
        if x is not None:
            slope = v._rule.op.slope(_values, i, v, xs) if create_graph else d
            if slope is not None:  # what is chosen by, as the c of where, has no derivative
                found.append((x, slope))
    return found


def rewrite(source: str):
    """An expression of the table made to mean numbers where Values differ: a / b and a == b."""
    import ast

    class Equality(ast.NodeTransformer):
        def visit_Compare(self, e):
            return (ast.Call(ast.Name("equal", ast.Load()), [e.left, *e.comparators], [])
                    if isinstance(e.ops[0], ast.Eq) else e)

    return ast.fix_missing_locations(Equality().visit(scalars.rewrite(source)))


_values = ModuleType("values")  # the namespace in which a row's slopes are Values
vars(_values).update({**vars(scalars), "rewrite": rewrite,
                      "equal": lambda a, b: float(a) == float(b)})


def grad(y: Value, xs, create_graph=False) -> list:
    """[∂y/∂x for x in xs], without touching any ``grad``.

    With ``create_graph`` they are Values: the same walk as `backward`, but each slope is computed
    anew from the operands (as they are now), as a graph, which can be differentiated in its turn.

        >>> x = Value(2.0)
        >>> dy, = grad(x**3, [x], create_graph=True)
        >>> dy, *grad(dy, [x])
        (Value(data=12.0, grad=0.0), 12.0)
    """
    found: dict = {y: Value(1.0) if create_graph else 1.0}
    for v in reversed(ordered(y, False)):
        for x, slope in edges(v, create_graph):
            share = _values.chain(found[v], slope)
            found[x] = found[x] + share if x in found else share
    return [found.get(x, Value(0.0) if create_graph else 0.0) for x in xs]


_own_names = frozenset(dir(Value))
follow(attach)
