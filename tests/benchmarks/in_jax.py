"""The training steps of nets.py for jax: each jitted whole, with memory handed back to it (donated).

Parameters are lists in the order of nets.py's. What was tried and no faster: weights transposed, NHWC,
heads before characters, one-hot labels, reduce_window, unrolled scans.
"""

from functools import partial

import jax
import jax.numpy as jnp
from draws import classes, parameters, uniform
from jax import lax


def sgd(lr):
    def update(ps, grads, state):
        return [p - lr * g for p, g in zip(ps, grads, strict=True)], state
    return update, lambda ps: ()


def adam(lr, decay=0.0):
    """Adam; with a decay of the weights, AdamW."""
    def update(ps, grads, state):
        means, squares, n = state
        n = n + 1
        means = [0.9 * a + 0.1 * g for a, g in zip(means, grads, strict=True)]
        squares = [0.999 * a + 0.001 * g * g for a, g in zip(squares, grads, strict=True)]
        rate, root = lr / (1 - 0.9**n), jnp.sqrt(1 - 0.999**n)
        ps = [p * (1 - lr * decay) - rate * a / (jnp.sqrt(b) / root + 1e-8)
              for p, a, b in zip(ps, means, squares, strict=True)]
        return ps, (means, squares, n)

    def begin(ps):
        return [jnp.zeros_like(p) for p in ps], [jnp.zeros_like(p) for p in ps], jnp.float32(0)
    return update, begin


def train(loss, shapes, data, optimizer, clip=False):
    """A step that makes loss(parameters, *data) smaller; `clip`: the gradients' norm stays below 1."""
    update, begin = optimizer
    ps, data = [jnp.asarray(p) for p in parameters(*shapes)], [jnp.asarray(d) for d in data]
    state = begin(ps)

    @partial(jax.jit, donate_argnums=(0, 1))
    def following(ps, state, data):
        value, grads = jax.value_and_grad(loss)(ps, *data)
        if clip:
            norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in grads))
            grads = [g * jnp.minimum(1, 1 / (norm + 1e-6)) for g in grads]
        return value, *update(ps, grads, state)

    def step():
        nonlocal ps, state
        value, ps, state = following(ps, state, data)
        return value
    return step


def layers(*sizes):
    """The shapes of linear layers one after another."""
    return [s for i, o in zip(sizes, sizes[1:], strict=False) for s in ((o, i), (o,))]


def through(ps, x, activation):
    """Linear layers with an activation between them."""
    for i in range(0, len(ps), 2):
        x = (activation(x) if i else x) @ ps[i].T + ps[i + 1]
    return x


def cross_entropy(logits, y):
    right = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1)
    return -right.mean()


def xor(m):
    def loss(ps, x, y):
        return ((jax.nn.sigmoid(through(ps, x, jax.nn.sigmoid)) - y) ** 2).mean()
    x = jnp.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return train(loss, layers(2, 2, 1), (x, jnp.array([[0.0], [1.0], [1.0], [0.0]])), sgd(1.0))


def mlp(sizes, activation, batch):
    def loss(ps, x, y):
        return cross_entropy(through(ps, x, activation), y)
    data = uniform(batch, sizes[0]), classes(10, batch)
    return lambda m: train(loss, layers(*sizes), data, sgd(0.05))


def conv(x, w, b, padding="VALID"):
    return lax.conv_general_dilated(x, w, (1, 1), padding) + b[:, None, None]


def pool(x):
    """The largest of 2×2."""
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))


def lenet(batch):
    def loss(ps, x, y):
        x = pool(jax.nn.relu(conv(x, *ps[:2])))
        x = pool(jax.nn.relu(conv(x, *ps[2:4])))
        return cross_entropy(through(ps[4:], x.reshape(batch, -1), jax.nn.relu), y)
    shapes = [(20, 1, 5, 5), (20,), (40, 20, 5, 5), (40,), *layers(640, 100, 10)]
    return lambda m: train(loss, shapes, (uniform(batch, 1, 28, 28), classes(10, batch)), sgd(0.05))


