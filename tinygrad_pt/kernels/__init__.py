"""The array kernels: one interface, two implementations.

`reference` is NumPy, `compiled` is Cython over csrc/. The compiled one runs unless it was not built
or TINYGRAD_PT_PURE=1; TINYGRAD_PT_ISA=avx512|avx2|generic overrides its choice of instruction set,
TINYGRAD_PT_NUM_THREADS the number of threads.
"""

import os
from importlib import import_module

from . import reference


def _built(name):
    """A compiled module, or None where it was not built."""
    try:
        return None if os.environ.get("TINYGRAD_PT_PURE") == "1" else import_module(
            f"{__name__}.{name}")
    except ImportError:
        return None


_kernels = _built("compiled") or reference
elementwise = _built("elementwise")  # the pointwise rows as C loops; else NumPy evaluates them

implementation = _kernels.__name__.rpartition(".")[2]
matmul = _kernels.matmul
conv2d = _kernels.conv2d
conv_shape = reference.conv_shape
conv2d_input = _kernels.conv2d_input
conv2d_weight = _kernels.conv2d_weight

# Fused kernels and their way back; the former are None where they are not compiled: the rows that they
# belong to (ops/fused.py) say what they compute.
softmax, log_softmax, cross_entropy, standardize, layer_norm, attention = [
    getattr(_kernels, name, None)
    for name in ("softmax", "log_softmax", "cross_entropy", "standardize", "layer_norm", "attention")]
softmax_back = _kernels.softmax_back
log_softmax_back = _kernels.log_softmax_back
cross_entropy_back = _kernels.cross_entropy_back
standardize_back = _kernels.standardize_back
layer_norm_back = _kernels.layer_norm_back
attention_back = _kernels.attention_back
lstm, lstm_back = _kernels.lstm, _kernels.lstm_back
gru, gru_back = _kernels.gru, _kernels.gru_back
largest_at = _kernels.largest_at
add_at = _kernels.add_at
gather, scatter_add = _kernels.gather, _kernels.scatter_add
in_range = _kernels.in_range
uniform = _kernels.uniform
sgd = _kernels.sgd
adam = _kernels.adam


def get_num_threads() -> int:
    """How many threads a kernel may use, the calling one included; 1 where none is compiled."""
    return 1 if _kernels is reference else _kernels.get_num_threads()


def set_num_threads(n: int) -> None:
    """Let kernels use so many threads; RuntimeError if n is no positive integer."""
    if type(n) is not int or n < 1:
        raise RuntimeError(f"set_num_threads: wants a positive integer, got {n!r}")
    if _kernels is not reference:
        _kernels.set_num_threads(n)


def _threads():
    """What the environment says, of us or of all, or else one for each processor we may use."""
    said = os.environ.get("TINYGRAD_PT_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal():
        return max(1, int(said))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


set_num_threads(_threads())


def show_config():
    """Print and return which kernels run, on which instruction set, in how many threads."""
    config = {"kernels": implementation}
    if _kernels is not reference:
        config |= {"instruction set": _kernels.isa(), "available": _kernels.available(),
                   "threads": get_num_threads()}
    for name, what in config.items():
        print(f"{name}: {', '.join(what) if isinstance(what, list) else what}")
    return config
