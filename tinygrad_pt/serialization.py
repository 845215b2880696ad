"""`save` and `load`: tensors, and what is built of them, as safetensors.

A safetensors file is a JSON header and the numbers; reading one runs no code. The tensors of a state
dict are there under their names, so that ``safetensors.torch.load_file`` reads it; what lies around
tensors (dicts, lists, numbers, text, Modules by the names of their classes) is JSON in the header's
metadata.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter, OrderedDict, defaultdict
from contextlib import contextmanager
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from .devices import CPU, check_device, device
from .dtypes import SUPPORTED, check, dtype
from .files import DataError, written
from .models import extra
from .nn import Module, Parameter
from .tensors import Size, Tensor, wrap

KEY = "tinygrad_pt"  # of the structure in the metadata

# safetensors' names of NumPy's types; bfloat16, which NumPy lacks, is read as float32.
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
         "U8": "u1", "BOOL": "?", "BF16": "<u2"}
_PARTS = ("_parameters", "_buffers", "_modules")  # of a Module: no part of the names of its tensors
_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "Size": Size}
_MAPPINGS = {"dict": dict, "OrderedDict": OrderedDict, "Counter": Counter,
             "defaultdict": lambda pairs: defaultdict(dict, pairs)}


def save(obj: Any, f: Any, **ignored: Any) -> None:
    """Write a tensor, a state dict, a Module, or a checkpoint ``{"model": …, "epoch": 3}``.

    ``f`` is a path, which is then either whole or as it was, or a binary file. TypeError for an
    object that is not made of tensors, arrays, numbers, text, dicts, lists and Modules.
    """
    arrays: dict[str, np.ndarray] = {}
    structure = _packed(obj, (), arrays)
    content = extra("safetensors.numpy").save(
        {name: np.asarray(a, a.dtype.newbyteorder("<"), order="C") for name, a in arrays.items()},
        metadata={KEY: json.dumps(structure)})
    if hasattr(f, "write"):
        f.write(content)
    else:
        with written(f) as temporary:
            temporary.write_bytes(content)


def load(f: Any, map_location: Any = None, weights_only: bool | None = None, **ignored: Any) -> Any:
    """What `save` wrote; of any other safetensors file the dict of its tensors.

    ``f`` is a path or a binary file. A Module is made of the class of that name, which the program has
    to have imported; nothing is imported or called by the file. DataError (a ValueError) for a file of
    another kind.
    """
    if isinstance(map_location, str | device):
        check_device(map_location)
    name = getattr(f, "name", "the file") if hasattr(f, "read") else os.fspath(f)
    content = f.read() if hasattr(f, "read") else Path(f).read_bytes()
    if content[:4] == b"PK\x03\x04" or content[:1] == b"\x80":
        raise DataError(
            f"load: {name} is a pickle, as torch.save writes it, and reading one may run any code that "
            "it contains. Where torch is installed, write its weights as safetensors:\n"
            "    safetensors.torch.save_file(torch.load(path, weights_only=True), 'new.safetensors')\n"
            "then load that; or make the file anew with tinygrad_pt.save")
    safetensors = extra("safetensors")
    try:
        parts = safetensors.deserialize(content)
    except safetensors.SafetensorError as error:
        raise DataError(f"load: {name} is not a safetensors file: {error}") from None
    tensors = {key: wrap(_array(part)) for key, part in parts}
    header = json.loads(content[8:8 + int.from_bytes(content[:8], "little")])
    structure = header.get("__metadata__", {}).get(KEY)
    return tensors if structure is None else _unpacked(json.loads(structure), tensors)


def _array(part: dict[str, Any]) -> np.ndarray:
    kind = part["dtype"]
    if kind not in TYPES:
        raise DataError(f"load: tensors of {kind} are not supported; these are: {', '.join(TYPES)}")
    a = np.frombuffer(bytes(part["data"]), TYPES[kind])
    if kind == "BF16":  # the upper half of a float32
        a = (a.astype(np.uint32) << 16).view(np.float32)
    return np.array(a, a.dtype.newbyteorder("=")).reshape(part["shape"])


def _packed(x: Any, path: tuple, arrays: dict[str, np.ndarray]) -> Any:
    """x as JSON: itself, or a list [kind, …]; its tensors go to ``arrays`` under their paths."""
    if x is None or (isinstance(x, bool | int | float | str)
                     and type(x).__module__ == "builtins"):
        return x
    kind = type(x).__name__
    if isinstance(x, np.generic):
        return ["scalar", str(x.dtype), x.item()]
    if isinstance(x, Module):
        return ["Module", _name(type(x)), [[k, _packed(v, path if k in _PARTS else (*path, k), arrays)]
                                           for k, v in vars(x).items()]]
    if isinstance(x, FunctionType) and _may_be_named(x) and _named(_name(x)) is x:
        return ["function", _name(x)]
    if isinstance(x, Parameter):
        shared = [name for name, a in arrays.items() if a is x.array]
        return ["Parameter", shared[0] if shared else _packed(x.detach(), path, arrays)[1],
                x.requires_grad]
    if isinstance(x, Tensor | np.ndarray):
        name = base = ".".join(map(str, path)) or "tensor"
        while name in arrays:
            name += "'"
        arrays[name] = x.array if isinstance(x, Tensor) else x
        if arrays[name].dtype not in SUPPORTED:
            raise TypeError(f"save: {base} is an array of {x.dtype}, which is not supported")
        return ["array" if isinstance(x, np.ndarray) else
                "leaf" if x.requires_grad and x.is_leaf else "tensor", name]
    if isinstance(x, np.dtype | dtype):
        return ["dtype", x.name]
    if isinstance(x, device):
        return ["device", str(x)]
    if kind in _MAPPINGS and isinstance(x, dict):
        return [kind, [[_packed(k, (*path, "key"), arrays), _packed(v, (*path, k), arrays)]
                       for k, v in x.items()]]
    if kind in _SEQUENCES and isinstance(x, list | tuple | set):
        return [kind, [_packed(v, (*path, i), arrays) for i, v in enumerate(x)]]
    where = f" at {'.'.join(map(str, path))}" if path else ""
    raise TypeError(f"save: cannot write a {kind}{where}; " + (
        "save its state_dict()" if hasattr(x, "state_dict") else
        "a file is made of tensors, arrays, numbers, text, dicts, lists and Modules"))


def _unpacked(x: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(x, list):
        return x
    kind, value, *more = x
    if kind in _MAPPINGS:
        return _MAPPINGS[kind]((_unpacked(k, tensors), _unpacked(v, tensors)) for k, v in value) \
            if kind != "Counter" else Counter({_unpacked(k, tensors): n for k, n in value})
    if kind in _SEQUENCES:
        return _SEQUENCES[kind](_unpacked(v, tensors) for v in value)
    if kind == "Module":
        module = Module.__new__(_known(value))
        vars(module).update((k, _unpacked(v, tensors)) for k, v in more[0])
        return module
    if kind == "function":
        return _known(value)
    if kind == "Parameter":
        if not isinstance(tensors[value], Parameter):  # else met before: shared
            tensors[value] = Parameter(tensors[value], *more)
        return tensors[value]
    if kind == "scalar":
        return np.dtype(value).type(more[0])
    if kind == "dtype":
        return check(value)
    if kind == "device":
        return device(value) if value != "cpu" else CPU
    t = tensors[value]
    return t.array if kind == "array" else t.requires_grad_() if kind == "leaf" else t


def _name(thing: Any) -> str:
    return f"{thing.__module__}:{thing.__qualname__}"


def _may_be_named(thing: Any) -> bool:
    """Whether thing is what a file may ask for: a class of Modules, a function of this library."""
    return (issubclass(thing, Module) if isinstance(thing, type) else
            isinstance(thing, FunctionType) and thing.__module__.startswith(f"{KEY}."))


def _named(name: str) -> Any:
    """The class or function of a name, among what is imported; None if it is not."""
    module, _, path = name.partition(":")
    thing = sys.modules.get(module)
    for part in path.split("."):
        thing = getattr(thing, part, None)
    return thing


def _known(name: str) -> Any:
    thing = _named(name)
    if not _may_be_named(thing):
        raise DataError(f"load: the file asks for {name}, which is not the class of a Module that this "
                        "program has imported")
    return thing


def add_safe_globals(safe_globals: list) -> None:
    """PyTorch's permission to unpickle classes: nothing is unpickled here."""


@contextmanager
def safe_globals(safe_globals: list):
    """PyTorch's permission to unpickle classes: nothing is unpickled here."""
    yield
