"""LeNet-5, as it was in 1998, but for the last layer: there ten fixed pictures, here ten neurons.

    C1 6@28×28 → S2 6@14×14 → C3 16@10×10 → S4 16@5×5 → C5 120 → F6 84 → 10

Y. LeCun, L. Bottou, Y. Bengio & P. Haffner, Gradient-based learning applied to document recognition,
1998.
"""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn
from tinygrad_pt.nn import functional as F

SEEN = [*([(i + k) % 6 for k in range(3)] for i in range(6)),  # of the six maps of S2, those that
        *([(i + k) % 6 for k in range(4)] for i in range(6)),  # each of the sixteen of C3 sees
        *([(i + k) % 6 for k in (0, 1, 3, 4)] for i in range(3)), range(6)]


class Subsampling(nn.Module):
    """a · (mean of 2×2) + b, with an a and a b for each map."""

    def __init__(self, maps: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(maps, 1, 1))
        self.bias = nn.Parameter(torch.zeros(maps, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * F.avg_pool2d(x, 2) + self.bias


class PartialConv2d(nn.Conv2d):
    """A convolution whose map k sees only the maps ``seen[k]`` before it; its other weights are 0."""

    def __init__(self, maps: int, seen: Sequence[Sequence[int]], size: int):
        super().__init__(maps, len(seen), size)
        self.register_buffer("seen", torch.tensor(
            [[float(i in some) for i in range(maps)] for some in seen])[:, :, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.seen, self.bias)


def lenet5() -> nn.Sequential:
    """Images (n, 1, 32, 32) to scores (n, 10); weights start with Glorot's variance, biases with 0."""
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5), Subsampling(6), nn.Tanh(),
        PartialConv2d(6, SEEN, 5), Subsampling(16), nn.Tanh(),
        nn.Flatten(), nn.Linear(16 * 5 * 5, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(),
        nn.Linear(84, 10))
    for layer in net:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return net
