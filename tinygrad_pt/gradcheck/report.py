"""What a check found, as a lesson: in text, and drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Any


@dataclass
class Step:
    """A row of the table: a step, the slopes it gives to the left, centrally and to the right, the best
    extrapolated estimate and the estimate of its error.
    """

    step: float
    left: float
    central: float
    right: float
    estimate: float
    error: float


@dataclass
class Report:
    """What a check found; ``print(report)`` explains it, a notebook draws it.

    The derivative compared is that of ⟨v, f⟩, v a random cotangent, along ``direction`` (which is 1 at
    ``element`` and 0 elsewhere if there is an element): ``analytic`` as the gradient says,
    ``numeric`` ± ``error_estimate`` as differences say.
    """

    verdict: str  # "pass", "fail" or "inconclusive"
    reason: str
    input: int | None = None  # which argument
    path: str = ""  # where in the argument, if it is a nest
    element: tuple[int, ...] | None = None
    direction: Any = field(default=None, repr=False)  # in each float input
    analytic: float | None = None
    numeric: float | None = None
    error_estimate: float | None = None
    kink: tuple[float, float] | None = None  # the slopes on its two sides, where there is one
    table: list[Step] = field(default_factory=list, repr=False)
    checks: int = 0  # how many derivatives were compared
    worst: float = 0.0  # the largest distance, in estimated errors
    precision: str = "float64"  # in which the function was seen to compute

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    @property
    def best(self) -> Step | None:
        """The row of the table with the smallest estimated error among those that count."""
        if self.error_estimate is None:
            return None
        rows = [r for r in self.table if isfinite(r.error) and self.numeric is not None
                and abs(r.estimate - self.numeric) <= 2 * self.error_estimate]
        return min(rows, key=lambda r: r.error, default=None)

    def where(self) -> str:
        """Input and element in words."""
        at = "several inputs" if self.input is None else f"input {self.input}{self.path}"
        return at + (", a random direction" if self.element is None else f", element {self.element}")

    def __str__(self) -> str:
        lines = [f"gradient check: {self.verdict}", f"  {self.reason}"]
        if self.verdict == "pass" or (self.input is None and self.analytic is None):
            return "\n".join(lines)
        lines += ["", f"  {self.where()}"]
        if self.analytic is None:
            return "\n".join(lines)
        lines += [
                  f"    analytic  {self.analytic:.10g}",
                  f"    numeric   {self.numeric:.10g} ± {self.error_estimate:.1g}"]
        if self.kink is not None:
            left, right = self.kink
            lines.append(f"    kink      slope {left:.6g} on the left, {right:.6g} on the right")
        if self.table:
            lines += ["", "        step     (φ(h)−φ(−h))/2h   extrapolated      its error"]
            best = self.best
            for r in self.table:
                note = ""
                if r is best:
                    note = "  ◂ best"
                elif r is self.table[0]:
                    note = "  long steps: truncation"
                elif r is self.table[-1]:
                    note = "  short steps: rounding"
                lines.append(f"    {r.step:8.1e}  {r.central:18.10g} {r.estimate:18.10g}"
                             f"  {r.error:8.1e}{note}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        color = {"pass": "#1a7f37", "fail": "#cf222e"}.get(self.verdict, "#9a6700")
        head = (f'<div style="font-family:system-ui,sans-serif"><b style="color:{color}">gradient '
                f'check: {self.verdict}</b>: {escape(self.reason)}')
        if self.analytic is None:
            return head + "</div>"
        return (f"{head}<br>{escape(self.where())}: analytic {self.analytic:.10g}, numeric "
                f"{self.numeric:.10g} ± {self.error_estimate:.1g}<br>{self.svg()}</div>")

    def svg(self) -> str:
        """The table drawn: on logarithmic axes, the error against the step.

        Dots: how far the plain difference quotient is from the best estimate. Line: the estimated
        error of the extrapolated one. Dashed: how far the analytic value is.
        """
        rows = [r for r in self.table if r.step > 0]
        if not rows or self.numeric is None:
            return ""
        return _plot([r.step for r in rows],
                     [abs(r.central - self.numeric) for r in rows],
                     [r.error for r in rows],
                     abs((self.analytic or 0.0) - self.numeric))


def _plot(steps: list[float], dots: list[float], line: list[float], level: float) -> str:
    """An SVG of dots and a line over steps, and a level, on logarithmic axes."""
    width, height, left, right, top, bottom = 560, 300, 56, 540, 24, 256
    drawn = [y for y in (*dots, *line, level) if isfinite(y) and y > 0] or [1.0]
    x0, x1 = log10(min(steps)), log10(max(steps))
    y0, y1 = floor(log10(min(drawn))), ceil(log10(max(drawn)))

    def across(x: float) -> float:
        return left + (log10(x) - x0) / (x1 - x0 or 1) * (right - left)

    def up(y: float) -> float:
        return top + (y1 - log10(max(y, 10.0**y0))) / (y1 - y0 or 1) * (bottom - top)

    def text(x: float, y: float, words: str, anchor: str = "middle", color: str = "#57606a") -> str:
        return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{color}">{words}</text>'

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
           'font-family="system-ui,sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for k in range(y0, y1 + 1, max(1, (y1 - y0) // 6)):
        y = up(10.0**k)
        out += [f'<path d="M{left} {y:.1f}H{right}" stroke="#e3e3e3"/>',
                text(left - 6, y + 4, f"1e{k}", "end")]
    out += [text(across(10.0**k), bottom + 16, f"1e{k}") for k in range(ceil(x0), int(x1) + 1, 2)]
    out += [text((left + right) / 2, height - 10, "step"), text(30, 14, "error"),
            text(200, 14, "● difference quotient", color="#bc4c00"),
            text(370, 14, "● extrapolated: estimated error", color="#0969da")]
    path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in zip(steps, line, strict=True)
                    if isfinite(y))
    out.append(f'<polyline points="{path}" fill="none" stroke="#0969da" stroke-width="1.5"/>')
    out += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="#bc4c00"/>'
            for x, y in zip(steps, dots, strict=True) if isfinite(y)]
    if level > 0 and isfinite(level):
        out += [f'<path d="M{left} {up(level):.1f}H{right}" stroke="#cf222e" stroke-dasharray="5 4"/>',
                text(right, up(level) - 5, "distance of the analytic value", "end", "#cf222e")]
    return "".join([*out, "</svg>"])
