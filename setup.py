"""Build of the compiled parts; everything else is in pyproject.toml.

Nothing here is needed to run: where a compiler (or Cython) is missing, or with
TINYGRAD_PT_PURE=1, the package installs as plain Python on its NumPy kernels.
"""

import glob
import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# Readable Python files that Cython compiles as they stand.
ENGINE = ["value", "graph", "tensors"]
FLAGS = ["-O3", "-Wall", "-Wextra", "-fno-math-errno", "-fno-trapping-math"]


class optional_build_ext(build_ext):
    """A part that does not compile is left out with a warning; its Python source takes its place."""

    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            if os.environ.get("TINYGRAD_PT_REQUIRE_C") == "1":
                raise
            print(f"tinygrad_pt: {ext.name} stays uncompiled: {error}", file=sys.stderr)
            ext.optional = True


def extensions():
    if os.environ.get("TINYGRAD_PT_PURE") == "1":
        return []
    try:
        import numpy
        from Cython.Build import cythonize
    except ImportError:
        return []
    engine = [
        Extension(f"tinygrad_pt.{name}", [f"tinygrad_pt/{name}.py"],
                  include_dirs=["csrc"], extra_compile_args=[*FLAGS, "-Wno-unused-parameter"],
                  depends=glob.glob("csrc/*.h"))
        for name in ENGINE if os.path.exists(f"tinygrad_pt/{name}.py")
    ]
    kernels = Extension(
        "tinygrad_pt.kernels.compiled",
        ["tinygrad_pt/kernels/compiled.pyx", *sorted(glob.glob("csrc/*.c"))],
        include_dirs=["csrc", numpy.get_include()],
        define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
        extra_compile_args=[*FLAGS, "-ffp-contract=fast", "-Wno-psabi"],
        depends=glob.glob("csrc/*.h"),
    )
    return cythonize([*engine, kernels], language_level=3, build_dir="build")


setup(ext_modules=extensions(), cmdclass={"build_ext": optional_build_ext})
