"""Recurrent networks, attention and transformers: shapes without PyTorch; numbers against it."""

import warnings

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


# ── against PyTorch ─────────────────────────────────────────────────────────────────────────────

def compared(make, run, seed=0, gradient=True, atol=2e-6):
    """Assert that a seeded module has torch's state, and run(m, module, x) its results, gradients."""
    found = []
    for m in (tg, torch):
        m.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = make(m)
            start = {k: v.detach().numpy().copy() for k, v in net.state_dict().items()}
            random = np.random.default_rng(0)
            xs = []

            def x(*shape, m=m, random=random, xs=xs):
                xs.append(m.tensor(random.normal(size=shape).astype("float32"), requires_grad=True))
                return xs[-1]

            results = [y for y in flat(m, run(m, net, x)) if y is not None]
            loss = sum((y * y * y * (i + 1)).sum() for i, y in enumerate(results) if y.requires_grad)
            if gradient:
                loss.backward()
            grads = [p.grad for p in net.parameters()] + [v.grad for v in xs]
            found.append((repr(net), start, results, grads))
    (ours, a, y, g), (theirs, b, z, h) = found
    assert ours == theirs
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], atol=1e-6, err_msg=name)
    assert [tuple(p.shape) for p in y] == [tuple(p.shape) for p in z]
    for i, (p, q) in enumerate(zip(y, z, strict=True)):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), atol=atol, rtol=1e-5,
                                   err_msg=f"result {i}")
    for i, (p, q) in enumerate(zip(g, h, strict=True)):
        assert (p is None) == (q is None), i
        if q is not None:
            scale = 1 + float(q.abs().max())
            np.testing.assert_allclose(p.numpy(), q.numpy(), atol=5 * atol * scale, rtol=1e-4,
                                       err_msg=f"gradient {i}")


def flat(m, y):
    if isinstance(y, m.Tensor):
        return [y]
    return [] if y is None else [t for part in y for t in flat(m, part)]


RECURRENT = [
    {}, {"num_layers": 2}, {"bidirectional": True, "num_layers": 2}, {"bias": False},
    {"batch_first": True}, {"num_layers": 3, "dropout": 0.5}, {"dropout": 0.3},
]


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
@pytest.mark.parametrize("kind, options", [
    *[(kind, kw) for kind in ("RNN", "LSTM", "GRU") for kw in RECURRENT],
    ("RNN", {"nonlinearity": "relu"}), ("LSTM", {"proj_size": 2, "num_layers": 2}),
    ("LSTM", {"proj_size": 2, "num_layers": 2, "bidirectional": True, "batch_first": True})])
def test_recurrent_networks_are_torchs(kind, options):
    def make(m):
        return getattr(m.nn, kind)(3, 4, **options)

    def run(m, net, x):
        y, state = net(x(5, 2, 3))
        again = net(x(2, 5, 3) if net.batch_first else x(5, 2, 3)[:, :state[0].shape[1]],
                    state if not net.batch_first else None)
        single = net(x(5, 3))
        net.eval()
        lengths = [3, 5, 1]
        packed = m.nn.utils.rnn.pack_padded_sequence(x(5, 3, 3), lengths, enforce_sorted=False)
        of_packed, last = net(packed, flat_state(net, single[1], x))
        return (y, state, again, single, of_packed.data, of_packed.batch_sizes,
                m.nn.utils.rnn.pad_packed_sequence(of_packed), last)

    compared(make, run)


def flat_state(net, like, x):
    """First states for three sequences."""
    if isinstance(like, tuple):
        return tuple(x(h.shape[0], 3, h.shape[1]) for h in like)
    return x(like.shape[0], 3, like.shape[1])


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("options", [{}, {"bias": False}])
def test_cells_are_torchs(kind, options):
    def run(m, net, x):
        y = net(x(2, 3))
        return y, net(x(2, 3), y), net(x(3))

    compared(lambda m: getattr(m.nn, kind + "Cell")(3, 4, **options), run)


def masks(m, random):
    """A causal mask, a padding mask that leaves a key to everybody, and one of floats."""
    padding = random.random((2, 5)) < 0.4
    padding[:, 0] = False
    return (m.nn.Transformer.generate_square_subsequent_mask(5), m.tensor(padding),
            m.tensor(random.normal(size=(4, 5, 5)).astype("float32")))


HEADS = [{}, {"bias": False}, {"kdim": 3, "vdim": 2}, {"batch_first": True}, {"dropout": 0.5},
         {"add_bias_kv": True}, {"add_zero_attn": True, "add_bias_kv": True}]


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
@pytest.mark.parametrize("options", HEADS)
def test_attention_of_several_heads_is_torchs(options):
    def run(m, net, x):
        causal, padding, floats = masks(m, np.random.default_rng(1))
        if options.get("kdim"):
            q, k, v = x(5, 2, 4), x(5, 2, 3), x(5, 2, 2)
        else:
            q, k, v = (x(2, 5, 4) if net.batch_first else x(5, 2, 4) for _ in range(3))
        results = [net(q, k, v), net(q, k, v, need_weights=False),
                   net(q, k, v, average_attn_weights=False, attn_mask=floats),
                   net(q, k, v, padding, attn_mask=causal < 0),
                   net(q, k, v, None, False, causal, is_causal=not options.get("add_bias_kv")),
                   net(q, k, v, padding, False, causal)]
        if not net.batch_first:
            results.append(net(q[:, 0], k[:, 0], v[:, 0], padding[0]))
        return results

    compared(lambda m: m.nn.MultiheadAttention(4, 2, **options), run)


