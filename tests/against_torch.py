"""Differential tests against PyTorch: one line a function.

    from against_torch import differential, dims, flag, like, op, x

    test_reductions = differential(
        op("logsumexp", x(min_side=1), dim=dims(), keepdim=flag()),
        op("atan2", x(), like()),
        op("sort", x(distinct=True), dim=dims(), descending=flag()),
        op("clamp of tensors", lambda m, x, lo: m.clamp(x, lo, lo + 1), x(), like()),
    )

An entry is a name and its arguments. An argument is a plain value, a Hypothesis strategy, or one of
the ingredients below, which see what was drawn before them; ``maybe(…)`` leaves a keyword out now
and then. The name is looked for as ``m.name``, ``m.nn.functional.name``, ``m.linalg.name``,
``m.special.name`` and as a method, wherever PyTorch has it, and called in each of these spellings;
or the second argument is a function of the module and the operands, and the name only its title.

For each case drawn both libraries are called with the same numbers in the same memory layout. Then
must agree: whether they raise (ours an instance of PyTorch's type of exception); the structure of
the result, and of each tensor in it dtype, shape, value, ``requires_grad`` and whose memory it lies
in (no operand may have changed); vᵀJ for a random v, with and without ``create_graph``; the
derivatives of ⟨vᵀJ, u⟩ in the operands (second order) and in v (which is J u); and ⟨v, J u⟩ by
forward mode. What PyTorch has not implemented for a dtype is not compared.

Options of an entry follow it: ``op(…).but(order=1, tol=100, method=False, where=lambda c: …)``.

Files that use this skip where PyTorch is not installed. ``--hypothesis-profile deep`` draws more.
"""

import warnings
from collections import Counter
from types import FunctionType

import numpy as np
import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from strategies import LAYOUTS, laid_out

import tinygrad_pt as tg

torch = pytest.importorskip("torch")

FLOATS = ("float64", "float64", "float32")
INTS = ("int64", "int32", "uint8")
NUMBERS = (*FLOATS, *INTS)
ALL = (*NUMBERS, "bool")
PLACES = ("", "nn.functional.", "linalg.", "special.")
ENTRIES = []        # every entry made
COUNTS = Counter()  # cases run, by name: see conftest.py
LEFT_OUT = Counter()  # those of which PyTorch has no derivative, or not the second
OMITTED = object()
EPS = {"float64": 1e-11, "float32": 1e-5, "float16": 1e-2}
PHASES = [p for p in settings.default.phases if p is not Phase.explain]


# ── ingredients: what arguments are drawn from ──────────────────────────────────────────────────

class Drawn:
    """An argument drawn by f(c), where c holds what was drawn before: a `Case`."""

    def __init__(self, f):
        self.f = f


class Operands(list):
    """What one ingredient draws to stand for several arguments."""


class Array:
    """Numbers and the memory layout in which a tensor of either library gets them."""

    def __init__(self, values, kind="contiguous"):
        self.values, self.kind = values, kind
        self.wants = values.dtype.kind == "f"  # a gradient
        self.shape, self.ndim, self.dtype = values.shape, values.ndim, values.dtype

    def tensor(self, m):
        a = laid_out(self.values.copy(), self.kind)
        if m is torch and self.kind == "reversed":  # torch knows no negative strides
            a = a.copy()
        return m.from_numpy(a).requires_grad_(self.wants)

    def __repr__(self):
        kind = (" without gradient" if self.dtype.kind == "f" and not self.wants else "") + \
            ("" if self.kind == "contiguous" else f" {self.kind}")
        values = np.array2string(self.values, separator=", ", precision=17).replace("\n", "")
        return f"<{self.dtype}{list(self.shape)}{kind} {values if self.values.size < 30 else '…'}>"


