"""`check`: the whole procedure, from the form of the gradients to the element that is wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..trees import tree_map
from . import structure
from .compare import PASS, REJECT, UNCLEAR, Finding, compare, narrow, nearby
from .differences import EPS, SURE
from .frameworks import Subject
from .lines import Line, Point, dot, dot_change
from .report import Report
from .structure import Broken, signed


def check(f: Callable, *inputs: Any, vjp: Callable | None = None, jvp: Callable | bool | None = None,
          order: int = 1, directions: int = 3, elements: int = 8, atol: float = 0.0, rtol: float = 0.0,
          seed: int = 0) -> Report:
    """Check the derivative of ``f`` at ``inputs`` against differences of its values.

    ``f`` takes and returns arrays or numbers, or nests (lists, tuples, dicts) of them, and
    ``vjp(v, *inputs)`` gives the gradients of ⟨v, f⟩: a tuple, each in the nest of its input, for a
    cotangent in the nest of f's value. If ``f`` takes tensors (ours, PyTorch's, JAX's, autograd's),
    their library differentiates. ``jvp(u, *inputs)``, the derivative along u (an array; a tuple of
    them for several inputs), is checked too; ``jvp=True`` takes the library's. ``order=2`` also
    checks the derivative of the gradient; with a plain ``vjp`` that the second derivatives are
    symmetric.

    Float inputs are checked, each along ``directions`` random directions and at ``elements`` single
    elements; a failure is pursued to the element. The tolerance comes from the measured error of the
    differences; ``atol`` + ``rtol``·|slope| is added to it.

    Returns a `Report`. "inconclusive" is where differences cannot tell. TypeError if there is no
    derivative to check.
    """
    subject = Subject(f, inputs, vjp, jvp)
    report = _Check(subject, directions, elements, (atol, rtol), seed).report()
    if order > 1 and report.verdict != REJECT:
        report = _second(subject, report, order=order - 1, directions=directions, elements=elements,
                         atol=atol, rtol=rtol, seed=seed)
    return report


_BADNESS = [PASS, UNCLEAR, REJECT]


class _Check:
    """One run: the subject, what is asked for, and the worst that was found so far."""

    def __init__(self, subject: Subject, directions: int, elements: int, slack: tuple[float, float],
                 seed: int):
        self.subject, self.directions, self.elements = subject, directions, elements
        self.slack = slack
        self.random = np.random.default_rng(seed)
        self.worst: Finding | None = None
        self.checks = self.kinks = 0
        self.crowded = False
        self.infinite: dict[int, np.ndarray] = {}  # where gradients were not finite, by input

    def report(self) -> Report:
        """All of it: the form of the gradients, then their values."""
        try:
            with np.errstate(all="ignore"):
                point = self._examine(self.subject.arrays)
                if point is None:
                    return Report(UNCLEAR, "the function is not finite here")
                self._compare(point)
                if self.crowded and not self._failed():
                    self._compare_aside(point)
        except Broken as broken:
            k, path = (None, "") if broken.input is None else self.subject.places[broken.input]
            return Report(REJECT, str(broken), k, path, broken.element)
        return self._report(point)

    def _examine(self, xs: Sequence[np.ndarray]) -> Point | None:
        """Value and gradients at a point, after the tests that need no differences. None: not
        finite.
        """
        subject, random = self.subject, self.random
        ys = structure.value(subject, xs)
        again = structure.value(subject, xs)
        if any(a.shape != b.shape for a, b in zip(ys, again, strict=True)):
            raise Broken("the function gives results of another shape when it is called again")
        if not all(np.isfinite(y).all() for y in ys):
            return None
        vs = [_cotangent(random, y) for y in ys]
        point = Point(subject.value, xs, ys, vs, [np.zeros(x.shape) for x in xs], _eps(xs, ys))
        point.noise = sum(abs(dot_change(*triple)[0]) for triple in zip(vs, ys, again, strict=True))
        if subject.vjp is None:
            point.gs = _by_elements(subject, vs, xs)
        else:
            point.eps = max(point.eps, self._hidden_eps(point))
            subject.value(xs)
            point.gs, raw = structure.gradients(subject, vs, xs)
            point.rounding = max(point.eps, self._resolution(point))
            self._tried(point.aside(0.02, self.random))
            if not point.noise:
                structure.repeated(point.gs, structure.gradients(subject, vs, xs)[0])
            structure.linear(subject, vs, point.gs, xs, random)
            if subject.plain:
                structure.alone(raw, point.gs, vs)
        if subject.jvp is not None:
            structure.adjoint(subject, vs, point.gs, xs, random)
        return point

    def _resolution(self, point: Point) -> float:
        """The precision of the gradient: float32's, if inputs moved by less than that leave it as it
        is.
        """
        xs = _nudged(point, point.xs)
        try:
            self.subject.value(xs)
            moved, _ = structure.gradients(self.subject, point.vs, xs)
        except (ArithmeticError, ValueError):
            return 0.0
        same = all(map(np.array_equal, moved, point.gs))
        return structure.EPS32 if same else float(max(np.finfo(g.dtype).eps for g in point.gs))

    def _hidden_eps(self, point: Point) -> float:
        """float32's precision, if most results stay what they are when inputs move by less than it
        resolves. Seen from elsewhere: special points are often exact.
        """
        xs = point.aside(0.02, self.random)
        far, near = self._tried(xs, point.vs), self._tried(_nudged(point, xs))
        if not (far and near):
            return 0.0
        moved = [np.abs(a - y) > 4e-6 * np.abs(y) for a, y in zip(far, point.ys, strict=True)]
        held = sum(int(np.sum(m & (a == b))) for m, a, b in zip(moved, far, near, strict=True))
        return structure.EPS32 if 2 * held > sum(int(m.sum()) for m in moved) else 0.0

    def _tried(self, xs: Sequence[np.ndarray], vs: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
        """f elsewhere, and its derivative if cotangents are given: what these leave in buffers is not
        ours. Empty outside of the domain.
        """
        try:
            ys = [y.copy() for y in self.subject.value(xs)]
            if vs:
                self.subject.pull(vs, xs)
            return ys
        except Exception:
            return []

    def _compare(self, point: Point, elements: bool = True) -> None:
        """Each float input, and all together, along random directions; then single elements."""
        for i in point.floats:
            if not np.isfinite(point.gs[i]).all():
                self._infinite(point, i)
                if self._failed():
                    return
                point.gs[i] = np.where(np.isfinite(point.gs[i]), point.gs[i], 0)
        groups = [[i] for i in point.floats] + [point.floats] * (len(point.floats) > 1)
        for group in groups:
            for k in range(self.directions):
                self._direction(point, {i: self._random_direction(point, i, k) for i in group})
                if self._failed():
                    return
        settled = self.worst is None or self.worst.verdict == PASS
        for i in point.floats if elements else []:
            size = point.xs[i].size
            for k in self.random.choice(size, min(self.elements, size), replace=False):
                self._direction(point, {i: _unit(point, i, int(k))}, keep_unclear=not settled)
                if self._failed():
                    return

    def _random_direction(self, point: Point, i: int, k: int) -> np.ndarray:
        """The k-th: steps of each element's size and of one for all in turn, the first all upwards."""
        u = signed(self.random, point.xs[i].shape) * point.scale(i, even=k % 2 == 1)
        u = np.where(self.infinite.get(i, False), 0.0, u)
        return u if k else np.abs(u)

    def _direction(self, point: Point, u: dict[int, np.ndarray], keep_unclear: bool = True) -> None:
        """Judge one direction; a rejection is narrowed down and decided at nearby points."""
        judge = self._judge(point)
        found = judge(u)
        if found.verdict == UNCLEAR:  # perhaps the domain ends here for one side of some elements
            sides = ({i: s * np.abs(d) for i, d in u.items()} for s in (1, -1))
            found = next((r for r in map(judge, sides) if r.verdict != UNCLEAR), found)
        if found.verdict == REJECT:
            found = narrow(found, judge)
            if not found.staircase:  # whose every step would look like a kink
                nearby(found, self.random)
        if keep_unclear or found.verdict != UNCLEAR:
            self._keep(found)

    def _keep(self, found: Finding) -> None:
        """Count it; the worst is kept whole (a direction is as large as the input)."""
        self.checks += 1
        self.kinks += found.kink is not None
        self.crowded |= found.crowded
        if self.worst is None or (_BADNESS.index(found.verdict), found.ratio) > (
                _BADNESS.index(self.worst.verdict), self.worst.ratio):
            self.worst = found

    def _judge(self, point: Point) -> Callable[[dict[int, np.ndarray]], Finding]:
        def judge(u: dict[int, np.ndarray]) -> Finding:
            found = compare(Line(point, u), *self.slack)
            if found.verdict == UNCLEAR and self.subject.plain:
                _complex_step(self.subject, found)
            if found.staircase:
                point.eps = max(point.eps, structure.EPS32)
            return found
        return judge

    def _infinite(self, point: Point, i: int) -> None:
        """A gradient that is not finite: right only where the slope is infinite too."""
        wrong = ~np.isfinite(point.gs[i])
        self.infinite[i] = wrong
        k = int(np.argmax(wrong))
        claim = float(point.gs[i].reshape(-1)[k])
        finite = [np.where(np.isfinite(g), g, 0) for g in point.gs]
        there = Point(point.value, point.xs, point.ys, point.vs, finite, point.eps, point.noise)
        found = compare(Line(there, {i: _unit(point, i, k)}))
        found.line.claim = claim
        if found.steepens(claim):
            found.verdict, found.reason = PASS, "the slope is infinite"
        elif found.slope.error < 0.1 * abs(found.slope.value) + 1e-6 * point.size:
            found.verdict, found.reason = REJECT, f"the gradient is {claim}, where there is a slope"
        else:
            found.verdict = UNCLEAR
            found.reason = f"the gradient is {claim}, and differences settle on no slope"
        self._keep(found)

    def _compare_aside(self, point: Point) -> None:
        """Where kinks meet any convention may hold: is the derivative right close by?"""
        aside = self._examine(point.aside(1e-3, self.random))
        if aside is not None:
            self._compare(aside, elements=False)
            if self.worst is not None and self._failed():
                self.worst.reason += " (at a point close by; at the one given, kinks meet)"

    def _failed(self) -> bool:
        return self.worst is not None and self.worst.verdict == REJECT

    def _report(self, point: Point) -> Report:
        """The worst finding, and the count of all."""
        worst = self.worst
        if worst is None:
            return Report(PASS, "there are no elements to check", precision=_precision(point.eps))
        reason = worst.reason
        if worst.verdict == PASS:
            reason = (f"{self.checks} derivatives agree with differences of the function; the "
                      f"largest distance is {worst.ratio:.2g} estimated errors")
            if self.kinks:
                reason += f"; {self.kinks} of them at kinks, where the value lies between the slopes"
        line, one = worst.line, worst.line.only()
        i = one[0] if one else next(iter(line.u)) if len(line.u) == 1 else None
        unit = float(line.u[one[0]].reshape(-1)[one[1]]) if one else 1.0
        argument, path = (None, "") if i is None else self.subject.places[i]
        finite = line.claim if np.isfinite(line.claim) else 0.0
        return Report(
            worst.verdict, reason, argument, path,
            one and tuple(map(int, np.unravel_index(one[1], line.u[one[0]].shape))),
            [line.u.get(k, 0.0) / unit for k in point.floats], line.claim / unit,
            (finite + worst.slope.value) / unit, worst.slope.error / abs(unit),
            worst.kink and tuple(k / unit for k in worst.kink[::1 if unit > 0 else -1]),
            worst.table(unit), self.checks, worst.ratio, _precision(point.eps))


