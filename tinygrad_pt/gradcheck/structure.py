"""What every derivative obeys, whatever the function: found out without differences, at rounding level.

The gradient v ↦ Jᵀv is *linear* in the cotangent v, has the shape and dtype of what it is the gradient
of, and depends on nothing but v and the inputs. It changes neither of them, and what it returned once
stays what it was. If there is a forward mode, ⟨v, J u⟩ = ⟨Jᵀv, u⟩.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np

from .frameworks import Subject

EPS32 = float(np.finfo(np.float32).eps)


class Broken(Exception):
    """The derivative is none; where it was seen: an input, and an element of it, if it was in one."""

    def __init__(self, reason: str, input: int | None = None, element: tuple[int, ...] | None = None):
        super().__init__(reason)
        self.input, self.element = input, element


def signed(random: np.random.Generator, shape: tuple[int, ...], dtype: Any = float) -> np.ndarray:
    """Random numbers between ½ and 1, of random sign: no element may be overlooked."""
    return np.asarray(random.uniform(0.5, 1, shape) * random.choice([-1, 1], shape)).astype(dtype)


def gradients(subject: Subject, v: Sequence[np.ndarray], arrays: Sequence[np.ndarray]
              ) -> tuple[list[np.ndarray], list[Any]]:
    """The gradients as arrays of our own, zero for None, and as they were returned; Broken if in bad
    form.
    """
    kept, cotangent = _prints(arrays), _prints(v)
    raw = subject.pull(v, arrays)
    _unchanged(kept, arrays, "the derivative changed its input {}")
    _unchanged(cotangent, v, "the derivative changed the cotangent it was given")
    if len(raw) != len(arrays):
        raise Broken(f"there are {len(raw)} gradients for {len(arrays)} inputs")
    found = []
    for i, (g, x) in enumerate(zip(raw, arrays, strict=True)):
        if x.dtype.kind != "f":
            found.append(np.zeros(x.shape))
            continue
        g = np.zeros(x.shape, x.dtype) if g is None else np.asarray(g)
        if g.shape != x.shape:
            raise Broken(f"the gradient of input {i} has shape {g.shape}, the input {x.shape}", i)
        if g.dtype != x.dtype:
            raise Broken(f"the gradient of input {i} has dtype {g.dtype}, the input {x.dtype}", i)
        found.append(g.copy())
    return found, raw


def _prints(arrays: Sequence[np.ndarray]) -> list[bytes]:
    """Fingerprints, to see a change without keeping copies."""
    return [blake2b(np.ascontiguousarray(a)).digest() for a in arrays]


def _unchanged(prints: Sequence[bytes], arrays: Sequence[np.ndarray], what: str) -> None:
    for i, (old, new) in enumerate(zip(prints, _prints(arrays), strict=True)):
        if old != new:
            raise Broken(what.format(i), i if "{}" in what else None)


def value(subject: Subject, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """f, as arrays of our own; Broken if it changed its inputs."""
    kept = _prints(arrays)
    ys = [y.copy() for y in subject.value(arrays)]
    _unchanged(kept, arrays, "the function changed its input {}")
    return ys


def alone(raw: Sequence[Any], g: Sequence[np.ndarray], v: Sequence[np.ndarray]) -> None:
    """What was returned is nobody else's memory: neither another gradient's nor a later call's.

    The cotangent may be passed on as it is.
    """
    arrays = [(i, a) for i, a in enumerate(raw) if isinstance(a, np.ndarray) and a.size]
    for k, (i, a) in enumerate(arrays):
        _near(g[i], a, _largest(g[i]), i,
              "was overwritten by a later call: it is the derivative's own buffer")
        for j, b in arrays[k + 1:]:
            if _shared(a, b) and not any(_shared(a, w) for w in v):
                raise Broken(f"the gradients of inputs {i} and {j} share memory: adding to one "
                             "changes the other", j)


def _shared(a: np.ndarray, b: np.ndarray) -> bool:
    try:
        return np.shares_memory(a, b, max_work=1000)
    except np.exceptions.TooHardError:
        return False


def repeated(first: Sequence[np.ndarray], again: Sequence[np.ndarray]) -> None:
    """A second call gives the same, whatever was computed in between."""
    what = ("is different when it is asked again: it depends on chance, or on what was computed in "
            "between")
    for i, (a, b) in enumerate(zip(first, again, strict=True)):
        _near(a, b, _largest(a), i, what)
        _near(np.isfinite(a) * 1.0, np.isfinite(b) * 1.0, 0, i, what)


def linear(subject: Subject, v: Sequence[np.ndarray], g: Sequence[np.ndarray],
           arrays: Sequence[np.ndarray], random: np.random.Generator) -> None:
    """Jᵀ(v + w) = Jᵀv + Jᵀw, Jᵀ(−3v) = −3 Jᵀv, Jᵀ0 = 0."""
    w = [signed(random, a.shape, a.dtype) * a.dtype.type(_largest(a)) for a in v]
    h, _ = gradients(subject, w, arrays)
    for a, b, what in [(1, 1, "v + w is not that of v plus that of w"),
                       (-3, 0, "-3 v is not -3 times that of v"), (0, 0, "the cotangent 0 is not 0")]:
        mixed = [x.dtype.type(a) * x + x.dtype.type(b) * y for x, y in zip(v, w, strict=True)]
        found, _ = gradients(subject, mixed, arrays)
        for i in subject.floats():
            size = abs(a) * _largest(g[i]) + b * _largest(h[i])
            _near(found[i], a * g[i] + b * h[i], size, i,
                  f"is not linear in the cotangent: that of {what}")


def _largest(a: np.ndarray) -> float:
    return float(np.max(np.abs(a), initial=0, where=np.isfinite(a)))


def _near(a: np.ndarray, b: np.ndarray, size: float, i: int, what: str) -> None:
    """Broken if gradients of input i, of this size, differ by more than rounding, be it float32's."""
    limit = 64 * max(EPS32, float(np.finfo(a.dtype).eps)) * size
    apart = np.isfinite(a) & np.isfinite(b) & (np.abs(a.astype(float) - b) > limit)
    if apart.any():
        at = tuple(map(int, np.unravel_index(int(np.argmax(apart)), a.shape)))
        raise Broken(f"the gradient of input {i} {what}", i, at)


