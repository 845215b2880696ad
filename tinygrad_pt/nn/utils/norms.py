"""Weights of a norm that is learned, or that is 1: what the older and the newer functions share."""

from __future__ import annotations

import warnings
from typing import Any

from ...functions import no_grad
from ...functions.creation import empty
from ...functions.products import dot, mv
from ...functions.reductions import norm
from ...functions.shape import movedim
from ...tensors import Tensor
from ..functional import normalize
from ..module import Module
from ..modules.conv import _ConvTransposeNd
from ..parameter import Parameter


def norm_except_dim(v: Tensor, pow: float = 2, dim: int | None = 0) -> Tensor:
    """The norm over all dimensions but one, which are kept; over all of them if that is None or −1."""
    if dim is None or dim == -1:
        return norm(v, pow)
    return norm(v, pow, [d for d in range(v.ndim) if d != dim % v.ndim], True)


# ── the largest singular value ──────────────────────────────────────────────────────────────────

def output_dim(module: Module, dim: int | None) -> int:
    """The dimension of a layer's weight that its outputs are, unless another is given."""
    return int(isinstance(module, _ConvTransposeNd)) if dim is None else dim


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """A weight as a matrix, with a row for each index of a dimension."""
    return movedim(weight, dim, 0).flatten(1)


def directions(matrix: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Random vectors of norm 1, for the rows and the columns of a matrix."""
    u, v = (normalize(empty(n, dtype=matrix.dtype).normal_(), dim=0, eps=eps) for n in matrix.shape)
    return u, v


@no_grad()
def iterate(matrix: Tensor, u: Tensor, v: Tensor, steps: int, eps: float, first: str = "u") -> None:
    """Power iteration (von Mises, 1929), in place: u and v turn to the first singular vectors."""
    for i in range(2 * steps):
        if (i % 2 == 0) == (first == "u"):
            u.copy_(normalize(mv(matrix, v), dim=0, eps=eps))
        else:
            v.copy_(normalize(mv(matrix.T, u), dim=0, eps=eps))


def sigma(matrix: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """uᵀ M v, with the u and v of now, which later iterations change."""
    return dot(u.clone(), mv(matrix, v.clone()))


# ── the older functions: a hook that computes the weight before each call ───────────────────────

class _Computed:
    """A hook that sets an attribute of a module to what it computes of others."""

    def __init__(self, name: str):
        self.name = name

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.compute(module, module.training))

    def compute(self, module: Module, training: bool) -> Tensor:
        raise NotImplementedError

    def replace(self, module: Module, others: dict[str, Tensor]) -> None:
        """Put parameters and buffers in the place of the attribute, which is computed from now on."""
        del module._parameters[self.name]
        for name, x in others.items():
            (module.register_parameter if isinstance(x, Parameter) else module.register_buffer)(name, x)
        module.register_forward_pre_hook(self)


class _WeightNorm(_Computed):
    def __init__(self, name: str, dim: int | None):
        super().__init__(name)
        self.dim = dim

    def compute(self, module: Module, training: bool = False) -> Tensor:
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / norm_except_dim(v, 2, self.dim))


class _SpectralNorm(_Computed):
    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float):
        super().__init__(name)
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps

    def compute(self, module: Module, training: bool = False) -> Tensor:
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = as_matrix(weight, self.dim)
        if training:
            iterate(matrix, u, v, self.n_power_iterations, self.eps, "v")
        return weight / sigma(matrix, u, v)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Let a weight be g·v/‖v‖, of a length and a direction (Salimans & Kingma, 2016): parameters
    NAME_g and NAME_v. Norms are those of the vectors along ``dim``, or of all if that is None.
    """
    warnings.warn("nn.utils.weight_norm is deprecated, use nn.utils.parametrizations.weight_norm",
                  FutureWarning, stacklevel=2)
    hook, weight = _WeightNorm(name, dim), getattr(module, name)
    hook.replace(module, {f"{name}_g": Parameter(norm_except_dim(weight.detach(), 2, dim)),
                          f"{name}_v": Parameter(weight.detach())})
    setattr(module, name, hook.compute(module))
    return module


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1,
                  eps: float = 1e-12, dim: int | None = None) -> Module:
    """Divide a weight by its largest singular value (Miyato et al., 2018), found by power iteration,
    a step or more at each call in training. The parameter is NAME_orig.
    """
    hook = _SpectralNorm(name, n_power_iterations, output_dim(module, dim), eps)
    weight = getattr(module, name)
    u, v = directions(as_matrix(weight.detach(), hook.dim), eps)
    hook.replace(module, {f"{name}_orig": weight, f"{name}_u": u, f"{name}_v": v})
    setattr(module, name, weight.detach())
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Undo `weight_norm`: a parameter of the value of now. ValueError if there is none."""
    return _removed(module, name, _WeightNorm, ("g", "v"))


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Undo `spectral_norm`: a parameter of the value of now. ValueError if there is none."""
    return _removed(module, name, _SpectralNorm, ("orig", "u", "v"))


def _removed(module: Module, name: str, kind: type, parts: tuple[str, ...]) -> Module:
    for key, (hook, _) in list((module._hooks or {}).items()):
        if isinstance(hook, kind) and hook.name == name:
            value = hook.compute(module, False).detach()
            for attribute in (name, *[f"{name}_{part}" for part in parts]):
                delattr(module, attribute)
            module.register_parameter(name, Parameter(value))
            del module._hooks[key]
            return module
    raise ValueError(f"{kind.__name__.lstrip('_')}: {type(module).__name__} has none of {name!r}")
