"""Build of the compiled parts; everything else is in pyproject.toml.

Nothing here is needed to run: where a compiler (or Cython) is missing, or with
TINYGRAD_PT_PURE=1, the package installs as plain Python on its NumPy kernels.
"""

import glob
import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# -fwrapv: csrc/vmath.h adds and subtracts the bits of numbers as integers.
FLAGS = ["-O3", "-g0", "-Wall", "-Wextra", "-fno-math-errno", "-fno-trapping-math", "-fwrapv"]
EXACT = [*FLAGS, "-ffp-contract=off"]  # the same numbers as the uncompiled source
FUSED = [*FLAGS, "-ffp-contract=fast", "-Wno-psabi"]


class optional_build_ext(build_ext):
    """The parts compile together or not at all: else, with a warning, their Python sources run."""

    def build_extensions(self):
        try:
            super().build_extensions()
        except Exception as error:
            if os.environ.get("TINYGRAD_PT_REQUIRE_C") == "1":
                raise
            print(f"tinygrad_pt stays uncompiled: {error}", file=sys.stderr)
            for ext in self.extensions:
                built = self.get_ext_fullpath(ext.name)
                if os.path.exists(built):
                    os.remove(built)
            self.extensions = []


def extensions():
    if os.environ.get("TINYGRAD_PT_PURE") == "1":
        return []
    try:
        import numpy
        from Cython.Build import cythonize
    except ImportError:
        return []
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from tinygrad_pt.ops.codegen import write_headers

    include = ["csrc", write_headers("build"), numpy.get_include()]
    depends = [*glob.glob("csrc/*.h"), *glob.glob("build/*.h")]

    def extension(name, source, *c, flags):
        return Extension(f"tinygrad_pt.{name}", [f"tinygrad_pt/{source}", *c], include_dirs=include,
                         depends=depends, extra_compile_args=flags,
                         define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")])

    # Cython's own output has parameters that it does not use.
    return cythonize([
        # readable Python, compiled as it stands
        *(extension(name, f"{name}.py", flags=[*EXACT, "-Wno-unused-parameter"])
          for name in ("value", "graph", "tensors")),
        extension("kernels.elementwise", "kernels/elementwise.pyx", flags=EXACT),
        extension("kernels.compiled", "kernels/compiled.pyx", *sorted(glob.glob("csrc/*.c")),
                  flags=FUSED),
    ], language_level=3, build_dir="build")


setup(ext_modules=extensions(), cmdclass={"build_ext": optional_build_ext})
