"""Losses as modules: each keeps the options of a function of `functional`, and calls it with them."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

from ..tensors import Tensor
from . import functional as F
from .losses import how
from .module import Module
from .modules import PairwiseDistance

__all__ = ["BCELoss", "BCEWithLogitsLoss", "CTCLoss", "CosineEmbeddingLoss", "CrossEntropyLoss",
           "GaussianNLLLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss", "L1Loss", "MSELoss",
           "MarginRankingLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss",
           "MultiMarginLoss", "NLLLoss", "PoissonNLLLoss", "SmoothL1Loss", "SoftMarginLoss",
           "TripletMarginLoss", "TripletMarginWithDistanceLoss"]
_OLD = ("size_average", "reduce")


class Loss(Module):
    """A loss and its options, which are what the function takes besides the tensors to compare.

    Options that are tensors (``weight``) are buffers; ``size_average`` and ``reduce`` become the
    ``reduction`` that they stand for.
    """

    function: Callable[..., Tensor]
    options: tuple[str, ...] = ()

    def __init_subclass__(cls, of: Any = None, without: tuple = ()) -> None:
        if of is None:  # a loss derived from one below
            return
        took = signature(of).parameters.values()
        kept = [p for p in took if p.default is not Parameter.empty and p.name not in without]
        cls.__signature__ = signature(of).replace(parameters=kept)
        cls.function = staticmethod(of)
        cls.options = tuple(p.name for p in kept if p.name not in _OLD)

    def __init__(self, *args: Any, **kw: Any):
        super().__init__()
        given = type(self).__signature__.bind(*args, **kw)
        given.apply_defaults()
        old = [given.arguments.pop(name, None) for name in _OLD]
        for name, value in given.arguments.items():
            if name.endswith("weight"):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)
        if old != [None, None]:
            self.reduction = how(type(self).__name__, self.reduction, *old)

    def forward(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        return self.function(*tensors, **named, **{name: getattr(self, name) for name in self.options})


class L1Loss(Loss, of=F.l1_loss, without=("weight",)):
    """|x − t|: see `functional.l1_loss`."""


class MSELoss(Loss, of=F.mse_loss, without=("weight",)):
    """(x − t)²: see `functional.mse_loss`."""


class SmoothL1Loss(Loss, of=F.smooth_l1_loss):
    """A parabola near 0, |x − t| beyond: see `functional.smooth_l1_loss`."""


class HuberLoss(Loss, of=F.huber_loss, without=("weight",)):
    """A parabola near 0, a straight line beyond: see `functional.huber_loss`."""


class NLLLoss(Loss, of=F.nll_loss):
    """−log p of the right class, given log p: see `functional.nll_loss`."""


class CrossEntropyLoss(Loss, of=F.cross_entropy):
    """−log softmax(x) of the right class: see `functional.cross_entropy`."""


class BCELoss(Loss, of=F.binary_cross_entropy):
    """−(t log x + (1 − t) log(1 − x)): see `functional.binary_cross_entropy`."""


class BCEWithLogitsLoss(Loss, of=F.binary_cross_entropy_with_logits):
    """Binary cross-entropy of σ(x): see `functional.binary_cross_entropy_with_logits`."""


class KLDivLoss(Loss, of=F.kl_div):
    """t (log t − x): see `functional.kl_div`."""


class PoissonNLLLoss(Loss, of=F.poisson_nll_loss):
    """−log of Poisson's probability: see `functional.poisson_nll_loss`."""


class GaussianNLLLoss(Loss, of=F.gaussian_nll_loss):
    """−log of the normal density: see `functional.gaussian_nll_loss`."""


class SoftMarginLoss(Loss, of=F.soft_margin_loss):
    """log(1 + exp(−t x)): see `functional.soft_margin_loss`."""


class HingeEmbeddingLoss(Loss, of=F.hinge_embedding_loss):
    """A distance, or how much nearer than a margin it is: see `functional.hinge_embedding_loss`."""


class MarginRankingLoss(Loss, of=F.margin_ranking_loss):
    """max(0, margin − t (x₁ − x₂)): see `functional.margin_ranking_loss`."""


class CosineEmbeddingLoss(Loss, of=F.cosine_embedding_loss):
    """How alike two vectors point: see `functional.cosine_embedding_loss`."""


class TripletMarginLoss(Loss, of=F.triplet_margin_loss):
    """max(0, ‖a − p‖ − ‖a − n‖ + margin): see `functional.triplet_margin_loss`."""


class TripletMarginWithDistanceLoss(Loss, of=F.triplet_margin_with_distance_loss):
    """The same with any distance: see `functional.triplet_margin_with_distance_loss`."""

    def __init__(self, **kw: Any):
        super().__init__(**kw)
        self.distance_function = self.distance_function or PairwiseDistance()


class MultiMarginLoss(Loss, of=F.multi_margin_loss):
    """Margins between the right class and the others: see `functional.multi_margin_loss`."""


class MultiLabelMarginLoss(Loss, of=F.multilabel_margin_loss):
    """Margins between several right classes and the others: see `functional.multilabel_margin_loss`."""


class MultiLabelSoftMarginLoss(Loss, of=F.multilabel_soft_margin_loss):
    """Binary cross-entropy of each class: see `functional.multilabel_soft_margin_loss`."""


class CTCLoss(Loss, of=F.ctc_loss):
    """−log of the probability of a sequence whose timing is not known: see `functional.ctc_loss`."""
