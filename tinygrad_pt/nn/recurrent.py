"""Recurrent networks: a state h that every element x of a sequence changes, h' = f(x, h).

RNN (Elman, 1990), LSTM (Hochreiter & Schmidhuber, 1997; projections: Sak et al., 2014) and GRU (Cho
et al., 2014). What they compute is in `ops.recurrent`.
"""

from __future__ import annotations

import warnings
from math import sqrt
from typing import Any

from .. import primitives
from ..functions.creation import empty, zeros
from ..functions.joining import cat, stack
from ..functions.shape import reshape, transpose
from ..ops import TABLE
from ..ops.recurrent import gru_step, lstm_step, rnn_step, through
from ..tensors import ShapeError, Tensor, apply
from . import init
from .functional import linear
from .module import Module
from .noise import dropout
from .parameter import Parameter
from .utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_STEPS = {"RNN_TANH": (rnn_step("tanh"), 1), "RNN_RELU": (rnn_step("relu"), 1),
          "LSTM": (lstm_step, 4), "GRU": (gru_step, 3)}  # and how many gates each has


def _mode(name: str, nonlinearity: str) -> str:
    mode = f"RNN_{nonlinearity.upper()}"
    if mode not in _STEPS:
        raise ValueError(f"{name}: nonlinearity is 'tanh' or 'relu', got {nonlinearity!r}")
    return mode


# ── a whole sequence ────────────────────────────────────────────────────────────────────────────

def _through(mode: str, x: Tensor, state: tuple, sizes: list[int], weights: dict,
             back: bool) -> tuple[Tensor, tuple]:
    """One layer in one direction: its outputs, time by time as x is, and the last state of each.

    x is packed, ``sizes`` how many sequences there are at each time. Those that end keep their last
    state; in the direction ``back`` they begin late, with their share of the first.
    """
    w, project = weights["weight_hh"], weights.get("weight_hr")
    b_x, b = weights.get("bias_ih"), weights.get("bias_hh")
    if b is None:
        b = zeros(w.shape[0], dtype=w.dtype)
    elif mode != "GRU":  # its gates see the sum of both
        b_x, b = None, b_x + b
    x = linear(x, weights["weight_ih"], b_x)
    op, sizes = TABLE.get(mode.lower()), tuple(sizes)
    if op is None or project is not None:
        states = through(primitives, _STEPS[mode][0], x, w, b, state, sizes, back, project)
    else:
        states = apply(op, (x, w, b, *state), {"sizes": sizes, "back": back})
    n = x.shape[0]
    return states[0][:n], tuple([s[n:] for s in states])


