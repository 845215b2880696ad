"""The table of operations: the one place where an operation is defined.

Three kinds of row suffice; every other function of the library is composed of them. What is composed
may have a row of its own, to be computed at once: a fourth kind, which says no more than the others.

=========  ========================================  ======================================
kind       a row says                                and from it follow
=========  ========================================  ======================================
pointwise  y = f(x₁, …, xₙ) and its slopes ∂y/∂xᵢ     value; reverse mode g·∂, forward Σ ∂·ẋ
linear     y = A x and the adjoint Aᵀ                 reverse mode Aᵀ g, forward A ẋ
bilinear   y = B(a, b), an adjoint for each operand   as linear, in each operand
fused      a composition, and kernels for it          what follows from the composition
=========  ========================================  ======================================

A rule is read with a *namespace* ``m``, which says what it is about: Python numbers
(`ops.scalars`, for a `Value`), arrays (`ops.arrays`, for a `Tensor`), or Tensors themselves
(`tinygrad_pt.functions`: then the derivative is recorded, and can be differentiated again).

This module needs nothing but the standard library, so that `Value` starts without NumPy.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # `re` and `typing` would cost Value half of its start
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

TABLE: dict[str, Op] = {}
_LISTENERS: list[Callable[[Op], None]] = []


def follow(listen: Callable[[Op], None]) -> None:
    """Call with every row of the table, and with every pointwise row that is added later.

    A ValueError from ``listen`` says that the row's name is taken, and takes the row back.
    """
    for op in tuple(TABLE.values()):
        listen(op)
    _LISTENERS.append(listen)


def is_number(expression: str) -> bool:
    """Whether an expression of a row is a plain number."""
    return expression.lstrip("-").replace(".", "").isdigit()


def _names(expression: str) -> list[str]:
    """The words of an expression."""
    return "".join(c if c.isalnum() or c == "_" else " " for c in expression).split()


class Op:
    """A row. ``pull`` carries a cotangent back to one operand, ``push`` carries tangents on."""

    kind = ""
    arity = 1  # the number of operands; what follows them are arguments. None: all are operands
    arguments: tuple[str, ...] = ()
    __slots__ = ("doc", "name", "symbol")

    def __init__(self, name: str, doc: str, symbol: str = ""):
        if name in TABLE:
            raise ValueError(f"{name}: there is already an operation of this name")
        self.name, self.doc, self.symbol = name, doc, symbol or name
        TABLE[name] = self

    def __repr__(self) -> str:
        return f"<{self.kind} op {self.name}>"

    def forward(self, m: ModuleType, xs: Sequence[Any], kw: dict[str, Any]) -> Any:
        """The value y."""
        raise NotImplementedError

    def pull(self, m: ModuleType, g: Any, i: int, y: Any, xs: Sequence[Any], kw: dict) -> Any:
        """The cotangent of operand ``i``, given that of the value: (∂y/∂xᵢ)ᵀ g."""
        raise NotImplementedError

    reads_result = False  # whether some gradient reads y
    into: Callable | None = None  # (x̄, g, **kw): x̄ += Aᵀg in place, where Aᵀg is mostly zeros
    of_one_call = False  # whether there is an Op for each call, which can be freed: see Function
    at_once = False  # whether `pulls` gives the cotangents of all operands, in place of `pull`

    def pulls(self, m: ModuleType, g: Any, y: Any, xs: Sequence[Any], kw: dict) -> Sequence[Any]:
        """The cotangents of all operands: of rows that compute them ``at_once``."""
        raise NotImplementedError

    def reads(self, i: int) -> tuple[int, ...]:
        """The operands that the gradient of operand i reads."""
        return ()

    def push(self, m: ModuleType, dxs: Sequence[Any], y: Any, xs: Sequence[Any], kw: dict) -> Any:
        """The tangent of the value, given the operands': Σᵢ (∂y/∂xᵢ) ẋᵢ. None stands for zero."""
        raise NotImplementedError


