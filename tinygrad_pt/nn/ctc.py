"""Connectionist temporal classification: a loss for sequences whose timing is not known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions.elementwise import inf, where
from ..functions.indexing import gather
from ..functions.joining import pad, stack
from ..functions.reductions import logsumexp, mean
from ..functions.shape import expand, unsqueeze
from ..tensors import ShapeError, Tensor, as_array, wrap
from .losses import how, reduced


def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any,
             blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> Tensor:
    """−log of the probability that T classes, repetitions and then blanks left out, spell the target.

    ``log_probs`` (T, N, C) or (T, C) are logarithms of probabilities; ``targets`` (N, S), or all in
    one dimension; only the first ``input_lengths`` times and ``target_lengths`` classes count. The
    mean is of losses divided by target lengths. ∞ where no path is long enough, or 0 with
    ``zero_infinity``. By dynamic programming over paths (Graves et al., 2006).
    """
    reduction = how("ctc_loss", reduction)
    x = log_probs if log_probs.ndim == 3 else unsqueeze(log_probs, 1)
    states, skips, times, lengths = _states(x, targets, input_lengths, target_lengths, blank)
    steps = gather(x, 2, expand(wrap(states), x.shape[0], *states.shape))  # log p of each state
    start = np.where(np.arange(states.shape[1]) < 2, 0.0, -inf).astype(x.dtype)
    path = wrap(start) + steps[0] if x.shape[0] else steps.sum(0) - inf
    for t in range(1, x.shape[0]):
        before = [path, pad(path, (1, -1), -inf), where(skips, pad(path, (2, -2), -inf), -inf)]
        path = where(t < times[:, None], logsumexp(stack(before), 0) + steps[t], path)
    ends = gather(path, 1, wrap(np.stack([2 * lengths, np.maximum(2 * lengths - 1, 0)], 1)))
    losses = -logsumexp(where(lengths[:, None] * [1, 1] > [-1, 0], ends, -inf), 1)
    losses = where(times == 0, wrap(np.where(lengths == 0, 0, inf).astype(x.dtype)), losses)
    if zero_infinity:
        losses = where(losses == inf, 0.0, losses)
    if reduction == "mean":
        return mean(losses / wrap(np.maximum(lengths, 1).astype(x.dtype)))
    return reduced(losses if log_probs.ndim == 3 or reduction == "sum" else losses[0], reduction)


def _states(x: Tensor, targets: Tensor, times: Any, lengths: Any,
            blank: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The classes of a path's states, blank t₀ blank t₁ … blank, (N, 2S + 1); which of them may follow
    the one before the last, namely those that are no blank and not the same again; both lengths.
    """
    if x.ndim != 3 or x.dtype.kind != "f":
        raise ShapeError(f"ctc_loss: wants floating point log_probs (T, N, C) or (T, C), got shape "
                         f"{tuple(x.shape)} of {x.dtype}")
    many, n, classes = x.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"ctc_loss: blank lies in 0 … {classes - 1}, got {blank}")
    t = as_array(targets)
    times, lengths = (np.atleast_1d(as_array(a)).astype(np.int64) for a in (times, lengths))
    if t.dtype.kind not in "iu" or times.shape != (n,) or lengths.shape != (n,):
        raise RuntimeError(f"ctc_loss: wants targets of integers and {n} input and target lengths, got "
                           f"{t.dtype}, {len(times)} and {len(lengths)}")
    if n and (times.min() < 0 or times.max() > many or lengths.min() < 0):
        raise RuntimeError(f"ctc_loss: input lengths lie in 0 … {many} and target lengths are not "
                           f"negative, got {times.tolist()} and {lengths.tolist()}")
    rows = list(t) if t.ndim == 2 else np.split(t, np.cumsum(lengths)[:-1]) if n else []
    if len(rows) != n or any(len(r) < m for r, m in zip(rows, lengths, strict=False)):
        raise ShapeError(f"ctc_loss: targets of shape {t.shape} do not hold {lengths.tolist()} classes")
    states = np.full((n, 2 * max(lengths, default=0) + 1), blank)
    for row, target, m in zip(states, rows, lengths, strict=True):
        row[1:2 * m:2] = target[:m]
    if states.size and not 0 <= states.min() <= states.max() < classes:
        raise IndexError(f"ctc_loss: targets lie in 0 … {classes - 1}, got {states.min()} … "
                         f"{states.max()}")
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    return states, skips, times, lengths
