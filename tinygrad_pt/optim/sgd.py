"""Steps along the gradient: SGD with momentum, and with an average of its path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..kernels import sgd
from ..tensors import wrap
from .optimizer import Optimizer, count, settings, zero


class SGD(Optimizer):
    """Stochastic gradient descent (Robbins & Monro, 1951), with momentum (Polyak, 1964).

        v ← μv + (1 − dampening)g        (g at first)
        x ← x − lr·v                     (nesterov: x ← x − lr·(g + μv); Sutskever et al., 2013)
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, differentiable: bool = False,
                 fused: bool | None = None):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("SGD: nesterov wants a momentum and no dampening, got "
                             f"momentum {momentum}, dampening {dampening}")
        super().__init__(params, settings(locals()))

    def update_all(self, params, group):
        gs, momentum, dampening = self.gradients(params, group), group["momentum"], group["dampening"]
        for p, g in zip(params, gs, strict=True) if momentum else ():
            if "momentum_buffer" not in self.state[p]:  # what makes the first v be g
                v = g * (dampening / momentum) if dampening else np.zeros_like(g)
                self.state[p]["momentum_buffer"] = wrap(v)
        vs = [self.state[p]["momentum_buffer"].array for p in params] if momentum else None
        sgd([p.array for p in params], gs, vs, group["lr"], momentum, dampening, group["nesterov"])


class ASGD(Optimizer):
    """Averaged stochastic gradient descent (Polyak & Juditsky, 1992); ``state[p]["ax"]`` averages x.

        x ← (1 − λη)x − ηg,   ax ← ax + μ(x − ax)
        η = lr / (1 + λ·lr·t)^alpha,   μ = 1 / max(1, t − t0)
    """

    def __init__(self, params: Iterable, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
                 t0: float = 1e6, weight_decay: float = 0, foreach: bool | None = None,
                 maximize: bool = False, differentiable: bool = False, capturable: bool = False):
        super().__init__(params, settings(locals()))

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        return {"step": zero(), "eta": np.array(group["lr"], np.float32),
                "mu": np.ones((), np.float32), "ax": np.zeros_like(x)}

    def update(self, x, g, state, group):
        t, lr, lambd = count(state), group["lr"], group["lambd"]
        eta, mu, ax = state["eta"].array, state["mu"].array, state["ax"].array
        x *= 1 - lambd * eta.item()
        x -= eta.item() * g
        ax += mu.item() * (x - ax)
        eta[...] = lr / (1 + lambd * lr * t) ** group["alpha"]
        mu[...] = 1 / max(1, t - group["t0"])
