"""Losses as functions: how far an ``input`` x is from a ``target`` t.

Each is a formula per element or example, and what becomes of these numbers: their mean, their sum,
or "none" (each is returned), the ``reduction``. ``size_average`` and ``reduce`` are its older form.
ValueError for another reduction, ShapeError for shapes that do not fit.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import log as number_log
from math import pi
from typing import Any

import numpy as np

from ..batching import is_box
from ..functions.activations import logsigmoid
from ..functions.common import plain
from ..functions.creation import full, full_like
from ..functions.elementwise import (
    abs,
    bce,
    clamp_min,
    exp,
    log,
    minimum,
    smooth_l1,
    softplus,
    sqrt,
    square,
    where,
    xlogy,
)
from ..functions.indexing import gather
from ..functions.reductions import log_softmax, mean, norm, sum
from ..functions.shape import reshape, unsqueeze
from ..kernels import in_range
from ..ops import TABLE
from ..tensors import ShapeError, Tensor, apply, wrap

CROSS_ENTROPY = TABLE["cross_entropy"]


class TargetOutOfRange(IndexError, RuntimeError):
    """A class beyond the scores: where PyTorch has one of these errors, where the other."""


# ── what becomes of the losses ──────────────────────────────────────────────────────────────────

def how(name: str, reduction: str, size_average: bool | None = None,
        reduce: bool | None = None) -> str:
    """The reduction, where need be from its older form. ValueError if there is none such."""
    if size_average is not None or reduce is not None:
        warnings.warn(f"{name}: size_average and reduce are deprecated, use reduction=", stacklevel=3)
        return "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction is 'mean', 'sum' or 'none', got {reduction!r}")
    return reduction


def reduced(losses: Tensor, reduction: str) -> Tensor:
    return mean(losses) if reduction == "mean" else sum(losses) if reduction == "sum" else losses


def _weighted(losses: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """`reduced` losses with a weight each, by whose sum a mean divides."""
    if weight is None:
        return reduced(losses, reduction)
    if weight.shape != losses.shape:
        raise ShapeError(f"wants a weight for each loss, got shapes {weight.shape} and {losses.shape}")
    losses = losses * weight
    return sum(losses) / sum(weight) if reduction == "mean" else reduced(losses, reduction)


def _paired(name: str, x: Tensor, target: Tensor) -> None:
    """That x and target have one shape; a warning where they only broadcast to one."""
    if x.array.shape == target.array.shape:
        return
    try:
        np.broadcast_shapes(x.shape, target.shape)
    except ValueError:
        raise ShapeError(f"{name}: x has shape {tuple(x.shape)}, the target {tuple(target.shape)}"
                         ) from None
    warnings.warn(f"{name}: x has shape {tuple(x.shape)}, the target {tuple(target.shape)}: they "
                  "broadcast, which is rarely what is meant", stacklevel=3)


def _same(name: str, x: Tensor, target: Tensor) -> None:
    if x.shape != target.shape:
        raise ShapeError(f"{name}: x has shape {tuple(x.shape)}, the target {tuple(target.shape)}")


# ── distances ───────────────────────────────────────────────────────────────────────────────────

def mse_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
             reduce: bool | None = None, reduction: str = "mean",
             weight: Tensor | None = None) -> Tensor:
    """(x − t)²."""
    _paired("mse_loss", input, target)
    reduction = how("mse_loss", reduction, size_average, reduce)
    return _weighted(square(input - target), weight, reduction)


def l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
            reduce: bool | None = None, reduction: str = "mean",
            weight: Tensor | None = None) -> Tensor:
    """|x − t|."""
    _paired("l1_loss", input, target)
    reduction = how("l1_loss", reduction, size_average, reduce)
    return _weighted(abs(input - target), weight, reduction)


def smooth_l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
                   reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """d² / 2β where d = |x − t| < β, else d − β/2 (Girshick, 2015)."""
    _paired("smooth_l1_loss", input, target)
    reduction = how("smooth_l1_loss", reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    return reduced(smooth_l1(input, target, float(beta)), reduction)


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
               weight: Tensor | None = None) -> Tensor:
    """d² / 2 where d = |x − t| ≤ δ, else δ(d − δ/2) (Huber, 1964)."""
    _paired("huber_loss", input, target)
    reduction = how("huber_loss", reduction)
    if delta <= 0:
        raise RuntimeError(f"huber_loss: delta must be positive, got {delta}")
    losses = delta * smooth_l1(input, target, float(delta))
    if weight is not None:
        _same("huber_loss", weight, losses)
        losses = losses * weight
    return reduced(losses, reduction)


# ── the right one of C classes ──────────────────────────────────────────────────────────────────
#
# Scores have the classes in dimension 1, (N, C, …), or are those of one example, (C); targets have
# the same shape without the classes.

def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None,
             size_average: bool | None = None, ignore_index: int = -100, reduce: bool | None = None,
             reduction: str = "mean") -> Tensor:
    """−log p of the right class, for log p (N, C, …) or (C) and targets (N, …) or ().

    Each class may have a ``weight`` (C); the mean then divides by the sum of those that occur. A target
    that is ``ignore_index`` does not count. IndexError for other targets beyond 0 … C − 1.
    """
    reduction = how("nll_loss", reduction, size_average, reduce)
    _check_weight("nll_loss", input, weight)
    classes, counts = _classes("nll_loss", input, target, ignore_index)
    losses = -_of_class(input, classes)
    if counts is None and weight is None:
        return reduced(losses, reduction)
    w = _of_targets(input, weight, classes, counts)
    return _mean_by(where(w == 0, 0.0, losses * w), w, reduction)


def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None,
                  size_average: bool | None = None, ignore_index: int = -100,
                  reduce: bool | None = None, reduction: str = "mean",
                  label_smoothing: float = 0.0) -> Tensor:
    """−log softmax(x) of the right class: `nll_loss` of unnormalised scores x, (N, C, …) or (C).

    A target of x's shape holds probabilities instead: −Σ_c w_c t_c log softmax(x)_c. With
    ``label_smoothing`` ε, t becomes (1 − ε)·t + ε/C (Szegedy et al., 2016).
    """
    reduction = how("cross_entropy", reduction, size_average, reduce)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"cross_entropy: label_smoothing lies in 0 … 1, got {label_smoothing}")
    if not input.ndim:
        raise ShapeError("cross_entropy: wants scores (N, C, …) or (C), got shape ()")
    d = 1 if input.ndim > 1 else 0
    epsilon, n = label_smoothing, input.array.shape[d]
    if (input.ndim == 2 and target.ndim == 1 and weight is None and not epsilon and not is_box(target)
            and input.array.dtype.kind == "f"):
        classes, counts = _classes("cross_entropy", input, target, ignore_index)
        if counts is None:
            return reduced(apply(CROSS_ENTROPY, (input, classes), {}), reduction)
    log_p = log_softmax(input, d)
    if target.shape != input.shape:
        if not epsilon:
            return nll_loss(log_p, target, weight, None, ignore_index, None, reduction)
        _check_weight("cross_entropy", input, weight)
        classes, counts = _classes("cross_entropy", input, target, ignore_index)
        w = _of_targets(input, weight, classes, counts)
        spread = -sum(_times_weight(log_p, weight, d), d)
        if counts is not None:
            spread = where(counts, spread, 0.0)
        return _mean_by((epsilon - 1) * _of_class(log_p, classes) * w + epsilon / n * spread, w,
                        reduction)
    if target.dtype.kind != "f":
        raise RuntimeError(f"cross_entropy: targets of the scores' shape are probabilities, got "
                          f"{target.dtype}")
    if ignore_index >= 0:
        raise RuntimeError("cross_entropy: ignore_index is for targets that are classes")
    t = (1 - epsilon) * target + epsilon / n if epsilon else target
    losses = -sum(_times_weight(log_p, weight, d) * t, d)
    return mean(losses) if reduction == "mean" else reduced(losses, reduction)


def _classes(name: str, x: Tensor, target: Tensor, ignore_index: int) -> tuple[Tensor, Tensor | None]:
    """The targets, 0 for those to be ignored; and which ones count, None for all."""
    shape, d = x.array.shape, 1 if x.ndim > 1 else 0
    if not shape or target.array.shape != shape[:d] + shape[d + 1:]:
        raise ShapeError(f"{name}: wants scores (N, C) and targets (N), or (N, C, …) and (N, …), or "
                         f"(C) and (), got {tuple(x.shape)} and {tuple(target.shape)}")
    if target.array.dtype.kind not in "iu":
        raise RuntimeError(f"{name}: targets are integers, got {target.dtype}")
    n = shape[d]

    if not is_box(target) and in_range(target.array, n) and not (
            0 <= ignore_index < n and (target.array == ignore_index).any()):
        return target, None

    def checked(c):
        c = np.where(c == ignore_index, 0, c)
        if c.size and not 0 <= c.min() <= c.max() < n:
            raise IndexError(f"{name}: targets lie in 0 … {n - 1}, got {c.min()} … {c.max()}")
        return c

    classes = plain(checked, target)
    return classes, target != ignore_index


def _of_class(x: Tensor, classes: Tensor) -> Tensor:
    """For every target the score of its class."""
    grid = [np.arange(n).reshape(-1, *[1] * (classes.ndim - 1 - d))
            for d, n in enumerate(classes.shape)]
    return x[(*grid[:1], classes, *grid[1:])]


def _check_weight(name: str, x: Tensor, weight: Tensor | None) -> None:
    """That a weight, if any, is one of x's dtype for each class."""
    n = x.shape[x.ndim > 1:][:1]
    if weight is not None and (weight.shape != n or weight.dtype != x.dtype):
        raise ShapeError(f"{name}: wants a weight of {x.dtype} for each class, {tuple(n)}, got "
                         f"{tuple(weight.shape)} of {weight.dtype}")