class Pointwise(Op):
    """Element by element, with broadcasting; written as expressions of the operands and y."""

    kind = "pointwise"
    __slots__ = ("_bound", "_reads", "code", "domain", "integers", "kinks", "operands",
                 "reads_result", "sample", "slopes", "value")

    def __init__(self, name: str, operands: str, value: str, *slopes: str | None, doc: str,
                 domain: str = "", kinks: Sequence[str] = (), integers: bool = False,
                 sample: Sequence[tuple[float, float]] = (), symbol: str = ""):
        self.operands = tuple(operands.replace(" ", "").split(","))
        if len(slopes) != len(self.operands):
            raise ValueError(f"{name}: {len(self.operands)} operands need as many slopes, "
                             f"got {len(slopes)} (None where there is none)")
        super().__init__(name, doc, symbol)
        self.value = value        # y, an expression of the operands
        self.slopes = slopes      # ∂y/∂xᵢ, expressions of the operands and y; None: no derivative
        self.domain = domain      # where y is defined, a condition; empty: everywhere
        self.kinks = tuple(kinks)  # expressions that vanish where y has no derivative
        self.integers = integers  # integers in, integers out; else integers become floats
        self.sample = tuple(sample) or ((-3.0, 3.0),) * len(self.operands)  # what tests draw from
        self._bound: dict[ModuleType, tuple[Callable, tuple]] = {}
        names = [frozenset(_names(s or "")) for s in slopes]
        self._reads = tuple(tuple(j for j, x in enumerate(self.operands) if x in used)
                            for used in names)
        self.reads_result = any("y" in used for used in names)
        self.code: int | None = None  # of the compiled loops; None: not looked up yet
        try:
            for listen in _LISTENERS:
                listen(self)
        except ValueError:  # the name is taken
            del TABLE[name]
            raise

    def reads(self, i):
        return self._reads[i]

    def text(self) -> str:
        """The row in one line, by which its compiled form is known."""
        slopes = "; ".join(map(str, self.slopes))
        return f"{self.name}({', '.join(self.operands)}) = {self.value}; {slopes}"

    def bind(self, m: ModuleType) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """The row read with namespace ``m``: y = f(*xs), and the slopes dᵢ(y, *xs).

        A slope that is a constant is that number.
        """
        if m not in self._bound:
            xs = ", ".join(self.operands)
            slopes = tuple(
                s if s is None else float(s) if is_number(s)
                else _function(f"d{self.name}_d{x}", f"y, {xs}", s, m)
                for x, s in zip(self.operands, self.slopes, strict=True))
            self._bound[m] = _function(self.name, xs, self.value, m), slopes
        return self._bound[m]

    def forward(self, m, xs, kw):
        y = m.loop(self, xs)
        if y is None:
            with m.quiet():
                y = self.bind(m)[0](*xs)
        return y

    def slope(self, m, i, y, xs):
        d = self.bind(m)[1][i]
        return d(y, *xs) if callable(d) else d

    def pull(self, m, g, i, y, xs, kw):
        return m.sum_to(_times(m, g, self.slope(m, i, y, xs)), xs[i].shape)

    def push(self, m, dxs, y, xs, kw):
        terms = [_times(m, dx, self.slope(m, i, y, xs)) for i, dx in enumerate(dxs)
                 if dx is not None]
        return m.expand(sum(terms[1:], terms[0]), y.shape)

    def to_kinks(self, m: ModuleType, *xs: Any) -> list[Any]:
        """The values of the expressions that vanish at kinks."""
        return [_function(self.name, ", ".join(self.operands), k, m)(*xs) for k in self.kinks]

    def describe(self) -> str:
        """The row in words: docstring of its functions and methods."""
        call = f"{self.name}({', '.join(self.operands)})"
        lines = [f"y = {call}" + (f" = {self.value}" if self.value != call else "")]
        lines += [f"∂y/∂{x} = {d}" for x, d in zip(self.operands, self.slopes, strict=True) if d]
        if self.domain:
            lines.append(f"defined for {self.domain}")
        if self.kinks:
            lines.append("no derivative where " + " or ".join(f"{k} = 0" for k in self.kinks)
                         + "; the value given there lies between the one-sided slopes")
        return self.doc + "\n\n    " + "\n    ".join(lines) + "\n"

    def check_domain(self, *xs: float) -> None:
        """Raise ValueError if numbers lie outside the domain (ZeroDivisionError for b ≠ 0)."""
        from . import scalars
        if self.domain and not _function(self.name, ", ".join(self.operands), self.domain,
                                         scalars)(*xs):
            got = ", ".join(f"{x} = {v!r}" for x, v in zip(self.operands, xs, strict=True))
            error = ZeroDivisionError if self.domain == "b != 0" else ValueError
            raise error(f"{self.name}: {self.value} needs {self.domain}, got {got}")


def _times(m, g, slope):
    """g·slope, without the multiplication where the slope is 1, -1 or 0."""
    if type(slope) is float:  # not a float64, which NumPy makes of 0-d arrays
        return g if slope == 1 else -g if slope == -1 else g * slope if slope else m.zeros_like(g)
    return m.chain(g, slope)


def _function(name: str, arguments: str, expression: str, m: ModuleType) -> Callable[..., Any]:
    """A function whose free names are those of ``m``, and whose source a debugger can show.

    A name that ``m`` does not have, but the table, is that row read with ``m``.
    """
    import linecache
    import re
    source = f"lambda {arguments}: {expression}"
    place = f"<ops table: {name}>"
    linecache.cache[place] = (len(source), None, [source + "\n"], place)
    code = compile(getattr(m, "rewrite", str)(source), place, "eval")
    for used in re.findall(r"\w+(?=\()", expression):
        if used in TABLE and used not in vars(m):
            setattr(m, used, TABLE[used].bind(m)[0])
    return eval(code, vars(m))


