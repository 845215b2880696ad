"""Write the page about the systems from their outcomes: ``python -m tinygrad_pt.systems PAGE.md``.

The outcomes lie in the folder named as the page; ``tinygrad-pt run NAME --out FOLDER`` makes them.
"""

import sys
from pathlib import Path

from ..lab.experiments import page
from . import systems

if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(page(list(systems().values()), target.with_suffix("")), "utf-8")