def _of_targets(x: Tensor, weight: Tensor | None, classes: Tensor,
                counts: Tensor | None) -> Tensor:
    """For every target the weight of its class, 0 if it does not count."""
    if weight is None:
        return where(True if counts is None else counts, full(classes.shape, 1.0, dtype=x.dtype), 0.0)
    return weight[classes] if counts is None else where(counts, weight[classes], 0.0)


def _times_weight(x: Tensor, weight: Tensor | None, d: int) -> Tensor:
    """x times the weight of each class, which is in dimension d."""
    return x if weight is None else x * reshape(weight, (-1, *(1,) * (x.ndim - d - 1)))


def _mean_by(losses: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """`reduced` losses that have their weights already, by whose sum a mean divides."""
    return sum(losses) / sum(weight) if reduction == "mean" else reduced(losses, reduction)


# ── probabilities ───────────────────────────────────────────────────────────────────────────────

def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None,
                         size_average: bool | None = None, reduce: bool | None = None,
                         reduction: str = "mean") -> Tensor:
    """−(t log x + (1 − t) log(1 − x)) for probabilities x, each logarithm at least −100."""
    reduction = how("binary_cross_entropy", reduction, size_average, reduce)
    _same("binary_cross_entropy", input, target)
    if input.dtype != target.dtype:
        raise RuntimeError(f"binary_cross_entropy: wants targets of the input's {input.dtype}, got "
                           f"{target.dtype}")
    if plain(lambda a: ((a < 0) | (a > 1)).any(), input).any():
        raise RuntimeError("binary_cross_entropy: probabilities lie in 0 … 1, got others")
    losses = bce(input, target)
    return reduced(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     size_average: bool | None = None, reduce: bool | None = None,
                                     reduction: str = "mean",
                                     pos_weight: Tensor | None = None) -> Tensor:
    """−(p t log σ(x) + (1 − t) log(1 − σ(x))), without overflow; p is ``pos_weight``, or 1."""
    reduction = how("binary_cross_entropy_with_logits", reduction, size_average, reduce)
    _same("binary_cross_entropy_with_logits", input, target)
    losses = softplus(-input)  # −log σ(x), and −log(1 − σ(x)) is x more
    if pos_weight is not None:
        losses = losses * ((pos_weight - 1) * target + 1)
    losses = (1 - target) * input + losses
    return reduced(losses if weight is None else losses * weight, reduction)


