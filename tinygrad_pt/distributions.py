"""Probability distributions: samples, their log-probabilities, entropies.

``sample`` is outside of the graph; ``rsample`` is a differentiable function of the parameters and of
numbers drawn (Kingma & Welling, 2014). Parameters broadcast to the *batch shape*, one distribution
each. A sample has the shape asked for, then the batch shape, then that of one event. The streams are
PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import e, lgamma, log, pi, prod, sqrt
from typing import Any

import numpy as np

from .functions import (
    argmax,
    broadcast_tensors,
    clamp,
    erf,
    erfinv,
    exp,
    finfo,
    gather,
    logsumexp,
    no_grad,
    one_hot,
    rand,
    randn,
    sigmoid,
    softmax,
    tensor,
    where,
)
from .functions.activations import logsigmoid
from .functions.sampling import bernoulli as draw_bernoulli  # the modules of these names hide them
from .functions.sampling import multinomial as draw_multinomial
from .places import lookup
from .tensors import Size, Tensor, plain

__path__: list[str] = []  # within which `places` makes distributions.normal and the like
__getattr__ = partial(lookup, __name__)


class Distribution:
    """What all have: shapes, checks, what follows from the methods of each."""

    names: tuple[str, ...] = ()  # of the parameters

    def _begin(self, batch_shape: tuple, event_shape: tuple = (), validate_args: Any = True) -> None:
        self.batch_shape, self.event_shape = Size(batch_shape), Size(event_shape)
        self.validates = validate_args is not False

    def _require(self, holds: Tensor, what: str) -> None:
        """ValueError unless something holds everywhere."""
        if self.validates and not holds.all():
            raise ValueError(f"{type(self).__name__}: wants {what}")

    def _values(self, value: Tensor, inside: Callable[[Tensor], Tensor], what: str) -> Tensor:
        """Values whose probability is asked, checked."""
        if not isinstance(value, Tensor):
            raise ValueError(f"{type(self).__name__}: the value must be a Tensor, got {value!r}")
        if self.validates and not inside(value).all():
            raise ValueError(f"{type(self).__name__}: the value must be {what}, got {value}")
        return value

    def _shape(self, sample_shape: Any) -> tuple:
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Random values, outside of the graph."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Random values that can be differentiated by the parameters."""
        raise NotImplementedError(f"{type(self).__name__}: samples have no derivative; use sample()")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation, √variance."""
        return self.variance.sqrt()

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return exp(self.entropy())

    def __repr__(self) -> str:
        given = [(name, getattr(self, name)) for name in self.names]
        return (f"{type(self).__name__}("
                + ", ".join(f"{name}: {x.shape if x.ndim else x.item()}" for name, x in given) + ")")


def _together(*parameters: Any) -> tuple[Tensor, ...]:
    """Parameters as Tensors of one shape; numbers get the dtype of the Tensors among them."""
    tensors = [x for x in parameters if isinstance(x, Tensor)]
    dtype = tensors[0].dtype if tensors else None
    return broadcast_tensors(*[x if isinstance(x, Tensor) else tensor(float(x), dtype=dtype)
                               for x in parameters])


class Normal(Distribution):
    """The normal distribution of mean ``loc`` and standard deviation ``scale`` > 0."""

    names = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None):
        self.loc, self.scale = _together(loc, scale)
        self._begin(self.loc.shape, validate_args=validate_args)
        self._require(self.loc == self.loc, "loc not to be nan")
        self._require(self.scale > 0, f"scale > 0, got {scale}")

    mean = mode = property(lambda self: self.loc)
    stddev = property(lambda self: self.scale)
    variance = property(lambda self: self.scale ** 2)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """loc + scale·z for standard normal z."""
        return self.loc + randn(self._shape(sample_shape), dtype=self.loc.dtype) * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """−(x − loc)² / (2 scale²) − log scale − log √(2π)."""
        x = self._values(value, lambda x: x == x, "a number")
        return -((x - self.loc) ** 2) / (2 * self.variance) - self.scale.log() - log(sqrt(2 * pi))

    def entropy(self) -> Tensor:
        """½ log(2πe) + log scale."""
        return 0.5 * log(2 * pi * e) + self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of less."""
        return 0.5 * (1 + erf((value - self.loc) / (self.scale * sqrt(2))))

    def icdf(self, value: Tensor) -> Tensor:
        """The inverse of `cdf`."""
        return self.loc + self.scale * erfinv(2 * value - 1) * sqrt(2)


