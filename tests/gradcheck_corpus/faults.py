"""Wrong derivatives, as people write them. Each is wrong almost everywhere, or where ``at`` says."""

# ruff: noqa: E731
import itertools

import numpy as np

from gradcheck_corpus.cases import Case, In, unary, unbroadcast

X = np.random.default_rng(5).normal(size=(3, 4))
PAIR, MATRICES = (In((3, 4)), In((4,))), (In((3, 4)), In((4, 2)))
sigmoid = lambda x: 1 / (1 + np.exp(-x))
softmax = lambda x: np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(
    -1, keepdims=True)


def at(x, index, factor):
    """Ones, but ``factor`` at one place."""
    out = np.ones(x.shape)
    if x.size:
        out.reshape(-1)[index % x.size] = factor
    return out


def convolved(x, w):
    return np.array([x[k:k + w.size] @ w for k in range(x.size - w.size + 1)])


def back_to_image(v, x, w, border=0):
    g = np.zeros(x.shape)
    for k in range(border, v.size - border):
        g[k:k + w.size] += v[k] * w
    return g


def back_to_filter(v, x, w):
    return np.array([v @ x[k:k + v.size] for k in range(w.size)])


def layer_norm(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def pool(x):
    return x.reshape(-1, 2).max(1)


def back_to_pool(v, x, ties):
    pairs = x.reshape(-1, 2)
    hit = pairs == pairs.max(1, keepdims=True)
    return (hit * v[:, None] / (1 if ties else hit.sum(1, keepdims=True))).reshape(x.shape)


class Stale:
    """A layer that keeps what forward saw, and computes backward from it, too late or too early."""

    def __init__(self):
        self.y = None

    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, v, x):
        return (v * (1 - self.y**2),)

    def first(self, v, x):
        if self.y is None or self.y.shape != x.shape:
            self.y = np.tanh(x)
        return (v * (1 - self.y**2),)


class Accumulating:
    """Adds every gradient to the last one."""

    def __init__(self):
        self.g = 0.0

    def vjp(self, v, x):
        if np.shape(self.g) != x.shape:
            self.g = np.zeros(x.shape)
        self.g = self.g + v * np.cos(x)
        return (self.g.copy(),)


class OneBuffer:
    """Returns the same memory every time."""

    def __init__(self):
        self.g = np.zeros(0)

    def vjp(self, v, x):
        if self.g.shape != x.shape:
            self.g = np.zeros(x.shape)
        self.g[...] = v * np.cos(x)
        return (self.g,)


def changes_input(v, x):
    x *= 1.001
    return (v * np.cos(x),)


def changes_cotangent(v, x):
    v *= np.cos(x)
    return (v.copy(),)


chance = itertools.count()
stale, first, accumulating, buffer = Stale(), Stale(), Accumulating(), OneBuffer()

