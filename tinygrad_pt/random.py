"""Random numbers in PyTorch's streams: the same seed gives the same numbers as on its CPU.

The source is the Mersenne Twister MT19937 (Matsumoto & Nishimura, 1998), seeded as its authors'
``init_genrand``. Here are the generator and the two distributions that it makes of the words itself,
uniform and normal; everything else is made of these, in functions/filling.py and sampling.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import kernels
from .devices import check_device, device
from .dtypes import float32, float64
from .tensors import Tensor, wrap

# A generator's state as PyTorch lays it out. Of the normal numbers' fields only two are used.
_STATE = np.dtype([
    ("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"), ("words", "<u8", 624),
    ("normal_x", "<f8"), ("spare", "<f8"), ("normal_rho", "<f8"), ("has_spare", "<i8"),
    ("float_spare", "<f4"), ("has_float_spare", "<i4")])


class Generator:
    """A stream of random 32-bit words."""

    def __init__(self, device: Any = None):
        check_device(device)
        self.manual_seed(67280421310721)  # PyTorch's

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that belongs to ``seed``, a 64-bit integer of which 32 bits are used.

        A negative one stands for 2⁶⁴ + seed. RuntimeError for what is no integer, ValueError for one
        that is too large.
        """
        if not hasattr(seed, "__index__") or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed: wants an integer, got {seed!r}")
        if not -2**63 <= seed < 2**64:
            raise ValueError(f"manual_seed: wants an integer of 64 bits, got {seed}")
        self._seed = int(seed) % 2**64
        self._source: Any = None
        self._spare: float | None = None
        return self

    def initial_seed(self) -> int:
        """The seed that this stream started with."""
        return self._seed

    def seed(self) -> int:
        """Start the stream of a seed that nobody knows before, and return it."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little"))._seed

    @property
    def device(self) -> Any:
        """The CPU."""
        return device("cpu")

    def get_state(self) -> Tensor:
        """Where the stream is, for `set_state`: 5056 bytes as PyTorch's, a uint8 Tensor."""
        state = np.zeros((), _STATE)
        twister = self._twister().state["state"]
        state["seed"], state["seeded"], state["words"] = self._seed, 1, twister["key"]
        state["left"], state["next"] = 625 - twister["pos"], twister["pos"] % 624
        if self._spare is not None:
            state["spare"], state["has_spare"] = self._spare, 1
        return wrap(np.frombuffer(state.tobytes(), np.uint8).copy())

    def set_state(self, new_state: Tensor) -> Generator:
        """Go on from where `get_state` was called, here or in PyTorch."""
        if not isinstance(new_state, Tensor) or new_state.dtype != np.uint8:
            kind = getattr(new_state, "dtype", type(new_state).__name__)
            raise TypeError(f"set_state: wants a Tensor of uint8, got {kind}")
        data = new_state.array.tobytes()
        if len(data) != _STATE.itemsize:
            raise RuntimeError(f"set_state: wants {_STATE.itemsize} bytes, got {len(data)}")
        state = np.frombuffer(data, _STATE)[0]
        if not (state["seeded"] and 1 <= state["left"] <= 624 and state["next"] <= 624):
            raise RuntimeError("set_state: these bytes are not the state of a Mersenne Twister")
        self.manual_seed(int(state["seed"]))
        self._twister().state = {"bit_generator": "MT19937", "state": {
            "key": state["words"].astype(np.uint32), "pos": int(625 - state["left"])}}
        self._spare = float(state["spare"]) if state["has_spare"] else None
        return self

    def clone_state(self) -> Generator:
        """Another generator that is where this one is."""
        return Generator().set_state(self.get_state())

    def _twister(self) -> Any:
        if self._source is None:
            from numpy.random import MT19937, RandomState  # not before they are needed: it takes 10 ms
            self._source = MT19937(0)
            RandomState(self._source).seed(self._seed % 2**32)
        return self._source

    def words(self, n: int, bits: int = 32) -> np.ndarray:
        """The next n words as uint64; those of 64 bits are two of 32, the high one first."""
        return kernels.reference.words(self._twister(), n, bits == 64)

    def integers(self, n: int, low: int, high: int, bits: int) -> np.ndarray:
        """n integers of low … high − 1, int64: words modulo their number, from low on."""
        words = self.words(n, bits)
        if high - low == 2**64:
            return words.astype(np.int64)
        return (words % np.uint64(high - low) + np.uint64(low % 2**64)).astype(np.int64)

    def uniform(self, n: int, dtype: np.dtype = float64, low: float = 0.0,
                high: float = 1.0) -> np.ndarray:
        """n numbers of [low, high): low + (high − low) u, u the 53 low bits of a 64-bit word.

        float32 and float16: u the 24 low bits of a 32-bit word. What is rounded up to high is low.
        """
        u = kernels.uniform(self._twister(), n, dtype == float64)
        if low == 0 and high == 1 and dtype == u.dtype:
            return u
        ends = dtype.type(low), dtype.type(high)
        low, high = u.dtype.type(low), u.dtype.type(high)
        y = _line(u, high - low, low).astype(dtype, copy=False)
        y[y == ends[1]] = ends[0]
        return y

    def normal(self, n: int, dtype: np.dtype = float64, mean: float = 0.0,
               std: float = 1.0) -> np.ndarray:
        """n ≥ 16 normal numbers, in blocks of 16; the last 16 come anew if n is no multiple."""
        kind = float64 if dtype == float64 else float32
        z = _box_muller(self.uniform(n - n % 16 if dtype == np.float16 else n, kind)[:n - n % 16])
        if n % 16:
            z = np.concatenate([z[:n - 16], _box_muller(self.uniform(16, kind))])
        return _line(z, std, mean).astype(dtype, copy=False)

    def normal_pairs(self, n: int) -> np.ndarray:
        """n standard normal numbers, float64, in pairs; of the last one the second half is kept."""
        known = [] if self._spare is None else [self._spare]
        m = max(n - len(known), 0)
        z = self.uniform(m + m % 2).reshape(-1, 2)
        r, angle = np.sqrt(-2 * np.log1p(-z[:, 1])), 2 * np.pi * z[:, 0]
        np.multiply(r, np.cos(angle), out=z[:, 0])
        np.multiply(r, np.sin(angle), out=z[:, 1])
        z = np.concatenate([known, z.ravel()]) if known else z.ravel()
        self._spare = z[n].item() if len(z) > n else None
        return z[:n]

    def one_by_one(self) -> Iterator[float]:
        """Uniform numbers of [0, 1), float64, for those who do not know how many they need.

        To be closed: then the stream goes on after the last one that was used.
        """
        while True:
            state, used = self.get_state(), 0
            try:
                for u in self.uniform(500).tolist():
                    used += 1
                    yield u
            finally:
                self.set_state(state).words(2 * used)


