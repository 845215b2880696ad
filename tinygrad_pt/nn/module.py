"""Module: a function with parameters that are found by name."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..autograd.hooks import RemovableHandle
from ..functions import bfloat16, empty_like, float16, float32, float64, no_grad
from ..tensors import ShapeError, Tensor, as_array, wrap
from . import hooks
from .hooks import (  # noqa: F401  (PyTorch has them here)
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .parameter import Buffer, Parameter, is_lazy


class Module:
    """Base of all layers and networks: subclasses define ``__init__`` and ``forward``.

    Attributes that are Parameters, Modules or Buffers are registered under their names, in the
    dictionaries ``_parameters``, ``_modules`` and ``_buffers``; None may take their place.
    """

    training = True
    _hooks: hooks.Hooks | None = None

    def __new__(cls, *args: Any, **kw: Any) -> Any:
        self = super().__new__(cls)
        self.__dict__.update(_parameters={}, _buffers={}, _modules={},
                             _non_persistent_buffers_set=set())
        return self

    def __init__(self):
        pass  # all is there already: a subclass may forget to call this

    def __call__(self, *args: Any, **kw: Any) -> Any:
        if self._hooks or hooks.everywhere:
            return hooks.call_with_hooks(self, args, kw)
        return self.forward(*args, **kw)

    def forward(self, *args: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    # ── attributes ──────────────────────────────────────────────────────────────────────────────

    def __getattr__(self, name: str) -> Any:  # called for what is not found otherwise
        if name in self._parameters:
            return self._parameters[name]
        if name in self._modules:
            return self._modules[name]
        if name in self._buffers:
            return self._buffers[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._register("_parameters", name, value)
        elif isinstance(value, Module):
            self._register("_modules", name, value)
        elif isinstance(value, Buffer):
            self._register("_buffers", name, value, value.persistent)
        else:
            for kind, wanted in _KINDS.items():
                if name in self.__dict__[kind]:
                    if value is not None and not isinstance(value, wanted):
                        raise TypeError(f"{type(self).__name__}.{name}: wants a {wanted.__name__} or "
                                        f"None, got {type(value).__name__}")
                    self.__dict__[kind][name] = value
                    return
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for kind in _KINDS:
            if name in self.__dict__[kind]:
                del self.__dict__[kind][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._modules, *self._buffers})

    def _register(self, kind: str, name: str, value: Any, persistent: bool = True) -> None:
        """Make an attribute one of a kind, and of no other."""
        for hook, _ in hooks.of_kind(self, kind) if hooks.everywhere and value is not None else ():
            value = _other(hook(self, name, value), value)
        self.__dict__.pop(name, None)
        for other in _KINDS:
            if other != kind:
                self.__dict__[other].pop(name, None)
        self._non_persistent_buffers_set.discard(name)
        if not persistent:
            self._non_persistent_buffers_set.add(name)
        self.__dict__[kind][name] = value

    def _allow(self, what: str, kind: str, name: Any, value: Any) -> None:
        """Refuse what cannot be registered: a value of another type, a name that is taken."""
        wanted = _KINDS[kind]
        if not isinstance(name, str) or not (value is None or isinstance(value, wanted)):
            raise TypeError(f"{what}: wants a name and a {wanted.__name__} or None, got {name!r} and "
                            f"{type(value).__name__}")
        if "." in name or not name or (hasattr(self, name) and name not in self.__dict__[kind]):
            raise KeyError(f"{what}: {name!r} is taken by another attribute, or has a dot, or is empty")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or a place for one. TypeError for another type, KeyError for a bad name."""
        self._allow("register_parameter", "_parameters", name, param)
        self._register("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is not learned; a ``persistent`` one is part of the state_dict."""
        self._allow("register_buffer", "_buffers", name, tensor)
        self._register("_buffers", name, tensor, persistent)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name."""
        self._allow("add_module", "_modules", name, module)
        self._register("_modules", name, module)

    add_module = register_module

    def get_submodule(self, target: str) -> Module:
        """The module at a dotted path; "" is this one. AttributeError if there is none."""
        m = self
        for name in target.split(".") if target else ():
            m = getattr(m, name)
            if not isinstance(m, Module):
                raise AttributeError(f"get_submodule: {name!r} of {target!r} is no Module")
        return m

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a dotted path; with ``strict`` only in the place of another one."""
        path, _, name = target.rpartition(".")
        if not name or not isinstance(module, Module):
            raise ValueError(f"set_submodule: wants a path and a Module, got {target!r} and "
                             f"{type(module).__name__}")
        m = self.get_submodule(path)
        if (strict or hasattr(m, name)) and name not in m._modules:
            raise AttributeError(f"set_submodule: {type(m).__name__} has no module {name!r}")
        setattr(m, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path."""
        return self._member("_parameters", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path."""
        return self._member("_buffers", target)

    def _member(self, kind: str, target: str) -> Any:
        path, _, name = target.rpartition(".")
        m = self.get_submodule(path)
        if name not in m.__dict__[kind]:
            raise AttributeError(f"{type(m).__name__} has no {name!r} among its {kind[1:]}")
        return m.__dict__[kind][name]

    # ── what is within ──────────────────────────────────────────────────────────────────────────

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules that are attributes of this one, by name; one that is shared is given once."""
        return _once((name, m) for name, m in self._modules.items() if m is not None)

    def children(self) -> Iterator[Module]:
        """The modules that are attributes of this one."""
        return (m for _, m in self.named_children())

    def named_modules(self, memo: set | None = None, prefix: str = "",
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all within it, by dotted path; one that is shared is given once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, m in self._modules.items():
            if m is not None:
                yield from m.named_modules(memo, _join(prefix, name), remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all within it."""
        return (m for _, m in self.named_modules(remove_duplicate=remove_duplicate))

    def named_parameters(self, prefix: str = "", recurse: bool = True,
                         remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """All parameters by dotted path; one that is shared is given once."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters; one that is shared is given once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True,
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """All buffers by dotted path."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def _named(self, kind, prefix, recurse, remove_duplicate):
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse \
            else [(prefix, self)]
        members = ((_join(path, name), x) for path, m in modules
                   for name, x in m.__dict__[kind].items() if x is not None)
        return _once(members) if remove_duplicate else members

    # ── changing all of it ──────────────────────────────────────────────────────────────────────

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call fn(module) of every module within this one, then of this one."""
        for m in self.children():
            m.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Module:
        """Training mode for this module and all within it."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode is True or False, got {mode!r}")
        self.training = mode
        for m in self.children():
            m.train(mode)
        return self

    def eval(self) -> Module:
        """Evaluation mode for this module and all within it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Whether the parameters want a gradient."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or let them be 0."""
        for p in self.parameters():
            if set_to_none or p.grad is None:
                p.grad = None
            else:
                p.grad = p.grad.detach().zero_()

    def to(self, *target: Any, **kw: Any) -> Module:
        """All floating parameters and buffers with another dtype, in place: see `Tensor.to`.

        TypeError for a dtype of integers, RuntimeError for a device other than the CPU.
        """
        if wrap(as_array(0.0)).to(*target, **kw).dtype.kind != "f":
            raise TypeError(f"Module.to: wants a floating point dtype, got {target or kw}")
        return self._apply(lambda x: x.to(*target, **kw) if x.dtype.kind == "f" else x)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Module:
        """Let every parameter, its gradient and every buffer have the data of fn(it)."""
        for m in self.modules() if recurse else (self,):
            for x in m._parameters.values():
                if x is not None:
                    grad, x.grad = x.grad, None
                    x.data = fn(x.detach())
                    x.grad = None if grad is None else fn(grad.detach())
            for name, x in m._buffers.items():
                if x is not None:
                    m._buffers[name] = fn(x)
        return self

    def to_empty(self, *, device: Any, recurse: bool = True) -> Module:
        """All parameters and buffers in new memory, not initialised."""
        return self._apply(lambda x: empty_like(x, device=device), recurse)

    def compile(self, *args: Any, **options: Any) -> None:
        """Nothing: there is no compiler to run."""

    def type(self, dst_type: Any) -> Module:
        """All parameters and buffers, also of integers, with another dtype."""
        return self._apply(lambda x: x.to(dst_type))

    def double(self) -> Module:
        """`to` float64."""
        return self.to(float64)

    def float(self) -> Module:
        """`to` float32."""
        return self.to(float32)

    def half(self) -> Module:
        """`to` float16."""
        return self.to(float16)

    def bfloat16(self) -> Module:
        """`to` bfloat16, which NumPy has not: TypeError."""
        return self.to(dtype=bfloat16)

    def share_memory(self) -> Module:
        """Parameters and buffers in memory that processes forked from here on share."""
        return self._apply(lambda x: x.share_memory_())

    def cpu(self) -> Module:
        """This module: it is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Module:
        """RuntimeError: this library computes on the CPU."""
        return self.to("cuda")

    # ── its state ───────────────────────────────────────────────────────────────────────────────

    def state_dict(self, *, destination: Any = None, prefix: str = "",
                   keep_vars: bool = False) -> OrderedDict[str, Tensor]:
        """Path → parameter or persistent buffer, sharing memory; detached unless ``keep_vars``."""
        state = OrderedDict() if destination is None else destination
        for hook, _ in hooks.of_kind(self, "before state_dict"):
            hook(self, prefix, keep_vars)
        for path, _, name, x in self._entries(prefix, False):
            state[path] = self.get_extra_state() if name == _EXTRA else \
                x if keep_vars or is_lazy(x) else x.detach()
        for name, m in self._modules.items():
            if m is not None:
                m.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, _ in hooks.of_kind(self, "after state_dict"):
            hook(self, state, prefix, {})
        return state

    def _entries(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple]:
        """(path, module, name, tensor) of what a state_dict holds, shared ones under every path."""
        for name, x in (*self._parameters.items(), *self._buffers.items()):
            if x is not None and name not in self._non_persistent_buffers_set:
                yield prefix + name, self, name, x
        if type(self).get_extra_state is not Module.get_extra_state:
            yield prefix + _EXTRA, self, _EXTRA, None
        for name, m in self._modules.items() if recurse else ():
            if m is not None:
                yield from m._entries(f"{prefix}{name}.")

    def get_extra_state(self) -> Any:
        """What else belongs to the state_dict; to be defined together with `set_extra_state`."""
        raise RuntimeError(f"{type(self).__name__} has no get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` gave."""
        raise RuntimeError(f"{type(self).__name__} has no set_extra_state()")

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> IncompatibleKeys:
        """Copy values from a mapping of the same paths and shapes; else nothing is changed.

        With ``strict=False`` other paths are only reported. ``assign``: take the tensors themselves.
        RuntimeError for paths or shapes that differ.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: wants a mapping, got {type(state_dict).__name__}")
        state, errors = dict(state_dict), []
        for prefix, m in self._paths():
            for hook, _ in hooks.of_kind(m, "before load"):
                hook(m, state, prefix, {}, strict, [], [], errors)
        own = {path: (m, name, x) for path, m, name, x in self._entries()}
        keys = IncompatibleKeys([k for k in own if k not in state], [k for k in state if k not in own])
        values = {k: v if own[k][1] == _EXTRA or isinstance(v, Tensor) else wrap(as_array(v))
                  for k, v in state.items() if k in own}
        shapes = [f"size mismatch for {k}: copying a param with shape {v.shape!r} from checkpoint, the "
                  f"shape in current model is {own[k][2].shape!r}." for k, v in values.items()
                  if own[k][1] != _EXTRA and not is_lazy(own[k][2]) and v.shape != own[k][2].shape]
        after = [(hook, m) for _, m in reversed(self._paths())
                 for hook, _ in hooks.of_kind(m, "after load")]
        if shapes or errors or not after:
            self._complain(keys if strict else (), errors, shapes)
        for path, value in values.items():
            m, name, x = own[path]
            m._load(name, x, value, assign)
        for hook, m in after:
            hook(m, keys)
        self._complain(keys if strict else (), [], [])
        return keys

    def _paths(self) -> list[tuple[str, Module]]:
        """(prefix, module) of all modules within this one."""
        return [(f"{path}." if path else "", m) for path, m in self.named_modules()]

    def _complain(self, keys: Iterable, errors: list[str], shapes: list[str]) -> None:
        """RuntimeError if there is anything to complain of; ShapeError if there are shapes."""
        wrong = [f"{word} key(s) in state_dict: " + ", ".join(f'"{k}"' for k in some) + ". "
                 for word, some in zip(("Missing", "Unexpected"), keys, strict=False) if some]
        if wrong or errors or shapes:
            raise (ShapeError if shapes else RuntimeError)(
                f"Error(s) in loading state_dict for {type(self).__name__}:\n\t"
                + "\n\t".join(wrong + errors + shapes))

    def _load(self, name: str, x: Tensor | None, value: Any, assign: bool) -> None:
        """Give one of this module's tensors x, or the extra state, a value."""
        if name == _EXTRA:
            return self.set_extra_state(value)
        if is_lazy(x):
            x.materialize(value.shape)
        if not assign:
            with no_grad():
                x.copy_(value)
        elif isinstance(x, Parameter) and not isinstance(value, Parameter):
            setattr(self, name, Parameter(value, x.requires_grad))
        else:
            setattr(self, name, value)

    # ── hooks ───────────────────────────────────────────────────────────────────────────────────

    def _hook(self, kind: str, hook: Callable, prepend: bool = False,
              **options: bool) -> RemovableHandle:
        return hooks.add(self.__dict__.setdefault("_hooks", {}), kind, hook, prepend, **options)

    def register_forward_pre_hook(self, hook: Callable, *, prepend: bool = False,
                                  with_kwargs: bool = False) -> RemovableHandle:
        """Call hook(module, args) before ``forward``; what it returns, unless None, are its arguments.

        ``with_kwargs``: hook(module, args, kwargs), which returns both.
        """
        return self._hook("before", hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(self, hook: Callable, *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """Call hook(module, args, output) after ``forward``; it may return another output.

        ``with_kwargs``: hook(module, args, kwargs, output); ``always_call``: after an error too.
        """
        return self._hook("after", hook, prepend, with_kwargs=with_kwargs, always_call=always_call)

    def register_full_backward_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call hook(module, grad_output) when backward() reaches the output; it may change them."""
        return self._hook("backward before", hook, prepend)

    def register_full_backward_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Call hook(module, grad_input, grad_output) when backward() has reached the inputs.

        What it returns, unless None, goes on in the place of grad_input.
        """
        return self._hook("backward after", hook, prepend)

    register_backward_hook = register_full_backward_hook

    def register_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, prefix, keep_vars) before this module's part of a state_dict is made."""
        return self._hook("before state_dict", hook)

    def register_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, state_dict, prefix, metadata) when its part is made; it may change it."""
        return self._hook("after state_dict", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, state_dict, prefix, metadata, strict, missing, unexpected, errors) first.

        It may change the state_dict, a copy, and add to the errors, a list of texts.
        """
        return self._hook("before load", hook)

    def register_load_state_dict_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(module, incompatible_keys) after loading; it may change the two lists of them."""
        return self._hook("after load", hook)

    # ── as text ─────────────────────────────────────────────────────────────────────────────────

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of the repr."""
        return ""

    def __repr__(self) -> str:
        lines = self.extra_repr().split("\n") if self.extra_repr() else []
        inner = [f"({name}): " + repr(m).replace("\n", "\n  ") for name, m in self._modules.items()]
        if not inner and len(lines) <= 1:
            return f"{self._get_name()}({''.join(lines)})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + inner) + "\n)"


_EXTRA = "_extra_state"
_KINDS = {"_parameters": Parameter, "_modules": Module, "_buffers": Tensor}


class IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `Module.load_state_dict` did not find, and what it did not use."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if any(self) else "<All keys matched successfully>"

    __str__ = __repr__


def _other(new: Any, old: Any) -> Any:
    """What a hook returned, or if that is None what there was."""
    return old if new is None else new


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _once(named: Any) -> Iterator[tuple[str, Any]]:
    """Those of (name, thing) whose thing was not there before."""
    seen = set()
    for name, x in named:
        if id(x) not in seen:
            seen.add(id(x))
            yield name, x
