"""Images without PyTorch beside them: derivatives of both orders, special values, errors."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import autograd
from tinygrad_pt.gradcheck import check
from tinygrad_pt.nn import functional as F

IMAGES = {
    "conv1d": lambda x: F.conv1d(x[0], x[0, :, :, :2] * 2, padding="same"),
    "conv3d": lambda x: F.conv3d(x[None], x[None, :, :, :2, :2], stride=(1, 2, 1), padding=1),
    "conv_transpose2d": lambda x: F.conv_transpose2d(x, x[:, :, :2, :3], stride=2, padding=1,
                                                     output_padding=1),
    "conv_transpose3d": lambda x: F.conv_transpose3d(x[None], x[:, None, :, :2, :2], stride=2),
    "unfold": lambda x: F.unfold(x, (2, 3), padding=1, stride=2),
    "fold": lambda x: F.fold(x.reshape(1, 16, 4)[:, :, :3], (2, 4), (2, 2)),
    "max_pool2d": lambda x: F.max_pool2d(x, 3, 2, 1),
    "max_pool3d": lambda x: F.max_pool3d(x, 2, 1),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
    "lp_pool2d": lambda x: F.lp_pool2d(x, 2, 2),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (3, 1)),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, (3, 2)),
    "max_unpool2d": lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
    "pad reflect": lambda x: F.pad(x, (3, 2, 1, 0), "reflect"),
    "pad replicate": lambda x: F.pad(x, (3, 2, 1, 0), "replicate"),
    "pad circular": lambda x: F.pad(x, (3, -1, 1, 0), "circular"),
    "nearest": lambda x: F.interpolate(x, (3, 7)),
    "bilinear": lambda x: F.interpolate(x, scale_factor=1.5, mode="bilinear"),
    "bicubic": lambda x: F.interpolate(x, (7, 2), mode="bicubic", align_corners=True),
    "antialias": lambda x: F.interpolate(x, 2, mode="bicubic", antialias=True),
    "pixel_shuffle": lambda x: F.pixel_unshuffle(F.pixel_shuffle(x.reshape(4, 4, 4), 2), 4),
    "cosine_similarity": lambda x: F.cosine_similarity(x, x.flip(0), -1),
    "pairwise_distance": lambda x: F.pairwise_distance(x, x * x, 3),
}


@pytest.mark.parametrize("name", IMAGES)
def test_derivatives(name):
    def slope(x):
        x = x if x.requires_grad else x.detach().requires_grad_()
        with tg.enable_grad():  # the checker evaluates without
            return autograd.grad((IMAGES[name](x) ** 2).sum(), x, create_graph=True)[0]

    x = tg.tensor(np.random.default_rng(0).normal(size=(2, 2, 4, 4)))
    for f in (IMAGES[name], slope):
        report = check(f, x, directions=2, elements=4)
        assert report, report


def test_the_transposed_convolution_is_the_adjoint():
    """⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩ in every number of dimensions."""
    random = np.random.default_rng(0)
    for n in (1, 2, 3):
        x, w = (tg.tensor(random.normal(size=s)) for s in ((1, 4, *[7] * n), (6, 2, *[3] * n)))
        kw = {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}
        there = getattr(F, f"conv{n}d")(x, w, **kw)
        y = tg.tensor(random.normal(size=there.shape))
        back = getattr(F, f"conv_transpose{n}d")(y, w, **kw)
        assert (there * y).sum().item() == pytest.approx((x * back).sum().item())


def test_special_values_in_windows():
    inf, nan = float("inf"), float("nan")
    x = tg.tensor([[[-inf, -inf, 1.0], [-inf, -inf, nan]]])
    y, where = F.max_pool2d(x, 2, 1, 1, return_indices=True)
    assert y.tolist()[0][0] == [-inf, -inf, 1.0, 1.0]  # the padding is never chosen,
    assert where.tolist()[0][0] == [0, 0, 2, 2]        # not even where all else is -inf
    assert np.isnan(y.array[0, 1:, 2:]).all()
    blind = tg.ones(1, 1, 3).requires_grad_()
    y = F.max_pool2d(blind, (3, 2), (3, 1), 1, 2, ceil_mode=True)
    assert (y == -inf).all()  # dilated windows on both sides of the only row
    y.backward(tg.ones(*y.shape))
    assert blind.grad.tolist() == [[[0.0, 0.0, 0.0]]]
    ties = tg.ones(1, 2, 2).requires_grad_()
    F.max_pool2d(ties, 2).backward(tg.ones(1, 1, 1))
    assert ties.grad.tolist() == [[[1.0, 0.0], [0.0, 0.0]]]  # the first of equals
    spot = tg.zeros(1, 1, 4, 4)
    spot[0, 0, 0, 0] = nan
    for f in (lambda x: F.avg_pool2d(x, 2), lambda x: F.interpolate(x, 2),
              lambda x: F.adaptive_avg_pool2d(x, 2)):
        assert f(spot).isnan().tolist() == [[[[True, False], [False, False]]]]


def test_errors():
    x, w = tg.zeros(1, 2, 4, 4), tg.zeros(2, 2, 3, 3)
    for error, pattern, f in [
        (RuntimeError, r"conv1d: wants sequences \(N, C, L\)", lambda: F.conv1d(x, w)),
        (RuntimeError, r"conv2d: padding 'same' wants stride 1, got \(2, 2\)",
         lambda: F.conv2d(x, w, padding="same", stride=2)),
        (RuntimeError, r"conv2d: padding is 'valid', 'same' or numbers, got 'full'",
         lambda: F.conv2d(x, w, padding="full")),
        (RuntimeError, r"conv2d: wants a bias of shape \(2,\), got \(3,\)",
         lambda: F.conv2d(x, w, tg.zeros(3))),
        (TypeError, r"conv2d: stride is an integer .* got 1.5", lambda: F.conv2d(x, w, stride=1.5)),
        (RuntimeError, r"conv_transpose2d: output_padding \(1, 1\) must be below",
         lambda: F.conv_transpose2d(x, w, output_padding=1)),
        (RuntimeError, r"conv_transpose2d: \(4, 4\) pixels give none with padding \(3, 3\)",
         lambda: F.conv_transpose2d(x, w, padding=3)),
        (RuntimeError, r"fold: wants \(N, C·4, 9\)", lambda: F.fold(tg.zeros(1, 4, 8), 4, 2)),
        (RuntimeError, r"max_pool2d: padding \(2, 2\) is more than half",
         lambda: F.max_pool2d(x, 3, padding=2)),
        (RuntimeError, r"max_pool2d: no window \(5, 5\)", lambda: F.max_pool2d(x, 5)),
        (RuntimeError, r"avg_pool2d: divisor_override", lambda: F.avg_pool2d(x, 2, divisor_override=0)),
        (RuntimeError, r"avg_pool2d: wants floating .* torch.int64", lambda: F.avg_pool2d(x.long(), 2)),
        (RuntimeError, r"adaptive_avg_pool2d: wants .* 2 sizes",
         lambda: F.adaptive_avg_pool2d(x, (1, 2, 3))),
        (RuntimeError, r"max_unpool2d: indices must lie in images \[8, 8\]",
         lambda: F.max_unpool2d(x, x.long() + 64, 2)),
        (NotImplementedError, r"pad: mode is .* got 'typo'", lambda: F.pad(x, (1, 1), "typo")),
        (RuntimeError, r"pad: 'reflect' cannot give 4 and 0 pixels from the 4",
         lambda: F.pad(x, (4, 0, 0, 0), "reflect")),
        (ValueError, r"interpolate: wants size, or scale_factor", lambda: F.interpolate(x)),
        (NotImplementedError, r"interpolate: 'linear' is no mode for shape \(1, 2, 4, 4\)",
         lambda: F.interpolate(x, 2, mode="linear")),
        (RuntimeError, r"pixel_shuffle: wants \(…, C·r², H, W\) with r = 2",
         lambda: F.pixel_shuffle(x, 2)),
    ]:
        with pytest.raises(error, match=pattern):
            f()