def kl_div(input: Tensor, target: Tensor, size_average: bool | None = None,
           reduce: bool | None = None, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """t (log t − x), x being logarithms of probabilities, and t too with ``log_target``.

    The sum over all is the divergence of Kullback and Leibler (1951); "batchmean" is the sum over the
    number of examples, "mean" divides by the number of elements.
    """
    batch = reduction == "batchmean"
    reduction = how("kl_div", "sum" if batch else reduction, size_average, reduce)
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    return reduced(losses, reduction) / input.shape[0] if batch and input.ndim else \
        reduced(losses, reduction)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
                     size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None,
                     reduction: str = "mean") -> Tensor:
    """λ − t log λ for counts t, with x = log λ or, unless ``log_input``, λ itself.

    ``full`` adds Stirling's t log t − t + ½ log 2πt, which stands for log t!, where t > 1.
    """
    reduction = how("poisson_nll_loss", reduction, size_average, reduce)
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        t = where(target > 1, target, 1.0)
        losses = losses + where(target > 1, t * log(t) - t + 0.5 * log(2 * pi * t), 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(input: Tensor, target: Tensor, var: Any, full: bool = False, eps: float = 1e-6,
                      reduction: str = "mean") -> Tensor:
    """½ (log v + (x − t)² / v) with v the variance, at least ε (Nix & Weigend, 1994).

    ``var`` is of x's shape, or without its last dimension, or of size 1 in one of them, or a number.
    The gradient ignores that it is kept above ε. ``full`` adds ½ log 2π. ValueError if it is negative.
    """
    if plain(lambda v: np.any(v < 0), var).any():
        raise ValueError("gaussian_nll_loss: the variance must not be negative")
    if not isinstance(var, Tensor):
        var = full_like(input, var)
    if var.shape == input.shape[:-1] and var.shape != input.shape:
        var = unsqueeze(var, -1)
    if var.ndim != input.ndim or [n for n, m in zip(var.shape, input.shape, strict=True)
                                  if n != m] not in ([], [1]):
        raise ShapeError(f"gaussian_nll_loss: a variance of shape {tuple(var.shape)} for x of shape "
                         f"{tuple(input.shape)}")
    reduction = how("gaussian_nll_loss", reduction)
    var = var + clamp_min(eps - var.detach(), 0.0)
    losses = 0.5 * (log(var) + (input - target) ** 2 / var)
    return reduced(losses + 0.5 * number_log(2 * pi) if full else losses, reduction)


# ── which of two, and how similar ───────────────────────────────────────────────────────────────

def soft_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
                     reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """log(1 + exp(−t x)) for t = ±1."""
    reduction = how("soft_margin_loss", reduction, size_average, reduce)
    _paired("soft_margin_loss", input, target)
    if np.broadcast_shapes(input.shape, target.shape) != input.shape:
        raise ShapeError(f"soft_margin_loss: a target of shape {target.shape} does not fit scores of "
                         f"shape {input.shape}")
    return reduced(softplus(-target * input), reduction)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0,
                         size_average: bool | None = None, reduce: bool | None = None,
                         reduction: str = "mean") -> Tensor:
    """x, a distance, where t = 1, and max(0, margin − x) where t = −1."""
    reduction = how("hinge_embedding_loss", reduction, size_average, reduce)
    apart = where(target.eq(1), 0.0, clamp_min(margin - input, 0.0))
    return reduced(where(target == -1, 0.0, input) + apart, reduction)


