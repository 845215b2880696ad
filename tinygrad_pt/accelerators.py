"""The names by which programs ask for other hardware. There is none: each answers so, or does nothing.

The modules they are in, ``tinygrad_pt.cuda`` and so on, are made by `places`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

from .devices import device
from .dtypes import TYPES


def compile(model: Any = None, **options: Any) -> Any:
    """A function or Module as it is: there is no compiler to run. Also as a decorator."""
    return model if model is not None else lambda f: f


class autocast(ContextDecorator):
    """Lower precision within a with block: not on this CPU, where float32 is what is fast."""

    def __init__(self, device_type: str = "cpu", dtype: Any = None, enabled: bool = True,
                 cache_enabled: bool | None = None):
        self.device_type, self.dtype, self.enabled = device_type, dtype, enabled

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: Any) -> None:
        pass


class GradScaler:
    """Keeps small gradients of float16 from vanishing; disabled, as without a GPU: it scales by 1."""

    def __init__(self, device: str = "cuda", **settings: Any):
        pass

    def scale(self, outputs: Any) -> Any:
        """``outputs`` as they are."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing: gradients were not scaled."""

    def step(self, optimizer: Any, *args: Any, **kw: Any) -> Any:
        """``optimizer.step()``."""
        return optimizer.step(*args, **kw)

    def update(self, new_scale: float | None = None) -> None:
        """Nothing: the scale is 1."""

    def get_scale(self) -> float:
        """The factor of the loss."""
        return 1.0

    def is_enabled(self) -> bool:
        """Whether anything is scaled."""
        return False

    def state_dict(self) -> dict:
        """Nothing, as of PyTorch's when it is disabled."""
        return {}

    def load_state_dict(self, state_dict: dict) -> None:
        """Nothing."""


def _says(answer: Any) -> Callable[..., Any]:
    """A function that gives the same answer to everything."""
    return lambda *args, **kw: answer


def _no_gpu(*args: Any, **kw: Any) -> Any:
    raise RuntimeError("there is no GPU to use: this library computes on the CPU; ask "
                       "cuda.is_available() first")


_nothing, _no, _zero = _says(None), _says(False), _says(0)
_HARDWARE = {"is_available": _no, "device_count": _zero, "manual_seed": _nothing, "seed": _nothing,
             "manual_seed_all": _nothing, "empty_cache": _nothing, "synchronize": _nothing,
             "set_device": _no_gpu, "current_device": _no_gpu, "get_device_name": _no_gpu,
             "get_device_properties": _no_gpu, "get_device_capability": _no_gpu, "Event": _no_gpu,
             "Stream": _no_gpu, "stream": _no_gpu, "current_stream": _no_gpu, "device": device}
_MEMORY = {f"{most}memory_{what}": _zero for most in ("", "max_") for what in ("allocated", "reserved")}
_AMP = {"autocast": autocast, "GradScaler": GradScaler, "custom_fwd": compile, "custom_bwd": compile,
        "is_autocast_available": _no}

# Module → what it holds. A setting may be assigned and has no effect.
MODULES: dict[str, dict[str, Any]] = {
    "cuda": {**_HARDWARE, **_MEMORY, **{f"{name}Tensor": _no_gpu for name in TYPES},
             "is_bf16_supported": _no, "is_tf32_supported": _no, "is_initialized": _no,
             "reset_peak_memory_stats": _nothing, "ipc_collect": _nothing,
             "memory_summary": _says("there is no GPU"), "get_arch_list": _says([]),
             "get_rng_state_all": _says([]), "set_rng_state_all": _nothing,
             "OutOfMemoryError": MemoryError},
    "cuda.amp": _AMP,
    "amp": _AMP,
    "mps": {**_HARDWARE, "current_allocated_memory": _zero},
    "xpu": _HARDWARE,
    "accelerator": {"is_available": _no, "device_count": _zero, "synchronize": _nothing,
                    "current_accelerator": _nothing, "empty_cache": _nothing},
    "cpu": {"is_available": _says(True), "device_count": _says(1), "synchronize": _nothing,
            "current_device": _says("cpu")},
    "backends": {},
    "backends.cuda": {"is_built": _no},
    "backends.cuda.matmul": {"allow_tf32": False},
    "backends.cudnn": {"benchmark": False, "deterministic": False, "allow_tf32": False,
                       "enabled": False, "is_available": _no, "version": _nothing},
    "backends.mkldnn": {"enabled": False, "is_available": _no},
    "backends.mkl": {"is_available": _no},
    "backends.openmp": {"is_available": _no},
    "backends.mps": {"is_available": _no, "is_built": _no},
    "compiler": {"compile": compile, "disable": compile, "is_compiling": _no, "reset": _nothing},
}