class RNNBase(Module):
    """What RNN, LSTM and GRU share: layers, directions, and the weights of each.

    weight_ih_l0 (gates·H, input), weight_hh_l0 (gates·H, H), bias_ih_l0, bias_hh_l0 (gates·H); with
    ``proj_size`` P weight_hr_l0 (P, H); then those of the other direction, ``…_reverse``, and of the
    other layers. All start uniformly within ±1/√H.
    """

    def __init__(self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1,
                 bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
                 bidirectional: bool = False, proj_size: int = 0, device: Any = None,
                 dtype: Any = None):
        super().__init__()
        name = type(self).__name__
        if not isinstance(hidden_size, int):
            raise TypeError(f"{name}: hidden_size is an integer, got {hidden_size!r}")
        if hidden_size <= 0 or num_layers <= 0:
            raise ValueError(f"{name}: hidden_size and num_layers must be positive, got {hidden_size} "
                             f"and {num_layers}")
        if isinstance(dropout, bool) or not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout lies in 0 … 1, got {dropout}")
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"{name}: proj_size lies in 0 … hidden_size − 1, got {proj_size}")
        if dropout and num_layers == 1:
            warnings.warn(f"{name}: dropout={dropout} acts between layers, and there is one",
                          stacklevel=3)
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional, self.proj_size = float(dropout), bidirectional, proj_size
        self._all_weights: list[list[str]] = []  # the names, for each layer and direction
        rows, out, factory = _STEPS[mode][1] * hidden_size, proj_size or hidden_size, \
            {"device": device, "dtype": dtype}
        for layer in range(num_layers):
            width = input_size if layer == 0 else out * (1 + bidirectional)
            for suffix in ("", "_reverse")[:1 + bidirectional]:
                shapes = {"weight_ih": (rows, width), "weight_hh": (rows, out)}
                if bias:
                    shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
                if proj_size:
                    shapes["weight_hr"] = (out, hidden_size)
                self._all_weights.append([f"{kind}_l{layer}{suffix}" for kind in shapes])
                for full_name, shape in zip(self._all_weights[-1], shapes.values(), strict=True):
                    setattr(self, full_name, Parameter(empty(*shape, **factory)))
        self.reset_parameters()

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        bound = 1 / sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: a matter of other devices' memory."""

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """The outputs of the last layer and the last state of every layer and direction.

        input (T, N, F), (N, T, F) with ``batch_first``, (T, F) for one sequence, or a PackedSequence;
        ``hx`` (layers·directions, N, H), or without N, else 0; an LSTM's are pairs (h, c).
        """
        name, x = type(self).__name__, input
        packed = isinstance(x, PackedSequence)
        single = not packed and x.ndim == 2
        if packed:
            data, sizes = x.data, x.batch_sizes.tolist()
        else:
            if x.ndim not in (2, 3):
                raise ValueError(f"{name}: wants 2 or 3 dimensions, got shape {tuple(x.shape)}")
            x = x[:, None] if single else transpose(x, 0, 1) if self.batch_first else x
            data, sizes = reshape(x, (x.shape[0] * x.shape[1], x.shape[2])), [x.shape[1]] * x.shape[0]
        if data.shape[-1] != self.input_size:
            raise ShapeError(f"{name}: wants {self.input_size} features, got shape "
                             f"{tuple(data.shape if packed else input.shape)}")
        if not sizes:
            raise RuntimeError(f"{name}: wants at least one time step, got shape {tuple(input.shape)}")
        if data.dtype != self.weight_ih_l0.dtype:
            raise ValueError(f"{name}: the input is of {data.dtype}, the weights of "
                             f"{self.weight_ih_l0.dtype}")
        states = self._first(hx, sizes[0], single, data.dtype)
        if packed and hx is not None and x.sorted_indices is not None:
            states = [s[:, x.sorted_indices] for s in states]

        last, directions = [], 1 + self.bidirectional
        for layer in range(self.num_layers):
            if layer:
                data = dropout(data, self.dropout, self.training)
            outputs = []
            for k in range(layer * directions, (layer + 1) * directions):
                weights = {n.rpartition("_l")[0]: getattr(self, n) for n in self._all_weights[k]}
                y, state = _through(self.mode, data, tuple(s[k] for s in states), sizes, weights,
                                    k % directions == 1)
                outputs.append(y)
                last.append(state)
            data = cat(outputs, -1) if self.bidirectional else outputs[0]

        states = [stack(of) for of in zip(*last, strict=True)]
        if packed:
            y = x._replace(data=data)
            if x.unsorted_indices is not None:
                states = [s[:, x.unsorted_indices] for s in states]
        else:
            y = reshape(data, (len(sizes), sizes[0], data.shape[-1]))
            y = y[:, 0] if single else transpose(y, 0, 1) if self.batch_first else y
            if single:
                states = [s[:, 0] for s in states]
        return y, tuple(states) if self.mode == "LSTM" else states[0]

    def _first(self, hx: Any, n: int, single: bool, dtype: Any) -> list[Tensor]:
        """The first states (layers·directions, N, H), checked; 0 if there are none."""
        name, count = type(self).__name__, self.num_layers * (1 + self.bidirectional)
        widths = [self.proj_size or self.hidden_size, *[self.hidden_size] * (self.mode == "LSTM")]
        if hx is None:
            return [zeros(count, n, width, dtype=dtype) for width in widths]
        hx = _pair(name, hx) if self.mode == "LSTM" else (hx,)
        for h, width in zip(hx, widths, strict=True):
            wanted = (count, width) if single else (count, n, width)
            if h.shape != wanted:
                raise ShapeError(f"{name}: wants a state of shape {wanted}, got {tuple(h.shape)}")
        return [h[:, None] if single else h for h in hx]

    def extra_repr(self) -> str:
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0,
                 "bidirectional": False}
        return f"{self.input_size}, {self.hidden_size}" + "".join(
            f", {k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v)


class RNN(RNNBase):
    """h' = tanh(W x + b + U h + b'), or relu instead (``nonlinearity``): see `RNNBase.forward`."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1,
                 nonlinearity: str = "tanh", *args: Any, **kw: Any):
        if kw.get("proj_size"):
            raise ValueError("RNN: only an LSTM has a proj_size")
        super().__init__(_mode("RNN", nonlinearity), input_size, hidden_size, num_layers, *args, **kw)
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory, a state (h, c) with gates i, f, g, o: see `RNNBase.forward`."""

    def __init__(self, *args: Any, **kw: Any):
        super().__init__("LSTM", *args, **kw)


class GRU(RNNBase):
    """Gated recurrent unit, with gates r, z, n: see `RNNBase.forward`."""

    def __init__(self, *args: Any, **kw: Any):
        if kw.get("proj_size"):
            raise ValueError("GRU: only an LSTM has a proj_size")
        super().__init__("GRU", *args, **kw)


def _pair(name: str, hx: Any) -> tuple[Tensor, Tensor]:
    """The states (h, c) of an LSTM. TypeError for what is no pair."""
    if not isinstance(hx, list | tuple) or len(hx) != 2:
        raise TypeError(f"{name}: wants a pair of states (h, c), got {type(hx).__name__}")
    return tuple(hx)


# ── cells: one step of one layer ────────────────────────────────────────────────────────────────

class RNNCellBase(Module):
    """One step: an input (N, F) and a state (N, H), or (F) and (H), give the new state."""

    def __init__(self, mode: str, input_size: int, hidden_size: int, bias: bool = True,
                 device: Any = None, dtype: Any = None):
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.bias = mode, input_size, hidden_size, bias
        rows, factory = _STEPS[mode][1] * hidden_size, {"device": device, "dtype": dtype}
        self.weight_ih = Parameter(empty(rows, input_size, **factory))
        self.weight_hh = Parameter(empty(rows, hidden_size, **factory))
        for kind in ("bias_ih", "bias_hh"):
            self.register_parameter(kind, Parameter(empty(rows, **factory)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew, uniformly within ±1/√H."""
        bound = 1 / sqrt(self.hidden_size) if self.hidden_size else 0.0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        name, pair = type(self).__name__, self.mode == "LSTM"
        if input.ndim not in (1, 2):
            raise ValueError(f"{name}: wants (N, features) or (features), got {tuple(input.shape)}")
        if input.shape[-1] != self.input_size:
            raise ShapeError(f"{name}: wants {self.input_size} features, got {tuple(input.shape)}")
        wanted = (*input.shape[:-1], self.hidden_size)
        if hx is None:
            state = (zeros(*wanted, dtype=input.dtype),) * (1 + pair)
        else:
            state = _pair(name, hx) if pair else (hx,)
        for h in state:
            if h.ndim not in (1, 2):
                raise ValueError(f"{name}: wants a state of shape {wanted}, got {tuple(h.shape)}")
            if h.shape != wanted:
                raise ShapeError(f"{name}: wants a state of shape {wanted}, got {tuple(h.shape)}")
        new = _STEPS[self.mode][0](primitives, linear(input, self.weight_ih, self.bias_ih),
                                   linear(state[0], self.weight_hh, self.bias_hh), state)
        return new if pair else new[0]

    def extra_repr(self) -> str:
        relu = ", nonlinearity=relu" if self.mode == "RNN_RELU" else ""
        return f"{self.input_size}, {self.hidden_size}{'' if self.bias else ', bias=False'}{relu}"


class RNNCell(RNNCellBase):
    """h' = tanh(W x + b + U h + b'), or relu instead (``nonlinearity``)."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True,
                 nonlinearity: str = "tanh", device: Any = None, dtype: Any = None):
        super().__init__(_mode("RNNCell", nonlinearity), input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity


class LSTMCell(RNNCellBase):
    """A step of an `LSTM`; its state is a pair (h, c)."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
                 dtype: Any = None):
        super().__init__("LSTM", input_size, hidden_size, bias, device, dtype)


class GRUCell(RNNCellBase):
    """A step of a `GRU`."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
                 dtype: Any = None):
        super().__init__("GRU", input_size, hidden_size, bias, device, dtype)
