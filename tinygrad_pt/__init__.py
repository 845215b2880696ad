"""tinygrad_pt: a minimal autograd to read, run and check.

`Value` differentiates with single numbers and shows the idea; `Tensor` does the same with arrays.
The names are PyTorch's. Everything is imported on first use: `tinygrad_pt.Value` needs no NumPy.
"""

import os
import sys
from importlib import import_module

__version__ = "0.1.0"

# Modules that accelerators.py makes.
_HARDWARE = ("accelerator", "amp", "backends", "compiler", "cpu", "cuda", "mps", "xpu")

# Where a public name lives when it is not a Tensor function.
_HOMES = {"Value": "value", "draw": "drawing", "from_dlpack": "interop", "show_config": "kernels",
          "vmap": "batching", "save": "serialization", "load": "serialization",
          **dict.fromkeys((*_HARDWARE, "compile"), "accelerators")}
_MODULES = ("autograd", "batching", "changes", "compat", "data", "datasets", "distributions", "dtypes",
            "files", "func", "functions", "gradcheck", "graph", "indices", "interop", "kernels",
            "linalg", "models", "nn", "ops", "optim", "primitives", "random", "serialization",
            "tensors", "trees", "utils", "value")


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


class _Hardware:
    """Import finder of ``tinygrad_pt.cuda`` and the like, which are not files."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        package, _, tail = name.partition(".")
        if package == __name__ and tail.partition(".")[0] in _HARDWARE:
            from importlib.util import spec_from_loader

            from . import accelerators
            return spec_from_loader(name, accelerators) if tail in accelerators.MODULES else None
        return None


sys.meta_path.append(_Hardware)


def __getattr__(name):
    """Import a public name when it is first asked for (PEP 562)."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    home = import_module("." + _HOMES.get(name, "functions"), __name__)
    try:
        value = globals()[name] = getattr(home, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return value


def __dir__():
    return sorted({*import_module(".functions", __name__).__all__, *_HOMES, *_MODULES})