def _cotangent(random: np.random.Generator, y: np.ndarray) -> np.ndarray:
    """Random numbers of both signs, so large that every result of f weighs the same."""
    size = float(np.sqrt(np.mean(y.astype(float) ** 2))) if y.size else 0.0
    weight = 2.0 ** -np.round(np.log2(size)) if 1e-150 < size < 1e150 else 1.0
    return (signed(random, y.shape) * weight).astype(y.dtype if y.dtype.kind == "f" else float)


def _unit(point: Point, i: int, k: int) -> np.ndarray:
    """The direction of element k, as long as a step there should be."""
    u = np.zeros(point.xs[i].shape)
    u.reshape(-1)[k] = point.scale(i).reshape(-1)[k]
    return u


def _by_elements(subject: Subject, vs: Sequence[np.ndarray], xs: Sequence[np.ndarray]
                 ) -> list[np.ndarray]:
    """The gradients of ⟨v, f⟩ from the forward mode, one element after the other."""
    gs = [np.zeros(x.shape, x.dtype if x.dtype.kind == "f" else float) for x in xs]
    for i in subject.floats():
        for k in range(xs[i].size):
            us = [np.zeros(x.shape, x.dtype) for x in xs]
            us[i].reshape(-1)[k] = 1
            gs[i].reshape(-1)[k] = sum(map(dot, vs, subject.push(us, xs)))
    return gs


