"""What programs say around a computation: compilers, profilers, other processes, settings.

Here nothing is compiled, measured or sent. What can be left out does nothing; what would have to do
something is an error that says so. The modules, ``tinygrad_pt.jit`` and so on, are made by `places`.
"""

from __future__ import annotations

import multiprocessing
from contextlib import ContextDecorator, nullcontext
from enum import Enum
from types import SimpleNamespace
from typing import Any, Final

from .absent import instead
from .accelerators import _says, autocast, compile
from .devices import CPU, check_device, device
from .kernels import get_num_threads, set_num_threads


def _refused(name: str) -> Any:
    """A function that is not here, whose call says what to use."""
    def refuse(*args: Any, **kw: Any) -> Any:
        raise RuntimeError(f"{name}: does not exist here; use {instead(name)}")
    refuse.__name__ = refuse.__qualname__ = name.rpartition(".")[2]
    return refuse


# ── compilers ───────────────────────────────────────────────────────────────────────────────────

def script(obj: Any = None, *args: Any, **kw: Any) -> Any:
    """A function or Module as it is: Python runs it. Also as a decorator."""
    return compile(obj)


def trace(func: Any = None, *args: Any, **kw: Any) -> Any:
    """A function or Module as it is: what it does may still depend on its input."""
    return compile(func)


# ── measuring time ──────────────────────────────────────────────────────────────────────────────

class ProfilerActivity(Enum):
    """What PyTorch's profiler can measure."""

    CPU = "cpu"
    CUDA = "cuda"
    XPU = "xpu"


class profile(ContextDecorator):
    """A with block that is run and not measured; Python's cProfile does that."""

    def __init__(self, *args: Any, **kw: Any):
        self.step_num = 0

    def __enter__(self) -> profile:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def step(self) -> None:
        """The next step of a schedule."""
        self.step_num += 1

    def start(self) -> None:
        """Nothing."""

    stop = start

    def key_averages(self, *args: Any, **kw: Any) -> profile:
        """What was measured, nothing."""
        return self

    def table(self, *args: Any, **kw: Any) -> str:
        """What to use instead."""
        return "nothing was measured: use Python's cProfile"

    __str__ = table

    def export_chrome_trace(self, path: str) -> None:
        """RuntimeError: there is no trace."""
        raise RuntimeError(f"profile: {self.table()}")


def record_function(name: str, args: Any = None) -> Any:
    """A with block with a name in PyTorch's profiles."""
    return nullcontext()


_PROFILER = {"profile": profile, "record_function": record_function}

# ── other processes ─────────────────────────────────────────────────────────────────────────────

def spawn(fn: Any, args: tuple = (), nprocs: int = 1, join: bool = True, daemon: bool = False,
          start_method: str = "spawn") -> Any:
    """fn(i, *args) in each of so many processes. RuntimeError if one of them fails."""
    context = multiprocessing.get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]
    for p in processes:
        p.start()
    if not join:
        return SimpleNamespace(processes=processes)
    for p in processes:
        p.join()
    if failed := [i for i, p in enumerate(processes) if p.exitcode]:
        raise RuntimeError(f"spawn: processes {failed} failed")


# ── settings, that may be made and have no effect ───────────────────────────────────────────────

settings = SimpleNamespace(precision="highest", deterministic=False, warn_always=False)


def set_float32_matmul_precision(precision: str) -> None:
    """"highest", "high" or "medium": a matrix product always has float32's digits. ValueError else."""
    if precision not in ("highest", "high", "medium"):
        raise ValueError("set_float32_matmul_precision: wants 'highest', 'high' or 'medium', got "
                         f"{precision!r}")
    settings.precision = precision


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told."""
    return settings.precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Whether the same program must give the same numbers: it always does."""
    settings.deterministic = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` was told."""
    return settings.deterministic


def set_default_device(device: Any) -> None:
    """Nothing for the CPU; RuntimeError for other devices."""
    check_device(device)


def get_default_device() -> device:
    """The CPU."""
    return CPU


_no, _nothing = _says(False), _says(None)

MODULES: dict[str, dict[str, Any]] = {
    "": {
        **{f.__name__: f for f in (
            set_float32_matmul_precision, get_float32_matmul_precision, use_deterministic_algorithms,
            are_deterministic_algorithms_enabled, get_num_threads, set_num_threads, set_default_device,
            get_default_device)},
        "get_num_interop_threads": _says(1), "set_num_interop_threads": _nothing,
        "set_flush_denormal": _no, "set_warn_always": _nothing, "is_autocast_enabled": _no,
        "is_autocast_cpu_enabled": _no, "is_vulkan_available": _no, "autocast": autocast,
        **{name: name for name in ("strided", "contiguous_format", "channels_last", "channels_last_3d",
                                   "preserve_format")},  # layouts of memory: there is one
    },
    "jit": {"script": script, "trace": trace, "script_method": compile, "ignore": compile,
            "unused": compile, "export": compile, "trace_module": trace, "is_scripting": _no,
            "is_tracing": _no, "optimize_for_inference": script, "script_if_tracing": compile,
            "annotate": lambda of, value: value, "isinstance": isinstance, "Final": Final,
            "save": _refused("jit.save"), "load": _refused("jit.load")},
    "hub": {name: _refused(f"hub.{name}") for name in ("load", "load_state_dict_from_url")},
    "utils.model_zoo": {"load_url": _refused("hub.load_state_dict_from_url")},
    "onnx": {"export": _refused("onnx.export"), "is_in_onnx_export": _no},
    "profiler": {**_PROFILER, "ProfilerActivity": ProfilerActivity, "schedule": _says(_nothing),
                 "tensorboard_trace_handler": _says(_nothing), "supported_activities": _says(set())},
    "autograd.profiler": _PROFILER,
    **{name: {} for name in ("fft", "nested", "quantization")},  # see absent.py
    "distributed": {**dict.fromkeys(("is_available", "is_initialized", "is_nccl_available",
                                     "is_gloo_available", "is_mpi_available",
                                     "is_torchelastic_launched"), _no),
                    **{name: _refused(f"distributed.{name}") for name in (
                        "all_gather", "all_reduce", "barrier", "broadcast", "destroy_process_group",
                        "gather", "get_rank", "get_world_size", "init_process_group", "new_group",
                        "recv", "reduce", "scatter", "send")}},
    "multiprocessing": {**vars(multiprocessing), "spawn": spawn},
    "version": {"cuda": None, "hip": None, "xpu": None, "debug": False, "git_version": "unknown"},
    "__config__": {"show": _says("tinygrad_pt: see show_config()"),
                   "parallel_info": lambda: f"threads: {get_num_threads()}"},
}