def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0,
                        size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Tensor:
    """max(0, margin − t (x₁ − x₂)): x₁ is to be the larger where t = 1, x₂ where t = −1."""
    reduction = how("margin_ranking_loss", reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError("margin_ranking_loss: wants as many dimensions of all, got shapes "
                         f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}")
    return reduced(clamp_min(margin - target * (input1 - input2), 0.0), reduction)


def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0,
                          size_average: bool | None = None, reduce: bool | None = None,
                          reduction: str = "mean") -> Tensor:
    """1 − cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) − margin) where t = −1.

    Vectors (N, D) with targets (N), or two (D) with a target ().
    """
    reduction = how("cosine_embedding_loss", reduction, size_average, reduce)
    if target.ndim > 1 or not input1.ndim == input2.ndim == target.ndim + 1:
        raise ShapeError("cosine_embedding_loss: wants (N, D), (N, D) and (N), or (D), (D) and (), got "
                         f"{tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}")
    lengths = sqrt((sum(square(input1), -1) + 1e-12) * (sum(square(input2), -1) + 1e-12))
    cos = sum(input1 * input2, -1) / lengths
    return reduced(where(target == 1, 1 - cos, 0.0)
                   + where(target == -1, clamp_min(cos - margin, 0.0), 0.0), reduction)


def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0,
                        p: float = 2, eps: float = 1e-6, swap: bool = False,
                        size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Tensor:
    """max(0, ‖a − p‖ − ‖a − n‖ + margin): nearer to the like than to the unlike (Balntas et al., 2016).

    With ``swap`` the second distance is the smaller one of ‖a − n‖ and ‖p − n‖.
    """
    reduction = how("triplet_margin_loss", reduction, size_average, reduce)
    return _triplet("triplet_margin_loss", (anchor, positive, negative),
                    lambda a, b: norm(a - b + eps, p, -1), margin, swap, reduction)


def triplet_margin_with_distance_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *,
                                      distance_function: Callable | None = None,
                                      margin: float = 1.0, swap: bool = False,
                                      reduction: str = "mean") -> Tensor:
    """`triplet_margin_loss` with any distance; by default Euclid's."""
    reduction = how("triplet_margin_with_distance_loss", reduction)
    return _triplet("triplet_margin_with_distance_loss", (anchor, positive, negative),
                    distance_function or (lambda a, b: norm(a - b + 1e-6, 2, -1)), margin, swap,
                    reduction)


