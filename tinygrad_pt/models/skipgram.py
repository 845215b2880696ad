"""Skip-gram with negative sampling: vectors that tell which words are near.

    loss = −log σ(u_o · v_c) − Σₖ log σ(−u_k · v_c),       k drawn by frequency^¾

T. Mikolov et al., Distributed representations of words and phrases, 2013; the documents of Q. Le &
T. Mikolov, Distributed representations of sentences and documents, 2014, take the place of c.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn
from tinygrad_pt.nn import functional as F


class SkipGram(nn.Module):
    """Vectors v of what stands in the middle, words or documents, and u of the words about it."""

    def __init__(self, centres: int, words: int, width: int):
        self.v, self.u = nn.Embedding(centres, width), nn.Embedding(words, width)
        nn.init.normal_(self.v.weight, std=0.1)
        nn.init.zeros_(self.u.weight)

    def forward(self, centre: Tensor, near: Tensor, drawn: Tensor) -> Tensor:
        """The loss for a word near each centre (n,), and k words (n, k) that were drawn."""
        v = self.v(centre)
        right = F.logsigmoid((self.u(near) * v).sum(1))
        wrong = F.logsigmoid(-(self.u(drawn) @ v[:, :, None])[:, :, 0]).sum(1)
        return -(right + wrong).mean()

    def sampled(self, centre: Tensor, near: Tensor, often: Tensor, batch: int,
                k: int = 5) -> Callable[[], Tensor]:
        """The loss of some pairs (centre, near), drawn anew at each call, against k words each."""
        chance = often ** 0.75

        def loss():
            some = torch.randint(0, len(centre), (batch,))
            drawn = torch.multinomial(chance, batch * k, replacement=True).reshape(batch, k)
            return self(centre[some], near[some], drawn)

        return loss


def coded(words: Iterable[str], least: int = 1) -> tuple[list[str], Tensor]:
    """The words that occur at least so often, and the text in their numbers, others left out."""
    counts = Counter(words)
    known = [word for word, n in counts.most_common() if n >= least]
    number = {word: i for i, word in enumerate(known)}
    return known, torch.tensor([number[word] for word in words if word in number])


def neighbours(text: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """All pairs of a word of the text (n,) and one up to a window from it."""
    pairs = [(text[:-d], text[d:]) for d in range(1, window + 1)]
    return (torch.cat([x for a, b in pairs for x in (a, b)]),
            torch.cat([x for a, b in pairs for x in (b, a)]))
