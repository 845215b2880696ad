"""Sequences of different lengths: padded to one tensor, or packed without padding.

A `PackedSequence` holds, for every time, the elements of those sequences that are that long; the
sequences are sorted by length, the longest first, so that each time's are the first of the batch.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ...functions.creation import full
from ...functions.joining import cat, stack
from ...tensors import ShapeError, Tensor, wrap

__all__ = ["PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence",
           "pad_packed_sequence", "pad_sequence", "unpack_sequence", "unpad_sequence"]


class PackedSequence(namedtuple("PackedSequence", "data batch_sizes sorted_indices unsorted_indices",
                                defaults=(None, None, None))):
    """The elements (Σ lengths, …) of a batch of sequences, time by time: see `pack_padded_sequence`.

    ``batch_sizes`` counts for each time the sequences that last so long; ``sorted_indices`` sorts the
    batch by length, ``unsorted_indices`` is the way back; None if it was sorted.
    """

    __slots__ = ()

    def __new__(cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None,
                unsorted_indices: Any = None) -> Any:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kw: Any) -> PackedSequence:
        """The same with the elements' dtype changed."""
        return self._replace(data=self.data.to(*args, **kw))

    def double(self) -> PackedSequence:
        return self._replace(data=self.data.double())

    def float(self) -> PackedSequence:
        return self._replace(data=self.data.float())

    def cpu(self) -> PackedSequence:
        return self

    is_cuda = False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes one: y[p[i]] = i."""
    return None if permutation is None else permutation.argsort()


def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False,
                         enforce_sorted: bool = True) -> PackedSequence:
    """Padded sequences (T, N, …), or (N, T, …) with ``batch_first``, without their padding.

    RuntimeError if the lengths do not fall and ``enforce_sorted`` holds; else they are sorted here.
    """
    x = input.transpose(0, 1) if batch_first else input
    n = np.asarray([int(k) for k in lengths], np.int64)
    order = None
    if not enforce_sorted:
        order = wrap(np.argsort(-n, kind="stable"))
        n, x = n[order.array], x[:, order]
    if n.shape != x.shape[1:2]:
        raise ShapeError(f"pack_padded_sequence: wants a length for each of {x.shape[1]} sequences, "
                         f"got {len(n)}")
    if len(n) and n.min() <= 0:
        raise RuntimeError(f"pack_padded_sequence: lengths must be positive, got {n.tolist()}")
    if (np.diff(n) > 0).any():
        raise RuntimeError(f"pack_padded_sequence: lengths must fall, got {n.tolist()}; "
                           "enforce_sorted=False sorts them")
    if len(n) and n[0] > x.shape[0]:
        raise RuntimeError(f"pack_padded_sequence: a length of {n[0]} in {x.shape[0]} time steps")
    steps = np.arange(n[0])[:, None] < n  # (T, N): where there is an element
    return PackedSequence(x[np.nonzero(steps)], wrap(steps.sum(1)), order)


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False,
                        padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The padded sequences (T, N, …) and their lengths: undoes `pack_padded_sequence`.

    T is that of the longest, or ``total_length``.
    """
    data, sizes = sequence.data, sequence.batch_sizes.array
    longest, most = len(sizes), int(sizes[0])
    if total_length is not None and total_length < longest:
        raise ValueError(f"pad_packed_sequence: total_length {total_length} for {longest} time steps")
    steps = np.arange(most) < sizes[:, None]
    lengths = wrap(steps.sum(0))
    place = np.zeros((total_length or longest, most), np.int64)  # where padding is, that of row 0
    place[:longest][steps] = np.arange(1, 1 + int(sizes.sum()))
    padding = full((1, *data.shape[1:]), padding_value, dtype=data.dtype)
    x = cat([padding, data])[place]
    if sequence.unsorted_indices is not None:
        x, lengths = x[:, sequence.unsorted_indices], lengths[sequence.unsorted_indices]
    return (x.transpose(0, 1) if batch_first else x), lengths


def pad_sequence(sequences: Any, batch_first: bool = False, padding_value: float = 0.0,
                 padding_side: str = "right") -> Tensor:
    """Sequences (Tᵢ, …) as one tensor (T, N, …), or (N, T, …), of the longest's length."""
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"pad_sequence: padding_side is 'left' or 'right', got {padding_side!r}")
    sequences = list(sequences)
    if not sequences:
        raise RuntimeError("pad_sequence: got no sequences")
    longest = max(len(s) for s in sequences)
    padded = []
    for s in sequences:
        padding = full((longest - len(s), *s.shape[1:]), padding_value, dtype=s.dtype)
        padded.append(cat([s, padding] if padding_side == "right" else [padding, s]))
    return stack(padded, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences in a padded tensor: undoes `pad_sequence`."""
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [x[i, :int(n)] for i, n in enumerate(lengths)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (Tᵢ, …) packed: see `pack_padded_sequence`."""
    return pack_padded_sequence(pad_sequence(sequences), [len(s) for s in sequences],
                                enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that were packed: undoes `pack_sequence`."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences))
