"""PyTorch's wrappers for several devices. There is one: they call the module that they hold."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..places import lookup
from .module import Module


class DataParallel(Module):
    """module(*args), the module under the name ``module``."""

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0):
        self.module = module

    def forward(self, *args: Any, **kw: Any) -> Any:
        return self.module(*args, **kw)


class DistributedDataParallel(DataParallel):
    """RuntimeError: there is one process."""

    def __init__(self, module: Module, *args: Any, **kw: Any):
        raise RuntimeError("DistributedDataParallel: there is one process; use the module itself")


def data_parallel(module: Module, inputs: Any, device_ids: Any = None, output_device: Any = None,
                  dim: int = 0, module_kwargs: dict | None = None) -> Any:
    """module(*inputs)."""
    return module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))


__getattr__ = partial(lookup, __name__)