def _triplet(name, vectors, distance, margin, swap, reduction):
    a, p, n = vectors
    if margin <= 0:
        raise ValueError(f"{name}: wants a margin above 0, got {margin}")
    if not a.ndim == p.ndim == n.ndim:
        raise ShapeError(f"{name}: wants as many dimensions of all, got shapes "
                         + ", ".join(str(tuple(x.shape)) for x in vectors))
    far = distance(a, n)
    if swap:
        far = minimum(far, distance(p, n))
    return reduced(clamp_min(margin + distance(a, p) - far, 0.0), reduction)


# ── several labels, or margins between classes ──────────────────────────────────────────────────

def multi_margin_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0,
                      weight: Tensor | None = None, size_average: bool | None = None,
                      reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """Σ_c max(0, margin − x_t + x_c)ᵖ / C over the classes c ≠ t; scores (N, C), t (N); or (C), ()."""
    reduction = how("multi_margin_loss", reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss: p is 1 or 2, got {p}")
    x, t = (input, target) if input.ndim > 1 else (unsqueeze(input, 0), reshape(target, -1))
    if x.ndim != 2 or t.shape != x.shape[:1]:
        raise ShapeError(f"multi_margin_loss: wants scores (N, C) and targets (N), got "
                         f"{tuple(input.shape)} and {tuple(target.shape)}")
    if t.dtype.kind not in "iu":
        raise RuntimeError(f"multi_margin_loss: targets are integers, got {t.dtype}")
    _in_range("multi_margin_loss", t, x.shape[1])
    z = margin - unsqueeze(_of_class(x, t), 1) + x
    z = where((z > 0) & (unsqueeze(t, 1) != wrap(np.arange(x.shape[1]))), z, 0.0)
    losses = (z if p == 1 else square(z)) / x.shape[1]
    if weight is not None:
        _check_weight("multi_margin_loss", x, weight)
        losses = losses * unsqueeze(_of_targets(x, weight, t, None), 1)
    losses = sum(losses, 1)
    return reduced(losses if input.ndim > 1 else losses[0], reduction)


def multilabel_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None,
                           reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """Σₜ Σ_c max(0, 1 − x_t + x_c) / C over labels t and the classes c that are none.

    Scores (N, C) or (C); targets of the same shape list labels, as many as there are before a −1.
    """
    reduction = how("multilabel_margin_loss", reduction, size_average, reduce)
    if input.ndim not in (1, 2) or input.shape != target.shape:
        raise ShapeError("multilabel_margin_loss: wants scores and targets (N, C) or (C), got "
                         f"{tuple(input.shape)} and {tuple(target.shape)}")
    if target.dtype.kind not in "iu":
        raise RuntimeError(f"multilabel_margin_loss: targets are integers, got {target.dtype}")
    x, t = (input, target) if input.ndim > 1 else (unsqueeze(input, 0), unsqueeze(target, 0))
    listed = plain(lambda t: np.logical_and.accumulate(t >= 0, 1), t)
    t = where(listed, t, 0)
    _in_range("multilabel_margin_loss", t, x.shape[1])
    one = plain(lambda t, there: ((t[..., None] == np.arange(t.shape[1])) & there[..., None]).any(1),
                t, listed)  # whether a class is among the labels
    z = 1 - unsqueeze(gather(x, 1, t), 2) + unsqueeze(x, 1)
    z = where((z > 0) & unsqueeze(listed, 2) & ~unsqueeze(one, 1), z, 0.0)
    losses = sum(z, (1, 2)) / x.shape[1]
    return reduced(losses if input.ndim > 1 else losses[0], reduction)


def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                size_average: bool | None = None, reduce: bool | None = None,
                                reduction: str = "mean") -> Tensor:
    """−(t log σ(x) + (1 − t) log σ(−x)), its mean over the classes, the last dimension."""
    reduction = how("multilabel_soft_margin_loss", reduction, size_average, reduce)
    if not input.ndim:
        raise IndexError("multilabel_soft_margin_loss: wants scores (…, C), got shape ()")
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return reduced(mean(losses if weight is None else losses * weight, input.ndim - 1), reduction)


def _in_range(name: str, classes: Tensor, n: int) -> None:
    def check(c):
        if c.size and not 0 <= c.min() <= c.max() < n:
            raise TargetOutOfRange(f"{name}: targets lie in 0 … {n - 1}, got {c.min()} … {c.max()}")
        return c
    plain(check, classes)