class Uniform(Distribution):
    """The uniform distribution over [low, high)."""

    names = ("low", "high")

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None):
        self.low, self.high = _together(low, high)
        self._begin(self.low.shape, validate_args=validate_args)
        self._require(self.low < self.high, f"low < high, got {low} and {high}")

    mean = property(lambda self: (self.low + self.high) / 2)
    variance = property(lambda self: (self.high - self.low) ** 2 / 12)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """low + (high − low) u."""
        return self.low + rand(self._shape(sample_shape), dtype=self.low.dtype) * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """−log(high − low); at high −∞."""
        x = self._values(value, lambda x: (self.low <= x) & (x <= self.high), "in [low, high]")
        inside = (self.low <= x) & (x < self.high)
        return inside.to(self.low.dtype).log() - (self.high - self.low).log()

    def entropy(self) -> Tensor:
        """log(high − low)."""
        return (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of less."""
        return clamp((value - self.low) / (self.high - self.low), 0, 1)


class _ByProbabilities(Distribution):
    """A distribution given by ``probs`` or by ``logits``: each follows from the other."""

    names = ("probs",)

    def _given(self, probs: Any, logits: Any) -> Tensor:
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: wants probs or logits, and not both")
        [given] = _together(logits if probs is None else probs)
        return given


class Bernoulli(_ByProbabilities):
    """1 with probability ``probs`` = sigmoid(``logits``), else 0."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None):
        given = self._given(probs, logits)
        self._begin(given.shape, validate_args=validate_args)
        if probs is None:
            self.logits, self.probs = given, sigmoid(given)
        else:
            self._require((given >= 0) & (given <= 1), f"probabilities of 0 … 1, got {probs}")
            self.probs, inner = given, _inner(given)
            self.logits = inner.log() - (-inner).log1p()

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1 - self.probs))
    mode = property(lambda self: where(self.probs == 0.5, float("nan"), self.probs.round()))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """0s and 1s, outside of the graph."""
        return draw_bernoulli(self.probs.expand(self._shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """x log p + (1 − x) log(1 − p)."""
        x = self._values(value, lambda x: (x == 0) | (x == 1), "0 or 1")
        return x * logsigmoid(self.logits) + (1 - x) * logsigmoid(-self.logits)

    def entropy(self) -> Tensor:
        """−p log p − (1 − p) log(1 − p)."""
        return (-self.probs * logsigmoid(self.logits)
                - (1 - self.probs) * logsigmoid(-self.logits))


class Categorical(_ByProbabilities):
    """One of the integers 0 … n − 1, i with a probability proportional to ``probs[…, i]``,
    or to exp(``logits[…, i]``).
    """

    def __init__(self, probs: Tensor | None = None, logits: Tensor | None = None,
                 validate_args: bool | None = None):
        given = self._given(probs, logits)
        if not given.ndim:
            raise ValueError("Categorical: wants a probability for each event, got a 0-d tensor")
        self._begin(given.shape[:-1], validate_args=validate_args)
        if probs is None:
            self._require(given == given, f"logits not to be nan, got {logits}")
            self.logits = given - logsumexp(given, -1, keepdim=True)
            self.probs = softmax(given, -1)
        else:
            self._require((given >= 0) & (given.sum(-1, keepdim=True) > 0),
                          f"probabilities that are not negative, nor all 0, got {probs}")
            self.probs = given / given.sum(-1, keepdim=True)
            self.logits = _inner(self.probs).log()

    mode = property(lambda self: argmax(self.probs, -1))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Integers, outside of the graph."""
        rows = self.probs.reshape(-1, self.probs.shape[-1])
        return draw_multinomial(rows, prod(sample_shape), True).T.reshape(self._shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        """log p of the values, which broadcast with the batch."""
        n = self.probs.shape[-1]
        i = self._values(value, lambda x: (x >= 0) & (x < n) & (x == x.floor()), f"of 0 … {n - 1}")
        i, logits = broadcast_tensors(i.to("int64").unsqueeze(-1), self.logits)
        return gather(logits, -1, i[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        """−Σ p log p."""
        return -(clamp(self.logits, min=finfo(self.logits.dtype).min) * self.probs).sum(-1)


class Multinomial(_ByProbabilities):
    """How often each event occurs in ``total_count`` draws of a `Categorical`."""

    def __init__(self, total_count: int = 1, probs: Tensor | None = None,
                 logits: Tensor | None = None, validate_args: bool | None = None):
        self.total_count = total_count
        self.one = Categorical(probs, logits, validate_args)
        self._begin(self.one.batch_shape, self.one.probs.shape[-1:], validate_args)

    probs = property(lambda self: self.one.probs)
    logits = property(lambda self: self.one.logits)
    mean = property(lambda self: self.total_count * self.probs)
    variance = property(lambda self: self.total_count * self.probs * (1 - self.probs))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Counts, outside of the graph."""
        events = self.one.sample((self.total_count, *sample_shape))
        return one_hot(events, self.probs.shape[-1]).sum(0).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """log(n! / Πxᵢ! · Πpᵢ^xᵢ)."""
        x = self._values(value, lambda x: ((x >= 0) & (x == x.floor())).all(-1)
                         & (x.sum(-1) == self.total_count), f"counts of {self.total_count} in all")
        powers = where(x == 0, 0.0, x * self.logits)
        return _log_factorial(x.sum(-1)) - _log_factorial(x).sum(-1) + powers.sum(-1)


def _log_factorial(x: Tensor) -> Tensor:
    """log n! of whole numbers, which have no derivative."""
    return plain(lambda a: np.array([lgamma(n + 1) for n in a.ravel()], a.dtype).reshape(a.shape), x)


def _inner(p: Tensor) -> Tensor:
    """Probabilities kept away from 0 and 1 by the dtype's eps: their logarithms are finite."""
    eps = finfo(p.dtype).eps
    return clamp(p, eps, 1 - eps)


# ── how far one distribution is from another ────────────────────────────────────────────────────

def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """E[log p(x) − log q(x)] for x of p (Kullback & Leibler, 1951).

    Of two distributions of one class. NotImplementedError for those without a formula.
    """
    if type(p) is not type(q) or type(p) not in _DIVERGENCE:
        raise NotImplementedError(f"kl_divergence: no formula for {type(p).__name__} and "
                                  f"{type(q).__name__}")
    return _DIVERGENCE[type(p)](p, q)


def _between_normals(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


def _between_uniforms(p: Uniform, q: Uniform) -> Tensor:
    inside = (q.low <= p.low) & (p.high <= q.high)
    return where(inside, ((q.high - q.low) / (p.high - p.low)).log(), float("inf"))


def _between_bernoullis(p: Bernoulli, q: Bernoulli) -> Tensor:
    return (p.probs * (logsigmoid(p.logits) - logsigmoid(q.logits))
            + (1 - p.probs) * (logsigmoid(-p.logits) - logsigmoid(-q.logits)))


def _between_categoricals(p: Categorical, q: Categorical) -> Tensor:
    terms = where(p.probs == 0, 0.0, p.probs * (p.logits - q.logits))
    return where(q.probs == 0, where(p.probs == 0, 0.0, float("inf")), terms).sum(-1)


_DIVERGENCE: dict[type, Callable] = {
    Normal: _between_normals, Uniform: _between_uniforms, Bernoulli: _between_bernoullis,
    Categorical: _between_categoricals}