class Of:
    """What a module has under a name, such as a dtype: ``dtypes("float64", "int32")``."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"m.{self.name}"


def x(shape=None, *, min_dims=0, max_dims=3, min_side=0, max_side=3, sample=(-3.0, 3.0), away=(),
      distinct=False, dtype=FLOATS):
    """A tensor. ``shape``: fixed, or a function of the case; else drawn, 0-d and empty ones too.

    ``sample``: the interval (or a function of the case) its elements come from, ``away`` from these
    points by 0.05, or all ``distinct`` (integers: both ends may occur). ``dtype``: one, or several
    to draw from; None: that of the first tensor.
    """
    def f(c):
        size = shape(c) if callable(shape) else shape if shape is not None else c.draw(
            hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side,
                             max_side=max_side))
        kind = np.dtype(dtype if isinstance(dtype, str)
                        else c.dtype if dtype is None else c.draw(st.sampled_from(dtype)))
        lo, hi = sample(c) if callable(sample) else sample
        n = int(np.prod(size))
        if kind.kind == "b":
            values = c.random.random(n) < 0.5
        elif kind.kind in "iu":
            lo, hi = int(max(lo, 0) if kind.kind == "u" else lo), int(hi)
            values = (lo + c.random.permutation(max(n, hi - lo + 1))[:n] if distinct
                      else c.random.integers(lo, hi, n, endpoint=True))
        else:
            places = c.random.permutation(n) + c.random.uniform(0.3, 0.7, n) if distinct else \
                c.random.uniform(0, n, n)
            values = lo + (hi - lo) * places / max(n, 1)
            for point in away:
                near = abs(values - point) < 0.05
                values = np.where(near, point + np.where(values < point, -0.1, 0.1), values)
        layout = c.draw(st.sampled_from(LAYOUTS)) if len(size) else "contiguous"
        return Array(np.asarray(values, kind).reshape(size), layout)
    return Drawn(f)


def same(**kw):
    """A tensor of the first one's shape (and dtype)."""
    return x(lambda c: c.shape, **{"dtype": None, **kw})


def like(**kw):
    """A tensor whose shape broadcasts with the first one's (of its dtype)."""
    return x(lambda c: c.draw(hnp.broadcastable_shapes(c.shape, max_dims=3, min_side=0, max_side=3)),
             **{"dtype": None, **kw})


def index(n, shape, negative=False):
    """An int64 tensor of indices below ``n``; both may be functions of the case."""
    return x(shape, dtype="int64",
             sample=lambda c: (lambda n: (-n if negative else 0, n - 1))(n(c) if callable(n) else n))


def dims(wrong=True, extra=0):
    """A dimension of the first tensor, counted from either end; now and then one it does not have.

    ``extra`` of them more, for functions that insert dimensions.
    """
    def f(c):
        n = c.ndim + extra or 1
        if wrong and c.draw(st.integers(0, 9)) == 7:
            return c.draw(st.sampled_from([-n - 1, n]))
        return c.draw(st.integers(-n, n - 1))
    return Drawn(f)


def dim_sets(least=0):
    """A tuple of different dimensions of the first tensor, counted from either end."""
    return Drawn(lambda c: tuple(d - c.ndim * c.draw(st.booleans()) for d in c.draw(
        st.lists(st.integers(0, c.ndim - 1), unique=True, min_size=least, max_size=c.ndim)
        if c.ndim else st.just([]))))


def several(of, least=1, most=3):
    """A list of tensors, each drawn from ``of``."""
    return Drawn(lambda c: [c.value(of) for _ in range(c.draw(st.integers(least, most)))])


def maybe(of):
    """``of``, or left out."""
    return Drawn(lambda c: c.value(of) if c.draw(st.booleans()) else OMITTED)


def either(*of):
    """One of several ingredients, strategies or values."""
    return Drawn(lambda c: c.value(of[c.draw(st.integers(0, len(of) - 1))]))


def dtypes(*names):
    return st.sampled_from([Of(name) for name in names or set(ALL)])


def flag():
    return st.booleans()


def one_of(*values):
    return st.sampled_from(values)


# ── entries and cases ───────────────────────────────────────────────────────────────────────────

