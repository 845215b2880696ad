"""How pictures look: one style, colours that the colour-blind can tell apart, no window needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models import extra
from .palette import BLUE, GREEN, INK, ORANGE, PURPLE, RED, SKY, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE = {
    "savefig.dpi": 120, "savefig.bbox": "tight", "savefig.pad_inches": 0.12, "font.size": 10,
    "figure.facecolor": "white", "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": SOFT,
    "xtick.color": INK, "ytick.color": INK, "axes.titlesize": 11, "axes.titlelocation": "left",
    "axes.titleweight": "bold", "axes.spines.top": False, "axes.spines.right": False,
    "axes.axisbelow": True, "axes.grid": True, "grid.color": "#e6e9ec", "grid.linewidth": 0.8,
    "legend.frameon": False, "legend.fontsize": 9, "lines.linewidth": 1.8,
}


def style() -> Any:
    """A context in which pictures are drawn and saved in this style."""
    matplotlib = extra("matplotlib")
    cycle = matplotlib.cycler(color=[BLUE, RED, GREEN, ORANGE, PURPLE, SKY, INK])
    return matplotlib.rc_context({**STYLE, "axes.prop_cycle": cycle})


def figure(rows: int = 1, columns: int = 1, *, width: float = 9, height: float = 3.6,
           title: str = "", **keywords: Any) -> tuple[Figure, Any]:
    """A figure, in inches, and its axes: one, or an array of them; keywords as for ``subplots``."""
    f = extra("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")
    if title:
        f.suptitle(title, x=0.01, ha="left", weight="bold")
    return f, f.subplots(rows, columns, **keywords)


def curves(axes: Axes, lines: Mapping[str, Sequence[float]], x: Sequence[float] | None = None,
           **labels: Any) -> None:
    """Named lines over x (by default 1, 2, …), and a legend; labels as for ``axes.set``."""
    for name, y in lines.items():
        axes.plot(range(1, len(y) + 1) if x is None else x, y, label=name)
    if x is None or isinstance(x, range):
        axes.xaxis.set_major_locator(extra("matplotlib.ticker").MaxNLocator(integer=True))
    axes.set(**labels)
    axes.legend()


def field(axes: Axes, x: Any, y: Any, values: Any, stops: Sequence[str] = (BLUE, "white", RED),
          **keywords: Any) -> None:
    """Values (len(y), len(x)) over a plane, as pale colours from the first stop to the last."""
    axes.imshow(np.asarray(values), origin="lower", aspect="auto", cmap=colours(stops), alpha=0.5,
                extent=(float(x[0]), float(x[-1]), float(y[0]), float(y[-1])), **keywords)
    axes.grid(False)


def images(axes: Axes, tiles: Any, columns: int, *, limit: float | None = None,
           title: str = "") -> None:
    """Tiles (n, h, w) side by side, ``columns`` a row: ink on paper if they are not negative.

    Else weights: positive green, negative red, white at 0, full colour at ±``limit`` (by default
    the largest but a thousandth).
    """
    tiles = np.asarray(tiles)
    n, h, w = tiles.shape
    rows = -(-n // columns)
    signed = bool((tiles < 0).any())
    sheet = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1), np.nan)
    for i, tile in enumerate(tiles):
        top, left = (i // columns) * (h + 1), (i % columns) * (w + 1)
        sheet[top:top + h, left:left + w] = tile
    limit = limit or float(np.quantile(abs(tiles), 0.999)) or 1.0
    axes.imshow(sheet, cmap=colours([RED, "white", GREEN] if signed else ["white", INK]),
                vmin=-limit if signed else 0, vmax=limit, interpolation="nearest")
    axes.set(title=title)
    axes.axis("off")


def colours(stops: Sequence[str]) -> Any:
    """A colour map through these colours; nan is the grey between tiles."""
    return extra("matplotlib.colors").LinearSegmentedColormap.from_list("", stops).with_extremes(
        bad="#d5dade")
