"""Is every gradient rule of the library tested? Plant a fault in each, one by one, and run the tests.

    python tests/mutation_score.py [name ...]       # of rows or kernels; all of them take half an hour

Each slope of a pointwise row, each adjoint of a linear or bilinear row, and each kernel of a way back
is given faults in turn: a sign, a factor of 1.001, nothing at all, the other operand's gradient, a mean
over the broadcast axes for the sum, a lost last element. A fault is *caught* if a test of
`tests/test_ops.py` fails with it. Prints what survives, and the score.
"""

import os
import sys
from math import prod
from multiprocessing import get_context
from pathlib import Path

import hypothesis  # noqa: F401  (once, and not in each process that is forked)
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def lost(a):
    """The last element is 0."""
    kept = np.ones(a.shape, a.dtype)
    kept.reshape(-1)[-1:] = 0
    if isinstance(a, np.ndarray | np.generic):
        return a * kept
    from tinygrad_pt import from_numpy
    return a * from_numpy(kept)


FAULTS = {"sign": lambda a: -a, "factor": lambda a: a * 1.001, "zero": lambda a: a * 0, "last": lost}

# Kernels of the way back, the rows that run them, and the arguments in which they leave their result.
KERNELS = {"softmax_back": ("softmax", ()), "log_softmax_back": ("log_softmax", ()),
           "cross_entropy_back": ("cross_entropy", ()), "standardize_back": ("standardize", ()),
           "layer_norm_back": ("layer_norm", ()), "attention_back": ("attention", ()),
           "conv2d_input": ("conv2d", ()), "conv2d_weight": ("conv2d", ()),
           "lstm_back": ("lstm", (3,)), "gru_back": ("gru", (3, 4)), "add_at": ("at", (0,))}


def in_rule(name, slot, kind):
    """Plant a fault in the gradient of a row's operand."""
    from tinygrad_pt import primitives  # noqa: F401  (fills the table)
    from tinygrad_pt.ops import TABLE
    op, rule = TABLE[name], type(TABLE[name]).pull

    def pull(self, m, g, i, y, xs, kw):
        if self is not op or i != slot:
            return rule(self, m, g, i, y, xs, kw)
        if kind == "operand":
            return rule(self, m, g, (i + 1) % len(xs), y, xs, kw)
        found = rule(self, m, g, i, y, xs, kw)
        if kind == "broadcast":
            return found * (prod(xs[i].shape) / max(prod(g.shape), 1))
        return FAULTS[kind](found)

    type(op).pull = pull


def in_kernel(name, slot, kind):
    """Plant a fault in what a kernel computes. To be done before the rows are read."""
    from tinygrad_pt import kernels
    kernel, fault, written = getattr(kernels, name), FAULTS[kind], KERNELS[name][1]

    def faulty(*args):
        y = kernel(*args)
        for k in written:
            args[k][...] = fault(args[k])
        return tuple(map(fault, y)) if isinstance(y, tuple) else y if y is None else fault(y)

    setattr(kernels, name, faulty)


def planted(names):
    """(how, name, operand, kind) of all faults."""
    from tinygrad_pt import primitives  # noqa: F401  (fills the table)
    from tinygrad_pt.ops import TABLE
    faults = [(in_kernel, name, 0, kind) for name in KERNELS for kind in FAULTS]
    for op in TABLE.values():
        if op.kind == "pointwise":
            slots = [i for i, d in enumerate(op.slopes) if d not in (None, "0")]
        else:
            slots = range({"bilinear": 2, "linear": 1}.get(op.kind, 0))
        kinds = [*FAULTS] + ["operand"] * (op.kind == "bilinear")
        kinds += ["broadcast"] * (op.kind == "pointwise" and len(op.operands) > 1)
        faults += [(in_rule, op.name, i, kind) for i in slots for kind in kinds]
    return [fault for fault in faults if not names or fault[1] in names]


def caught(plant, name, slot, kind):
    """Whether the tests notice, in a process of their own."""
    child = os.fork()
    if not child:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        plant(name, slot, kind)
        row = KERNELS[name][0] if plant is in_kernel else name
        os._exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", str(ROOT / "tests/test_ops.py"),
                              "-k", f"(derivative or fused) and {row}"]))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == pytest.ExitCode.TESTS_FAILED


def main(names):
    with get_context("fork").Pool(1) as pool:  # nothing of the library may be loaded in this process
        faults = pool.apply(planted, (names,))
    survivors = []
    for k, fault in enumerate(faults):
        if not caught(*fault):
            survivors.append(fault)
            print("survives:", *fault[1:], flush=True)
        if k % 20 == 19:
            print(f"{k + 1} of {len(faults)} planted, {len(survivors)} survive", flush=True)
    print(f"mutation score: {len(faults) - len(survivors)} of {len(faults)} faults caught")
    return len(survivors)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