class Linear(Op):
    """y = Σᵢ Aᵢ xᵢ, linear in its operands together: rules read their shapes, not their values."""

    kind = "linear"
    __slots__ = ("adjoint", "arguments", "arity", "f", "into", "sample")

    def __init__(self, f: Callable, adjoint: Callable, sample: Callable | None = None,
                 into: Callable | None = None):
        super().__init__(f.__name__, f.__doc__)
        self.f, self.adjoint, self.sample, self.into = f, adjoint, sample, into
        code = f.__code__
        names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
        self.arguments = tuple(x for x in names if x in f.__annotations__)  # operands have no type
        self.arity = len(names) - len(self.arguments) or None

    @classmethod
    def row(cls, adjoint: Callable, sample: Callable | None = None,
            into: Callable | None = None) -> Callable[[Callable], Linear]:
        """Decorate y = f(*xs, **kw) on arrays with (m, g, i, xs, **kw) -> cotangent of xᵢ."""
        return lambda f: cls(f, adjoint, sample, into)

    def forward(self, m, xs, kw):
        return self.f(*xs, **kw)

    def pull(self, m, g, i, y, xs, kw):
        return self.adjoint(m, g, i, xs, **kw)

    def push(self, m, dxs, y, xs, kw):
        dxs = [m.zeros_like(x) if dx is None else dx for dx, x in zip(dxs, xs, strict=True)]
        return getattr(m, self.name)(*dxs, **kw)


class Bilinear(Op):
    """Linear in each of two operands: y = B(a, b)."""

    kind = "bilinear"
    arity = 2
    __slots__ = ("adjoints", "arguments", "f", "sample")

    def __init__(self, f: Callable, adjoints: tuple[Callable, Callable],
                 sample: Callable | None = None):
        super().__init__(f.__name__, f.__doc__)
        self.f, self.adjoints, self.sample = f, adjoints, sample
        self.arguments = f.__code__.co_varnames[2:f.__code__.co_argcount]

    @classmethod
    def row(cls, to_a: Callable, to_b: Callable,
            sample: Callable | None = None) -> Callable[[Callable], Bilinear]:
        """Decorate y = f(a, b, **kw) on arrays with the adjoints (m, g, a, b, **kw) in a and b."""
        return lambda f: cls(f, (to_a, to_b), sample)

    def reads(self, i):
        return (1 - i,)

    def forward(self, m, xs, kw):
        return self.f(*xs, **kw)

    def pull(self, m, g, i, y, xs, kw):
        return self.adjoints[i](m, g, *xs, **kw)

    def push(self, m, dxs, y, xs, kw):
        f, (a, b), (da, db) = getattr(m, self.name), xs, dxs
        terms = ([] if da is None else [f(da, b, **kw)]) + ([] if db is None else [f(a, db, **kw)])
        return sum(terms[1:], terms[0])


class Fused(Op):
    """Composed of other rows, but computed at once, by a kernel: y = f(x, …).

    Its cotangents too: of all operands that are no integers. The composition has the higher derivatives
    and forward mode.
    """

    kind = "fused"
    reads_result = at_once = True
    __slots__ = ("arguments", "arity", "back", "composed", "kernel", "sample")

    def __init__(self, composed: Callable, kernel: Callable | None, back: Callable,
                 sample: Callable | None = None):
        super().__init__(composed.__name__, composed.__doc__)
        self.composed, self.kernel, self.back, self.sample = composed, kernel, back, sample
        names = composed.__code__.co_varnames[1:composed.__code__.co_argcount]
        self.arguments = tuple(x for x in names if x in composed.__annotations__)
        self.arity = len(names) - len(self.arguments)

    @classmethod
    def row(cls, kernel: Callable | None, back: Callable,
            sample: Callable | None = None) -> Callable[[Callable], Fused]:
        """Decorate y = f(m, *xs, **kw), the composition, with kernels of arrays: (*xs, **kw) -> y, or
        None where it does not fit, and (g, y, *xs, **kw) -> cotangent of x, or a tuple of those of xs.
        """
        return lambda composed: cls(composed, kernel, back, sample)

    def reads(self, i):
        return tuple(range(self.arity))

    def forward(self, m, xs, kw):
        y = None if self.kernel is None else self.kernel(*xs, **kw)
        if y is None:
            with m.quiet():
                y = self.composed(m, *xs, **kw)
        return y

    def pulls(self, m, g, y, xs, kw):
        return m.fused_pulls(self, g, y, xs, kw)

    def push(self, m, dxs, y, xs, kw):
        return m.fused_push(self, dxs, xs, kw)


class Ruled(Fused):
    """A fused row with a rule for each cotangent: (m, g, the operands that it reads)."""

    reads_result = at_once = False
    __slots__ = ("_reads",)

    def __init__(self, composed: Callable, kernel: Callable | None, back: tuple[Callable, ...],
                 sample: Callable | None = None):
        super().__init__(composed, kernel, back, sample)
        names = composed.__code__.co_varnames[1:]
        self._reads = tuple(tuple(map(names.index, rule.__code__.co_varnames[2:])) for rule in back)

    def reads(self, i):
        return self._reads[i]

    def pull(self, m, g, i, y, xs, kw):
        return self.back[i](m, g, *[xs[j] for j in self._reads[i]])


from . import pointwise  # noqa: E402, F401  (fills the table)
