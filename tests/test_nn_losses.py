"""Losses: values and derivatives, of any reduction, weight and shape; as functions and as modules."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import nn
from tinygrad_pt.gradcheck import check
from tinygrad_pt.nn import functional as F

# ── without PyTorch ─────────────────────────────────────────────────────────────────────────────

SCORES, PROBABILITIES = ("float64", (4, 3), -2.0, 2.0), ("float64", (4, 3), 0.3, 0.7)
SIGNS = tg.tensor([[1.0], [-1.0], [-1.0], [1.0]]).double()
CLASSES = tg.tensor([0, 2, 1, 1])
LABELS = tg.tensor([[0, 2, -1], [1, -1, 0], [-1, 0, 0], [2, 1, 0]])
WEIGHT = tg.tensor([0.5, 2.0, 1.0]).double()
LOSSES = {
    "mse_loss": (SCORES, SCORES),
    "l1_loss": (SCORES, SCORES),
    "smooth_l1_loss": (SCORES, SCORES),
    "huber_loss": (SCORES, SCORES),
    "nll_loss": (SCORES, CLASSES, WEIGHT),
    "cross_entropy": (SCORES, CLASSES, WEIGHT),
    "binary_cross_entropy": (PROBABILITIES, PROBABILITIES),
    "binary_cross_entropy_with_logits": (SCORES, PROBABILITIES, WEIGHT),
    "kl_div": (SCORES, PROBABILITIES),
    "poisson_nll_loss": (SCORES, PROBABILITIES),
    "gaussian_nll_loss": (SCORES, SCORES, PROBABILITIES),
    "soft_margin_loss": (SCORES, SIGNS),
    "hinge_embedding_loss": (SCORES, SIGNS),
    "margin_ranking_loss": (SCORES, SCORES, SIGNS),
    "cosine_embedding_loss": (SCORES, SCORES, SIGNS[:, 0]),
    "triplet_margin_loss": (SCORES, SCORES, SCORES),
    "triplet_margin_with_distance_loss": (SCORES, SCORES, SCORES),
    "multi_margin_loss": (SCORES, CLASSES),
    "multilabel_margin_loss": (SCORES, LABELS),
    "multilabel_soft_margin_loss": (SCORES, PROBABILITIES),
}


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives(name):
    random = np.random.default_rng(0)
    given = [tg.tensor(random.uniform(*a[2:], a[1])) if isinstance(a, tuple) else a
             for a in LOSSES[name]]
    drawn = [i for i, a in enumerate(LOSSES[name]) if isinstance(a, tuple)]

    def loss(*xs):
        args = list(given)
        for i, x in zip(drawn, xs, strict=True):
            args[i] = x
        return getattr(F, name)(*args, reduction="none")

    report = check(loss, *[given[i] for i in drawn])
    assert report, report


def test_targets_that_are_ignored_do_not_count():
    x, t = tg.randn(4, 3, 2), tg.tensor([[0, 2], [-100, 1], [1, 1], [2, -100]])
    each = F.cross_entropy(x, t, reduction="none")
    assert each[1, 0].item() == each[3, 1].item() == 0
    assert F.cross_entropy(x, t).item() == pytest.approx(each.sum().item() / 6)
    assert np.isnan(F.cross_entropy(x[:0], t[:0]).item())


def test_a_confident_score_keeps_its_digits():
    x = tg.tensor([[1000.0, 990.0]])
    assert F.cross_entropy(x, tg.tensor([0])).item() == pytest.approx(np.log1p(np.exp(-10)), rel=1e-3)


def test_modules_keep_their_options():
    loss = nn.CrossEntropyLoss(ignore_index=1, label_smoothing=0.1, reduction="sum")
    assert repr(loss) == "CrossEntropyLoss()" and loss.ignore_index == 1
    x = tg.randn(4, 3)
    assert loss(x, CLASSES).item() == F.cross_entropy(x, CLASSES, ignore_index=1, label_smoothing=0.1,
                                                      reduction="sum").item()
    loss.reduction = "none"
    assert loss(input=x, target=CLASSES).shape == (4,)
    with pytest.warns(UserWarning, match="MSELoss: size_average and reduce are deprecated"):
        assert nn.MSELoss(size_average=False).reduction == "sum"
    with pytest.raises(TypeError, match="weight"):
        nn.MSELoss(weight=x)


def test_logarithms_of_0_count_as_a_hundred():
    x = tg.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    losses = F.binary_cross_entropy(x, tg.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    losses.sum().backward()
    assert losses.tolist() == [0, 0, 100, 100]
    assert x.grad.tolist() == pytest.approx([0, 0, -1e12, 1e12])


def test_shapes_that_only_broadcast_are_warned_of():
    with pytest.warns(UserWarning, match=r"mse_loss: x has shape \(4, 1\), the target \(4,\)"):
        F.mse_loss(tg.ones(4, 1), tg.ones(4))


def test_one_example_at_a_time():
    x, t = tg.randn(5, 3), tg.tensor([0, 1, 2, -100, 1])
    each = tg.vmap(lambda x, t: F.cross_entropy(x, t, reduction="sum"))(x, t)
    assert each.tolist() == pytest.approx(F.cross_entropy(x, t, reduction="none").tolist())


# ── against PyTorch ─────────────────────────────────────────────────────────────────────────────

try:
    from against_torch import Array, Drawn, differential, either, flag, maybe, one_of, op, same, x
except pytest.skip.Exception:
    pass
else:
    def given(f):
        """An argument without gradient, whose elements f(random, the case's shape) makes."""
        def draw(c):
            a = Array(np.asarray(f(c.random, c.shape)))
            if a.dtype.kind == "f":
                a.values = a.values.astype(c.dtype)
            a.wants, a.dtype = False, a.values.dtype
            return a
        return Drawn(draw)

    def whose(f):
        """An argument of the shape f(the case's shape)."""
        return x(lambda c: f(c.shape), dtype=None)

    def of_classes(f):
        return either(None, given(lambda random, shape: random.uniform(0.2, 2, f(shape))))

    def classes(low=0):
        def f(random, shape):
            n, rest = (shape[1], (shape[0], *shape[2:])) if len(shape) > 1 else (shape[0], ())
            return random.integers(low, n, rest)
        return given(f)

    def some_ignored(random, shape):
        t = random.integers(0, shape[1], (shape[0], *shape[2:]))
        t = np.where(random.random(t.shape) < 0.3, -100, t)
        t.flat[0] = shape[1] - 1  # else a mean would be of none
        return t

    def count(shape):
        return (shape[1 if len(shape) > 1 else 0],)

    reduction = maybe(one_of("mean", "sum", "none", "none", "typo"))
    batches = either(x((5, 4)), x((3, 2, 2)), x((2, 3, 1, 2)), x((1, 2)))
    scores = either(x((3,)), batches)
    signs = given(lambda random, shape: random.choice([-1.0, 1.0], shape))
    positive = {"sample": (0.1, 2)}
    weights = either(None, given(lambda random, shape: random.uniform(0.1, 2, shape)))
    share = {"sample": (0.05, 0.95)}
    indices = given(lambda random, shape: random.integers(0, shape[-1], shape[:-1]))
    labels = given(lambda random, shape: np.array(
        [random.permutation(shape[-1]) for _ in range(int(np.prod(shape[:-1])))]).reshape(shape)
        - random.integers(0, 2, shape))

    test_as_pytorch = differential(
        op("mse_loss", x(), same(), reduction=reduction),
        op("mse_loss with weights", lambda m, *xs, **kw: m.nn.functional.mse_loss(
            *xs[:2], weight=xs[2], **kw), x(min_side=1), same(), same(**positive), reduction=reduction),
        op("l1_loss", x(distinct=True), same(distinct=True, sample=(-2.9, 3.1)), reduction=reduction),
        op("smooth_l1_loss", x(), same(), reduction=reduction, beta=maybe(one_of(0.0, 0.5, 2.0, -1.0))),
        op("huber_loss", x(), same(), reduction=reduction, delta=maybe(one_of(0.5, 2.0, 0.0))).but(
            tol=10),
        op("nll_loss", scores, classes(), of_classes(count), reduction=reduction),
        op("nll_loss with targets ignored", lambda m, *xs, **kw: m.nn.functional.nll_loss(*xs, **kw),
           batches, given(some_ignored), of_classes(count), reduction=reduction),
        op("nll_loss of wrong classes", lambda m, *xs: m.nn.functional.nll_loss(*xs), x((3, 2)),
           given(lambda random, shape: random.integers(-1, 4, 3))),
        op("cross_entropy", scores, classes(), of_classes(count), reduction=reduction,
           label_smoothing=maybe(one_of(0.1, 1.0, 1.5))),
        op("cross_entropy with targets ignored", lambda m, *xs, **kw: m.nn.functional.cross_entropy(
            *xs, **kw), batches, given(some_ignored), of_classes(count), reduction=reduction,
           ignore_index=maybe(0), label_smoothing=maybe(0.2)),
        op("cross_entropy of probabilities", lambda m, *xs, **kw: m.nn.functional.cross_entropy(
            *xs, **kw), scores, same(**share), of_classes(count), reduction=reduction,
           label_smoothing=maybe(0.2)),
        op("cross_entropy of wrong shapes", lambda m, *xs: m.nn.functional.cross_entropy(*xs),
           x((2, 3)), given(lambda random, shape: np.zeros(random.choice([1, 2, 3]),
                                                           random.choice(["i8", "f8"])))),
        op("binary_cross_entropy", x(**share), same(**share), weights,
           reduction=reduction),
        op("binary_cross_entropy_with_logits", x(min_dims=1), same(**share), weights,
           reduction=reduction, pos_weight=of_classes(lambda shape: shape[-1:])),
        op("kl_div", x(min_side=1), same(**share),
           reduction=maybe(one_of("batchmean", "sum", "none", "typo")), log_target=flag()),
        op("poisson_nll_loss", x(**positive), same(sample=(0, 4)), log_input=flag(), full=flag(),
           reduction=reduction).but(tol=10),
        op("gaussian_nll_loss", x(min_dims=1), same(),
           either(same(**positive), whose(lambda s: (*s[:-1], 1)), 0.5, -1.0,
                  x(lambda c: (*c.shape[:-1], 1), dtype=None, **positive),
                  x(lambda c: c.shape[:-1], dtype=None, **positive)),
           full=flag(), reduction=reduction).but(tol=10),
        op("soft_margin_loss", x(), signs, reduction=reduction),
        op("hinge_embedding_loss", x(), signs, margin=maybe(0.5), reduction=reduction),
        op("margin_ranking_loss", x(), same(), signs, margin=maybe(0.5), reduction=reduction),
        op("cosine_embedding_loss", either(x((3, 4)), x((4,))), same(),
           given(lambda random, shape: random.choice([-1.0, 1.0], shape[:-1])), margin=maybe(0.3),
           reduction=reduction).but(tol=10),
        op("triplet_margin_loss", either(x((3, 4)), x((4,)), x((2, 3, 2))), same(), same(),
           margin=maybe(0.5), p=maybe(one_of(1, 3)), swap=flag(), reduction=reduction).but(tol=100),
        op("triplet_margin_with_distance_loss", x((3, 4)), same(), same(), margin=maybe(0.5),
           swap=flag(), reduction=reduction).but(tol=10),
        op("multi_margin_loss", either(x((3, 4)), x((4,))), indices, p=maybe(one_of(2, 2, 3)),
           margin=maybe(0.5), weight=of_classes(lambda s: s[-1:]), reduction=reduction),
        op("multilabel_margin_loss", either(x((3, 4)), x((4,))), labels, reduction=reduction),
        op("multilabel_soft_margin_loss", x(min_dims=1, min_side=1), same(**share),
           weights, reduction=reduction),
    )
