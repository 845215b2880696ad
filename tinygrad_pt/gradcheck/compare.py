"""Is r′(0) = 0? The verdict on one derivative, where the function is smooth and where it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .differences import SURE, Samples, Slope, steps_between
from .lines import Line
from .report import Step
from .structure import EPS32

PASS, UNCLEAR, REJECT = "pass", "inconclusive", "fail"
STAIRS = "the function is a staircase: its slope on a step is not its slope over many"
FINE_STAIRS = 2e-5  # steps of a staircase that are rounding to float32, or finer
WRONG = "the gradient differs from differences of the function"


@dataclass
class Finding:
    """The verdict on one derivative and what it rests on; slopes are those of r."""

    verdict: str
    reason: str
    line: Line
    slope: Slope
    samples: Samples
    kink: tuple[float, float] | None = None
    staircase: bool = False
    crowded: bool = False  # several kinks meet

    @property
    def ratio(self) -> float:
        """The distance between claim and slope, in estimated errors."""
        return abs(self.slope.value) / max(self.slope.error, 1e-300)

    def steepens(self, claim: float) -> bool:
        """Whether the slope grows without bound, with the sign claimed, as steps shrink."""
        for side in (1, -1):
            q = self.samples.quotients(side)
            q = q[np.isfinite(q)][-12:] * np.sign(claim)
            if q.size > 5 and (q > 0).all() and (q[1:] > 1.1 * q[:-1]).all():
                return True
        return False

    def table(self, unit: float = 1.0) -> list[Step]:
        """The rows of the report, of f and not of r, for an element that a step moves by ``unit``."""
        a = self.line.claim if np.isfinite(self.line.claim) else 0.0
        value, error = self.samples.estimates(0)
        columns = [self.samples.steps * abs(unit),
                   *((a + self.samples.quotients(s)) / unit for s in (-1, 0, 1)),
                   (a + value) / unit, error / abs(unit)]
        return [Step(*map(float, row)) for row in zip(*columns, strict=True)]


def compare(line: Line, atol: float = 0.0, rtol: float = 0.0) -> Finding:
    """Judge one derivative by differences along its line.

    The claim may differ from the slope by ``atol`` + ``rtol``·|slope|, besides what is estimated.
    """
    resolution, longest = line.resolution(), line.longest()
    steps = steps_between(longest, max(8 * resolution, 1e-30 * longest))
    if (quick := _glance(line, steps, resolution, line.rounding + atol)) is not None:
        return quick
    samples = _sampled(line, steps, resolution)
    center, right, left = (samples.slopes(side) for side in (0, 1, -1))
    either = center or right or left
    if not either:
        return Finding(UNCLEAR, "differences settle on no slope", line,
                       Slope(float("nan"), float("inf"), longest), samples)
    found = Finding(PASS, "", line, either[-1], samples)
    if right and left:
        found.kink = _kink(left[-1], right[-1], line.claim)
    slope = found.slope
    slack = line.rounding + atol + rtol * abs(line.claim + slope.value)
    if not slope.agrees(0, slack) and (closer := samples.closer(slope)):
        found.slope = slope = closer
    if slope.agrees(0, slack):
        if _vague(found):
            found.verdict, found.reason = UNCLEAR, "differences are too noisy here to tell"
        elif slope.agrees(-line.claim) and _stairs(found):
            found.verdict, found.reason = UNCLEAR, STAIRS
    elif found.kink and _between(left[-1], right[-1], slack):
        pass
    elif samples.unresolved():
        found.verdict = UNCLEAR
        found.reason = "the function changes faster than the shortest steps, or jumps here"
    elif _rounded_away(found):
        found.verdict = UNCLEAR
        found.reason = "the function is constant here, as far as float32 could tell"
    else:
        width = _stairs(found)
        if not (width and found.slope.agrees(0, slack)):
            found.verdict, found.reason = REJECT, WRONG
        elif width > FINE_STAIRS:
            found.verdict, found.reason = UNCLEAR, STAIRS
    return found


def _sampled(line: Line, steps: np.ndarray, resolution: float) -> Samples:
    samples = Samples(line, steps)
    samples.noise, samples.resolution, samples.base = line.noise, resolution, line.claim
    return samples


def _glance(line: Line, steps: np.ndarray, resolution: float, slack: float) -> Finding | None:
    """A finding from a few steps, if they leave no doubt: the slopes settle on the claim, on both
    sides, and much shorter steps see nothing else.
    """
    if len(steps) < 20:
        return None
    some = _sampled(line, steps[(steps <= 0.06) & (steps > 1e-4)][:5], resolution)
    settled = [some.slopes(side) for side in (0, 1, -1)]
    if not all(len(found) == 1 and found[0].agrees(0, slack) for found in settled):
        return None
    found = Finding(PASS, "", line, settled[0][0], some)
    if max(s[0].error for s in settled) > 1e-3 * line.size or found.slope.error > 1e-6 * line.size:
        return None
    for h in steps[[len(steps) // 2, -4]]:
        limit = slack + found.slope.error + (SURE * line.noise + 4 * resolution * line.size) / h
        if not max(abs(line(h)), abs(line(-h))) <= h * (limit + 1e-4 * line.size * (h > 1e-8)):
            return None
    return found


def _kink(left: Slope, right: Slope, claim: float) -> tuple[float, float] | None:
    """The slopes of f on the two sides, if they differ."""
    if abs(right.value - left.value) <= SURE * (right.error + left.error):
        return None
    return claim + left.value, claim + right.value


def _between(left: Slope, right: Slope, slack: float) -> bool:
    """Whether 0 lies between the slopes."""
    low = min(s.value - SURE * s.error for s in (left, right))
    high = max(s.value + SURE * s.error for s in (left, right))
    return low - slack <= 0 <= high + slack


def _vague(found: Finding) -> bool:
    """Whether the error is so large that agreement means nothing."""
    line = found.line
    size = max(abs(line.claim), abs(line.claim + found.slope.value), line.size)
    return found.slope.error > max(1e-3 * size, 1e-6 * line.point.size)


def _rounded_away(found: Finding) -> bool:
    """Whether the function is constant as far as the claim is a change that float32 rounds away (and
    that f's own precision would not).
    """
    point, change = found.line.point, abs(found.line.claim) * found.samples.flat()
    return SURE * point.eps * point.size < change <= EPS32 * point.size


def _stairs(found: Finding) -> float:
    """If the function is a staircase of steps too small to be meant, take the slope over many of them.

    A smooth function whose slope is s at most points has the mean slope s. One that is rounded inside
    (to float32, or by the cancellation of large numbers) is a staircase: flat, or nearly, at most
    points, and yet not flat. Returns the width of its steps in proportion to the inputs, 0 if it is
    none, or if its steps are so wide that it must be meant to be one.
    """
    line, fine, samples = found.line, found.slope, found.samples
    sides = [samples.before(fine, side) for side in (0, 1, -1)]
    coarse = sides[0]
    if not all(s and s.error < 0.03 * abs(line.claim + s.value)
               and s.agrees(coarse.value, SURE * coarse.error) for s in sides):
        return 0.0
    step, h = _leaves(samples, fine, coarse), max(fine.step / 16, 8 * line.resolution())
    at = min(coarse.step, 256 * step) * np.linspace(-0.9, 0.9, 21)
    local = np.array([(line(t + h) - line(t - h)) / (2 * h) for t in at])
    width = step * line.stride()
    same = np.abs(local - fine.value) < 0.2 * abs(fine.value - coarse.value)
    if width > 1e-3 or np.mean(same) < 0.5:
        return 0.0
    found.slope, found.staircase, found.kink = coarse, True, None
    return width


def _leaves(samples: Samples, fine: Slope, coarse: Slope) -> float:
    """The shortest step whose quotient is nearer to the coarse slope than to the fine."""
    nearer = np.abs(samples.quotients(0) - coarse.value) < np.abs(samples.quotients(0) - fine.value)
    return float(np.min(samples.steps[nearer & (samples.steps > fine.step)], initial=coarse.step))


def nearby(found: Finding, random: np.random.Generator) -> None:
    """Decide a rejected derivative by the slopes at points close by.

    Where kinks meet, autodiff picks one of the limits of the gradients of nearby points, or a mean of
    them: an element of Clarke's generalised gradient (F. H. Clarke, *Optimization and Nonsmooth
    Analysis*, 1983). It need not lie between the two slopes along one line. So: the claim passes if
    it lies among the slopes at nearby points, unless these come closer together as the points come
    closer, as they do where the function is smooth.
    """
    line, point = found.line, found.line.point
    radius = min(found.slope.step / 4, 4 * point.eps ** (1 / 3)) or 1e-5
    for n in (16, 64):  # where f is smooth, few points show it
        wide, least = _slopes_within(line, radius, n // 2, random)
        close, error = _slopes_within(line, radius / 8, n, random)
        if len(wide) < n // 4 or len(close) < n // 2:
            return
        spread, widest = close[-1] - close[0], wide[-1] - wide[0]
        few = n == 16
        if few and found.kink and SURE * least > abs(found.slope.value):
            found.verdict, found.reason = UNCLEAR, "a kink, which rounding hides from nearby points"
            return
        apart = 1e-3 * abs(found.slope.value) if few else widest / 2
        if spread <= max(SURE * error, apart) and not (few and widest > max(SURE * least, apart)):
            return  # smooth here: the claim is wrong
    gaps = np.diff(close) > max(0.02 * spread, error)  # between clusters of equal slopes
    slack = error + 1e-4 * spread
    found.crowded = True
    found.kink = (line.claim + float(close[0]), line.claim + float(close[-1]))
    if (close[0] - slack <= 0 <= close[-1] + slack
            or _climb(line, radius / 8, slack, -np.sign(close[0]), random)):
        found.verdict, found.reason = PASS, "several kinks meet here"
    elif np.sum(gaps) >= 6:
        found.verdict = UNCLEAR
        found.reason = "many kinks meet here, more than could be told apart"


def _local(line: Line, start: Sequence[np.ndarray], h: float) -> float:
    """The slope of r along the line's direction from another point."""
    aside = Line(line.point, line.u, start)
    return (aside(h) - aside(-h)) / (2 * h)


