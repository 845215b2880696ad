"""A tensor as text, in PyTorch's layout: `tensor([1.5000, 2.0000], dtype=torch.float64)`."""

from __future__ import annotations

from math import inf, isfinite
from types import SimpleNamespace
from typing import Any

import numpy as np

from . import dtypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .tensors import Tensor

_PROFILES = {"default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
             "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
             "full": {"precision": 4, "threshold": inf, "edgeitems": 3, "linewidth": 80}}
options = SimpleNamespace(**_PROFILES["default"], sci_mode=None)


def set_printoptions(precision: int | None = None, threshold: float | None = None,
                     edgeitems: int | None = None, linewidth: int | None = None,
                     profile: str | None = None, sci_mode: bool | None = None) -> None:
    """How tensors are printed; what is None stays as it is, but ``sci_mode`` is then automatic.

    Floats get ``precision`` digits after the point. Tensors of more than ``threshold`` elements show
    ``edgeitems`` at both ends of each dimension. Lines break at ``linewidth``. ``profile`` is
    "default", "short" or "full"; ``sci_mode`` says whether floats are printed as 1.0000e+00.
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: profile is one of {list(_PROFILES)}, got {profile!r}")
        vars(options).update(_PROFILES[profile])
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems,
             "linewidth": linewidth}
    vars(options).update({name: value for name, value in given.items() if value is not None})
    options.sci_mode = sci_mode


def text(x: Tensor) -> str:
    """What `repr` gives: the numbers, and what cannot be seen from them."""
    whole = x.array
    part, cut = whole, [False] * whole.ndim
    if whole.size > options.threshold:
        cut = [n > 2 * options.edgeitems for n in whole.shape]
        for d, n in enumerate(whole.shape):
            if cut[d]:
                ends = [*range(options.edgeitems), *range(n - options.edgeitems, n)]
                part = part.take(ends, axis=d)
    about = []
    if not whole.size and whole.ndim != 1:
        about.append(f"size={tuple(whole.shape)}")
    evident = (dtypes.default, dtypes.int64, dtypes.bool) if whole.size else (dtypes.default,)
    if whole.dtype not in evident:
        about.append(f"dtype={x.dtype}")
    if x.grad_fn is not None:
        about.append(f"grad_fn={x.grad_fn!r}")
    elif x.requires_grad:
        about.append("requires_grad=True")
    indent = len("tensor(")
    lines = "tensor(" + (_rows(part, cut, indent, *_form(part)) if whole.size else "[]")
    used = len(lines) - lines.rfind("\n") + 1
    for word in about:
        fits = used + len(word) + 2 <= options.linewidth
        lines += (", " if fits else ",\n" + " " * indent) + word
        used = (used + 2 if fits else indent) + len(word)
    return lines + ")"


def _rows(x: np.ndarray, cut: list[bool], indent: int, width: int, form: Callable) -> str:
    """Nested brackets; where a dimension was cut, three points stand in the middle."""
    if not x.ndim:
        return form(x.item())
    parts = [_rows(row, cut[1:], indent + 1, width, form).rjust(width) for row in x]
    if cut[0]:
        parts.insert(options.edgeitems, " ..." if x.ndim == 1 else "...")
    if x.ndim == 1:
        n = max(1, (options.linewidth - indent) // (width + 2))
        parts = [", ".join(parts[i:i + n]) for i in range(0, len(parts), n)]
    return "[" + ("," + "\n" * max(x.ndim - 1, 1) + " " * (indent + 1)).join(parts) + "]"


def _form(x: np.ndarray) -> tuple[int, Callable[[Any], str]]:
    """The width of the widest number, and the form that all of them get.

    Floats that are all whole need no digits after the point; numbers very large, very small or of
    very different sizes get an exponent. Zeros, infinities and nans have no say.
    """
    if x.dtype.kind != "f":
        return max(len(str(v)) for v in x.ravel().tolist()), str
    shown = x[np.isfinite(x) & (x != 0)].astype(np.float64)
    whole = bool(np.all(shown == np.ceil(shown)))
    sci = False
    if shown.size:
        least, most = np.abs(shown).min(), np.abs(shown).max()
        sci = most / least > 1000 or most > 1e8 or (least < 1e-4 and not whole)
        sci = sci if options.sci_mode is None else options.sci_mode
    digits = f".{options.precision}{'e' if sci else 'f'}" if sci or not whole else ".0f"

    def form(v: float) -> str:
        return format(v, digits) + "." * (digits == ".0f" and whole and isfinite(v))

    return max((len(form(v)) for v in shown.tolist()), default=1), form
