"""LBFGS: Newton's method from the last few gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Any, NamedTuple

import numpy as np

from ..graph import enable_grad
from ..tensors import Tensor, touch, wrap
from .optimizer import Optimizer, settings


class LBFGS(Optimizer):
    """Steps d = −H·g, where H, the inverse Hessian, is known by the last changes s of x and y of g.

    The product is the two-loop recursion of Nocedal (1980), with H = yᵀs/yᵀy at first. A step is as
    long as ``lr``, or with ``line_search_fn="strong_wolfe"`` found by a line search for Wolfe's
    conditions (Nocedal & Wright, 2006, algorithms 3.5 and 3.6). There is one group of parameters.
    """

    def __init__(self, params: Iterable, lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
                 tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9,
                 history_size: int = 100, line_search_fn: str | None = None):
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, settings(locals()))
        if len(self.param_groups) != 1:
            raise ValueError(f"LBFGS: wants one group of parameters, got {len(self.param_groups)}")

    def step(self, closure: Callable[[], Any]) -> Any:
        """Up to ``max_iter`` iterations; ``closure`` clears the gradients and computes the loss and its
        gradients, each time anew. Its first result is returned.
        """
        group = self.param_groups[0]
        lr, max_iter, max_eval = group["lr"], group["max_iter"], group["max_eval"]
        tiny, search = group["tolerance_change"], group["line_search_fn"]
        if search not in (None, "strong_wolfe"):
            raise RuntimeError(f"LBFGS: line_search_fn is 'strong_wolfe' or None, got {search!r}")
        params: list[Tensor] = group["params"]
        state = self.state[params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        def evaluate() -> Any:
            state["func_evals"] += 1
            with enable_grad():
                return closure()

        def flat(tensors: Iterable) -> np.ndarray:
            return np.concatenate([p.array.ravel() * 0 if t is None else t.array.ravel()
                                   for p, t in zip(params, tensors, strict=True)])

        def put(x: np.ndarray) -> None:
            """Let the parameters be the numbers of x."""
            for p in params:
                p.array[...] = x[:p.array.size].reshape(p.shape)
                x = x[p.array.size:]
                touch(p, "step")

        def at(t: float) -> Point:
            """The loss and the slope at t along the line from x to x + d."""
            put(x + t * d)
            loss, g = float(evaluate()), flat(p.grad for p in params)
            return Point(t, loss, g, float(g @ d))

        start = state["func_evals"]
        first = evaluate()
        loss, g = float(first), flat(p.grad for p in params)
        if abs(g).max(initial=0) <= group["tolerance_grad"]:
            return first
        x = flat(params)
        past = [(s.array, y.array) for s, y in zip(state.get("old_stps", ()), state.get("old_dirs", ()),
                                                   strict=True)]
        for i in range(max_iter):
            state["n_iter"] += 1
            if state["n_iter"] > 1:
                t, old = state["t"], state["d"].array
                s, y = old * t, g - state["prev_flat_grad"].array
                if y @ s > 1e-10:
                    past = [*past, (s, y)][-group["history_size"]:]
                    state["H_diag"] = float(y @ s) / float(y @ y)
                d, t = -_times_inverse_hessian(g, past, state["H_diag"]), lr
            else:
                past, state["H_diag"] = [], 1
                d, t = -g, min(1.0, 1 / float(abs(g).sum())) * lr
            before, slope = loss, float(g @ d)
            state.update(d=wrap(d), t=t, prev_flat_grad=wrap(g), prev_loss=loss)
            if slope > -tiny:
                break
            if search:
                budget = max_eval - (state["func_evals"] - start)
                t, loss, g, _ = strong_wolfe(at, Point(0, loss, g, slope), t, float(abs(d).max()), tiny,
                                             budget)
                state["t"] = t
            x = x + t * d
            put(x)
            if not search and i + 1 < max_iter:
                loss, g = float(evaluate()), flat(p.grad for p in params)
            if (state["func_evals"] - start >= max_eval or abs(loss - before) < tiny
                    or abs(g).max() <= group["tolerance_grad"] or abs(d * t).max() <= tiny):
                break
        state["old_stps"], state["old_dirs"] = ([wrap(v) for v in vs] for vs in zip(*past, strict=True)
                                                ) if past else ([], [])
        return first


def _times_inverse_hessian(g: np.ndarray, past: list, scale: float) -> np.ndarray:
    """H·g by the pairs (s, y), the latest last."""
    q, alphas = g.copy(), []
    for s, y in reversed(past):
        alphas.append(s @ q / (y @ s))
        q -= alphas[-1] * y
    q *= scale
    for (s, y), alpha in zip(past, reversed(alphas), strict=True):
        q += (alpha - y @ q / (y @ s)) * s
    return q


class Point(NamedTuple):
    """A point on the line of a search: where, the loss, its gradient, its slope along the line."""

    t: float
    loss: float
    g: np.ndarray
    slope: float


def _lowest(a: Point, b: Point, low: float, high: float) -> float:
    """Where the cubic through two points with their slopes is lowest, within low … high."""
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 ** 2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = sqrt(square)
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(t, low), high)


def strong_wolfe(at: Callable[[float], Point], start: Point, t: float, size: float, tiny: float,
                 budget: int, c1: float = 1e-4, c2: float = 0.9) -> Point:
    """A point that is low enough, loss ≤ loss₀ + c₁·t·slope₀, and flat enough, |slope| ≤ c₂|slope₀|.

    ``size`` is the greatest element of the direction: a bracket is given up below tiny / size.
    """
    def too_high(p: Point) -> bool:
        return p.loss > start.loss + c1 * p.t * start.slope

    def flat(p: Point) -> bool:
        return abs(p.slope) <= -c2 * start.slope

    before, new, tries = start, at(t), 0
    while tries < budget:  # go further until a good point lies between the last two
        if too_high(new) or (tries > 1 and new.loss >= before.loss):
            break
        if flat(new):
            return new
        if new.slope >= 0:
            break
        t = _lowest(before, new, new.t + 0.01 * (new.t - before.t), new.t * 10)
        before, new, tries = new, at(t), tries + 1
    else:
        before = start
    low, high = (before, new) if before.loss <= new.loss else (new, before)
    stuck = False
    while tries < budget and abs(high.t - low.t) * size >= tiny:  # narrow it
        left, right = sorted((low.t, high.t))
        t = _lowest(low, high, left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            stuck = False
        elif stuck or not left < t < right:  # twice near an end, or at it: move inwards
            t, stuck = right - margin if right - t < t - left else left + margin, False
        else:
            stuck = True
        new, tries = at(t), tries + 1
        if too_high(new) or new.loss >= low.loss:
            low, high = (low, new) if low.loss <= new.loss else (new, low)
            continue
        if flat(new):
            return new
        if new.slope * (high.t - low.t) >= 0:
            high = low
        low = new
    return low
