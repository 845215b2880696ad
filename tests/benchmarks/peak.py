"""The multiply-adds that one core can do at most: what a matmul is measured by."""

import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


def compiler():
    """Its path, or None."""
    return shutil.which(os.environ.get("CC", "cc"))


def peak(flop, bits):
    """A step of so many operations that do nothing else; wants a C compiler, gcc or clang."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "peak.so")
        subprocess.run([compiler(), "-O3", "-march=native", "-ffp-contract=fast", "-shared", "-fPIC",
                        Path(__file__).with_suffix(".c"), "-o", library], check=True)
        f = getattr(ctypes.CDLL(str(library)), f"peak_{bits}")
    f.argtypes, f.restype = [ctypes.c_long], ctypes.c_float if bits == 32 else ctypes.c_double
    return lambda: f(int(flop))