def adjoint(subject: Subject, v: Sequence[np.ndarray], g: Sequence[np.ndarray],
            arrays: Sequence[np.ndarray], random: np.random.Generator) -> None:
    """⟨v, J u⟩ = ⟨Jᵀv, u⟩, and J is linear."""
    floats = subject.floats()
    for only in [floats, *([i] for i in floats)]:
        u = [signed(random, x.shape, x.dtype) * x.dtype.type(i in only) if x.dtype.kind == "f" else x
             for i, x in enumerate(arrays)]
        dy = subject.push(u, arrays)
        if [a.shape for a in dy] != [a.shape for a in v]:
            raise Broken(f"the forward derivative has shape {dy[0].shape if dy else ()}, the "
                         f"function's value {v[0].shape}")
        pairs = [*((a, b, 1.0) for a, b in zip(v, dy, strict=True)),
                 *((g[i], u[i], -1.0) for i in only)]
        total = sum(s * float(np.vdot(a.astype(float), b)) for a, b, s in pairs)
        size = sum(float(np.linalg.norm(a) * np.linalg.norm(b)) for a, b, _ in pairs)
        eps = max(float(np.finfo(a.dtype).eps) for a, _, _ in pairs)
        if abs(total) > 64 * max(eps, EPS32 / 64) * size:
            raise Broken("forward and reverse mode are not each other's transpose: ⟨v, J u⟩ and "
                         f"⟨Jᵀv, u⟩ differ by {abs(total):.3g}", only[0] if len(only) == 1 else None)


