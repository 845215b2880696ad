"""Steps of another length for every number: Adagrad, Adadelta, RMSprop, Rprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tensors import wrap
from .optimizer import Optimizer, count, mean, mean_square, settings, zero


class Adagrad(Optimizer):
    """s ← s + g²,   x ← x − lr / (1 + (t − 1)lr_decay)·g / (√s + eps)   (Duchi et al., 2011)."""

    def __init__(self, params: Iterable, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
                 initial_accumulator_value: float = 0, eps: float = 1e-10,
                 foreach: bool | None = None, *, maximize: bool = False,
                 differentiable: bool = False, fused: bool | None = None):
        super().__init__(params, settings(locals()))
        for group in self.param_groups:
            for p in group["params"]:  # there from the start, as in PyTorch
                self.state[p] = {name: wrap(a) for name, a in self.begin(p.array, group).items()}

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "sum": np.full_like(x, group["initial_accumulator_value"])}

    def update(self, x, g, state, group):
        t, s, d = count(state), state["sum"].array, np.empty_like(x)
        s += np.multiply(g, g, out=d)
        np.sqrt(s, out=d)
        d += group["eps"]
        np.divide(g, d, out=d)
        d *= group["lr"] / (1 + (t - 1) * group["lr_decay"])
        x -= d


class Adadelta(Optimizer):
    """Steps as long as the ones before, in units of x (Zeiler, 2012).

        v ← ρv + (1 − ρ)g²,   δ = g·√(u + eps) / √(v + eps),   u ← ρu + (1 − ρ)δ²,   x ← x − lr·δ
    """

    def __init__(self, params: Iterable, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
                 weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
                 maximize: bool = False, differentiable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "square_avg": np.zeros_like(x), "acc_delta": np.zeros_like(x)}

    def update(self, x, g, state, group):
        count(state)
        rho, eps = group["rho"], group["eps"]
        v, u, d = state["square_avg"].array, state["acc_delta"].array, np.empty_like(x)
        mean_square(v, g, rho, d)
        delta = np.sqrt(u + eps) / np.sqrt(v + eps) * g
        mean_square(u, delta, rho, d)
        x -= group["lr"] * delta


class RMSprop(Optimizer):
    """x ← x − lr·g / (√v + eps), v the running mean of g² (Tieleman & Hinton, 2012).

    ``centered`` takes the variance, v − (mean of g)², for v (Graves, 2013); with ``momentum``
    b ← μb + g / (√v + eps), x ← x − lr·b.
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0, momentum: float = 0, centered: bool = False,
                 capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        names = ["square_avg", *["momentum_buffer"] * (group["momentum"] > 0),
                 *["grad_avg"] * bool(group["centered"])]
        return {"step": zero(), **{name: np.zeros_like(x) for name in names}}

    def update(self, x, g, state, group):
        count(state)
        v, d = state["square_avg"].array, np.empty_like(x)
        mean_square(v, g, group["alpha"], d)
        if group["centered"]:
            m = state["grad_avg"].array
            mean(m, g, group["alpha"], d)
            np.multiply(m, m, out=d)
            np.subtract(v, d, out=d)
            np.sqrt(d, out=d)
        else:
            np.sqrt(v, out=d)
        d += group["eps"]
        np.divide(g, d, out=d)
        if group["momentum"] > 0:
            b = state["momentum_buffer"].array
            b *= group["momentum"]
            b += d
            d[...] = b
        d *= group["lr"]
        x -= d


class Rprop(Optimizer):
    """Resilient backpropagation: only the signs of gradients count (Riedmiller & Braun, 1993).

        η ← clip(η·η₊ or η·η₋, step_sizes)   as the sign of g stays or changes
        x ← x − η·sign(g)                    but not where it changed
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
                 step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "prev": np.zeros_like(x), "step_size": np.full_like(x, group["lr"])}

    def update(self, x, g, state, group):
        count(state)
        (minus, plus), prev, eta = group["etas"], state["prev"].array, state["step_size"].array
        same = g * prev
        eta *= np.where(same > 0, x.dtype.type(plus), np.where(same < 0, x.dtype.type(minus),
                                                               x.dtype.type(1)))
        np.clip(eta, *group["step_sizes"], out=eta)
        prev[...] = np.where(same < 0, 0, g)
        x -= eta * np.sign(prev)
