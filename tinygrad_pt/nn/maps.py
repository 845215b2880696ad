"""Linear and bilinear maps."""

from __future__ import annotations

from ..functions.products import einsum
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply
from ..tensors import linear as quick_linear

AFFINE, LINEAR = TABLE["affine"], TABLE["linear"]


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = x Wᵀ + b for x (…, in), weight (out, in), bias (out)."""
    y = quick_linear(x, weight, bias)
    if y is not None:
        return y
    if x.ndim < 2 or weight.ndim != 2 or x.dtype is not weight.dtype:
        y = x @ weight.T  # vectors, and errors
    elif bias is not None and bias.dtype is x.dtype and bias.shape == weight.shape[:1]:
        return apply(AFFINE, (x, weight, bias), {})
    else:
        y = apply(LINEAR, (x, weight), {})
    return y if bias is None else y + bias


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """yₖ = x₁ᵀ Wₖ x₂ + bₖ for x₁ (…, m), x₂ (…, n), weight (out, m, n), bias (out)."""
    if (input1.shape[:-1] != input2.shape[:-1] or weight.ndim != 3
            or input1.shape[-1:] + input2.shape[-1:] != weight.shape[1:]):
        raise ShapeError(f"bilinear: wants (…, m), (…, n) and weight (out, m, n), got {input1.shape}, "
                         f"{input2.shape} and {weight.shape}")
    y = einsum("...m,omn,...n->...o", input1, weight, input2)
    return y if bias is None else y + bias
