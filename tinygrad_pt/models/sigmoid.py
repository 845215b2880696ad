"""Networks of sigmoid neurons, with cross-entropy and weight decay.

    aₗ = σ(Wₗ aₗ₋₁ + bₗ),   C = −Σⱼ tⱼ ln aⱼ + (1 − tⱼ) ln(1 − aⱼ),   w ← (1 − η λ/n) w − η ∂C/∂w

M. Nielsen, Neural Networks and Deep Learning, 2015, chapters 3 and 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, starmap

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn, optim


def sigmoid_network(sizes: Sequence[int], narrow: bool = True) -> nn.Sequential:
    """Images to scores (n, sizes[-1]), whose sigmoid is the answer.

    Biases are drawn from N(0, 1), weights from N(0, 1/√fan-in) if ``narrow``, else from N(0, 1) too.
    """
    def drawn(inputs: int, outputs: int) -> nn.Linear:
        layer = nn.Linear(inputs, outputs)
        nn.init.normal_(layer.weight, 0.0, inputs ** -0.5 if narrow else 1.0)
        nn.init.normal_(layer.bias)
        return layer
    return nn.Sequential(nn.Flatten(), *sigmoids(starmap(drawn, pairwise(sizes))))


def sigmoids(layers: Iterable[nn.Module]) -> nn.Sequential:
    """Layers with sigmoids in between; the last one's scores are left as they are."""
    return nn.Sequential(*[m for layer in layers for m in (layer, nn.Sigmoid())][:-1])


def glorot(net: nn.Module) -> nn.Module:
    """The net with weights of Glorot's variance, 2/(fan-in + fan-out), and biases of 0."""
    for p in net.parameters():
        if p.ndim == 2:
            nn.init.xavier_normal_(p)
        else:
            nn.init.zeros_(p)
    return net


def cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    """C of the answers σ(scores), (n, classes), summed over classes, the mean over examples."""
    targets = torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores.dtype)
    total = nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="sum")
    return total / len(labels)


def descent(net: nn.Module, rate: float, decay: float) -> optim.SGD:
    """Gradient descent, the weights (not the biases) fading by ``decay`` = λ/n."""
    named = list(net.named_parameters())
    return optim.SGD([{"params": [p for name, p in named if name.endswith("weight")],
                       "weight_decay": decay},
                      {"params": [p for name, p in named if name.endswith("bias")]}], lr=rate)
