"""Is every gradient rule of the library tested? Plant a fault in each, one by one, and run the tests.

    nice -n 19 python tests/mutation_score.py [name of a row ...]

Each slope of a pointwise row, and each adjoint of a linear or bilinear row, is given faults in turn:
a sign, a factor of 1.001, nothing at all, the other operand's, a mean over the broadcast axes for the
sum. A fault is *caught* if a test of derivatives in `tests/test_ops.py` fails with it. Prints what
survives, and the score. It takes hours on one core.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Read by the tests' process before the library is used: plants one fault.
PLANT = '''
import sys
from math import prod
import pytest
sys.path[:0] = [{root!r}, {root!r} + "/tests"]
from tinygrad_pt import primitives
from tinygrad_pt.ops import TABLE

op, rule = TABLE[{name!r}], type(TABLE[{name!r}]).pull
FAULTS = {{
    "sign": lambda found, g, x: -found,
    "factor": lambda found, g, x: found * 1.001,
    "zero": lambda found, g, x: found * 0,
    "operand": lambda found, g, x: found,
    "broadcast": lambda found, g, x: found * (prod(x.shape) / max(prod(g.shape), 1)),
}}

def pull(self, m, g, i, y, xs, kw):
    if self is not op or i != {slot}:
        return rule(self, m, g, i, y, xs, kw)
    other = (i + 1) % len(xs) if {fault!r} == "operand" else i
    return FAULTS[{fault!r}](rule(self, m, g, other, y, xs, kw), g, xs[i])

type(op).pull = pull
sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", {root!r} + "/tests/test_ops.py", "-k",
                      "derivative and " + {name!r}]))
'''


def faults(op):
    """(slot, fault) of a row: what can go wrong with the gradient of each operand."""
    if op.kind == "pointwise":
        slots = [i for i, d in enumerate(op.slopes) if d not in (None, "0")]
    else:
        slots = range(2 if op.kind == "bilinear" else 1)
    kinds = ["sign", "factor", "zero"]
    kinds += ["operand"] * (op.kind == "bilinear")
    kinds += ["broadcast"] * (op.kind == "pointwise" and len(op.operands) > 1)
    return [(i, kind) for i in slots for kind in kinds]


def caught(name, slot, fault):
    """Whether the tests notice."""
    program = PLANT.format(root=str(ROOT), name=name, slot=slot, fault=fault)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    return done.returncode == 1


def main(names):
    sys.path.insert(0, str(ROOT))
    from tinygrad_pt import primitives  # noqa: F401  (fills the table)
    from tinygrad_pt.ops import TABLE
    planted = [(op.name, *fault) for op in TABLE.values() if not names or op.name in names
               for fault in faults(op)]
    survivors = []
    for k, fault in enumerate(planted):
        if not caught(*fault):
            survivors.append(fault)
            print("survives:", *fault, flush=True)
        if k % 20 == 19:
            print(f"{k + 1} of {len(planted)} planted, {len(survivors)} survive", flush=True)
    print(f"mutation score: {len(planted) - len(survivors)} of {len(planted)} faults caught")
    return len(survivors)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
