"""Gradients kept from being too large."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...functions import no_grad
from ...functions.creation import tensor
from ...functions.joining import stack
from ...functions.reductions import norm
from ...tensors import Tensor


@no_grad()
def get_total_norm(tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False,
                   foreach: bool | None = None) -> Tensor:
    """The p-norm of all elements of some tensors together.

    RuntimeError, with ``error_if_nonfinite``, if it is infinite or not a number.
    """
    norms = [norm(x, norm_type) for x in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    if not norms:
        return tensor(0.0)
    total = norm(stack(norms), norm_type)
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(f"get_total_norm: the norm of order {norm_type} is {total.item()}")
    return total


@no_grad()
def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Tensor,
                          foreach: bool | None = None) -> None:
    """Multiply all gradients by max_norm / total_norm if that is below 1."""
    factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0).item()
    if factor != 1:
        for g in _gradients(parameters):
            g.mul_(factor)


def clip_grad_norm_(parameters: Any, max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """Let the norm of all gradients together be at most max_norm; returns what it was."""
    parameters = _listed(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


clip_grad_norm = clip_grad_norm_


@no_grad()
def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Let every gradient's elements lie within [−clip_value, clip_value]."""
    for g in _gradients(parameters):
        g.clamp_(-float(clip_value), float(clip_value))


def _listed(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def _gradients(parameters: Any) -> list[Tensor]:
    return [p.grad for p in _listed(parameters) if p.grad is not None]
