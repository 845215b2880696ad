"""Optimizers, in PyTorch's names: each changes parameters in place by their gradients."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..tensors import Tensor


class Optimizer:
    """What the optimizers share: parameters in groups of one setting each."""

    def __init__(self, params: Iterable, **defaults: float):
        params = list(params)
        if not params:
            raise ValueError(f"{type(self).__name__}: got no parameters")
        groups = params if isinstance(params[0], dict) else [{"params": params}]
        self.param_groups = [{**defaults, **g, "params": list(g["params"])} for g in groups]
        for p in self._params():
            if not (isinstance(p, Tensor) and p.is_leaf):
                raise ValueError(f"{type(self).__name__}: wants leaf Tensors, got {p!r}")
        self.state: dict[Tensor, list[np.ndarray]] = {}

    def _params(self):
        return [p for g in self.param_groups for p in g["params"]]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self._params():
            p.grad = None

    def step(self) -> None:
        """Change every parameter that has a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    g = p.grad.array
                    if group["weight_decay"]:
                        g = g + group["weight_decay"] * p.array
                    self.update(p, g, group)

    def update(self, p: Tensor, g: np.ndarray, group: dict) -> None:
        """Change one parameter in place."""
        raise NotImplementedError


class SGD(Optimizer):
    """p ← p − lr·v, v ← momentum·v + g (Robbins & Monro, 1951; Polyak, 1964).

    With ``nesterov`` the step is along g + momentum·v (Sutskever et al., 2013).
    """

    def __init__(self, params: Iterable, lr: float = 1e-3, momentum: float = 0.0,
                 weight_decay: float = 0.0, nesterov: bool = False):
        if nesterov and momentum <= 0:
            raise ValueError("SGD: nesterov wants a momentum")
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay,
                         nesterov=nesterov)

    def update(self, p, g, group):
        momentum = group["momentum"]
        if momentum:
            if p not in self.state:
                self.state[p] = [g.copy()]
            else:
                self.state[p][0] *= momentum
                self.state[p][0] += g
            v = self.state[p][0]
            g = g + momentum * v if group["nesterov"] else v
        p.array[...] -= group["lr"] * g


class Adam(Optimizer):
    """p ← p − lr·m̂ / (√v̂ + eps), m and v the running means of g and g² (Kingma & Ba, 2015)."""

    def __init__(self, params: Iterable, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0.0):
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, p, g, group):
        if p not in self.state:
            self.state[p] = [np.zeros_like(g), np.zeros_like(g), np.zeros((), np.int64)]
        m, v, t = self.state[p]
        b1, b2 = group["betas"]
        t += 1
        m += (1 - b1) * (g - m)
        v *= b2
        v += (1 - b2) * g * g
        scale = group["lr"] / (1 - b1 ** int(t))
        p.array[...] -= scale * m / (np.sqrt(v) / (1 - b2 ** int(t)) ** 0.5 + group["eps"])
