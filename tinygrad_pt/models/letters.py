"""A recurrent network that reads letter by letter, and says how likely each letter is to come next.

    x = one-hot letter,   h' = f(x, h),   y = V h' + c,   p(next letter) = softmax(y)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import tinygrad_pt as torch
from tinygrad_pt import Tensor, lab, nn, optim
from tinygrad_pt.nn import functional as F


class Letters(nn.Module):
    """Scores (n, t, letters) of what follows each of the letters (n, t), numbers; and the last state.

    ``kind`` is `nn.RNN`, `nn.LSTM` or `nn.GRU`.
    """

    def __init__(self, kind: type[nn.RNNBase], letters: Sequence[str], hidden: int):
        super().__init__()
        self.letters, self.number = letters, {c: i for i, c in enumerate(letters)}
        self.memory = kind(len(letters), hidden, batch_first=True)
        self.output = nn.Linear(hidden, len(letters))

    def forward(self, x: Tensor, state: object = None) -> tuple[Tensor, object]:
        h, state = self.memory(F.one_hot(x, len(self.letters)).float(), state)
        return self.output(h), state

    def read(self, text: str) -> Tensor:
        """The text as numbers."""
        return torch.tensor([self.number[c] for c in text])

    def next(self, text: str) -> dict[str, float]:
        """The probability of each letter to come after the text."""
        with torch.no_grad():
            p = self(self.read(text)[None])[0][0, -1].softmax(0)
        return dict(zip(self.letters, p.tolist(), strict=True))

    def surprise(self, text: str) -> Tensor:
        """−log₂ p of each letter of a text but the first, in bits."""
        x = self.read(text)
        with torch.no_grad():
            scores, _ = self(x[None, :-1])
        return F.cross_entropy(scores[0], x[1:], reduction="none") / torch.tensor(2.0).log()

    def write(self, start: str, length: int) -> str:
        """So many letters after ``start``, each drawn from what the net thinks likely."""
        text, state, x = start, None, self.read(start)[None]
        with torch.no_grad():
            for _ in range(length):
                scores, state = self(x, state)
                x = scores[:, -1].softmax(-1).multinomial(1)
                text += self.letters[x.item()]
        return text


def learn(net: Letters, text: str, *, steps: int, rate: float, batch: int = 32, length: int = 32,
          what: str = "steps") -> Iterator[float]:
    """Adam on pieces of the text drawn at random, the rate falling to 0; yields each step's loss."""
    numbers, place = net.read(text), torch.arange(length + 1)
    optimizer = optim.Adam(net.parameters(), lr=rate)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in lab.track(range(steps), what):
        piece = numbers[torch.randint(0, len(numbers) - length, (batch, 1)) + place]
        scores, _ = net(piece[:, :-1])
        loss = F.cross_entropy(scores.flatten(0, 1), piece[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield loss.item()


def table(text: str, order: int) -> Callable[[str], float]:
    """What counting gives: bits a letter of a text, by how often each followed the ``order`` before."""
    pieces = Counter(text[i:i + order + 1] for i in range(len(text) - order))
    before, letters = Counter(text[i:i + order] for i in range(len(text) - order)), len(set(text))

    def bits(unseen: str) -> float:
        p = [(pieces[unseen[i:i + order + 1]] + 0.5) / (before[unseen[i:i + order]] + 0.5 * letters)
             for i in range(len(unseen) - order)]
        return -torch.tensor(p).log2().mean().item()
    return bits
