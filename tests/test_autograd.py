"""Hooks, Functions, modes, anomaly detection, checkpoints; NumPy and DLPack."""

import copy
import gc
import operator
import pickle
import sys
import threading

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import autograd
from tinygrad_pt.autograd import Function, detect_anomaly, grad
from tinygrad_pt.gradcheck import check
from tinygrad_pt.utils.checkpoint import checkpoint


def leaf(*data):
    return tg.tensor(list(data), dtype=tg.float64, requires_grad=True)


# ── backward and grad ───────────────────────────────────────────────────────────────────────────

def test_backward_inputs():
    x, w = leaf(2.0), leaf(3.0)
    h = x * w
    y = h * h
    y.backward(tg.ones(1, dtype=tg.float64), inputs=[x, h])
    assert x.grad.item() == 36 and h.grad.item() == 12 and w.grad is None


def test_grad_materializes_unused():
    x, z = leaf(2.0), leaf(1.0)
    assert grad(x * x, [x, z], tg.ones(1).double(), materialize_grads=True)[1].tolist() == [0]


def test_several_outputs_add_up():
    x = leaf(1.0, 2.0)
    autograd.backward([x * 2, (x * x).sum()], [tg.ones(2).double(), None])
    assert x.grad.tolist() == [4, 6]


def test_a_gradient_must_have_its_tensors_shape_and_dtype():
    x = leaf(1.0, 2.0)
    x.grad = tg.ones(2).double()
    x.grad = None
    for error, value in [(TypeError, 1.0), (RuntimeError, tg.ones(3).double()),
                         (RuntimeError, tg.ones(2))]:
        with pytest.raises(error, match="grad: wants"):
            x.grad = value


# ── hooks ───────────────────────────────────────────────────────────────────────────────────────

def test_hooks_see_and_change_gradients():
    seen = []
    x = leaf(1.0, 2.0)
    y = x * 3
    first = y.register_hook(lambda g: seen.append(g.tolist()))
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    y.sum().backward(retain_graph=True)
    assert seen == [[1, 1]] and x.grad.tolist() == [31, 31]
    first.remove()
    assert grad(y.sum(), x)[0].tolist() == [31, 31] and len(seen) == 1


def test_hooks_in_higher_derivatives():
    x = leaf(2.0)
    y = x ** 3
    y.register_hook(lambda g: 2 * g)
    [g] = grad(y, x, create_graph=True)
    [h] = grad(g, x)
    assert g.item() == 24 and h.item() == 24


def test_hooks_after_accumulation_and_retained_gradients():
    x, seen = leaf(1.0, 2.0), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append(t.grad.tolist()))
    y = x * 2
    y.retain_grad()
    assert y.retains_grad and not x.retains_grad
    (y * y).sum().backward()
    assert seen == [[8, 16]] and y.grad.tolist() == [4, 8]
    with pytest.raises(RuntimeError, match="wants a leaf; this tensor was made by mul"):
        y.register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="register_hook: wants a tensor that requires grad"):
        tg.ones(1).register_hook(print)


# ── Function ────────────────────────────────────────────────────────────────────────────────────

class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        [y] = ctx.saved_tensors
        return g * y


class DivMod(Function):
    """Two results, an argument that is no tensor, saved operands; PyTorch's newer form."""

    @staticmethod
    def forward(a, b, scale):
        return a / b * scale, tg.floor(a / b)

    @staticmethod
    def setup_context(ctx, inputs, output):
        a, b, ctx.scale = inputs
        ctx.save_for_backward(a, b)
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, g, _):
        a, b = ctx.saved_tensors
        return g * ctx.scale / b, -g * ctx.scale * a / (b * b), None


def test_a_function_has_the_derivative_it_says_in_every_mode():
    x = tg.tensor([0.3, -1.0], dtype=tg.float64)
    assert check(Exp.apply, x)
    assert check(tg.func.grad(lambda x: Exp.apply(x).sum()), x)
    y, dy = tg.func.jvp(Exp.apply, (x,), (tg.ones_like(x),))
    np.testing.assert_allclose(dy, y)
    np.testing.assert_allclose(tg.func.jacrev(Exp.apply)(x), np.diag(np.exp(x)))


def test_a_function_with_several_results():
    a, b = leaf(7.0, 3.0), leaf(2.0, 4.0)
    q, r = DivMod.apply(a, b, 10)
    assert not r.requires_grad and r.tolist() == [3, 0]
    assert check(lambda a, b: DivMod.apply(a, b, 10)[0], a, b)
    q.sum().backward()
    assert a.grad.tolist() == [5, 2.5]


