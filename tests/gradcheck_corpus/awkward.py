"""Right derivatives of functions that are hard to check."""

# ruff: noqa: E731
import numpy as np

from gradcheck_corpus.cases import Case, In, unary, unbroadcast

relu = lambda x: np.maximum(x, 0)
f32 = lambda x: np.asarray(x).astype("f4")
f64 = lambda x: np.asarray(x).astype("f8")
TIE = (In(at=[1.0, 2.0, 3.0]), In(at=[1.0, 5.0, 0.0]))


def net(x, w1, b1, w2):
    return relu(x @ w1 + b1) @ w2


def net_vjp(v, x, w1, b1, w2):
    h = x @ w1 + b1
    g = v @ w2.T * (h > 0)
    return g @ w1.T, x.T @ g, g.sum(0), relu(h).T @ v


def newton_sqrt(x):
    y = np.ones(x.shape)
    for _ in range(60):
        y = (y + x / y) / 2
    return y


def bisected(x):
    """The root of y³ + y = x, to 1e-13, by halving."""
    low, high = np.full(x.shape, -10.0), np.full(x.shape, 10.0)
    while np.max(high - low, initial=0) > 1e-13:
        middle = (low + high) / 2
        up = middle**3 + middle < x
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    return (low + high) / 2


def pool_vjp(v, x):
    pairs = x.reshape(-1, 2)
    return ((np.arange(2) == pairs.argmax(1)[:, None]) * v[:, None]).reshape(x.shape),


def logsumexp(x):
    m = x.max()
    return m + np.log(np.exp(x - m).sum())


