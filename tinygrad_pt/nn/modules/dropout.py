"""Dropout as layers: active in training only."""

from __future__ import annotations

from ...tensors import Tensor
from .. import functional as F
from .layer import Layer


class Dropout(Layer):
    """Each element 0 with probability p, the others scaled by 1 / (1 − p)."""

    function = F.dropout
    shown = "p={p}, inplace={inplace}"

    def __init__(self, p: float = 0.5, inplace: bool = False):
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p is a probability, between 0 and 1, got {p}")
        self.keep(locals())

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, self.p, self.training, self.inplace)


class Dropout1d(Dropout):
    """Each channel of sequences 0 with probability p."""

    function = F.dropout1d


class Dropout2d(Dropout):
    """Each channel of images 0 with probability p."""

    function = F.dropout2d


class Dropout3d(Dropout):
    """Each channel of volumes 0 with probability p."""

    function = F.dropout3d


class AlphaDropout(Dropout):
    """Dropout that keeps mean 0 and variance 1, for SELU."""

    function = F.alpha_dropout


class FeatureAlphaDropout(Dropout):
    """AlphaDropout of whole channels."""

    function = F.feature_alpha_dropout
