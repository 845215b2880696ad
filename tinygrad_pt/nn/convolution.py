"""Convolution in one, two and three dimensions, its adjoint, and windows as columns.

All of it is the row conv2d and its adjoint: sequences are images of height 1, and volumes are stacks
of images whose neighbours are channels.
"""

from __future__ import annotations

from math import prod
from operator import index
from typing import Any

from .. import primitives
from ..functions.conversion import clone
from ..functions.joining import _framed
from ..functions.shape import permute, reshape, squeeze, unsqueeze
from ..kernels import conv_shape
from ..tensors import ShapeError, Tensor


def conv1d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
           padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """Cross-correlation of sequences (N, C, L), or one (C, L), with filters (O, C/groups, K).

    As `conv2d`.
    """
    return _conv(1, x, weight, bias, stride, padding, dilation, groups)


def conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
           padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """Cross-correlation of images (N, C, H, W), or one (C, H, W), with filters (O, C/groups, KH, KW).

    y[n, o, i, j] = bias[o] + Σ x[n, c, i·stride + u·dilation − padding, …] weight[o, c, u, v];
    stride, padding and dilation are a number or a pair. Padding "valid" is 0, "same" keeps the size.
    Raises a ShapeError for shapes that do not fit.
    """
    return _conv(2, x, weight, bias, stride, padding, dilation, groups)


def conv3d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
           padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:
    """Cross-correlation of volumes (N, C, D, H, W) with filters (O, C/groups, KD, KH, KW).

    As `conv2d`: every image sees KD of its stack as channels.
    """
    return _conv(3, x, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1,
                     dilation: Any = 1) -> Tensor:
    """The adjoint of `conv1d`: x (N, C, L), weight (C, O/groups, K)."""
    return _conv_transpose(1, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1,
                     dilation: Any = 1) -> Tensor:
    """The adjoint of `conv2d` in its images: x (N, C, H, W), weight (C, O/groups, KH, KW).

    y[n, o, i·stride + u·dilation − padding, …] += x[n, c, i, j] weight[c, o, u, v]: in each direction
    (H − 1)·stride − 2·padding + dilation·(KH − 1) + output_padding + 1 pixels.
    """
    return _conv_transpose(2, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                     padding: Any = 0, output_padding: Any = 0, groups: int = 1,
                     dilation: Any = 1) -> Tensor:
    """The adjoint of `conv3d`: x (N, C, D, H, W), weight (C, O/groups, KD, KH, KW)."""
    return _conv_transpose(3, x, weight, bias, stride, padding, output_padding, groups, dilation)


def sizes(op: str, name: str, value: Any, n: int, least: int) -> tuple[int, ...]:
    """A number for each of n directions, checked: one for all or n of them, at least ``least``."""
    several = tuple(value) if isinstance(value, tuple | list) else (value,)
    several = several * n if len(several) == 1 else several
    wanted = f"{op}: {name} is an integer of at least {least} or {n} of them, got {value!r}"
    try:
        several = tuple(map(index, several))
    except TypeError:
        raise TypeError(wanted) from None
    if len(several) != n or min(several) < least:
        raise ShapeError(wanted)
    return several


def pair(name: str, n: Any, least: int) -> tuple[int, int]:
    """A size for both directions of an image, checked: n or (n, m), each at least ``least``."""
    return sizes("conv2d", name, n, 2, least)


_IMAGES = {1: "sequences (N, C, L)", 2: "images (N, C, H, W)", 3: "volumes (N, C, D, H, W)"}


