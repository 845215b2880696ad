"""Embeddings: words, by number, as vectors that are learned."""

from __future__ import annotations

from typing import Any

from ...functions import no_grad
from ...tensors import Tensor
from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter


class Embedding(Module):
    """Row i of weight (num_embeddings, embedding_dim) for each integer i: see `functional.embedding`.

    The row ``padding_idx`` starts as 0 and is not learned.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
                 max_norm: float | None = None, norm_type: float = 2.0,
                 scale_grad_by_freq: bool = False, sparse: bool = False, _weight: Tensor | None = None,
                 _freeze: bool = False, device: Any = None, dtype: Any = None):
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise AssertionError(f"Embedding: padding_idx must be one of {num_embeddings} rows, got "
                                 f"{padding_idx}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        _weigh(self, _weight, _freeze, device, dtype)

    def reset_parameters(self) -> None:
        """Draw all from N(0, 1)."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
                           self.scale_grad_by_freq, self.sparse)

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None,
                        max_norm: float | None = None, norm_type: float = 2.0,
                        scale_grad_by_freq: bool = False, sparse: bool = False) -> Embedding:
        """An Embedding with this weight, which is not learned if ``freeze``."""
        if embeddings.ndim != 2:
            raise AssertionError(f"from_pretrained: wants 2 dimensions, got shape {embeddings.shape}")
        return cls(*embeddings.shape, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse,
                   embeddings, freeze)

    def extra_repr(self) -> str:
        return _about(self, padding_idx=None) + (", sparse=True" if self.sparse else "")


class EmbeddingBag(Module):
    """The mean, sum or largest of the embeddings in each bag: see `functional.embedding_bag`."""

    def __init__(self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
                 norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
                 sparse: bool = False, _weight: Tensor | None = None, include_last_offset: bool = False,
                 padding_idx: int | None = None, device: Any = None, dtype: Any = None):
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.mode, self.sparse = scale_grad_by_freq, mode, sparse
        self.include_last_offset = include_last_offset
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        _weigh(self, _weight, False, device, dtype)

    reset_parameters = Embedding.reset_parameters

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, max_norm: float | None = None,
                        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
                        sparse: bool = False, include_last_offset: bool = False,
                        padding_idx: int | None = None) -> EmbeddingBag:
        """An EmbeddingBag with this weight, which is not learned if ``freeze``."""
        if embeddings.ndim != 2:
            raise AssertionError(f"from_pretrained: wants 2 dimensions, got shape {embeddings.shape}")
        bag = cls(*embeddings.shape, max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings,
                  include_last_offset, padding_idx)
        bag.weight.requires_grad_(not freeze)
        return bag

    def forward(self, input: Tensor, offsets: Tensor | None = None,
                per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(input, self.weight, offsets, self.max_norm, self.norm_type,
                               self.scale_grad_by_freq, self.mode, self.sparse, per_sample_weights,
                               self.include_last_offset, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{_about(self)}, mode={self.mode!r}{padding}"


def _weigh(m: Any, weight: Tensor | None, freeze: bool, device: Any, dtype: Any) -> None:
    shape = (m.num_embeddings, m.embedding_dim)
    if weight is None:
        m.weight = Parameter(init.empty(*shape, device=device, dtype=dtype), not freeze)
        m.reset_parameters()
    elif weight.shape != shape:
        raise AssertionError(f"{type(m).__name__}: wants a weight of shape {shape}, got {weight.shape}")
    else:
        m.weight = Parameter(weight, not freeze)


def _about(m: Any, **usual: Any) -> str:
    usual |= {"max_norm": None, "norm_type": 2, "scale_grad_by_freq": False}
    return f"{m.num_embeddings}, {m.embedding_dim}" + "".join(
        f", {name}={getattr(m, name)}" for name, value in usual.items() if getattr(m, name) != value)
