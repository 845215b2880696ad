"""Schedules of the learning rate: after each epoch (or batch) ``scheduler.step()`` sets the next.

Most are lr(t) = eta_min + (lr₀ − eta_min)·factor(t); the class says the factor. It is applied as the
change from factor(t − 1), so that schedules of the same optimizer multiply. The rest give lr(t).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import cos, floor, inf, pi
from types import FunctionType
from typing import Any

from .optimizer import Optimizer


class LRScheduler:
    """Base of all schedules; a subclass gives `get_lr`. Counting starts after ``last_epoch``."""

    _is_initial = False
    _get_lr_called_within_step = True  # users' subclasses ask, and warn if not

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = _checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(f"{type(self).__name__}: to go on after epoch {last_epoch}, group {i} "
                               "wants 'initial_lr'; load the optimizer's state first")
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[float]:
        """The rates of the groups at ``last_epoch``, from those that they have now."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr()")

    def get_last_lr(self) -> list[float]:
        """The rates that were set last, one a group."""
        return self._last_lr

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next epoch, or of a given one."""
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: float | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr() if epoch is None else self._lr_at())

    def _lr_at(self) -> list[float]:
        """The rates at ``last_epoch``, whatever they are now."""
        return self.get_lr()

    def _lr_now(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def _set(self, lrs: Iterable[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, lrs, strict=True):
            group["lr"] = lr
        self._last_lr = self._lr_now()

    _not_saved: tuple[str, ...] = ("optimizer",)

    def state_dict(self) -> dict[str, Any]:
        """All that is known here but for the optimizer; of functions, what objects among them hold."""
        state = {k: v for k, v in vars(self).items() if k not in self._not_saved}
        if "lr_lambdas" in state:
            state["lr_lambdas"] = [None if isinstance(f, FunctionType) else dict(vars(f))
                                   for f in state["lr_lambdas"]]
        if "_schedulers" in state:
            state["_schedulers"] = [s.state_dict() for s in state["_schedulers"]]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        state = dict(state_dict)
        for f, held in zip(getattr(self, "lr_lambdas", ()), state.pop("lr_lambdas", ()), strict=True):
            vars(f).update(held or {})
        for s, held in zip(getattr(self, "_schedulers", ()), state.pop("_schedulers", ()), strict=True):
            s.load_state_dict(held)
        vars(self).update(state)


_LRScheduler = LRScheduler  # its name of old


def _checked(optimizer: Any) -> Optimizer:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def _per_group(name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """A setting as one value for each group."""
    n = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        return [value] * n
    if len(value) != n:
        raise ValueError(f"{name}: wants a value for each of {n} groups, got {len(value)}")
    return list(value)


# ── lr(t) = eta_min + (lr₀ − eta_min)·factor(t) ─────────────────────────────────────────────────


class _Factor(LRScheduler):
    """Base of the schedules that are a factor."""

    eta_min = 0.0
    _resumes = False  # whether one made with a last_epoch applies the change to the epoch after it

    def factor_at(self, t: float) -> float:
        """What the first rate is multiplied by at epoch t."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        if t == 0:
            return [self._mixed(lr, self.factor_at(0)) for lr in self._lr_now()]
        now, before = self.factor_at(t), self.factor_at(t - 1)
        if now == before or (self._is_initial and not self._resumes):
            return self._lr_now()
        return self._lr_at() if before == 0 else [self._mixed(lr, now / before)
                                                  for lr in self._lr_now()]

    def _lr_at(self) -> list[float]:
        return [self._mixed(lr, self.factor_at(self.last_epoch)) for lr in self.base_lrs]

    def _mixed(self, lr: float, factor: float) -> float:
        return lr if factor == 1 else self.eta_min + (lr - self.eta_min) * factor


class StepLR(_Factor):
    """factor(t) = gamma^⌊t / step_size⌋."""

    _resumes = True

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return self.gamma ** (t // self.step_size)


class MultiStepLR(_Factor):
    """factor(t) = gamma^(number of milestones ≤ t)."""

    _resumes = True

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1,
                 last_epoch: int = -1):
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return self.gamma ** sum(n for m, n in self.milestones.items() if m <= t)


