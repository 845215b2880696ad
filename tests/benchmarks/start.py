"""What it costs to have the library, to start it, and to keep a net in memory: in fresh processes."""

import io
import statistics
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from contest import HERE, OURS, environment

PACKAGES = {OURS: "tinygrad_pt", "torch": "torch", "jax": "jax jaxlib"}
SECTION = "Size and start"
NET = "LeNet, batch 64"

IMPORT = """
import time, numpy
start = time.process_time()
import {package} as m
print(time.process_time() - start)
"""
FIRST = """
import time, numpy
start = time.process_time()
import {package} as m
getattr(m, "numpy", m).ones(1)  # jax.numpy, or the library itself
print(time.process_time() - start)
"""
SIZE = """
from importlib import import_module
from pathlib import Path
folders = [Path(import_module(name).__file__).parent for name in "{packages}".split()]
files = [f for d in folders for f in d.rglob("*") if f.is_file() and f.suffix != ".pyc"]
print(sum(f.stat().st_size for f in files))
"""
# The high-water mark of memory in use, as the kernel sees it.
MEMORY = """
import {package} as m
from worker import program
def peak():
    line = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return 1024 * int(line.split()[1])
step = program("{who}", "{net}")(m)
before = peak()
for _ in range(5):
    last = step()
last.item()
print(peak())
"""
ADDED = MEMORY.replace("print(peak())", "print(peak() - before)")


@dataclass
class Cost:
    """What each contestant takes of something, and how much of it we want to take at most."""

    name: str
    unit: str
    most: float | None
    values: dict[str, float]


def measure(code: str, who: str, python: str, rounds: int) -> float:
    """The median of what the code prints."""
    packages = PACKAGES[who]
    code = code.format(who=who, packages=packages, package=packages.split()[0], net=NET)
    env = environment(who, threads=1)
    printed = [subprocess.check_output([python, "-c", code], cwd=HERE, env=env) for _ in range(rounds)]
    return statistics.median(map(float, printed))


def wheel(package: Path) -> int:
    """Bytes of the package in a zip, which a wheel is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        for f in package.rglob("*"):
            if f.is_file() and f.suffix != ".pyc":
                z.write(f)
    return len(packed.getvalue())


def costs(pythons: dict[str, str], rounds: int) -> list[Cost]:
    """The rows of the table."""
    here = [who for who in PACKAGES if who in pythons]

    def each(code, scale, rounds=rounds):
        return {who: measure(code, who, pythons[who], rounds) * scale for who in here}

    table = [Cost("import, beyond NumPy's", "ms", 15, each(IMPORT, 1e3)),
             Cost("import and a first tensor", "ms", None, each(FIRST, 1e3)),
             Cost("installed", "MB", None, each(SIZE, 1e-6, rounds=1)),
             Cost("wheel", "MB", 2, {OURS: wheel(HERE.parents[1] / "tinygrad_pt") * 1e-6})]
    if Path("/proc/self/status").exists():
        table += [Cost(f"five steps of {NET}: the process", "MB", None, each(MEMORY, 1e-6, rounds=1)),
                  Cost(f"five steps of {NET}: what they add", "MB", None, each(ADDED, 1e-6, rounds=1))]
    return table
