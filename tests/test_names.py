"""The places where PyTorch keeps things, what stands in for what is not here, and what says so."""

import subprocess
import sys
from importlib import import_module

import pytest

import tinygrad_pt as tg
from tinygrad_pt import absent, places

try:
    import torch
except ImportError:
    torch = None


@pytest.mark.parametrize("path", [*places.HOMES, *filter(None, places.MODULES)])
def test_paths_are_imported_and_read(path):
    module = import_module(f"tinygrad_pt.{path}")
    found = tg
    for part in path.split("."):
        found = getattr(found, part)
    assert found is module
    if path in places.HOMES and torch is not None:
        theirs = import_module(f"torch.{path}")
        package = path.partition(".")[0]
        names = [n for n in theirs.__all__ if not absent.instead(f"{package}.{n}")]
        lacking = {n for n in names if not hasattr(module, n)}
        assert lacking <= {"CTCLoss", "VariableMeta", "register_kl"}


def test_programs_import_from_where_pytorch_keeps_things():
    run = subprocess.run([sys.executable, "-c", """
from tinygrad_pt.nn.modules.utils import _pair, _single, consume_prefix_in_state_dict_if_present
from tinygrad_pt.nn.modules.batchnorm import _BatchNorm
from tinygrad_pt.nn.modules.conv import _ConvNd
from tinygrad_pt.nn.modules import Module, MSELoss, LSTM
from tinygrad_pt.nn.modules.linear import NonDynamicallyQuantizableLinear
from tinygrad_pt.utils.data.sampler import Sampler
from tinygrad_pt.distributed import init_process_group
from tinygrad_pt import nn, utils
assert isinstance(nn.BatchNorm2d(2), _BatchNorm) and isinstance(nn.Conv2d(1, 1, 1), _ConvNd)
assert nn.modules.loss.MSELoss is nn.MSELoss and utils.data.sampler.Sampler is Sampler
assert nn.modules.rnn.LSTM is nn.LSTM is LSTM and _pair(2) == (2, 2) and _pair([1, 2]) == (1, 2)
state = {"module.a": 1, "b": 2}
consume_prefix_in_state_dict_if_present(state, "module.")
assert state == {"a": 1, "b": 2}
"""], capture_output=True, text=True)
    assert not run.returncode, run.stderr


@pytest.mark.parametrize("name, hint", [
    ("complex64", "real numbers"), ("sparse.spdiags", "dense"), ("fft.fft", "numpy.fft"),
    ("lu", "linalg"),
    ("quantization.quantize_dynamic", "float32"), ("nn.SyncBatchNorm", "BatchNorm2d"),
    ("optim.SparseAdam", "dense"), ("linalg.eig", "numpy.linalg.eig"), ("hub.list", "safetensors"),
    ("jit.freeze", "state_dict"), ("nonsense", ""), ("nn.functional.nonsense", ""),
    ("utils.data.nonsense", "")])
def test_what_is_absent_says_what_to_use(name, hint):
    module, _, last = name.rpartition(".")
    module = import_module(f"tinygrad_pt.{module}".rstrip("."))
    with pytest.raises(AttributeError, match=last) as error:
        getattr(module, last)
    assert (f"; use {absent.instead(name)}" in str(error.value)) == bool(hint)
    assert hint in absent.instead(name)


def test_names_are_absent_here_and_nowhere_else():
    def has(m, name):
        for part in name.split("."):
            try:
                m = getattr(m, part)
            except (AttributeError, ImportError):
                return False
        return True

    modules = {name for name in absent.INSTEAD if name in {*places.HOMES, *places.MODULES}}
    assert [n for n in absent.INSTEAD if n not in modules and has(tg, n)] == []


def test_what_would_do_something_elsewhere_refuses():
    for call in (lambda: tg.distributed.init_process_group("gloo"), lambda: tg.jit.save(None, "x"),
                 lambda: tg.onnx.export(None), lambda: tg.utils.model_zoo.load_url("http://a/b")):
        with pytest.raises(RuntimeError, match="does not exist here; use"):
            call()


