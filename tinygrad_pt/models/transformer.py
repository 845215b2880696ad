"""The Transformer in its four forms: of one block, and of what is put before and behind it.

    attention    softmax(q kᵀ/√d) v: each place asks all others, and takes the mean of their answers
    block        x ← x + attention(norm(x));  x ← x + network(norm(x))

`Translator` has an encoder that sees all of its text and a decoder that sees what it has written so far
and the encoder's memory. `LanguageModel` is one of them alone: the encoder fills gaps, the decoder goes
on writing, and what tells them apart is a triangle of ``causal`` attention. `VisionTransformer` is an
encoder whose words are pieces of an image.

A. Vaswani et al., Attention is all you need, 2017; R. Xiong et al., On layer normalization in the
Transformer architecture, 2020; A. Dosovitskiy et al., An image is worth 16×16 words, 2021.
"""

from __future__ import annotations

from math import sqrt

import tinygrad_pt as torch
from tinygrad_pt import Tensor, nn


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The mean of v (…, s, f) that each q (…, t, d) takes by its likeness to k (…, s, d); weights too.

    Where the mask (t, s) is False nobody looks.
    """
    scores = q @ k.mT / sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = scores.softmax(-1)
    return weights @ v, weights


def positions(n: int, width: int) -> Tensor:
    """The hands of width/2 clocks at the times 0 … n − 1, (n, width): sines, then cosines.

    The first turns once in 2π steps, the last nearly 10,000 times as slowly.
    """
    speed = 10_000 ** (-torch.arange(0, width, 2) / width)
    angle = torch.arange(n)[:, None] * speed
    return torch.cat([angle.sin(), angle.cos()], 1)


class Attention(nn.Module):
    """Heads that look side by side, each with a share of the width; ``weights``: where they looked."""

    def __init__(self, width: int, heads: int):
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        q, k, v = (made.unflatten(-1, (self.heads, -1)).transpose(1, 2)
                   for made in (self.query(x), self.key(memory), self.value(memory)))
        seen, weights = attend(q, k, v, mask)
        self.weights = weights.detach()
        return self.out(seen.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Look at oneself, ``crossing`` also at a memory, and think: each time a change is added to x."""

    def __init__(self, width: int, heads: int, crossing: bool):
        self.look = Attention(width, heads)
        self.cross = Attention(width, heads) if crossing else None
        self.think = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 + crossing))

    def forward(self, x: Tensor, mask: Tensor | None, memory: Tensor | None) -> Tensor:
        own = self.norms[0](x)
        x = x + self.look(own, own, mask)
        if self.cross is not None:
            x = x + self.cross(self.norms[1](x), memory)
        return x + self.think(self.norms[-1](x))


class Blocks(nn.Module):
    """Blocks in a row, x (n, t, width) to the same; ``causal``: no place sees those behind it."""

    def __init__(self, width: int, heads: int, depth: int, causal: bool = False,
                 crossing: bool = False):
        self.causal = causal
        self.blocks = nn.ModuleList(Block(width, heads, crossing) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        mask = torch.ones(x.shape[1], x.shape[1]).tril() > 0 if self.causal else None
        for block in self.blocks:
            x = block(x, mask, memory)
        return self.norm(x)


class Words(nn.Module):
    """Tokens (n, t) to vectors that say what they are and where they stand, (n, t, width)."""

    def __init__(self, vocabulary: int, width: int):
        self.table = nn.Embedding(vocabulary, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.table(tokens) + positions(tokens.shape[1], self.table.embedding_dim)


class LanguageModel(nn.Module):
    """Tokens (n, t) to scores of the token there, or if ``causal`` of the next, (n, t, vocabulary)."""

    def __init__(self, vocabulary: int, width: int, heads: int, depth: int, causal: bool,
                 crossing: bool = False):
        self.words = Words(vocabulary, width)
        self.blocks = Blocks(width, heads, depth, causal, crossing)
        self.scores = nn.Linear(width, vocabulary)

    def forward(self, tokens: Tensor, memory: Tensor | None = None) -> Tensor:
        return self.scores(self.blocks(self.words(tokens), memory))


class Translator(nn.Module):
    """Source (n, s) and the target so far (n, t) to scores of its next tokens, (n, t, target)."""

    def __init__(self, source: int, target: int, width: int, heads: int, depth: int):
        self.read = nn.Sequential(Words(source, width), Blocks(width, heads, depth))
        self.write = LanguageModel(target, width, heads, depth, causal=True, crossing=True)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        return self.write(target, self.read(source))

    @torch.no_grad()
    def translate(self, source: Tensor, start: int, length: int) -> Tensor:
        """The likeliest next token, again and again, from ``start``; (n, length)."""
        memory = self.read(source)
        target = torch.full((len(source), 1), start)
        for _ in range(length):
            target = torch.cat([target, self.write(target, memory)[:, -1:].argmax(-1)], 1)
        return target[:, 1:]


class VisionTransformer(nn.Module):
    """Images (n, side, side) to scores (n, classes), read off a place that belongs to no patch."""

    def __init__(self, side: int, patch: int, classes: int, width: int, heads: int, depth: int):
        self.patches = nn.Conv2d(1, width, patch, stride=patch)
        self.summary = nn.Parameter(torch.zeros(1, 1, width))
        self.places = nn.Parameter(0.1 * torch.randn(1 + (side // patch) ** 2, width))
        self.blocks = Blocks(width, heads, depth)
        self.scores = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        words = self.patches(images[:, None]).flatten(2).mT
        x = torch.cat([self.summary.expand(len(images), -1, -1), words], 1) + self.places
        return self.scores(self.blocks(x)[:, 0])
