"""Networks of sigmoid neurons, with cross-entropy and weight decay.

    aₗ = σ(Wₗ aₗ₋₁ + bₗ),   C = −Σⱼ tⱼ ln aⱼ + (1 − tⱼ) ln(1 − aⱼ),   w ← (1 − η λ/n) w − η ∂C/∂w

M. Nielsen, Neural Networks and Deep Learning, 2015, chapters 3 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn, optim


def sigmoid_network(sizes: Sequence[int], narrow: bool = True) -> nn.Sequential:
    """Images to scores (n, sizes[-1]), whose sigmoid is the answer.

    Biases are drawn from N(0, 1), weights from N(0, 1/√fan-in) if ``narrow``, else from N(0, 1) too.
    """
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        linear = nn.Linear(inputs, outputs)
        nn.init.normal_(linear.weight, 0.0, inputs ** -0.5 if narrow else 1.0)
        nn.init.normal_(linear.bias)
        layers += [linear, nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


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