class Entry:
    """A line of a differential test: see the top of this file."""

    def __init__(self, title, args, kw):
        self.title = title
        self.name = title.split()[0]
        self.call, self.args = (args[0], args[1:]) if args and isinstance(args[0], FunctionType) \
            else (None, args)
        self.kw = kw
        self.order, self.tol, self.method, self.memory = 2, 1, True, True
        self.where = lambda c: True
        ENTRIES.append(self)

    def but(self, **options):
        """Set options: ``order`` of derivatives to compare (2), ``tol``: a factor on the tolerance,
        ``method``: whether to call it as one too, ``memory``: whether to compare which operands a
        result shares its memory with, ``where``: a condition on the case.
        """
        for option, value in options.items():
            assert hasattr(self, option), option
            setattr(self, option, value)
        return self

    def __repr__(self):
        return self.title

    def spellings(self):
        """How PyTorch lets it be called, and so do we: places, and "." for a method."""
        places = [p for p in PLACES if find(torch, p + self.name)]
        if self.method and hasattr(torch.Tensor, self.name):
            places.append(".")
        have = [p for p in places if (hasattr(tg.Tensor, self.name) if p == "." else
                                      find(tg, p + self.name))]
        assert have, f"PyTorch has {self.name} as {places}, tinygrad_pt does not"
        return have


def op(title, *args, **kw):
    """An entry of a differential test: ``op("cumsum", x(), dim=dims())``."""
    return Entry(title, args, kw)


def find(m, name):
    for part in name.split("."):
        m = getattr(m, part, None)
    return m


class Case:
    """A call that was drawn: an entry, a spelling, arguments. While drawn, what ingredients see."""

    def __init__(self, draw, entry):
        self.draw, self.entry, self.arrays, self.tensors = draw, entry, [], {}
        self.random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.args = []
        for a in entry.args:
            a = self.value(a)
            self.args += a if isinstance(a, Operands) else [a]
        kw = {k: self.value(a) for k, a in entry.kw.items()}
        self.kw = {k: v for k, v in kw.items() if v is not OMITTED}
        if len(self.arrays) > 1 and draw(st.integers(0, 4)) == 3:  # not every operand is a leaf
            draw(st.sampled_from(self.arrays)).wants = False
        self.place = None if entry.call else draw(st.sampled_from(entry.spellings()))
        if self.place == "." and not isinstance(self.args[0], Array):
            self.place = ""

    shape = property(lambda self: self.arrays[0].shape)
    ndim = property(lambda self: self.arrays[0].ndim)
    dtype = property(lambda self: self.arrays[0].dtype)

    def value(self, of):
        if isinstance(of, Drawn):
            of = of.f(self)
        elif isinstance(of, st.SearchStrategy):
            of = self.draw(of)
        if isinstance(of, Array):
            self.arrays.append(of)
        return of

    def run(self, m):
        """(the operands that require gradients, the result) with module ``m``."""
        tensors = self.tensors[m] = []
        args, kw = [made(m, a, tensors) for a in self.args], made(m, self.kw, tensors)
        return [t for _, t in tensors if t.requires_grad], self.of(m, args, kw)

    def of(self, m, args, kw):
        if self.place is None:
            return self.entry.call(m, *args, **kw)
        if self.place == ".":
            return getattr(args[0], self.entry.name)(*args[1:], **kw)
        return find(m, self.place + self.entry.name)(*args, **kw)

    def __repr__(self):
        args = [*map(str, self.args), *[f"{k}={v}" for k, v in self.kw.items()]]
        how = {None: "", ".": "Tensor."}.get(self.place, f"m.{self.place}")
        return f"{how}{self.entry.title}({', '.join(args)})"


def made(m, value, tensors):
    """An argument for module ``m``: arrays as tensors, which are noted."""
    if isinstance(value, Array):
        t = value.tensor(m)
        tensors.append((value, t))
        return t
    if isinstance(value, Of):
        return find(m, value.name)
    if isinstance(value, list | tuple):
        return type(value)(made(m, v, tensors) for v in value)
    if isinstance(value, dict):
        return {k: made(m, v, tensors) for k, v in value.items()}
    return value


# ── the comparison ──────────────────────────────────────────────────────────────────────────────