def _slopes_within(line: Line, radius: float, n: int, random: np.random.Generator
                   ) -> tuple[np.ndarray, float]:
    """Slopes of r along the line's direction from n points within a radius, sorted, and their error."""
    h = radius / 16
    slopes = np.array([_local(line, line.point.aside(radius, random), h) for _ in range(n)])
    return np.sort(slopes[np.isfinite(slopes)]), 2 * line.noise / h


def _climb(line: Line, radius: float, slack: float, sign: float, random: np.random.Generator) -> bool:
    """Look for a point close by where the slope reaches 0, changing some elements at a time."""
    best, highest = list(line.point.xs), -np.inf
    for k in range(1000):
        new = line.point.aside(radius, random, uneven=True)
        if k:
            new = [np.where(random.random(a.shape) < random.choice([0.05, 0.1, 0.2]), a, b)
                   for a, b in zip(new, best, strict=True)]
        slope = sign * _local(line, new, radius / 256)
        if slope >= highest:
            best, highest = new, slope
        if highest >= -slack:
            return True
    return False


def narrow(found: Finding, judge: Callable[[dict[int, np.ndarray]], Finding]) -> Finding:
    """The rejection along the fewest elements: halve the direction, and go where r changes more."""
    line, path = found.line, []
    h = max(found.slope.step / 4, 8 * line.resolution())
    flat = {i: some for i, d in line.u.items() if (some := np.flatnonzero(d)).size}
    while sum(k.size for k in flat.values()) > 1:
        halves = _halves(flat)
        parts = [line.part(half) for half in halves]
        off = [_off(Line(line.point, part), h, found.kink is not None) for part in parts]
        k = int(off[1] > off[0])
        flat = halves[k]
        path.append(parts[k])
    for part in reversed(path):
        closer = judge(part)
        if closer.verdict == REJECT:
            return closer
    return found


def _halves(flat: dict[int, np.ndarray]) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Half of the inputs and the other half; of one input, half of its elements and the others."""
    if len(flat) > 1:
        keys = [*flat]
        middle = len(keys) // 2
        return {i: flat[i] for i in keys[:middle]}, {i: flat[i] for i in keys[middle:]}
    (i, some), = flat.items()
    return {i: some[:some.size // 2]}, {i: some[some.size // 2:]}


def _off(line: Line, h: float, kink: bool) -> float:
    """How far r is from flat: |r′(0)|, by one extrapolation; at a kink the steeper side."""
    if kink:
        return float(np.nan_to_num(max(abs(line(h)), abs(line(-h))) / h))
    plain = [(line(s) - line(-s)) / (2 * s) for s in (h, h / 4)]
    return float(np.nan_to_num(abs((16 * plain[1] - plain[0]) / 15)))
