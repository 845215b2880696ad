"""Recurrent layers: the steps of their cells, the way through sequences, and both as fused rows.

A cell makes of a state h (and c) and an input a new state. What its gates see of the input, x, is known
for all times before; what they see of the state, u = h wᵀ + b, is known step by step.

Sequences lie packed, as PyTorch packs them: at time t the first ``sizes[t]`` of the sequences have one
row each. The result is, for h and c, the rows of all times and then the last state of each sequence.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from .. import kernels
from . import Fused

# ── the steps ───────────────────────────────────────────────────────────────────────────────────

def rnn_step(f):
    """h' = f(x + u)."""
    return lambda m, x, u, state: (getattr(m, f)(x + u),)


def lstm_step(m, x, u, state):
    """c' = σ(f) c + σ(i) tanh(g) and h' = σ(o) tanh(c'), with i, f, g, o the parts of x + u."""
    i, f, g, o = _parts(m, x + u, 4)
    c = m.sigmoid(f) * state[1] + m.sigmoid(i) * m.tanh(g)
    return m.sigmoid(o) * m.tanh(c), c


def gru_step(m, x, u, state):
    """h' = n + z (h − n) with r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n)."""
    (x_r, x_z, x_n), (u_r, u_z, u_n) = _parts(m, x, 3), _parts(m, u, 3)
    n = m.tanh(x_n + m.sigmoid(x_r + u_r) * u_n)
    return (n + m.sigmoid(x_z + u_z) * (state[0] - n),)


def _parts(m, x, many):
    n = x.shape[-1] // many
    return [m.slice(x, (..., slice(i * n, (i + 1) * n))) for i in range(many)]


# ── the way through ─────────────────────────────────────────────────────────────────────────────

def _blocks(sizes, back):
    """The rows of each time and their number, in the order of the way through."""
    blocks = [(slice(end - n, end), n) for end, n in zip(accumulate(sizes), sizes, strict=True)]
    return blocks[::-1] if back else blocks


def through(m, step, x, w, b, state, sizes, back, project=None):
    """h, or h and c, each (rows + sequences, width); ``project`` are weights that make h of h'."""
    steps = []
    for rows, n in _blocks(sizes, back):
        now = [m.slice(s, (slice(n),)) for s in state]
        new = step(m, m.slice(x, (rows,)), m.linear(now[0], w) + b, now)
        if project is not None:
            new = (m.linear(new[0], project), *new[1:])
        steps.append(new)
        state = [a if n == s.shape[0] else m.cat(a, m.slice(s, (slice(n, None),)), dim=0)
                 for a, s in zip(new, state, strict=True)]
    return [m.cat(*of[::-1 if back else 1], last, dim=0)
            for of, last in zip(zip(*steps, strict=True), state, strict=True)]


def _forward(cell, x, w, b, state, sizes, back):
    """`through` by the kernel of a cell: (states, rows + sequences, width).

    What came of the four gates is kept for the way back: behind y, in the memory of which it is a part.
    """
    rows, many, w = len(x), len(state), np.ascontiguousarray(w.T)
    memory = np.empty((many + 4, rows + len(state[0]), len(w)), x.dtype)
    y, gates = memory[:many], memory[many:]
    now = y[:, rows:]
    for a, s in zip(now, state, strict=True):
        a[...] = s
    for at, n in _blocks(sizes, back):
        before, new = now[:, :n], y[:, at]
        cell(x[at], kernels.matmul(before[0], w), b, before, new, gates[:, at])
        before[...] = new
    return y


def _back(cell, cell_back, g, y, x, w, b, state, sizes, back):
    """The cotangents of x, w, b and the states."""
    blocks, (many, rows), memory = _blocks(sizes, back), (len(state), len(x)), y.base
    if memory is None or memory.shape != (many + 4, *y.shape[1:]):
        memory = _forward(cell, x, w, b, state, sizes, back).base  # y is a copy of what was changed
    before, now, gates = np.empty_like(y[:, :rows]), np.array(state), memory[many:]
    for at, n in blocks:
        before[:, at] = now[:, :n]
        now[:, :n] = y[:, at]
    g_now, gx = g[:, rows:].copy(), np.empty(x.shape, x.dtype)
    gu = gx if cell_back is kernels.lstm_back else np.empty_like(gx)
    for at, n in reversed(blocks):
        part = g_now[:, :n]
        part += g[:, at]
        cell_back(part, before[:, at], gates[:, at], gx[at], gu[at])
        part[0] += kernels.matmul(gu[at], w)
    return gx, kernels.matmul(gu.T, before[0]), gu.sum(axis=0), *g_now


def _sequences(gates, states):
    """Shapes of the operands, and the arguments."""
    def sample(r):
        sizes = tuple(sorted(r.choices(range(1, 4), k=r.randint(1, 4)), reverse=True))
        h = r.choice([1, 2, 17])
        return ((sum(sizes), gates * h), (gates * h, h), (gates * h,), *[(sizes[0], h)] * states), \
            {"sizes": sizes, "back": r.random() < 0.5}
    return sample


def _stacked(m, states):
    """Arrays of one shape as one."""
    return m.reshape(m.cat(*states, dim=0), (len(states), *states[0].shape))


@Fused.row(lambda x, w, b, h, c, **kw: _forward(kernels.lstm, x, w, b, (h, c), **kw),
           lambda g, y, x, w, b, h, c, **kw: _back(
               kernels.lstm, kernels.lstm_back, g, y, x, w, b, (h, c), **kw),
           sample=_sequences(4, 2))
def lstm(m, x, w, b, h, c, sizes: tuple[int, ...], back: bool):
    """A layer of long short-term memory, c' = σ(f) c + σ(i) tanh(g), h' = σ(o) tanh(c'): h and c."""
    return _stacked(m, through(m, lstm_step, x, w, b, (h, c), sizes, back))


@Fused.row(lambda x, w, b, h, **kw: _forward(kernels.gru, x, w, b, (h,), **kw),
           lambda g, y, x, w, b, h, **kw: _back(
               kernels.gru, kernels.gru_back, g, y, x, w, b, (h,), **kw),
           sample=_sequences(3, 1))
def gru(m, x, w, b, h, sizes: tuple[int, ...], back: bool):
    """A layer of gated recurrent units, h' = n + σ(z) (h − n) with n = tanh(x_n + σ(r) u_n)."""
    return _stacked(m, through(m, gru_step, x, w, b, (h,), sizes, back))