def test_functions_are_asked_once_and_only_if_needed():
    calls = []

    class Twice(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a + b, a - b

        @staticmethod
        def backward(ctx, g, h):
            calls.append((g.tolist(), h.tolist(), ctx.needs_input_grad))
            return g + h, g - h

    a = leaf(1.0)
    s, _ = Twice.apply(a, tg.ones(1).double())
    s.backward(tg.ones(1).double())
    assert calls == [([1], [0], (True, False))] and a.grad.item() == 1
    with tg.no_grad():
        assert not Twice.apply(a, a)[0].requires_grad


def test_functions_leave_no_cycles_behind():
    from weakref import ref
    gc.collect()
    gc.disable()
    try:
        y = Exp.apply(leaf(1.0))
        kept = ref(y)
        y.sum().backward()
        del y
        assert kept() is None
    finally:
        gc.enable()
    y = Exp.apply(leaf(1.0)).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_wrong_functions():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g, g

    class Short(Wrong):
        @staticmethod
        def backward(ctx, g):
            return g[:1]

    with pytest.raises(RuntimeError, match=r"Wrong.backward: .* each of the 1 arguments, got 2"):
        Wrong.apply(leaf(1.0)).backward()
    with pytest.raises(RuntimeError, match=r"Short.backward: .* argument 0 has shape \(1,\)"):
        Short.apply(leaf(1.0, 2.0)).sum().backward()
    with pytest.raises(NotImplementedError, match="forward"):
        Function.apply(leaf(1.0))


# ── modes ───────────────────────────────────────────────────────────────────────────────────────

def test_modes():
    x = leaf(1.0)
    with tg.set_grad_enabled(False):
        assert not (x * 2).requires_grad
    tg.set_grad_enabled(False)
    assert not tg.is_grad_enabled()
    tg.set_grad_enabled(True)
    with tg.inference_mode():
        assert not (x * 2).requires_grad

    @tg.set_grad_enabled(False)
    def f():
        return x * 2

    @tg.inference_mode()
    def g():
        return x * 2

    assert not f().requires_grad and not g().requires_grad and (x * 2).requires_grad


def test_modes_are_each_threads_own():
    seen = []
    with tg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(tg.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


# ── anomalies ───────────────────────────────────────────────────────────────────────────────────

def test_the_first_culprit_in_forward_order_is_named_with_its_line():
    x = leaf(1.0, 0.0)
    with detect_anomaly():
        y = x.log()  # the culprit
        z = (y * 0.5).exp() * y
        with pytest.raises(RuntimeError) as caught:
            (z * z).sum().backward()
    message = str(caught.value)
    assert "log, -inf at [1]" in message and "test_autograd.py" in message
    assert "y = x.log()  # the culprit" in message and "in test_the_first_culprit" in message


def test_a_gradient_that_is_not_finite_though_all_values_are():
    x = leaf(0.0)
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"all results are finite.*sqrt.*inf"):
        x.sqrt().backward()


def test_masks_of_infinity_are_no_anomaly():
    x = leaf(1.0, 2.0)
    with detect_anomaly():
        y = x.masked_fill(tg.tensor([True, False]), float("-inf")).softmax(0)
        (y * x).sum().backward()
    assert x.grad.tolist() == [0, 1]


# ── checkpoint ──────────────────────────────────────────────────────────────────────────────────

def test_checkpoint_computes_again_and_gives_the_same():
    calls = []
    w = leaf(0.5, 0.3)

    def f(x):
        calls.append(1)
        return (x * w).tanh().exp(), x * 2

    def run(call):
        x = leaf(1.0, 2.0)
        a, b = call(f, x)
        loss = (a * b).sum()
        return grad(loss, [x, w], create_graph=True)

    plain = run(lambda f, x: f(x))
    saved = run(checkpoint)
    assert len(calls) == 3
    for a, b in zip(plain, saved, strict=True):
        assert a.tolist() == b.tolist()
    second = [grad(g[0].sum(), w)[0].tolist() for g in (plain, saved)]
    assert second[0] == second[1]


def test_checkpoint_keeps_nothing_on_the_way():
    from weakref import ref
    kept = []

    def f(x):
        y = x.exp()
        kept.append(ref(y))
        return y.sin()

    y = checkpoint(f, leaf(1.0))
    assert kept[0]() is None
    y.backward()


# ── NumPy ───────────────────────────────────────────────────────────────────────────────────────

def test_numpy_functions_of_tensors_are_recorded():
    x = leaf(0.5, 1.5)
    y = (np.sum(np.exp(x) * np.array([1.0, 2.0])) + np.concatenate([x, x]).sum()
         + np.mean(np.arcsin(x / 2)))
    assert isinstance(y, tg.Tensor) and y.requires_grad
    y.backward()
    expected = np.exp([0.5, 1.5]) * [1, 2] + 2 + 0.5 / np.sqrt(4 - np.array([0.25, 2.25])) / 1
    np.testing.assert_allclose(x.grad, expected)


def test_arrays_and_tensors_mix_in_operators():
    x, a = leaf(1.0, 2.0), np.array([3.0, 4.0])
    for y in (a + x, x + a, a * x, a - x, a / x, x @ a, a @ x, a ** x, np.float64(2) * x):
        assert isinstance(y, tg.Tensor) and y.requires_grad
    for k in np.float32(2), np.int64(2):
        for y, z in (k + x, [3, 4]), (k - x, [1, 0]), (k * x, [2, 4]), (k / x, [2, 1]), (k**x, [2, 4]):
            assert y.dtype == x.dtype and y.requires_grad and y.tolist() == z
    assert isinstance(a < x, tg.Tensor) and (a > x).tolist() == [True, True]
    assert np.std(tg.tensor(a)).item() == 0.5 and np.max(x).item() == 2


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "mod", "matmul"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_the_operand_before_a_parameter_keeps_its_gradient(name, shape):
    """Compiled, a subclass on the right is asked first, for its reflected operator."""
    x, w = (tg.arange(1.0, 1 + np.prod(shape)).reshape(shape) / n for n in (4, 7))
    x.requires_grad_()
    grads = [tg.autograd.grad(getattr(operator, name)(x, right).sum(), x)[0]
             for right in (w, tg.nn.Parameter(w))]
    assert grads[0].abs().sum() > 0 and grads[0].tolist() == grads[1].tolist()


def test_what_has_no_counterpart_refuses_to_leave_the_graph():
    x = leaf(1.0, 2.0)
    for f in (np.fft.fft, np.spacing, np.add.reduce):
        with pytest.raises(TypeError, match=r"np\..* no counterpart .*detach"):
            f(x)
    assert np.fft.fft(x.detach()).tolist() == [3, -1]
    with pytest.raises(RuntimeError, match="detach"):
        np.asarray(x)
    with pytest.raises(RuntimeError, match="detach"):
        np.array([1.0]) + np.asarray(x)


def test_numpy_reads_tensors():
    x = tg.tensor([1.0, 2.0])
    assert np.asarray(x).base is x.array.base or np.shares_memory(np.asarray(x), x.array)
    assert np.asarray(x, "int64").dtype == np.int64 and np.array(x) is not x.array
    np.testing.assert_allclose(x, [1, 2])
    np.testing.assert_array_equal(x, x)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(x, [1, 3])


@pytest.mark.skipif(tg.tensors.__file__.endswith(".py") and sys.version_info < (3, 12),
                    reason="uncompiled, the buffer protocol is Python 3.12's")
def test_memory_is_shared_as_a_buffer():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    view = memoryview(x)
    assert view.shape == (2, 2) and view.format == "f"
    view[0, 1] = 9
    assert x.tolist() == [[1, 9], [3, 4]]
    with pytest.raises(BufferError, match="detach"):
        memoryview(leaf(1.0))


def test_memory_is_shared_by_dlpack():
    x = tg.tensor([1.0, 2.0])
    a = np.from_dlpack(x)
    a[0] = 5
    y = tg.from_dlpack(a)
    y[1] = 7
    assert x.tolist() == [5, 7]
    with pytest.raises(BufferError, match="detach"):
        np.from_dlpack(leaf(1.0))


def test_memory_is_shared_with_torch_by_dlpack():
    torch = pytest.importorskip("torch")
    x = tg.tensor([1.0, 2.0])
    t = torch.from_dlpack(x)
    t.mul_(2)
    y = tg.from_dlpack(torch.arange(3))
    assert x.tolist() == [2, 4] and y.tolist() == [0, 1, 2] and y.dtype == tg.int64


def test_leaves_are_copied_with_their_gradients():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    assert y.grad.tolist() == [2, 4] and y.grad is not x.grad and y.requires_grad
    assert pickle.loads(pickle.dumps(x)).tolist() == [1, 2]
