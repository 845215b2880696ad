"""The slope of a function at 0, from its values, with an honest estimate of the error.

A difference quotient errs twice. With a long step h it errs by curvature (*truncation*), with a short
one by the rounding of the values, which it divides by h:

    (φ(h) − φ(−h)) / 2h  =  φ′(0) + φ‴(0) h²/6 + …  ±  noise / h

Nobody knows the best h beforehand, so we take them all, from 1 down to what the numbers resolve, each
a quarter of the one before. Neighbours are combined so that the leading errors cancel (L. F.
Richardson, *The approximate arithmetical solution by finite differences*, 1911; C. J. F. Ridders,
*Accurate computation of F′(x) and F′(x)F″(x)*, 1982). How far an estimate lies from its neighbours on
both sides says how far it is from the truth; but two wrong numbers may agree by accident, so the error
is never taken to be less than the noise, *as measured on shorter steps*, divided by the step.

The estimates may settle more than once. Right beside a kink long steps see the mean of the two sides
and short ones the slope of one: then the shorter steps that clearly contradict the longer are right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RATIO = 4.0  # of a step to the next
EPS = float(np.finfo(float).eps)
SURE = 10.0  # a distance of so many estimated errors is no accident


@dataclass(frozen=True)
class Slope:
    """An estimated slope: ``value`` ± ``error``, read off at steps of about ``step``."""

    value: float
    error: float
    step: float

    def agrees(self, claim: float, slack: float = 0.0) -> bool:
        return bool(abs(claim - self.value) <= SURE * self.error + slack)


class Samples:
    """φ(±h) − φ(0) for many steps h, long to short, and the slopes that follow.

    ``noise`` is what the values of φ are known to err by at least, ``resolution`` by how much a step is
    uncertain: what f computes from its input it may round as coarsely as the input. ``base``·h may have
    been subtracted from φ beforehand.
    """

    noise = resolution = base = 0.0

    def __init__(self, phi: Callable[[float], float], steps: np.ndarray):
        self.steps = steps
        self.right = np.array([phi(h) for h in steps])
        self.left = np.array([phi(-h) for h in steps])

    def quotients(self, side: int) -> np.ndarray:
        """The difference quotients: central (``side`` 0), to the right (1) or to the left (-1)."""
        if side:
            return self.right / self.steps if side > 0 else -self.left / self.steps
        return (self.right - self.left) / (2 * self.steps)

    def estimates(self, side: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """For each step the best extrapolated slope, and the estimate of its error (inf: none)."""
        with np.errstate(all="ignore"):
            return self._estimates(self.quotients(side), side)

    def _estimates(self, value: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
        best, least = value, np.full(len(value), np.inf)
        for level in range(1, 5 if side else 4):
            error = self._error(value)
            better = error < least
            best, least = np.where(better, value, best), np.where(better, error, least)
            power = RATIO ** (level if side else 2 * level)  # by which a step divides the leading error
            finer = np.full(len(value), np.nan)
            finer[1:] = (power * value[1:] - value[:-1]) / (power - 1)
            value = finer
        return best, least

    def _error(self, value: np.ndarray) -> np.ndarray:
        """The distance to the farther neighbour, plus the noise seen at this or any shorter step."""
        h = self.steps
        apart = np.abs(value[1:] - value[:-1])
        seen = np.zeros(len(h))
        seen[:-1] = np.where(apart < np.inf, apart * h[1:], 0.0)
        noise = np.maximum.accumulate(seen[::-1])[::-1] + 2 * self.noise
        error = (noise + 2 * self.resolution * np.abs(self.base + value)) / h
        error[1:-1] += np.maximum(apart[1:], apart[:-1])
        error[[0, -1]] = np.inf  # these have one neighbour only
        return np.where(error < np.inf, error, np.inf)

    def slopes(self, side: int = 0) -> list[Slope]:
        """The slopes on which the estimates settle, those of long steps first; the last one counts."""
        best, error = self.estimates(side)
        found: list[Slope] = []
        start = 0
        while start < len(error) and np.isfinite(error[start:]).any():
            k = start + int(np.argmin(error[start:]))
            slope = self._at(best, error, k)
            found.append(slope)
            rest = np.arange(k + 1, len(error) - 3)  # the last ones have no shorter steps to show noise
            against = rest[np.abs(best[rest] - slope.value) > SURE * (error[rest] + slope.error)]
            start = int(against[0]) if against.size else len(error)
        return found

    def flat(self) -> float:
        """The longest step within which φ + ``base``·h stays as it is, exactly; inf: there is none."""
        slack = 1e-9 + 4 * self.resolution / self.steps
        same = told = slack < 1e-3  # the shortest steps are too uncertain to tell
        for side in (1, -1):
            same = same & (np.abs(self.quotients(side) + self.base) <= slack * abs(self.base))
        moved = np.flatnonzero(told & ~same)
        k = moved[-1] + 1 if moved.size else 0
        return float(self.steps[k]) if k < told.sum() else np.inf

    def unresolved(self) -> bool:
        """Whether the shortest steps still see as much of a change as the long ones, or nearly."""
        with np.errstate(all="ignore"):
            q = self.quotients(0)
            noise = np.abs(np.diff(q[-8:])) * self.steps[-7:]
            change = np.abs(self.right + self.base * self.steps)
        seen = [np.max(a, where=np.isfinite(a), initial=0) for a in (noise, change)]
        return bool(seen[0] > 3e-3 * seen[1])

    def before(self, fine: Slope, side: int = 0) -> Slope | None:
        """The best estimate from longer steps that contradicts a slope, if there is one."""
        best, error = self.estimates(side)
        against = (self.steps > fine.step) & (np.abs(best - fine.value) > SURE * (error + fine.error))
        if not against.any():
            return None
        return self._at(best, error, int(np.argmin(np.where(against, error, np.inf))))

    def closer(self, coarse: Slope) -> Slope | None:
        """The estimate from shorter steps, if these see a slope near 0 and not the coarse one."""
        best, error = self.estimates()
        told = np.flatnonzero((self.steps < coarse.step) & (error < abs(coarse.value)))
        if not told.size or abs(best[told[-1]]) > 0.2 * abs(coarse.value):
            return None
        near = told[np.abs(best[told]) <= 0.2 * abs(coarse.value)]
        return self._at(best, error, int(near[np.argmin(error[near])]))

    def _at(self, best: np.ndarray, error: np.ndarray, k: int) -> Slope:
        return Slope(float(best[k]), float(error[k] + 1e-10 * abs(best[k])), float(self.steps[k]))


def steps_between(longest: float, shortest: float) -> np.ndarray:
    """Steps from ``longest`` down to ``shortest``, each a quarter of the one before."""
    n = max(int(np.log(longest / shortest) / np.log(RATIO)), 4)
    return longest * RATIO ** -np.arange(n + 1.0)


def derivative(f: Callable[[float], float], x: float = 0.0, side: int = 0) -> Slope:
    """f′(x) of a function of one number, with an estimate of its error.

    ``side`` 1 or -1 asks for the slope on that side only. The error is infinite where none is found.

    >>> derivative(np.exp, 1.0)
    Slope(value=2.71828..., error=..., step=...)
    """
    scale = abs(x) or 1.0
    at = f(x)

    def phi(h: float) -> float:
        moved = x + h * scale
        with np.errstate(all="ignore"):  # divide by the step that was really taken
            return float((f(moved) - at) * (h / (moved - x))) if moved != x else 0.0

    samples = Samples(phi, steps_between(max(1.0, 1 / scale), 2e-15))
    samples.noise, samples.resolution = EPS * abs(float(at)) / scale, EPS * abs(x) / scale
    found = samples.slopes(side)
    if not found:
        return Slope(float("nan"), float("inf"), 0.0)
    best = found[-1]
    return Slope(best.value, best.error, best.step * scale)
