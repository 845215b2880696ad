"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ...functions.joining import cat
from ...tensors import ShapeError, Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters in one dimension, differentiable."""
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let parameters have the parts of a vector as their memory: what `parameters_to_vector` undoes."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: wants a Tensor, got {type(vec).__name__}")
    start, parameters = 0, list(parameters)
    if sum(p.numel() for p in parameters) > vec.numel():
        raise ShapeError(f"vector_to_parameters: {vec.numel()} elements are not enough for "
                         f"{[tuple(p.shape) for p in parameters]}")
    for p in parameters:
        end = start + p.numel()
        p.data = vec.detach()[start:end].reshape(p.shape)
        start = end
