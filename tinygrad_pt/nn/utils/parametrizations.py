"""Weights that are functions of others: see `parametrize`."""

from __future__ import annotations

from functools import partial

from ...places import lookup
from ...tensors import Tensor
from ..functional import normalize
from ..module import Module
from .norms import as_matrix, directions, iterate, norm_except_dim, output_dim, sigma
from .parametrize import register_parametrization

__all__ = ["spectral_norm", "weight_norm"]
__getattr__ = partial(lookup, __name__)


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0):
        self.dim = dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except_dim(weight_v, 2, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, 2, self.dim), weight


class _SpectralNorm(Module):
    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float):
        if n_power_iterations <= 0:
            raise ValueError("spectral_norm: wants at least one power iteration, got "
                             f"{n_power_iterations}")
        self.dim, self.eps, self.n_power_iterations = dim, eps, n_power_iterations
        if weight.ndim > 1:
            matrix = as_matrix(weight.detach(), dim)
            u, v = directions(matrix, eps)
            iterate(matrix, u, v, 15, eps)
            self.register_buffer("_u", u)
            self.register_buffer("_v", v)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            iterate(matrix, self._u, self._v, self.n_power_iterations, self.eps)
        return weight / sigma(matrix, self._u, self._v)

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a weight be g·v/‖v‖, of a length ``original0`` and a direction ``original1`` (Salimans &
    Kingma, 2016). Norms are those of the vectors along ``dim``, or of all if that is None.
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1,
                  eps: float = 1e-12, dim: int | None = None) -> Module:
    """Divide a weight by its largest singular value (Miyato et al., 2018), found by power iteration,
    a step or more each time it is read in training.
    """
    norm = _SpectralNorm(getattr(module, name), n_power_iterations, output_dim(module, dim), eps)
    return register_parametrization(module, name, norm)