def differential(*entries):
    """A test function, parametrised over the entries."""
    @pytest.mark.parametrize("entry", entries, ids=str)
    @settings(phases=PHASES)
    @given(data=st.data())
    def test(entry, data):
        case = Case(data.draw, entry)
        assume(entry.where(case))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                check(case)
            except AssertionError as error:
                raise AssertionError(f"\n{case}\n{error}") from None
            except Exception as error:
                raise AssertionError(f"\n{case}\nbroke the comparison: {error!r}") from error

    return test


def check(case):
    """Compare a call of both libraries: see the top of this file."""
    COUNTS[case.entry.name] += 1
    ours, theirs = attempt(lambda: case.run(tg)), attempt(lambda: case.run(torch))
    if isinstance(theirs, NotImplementedError):  # a dtype that PyTorch leaves out
        return
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        wanted = next(t for t in type(theirs).__mro__ if t.__module__ == "builtins")
        assert isinstance(ours, Exception) and isinstance(ours, wanted), \
            f"ours:  {told(ours)}\ntorch: {told(theirs)}"
        return
    (xs, y), (us, z) = ours, theirs
    ys, zs = [], []
    compare("the result", y, z, case.entry.tol, ys, zs)
    for i, ((a, x), (_, u)) in enumerate(zip(case.tensors[tg], case.tensors[torch], strict=True)):
        np.testing.assert_array_equal(x.detach().numpy(), a.values, f"operand {i} was changed")
        if case.entry.memory and a.kind != "reversed" and a.values.size:
            compare_memory(f"operand {i} and the result", x, y, u, z)
    if ys and us:
        compare_derivatives(case, xs, ys, us, zs)


def attempt(f):
    try:
        return f()
    except Exception as error:
        return error


def told(outcome):
    if isinstance(outcome, Exception):
        return f"{type(outcome).__name__}: {outcome}"
    return f"gives {outcome[1]!r}"


def compare(what, y, z, tol, ys=None, zs=None, others=()):
    """Assert that a result of ours is PyTorch's; note tensors that require gradients.

    ``others``: the arrays it was computed with, of which the least exact tells how exact it is.
    """
    if isinstance(z, torch.Tensor):
        assert isinstance(y, tg.Tensor), f"{what}: ours is a {type(y).__name__}, torch's a Tensor"
        assert str(y.dtype) == str(z.dtype), f"{what}: dtype: ours {y.dtype}, torch's {z.dtype}"
        assert tuple(y.shape) == tuple(z.shape), f"{what}: shape: ours {y.shape}, torch's {z.shape}"
        close(what, y.detach().numpy(), z.numpy(force=True), tol, others)
        if ys is not None:
            assert y.requires_grad == z.requires_grad, \
                f"{what}: requires_grad: ours {y.requires_grad}, torch's {z.requires_grad}"
            if y.requires_grad:
                ys.append(y)
                zs.append(z)
    elif isinstance(z, list | tuple) and not isinstance(z, torch.Size):
        assert isinstance(y, list if isinstance(z, list) else tuple) and len(y) == len(z), \
            f"{what}: ours {type(y).__name__} {y}, torch's {type(z).__name__} {z}"
        for name in getattr(type(z), "__match_args__", ()):
            assert getattr(y, name, None) is not None, f"{what}: torch's has a field {name!r}"
        for i, (a, b) in enumerate(zip(y, z, strict=True)):
            compare(f"{what}[{i}]", a, b, tol, ys, zs)
    elif isinstance(z, float):
        assert isinstance(y, float), f"{what}: ours {y!r}, torch's {z!r}"
        close(what, np.asarray(y), np.asarray(z), tol)
    elif isinstance(z, torch.dtype):
        assert str(y) == str(z), f"{what}: ours {y!r}, torch's {z!r}"
    else:
        assert y == z or str(y) == str(z), f"{what}: ours {y!r}, torch's {z!r}"


def compare_memory(what, x, y, u, z):
    """Assert that a result lies in an operand's memory if and only if PyTorch's does."""
    if isinstance(z, list | tuple) and not isinstance(z, torch.Size):
        for b, c in zip(y, z, strict=True):
            compare_memory(what, x, b, u, c)
    elif isinstance(z, torch.Tensor) and z.numel():
        ours = np.shares_memory(x.detach().numpy(), y.detach().numpy())
        theirs = u.untyped_storage().data_ptr() == z.untyped_storage().data_ptr()
        assert ours == theirs, f"{what} share memory: ours {ours}, torch's {theirs}"