LAYERS = [{}, {"norm_first": True}, {"activation": "gelu"}, {"batch_first": True, "dropout": 0.0},
          {"bias": False, "layer_norm_eps": 1e-3}, {"dropout": 0.5}]


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
@pytest.mark.parametrize("options", LAYERS)
def test_transformers_are_torchs(options):
    def run(m, net, x):
        causal, padding, _ = masks(m, np.random.default_rng(1))
        src, tgt = (x(2, 5, 4) if net.batch_first else x(5, 2, 4) for _ in range(2))
        results = [net(src, tgt), net(src, tgt, tgt_mask=causal, tgt_is_causal=True),
                   net(src, tgt, causal, causal, causal)]
        net.eval()
        results += [net(src, tgt, src_key_padding_mask=padding, memory_key_padding_mask=padding),
                    net.encoder(src, mask=causal, is_causal=True),
                    net.encoder(src if net.batch_first else src[:, :1])]
        return results

    def make(m):
        return m.nn.Transformer(4, 2, 2, 1, 6, **options)

    compared(make, run, atol=5e-6)


@pytest.mark.skipif(torch is None, reason="needs PyTorch")
def test_layers_alone_are_torchs():
    def run(m, net, x):
        encoder, decoder = net
        memory = encoder(x(5, 4))
        return memory, decoder(x(3, 4), memory)

    def make(m):
        nn = m.nn
        return nn.ModuleList([
            nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 6, 0.0, m.nn.functional.gelu), 2),
            nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6, 0.0), 2, nn.LayerNorm(4))])

    compared(make, run, atol=5e-6)


def test_who_may_look_nowhere_gets_0():
    q = tg.randn(2, 3, requires_grad=True)
    mask = tg.tensor([[True, False], [False, False]])
    y = nn.functional.scaled_dot_product_attention(q, q, q, mask)
    y.sum().backward()
    assert y[1].tolist() == [0, 0, 0] and not tg.isnan(q.grad).any()


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
           is_causal=one_of(False, False, True), scale=maybe(one_of(0.5))).but(tol=10),
        op("scaled_dot_product_attention of groups", lambda m, *xs: m.nn.functional.
           scaled_dot_product_attention(*xs, enable_gqa=True), x((2, 4, 3, 2)),
           x((2, 2, 5, 2), dtype=None), x((2, 2, 5, 3), dtype=None)).but(tol=10),
    )


WRONG = [
    ("nn.LSTM(3, 4)(m.zeros(5, 2, 4))", RuntimeError),
    ("nn.LSTM(3, 4)(m.zeros(3))", ValueError),
    ("nn.GRU(3, 4)(m.zeros(5, 2, 3), m.zeros(1, 3, 4))", RuntimeError),
    ("nn.GRU(3, 4)(m.zeros(0, 2, 3))", RuntimeError),
    ("nn.RNN(3, 4)(m.zeros(5, 2, 3).double())", ValueError),
    ("nn.RNN(3, 0)", ValueError),
    ("nn.RNN(3, 4, 0)", ValueError),
    ("nn.RNN(3, 4.5)", TypeError),
    ("nn.RNN(3, 4, nonlinearity='sin')", ValueError),
    ("nn.GRU(3, 4, proj_size=2)", ValueError),
    ("nn.LSTM(3, 4, proj_size=4)", ValueError),
    ("nn.LSTM(3, 4, dropout=2)", ValueError),
    ("nn.LSTMCell(3, 4)(m.zeros(2, 5))", RuntimeError),
    ("nn.LSTMCell(3, 4)(m.zeros(2, 2, 3))", ValueError),
    ("nn.MultiheadAttention(4, 3)", AssertionError),
    ("nn.MultiheadAttention(0, 3)", ValueError),
    ("nn.MultiheadAttention(4, 2)(m.zeros(5, 2, 4), m.zeros(5, 4), m.zeros(5, 4))", AssertionError),
    ("nn.MultiheadAttention(4, 2)(*[m.zeros(5, 2, 4)] * 3, attn_mask=m.zeros(2, 5))", RuntimeError),
    ("nn.MultiheadAttention(4, 2)(*[m.zeros(5, 2, 4)] * 3, m.zeros(5, 2))", AssertionError),
    ("nn.MultiheadAttention(4, 2)(*[m.zeros(5, 2, 4)] * 3, is_causal=True)", RuntimeError),
    ("nn.TransformerEncoderLayer(4, 2, activation='tanh')", RuntimeError),
    ("nn.Transformer(4, 2, 1, 1, 8)(m.zeros(5, 2, 4), m.zeros(5, 3, 4))", RuntimeError),
    ("nn.Transformer(4, 2, 1, 1, 8)(m.zeros(5, 2, 4), m.zeros(5, 2, 3))", RuntimeError),
    ("nn.functional.scaled_dot_product_attention(*[m.zeros(2, 3)] * 3, m.zeros(2, 2), 0.0, True)",
     RuntimeError),
    ("nn.utils.rnn.pack_padded_sequence(m.zeros(3, 2, 1), [3, 0])", RuntimeError),
    ("nn.utils.rnn.pack_padded_sequence(m.zeros(3, 2, 1), [1, 2])", RuntimeError),
    ("nn.utils.rnn.pack_padded_sequence(m.zeros(3, 2, 1), [1])", RuntimeError),
]


@pytest.mark.parametrize("call, error", WRONG)
def test_wrong_calls(call, error):
    for m in (tg, torch) if torch else (tg,):
        with pytest.raises(error):
            eval(call, {"m": m, "nn": m.nn})
