"""Adam and its variants: steps scaled by running means m of g and v of g².

    m ← β₁m + (1 − β₁)g,   v ← β₂v + (1 − β₂)g²,   m̂ = m / (1 − β₁ᵗ),   v̂ = v / (1 − β₂ᵗ)
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any

import numpy as np

from ..kernels import adam
from .optimizer import Optimizer, count, mean, mean_square, settings, zero


class Adam(Optimizer):
    """x ← x − lr·m̂ / (√v̂ + eps) (Kingma & Ba, 2015).

    ``amsgrad`` divides by the greatest v so far (Reddi, Kale & Kumar, 2018);
    ``decoupled_weight_decay`` makes this `AdamW`.
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
                 foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None,
                 decoupled_weight_decay: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        greatest = {"max_exp_avg_sq": np.zeros_like(x)} if group["amsgrad"] else {}
        return {"step": zero(), "exp_avg": np.zeros_like(x), "exp_avg_sq": np.zeros_like(x), **greatest}

    def update_all(self, params, group):
        states = self.states(params, group)
        t, m, v, *greatest = [[s[name].array for s in states] for name in (
            "step", "exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if group["amsgrad"] else []))]
        decay = group["weight_decay"] if group["decoupled_weight_decay"] else 0
        adam([p.array for p in params], self.gradients(params, group), m, v, *greatest or [None], t,
             group["lr"], group["betas"], group["eps"], 1 - group["lr"] * decay)


class AdamW(Adam):
    """Adam with x ← (1 − lr·weight_decay)x before each step (Loshchilov & Hutter, 2019)."""

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
                 maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
                 differentiable: bool = False, fused: bool | None = None):
        super().__init__(params, decoupled_weight_decay=True, **settings(locals()))


class Adamax(Optimizer):
    """Adam by the greatest gradient (Kingma & Ba, 2015, section 7).

        u ← max(β₂u, |g| + eps),   x ← x − lr·m̂ / u
    """

    def __init__(self, params: Iterable, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, foreach: bool | None = None, *,
                 maximize: bool = False, differentiable: bool = False, capturable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "exp_avg": np.zeros_like(x), "exp_inf": np.zeros_like(x)}

    def update(self, x, g, state, group):
        t, (b1, b2) = count(state), group["betas"]
        m, u, d = state["exp_avg"].array, state["exp_inf"].array, np.empty_like(x)
        mean(m, g, b1, d)
        np.abs(g, out=d)
        d += group["eps"]
        u *= b2
        np.maximum(u, d, out=u)
        np.divide(m, u, out=d)
        d *= group["lr"] / (1 - b1 ** t)
        x -= d


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2016).

        μₜ = β₁(1 − ½·0.96^(t·momentum_decay)),   Πₜ = μ₁…μₜ
        x ← x − lr·((1 − μₜ)g / (1 − Πₜ) + μₜ₊₁m / (1 − Πₜ₊₁)) / (√v̂ + eps)
    """

    def __init__(self, params: Iterable, lr: float = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, momentum_decay: float = 4e-3,
                 decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False, differentiable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "mu_product": np.ones((), np.float32), "exp_avg": np.zeros_like(x),
                "exp_avg_sq": np.zeros_like(x)}

    def update(self, x, g, state, group):
        t, (b1, b2), lr = count(state), group["betas"], group["lr"]
        m, v, d = state["exp_avg"].array, state["exp_avg_sq"].array, np.empty_like(x)
        mu, after = (b1 * (1 - 0.5 * 0.96 ** (s * group["momentum_decay"])) for s in (t, t + 1))
        product = state["mu_product"].array
        product *= mu
        mean(m, g, b1, d)
        mean_square(v, g, b2, d)
        np.sqrt(np.divide(v, 1 - b2 ** t, out=d), out=d)
        d += group["eps"]
        x -= lr * (1 - mu) / (1 - product.item()) * g / d
        x -= lr * after / (1 - product.item() * after) * m / d


class RAdam(Optimizer):
    """Adam that is cautious while v̂ is uncertain (Liu et al., 2020).

        ρ∞ = 2 / (1 − β₂) − 1,   ρ = ρ∞ − 2tβ₂ᵗ / (1 − β₂ᵗ)
        x ← x − lr·m̂·r / (√v + eps)·√(1 − β₂ᵗ)   if ρ > 5, else x ← x − lr·m̂
        r² = (ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ)
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, decoupled_weight_decay: bool = False, *,
                 foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "exp_avg": np.zeros_like(x), "exp_avg_sq": np.zeros_like(x)}

    def update(self, x, g, state, group):
        t, (b1, b2) = count(state), group["betas"]
        m, v, d = state["exp_avg"].array, state["exp_avg_sq"].array, np.empty_like(x)
        mean(m, g, b1, d)
        mean_square(v, g, b2, d)
        most = 2 / (1 - b2) - 1
        rho = most - 2 * t * b2 ** t / (1 - b2 ** t)
        np.divide(m, 1 - b1 ** t, out=d)
        d *= group["lr"]
        if rho > 5:
            r = sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
            d *= r * sqrt(1 - b2 ** t)
            d /= np.sqrt(v) + group["eps"]
        x -= d
