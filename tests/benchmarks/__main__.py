"""Races tinygrad_pt against its peers and writes docs/benchmarks.md.

    python tests/benchmarks [NAME …] [--python torch=/path/to/python] [--rounds 11]
                            [--write docs/benchmarks.md]

NumPy, torch, jax and micrograd take part where they are installed; --python names another interpreter
that has them. A NAME, a regular expression, selects the rows and sections where it is found. All
take about a quarter of an hour, in which nothing else should run.

How exact the functions are tells accuracy.py, and where the time of Value goes, value.py. rows.py is
the table: a line makes a row.
"""

import argparse
import re
import time

from contest import MODULES, OURS, contest, present
from page import amounts, cells, contestants, machine, page
from rows import ROWS
from start import SECTION, costs


def main():
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--python", action="append", default=[], metavar="PEER=PATH",
                        help=f"the interpreter that has a peer: {', '.join(MODULES)}")
    parser.add_argument("--alone", action="store_true", help="no peers")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", metavar="PAGE")
    given = parser.parse_args()

    pythons = present(dict(p.split("=", 1) for p in given.python))
    if given.alone:
        pythons = {OURS: pythons[OURS]}
    if given.threads > 1:
        pythons.pop("peak", None)  # which is that of one

    def wanted(name):
        return not given.names or any(re.search(n, name) for n in given.names)

    rows, about, where, started = [], {}, machine(), time.time()

    def show(section, cells):
        if section not in dict(rows):
            print("\n" + section)
        rows.append((section, cells))
        print("  ".join(f"{who} {text}".strip() for who, text in cells.items()), flush=True)

    for row in ROWS:
        if wanted(f"{row.section}: {row.name}"):
            show(row.section, cells(contest(row, pythons, given.rounds, given.threads, about)))
    if wanted(SECTION):
        for cost in costs(pythons, given.rounds):
            show(SECTION, amounts(cost))
    print(f"\n{where}\n{contestants(about)}\n{time.time() - started:.0f} s")
    if given.write:
        with open(given.write, "w", encoding="utf-8") as f:
            f.write(page(rows, where, about, given.rounds, given.threads))


if __name__ == "__main__":
    main()