PROGRAM = """
import {m} as torch
import {m}.nn as nn
from {m}.autograd.variable import Variable
from {m}.distributions.normal import Normal
from {m}.hub import load_state_dict_from_url
print(nn.modules.activation.MultiheadAttention is nn.MultiheadAttention, Normal(0.0, 2.0).stddev)
net = nn.DataParallel(nn.Linear(2, 1))
print(net, list(net.state_dict()), net(torch.ones(3, 2)).shape)
i, v = torch.tensor([[0, 1, 1, 0], [2, 0, 0, 1]]), torch.tensor([1., 2., 3., 4.], requires_grad=True)
x = torch.arange(6.0).reshape(3, 2).requires_grad_()
y = torch.spmm(torch.sparse_coo_tensor(i, v, (2, 3)).coalesce(), x)
(y * y).sum().backward()
print(y.detach(), v.grad, x.grad, torch.sparse_coo_tensor([[0, 1]], torch.ones(2, 3)).to_dense())
print(torch.sparse.mm(torch.eye(3).to_sparse(), x.detach()))
print(torch.sparse_coo_tensor(i.numpy(), torch.ones(4), (2, 3), dtype=torch.int64).to_dense())
print(torch.sparse.FloatTensor(i, v.detach(), torch.Size([3, 3])).to_dense())
print(x.is_cuda, x.is_xpu, x.is_mps, x.is_sparse)
"""


def test_one_device_and_one_layout_of_memory(printed):
    ours = printed(PROGRAM.format(m="tinygrad_pt"))
    assert ours.startswith("True tensor(2.)\nDataParallel(")
    if torch is not None:
        assert ours == printed(PROGRAM.format(m="torch"))


def test_what_can_be_left_out_does_nothing():
    @tg.jit.script
    def f(x):
        return x * 2

    with tg.profiler.profile(activities=[tg.profiler.ProfilerActivity.CPU]) as p, \
            tg.profiler.record_function("twice"), tg.autocast("cpu", enabled=False):
        assert tg.jit.trace(f, tg.ones(1))(3) == 6
        p.step()
    assert "cProfile" in p.key_averages().table(sort_by="cpu_time_total")
    assert tg.version.cuda is None and not tg.distributed.is_available()
    tg.set_float32_matmul_precision("high")
    assert tg.get_float32_matmul_precision() == "high"
    tg.use_deterministic_algorithms(True)
    assert tg.are_deterministic_algorithms_enabled() and tg.get_num_threads() >= 1
    tg.set_default_device("cpu")
    with pytest.raises(RuntimeError, match="cuda"):
        tg.set_default_device("cuda")
    with pytest.raises(ValueError, match="highest"):
        tg.set_float32_matmul_precision("best")


def test_functions_in_place_are_functions_too():
    x = tg.tensor([-1.0, 2.0])
    assert tg.relu_(x) is x and x.tolist() == [0, 2]
    assert tg.nn.functional.elu_(x - 3, 0.5).tolist()[1] == pytest.approx(0.5 * (2.718281828 ** -1 - 1))
    assert tg.zero_(x).tolist() == [0, 0]


def test_assert_close():
    close, x = tg.testing.assert_close, tg.ones(2)
    close({"a": [x, 1.0]}, {"a": [x + 1e-6, 1.0]})
    close(x, x.double(), check_dtype=False)
    close(x * float("nan"), x * float("nan"), equal_nan=True)
    for other, why in ((x + 1e-3, "2 of 2 elements differ, by up to 0.001"), (x.double(), "dtypes"),
                       (tg.ones(3), "shapes")):
        with pytest.raises(AssertionError, match=why):
            close(x, other)
    with pytest.raises(AssertionError, match=r"assert_close: \['a'\]\[0\]: 1 of 1"):
        close({"a": [1.0]}, {"a": [2.0]})
    with pytest.raises(ValueError, match="rtol and atol"):
        close(x, x, rtol=0.1)
