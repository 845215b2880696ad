"""PyTorch's import paths that are no files here: modules made, when first asked for, of other names."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from .absent import no_such
from .accelerators import MODULES as HARDWARE
from .standins import MODULES as STANDINS

# Path → the file that has its names.
HOMES = {
    "autograd.variable": "autograd",
    **{f"nn.modules.{name}": f"nn.modules.{home}" for name, home in {
        "batchnorm": "normalization", "instancenorm": "normalization", "flatten": "linear",
        "channelshuffle": "resampling", "distance": "resampling", "fold": "resampling",
        "pixelshuffle": "resampling", "upsampling": "resampling"}.items()},
    "sparse": "functions.sparse",
    "nn.modules.loss": "nn.criteria",
    "nn.modules.module": "nn.module",
    "nn.modules.rnn": "nn.recurrent",
    "nn.modules.transformer": "nn.transformer",
    "nn.utils.stateless": "func",
    **{f"distributions.{name}": "distributions" for name in (
        "bernoulli", "categorical", "distribution", "kl", "multinomial", "normal", "uniform")},
    **{f"utils.data.{name}": "utils.data" for name in ("dataloader", "dataset", "distributed",
                                                       "sampler")},
}
MODULES = {**HARDWARE, **STANDINS}  # path → its names; "" is the package itself


def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
    """For the import system: where a module comes from, if from here."""
    package, _, tail = name.partition(".")
    if package != __package__ or (tail not in HOMES and tail not in MODULES):
        return None
    from importlib.util import spec_from_loader
    return spec_from_loader(name, sys.modules[__name__], is_package=True)


def create_module(spec: Any) -> None:
    """For the import system: a module like any other."""


def exec_module(module: ModuleType) -> None:
    """For the import system: give a module its names, and the modules within it."""
    tail = module.__name__.partition(".")[2]
    names = MODULES[tail] if tail in MODULES else vars(
        import_module(f"{__package__}.{HOMES[tail]}"))
    vars(module).update({name: x for name, x in names.items() if not name.startswith("__")})
    vars(module)["__getattr__"] = lambda name: lookup(module.__name__, name)
    for path in MODULES:
        if path.rpartition(".")[0] == tail:
            import_module(f"{__package__}.{path}")


def lookup(module: str, name: str) -> Any:
    """What a module's ``__getattr__`` gives: a module within it, or the error that says what to use."""
    names = MODULES.get(module.partition(".")[2], {})
    if name in names:
        return names[name]
    if find_spec(f"{module}.{name}"):
        return import_module(f"{module}.{name}")
    raise no_such(module, name)