def three_by_three(m):
    def loss(ps, x, y):
        for i in 0, 4:
            x = jax.nn.relu(conv(x, *ps[i:i + 2], "SAME"))
            x = pool(jax.nn.relu(conv(x, *ps[i + 2:i + 4], "SAME")))
        return cross_entropy(through(ps[8:], x.reshape(32, -1), jax.nn.relu), y)
    shapes = [s for i, o in ((3, 32), (32, 32), (32, 64), (64, 64)) for s in ((o, i, 3, 3), (o,))]
    data = uniform(32, 3, 32, 32), classes(10, 32)
    return train(loss, [*shapes, *layers(4096, 10)], data, adam(1e-3))


def lstm_cell(w, b):
    def cell(state, x):
        h, c = state
        i, f, g, o = jnp.split(x + h @ w.T + b, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h
    return cell


def gru_cell(w, b):
    def cell(state, x):
        h, _ = state
        (xr, xz, xn), (hr, hz, hn) = jnp.split(x, 3, axis=1), jnp.split(h @ w.T + b, 3, axis=1)
        z = jax.nn.sigmoid(xz + hz)
        h = (1 - z) * jnp.tanh(xn + jax.nn.sigmoid(xr + hr) * hn) + z * h
        return (h, h), h
    return cell


def characters(make_cell, gates):
    def loss(ps, text):
        embed, w_in, w, b_in, b, w_out, b_out = ps
        start = jnp.zeros((32, 128))
        _, h = lax.scan(make_cell(w, b), (start, start), embed[text[:-1]] @ w_in.T + b_in)
        return cross_entropy((h @ w_out.T + b_out).reshape(-1, 65), text[1:].reshape(-1))
    wide = gates * 128
    shapes = [(65, 64), (wide, 64), (wide, 128), (wide,), (wide,), (65, 128), (65,)]
    return lambda m: train(loss, shapes, [classes(65, 65, 32)], adam(1e-3), clip=True)


def layer_norm(x, w, b):
    x = x - x.mean(-1, keepdims=True)
    return x * lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w + b


def gpt(m, deep=4, heads=4, wide=128, block=64, batch=12, many=65):
    size = wide // heads

    def attention(x, w, b):
        q, k, v = jnp.moveaxis((x @ w.T + b).reshape(batch, block, 3, heads, size), 2, 0)
        score = jnp.einsum("bqhc,bkhc->bhqk", q, k) / size**0.5
        score = jax.nn.softmax(jnp.where(jnp.tri(block, dtype=bool), score, -jnp.inf))
        return jnp.einsum("bhqk,bkhc->bqhc", score, v).reshape(batch, block, wide)

    def loss(ps, text):
        x = ps[0][text[:, :-1]] + ps[1]
        for i in range(2, 2 + 12 * deep, 12):
            p = ps[i:i + 12]
            x = x + attention(layer_norm(x, *p[:2]), *p[2:4]) @ p[4].T + p[5]
            x = x + through(p[8:], layer_norm(x, *p[6:8]), partial(jax.nn.gelu, approximate=False))
        logits = layer_norm(x, *ps[-3:-1]) @ ps[-1].T
        return cross_entropy(logits.reshape(-1, many), text[:, 1:].reshape(-1))

    norm = [(wide,), (wide,)]
    one = [*norm, *layers(wide, 3 * wide), *layers(wide, wide), *norm, *layers(wide, 4 * wide, wide)]
    shapes = [(many, wide), (block, wide), *one * deep, *norm, (many, wide)]
    return train(loss, shapes, [classes(many, batch, block + 1)], adam(1e-3, decay=0.01), clip=True)


def vae(m):
    def loss(ps, x, noise):
        h = jax.nn.relu(through(ps[:2], x, None))
        mu, logvar = through(ps[2:4], h, None), through(ps[4:6], h, None)
        y = jax.nn.sigmoid(through(ps[6:], mu + noise * jnp.exp(0.5 * logvar), jax.nn.relu))
        apart = -0.5 * jnp.sum(1 + logvar - mu**2 - jnp.exp(logvar))
        return -jnp.sum(x * jnp.log(y) + (1 - x) * jnp.log1p(-y)) + apart
    shapes = [*layers(784, 400), *layers(400, 20), *layers(400, 20), *layers(20, 400, 784)]
    return train(loss, shapes, (uniform(128, 784), uniform(128, 20, low=-2, high=2)), adam(1e-3))


def linear_autoencoder(m):
    def loss(ps, x):
        return ((through(ps, x, lambda h: h) - x) ** 2).mean()
    return train(loss, layers(784, 32, 784), [uniform(64, 784)], sgd(0.1))


def q_network(m):
    def loss(ps, target, state, after, reward, action):
        best = through(target, after, jax.nn.relu).max(1, keepdims=True)
        value = jnp.take_along_axis(through(ps, state, jax.nn.relu), action, 1)
        d = jnp.abs(value - lax.stop_gradient(reward + 0.98 * best))
        return jnp.where(d < 1, 0.5 * d * d, d - 0.5).mean()
    shapes = layers(4, 128, 128, 2)
    target = [jnp.asarray(p) for p in parameters(*shapes)]
    data = uniform(128, 4), uniform(128, 4, low=1, high=2), uniform(128, 1), classes(2, 128, 1)

    def with_target(ps, *given):
        return loss(ps, given[:6], *given[6:])
    return train(with_target, shapes, (*target, *data), adam(5e-4))


def tanh_net(w, x, y):
    h = jnp.tanh(x @ w[:64].reshape(4, 16) + w[64:80])
    return ((h @ w[80:96] + w[96] - y) ** 2).mean()


def hessian(m):
    f, (w,) = jax.jit(jax.hessian(tanh_net)), parameters((97,))
    w, x, y = map(jnp.asarray, (w, uniform(32, 4), uniform(32, seed=3)))
    return lambda: f(w, x, y)


def hessian_vector(m):
    """Forward over reverse."""
    @jax.jit
    def f(w, v, x, y):
        return jax.jvp(lambda w: jax.grad(tanh_net)(w, x, y), (w,), (v,))[1]
    w, v, x, y = map(jnp.asarray, (*parameters((97,)), uniform(97, low=-1), uniform(32, 4),
                                   uniform(32, seed=3)))
    return lambda: f(w, v, x, y)


def recurrence(m):
    @jax.jit
    @jax.value_and_grad
    def f(w, h):
        return lax.scan(lambda h, _: (h + 1e-4 * jnp.tanh(w @ h), None), h, length=10_000)[0].sum()
    w, h = map(jnp.asarray, parameters((4, 4), (4,)))
    return lambda: f(w, h)


PROGRAMS = {
    "XOR 2-2-1": xor,
    "784-30-10, batch 10": mlp((784, 30, 10), jax.nn.sigmoid, 10),
    "784-16-16-10, batch 10": mlp((784, 16, 16, 10), jax.nn.relu, 10),
    "784-1024-1024-10, batch 64": mlp((784, 1024, 1024, 10), jax.nn.relu, 64),
    "784-1024-1024-10, batch 1024": mlp((784, 1024, 1024, 10), jax.nn.relu, 1024),
    "LeNet, batch 10": lenet(10),
    "LeNet, batch 64": lenet(64),
    "3×3 net with Adam, batch 32": three_by_three,
    "char-LSTM": characters(lstm_cell, 4),
    "char-GRU": characters(gru_cell, 3),
    "GPT, 4 layers, 128 wide": gpt,
    "VAE 784-400-20": vae,
    "linear autoencoder 784-32": linear_autoencoder,
    "Q-network 4-128-128-2": q_network,
    "Hessian-vector product, 4-16-1": hessian_vector,
    "Hessian, 4-16-1": hessian,
    "recurrence, 10,000 steps": recurrence,
}