class ConstantLR(_Factor):
    """factor(t) = factor for t < total_iters, then 1."""

    _resumes = True

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5,
                 last_epoch: int = -1):
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor wants a number of 0 … 1, got {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return self.factor if t < self.total_iters else 1.0


class LinearLR(_Factor):
    """factor(t) from start_factor to end_factor in a straight line over total_iters epochs."""

    def __init__(self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0,
                 total_iters: int = 5, last_epoch: int = -1):
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError("LinearLR: wants 0 < start_factor ≤ 1 and 0 ≤ end_factor ≤ 1, got "
                             f"{start_factor} and {end_factor}")
        self.start_factor, self.end_factor, self.total_iters = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return self.start_factor + ((self.end_factor - self.start_factor)
                                    * min(t, self.total_iters) / self.total_iters)


class ExponentialLR(_Factor):
    """factor(t) = gammaᵗ."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return self.gamma ** t


class PolynomialLR(_Factor):
    """factor(t) = (1 − t / total_iters)^power, at last 0."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0,
                 last_epoch: int = -1):
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return (1 - min(t, self.total_iters) / self.total_iters) ** self.power


class CosineAnnealingLR(_Factor):
    """factor(t) = (1 + cos(πt / T_max)) / 2 (Loshchilov & Hutter, 2017)."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def factor_at(self, t: float) -> float:
        return (1 + cos(pi * t / self.T_max)) / 2


# ── lr(t) ───────────────────────────────────────────────────────────────────────────────────────


class LambdaLR(LRScheduler):
    """lr(t) = lr₀·f(t), with a function ``lr_lambda`` for all groups or one for each."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1):
        self.lr_lambdas = _per_group("lr_lambda", lr_lambda, _checked(optimizer))
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(LRScheduler):
    """lr(t) = lr(t − 1)·f(t), with a function ``lr_lambda`` for all groups or one for each."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1):
        self.lr_lambdas = _per_group("lr_lambda", lr_lambda, _checked(optimizer))
        if not all(map(callable, self.lr_lambdas)):
            raise TypeError(f"MultiplicativeLR: lr_lambda is a function, got {lr_lambda!r}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial:
            return self._lr_now()
        return [lr * f(self.last_epoch)
                for lr, f in zip(self._lr_now(), self.lr_lambdas, strict=True)]


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr(t) = eta_min + (lr₀ − eta_min)·(1 + cos(π·T_cur / T_i)) / 2, T_cur epochs after a restart.

    The first period T_i is T_0, each later one T_mult times as long (Loshchilov & Hutter, 2017).
    ``step(epoch)`` takes fractions.
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
                 last_epoch: int = -1):
        for name, n in {"T_0": T_0, "T_mult": T_mult}.items():
            if not isinstance(n, int) or n < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name} wants an integer of at least 1, "
                                 f"got {n}")
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, eta_min
        self.T_cur, self.T_i = last_epoch, T_0
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        wave = (1 + cos(pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (lr - self.eta_min) * wave for lr in self.base_lrs]

    def _update_lr(self, epoch: float | None = None) -> None:
        if epoch is None:
            epoch = self.last_epoch + 1
        elif epoch < 0:
            raise ValueError(f"CosineAnnealingWarmRestarts: epoch must not be negative, got {epoch}")
        self.last_epoch, self.T_cur, self.T_i = floor(epoch), epoch, self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult
        self._set(self.get_lr())


class _Cycle(LRScheduler):
    """Base of the schedules that move the momentum (or β₁) against the rate."""

    def _begin_momentum(self, lowest: Any, highest: Any, last_epoch: int) -> None:
        groups, defaults = self.optimizer.param_groups, self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError(f"{type(self).__name__}: {type(self.optimizer).__name__} has no momentum; "
                             "use cycle_momentum=False")
        low = _per_group("base_momentum", lowest, self.optimizer)
        high = _per_group("max_momentum", highest, self.optimizer)
        if last_epoch == -1:
            for group, a, b in zip(groups, low, high, strict=True):
                group["base_momentum"], group["max_momentum"] = a, b
                _set_momentum(group, b)


def _set_momentum(group: dict[str, Any], momentum: float) -> None:
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class CyclicLR(_Cycle):
    """Up from base_lr to max_lr in step_size_up steps, down in step_size_down, again (Smith, 2017).

    The height shrinks by cycle: not at all ("triangular"), by half ("triangular2"), or as
    gamma^step ("exp_range"), or by ``scale_fn`` of the cycle or step, as ``scale_mode`` says. The
    momentum goes the other way.
    """

    _not_saved = ("optimizer", "scale_fn")

    def __init__(self, optimizer: Optimizer, base_lr: Any, max_lr: Any, step_size_up: int = 2000,
                 step_size_down: int | None = None, mode: str = "triangular", gamma: float = 1.0,
                 scale_fn: Callable[[float], float] | None = None, scale_mode: str = "cycle",
                 cycle_momentum: bool = True, base_momentum: Any = 0.8, max_momentum: Any = 0.9,
                 last_epoch: int = -1):
        self.optimizer = _checked(optimizer)
        scales = {"triangular": lambda cycle: 1.0, "triangular2": lambda cycle: 0.5 ** (cycle - 1),
                  "exp_range": lambda step: self.gamma ** step}
        if scale_fn is None and mode not in scales:
            raise ValueError(f"CyclicLR: mode is one of {', '.join(scales)}, got {mode!r}")
        base_lrs = _per_group("base_lr", base_lr, optimizer)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs, strict=True):
                group["lr"] = lr
        self.max_lrs = _per_group("max_lr", max_lr, optimizer)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up + down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self.cycle_momentum = mode, gamma, cycle_momentum
        self.scale_fn = scale_fn or scales[mode]
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        if cycle_momentum:
            self._begin_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def get_lr(self) -> list[float]:
        t, up = self.last_epoch / self.total_size, self.step_ratio
        cycle = floor(1 + t)
        x = 1.0 + t - cycle
        height = x / up if x <= up else (x - 1) / (up - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                low, high = group["base_momentum"], group["max_momentum"]
                _set_momentum(group, high - (high - low) * height)
        return [low + (high - low) * height
                for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]


class OneCycleLR(_Cycle):
    """Up to max_lr and down to far below the first rate, once (Smith & Topin, 2019).

    From max_lr / div_factor to max_lr in a share pct_start of all steps, then down to the first
    rate / final_div_factor; with ``three_phase`` down to the first rate as fast as up, then on. In
    the form of a cosine or a line; the momentum goes the other way.
    """

    def __init__(self, optimizer: Optimizer, max_lr: Any, total_steps: int | None = None,
                 epochs: int | None = None, steps_per_epoch: int | None = None,
                 pct_start: float = 0.3, anneal_strategy: str = "cos", cycle_momentum: bool = True,
                 base_momentum: Any = 0.85, max_momentum: Any = 0.95, div_factor: float = 25.0,
                 final_div_factor: float = 1e4, three_phase: bool = False, last_epoch: int = -1):
        self.optimizer = _checked(optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: wants total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps <= 0:
            raise ValueError(f"OneCycleLR: wants a positive number of steps, got {total_steps}")
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start wants a float of 0 … 1, got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError("OneCycleLR: anneal_strategy is 'cos' or 'linear', got "
                             f"{anneal_strategy!r}")
        self.total_steps, self.anneal_strategy = total_steps, anneal_strategy
        self.cycle_momentum = cycle_momentum
        top, end = pct_start * total_steps - 1, total_steps - 1
        # Where a phase ends, its rates and its momenta.
        up = (top, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        self.phases = [up, (2 * top, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                       (end, "initial_lr", "min_lr", "max_momentum", "max_momentum")
                       ] if three_phase else [
                       up, (end, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, _per_group("max_lr", max_lr, optimizer),
                                 strict=True):
                group["initial_lr"], group["max_lr"] = lr / div_factor, lr
                group["min_lr"] = group["initial_lr"] / final_div_factor
        if cycle_momentum:
            self._begin_momentum(base_momentum, max_momentum, last_epoch)
        super().__init__(optimizer, last_epoch)

    def _between(self, a: float, b: float, x: float) -> float:
        return b + (a - b) / 2 * (1 + cos(pi * x)) if self.anneal_strategy == "cos" else a + (b - a) * x

    def get_lr(self) -> list[float]:
        t, start = self.last_epoch, 0.0
        if t > self.total_steps:
            raise ValueError(f"OneCycleLR: step {t} of {self.total_steps}")
        for phase in self.phases[:-1]:
            if t <= phase[0]:
                break
            start = phase[0]
        else:
            phase = self.phases[-1]
        end, lr0, lr1, m0, m1 = phase
        x = (t - start) / (end - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                _set_momentum(group, self._between(group[m0], group[m1], x))
        return [self._between(group[lr0], group[lr1], x) for group in groups]


# ── by what happens, and several together ───────────────────────────────────────────────────────


class ReduceLROnPlateau(LRScheduler):
    """lr ← factor·lr when ``step(metric)`` has seen no better metric for more than patience epochs.

    Better is below (mode "min") or above ("max") the best so far by a share ("rel") or amount ("abs")
    threshold. After a change it waits cooldown epochs; changes up to eps are not made.
    """

    def __init__(self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
                 threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
                 min_lr: Any = 0, eps: float = 1e-8):
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau: factor wants a number below 1, got {factor}")
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode is 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError("ReduceLROnPlateau: threshold_mode is 'rel' or 'abs', got "
                             f"{threshold_mode!r}")
        self.optimizer, self.mode, self.factor = _checked(optimizer), mode, factor
        self.patience, self.cooldown, self.eps = patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.min_lrs = _per_group("min_lr", min_lr, optimizer)
        self.last_epoch, self._last_lr = 0, self._lr_now()
        self.best = inf if mode == "min" else -inf
        self.cooldown_counter = self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether the rates were lowered just now, and bad epochs do not count."""
        return self.cooldown_counter > 0

    def is_better(self, metric: float, best: float) -> bool:
        """Whether a metric is better than the best by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * metric > sign * best * (1 + sign * self.threshold)
        return sign * metric > sign * best + self.threshold

    def step(self, metrics: Any, epoch: int | None = None) -> None:
        """Note the metric of an epoch; reduce the rates if it is time."""
        metric = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(metric, self.best):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        lrs = self._lr_now()
        if self.num_bad_epochs > self.patience:
            least = [*self.min_lrs, *self.min_lrs[-1:] * (len(lrs) - len(self.min_lrs))]
            lower = [max(lr * self.factor, low) for lr, low in zip(lrs, least, strict=True)]
            lrs = [b if a - b > self.eps else a for a, b in zip(lrs, lower, strict=True)]
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._set(lrs)


def _check_parts(name: str, schedulers: Sequence[LRScheduler], optimizer: Optimizer) -> None:
    if not schedulers:
        raise ValueError(f"{name}: wants at least one scheduler")
    for s in schedulers:
        if not hasattr(s, "optimizer"):
            raise TypeError(f"{name}: wants schedulers, got {type(s).__name__}")
        if isinstance(s, ReduceLROnPlateau):
            raise ValueError(f"{name}: ReduceLROnPlateau wants a metric at each step")
        if s.optimizer is not optimizer:
            raise ValueError(f"{name}: all schedulers want the same optimizer")


class SequentialLR(LRScheduler):
    """One schedule after the other; the next takes over, as from its epoch 0, at each milestone."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: list[int],
                 last_epoch: int = -1):
        _check_parts("SequentialLR", schedulers, _checked(optimizer))
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(f"SequentialLR: {len(schedulers)} schedulers want {len(schedulers) - 1} "
                             f"milestones, got {len(milestones)}")
        self.optimizer, self._schedulers, self._milestones = optimizer, schedulers, milestones
        self.last_epoch = last_epoch + 1
        # Each scheduler has made its first step when it was constructed: undo that, start the first.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        _undo(self._schedulers)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:
        """Set the rates of the next epoch."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo(schedulers: Sequence[LRScheduler]) -> None:
    for s in schedulers:
        if hasattr(s, "_schedulers"):
            _undo(s._schedulers)
        elif hasattr(s, "last_epoch"):
            s.last_epoch -= 1


class ChainedScheduler(LRScheduler):
    """Several schedules at once: each step is a step of all of them, in order."""

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        optimizer = optimizer or getattr(next(iter(schedulers), None), "optimizer", None)
        _check_parts("ChainedScheduler", schedulers, optimizer)
        self._schedulers, self.optimizer = schedulers, optimizer
        self._last_lr = self._lr_now()

    def step(self) -> None:
        """A step of every scheduler."""
        for s in self._schedulers:
            s.step()
        self._last_lr = self._lr_now()
