"""One contestant: makes the program of a row, tells what its first steps give, then does as many steps
as each line says and answers how long they took. Libraries are imported only once it is pinned to its
processor, since they count those that they find.

    python worker.py WHO ROW        (contest.py starts it)
"""

import json
import os
import sys
import time
from importlib import import_module


def fingerprint(result):
    """Of each array its product with a direction of chance, and its typical size."""
    import numpy as np

    prints = []
    for a in result if isinstance(result, (tuple, list)) else [result]:
        a = np.asarray(a.detach() if hasattr(a, "detach") else a, float).ravel()
        direction = np.random.default_rng(a.size).standard_normal(a.size)
        along = a @ direction / np.linalg.norm(direction)
        prints.append((float(along), float(np.sqrt((a * a).mean()))))
    return prints


def blas():
    """The kernel that NumPy's OpenBLAS has chosen for this processor, where it can be asked."""
    import ctypes
    from pathlib import Path

    import numpy as np

    for path in Path(np.__file__).parent.parent.glob("numpy.libs/*openblas*"):
        library = ctypes.CDLL(str(path))
        for name in "scipy_openblas_get_corename64_", "openblas_get_corename":
            if f := getattr(library, name, None):
                f.restype = ctypes.c_char_p
                return f"OpenBLAS {f().decode()}"
    return "BLAS not known"


def about(who, m):
    """The version, and what else decides its speed."""
    if who == "tinygrad_pt":
        config = m.show_config()
        return f"{m.__version__} ({config.get('instruction set', config['kernels'])})"
    if who == "NumPy":
        return f"{m.__version__} ({blas()})"
    return getattr(sys.modules[m.__name__.partition(".")[0]], "__version__", "")


def program(who, name):
    """What a contestant does in a row."""
    from rows import ROWS

    row = next(r for r in ROWS if r.name == name)
    if who == "peak":
        return lambda m: m.peak(row.flop, row.bits)
    if who == "jax":
        from in_jax import PROGRAMS
        return PROGRAMS.get(name, row.program)
    return row.program


def main(who, name):
    threads = int(os.environ["OMP_NUM_THREADS"])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    clock = time.process_time if threads == 1 else time.perf_counter  # the former adds up threads
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints is no answer

    from contest import MODULES
    m = import_module(MODULES[who])
    if hasattr(m, "set_num_threads"):
        m.set_num_threads(threads)
    step = program(who, name)(m)
    check = [] if who == "peak" else [fingerprint(step()) for _ in range(3)]
    print(json.dumps({"about": about(who, m), "check": check}), file=answers, flush=True)

    for line in sys.stdin:
        start = clock()
        for _ in range(int(line)):
            last = step()
        if hasattr(last, "block_until_ready"):  # jax: promised, perhaps not yet computed
            last.block_until_ready()
        print(clock() - start, file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
