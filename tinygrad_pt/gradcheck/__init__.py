"""Gradient checking: is the derivative that was programmed the derivative of the function?

    report = check(f, x, w)          # f: Tensors -> Tensor
    report.verdict                   # "pass", "fail" or "inconclusive"

A direction u is drawn and ⟨v, ∂f u⟩ is found twice: from the gradient, and from differences of f
along u. Differences are taken with many steps; large ones err by curvature, small ones by rounding,
and the error is *estimated* from how neighbours agree and from the measured noise of f. The gradient
passes if it lies within that error, and no constant tolerance is involved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import factorial
from typing import Any

import numpy as np


@dataclass
class Report:
    """What a check found; ``print(report)`` shows it."""

    verdict: str  # "pass", "fail" or "inconclusive"
    reason: str
    checks: int = 0
    worst: float = 0.0  # largest |analytic − numeric| / (error estimate) met
    input: int | None = None
    element: tuple[int, ...] | None = None
    direction: np.ndarray | None = field(default=None, repr=False)
    analytic: float | None = None
    numeric: float | None = None
    error_estimate: float | None = None
    table: list[tuple[float, float, float]] = field(default_factory=list, repr=False)

    def __bool__(self) -> bool:
        return self.verdict == "pass"

    def __str__(self) -> str:
        lines = [f"gradient check: {self.verdict} ({self.reason})"]
        if self.analytic is not None and self.verdict != "pass":
            at = f"input {self.input}" + ("" if self.element is None else f", element {self.element}")
            lines += [f"  at {at}: analytic {self.analytic:.10g}, "
                      f"numeric {self.numeric:.10g} ± {self.error_estimate:.1g}",
                      "        step       estimate      its error"]
            lines += [f"  {h:10.2e} {d:14.8g} {e:14.1e}" for h, d, e in self.table]
        return "\n".join(lines)


def derivative(phi: Callable[[float], float], scale: float = 1.0, floor: float = 0.0,
               side: int = 0) -> tuple[float, float, list[tuple[float, float, float]]]:
    """φ′(0), an estimate of its error, and the table of (step, estimate, error) it came from.

    Central differences (``side`` 1 or -1: the slope on that side of 0) with steps scale·4⁻ᵏ/8, each
    pair extrapolated once (Richardson, 1911). The error of an estimate is its distance from its
    neighbour plus the noise of φ (as measured, and at least ``floor``) divided by the step.
    """
    noise = max(_noise(phi, scale), floor)
    steps = [scale * 4.0**-k / 8 for k in range(13)]
    if side:
        at = phi(0.0)
        plain = [side * (phi(side * h) - at) / h for h in steps]
    else:
        plain = [(phi(h) - phi(-h)) / (2 * h) for h in steps]
    shrink = 4 if side else 16  # by which a quarter of the step makes the leading error smaller
    better = [(shrink * b - a) / (shrink - 1) for a, b in zip(plain, plain[1:], strict=False)]
    table = [(h, b, abs(b - a) + 2 * noise / h)
             for h, a, b in zip(steps[2:], better, better[1:], strict=False)]
    finite = [row for row in table if np.isfinite(row[1]) and np.isfinite(row[2])]
    if not finite:
        return float("nan"), float("inf"), table
    _, estimate, error = min(finite, key=lambda row: row[2])
    return estimate, error, table


def _noise(phi: Callable[[float], float], scale: float) -> float:
    """The rounding noise of φ near 0, from high differences of close values (Hamming, 1973).

    In two spacings: the steps of what is computed in float32 inside are wider than the first.
    """
    values = np.array([[phi(i * scale * spacing) for i in range(7)] for spacing in (1e-9, 1e-6)])
    floor = np.finfo(np.float64).eps * float(np.max(np.abs(values), initial=0))
    gamma = factorial(4) ** 2 / factorial(8)
    fourth = np.diff(values, 4, axis=1)
    return max(floor, float(np.sqrt(gamma * np.mean(fourth**2, axis=1)).max()))


def check(f: Callable, *inputs: Any, vjp: Callable | None = None, directions: int = 3,
          elements: int = 8, seed: int = 0) -> Report:
    """Check the gradient of ``f`` at ``inputs`` against finite differences.

    ``f`` takes Tensors and returns a Tensor; or takes and returns arrays, and then
    ``vjp(cotangent, *inputs) -> tuple of arrays`` is its derivative. Float inputs are checked, each
    along ``directions`` random directions and at ``elements`` single elements; on a failure the
    element with the largest error is looked for. Use float64 inputs for a sharp check.

    Returns a `Report`: "inconclusive" where differences are too noisy to tell.
    """
    random = np.random.default_rng(seed)
    arrays, value, pull = _plain(f, inputs, vjp)
    y = np.asarray(value(*arrays))
    v = random.uniform(0.5, 1.5, y.shape) * random.choice([-1.0, 1.0], y.shape)
    gradients = pull(v.astype(y.dtype), *arrays)
    report = Report("pass", "")
    for i, x in enumerate(arrays):
        if x.dtype.kind != "f" or not x.size:
            continue
        g = np.asarray(gradients[i])
        if g.shape != x.shape:
            return Report("fail", f"the gradient of input {i} has shape {g.shape}, not {x.shape}",
                          input=i)

        # Rounding of the values, and of the inputs moved, in the coarsest dtype involved.
        eps = max(np.finfo(x.dtype).eps, np.finfo(y.dtype).eps)
        floor = float(eps * (np.linalg.norm(v * y) + np.linalg.norm(g * x)))

        def along(u, i=i, x=x, g=g, floor=floor, element=None):
            """Compare the two derivatives along u; True if they agree."""
            def phi(t):
                moved = [*arrays]
                moved[i] = (x + t * u).astype(x.dtype)
                return float(np.vdot(v, np.asarray(value(*moved), dtype=np.float64)))

            analytic = float(np.vdot(g.astype(np.float64), u))
            return _judge(report, phi, analytic, floor, i, element, u)

        agreed = all([along(random.uniform(0.5, 1, x.shape) * random.choice([-1, 1], x.shape))
                      for _ in range(directions)])
        some = random.permutation(x.size)[:elements if agreed else 1000]
        for k in some:
            u = np.zeros(x.size)
            u[k] = 1
            along(u.reshape(x.shape), element=tuple(map(int, np.unravel_index(k, x.shape))))
    if report.verdict == "pass":
        report.reason = (f"{report.checks} derivatives agree with finite differences; "
                         f"the largest difference is {report.worst:.2g} times its error estimate")
    return report


def _judge(report: Report, phi: Callable, analytic: float, floor: float, i: int,
           element: Any, u: np.ndarray) -> bool:
    """Compare one derivative and keep the worst in the report."""
    numeric, error, table = derivative(phi, floor=floor)
    error += 1e-12 * abs(numeric)
    distance = abs(analytic - numeric)
    report.checks += 1
    verdict, reason = "pass", ""
    if not distance <= 10 * error:
        (left, e1, _), (right, e2, _) = (derivative(phi, floor=floor, side=s) for s in (-1, 1))
        slack = 10 * (e1 + e2)
        if abs(left - right) > slack and (min(left, right) - slack <= analytic
                                          <= max(left, right) + slack):
            return True  # a kink, and the value lies between its slopes
        verdict, reason = "fail", "the gradient differs from finite differences"
    elif error > 1e-3 * max(abs(numeric), abs(analytic), 1e-6):
        verdict, reason = "inconclusive", "finite differences are too noisy here to tell"
    ratio = distance / error if error else 0.0
    severity = ["pass", "inconclusive", "fail"]
    if (severity.index(verdict), ratio) >= (severity.index(report.verdict), report.worst):
        report.verdict, report.reason, report.worst = verdict, reason, ratio
        report.input, report.element, report.direction = i, element, u
        report.analytic, report.numeric, report.error_estimate = analytic, numeric, error
        report.table = table
    return verdict == "pass"


def _plain(f: Callable, inputs: tuple, vjp: Callable | None) -> tuple[list, Callable, Callable]:
    """The inputs as arrays, and f and its derivative as functions of arrays."""
    if vjp is not None:
        return [np.asarray(x) for x in inputs], f, vjp
    from ..autograd import grad, no_grad
    from ..tensors import wrap
    arrays = [x.detach().array for x in inputs]

    def value(*xs):
        with no_grad():
            return f(*map(wrap, xs)).array

    def pull(v, *xs):
        leaves = [wrap(x) for x in xs]
        wanted = [x.requires_grad_() for x in leaves if x.dtype.kind == "f"]
        y = f(*leaves)
        if not y.requires_grad:
            return [np.zeros(x.shape) for x in leaves]
        found = iter(grad(y, wanted, wrap(v), allow_unused=True))
        return [np.zeros(x.shape) if x.dtype.kind != "f" or (g := next(found)) is None else g.array
                for x in leaves]

    return arrays, value, pull