def close(what, ours, theirs, tol, others=()):
    """Assert equality within rounding of the dtype, relative to the largest element."""
    if theirs.dtype.kind != "f":
        ok = np.array_equal(ours, theirs)
    else:
        finite = theirs[np.isfinite(theirs)]
        scale = 1 + np.max(np.abs(finite), initial=0)
        eps = tol * max(EPS[a.dtype.name] for a in (theirs, *others))
        ok = np.allclose(ours, theirs, rtol=eps, atol=eps * scale, equal_nan=True)
    assert ok, f"{what}:\nours\n{ours}\ntorch's\n{theirs}"


def compare_derivatives(case, xs, ys, us, zs):
    order, tol = case.entry.order, 10 * case.entry.tol
    if not order:
        return
    vs, dxs = [[case.random.normal(size=tuple(t.shape)).astype(str(t.dtype).removeprefix("torch."))
                for t in ts] for ts in (zs, us)]
    theirs = attempt(lambda: derivatives(torch, us, zs, vs, dxs, order))
    if isinstance(theirs, Exception):
        LEFT_OUT[case.entry.name] += 1
        return
    ours = derivatives(tg, xs, ys, vs, dxs, order)
    for (what, mine), (_, its) in zip(ours.items(), theirs.items(), strict=True):
        for i, (a, b) in enumerate(zip(mine, its, strict=True)):
            compare(f"{what} {i}", a, b, tol * 10 if "second" in what else tol, others=(*vs, *dxs))
    reverse = [(g.numpy(force=True) * u).sum() for g, u in zip(theirs["gradient of operand"], dxs,
                                                               strict=True)]
    _, forward = tg.func.jvp(lambda *xs: projected(case, xs, vs), [x.detach() for x in xs],
                                 [tg.from_numpy(u) for u in dxs])
    close("⟨v, J u⟩ by forward mode", forward.numpy(), np.sum(reverse, dtype="float64"), tol * 10,
          (*vs, *dxs))


def derivatives(m, xs, ys, vs, dxs, order):
    """vᵀJ in two ways; and the derivatives of ⟨vᵀJ, u⟩ in x and in v."""
    def zeros(found, of):
        return [m.zeros_like(t) if g is None else g for g, t in zip(found, of, strict=True)]

    vs = [m.from_numpy(v.copy()).requires_grad_() for v in vs]
    found = {"gradient of operand": zeros(m.autograd.grad(
        ys, xs, [v.detach() for v in vs], retain_graph=True, allow_unused=True), xs)}
    if order == 1:
        return found
    recorded = m.autograd.grad(ys, xs, vs, create_graph=True, allow_unused=True)
    found["recorded gradient of operand"] = zeros(recorded, xs)
    terms = [(g * m.from_numpy(u)).sum() for g, u in zip(recorded, dxs, strict=True)
             if g is not None and g.requires_grad]
    of = [*xs, *vs]
    found["second derivative, in (x, v)"] = zeros(
        m.autograd.grad(terms, of, allow_unused=True) if terms else [None] * len(of), of)
    return found


def projected(case, leaves, vs):
    """⟨v, f(x)⟩ for other leaves in the operands' places."""
    leaves, ys = iter(leaves), []

    def fresh(value):
        if isinstance(value, Array):
            return next(leaves) if value.wants else value.tensor(tg)
        if isinstance(value, list | tuple):
            return type(value)(fresh(v) for v in value)
        return made(tg, value, [])

    def collect(y):
        if isinstance(y, tg.Tensor):
            if y.requires_grad:
                ys.append(y)
        elif isinstance(y, list | tuple):
            for part in y:
                collect(part)

    args = [fresh(a) for a in case.args]
    collect(case.of(tg, args, {k: fresh(v) for k, v in case.kw.items()}))
    terms = [(y * tg.from_numpy(v)).sum().double() for y, v in zip(ys, vs, strict=True)]
    return sum(terms[1:], terms[0])