def _eps(xs: Sequence[np.ndarray], ys: Sequence[np.ndarray]) -> float:
    """The coarsest precision among inputs and results."""
    return max([float(np.finfo(a.dtype).eps) for a in (*xs, *ys) if a.dtype.kind == "f"] + [EPS])


def _nudged(point: Point, xs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The float inputs, larger by less than float32 resolves."""
    return [np.asarray(x * (1 + 1e-11)).astype(x.dtype) if i in point.floats else x
            for i, x in enumerate(xs)]


def _precision(eps: float) -> str:
    return "float64" if eps < 1e-12 else "float32" if eps < 1e-5 else "float16"


def _complex_step(subject: Subject, found: Finding) -> None:
    """Im f(x + i h u)/h: the slope without a difference, so without rounding, where f is analytic.

    W. Squire and G. Trapp, *Using complex variables to estimate derivatives of real functions*, 1998. A
    function that drops imaginary parts gives nonsense, so what it says must agree with the differences.
    """
    line, h = found.line, 1e-30
    point = line.point
    moved = [x + 1j * h * line.u[i] if i in line.u else x for i, x in enumerate(point.xs)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ys = subject.value(moved)
        slope = sum(dot(v, np.imag(y)) for v, y in zip(point.vs, ys, strict=True)) / h
    except Exception:  # not a function of complex numbers
        return
    off = slope - line.claim
    if found.slope.agrees(off) and abs(off) <= 1e-8 * abs(slope):
        found.verdict, found.reason = PASS, "confirmed by a complex step"


def _second(f: Subject, first: Report, **settings: Any) -> Report:
    """Check the derivative of the gradient: as the library gives it, or that it is symmetric."""
    random = np.random.default_rng(settings["seed"] + 1)
    vs = [_cotangent(random, y) for y in f.value(f.arrays)]
    if not f.plain:
        left = iter(vs)
        slope = f.given.slope(tree_map(lambda y: next(left), f.outputs))
        report = check(slope, *f.nest, **settings)
        report.reason = "of the gradient: " + report.reason
        return report
    with np.errstate(all="ignore"):
        broken = _symmetry(f, vs, random)
    return first if broken is None else broken


def _symmetry(f: Subject, vs: list[np.ndarray], random: np.random.Generator) -> Report | None:
    """⟨w, (∂g/∂x) u⟩ = ⟨u, (∂g/∂x) w⟩ for the gradient g of ⟨v, f⟩."""
    xs, floats = f.arrays, f.floats()

    def gradient(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        f.value(arrays)
        return structure.gradients(f, vs, arrays)[0]

    gs = gradient(xs)
    none = [np.zeros(x.shape) for x in xs]
    point = Point(gradient, xs, gs, none, none, _eps(xs, gs))

    def slope(i: int, u: np.ndarray, j: int, w: np.ndarray) -> Finding:
        point.vs = [w if k == j else z for k, z in enumerate(none)]
        return compare(Line(point, {i: u}))

    for i, j in [(i, j) for i in floats for j in floats if i <= j and xs[i].size and xs[j].size]:
        u, w = (signed(random, xs[k].shape) * point.scale(k) for k in (i, j))
        one, other = slope(i, u, j, w), slope(j, w, i, u)
        apart = abs(one.slope.value - other.slope.value)
        if apart > SURE * (one.slope.error + other.slope.error) and not (one.kink or other.kink):
            return Report("fail", "the second derivatives are not symmetric: ∂²/∂a∂b is "
                          f"{one.slope.value:.6g}, ∂²/∂b∂a {other.slope.value:.6g}: the gradient is "
                          "that of no function", *f.places[i])
    return None