FAULTS = [
    # constants and signs
    unary("sign", np.cos, np.sin),
    unary("factor 2 forgotten", lambda x: x * x, lambda x: x),
    unary("factor ½", lambda x: x**2 / 2, lambda x: x / 2),
    unary("exponent", lambda x: x**3, lambda x: 3 * x),
    unary("0.05 % too large", np.sin, lambda x: 1.0005 * np.cos(x)),
    unary("1e-6 too large", np.exp, lambda x: (1 + 1e-6) * np.exp(x)),
    unary("zero", np.exp, lambda x: 0 * x),
    unary("identity", np.tanh, lambda x: np.ones(x.shape)),
    unary("value for slope", np.tanh, np.tanh),
    unary("sigmoid without 1 − y", sigmoid, sigmoid),
    unary("tanh of y²", np.tanh, lambda x: 1 - np.tanh(x)),
    unary("exp is its own inverse", np.exp, lambda x: 1 / np.exp(x)),
    unary("log's base", np.log2, lambda x: 1 / x, 0.2, 3),
    unary("log's argument", lambda x: np.log(1 + x**2), lambda x: 1 / (1 + x**2)),
    unary("square root's ½", np.sqrt, lambda x: 1 / np.sqrt(x), 0.2, 3),
    unary("degrees", lambda x: np.sin(np.radians(x)), lambda x: np.cos(np.radians(x)), -90, 90),
    unary("π is 22/7", lambda x: np.sin(np.pi * x), lambda x: 22 / 7 * np.cos(np.pi * x)),
    unary("gelu's constant", lambda x: 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))),
          lambda x: 0.5 * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))) + 0.5 * x * (
              1 - np.tanh(0.7978845608 * (x + 0.044715 * x**3))**2) * 0.7978845608 * (
                  1 + 0.044715 * x**2)),
    # products and chains
    unary("product rule, one term", lambda x: x * np.exp(x), np.exp),
    unary("inner derivative", lambda x: np.sin(x**2), lambda x: np.cos(x**2)),
    unary("quotient rule's sign", lambda x: x / (1 + x**2), lambda x: (1 + 3 * x**2) / (1 + x**2)**2),
    unary("quotient not squared", lambda x: 1 / (2 + np.sin(x)),
         lambda x: -np.cos(x) / (2 + np.sin(x))),
    Case("operands swapped", lambda x, y: x / (3 + y**2), lambda v, x, y: (
        unbroadcast(v * -2 * x * y / (3 + y**2)**2 + 0 * x, x.shape),
        unbroadcast(v / (3 + y**2) + 0 * x, y.shape)), PAIR, True),
    Case("second operand forgotten", lambda x, y: x * y, lambda v, x, y: (
        unbroadcast(v * y, x.shape), np.zeros(y.shape)), PAIR, True),
    Case("gradient of the other", lambda x, y: x * y, lambda v, x, y: (v * x, v * y),
         (In((3, 4)), In((3, 4)))),
    # shapes, axes, broadcasting
    Case("mean without 1/n", lambda x: x.mean(), lambda v, x: (v * np.ones(x.shape),)),
    Case("mean over the wrong axis' n", lambda x: x.mean(0), lambda v, x: (
        np.broadcast_to(v / x.shape[1], x.shape),)),
    Case("sum, wrong axis", lambda x: x.sum(0), lambda v, x: (np.repeat(v[:, None], 3, 1),),
         (In((3, 3)),)),
    Case("cumsum not reversed", lambda x: x.cumsum(), lambda v, x: (v.cumsum().reshape(x.shape),)),
    Case("transpose forgotten", lambda x, w: x @ w, lambda v, x, w: (v @ w, x.T @ v),
         (In((3, 3)), In((3, 3)))),
    Case("matmul's operands", lambda x, w: x @ w, lambda v, x, w: (v @ w.T, (v.T @ x)),
         (In((3, 3)), In((3, 3)))),
    Case("reshape in another order", lambda x: x.reshape(4, 3), lambda v, x: (
        v.reshape((3, 4), order="F"),)),
    Case("roll the wrong way", lambda x: np.roll(x, 1), lambda v, x: (np.roll(v, 1),), (In((5,)),)),
    Case("flip forgotten", lambda x: x[::-1], lambda v, x: (v.copy(),), (In((4,)),)),
    Case("permutation, not its inverse", lambda x: x[[2, 0, 1]], lambda v, x: (v[[2, 0, 1]],),
         (In((3,)),)),
    Case("broadcast: one row for the sum", lambda x, y: x + y, lambda v, x, y: (v, v[0]), PAIR),
    Case("broadcast: mean for the sum", lambda x, y: x * y,
         lambda v, x, y: (v * y, (v * x).mean(0)), PAIR),
    Case("broadcast: not summed", lambda x, y: x + y, lambda v, x, y: (v, v.copy()), PAIR),
    Case("keepdims", lambda x: x.sum(), lambda v, x: (v * np.ones(x.size),)),
    Case("shape (1,) for ()", lambda x: x * x, lambda v, x: (np.atleast_1d(2 * v * x),), (In(()),)),
    Case("one gradient too few", lambda x, y: (x * y).sum(), lambda v, x, y: (v * y,),
         (In((3,)), In((3,)))),
    # indices and borders
    Case("repeated index counted once", lambda x: x[[0, 0, 2]], lambda v, x: (
        np.array([v[1], 0, v[2]]),), (In((3,)),)),
    Case("last element lost", lambda x: np.diff(x), lambda v, x: (
        np.concatenate([-v, [0.0]]) + np.concatenate([[0.0], v[:-1], [0.0]]),), (In((5,)),)),
    Case("convolution: border lost", convolved, lambda v, x, w: (
        back_to_image(v, x, w, 1), back_to_filter(v, x, w)), (In((8,)), In((3,)))),
    Case("convolution: filter not flipped", convolved, lambda v, x, w: (
        back_to_image(v, x, w[::-1]), back_to_filter(v, x, w)), (In((8,)), In((3,)))),
    Case("padding: gradient of the pad", lambda x: np.pad(x, 1), lambda v, x: (v[:-2],), (In((4,)),)),
    Case("one in 10,000", lambda x: np.sin(x), lambda v, x: (v * np.cos(x) * at(x, 7777, 0.5),),
         (In((100, 100)),)),
    Case("one in 10,000 by 1 %", lambda x: x**2, lambda v, x: (2 * v * x * at(x, 1234, 1.01),),
         (In((10000,), 0.5, 3),)),
    Case("one of 12 by 0.05 %", np.exp, lambda v, x: (v * np.exp(x) * at(x, 5, 1.0005),)),
    # normalisations
    Case("softmax without its sum", lambda x: softmax(x),
         lambda v, x: (v * softmax(x) * (1 - softmax(x)),)),
    Case("log-softmax: wrong axis", lambda x: x - np.log(np.exp(x).sum(-1, keepdims=True)),
         lambda v, x: (v - softmax(x) * v.sum(0, keepdims=True),), (In((3, 3)),)),
    Case("layer norm: variance constant", layer_norm, lambda v, x: (
        (v - v.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5),)),
    Case("std: n for n − 1", lambda x: x.std(ddof=1), lambda v, x: (
        v * (x - x.mean()) / (x.size * x.std(ddof=1)),)),
    Case("norm not normalised", lambda x: np.sqrt((x * x).sum()), lambda v, x: (v * x,)),
    # kinks and special points
    unary("relu: slope at kinks and below", lambda x: np.maximum(x, 0), lambda x: np.ones(x.shape)),
    unary("leaky relu's slope", lambda x: np.where(x > 0, x, 0.01 * x),
         lambda x: np.where(x > 0, 1, 0.1)),
    unary("|x| has slope 1.5 at 0", np.abs, lambda x: np.where(x == 0, 1.5, np.sign(x)),
          at=[0.0, 1.0, -2.0]),
    unary("relu has slope −1 at 0", lambda x: np.maximum(x, 0), lambda x: np.where(
        x == 0, -1.0, x > 0), at=[0.0, 1.0]),
    Case("maximum: 1 for both at a tie", np.maximum, lambda v, x, y: (v * (x >= y), v * (y >= x)),
         (In(at=[1.0, 2.0, 3.0]), In(at=[1.0, 5.0, 0.0]))),
    Case("pooling: all of a tie", pool, lambda v, x: (back_to_pool(v, x, True),),
         (In(at=[1.0, 1, 0, 2, 3, 3]),)),
    Case("clip passes outside", lambda x: np.clip(x, -1, 1), lambda v, x: (v.copy(),)),
    unary("beside the kink: mean slope", lambda x: np.maximum(x, 0), lambda x: 0.5 + 0 * x,
          at=[5e-7, -3e-8]),
    unary("huber's other branch", lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5),
          lambda x: np.where(np.abs(x) < 1, np.sign(x), x)),
    unary("nan at 0", lambda x: x * x * np.sign(x),
         lambda x: 2 * x * x / np.sqrt(x * x) * np.sign(x) ** 2,
          at=[0.0, 1.0]),
    unary("infinite at 0", np.tanh, lambda x: np.where(x == 0, np.inf, 1 - np.tanh(x)**2),
         at=[0.0, 1.0]),
    Case("nan in prod", np.prod, lambda v, x: (v * np.prod(x) / x,), (In(at=[0.0, 2.0, 3.0]),)),
    Case("sinc nan at 0", np.sinc, lambda v, x: (
        v * (np.cos(np.pi * x) * np.pi * x - np.sin(np.pi * x)) / (np.pi * x * x),),
             (In(at=[0.0, 0.5]),)),
    unary("step has slope 1", np.floor, lambda x: np.ones(x.shape), at=[0.3, 1.6]),
    # not a derivative at all
    Case("not linear: clipped", np.exp, lambda v, x: (np.clip(v * np.exp(x), -0.1, 0.1),)),
    Case("not linear: v²", np.sin, lambda v, x: (v * v * np.cos(x),)),
    Case("not linear: |v|", np.sin, lambda v, x: (np.abs(v) * np.cos(x),)),
    Case("cotangent ignored", lambda x: (x * x).sum(), lambda v, x: (2 * x,)),
    Case("added constant", np.sin, lambda v, x: (v * np.cos(x) + 1e-3,)),
    Case("changes its input", np.sin, changes_input),
    Case("changes the cotangent", np.sin, changes_cotangent),
    Case("stale: last forward", stale.forward, stale.backward),
    Case("stale: first input", lambda x: np.tanh(x), first.first),
    Case("accumulates", np.sin, accumulating.vjp),
    Case("one buffer for all", np.sin, buffer.vjp),
    Case("by chance", np.sin, lambda v, x: (v * np.cos(x) * (1 + 1e-3 * (next(chance) % 3)),)),
    Case("two inputs, one memory", lambda x, y: 2 * (x + y), lambda v, x, y: (2 * v,) * 2,
         (In((3,)), In((3,)))),
    # dtypes and scales
    Case("float32 gradient", np.sin, lambda v, x: ((v * np.cos(x)).astype("f4"),)),
    Case("integer gradient", lambda x: x.sum(), lambda v, x: (np.ones(x.shape, int),)),
    Case("float32, 1 % off", np.tanh, lambda v, x: ((v * (1 - np.tanh(x)**2) * np.float32(1.01)),),
         (In(dtype="float32"),)),
    Case("many float32, 10 % off", lambda x: (x * x).sum(), lambda v, x: (
        np.float32(2.2) * v * x,), (In((1000,), dtype="float32"),)),
    Case("float32 inside, sign", lambda x: np.sin(x.astype("f4")).astype("f8"), lambda v, x: (
        -v * np.cos(x),)),
    unary("large scale, factor", lambda x: 1e12 * x**2, lambda x: 1e12 * x),
    unary("small scale, factor", lambda x: 1e-12 * x**2, lambda x: 1e-12 * x),
    unary("large inputs, sign", lambda x: np.sin(x * 1e-12), lambda x: -1e-12 * np.cos(x * 1e-12),
          -3e12, 3e12),
    unary("small inputs, factor", lambda x: np.tanh(1e12 * x),
         lambda x: 2e12 * (1 - np.tanh(1e12 * x)**2),
          at=[1e-12, -3e-13]),
    unary("fast, 1 % off", lambda x: np.sin(1000 * x), lambda x: 1010 * np.cos(1000 * x)),
    unary("offset, 1 % off", lambda x: 1e6 + np.sin(x), lambda x: 1.01 * np.cos(x)),
    Case("small output beside a large", lambda x: np.stack([1e6 * x, np.sin(x)]), lambda v, x: (
        1e6 * v[0] - v[1] * np.cos(x),)),
]
