"""A function of many numbers along a line, compared with what its gradient says.

    r(t) = ⟨v, f(x + t u) − f(x)⟩ − ⟨g, (x + t u) − x⟩        g = Jᵀ v claimed

If the gradient is right, r′(0) = 0. Differences are taken of r, not of f: x + t u is rounded, and r
counts with the step that was really made; and what f has in common at all steps is gone before
anything is added up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite, sqrt

import numpy as np

from .structure import signed

BLOCK = 1 << 18  # products go by blocks, so that differences of long arrays need no memory


def _blocks(*arrays: np.ndarray) -> Iterator[list[np.ndarray]]:
    """The arrays in pieces, in float64."""
    flat = [a.reshape(-1) for a in arrays]
    for k in range(0, flat[0].size, BLOCK):
        yield [a[k:k + BLOCK].astype(float, copy=False) for a in flat]


def dot(a: np.ndarray, b: np.ndarray) -> float:
    """⟨a, b⟩ in float64."""
    return sum(float(np.vdot(x, y)) for x, y in _blocks(a, b))


def dot_change(a: np.ndarray, new: np.ndarray, old: np.ndarray) -> tuple[float, float]:
    """⟨a, new − old⟩, and ‖a·old‖² of the elements that changed: what rounding is in proportion to."""
    total, reach = 0.0, 0.0
    for x, y, z in _blocks(a, new, old):
        change = y - z
        total += float(np.vdot(x, change))
        size = np.where(change, x * z, 0.0)
        reach += float(np.vdot(size, size))
    return total, reach


class Point:
    """f at a point: inputs x, value y, cotangent v and the gradients g that are claimed.

    ``eps`` is of the precision in which f computes, ``rounding`` of that in which g was; ``noise`` is
    by how much two calls of f were seen to differ.
    """

    def __init__(self, value: Callable[[Sequence[np.ndarray]], list[np.ndarray]],
                 xs: Sequence[np.ndarray], ys: Sequence[np.ndarray], vs: Sequence[np.ndarray],
                 gs: Sequence[np.ndarray], eps: float, noise: float = 0.0):
        self.value, self.xs, self.ys, self.vs, self.gs = value, xs, ys, vs, gs
        self.eps, self.rounding, self.noise = eps, eps, noise
        self.size = sqrt(sum(dot_change(v, 0 * y, y)[1] for v, y in zip(vs, ys, strict=True)))
        self.floats = [i for i, x in enumerate(xs) if x.dtype.kind == "f" and x.size]

    def scale(self, i: int, even: bool = False) -> np.ndarray:
        """The natural length of a step in each element of input i: its own size, or if ``even`` that of
        all, as far as it is not out of all proportion to its own.
        """
        x = np.abs(np.asarray(self.xs[i], float))
        x = np.where(np.isfinite(x), x, 0)
        typical = float(np.sqrt(np.mean(x * x))) if x.size else 0.0
        if typical < 1e-150:
            return np.ones(x.shape)
        nothing = x < 1e-30 * typical
        return np.where(nothing, typical, np.minimum(typical, 1e4 * x) if even else x)

    def aside(self, radius: float, random: np.random.Generator, uneven: bool = False
              ) -> list[np.ndarray]:
        """The inputs, moved a little at random; some much less than others if ``uneven``."""
        moved = [*self.xs]
        for i in self.floats:
            x = self.xs[i]
            step = radius * signed(random, x.shape) * self.scale(i)
            if uneven:
                step = step * 8.0 ** -random.integers(0, 3, x.shape)
            moved[i] = np.asarray(x + step).astype(x.dtype)
        return moved


class Line:
    """r(t) of the module's docstring; ``u`` holds the direction in each input that moves.

    ``start`` is where t = 0 is, if not at x.
    """

    def __init__(self, point: Point, u: dict[int, np.ndarray],
                 start: Sequence[np.ndarray] | None = None):
        self.point, self.u = point, u
        self.start = point.xs if start is None else start
        self.claim = sum(dot(d, point.gs[i]) for i, d in u.items())
        self.reach = 0.0  # the size of the results that were seen to change

    def __call__(self, t: float) -> float:
        point, step, arrays = self.point, 0.0, [*self.start]
        for i, d in self.u.items():
            arrays[i] = np.asarray(self.start[i] + t * d).astype(point.xs[i].dtype)
            step += dot_change(point.gs[i], arrays[i], point.xs[i])[0]
        try:
            with np.errstate(all="ignore"):
                ys = [np.asarray(y) for y in point.value(arrays)]
        except (ArithmeticError, ValueError):  # outside of the domain
            return float("nan")
        if any(a.shape != b.shape for a, b in zip(ys, point.ys, strict=True)):
            return float("nan")
        total, reach = map(sum, zip(*map(dot_change, point.vs, ys, point.ys), strict=True))
        if isfinite(reach):
            self.reach = max(self.reach, sqrt(reach))
        return total - step

    @property
    def noise(self) -> float:
        """What r(t) errs by at least."""
        return 2 * self.point.eps * self.reach + 4 * self.point.noise

    @property
    def size(self) -> float:
        """√Σ (g u)²: how large the claim would be if nothing in it cancelled."""
        return sqrt(sum(dot_change(self.point.gs[i], 0 * d, d)[1] for i, d in self.u.items()))

    @property
    def rounding(self) -> float:
        """What the claim errs by at least: a sum of products; and f as a whole."""
        return 16 * self.point.rounding * self.size + 4 * self.point.eps * self.point.size + 1e-300

    def stride(self) -> float:
        """How far t = 1 moves an element at most, in proportion to the inputs, or to 1."""
        return max(float(np.max(np.abs(d), initial=0)) / max(1.0, float(np.max(self.point.scale(i))))
                   for i, d in self.u.items())

    def longest(self) -> float:
        """The longest step worth taking: half the size of x, or ½ where x is small."""
        u = max(float(np.max(np.abs(d), initial=0)) for d in self.u.values())
        return max(1.0, min(1 / u, 1e20) if u else 1.0) / 2

    def resolution(self) -> float:
        """The step by which the rounding of the inputs moves the worst of those that u moves."""
        found = 0.0
        for i, d in self.u.items():
            moved = d != 0
            if moved.any():
                x = np.abs(self.point.xs[i][moved].astype(float))
                eps = float(np.finfo(self.point.xs[i].dtype).eps)
                found = max(found, eps * (float(np.max(x / np.abs(d[moved]))) or 1.0))
        return found

    def part(self, keep: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
        """The direction, of which only elements (flat indices by input) are kept."""
        parts = {}
        for i, some in keep.items():
            if some.size:
                parts[i] = np.zeros(self.u[i].shape)
                parts[i].reshape(-1)[some] = self.u[i].reshape(-1)[some]
        return parts

    def only(self) -> tuple[int, int] | None:
        """(input, flat index) of the single element that moves, if it is one."""
        moved = [(i, k) for i, d in self.u.items() for k in np.flatnonzero(d)[:2]]
        return (moved[0][0], int(moved[0][1])) if len(moved) == 1 else None