def batched(op: str, n: int, x: Tensor) -> tuple[Tensor, bool]:
    """x (N, C, …n sizes), and whether it came as one (C, …) without the N."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{op}: wants a Tensor, got {type(x).__name__}")
    if x.ndim not in (n + 1, n + 2):
        raise ShapeError(f"{op}: wants {_IMAGES[n]}, or one without N, got shape {x.array.shape}")
    one = x.ndim == n + 1
    return unsqueeze(x, 0) if one else x, one


def _check(op: str, n: int, x: Tensor, weight: Tensor, bias: Tensor | None,
           transposed: bool, groups: int) -> None:
    """Refuse filters and biases that do not fit."""
    if not isinstance(weight, Tensor) or not isinstance(groups, int):
        raise TypeError(f"{op}: wants filters in a Tensor and groups, an integer, got "
                        f"{type(weight).__name__} and {groups!r}")
    if weight.ndim != n + 2:
        raise ShapeError(f"{op}: wants {_IMAGES[n]} and filters of {n + 2} dimensions, got "
                         f"{x.array.shape} and {weight.array.shape}")
    channels, out = weight.shape[1] * groups, weight.shape[0]
    if transposed:
        channels, out = out, channels
    if groups < 1 or x.shape[1] != channels or weight.shape[0] % groups or not out:
        raise ShapeError(f"{op}: {x.array.shape[1]} channels in {groups} groups do not fit filters "
                         f"of shape {weight.array.shape}")
    if x.dtype != weight.dtype or (bias is not None and bias.dtype != x.dtype):
        raise RuntimeError(f"{op}: wants one dtype, got {x.dtype} and {weight.dtype}"
                           + ("" if bias is None else f", bias {bias.dtype}"))
    if bias is not None and bias.shape != (out,):
        raise ShapeError(f"{op}: wants a bias of shape ({out},), got {bias.array.shape}")


def _conv(n, x, weight, bias, stride, padding, dilation, groups):
    op = f"conv{n}d"
    stride, dilation = sizes(op, "stride", stride, n, 1), sizes(op, "dilation", dilation, n, 1)
    x, one = batched(op, n, x)
    _check(op, n, x, weight, bias, False, groups)
    if isinstance(padding, str):
        x, padding = _same(op, x, weight, stride, padding, dilation)
    padding = sizes(op, "padding", padding, n, 0)
    if min(conv_shape(x.shape, weight.shape, stride, padding, dilation)[2:]) < 1:
        raise ShapeError(f"{op}: filters {weight.array.shape[2:]} with dilation {dilation} are "
                         f"larger than images {x.array.shape[2:]} with padding {padding}")
    y = (_conv_1, _conv_2, _conv_3)[n - 1](x, weight, stride, padding, dilation, groups)
    return _finish(n, y, bias, one)


def _same(op, x, weight, stride, padding, dilation):
    """x and the padding that a word means; where the two sides differ, x gets one more on its right."""
    if padding == "valid":
        return x, 0
    if padding != "same":
        raise RuntimeError(f"{op}: padding is 'valid', 'same' or numbers, got {padding!r}")
    if max(stride) > 1:
        raise RuntimeError(f"{op}: padding 'same' wants stride 1, got {stride}")
    more = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    return _framed(x, [w for m in reversed(more) for w in (0, m % 2)]), tuple(m // 2 for m in more)


def _conv_transpose(n, x, weight, bias, stride, padding, output_padding, groups, dilation):
    op = f"conv_transpose{n}d"
    stride, padding = sizes(op, "stride", stride, n, 1), sizes(op, "padding", padding, n, 0)
    dilation = sizes(op, "dilation", dilation, n, 1)
    more = sizes(op, "output_padding", output_padding, n, 0)
    x, one = batched(op, n, x)
    _check(op, n, x, weight, bias, True, groups)
    out = weight.shape[1] * groups
    if any(m >= max(s, d) for m, s, d in zip(more, stride, dilation, strict=True)):
        raise ShapeError(f"{op}: output_padding {more} must be below stride {stride} or dilation "
                         f"{dilation}")
    size = [(m - 1) * s + d * (k - 1) + 1
            for m, k, s, d in zip(x.shape[2:], weight.shape[2:], stride, dilation, strict=True)]
    if min(m - 2 * p + o for m, p, o in zip(size, padding, more, strict=True)) < 1:
        raise ShapeError(f"{op}: {x.array.shape[2:]} pixels give none with padding {padding} and "
                         f"filters {weight.array.shape[2:]}")
    y = (_adjoint_1, _adjoint_2, _adjoint_3)[n - 1](x, weight, (len(x), out, *size), stride, dilation,
                                                    groups)
    y = _framed(y, [w for p, o in zip(padding[::-1], more[::-1], strict=True) for w in (-p, o - p)])
    return _finish(n, y, bias, one)


def _finish(n, y, bias, one):
    """y + bias, without the batch's dimension if x had none."""
    y = y if bias is None else y + reshape(bias, -1, *[1] * n)
    return squeeze(y, 0) if one else y


# ── by the rows of the table ────────────────────────────────────────────────────────────────────

