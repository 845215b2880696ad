# ruff: noqa: B905  (written as one writes it when learning)
"""A transformer that learns to spell, a number at a time.

Runs on any class that has the operators of arithmetic, a constant power, `exp`, `log`, `relu`,
`data`, `grad` and `backward`.
"""

import math
import random
from itertools import pairwise

WORDS = """abacate acerola ameixa amora banana cacau caju caqui cereja coco cupuaçu figo framboesa
goiaba graviola jabuticaba jaca kiwi laranja limão maçã mamão manga maracujá melancia melão morango
nectarina pera pêssego pinha pitanga romã tamarindo tangerina umbu uva""".split()
END = 0
LETTERS = ["·", *sorted(set("".join(WORDS)))]


def run(Value, steps=1, width=16, heads=4, blocks=1, context=12, seed=11):
    """Train on one word a step; return the losses."""
    rng = random.Random(seed)
    size = width // heads

    def matrix(rows, columns, spread=0.08):
        return [[Value(rng.gauss(0, spread)) for _ in range(columns)] for _ in range(rows)]

    letter, place = matrix(len(LETTERS), width), matrix(context, width)
    unembed = matrix(len(LETTERS), width)
    layers = [dict(query=matrix(width, width), key=matrix(width, width), value=matrix(width, width),
                   mix=matrix(width, width), widen=matrix(4 * width, width),
                   narrow=matrix(width, 4 * width)) for _ in range(blocks)]
    matrices = [letter, place, unembed, *(m for layer in layers for m in layer.values())]
    parameters = [p for m in matrices for row in m for p in row]

    def linear(m, x):
        return [sum(w * xi for w, xi in zip(row, x)) for row in m]

    def normal(x):
        scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    def softmax(x):
        top = max(xi.data for xi in x)
        e = [(xi - top).exp() for xi in x]
        total = sum(e)
        return [ei / total for ei in e]

    def attend(layer, x, keys, values):
        """What the letters so far, this one included, have to say about it."""
        query = linear(layer["query"], x)
        keys.append(linear(layer["key"], x))
        values.append(linear(layer["value"], x))
        out = []
        for h in range(0, width, size):
            part = slice(h, h + size)
            scores = [sum(q * k for q, k in zip(query[part], key[part])) / math.sqrt(size)
                      for key in keys]
            weights = softmax(scores)
            out += [sum(w * v[j] for w, v in zip(weights, values)) for j in range(h, h + size)]
        return linear(layer["mix"], out)

    def next_letter(token, position, memory):
        """Probabilities of what follows."""
        x = normal([a + b for a, b in zip(letter[token], place[position])])
        for layer, (keys, values) in zip(layers, memory):
            x = [a + b for a, b in zip(x, attend(layer, normal(x), keys, values))]
            hidden = [h.relu() for h in linear(layer["widen"], normal(x))]
            x = [a + b for a, b in zip(x, linear(layer["narrow"], hidden))]
        return softmax(linear(unembed, x))

    mean, spread = [0.0] * len(parameters), [0.0] * len(parameters)
    losses = []
    for step in range(1, steps + 1):
        word = WORDS[step % len(WORDS)][:context - 1]
        tokens = [END, *map(LETTERS.index, word), END]
        memory = [([], []) for _ in layers]
        chances = [next_letter(token, i, memory)[following]
                   for i, (token, following) in enumerate(pairwise(tokens))]
        loss = sum(-p.log() for p in chances) / len(chances)
        loss.backward()
        for i, p in enumerate(parameters):  # Adam
            mean[i] = 0.85 * mean[i] + 0.15 * p.grad
            spread[i] = 0.99 * spread[i] + 0.01 * p.grad ** 2
            p.data -= (0.01 * mean[i] / (1 - 0.85 ** step)
                       / (math.sqrt(spread[i] / (1 - 0.99 ** step)) + 1e-8))
            p.grad = 0
        losses.append(float(loss.data))
    return losses