def _box_muller(u: np.ndarray) -> np.ndarray:
    """Normal numbers of uniform ones (Box & Muller, 1958): of 16, eight make radii, eight angles."""
    u = u.reshape(-1, 2, 8)
    r, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), u.dtype.type(2 * np.pi) * u[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle)], 1).ravel()


def _line(x: np.ndarray, a: float, b: float) -> np.ndarray:
    """a·x + b, rounded once as by a fused multiply-add: PyTorch's processors have one.

    float32 is computed in float64. For float64 the rounding errors of the product (Dekker, 1971) and
    of the sum (Knuth's) are computed too and added.
    """
    if a == 1 and b == 0:
        return x
    if x.dtype == np.float32:
        a, b = np.float32(a), np.float32(b)
        return (x.astype(np.float64) * np.float64(a) + np.float64(b)).astype(np.float32)
    y = a * x
    if abs(a) > 1e290:  # halving would overflow
        return y + b
    (x1, x2), (a1, a2) = _halves(x), _halves(np.float64(a))
    of_product = x2 * a2 - (((y - x1 * a1) - x2 * a1) - x1 * a2)
    s = y + b
    of_sum = (y - (s - (s - y))) + (b - (s - y))
    return s + (of_product + of_sum)


def _halves(x: Any) -> tuple[Any, Any]:
    """The 26 high and the low bits of float64 (Veltkamp's splitting)."""
    t = x * 134217729.0
    high = t - (t - x)
    return high, x - high


# ── the generator that is used when none is given ───────────────────────────────────────────────

default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the generator that is used when none is given."""
    return default_generator.manual_seed(int(seed))


def initial_seed() -> int:
    """The seed that the default generator's stream started with."""
    return default_generator.initial_seed()


def seed() -> int:
    """Seed the default generator with a number that nobody knows before, and return that."""
    return default_generator.seed()


def get_rng_state() -> Tensor:
    """Where the default generator is: `Generator.get_state`."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Let the default generator go on from a state: `Generator.set_state`."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """``with fork_rng():`` what is drawn inside leaves the default generator as it was."""
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


def generator_of(generator: Any) -> Generator:
    """The generator to use where ``generator`` was given; None is the default one."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"wants a Generator, got {type(generator).__name__}")
    return generator or default_generator
