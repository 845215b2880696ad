"""Normalisation: x − mean, divided by the standard deviation, over one or other set of dimensions."""

from __future__ import annotations

from math import prod
from typing import Any

from ..dtypes import finfo, float16
from ..functions import no_grad
from ..functions.elementwise import rsqrt
from ..functions.joining import pad
from ..functions.reductions import mean
from ..functions.shape import reshape
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, as_size

LAYER_NORM, STANDARDIZE = TABLE["layer_norm"], TABLE["standardize"]


def batch_norm(x: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
               weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
               momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    """(x − E[x]) / √(Var[x] + ε)·weight + bias for each channel of (N, C, …) (Ioffe & Szegedy, 2015).

    With ``training`` E and Var are of this batch, and the running ones move towards them by momentum
    (the variance with n − 1); else they are the running ones. ValueError if a channel in training has
    a single element, RuntimeError for shapes that do not fit.
    """
    if x.ndim < 2:
        raise ShapeError(f"batch_norm: wants (N, C, …), got shape {x.shape}")
    _check("batch_norm", (x.shape[1],), running_mean=running_mean, running_var=running_var,
           weight=weight, bias=bias)
    _one_dtype("batch_norm", x, weight, bias, running_mean, running_var)
    shape, dims = _along(x, 1), (0, *range(2, x.ndim))
    n = prod(x.shape[d] for d in dims)
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("batch_norm: wants running_mean and running_var unless training")
        y = (x - reshape(running_mean, shape)) * rsqrt(reshape(running_var, shape) + eps)
        return _scaled(y, weight, bias, shape)
    if n == 1:
        raise ShapeError(f"batch_norm: in training wants more than 1 value per channel, got shape "
                         f"{x.shape}")
    y, average, variance = _standard(x, dims, eps)
    if n:
        _move(running_mean, average, momentum)
        _move(running_var, variance * (n / (n - 1)), momentum)
    return _scaled(y, weight, bias, shape)


def instance_norm(x: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
                  weight: Tensor | None = None, bias: Tensor | None = None,
                  use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    """`batch_norm` of each image (N, C, …) by itself (Ulyanov et al., 2016)."""
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, momentum, eps)
    if x.ndim < 3:
        raise ShapeError(f"instance_norm: wants (N, C, …), got shape {x.shape}")
    _check("instance_norm", (x.shape[1],), running_mean=running_mean, running_var=running_var,
           weight=weight, bias=bias)
    _one_dtype("instance_norm", x, weight, bias)
    n = prod(x.shape[2:])
    if n == 1:
        raise ShapeError(f"instance_norm: wants more than 1 value per channel, got shape {x.shape}")
    y, average, variance = _standard(x, tuple(range(2, x.ndim)), eps)
    if n and len(x):
        _move(running_mean, mean(average, 0), momentum)
        _move(running_var, mean(variance, 0) * (n / (n - 1)), momentum)
    return _scaled(y, weight, bias, _along(x, 1))


def layer_norm(x: Tensor, normalized_shape: Any, weight: Tensor | None = None,
               bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """(x − E[x]) / √(Var[x] + ε)·weight + bias over the last dimensions (Ba et al., 2016).

    These, and weight and bias, have ``normalized_shape``; RuntimeError if not.
    """
    dims = _last("layer_norm", x, normalized_shape, weight=weight, bias=bias)
    _one_dtype("layer_norm", x, weight, bias)
    if len(dims) == 1 and weight is not None and bias is not None and x.dtype == weight.dtype:
        return apply(LAYER_NORM, (x, weight, bias), {"eps": eps})
    rows = x if len(dims) == 1 else reshape(x, (*x.shape[:-len(dims)], prod(x.shape[-len(dims):])))
    y = apply(STANDARDIZE, (rows,), {"eps": eps})
    return _scaled(y if len(dims) == 1 else reshape(y, x.shape), weight, bias)


def rms_norm(x: Tensor, normalized_shape: Any, weight: Tensor | None = None,
             eps: float | None = None) -> Tensor:
    """x / √(E[x²] + ε)·weight over the last dimensions (Zhang & Sennrich, 2019).

    ε is the dtype's if not given.
    """
    dims = _last("rms_norm", x, normalized_shape, weight=weight)
    eps = finfo(x.dtype).eps if eps is None else eps
    return _scaled(x * rsqrt(mean(x * x, dims, True) + eps), weight, None)


def group_norm(x: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
               eps: float = 1e-5) -> Tensor:
    """`layer_norm` of each of so many groups of the channels of (N, C, …) (Wu & He, 2018)."""
    if x.ndim < 2 or num_groups < 1 or x.shape[1] % num_groups:
        raise ShapeError(f"group_norm: {num_groups} groups do not fit (N, C, …) of shape {x.shape}")
    _check("group_norm", (x.shape[1],), weight=weight, bias=bias)
    _one_dtype("group_norm", x, weight, bias)
    if prod(x.shape) == num_groups:
        raise ShapeError(f"group_norm: wants more than 1 value per group, got shape {x.shape}")
    groups = reshape(x, x.shape[0], num_groups, prod(x.shape[1:]) // num_groups)
    return _scaled(reshape(apply(STANDARDIZE, (groups,), {"eps": eps}), x.shape), weight, bias,
                   _along(x, 1))


def local_response_norm(x: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75,
                        k: float = 1.0) -> Tensor:
    """x / (k + α·mean of x² over ``size`` neighbouring channels)^β (Krizhevsky et al., 2012)."""
    if x.ndim < 3:
        raise ShapeError(f"local_response_norm: wants (N, C, …), got shape {x.shape}")
    squares = pad(x * x, (*[0] * (2 * x.ndim - 4), size // 2, (size - 1) // 2))
    near = sum(squares[:, i:i + x.shape[1]] for i in range(size)) / size
    return x / (near * alpha + k) ** beta


# ── what they share ─────────────────────────────────────────────────────────────────────────────

def _standard(x, dims, eps):
    """x with mean 0 and variance 1 over dimensions; and the mean and variance that it had."""
    average = mean(x, dims, True)
    away = x - average
    variance = mean(away * away, dims, True)
    return away * rsqrt(variance + eps), average, variance


def _scaled(y, weight, bias, shape=None):
    if weight is not None:
        y = y * (weight if shape is None else reshape(weight, shape))
    return y if bias is None else y + (bias if shape is None else reshape(bias, shape))


def _along(x, dim):
    """The shape of one number for each index of a dimension, to broadcast with x."""
    return tuple(n if d == dim else 1 for d, n in enumerate(x.shape))


def _move(running, to, momentum):
    """running ← (1 − momentum)·running + momentum·to."""
    if running is not None:
        with no_grad():
            running.copy_(running * (1 - momentum) + reshape(to, running.shape) * momentum)


def _last(op, x, normalized_shape, **tensors):
    """The last dimensions, which have this shape."""
    shape = as_size(tuple(normalized_shape) if isinstance(normalized_shape, list | tuple)
                    else (normalized_shape,))
    if not shape or tuple(x.shape[-len(shape):]) != shape:
        raise ShapeError(f"{op}: wants shape (…, {', '.join(map(str, shape))}), got {tuple(x.shape)}")
    _check(op, shape, **tensors)
    return tuple(range(-len(shape), 0))


def _check(op, shape, **tensors):
    for name, t in tensors.items():
        if t is not None and t.shape != shape:
            raise ShapeError(f"{op}: wants {name} of shape {tuple(shape)}, got {tuple(t.shape)}")


def _one_dtype(op, x, *tensors):
    """That the others are of x's dtype; an x of float16 may be scaled in float32."""
    for t in tensors:
        if t is not None and t.dtype != x.dtype != float16:
            raise RuntimeError(f"{op}: wants one dtype, got {x.dtype} and {t.dtype}")
