"""A softmax for many classes, most of them rare."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ...functions.common import plain
from ...functions.elementwise import where
from ...functions.indexing import gather, index_add
from ...functions.joining import cat
from ...functions.reductions import log_softmax
from ...tensors import ShapeError, Tensor
from ..module import Module
from .container import ModuleList, Sequential
from .linear import Linear

ASMoutput = namedtuple("ASMoutput", "output loss")


class AdaptiveLogSoftmaxWithLoss(Module):
    """log softmax over n_classes that are numbered from the most frequent to the rarest.

    The head tells the first ``cutoffs[0]`` classes and one of each cluster; a cluster, the classes
    between two cutoffs, has a layer of its own behind a projection to in_features / div_valueⁱ numbers,
    which is computed only where the class lies in it (Grave et al., 2017).
    """

    def __init__(self, in_features: int, n_classes: int, cutoffs: Any, div_value: float = 4.0,
                 head_bias: bool = False, device: Any = None, dtype: Any = None):
        cutoffs = list(cutoffs)
        if not cutoffs or cutoffs != sorted(set(cutoffs)) or cutoffs[0] <= 0 or \
                cutoffs[-1] > n_classes - 1 or any(int(c) != c for c in cutoffs):
            raise ValueError("AdaptiveLogSoftmaxWithLoss: cutoffs are integers that grow, from 1 to "
                             f"{n_classes - 1}, got {cutoffs}")
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs, self.div_value, self.head_bias = [*cutoffs, n_classes], div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        kw = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, head_bias, **kw)
        self.tail = ModuleList()
        for i, size in enumerate(np.diff(self.cutoffs).tolist(), 1):
            inner = int(in_features // div_value**i)
            self.tail.append(Sequential(Linear(in_features, inner, False, **kw),
                                        Linear(inner, size, False, **kw)))

    def reset_parameters(self) -> None:
        """Draw all anew."""
        for layer in (self.head, *[layer for pair in self.tail for layer in pair]):
            layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> Any:
        """(output, loss): log p of the right classes, for x (N, in_features) and targets (N), or one
        example; and minus its mean. RuntimeError for shapes that do not fit and for other classes.
        """
        if input_.ndim not in (1, 2) or target_.shape != input_.shape[:-1]:
            raise ShapeError("AdaptiveLogSoftmaxWithLoss: wants (N, in_features) and targets (N), or "
                             f"(in_features) and (), got {tuple(input_.shape)} and "
                             f"{tuple(target_.shape)}")
        x, t = input_.reshape(-1, input_.shape[-1]), target_.reshape(-1)
        if not plain(lambda t: np.all((t >= 0) & (t < self.n_classes)), t):
            raise RuntimeError(f"AdaptiveLogSoftmaxWithLoss: targets lie in 0 … {self.n_classes - 1}, "
                               "got others")
        cluster = plain(lambda t: np.searchsorted(self.cutoffs[:-1], t, side="right"), t)
        entry = where(cluster == 0, t, self.shortlist_size - 1 + cluster)
        output = _of(log_softmax(self.head(x), 1), entry)
        for i, tail in enumerate(self.tail):
            rows = (cluster == i + 1).nonzero()[:, 0]
            if len(rows):
                log_p = log_softmax(tail(x[rows]), 1)
                output = index_add(output, 0, rows, _of(log_p, t[rows] - self.cutoffs[i]))
        return ASMoutput(output.reshape(target_.shape), -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """log p of all classes, (N, n_classes)."""
        head, n = log_softmax(self.head(input), 1), self.shortlist_size
        return cat([head[:, :n], *[head[:, n + i, None] + log_softmax(tail(input), 1)
                                   for i, tail in enumerate(self.tail)]], 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each example, (N)."""
        return self.log_prob(input).argmax(1)


def _of(log_p: Tensor, classes: Tensor) -> Tensor:
    """From each row the number of its class."""
    return gather(log_p, 1, classes[:, None])[:, 0]
