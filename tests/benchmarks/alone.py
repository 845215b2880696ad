"""One thread, BLAS as it is shipped, and torch if there is one: what a benchmark imports first."""

import os

os.environ.pop("OPENBLAS_CORETYPE", None)  # a setting that would slow NumPy down
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    torch = None
