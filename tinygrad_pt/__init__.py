"""tinygrad_pt: a minimal autograd to read, run and check.

`Value` differentiates with single numbers and shows the idea; `Tensor` does the same with arrays.
The names are PyTorch's. Everything is imported on first use: `tinygrad_pt.Value` needs no NumPy.
"""

import os
import sys
from importlib import import_module

__version__ = "0.1.0"

# Modules that places.py makes.
_MADE = ("__config__", "accelerator", "amp", "backends", "compiler", "cpu", "cuda", "distributed",
         "fft", "hub", "jit", "mps", "multiprocessing", "nested", "onnx", "profiler", "quantization",
         "sparse", "version", "xpu")

# Where a public name lives when it is not a Tensor function.
_HOMES = {"Value": "value", "draw": "drawing", "from_dlpack": "interop", "show_config": "kernels",
          "vmap": "batching", "save": "serialization", "load": "serialization",
          "compile": "accelerators",
          **dict.fromkeys(("adaptive_max_pool1d", "alpha_dropout", "batch_norm", "dropout", "embedding",
                           "feature_alpha_dropout", "grid_sampler", "group_norm", "instance_norm",
                           "layer_norm"), "nn.toplevel"),
          **dict.fromkeys(("adaptive_avg_pool1d", "avg_pool1d", "bilinear", "channel_shuffle", "conv1d",
                           "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
                           "conv_transpose3d", "cosine_similarity", "max_pool1d",
                           "max_pool1d_with_indices", "max_pool2d", "max_pool3d",
                           "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle",
                           "rms_norm", "rrelu"), "nn.functional")}
_MODULES = ("absent", "autograd", "batching", "changes", "compat", "data", "datasets", "distributions",
            "dtypes", "files", "func", "functions", "gradcheck", "graph", "indices", "interop",
            "kernels", "lab", "linalg", "models", "nn", "ops", "optim", "primitives", "random",
            "serialization", "special", "systems", "tensors", "testing", "trees", "utils", "value",
            *_MADE)


if os.environ.get("TINYGRAD_PT_PURE") == "1":
    from importlib.util import spec_from_file_location

    class _SourceFirst:
        """Import finder that takes value.py where a compiled value.so lies beside it."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            package, _, tail = name.partition(".")
            source = os.path.join(os.path.dirname(__file__), *tail.split(".")) + ".py"
            if package == __name__ and os.path.exists(source):
                return spec_from_file_location(name, source)
            return None

    sys.meta_path.insert(0, _SourceFirst)


class _Made:
    """Import finder of ``tinygrad_pt.cuda`` and the like, which are not files."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        package, _, tail = name.partition(".")
        if package != __name__ or not tail.startswith((*_MADE, "autograd.", "distributions.", "nn.",
                                                         "utils.")):
            return None
        return import_module(".places", __name__).find_spec(name)


sys.meta_path.append(_Made)


def __getattr__(name):
    """Import a public name when it is first asked for (PEP 562)."""
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module("." + _HOMES.get(name, "functions"), __name__)
    if not hasattr(home, name):
        return import_module(".places", __name__).lookup(__name__, name)
    value = globals()[name] = getattr(home, name)
    return value


def __dir__():
    return sorted({*import_module(".functions", __name__).__all__, *_HOMES, *_MODULES})
