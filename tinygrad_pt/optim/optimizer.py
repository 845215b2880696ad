"""What the optimizers share: parameters in groups of one setting each, and a state for each."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import wraps
from itertools import chain
from typing import Any

import numpy as np

from ..autograd.hooks import RemovableHandle, register
from ..graph import enable_grad
from ..tensors import Tensor, as_array, touch, wrap


class _Required:
    """The default of a setting that every group has to give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


def settings(values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of an optimizer, its ``locals()``, as the defaults of its groups.

    ``foreach``, ``fused`` and ``capturable`` choose between implementations of the same step
    elsewhere; here there is one. ValueError for a number out of its range.
    """
    name = type(values["self"]).__name__
    found = {k: v for k, v in values.items() if k not in ("self", "params", "__class__")}
    for key, value in found.items():
        allowed = _RANGES.get(key)
        if allowed and not allowed[0](value):
            raise ValueError(f"{name}: {key} wants {allowed[1]}, got {value}")
    if found.get("foreach") and found.get("fused"):
        raise RuntimeError(f"{name}: wants foreach or fused, got both")
    if found.get("differentiable"):
        raise NotImplementedError(f"{name}: a step is not recorded; to differentiate through it, write "
                                  "the update with tensors: w = w - lr * grad")
    return found


_NOT_NEGATIVE = (lambda x: x >= 0), "a number of at least 0"
_RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("lr", "momentum", "weight_decay", "eps", "lr_decay", "momentum_decay", "alpha",
                     "initial_accumulator_value"), _NOT_NEGATIVE),
    "betas": (lambda b: all(0 <= x < 1 for x in b), "numbers with 0 ≤ β < 1"),
    "rho": (lambda x: 0 <= x <= 1, "a number of 0 … 1"),
    "etas": (lambda e: 0 < e[0] < 1 < e[1], "numbers with 0 < η₋ < 1 < η₊"),
}


def _hooked(step: Callable) -> Callable:
    """step with the hooks called before and after it, once where one class's step calls another's."""
    @wraps(step)
    def with_hooks(self, *args, **kw):
        if not self._hooks or type(self).step is not with_hooks:
            return step(self, *args, **kw)
        args = (self, *args)
        for hook in self._of("before step"):
            changed = hook(self, args, kw)
            if changed is not None:
                args, kw = changed
        y = step(*args, **kw)
        for hook in self._of("after step"):
            hook(self, args, kw)
        return y
    return with_hooks


class Optimizer:
    """Base of all optimizers. A subclass gives `begin` and `update` or `update_all`, or its own `step`.

    ``params``: tensors, or pairs (name, tensor), or dicts ``{"params": …, "lr": …}``, each a group
    with settings of its own; what a group does not set is taken from ``defaults``.
    """

    _hooks: dict | None = None  # (when, number) → function

    def __init_subclass__(cls) -> None:
        if "step" in vars(cls):
            cls.step = _hooked(cls.step)

    def __init__(self, params: Iterable, defaults: Mapping[str, Any]):
        if isinstance(params, Tensor):
            raise TypeError(f"{type(self).__name__}: wants an iterable of Tensors or of dicts, got a "
                            "Tensor; use [tensor]")
        params = list(params)
        if not params:
            raise ValueError(f"{type(self).__name__}: got no parameters")
        self.defaults = dict(defaults)
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        for group in params if isinstance(params[0], dict) else [{"params": params}]:
            self.add_param_group(dict(group))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """More parameters, with settings of their own: ``{"params": tensors, "lr": …}``.

        TypeError for what is not a Tensor; ValueError for one that is not a leaf, that is in another
        group, or without a setting that has no default.
        """
        name, group = type(self).__name__, param_group
        if not isinstance(group, dict):
            raise TypeError(f"{name}: a group is a dict, got {type(group).__name__}")
        if isinstance(group["params"], set):
            raise TypeError(f"{name}: wants parameters in an order, got a set; use a list")
        params = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        named = [p for p in params if isinstance(p, tuple)]
        if named:
            if len(named) < len(params):
                raise ValueError(f"{name}: all parameters have names, or none has")
            group["param_names"] = [n for n, _ in named]
            params = [p for _, p in named]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: wants Tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"{name}: wants leaf Tensors, got {p!r}")
        for key, value in self.defaults.items():
            if group.setdefault(key, value) is required:
                raise ValueError(f"{name}: a group has to give {key!r}, which has no default")
        if isinstance(group.get("lr"), Tensor | np.generic):
            group["lr"] = group["lr"].item()
        if any(("param_names" in g) != ("param_names" in group) for g in self.param_groups):
            raise ValueError(f"{name}: the parameters of all groups have names, or of none")
        if len(set(params)) < len(params):
            warnings.warn(f"{name}: a group has the same parameter twice", stacklevel=3)
        if not set(params).isdisjoint(self._params()):
            raise ValueError(f"{name}: some parameters are in more than one group")
        group["params"] = params
        self.param_groups.append(group)

    def _params(self) -> list[Tensor]:
        return [p for g in self.param_groups for p in g["params"]]

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or let them be zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad = wrap(np.zeros_like(p.grad.array))

    @_hooked
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient, in place.

        ``closure``, if given, computes the loss and its gradients first; its result is returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            self.update_all(params, group)
            for p in params:
                touch(p, "step")
        return loss

    def update_all(self, params: list[Tensor], group: dict[str, Any]) -> None:
        """Change parameters that have a gradient, and their states: each by `update`."""
        decay = group.get("decoupled_weight_decay") and group["weight_decay"]
        gs, states = self.gradients(params, group), self.states(params, group)
        for p, g, state in zip(params, gs, states, strict=True):
            x = p.array
            if decay:
                x *= 1 - group["lr"] * decay
            self.update(x, g, state, group)

    def states(self, params: list[Tensor], group: dict[str, Any]) -> list[dict[str, Tensor]]:
        """What is kept of each parameter, from its first step on."""
        states = [self.state[p] for p in params]
        for p, state in zip(params, states, strict=True):
            if not state:
                state.update({name: wrap(a) for name, a in self.begin(p.array, group).items()})
        return states

    def gradients(self, params: list[Tensor], group: dict[str, Any]) -> list[np.ndarray]:
        """Of what is made smaller: of -y to maximize y, with the decay of weights in it if coupled."""
        gs = [p.grad.array for p in params]
        if group.get("maximize"):
            gs = [np.asarray(-g) for g in gs]  # of a 0-d array it is a number
        decay = 0 if group.get("decoupled_weight_decay") else group.get("weight_decay")
        if decay:
            gs = [np.asarray(g + decay * p.array) for p, g in zip(params, gs, strict=True)]
        return gs

    def begin(self, x: np.ndarray, group: dict[str, Any]) -> dict[str, np.ndarray]:
        """The state of a parameter before its first step, by name."""
        return {}

    def update(self, x: np.ndarray, g: np.ndarray, state: dict[str, Tensor],
               group: dict[str, Any]) -> None:
        """Change one parameter, and its state, in place; g, its gradient, is only read."""
        raise NotImplementedError(f"{type(self).__name__} has neither update() nor step()")

    def state_dict(self) -> dict[str, Any]:
        """``{"state": {i: …}, "param_groups": […]}``, parameters replaced by their numbers."""
        for hook in self._of("before state_dict"):
            hook(self)
        number = {p: i for i, p in reversed([*enumerate(self._params())])}
        state = {"state": {number.get(p, p): s for p, s in self.state.items() if s},
                 "param_groups": [{**{k: v for k, v in g.items() if k != "params"},
                                   "params": [number[p] for p in g["params"]]}
                                  for g in self.param_groups]}
        return self._changed("after state_dict", state)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave, which is copied. ValueError if the groups differ."""
        state_dict = self._changed("before load", dict(state_dict))
        groups = deepcopy(state_dict["param_groups"])
        sizes, wanted = ([len(g["params"]) for g in gs] for gs in (groups, self.param_groups))
        if sizes != wanted:
            raise ValueError(f"load_state_dict: the state has groups of {sizes} parameters, this "
                             f"{type(self).__name__} of {wanted}")
        numbers = chain.from_iterable(g["params"] for g in groups)
        param = dict(zip(numbers, self._params(), strict=True))
        state = {param.get(i, i): {k: _copied(k, v, param.get(i)) for k, v in s.items()}
                 for i, s in state_dict["state"].items()}
        self.state = defaultdict(dict, state)
        self.param_groups = [{**{k: v for k, v in own.items() if k == "param_names"}, **new,
                              "params": own["params"]}
                             for own, new in zip(self.param_groups, groups, strict=True)]
        for hook in self._of("after load"):
            hook(self)

    # ── hooks ───────────────────────────────────────────────────────────────────────────────────

    def _hook(self, when: str, hook: Callable, prepend: bool = False) -> RemovableHandle:
        self._hooks = self._hooks or {}
        return register(self._hooks, when, hook, prepend)

    def _of(self, when: str) -> list[Callable]:
        return [hook for (of, _), hook in (self._hooks or {}).items() if of == when]

    def _changed(self, when: str, state: dict[str, Any]) -> dict[str, Any]:
        """A state_dict, or what hooks make of it."""
        for hook in self._of(when):
            new = hook(self, state)
            state = state if new is None else new
        return state

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) before each step; it may return both, changed."""
        return self._hook("before step", hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) after each step."""
        return self._hook("after step", hook)

    def register_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer) before a state_dict is made."""
        return self._hook("before state_dict", hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer, state_dict) when it is made; it may return another."""
        return self._hook("after state_dict", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable,
                                          prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer, state_dict) before one is loaded; it may return another."""
        return self._hook("before load", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable,
                                           prepend: bool = False) -> RemovableHandle:
        """Call hook(optimizer) after a state_dict was loaded."""
        return self._hook("after load", hook, prepend)

    def __repr__(self) -> str:
        text = "".join(f"Parameter Group {i}\n" + "".join(
            f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params")
            for i, group in enumerate(self.param_groups))
        return f"{type(self).__name__} (\n{text})"


_NUMBERS = ("step", "eta", "mu", "mu_product")  # parts of a state that are one float32


def _copied(name: str, value: Any, p: Tensor | None) -> Any:
    """A copy of part of a state, floats in the dtype of the parameter they belong to."""
    if isinstance(value, Tensor | np.ndarray):
        a = as_array(value)
        of = a.dtype if p is None or name in _NUMBERS or a.dtype.kind != "f" else p.dtype
        return wrap(np.array(a, of))
    if isinstance(value, list):
        return [_copied(name, v, p) for v in value]
    return value


def count(state: dict[str, Tensor]) -> float:
    """The number of the step that is now made: 1, 2, …"""
    t = state["step"].array
    t += 1
    return t.item()


def zero() -> np.ndarray:
    """A step counter before the first step."""
    return np.zeros((), np.float32)


def mean(m: np.ndarray, g: np.ndarray, beta: float, d: np.ndarray) -> None:
    """m ← βm + (1 − β)g, a running mean; d is memory to work in."""
    np.subtract(g, m, out=d)
    d *= 1 - beta
    m += d


def mean_square(v: np.ndarray, g: np.ndarray, beta: float, d: np.ndarray) -> None:
    """v ← βv + (1 − β)g², a running mean; d is memory to work in."""
    np.multiply(g, 1 - beta, out=d)
    d *= g
    v *= beta
    v += d
