"""Recurrent networks, packed sequences, attention; as modules they are compared in test_torch_nn.py."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import nn
from tinygrad_pt.gradcheck import check
from tinygrad_pt.nn.utils import rnn

try:
    import torch
except ImportError:
    torch = None

# ── without PyTorch ─────────────────────────────────────────────────────────────────────────────


def test_packing_and_padding_undo_each_other():
    sequences = [tg.randn(n, 2) for n in (2, 4, 1)]
    packed = rnn.pack_sequence(sequences, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 2, 1, 1] and packed.data.shape == (7, 2)
    for a, b in zip(rnn.unpack_sequence(packed), sequences, strict=True):
        assert a.tolist() == b.tolist()
    padded, lengths = rnn.pad_packed_sequence(packed, padding_value=-1.0, total_length=5)
    assert padded.shape == (5, 3, 2) and lengths.tolist() == [2, 4, 1]
    assert padded[4].tolist() == [[-1, -1]] * 3
    with pytest.raises(RuntimeError, match="lengths must fall"):
        rnn.pack_sequence(sequences)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_network_is_its_cell_step_by_step(kind):
    net, cell = getattr(nn, kind)(3, 4), getattr(nn, kind + "Cell")(3, 4)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in net.state_dict().items()})
    x, state = tg.randn(5, 2, 3), None
    y, last = net(x)
    for t in range(5):
        state = cell(x[t], state)
        h = state[0] if kind == "LSTM" else state
        np.testing.assert_allclose(y[t].tolist(), h.tolist(), atol=1e-6)
    assert (last[0] if kind == "LSTM" else last).shape == (1, 2, 4)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_padding_changes_nothing(kind):
    """What follows a packed sequence in the batch has no part in its outputs and last state."""
    net = getattr(nn, kind)(3, 4, 2, bidirectional=True)
    sequences = [tg.randn(n, 3) for n in (2, 4, 1)]
    packed, last = net(rnn.pack_sequence(sequences, enforce_sorted=False))
    for i, (y, x) in enumerate(zip(rnn.unpack_sequence(packed), sequences, strict=True)):
        alone, state = net(x)
        np.testing.assert_allclose(y.tolist(), alone.tolist(), atol=1e-6)
        for a, b in zip(last, state, strict=True) if kind == "LSTM" else [(last, state)]:
            np.testing.assert_allclose(a[:, i].tolist(), b.tolist(), atol=1e-6)


def test_who_may_look_nowhere_gets_0():
    q = tg.randn(2, 3, requires_grad=True)
    mask = tg.tensor([[True, False], [False, False]])
    y = nn.functional.scaled_dot_product_attention(q, q, q, mask)
    y.sum().backward()
    assert y[1].tolist() == [0, 0, 0] and not tg.isnan(q.grad).any()


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU])
def test_what_a_layer_gives_may_change_in_place(layer):
    net, x = layer(3, 4), tg.randn(5, 2, 3)
    weights = list(net.parameters())
    y, z = net(x)[0], net(x)[0]
    expected = tg.autograd.grad(((y + 1) * y).sum(), weights)
    before = z * 1
    found = tg.autograd.grad((z.add_(1) * before).sum(), weights)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.tolist(), b.tolist(), atol=1e-5)


def test_a_mask_and_causal():
    q, k, mask = tg.randn(4, 3), tg.randn(5, 3), tg.rand(4, 5) > 0.5
    earlier = tg.ones(4, 5).tril() > 0
    both = nn.functional.scaled_dot_product_attention(q, k, k, mask & earlier)
    for given in (mask, tg.where(mask, 0.0, -tg.inf)):
        y = nn.functional.scaled_dot_product_attention(q, k, k, given, is_causal=True)
        np.testing.assert_array_equal(y.tolist(), both.tolist())


@pytest.mark.parametrize("causal", [False, True])
def test_derivatives_of_attention(causal):
    def f(q, k, v):
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
    xs = [tg.tensor(np.random.default_rng(i).normal(size=(2, n, 3))) for i, n in enumerate((4, 5, 5))]
    report = check(f, *xs)
    assert report, report


try:
    from against_torch import Drawn, differential, either, maybe, one_of, op, x
except pytest.skip.Exception:
    pass
else:
    same_keys = x(lambda c: (*c.shape[:-2], 5, c.shape[-1]), dtype=None)

    def mask(kind):
        def f(c):
            a = c.value(x(lambda c: (c.shape[-2], 5), dtype=kind))
            a.wants = False
            return a
        return Drawn(f)

    test_scaled_dot_product_attention = differential(
        op("scaled_dot_product_attention", either(x((2, 4, 3)), x((2, 2, 4, 3)), x((2, 2, 1, 3))),
           same_keys, same_keys,
           attn_mask=maybe(either(mask("bool"), x(lambda c: (c.shape[-2], 5), dtype=None))),
           is_causal=one_of(False, False, True), scale=maybe(one_of(0.5))).but(
               tol=10, where=lambda c: not c.kw["is_causal"] or c.kw.get("attn_mask") is None),
        op("scaled_dot_product_attention of groups", lambda m, *xs: m.nn.functional.
           scaled_dot_product_attention(*xs, enable_gqa=True), x((2, 4, 3, 2)),
           x((2, 2, 5, 2), dtype=None), x((2, 2, 5, 3), dtype=None)).but(tol=10),
    )