AWKWARD = [
    # at kinks, by every convention
    *(unary(f"|x| at 0 with {s}", np.abs, lambda x, s=s: np.where(x == 0, s, np.sign(x)),
            at=[0.0, 1.0, 0.0]) for s in (-1, 0, 0.3, 1)),
    *(unary(f"relu at 0 with {s}", relu, lambda x, s=s: np.where(x == 0, s, x > 0),
            at=[0.0, -1.0, 2.0, 0.0]) for s in (0, 0.5, 1)),
    unary("relu, all at 0", relu, lambda x: (x > 0) * 1.0, at=np.zeros((3, 4))),
    unary("relu, anywhere", relu, lambda x: (x > 0) * 1.0),
    unary("leaky relu", lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01)),
    unary("clip", lambda x: np.clip(x, -1, 1), lambda x: (np.abs(x) <= 1) * 1.0),
    unary("clip at its bounds", lambda x: np.clip(x, -1, 1), lambda x: (np.abs(x) < 1) * 1.0,
          at=[-1.0, 1.0, 0.0]),
    unary("huber", lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5),
          lambda x: np.clip(x, -1, 1)),
    unary("soft shrinkage", lambda x: np.sign(x) * relu(np.abs(x) - 1),
         lambda x: (np.abs(x) > 1) * 1.0),
    Case("maximum, halves at ties", np.maximum, lambda v, x, y: (
        v * ((x > y) + 0.5 * (x == y)), v * ((y > x) + 0.5 * (x == y))), TIE),
    Case("maximum, the first at ties", np.maximum, lambda v, x, y: (v * (x >= y), v * (y > x)), TIE),
    Case("max of equals", lambda x: x.max(), lambda v, x: (v * (x == x.max()) / (x == x.max()).sum(),),
         (In(at=[2.0, 2.0, 2.0, 1.0]),)),
    Case("max of equals, the first", lambda x: x.max(), lambda v, x: (
        v * (np.arange(4) == x.argmax()),), (In(at=[2.0, 2.0, 2.0, 1.0]),)),
    Case("pooling with ties", lambda x: x.reshape(-1, 2).max(1), pool_vjp,
         (In(at=[1.0, 1, 0, 2, 3, 3]),)),
    Case("sort with ties", np.sort, lambda v, x: (v[np.argsort(np.argsort(x, kind="stable"))],),
         (In(at=[1.0, 1.0, 0.0, 1.0]),)),
    Case("norm at 0", lambda x: np.sqrt((x * x).sum()), lambda v, x: (0 * x,), (In(at=[0.0, 0.0]),)),
    Case("L1 norm with zeros", lambda x: np.abs(x).sum(), lambda v, x: (v * np.sign(x),),
         (In(at=[0.0, 1.0, 0.0, -2.0]),)),
    Case("dead units", net, net_vjp, (In((2, 3)), In(at=np.zeros((3, 4))), In(at=np.zeros(4)),
                                      In((4, 2)))),
    Case("dead units, one output", lambda *xs: net(*xs).sum(), lambda v, *xs: net_vjp(
        v * np.ones((5, 1)), *xs), (In((5, 3)), In(at=np.zeros((3, 6))), In(at=np.zeros(6)),
                                    In((6, 1)))),
    Case("a net of relu", net, net_vjp, (In((5, 3)), In((3, 8)), In((8,)), In((8, 2)))),
    # beside kinks
    unary("relu at 5e-7", relu, lambda x: (x > 0) * 1.0, at=[5e-7, -5e-7, 1.0]),
    unary("relu at 1e-12", relu, lambda x: (x > 0) * 1.0, at=[1e-12, -1e-12, 1e-9]),
    unary("|x − 1| beside 1", lambda x: np.abs(x - 1), lambda x: np.sign(x - 1),
         at=[1 + 1e-6, 1 - 1e-8]),
    unary("clip beside its bound", lambda x: np.clip(x, -1, 1), lambda x: (np.abs(x) <= 1) * 1.0,
          at=[1 + 1e-7, 1 - 1e-5, -1 + 1e-9]),
    unary("maximum beside a tie", lambda x: np.maximum(x, 2 - x), lambda x: np.where(x > 1, 1, -1.0),
          at=[1 + 1e-6, 1 - 1e-6]),
    unary("relu at 5e-7, offset", lambda x: 1e4 + relu(x), lambda x: (x > 0) * 1.0, at=[5e-7, -5e-7]),
    # jumps elsewhere, and staircases
    unary("floor", np.floor, lambda x: 0 * x, at=[0.3, 1.6, -2.2]),
    unary("sign function", np.sign, lambda x: 0 * x, at=[0.3, -1.6]),
    unary("fraction", lambda x: x - np.floor(x), lambda x: np.ones(x.shape), at=[0.3, 1.6, 0.999]),
    unary("a jump at 1", lambda x: x + 1000 * (x > 1), lambda x: np.ones(x.shape),
         at=[0.9999, 1.01, 1 - 1e-6]),
    unary("square wave times x", lambda x: x * np.sign(np.sin(50 * x)),
         lambda x: np.sign(np.sin(50 * x))),
    unary("mod", lambda x: np.mod(x, 0.7) ** 2, lambda x: 2 * np.mod(x, 0.7), at=[0.3, 1.6, -2.2]),
    # scales
    unary("value 1e12", lambda x: 1e12 * np.sin(x), lambda x: 1e12 * np.cos(x)),
    unary("value 1e-12", lambda x: 1e-12 * np.sin(x), lambda x: 1e-12 * np.cos(x)),
    unary("value 1e-30", lambda x: 1e-30 * np.exp(x), lambda x: 1e-30 * np.exp(x)),
    unary("inputs 1e12", lambda x: np.log(x), lambda x: 1 / x, 1e11, 1e12),
    unary("inputs 1e-12", lambda x: np.log(x), lambda x: 1 / x, at=[1e-12, 3e-12, 1e-11]),
    unary("inputs of every size", np.log, lambda x: 1 / x, at=[1e-12, 1e-6, 1.0, 1e6, 1e12]),
    unary("reciprocal of every size", lambda x: 1 / x, lambda x: -1 / x**2, at=[1e-6, -1.0, 1e6]),
    unary("sine of 1e8", np.sin, np.cos, at=[1e8, -3e7, 1.0]),
    unary("offset 1e6", lambda x: 1e6 + np.sin(x), np.cos),
    unary("offset 1e10", lambda x: 1e10 + np.sin(x), np.cos),
    unary("cancellation", lambda x: (1e8 + x) - 1e8, lambda x: np.ones(x.shape)),
    unary("1 − cos near 0", lambda x: 1 - np.cos(x), np.sin, at=[1e-4, 1e-3]),
    Case("slopes of two sizes", lambda x, y: 1e8 * x + np.sin(y), lambda v, x, y: (
        unbroadcast(1e8 * v, x.shape), unbroadcast(v * np.cos(y), y.shape)), (In(), In()), True),
    # fast, steep, flat
    unary("sin 1000 x", lambda x: np.sin(1e3 * x), lambda x: 1e3 * np.cos(1e3 * x)),
    unary("sin 1e6 x", lambda x: np.sin(1e6 * x), lambda x: 1e6 * np.cos(1e6 * x)),
    unary("ripple", lambda x: x + 1e-6 * np.sin(1e6 * x), lambda x: 1 + np.cos(1e6 * x)),
    unary("x² sin(1/x)", lambda x: x**2 * np.sin(1 / x),
         lambda x: 2 * x * np.sin(1 / x) - np.cos(1 / x),
          at=[1e-3, 0.01, 0.3]),
    unary("exp 20 x", lambda x: np.exp(20 * x), lambda x: 20 * np.exp(20 * x)),
    unary("x^20", lambda x: x**20, lambda x: 20 * x**19),
    unary("steep sigmoid", lambda x: 1 / (1 + np.exp(-1e4 * x)), lambda x: 1e4 * np.exp(-1e4 * x) / (
        1 + np.exp(-1e4 * x))**2, at=[1e-4, -2e-4]),
    unary("constant", lambda x: 0 * x + 3, lambda x: 0 * x),
    unary("saturated", lambda x: np.tanh(20 + x), lambda x: 1 - np.tanh(20 + x)**2),
    unary("underflow", lambda x: np.exp(-1000 - x), lambda x: -np.exp(-1000 - x)),
    unary("flat to all orders", lambda x: np.exp(-1 / x**2), lambda x: 2 / x**3 * np.exp(-1 / x**2),
          at=[0.05, 0.1, 0.5]),
    unary("stationary", lambda x: x**2, lambda x: 2 * x, at=[0.0, 0.0, 1.0]),
    unary("x³ at 0", lambda x: x**3, lambda x: 3 * x**2, at=[0.0, 1e-5]),
    unary("x |x| at 0", lambda x: x * np.abs(x), lambda x: 2 * np.abs(x), at=[0.0, 1.0]),
    # edges of the domain, infinite slopes
    unary("sqrt near 0", np.sqrt, lambda x: 0.5 / np.sqrt(x), at=[1e-8, 1e-4, 1.0]),
    unary("sqrt at 0", np.sqrt, lambda x: 0.5 / np.sqrt(x), at=[0.0, 1.0]),
    unary("x^1.5 at 0", lambda x: x**1.5, lambda x: 1.5 * np.sqrt(x), at=[0.0, 1.0]),
    unary("arcsin near 1", np.arcsin, lambda x: 1 / np.sqrt(1 - x * x), at=[0.999999, -0.5]),
    unary("cube root at 0", np.cbrt, lambda x: np.cbrt(x)**-2 / 3, at=[0.0, 1.0]),
    Case("log with a guard", lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0.0),
         lambda v, x: (
        v * np.where(x > 0, 1 / np.where(x > 0, x, 1), 0),), (In(at=[-1.0, 2.0, 1e-3]),)),
    # float32, noise, iterations
    unary("float32 inside", lambda x: f64(np.sin(f32(x))), np.cos),
    unary("float32 in the middle", lambda x: np.pi * f64(np.tanh(f32(x))), lambda x: np.pi * (
        1 - np.tanh(x)**2)),
    unary("float32 in a part", lambda x: x + f64(np.sin(f32(x))), lambda x: 1 + np.cos(x)),
    Case("float32 and kinks in one sum", lambda x: f64(f32(relu(10 * x))).mean(),
         lambda v, x: (v * 10 * (x > 0) / x.size,), (In(at=[1, -1, 2, 0, 0.3, -2, 0, 0.04, 1, 0.7]),)),
    unary("a kink beside, far from 0", lambda x: 1 + 0.1 * np.abs(x), lambda x: 0.1 * np.sign(x),
          at=[0, 1, 1e-12, -1e-12]),
    Case("float32 derivative", np.sin, lambda v, x: (v * f64(np.cos(f32(x))),)),
    Case("float32", np.tanh, lambda v, x: (v * (1 - np.tanh(x)**2),), (In(dtype="float32"),), True),
    Case("float32 sum of 1000", lambda x: (x * x).sum(), lambda v, x: (2 * v * x,),
         (In((1000,), dtype="float32"),)),
    Case("float32 matrices", lambda x, w: x @ w, lambda v, x, w: (v @ w.T, x.T @ v),
         (In((8, 16), dtype="float32"), In((16, 4), dtype="float32"))),
    Case("float16", np.tanh, lambda v, x: (v * (1 - np.tanh(x)**2),), (In(dtype="float16"),)),
    unary("Newton's iteration", newton_sqrt, lambda x: 0.5 / np.sqrt(x), 0.1, 3),
    unary("bisection", bisected, lambda x: 1 / (3 * bisected(x)**2 + 1)),
    unary("deterministic noise", lambda x: np.sin(x) + 1e-9 * np.sin(1e17 * x), np.cos, 0.5, 3),
    Case("inverse", np.linalg.inv, lambda v, x: (-np.linalg.inv(x).T @ v @ np.linalg.inv(x).T,),
         (In(at=[[1.0, 2.0], [3.0, 4.0]]),)),
    Case("ill-conditioned inverse", np.linalg.inv, lambda v, x: (
        -np.linalg.inv(x).T @ v @ np.linalg.inv(x).T,), (In(at=[[1.0, 1.0], [1.0, 1 + 1e-6]]),)),
    Case("logsumexp far apart", logsumexp, lambda v, x: (v * np.exp(x - logsumexp(x)),),
         (In(at=[0.0, 50.0, -50.0, 49.0]),)),
    # forms
    Case("a sum passes the cotangent on", lambda x, y: x + y, lambda v, x, y: (v, v),
         (In((3,)), In((3,)))),
    Case("a view of the cotangent", lambda x: x.T, lambda v, x: (v.T,)),
    Case("empty", lambda x: np.sin(x), lambda v, x: (v * np.cos(x),), (In((0, 3)),)),
    Case("empty result", lambda x: x[:0], lambda v, x: (0 * x,), (In((3,)),)),
    Case("0-d", lambda x: x * x, lambda v, x: (2 * v * x,), (In(()),)),
    Case("ten thousand", lambda x: np.sin(x).sum(), lambda v, x: (v * np.cos(x),), (In((10000,)),)),
    Case("integers beside", lambda x, n: x[n], lambda v, x, n: (
        np.add.at(g := np.zeros(x.shape), n, v) or g, None),
             (In((4,)), In(at=[0, 0, 2], dtype="int64"))),
    Case("a constant result", lambda x: 1.5, lambda v, x: (0 * x,)),
]