def _conv_2(x, w, stride, padding, dilation, groups):
    return primitives.conv2d(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _adjoint_2(x, w, shape, stride, dilation, groups):
    return primitives.conv2d_input(x, w, shape=shape, stride=stride, padding=(0, 0),
                                   dilation=dilation, groups=groups)


def _conv_1(x, w, stride, padding, dilation, groups):
    return squeeze(_conv_2(unsqueeze(x, 2), unsqueeze(w, 2), (1, *stride), (0, *padding),
                           (1, *dilation), groups), 2)


def _adjoint_1(x, w, shape, stride, dilation, groups):
    shape = (*shape[:2], 1, *shape[2:])
    return squeeze(_adjoint_2(unsqueeze(x, 2), unsqueeze(w, 2), shape, (1, *stride), (1, *dilation),
                              groups), 2)


def _conv_3(x, w, stride, padding, dilation, groups):
    x = _framed(x, (0, 0, 0, 0, padding[0], padding[0]))
    seen = primitives.windows(x, dims=(2,), size=w.shape[2:3], step=stride[:1], dilation=dilation[:1])
    n, c, d, h, wd, k = seen.shape
    stack = reshape(permute(seen, 0, 2, 1, 5, 3, 4), n * d, c * k, h, wd)
    y = _conv_2(stack, _stacked(w), stride[1:], padding[1:], dilation[1:], groups)
    return permute(reshape(y, n, d, *y.shape[1:]), 0, 2, 1, 3, 4)


def _adjoint_3(x, w, shape, stride, dilation, groups):
    (n, out, _, *size), k = shape, w.shape[2]
    stack = reshape(permute(x, 0, 2, 1, 3, 4), n * x.shape[2], x.shape[1], *x.shape[3:])
    y = _adjoint_2(stack, _stacked(w), (len(stack), out * k, *size), stride[1:], dilation[1:], groups)
    y = permute(reshape(y, n, x.shape[2], out, k, *size), 0, 2, 1, 4, 5, 3)
    return primitives.overlap_add(y, dims=(2,), size=(k,), step=stride[:1], dilation=dilation[:1],
                                  shape=shape)


def _stacked(w):
    """Filters (O, C, KD, KH, KW) of volumes as filters of images with C·KD channels."""
    return reshape(w, len(w), w.shape[1] * w.shape[2], *w.shape[3:])


# ── windows as columns ──────────────────────────────────────────────────────────────────────────

def unfold(x: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
           stride: Any = 1) -> Tensor:
    """The windows of images (N, C, H, W) as columns: (N, C·KH·KW, places of the window)."""
    x, one = batched("unfold", 2, x)
    kernel, places, kw = _sliding("unfold", x.shape[2:], kernel_size, dilation, padding, stride)
    ph, pw = kw.pop("padding")
    seen = primitives.windows(_framed(x, (pw, pw, ph, ph)), **kw)
    y = clone(permute(seen, 0, 1, 4, 5, 2, 3))
    y = reshape(y, len(x), x.shape[1] * prod(kernel), prod(places))
    return squeeze(y, 0) if one else y


def fold(x: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
         stride: Any = 1) -> Tensor:
    """Columns (N, C·KH·KW, places) added up as windows of images (N, C, H, W): adjoint of `unfold`."""
    x, one = batched("fold", 1, x)
    size = sizes("fold", "output_size", output_size, 2, 1)
    kernel, places, kw = _sliding("fold", size, kernel_size, dilation, padding, stride)
    if x.shape[1] % prod(kernel) or x.shape[2] != prod(places):
        raise ShapeError(f"fold: wants (N, C·{prod(kernel)}, {prod(places)}) for a kernel {kernel} and "
                         f"images {size}, got {x.array.shape}")
    n, c, (ph, pw) = len(x), x.shape[1] // prod(kernel), kw.pop("padding")
    y = primitives.overlap_add(permute(reshape(x, n, c, *kernel, *places), 0, 1, 4, 5, 2, 3), **kw,
                               shape=(n, c, size[0] + 2 * ph, size[1] + 2 * pw))
    y = _framed(y, (-pw, -pw, -ph, -ph))
    return squeeze(y, 0) if one else y


def _sliding(op, size, kernel_size, dilation, padding, stride):
    """The window, how many places it has along each dimension, and the arguments of the row."""
    kernel, step = sizes(op, "kernel_size", kernel_size, 2, 1), sizes(op, "stride", stride, 2, 1)
    dilation, padding = sizes(op, "dilation", dilation, 2, 1), sizes(op, "padding", padding, 2, 0)
    places = conv_shape((0, 0, *size), (0, 0, *kernel), step, padding, dilation)[2:]
    if min(places) < 1:
        raise ShapeError(f"{op}: a kernel {kernel} with dilation {dilation} is larger than images "
                         f"{tuple(size)} with padding {padding}")
    return kernel, places, {"dims": (2, 3), "size": kernel, "step": step, "dilation": dilation,
                            "padding": padding}
