"""save and load: what went in comes out; files of and for other libraries; files that are refused."""

import io
import json
import math
import os
import pickle
import sys
from collections import OrderedDict

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import nn, optim
from tinygrad_pt.files import DataError
from tinygrad_pt.models import MissingExtra

safetensors = pytest.importorskip("safetensors", reason="saving needs safetensors")
from safetensors.numpy import load_file, save_file  # noqa: E402


def same(a, b):
    """Whether two objects are equal, of the same types and, within tensors, dtypes."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tg.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and a.requires_grad == b.requires_grad \
            and np.array_equal(a.detach().numpy(), b.detach().numpy(), equal_nan=a.dtype.kind == "f")
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b or (a != a and b != b)


def roundtrip(obj):
    file = io.BytesIO()
    tg.save(obj, file)
    file.seek(0)
    return tg.load(file)


@pytest.mark.parametrize("obj", [
    *(tg.ones(2, 3, dtype=d) for d in tg.dtypes.SUPPORTED), tg.tensor(3.5), tg.zeros(0, 4),
    tg.arange(12.0).reshape(3, 4).t()[1:, ::2], tg.tensor([math.nan, math.inf]),
    tg.ones(2, requires_grad=True), np.arange(3), np.float32(0.1), 3, 2.5, -math.inf, math.nan, None,
    True, "text ü", [], {}, (), [1, [2.0, ("a", None)]], {1: "a", "1": "b", (2, 3): {4}, None: []},
    OrderedDict([("b", tg.ones(1)), ("a", tg.zeros(2))]), {"x": tg.float64, "d": tg.device("cpu")},
    {"a": {"b": tg.ones(1)}, "a.b": tg.zeros(1), "tensor": tg.ones(3)}, tg.ones(2, 3).shape,
], ids=lambda o: str(o)[:40])
def test_what_goes_in_comes_out(obj):
    assert same(roundtrip(obj), obj)


def net():
    tg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def steps(model, optimizer, scheduler, n):
    x = tg.linspace(-1, 1, 15).reshape(5, 3)
    for _ in range(n):
        optimizer.zero_grad()
        ((model(x) - x.sum(1, keepdim=True)) ** 2).mean().backward()
        optimizer.step()
        scheduler.step()
    return [p.tolist() for p in model.parameters()]


@pytest.mark.parametrize("make", [
    lambda p: optim.Adam(p, lr=0.01, amsgrad=True), lambda p: optim.SGD(p, lr=0.01, momentum=0.9),
    lambda p: optim.ASGD(p)])
def test_training_goes_on_from_a_checkpoint(tmp_path, make):
    model = net()
    optimizer = make(model.parameters())
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, [3, 8], 0.5)
    steps(model, optimizer, scheduler, 5)
    path = tmp_path / "checkpoint.pt"
    tg.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 5,
             "scheduler": scheduler.state_dict(), "rng": tg.get_rng_state()}, path)
    expected = steps(model, optimizer, scheduler, 5)

    checkpoint, model = tg.load(path, map_location="cpu", weights_only=True), net()
    optimizer = make(model.parameters())
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, [3, 8], 0.5)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    scheduler.load_state_dict(checkpoint["scheduler"])
    tg.set_rng_state(checkpoint["rng"])
    assert checkpoint["epoch"] == 5
    assert steps(model, optimizer, scheduler, 5) == expected


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.layers = nn.Embedding(7, 4), nn.Sequential(nn.Linear(4, 4))
        self.block = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
        self.out = nn.Linear(4, 7, bias=False)
        self.out.weight = self.embedding.weight
        self.register_buffer("scale", tg.full((4,), 0.5), persistent=False)

    def forward(self, i):
        return self.out(self.layers(self.block(self.embedding(i)) * self.scale))


def test_a_whole_module(tmp_path):
    model = Tied().eval()
    model.layers[0].bias.requires_grad_(False)
    tg.save({"model": model, "epoch": 3}, tmp_path / "model.pt")
    found = tg.load(tmp_path / "model.pt")["model"]
    i = tg.tensor([[1, 2, 6]])
    assert repr(found) == repr(model) and found(i).tolist() == model(i).tolist()
    assert found.out.weight is found.embedding.weight
    assert list(found.state_dict()) == list(model.state_dict()) and not found.training
    assert [p.requires_grad for p in found.layers.parameters()] == [True, False]
    assert "model.embedding.weight" in load_file(tmp_path / "model.pt")
    found.train()(i).sum().backward()
    assert found.out.weight.grad is not None and model.out.weight.grad is None


@pytest.mark.parametrize("name", ["nowhere:Net", "builtins:print", "os:system", "builtins:dict"])
@pytest.mark.parametrize("kind", ["Module", "function"])
def test_a_file_names_no_code_but_modules(tmp_path, kind, name):
    save_file({}, tmp_path / "x", metadata={"tinygrad_pt": json.dumps([kind, name, []])})
    with pytest.raises(DataError, match=name):
        tg.load(tmp_path / "x")


def test_a_state_dict_is_an_ordinary_safetensors_file(tmp_path):
    state = net().state_dict()
    tg.save(state, tmp_path / "a.safetensors")
    arrays = load_file(tmp_path / "a.safetensors")
    assert arrays.keys() == state.keys()
    assert all(np.array_equal(arrays[k], state[k].numpy()) for k in state)
    save_file(arrays, tmp_path / "b.safetensors")
    found = tg.load(tmp_path / "b.safetensors")
    assert all(same(found[k], state[k]) for k in state)
    found["0.bias"][0] = 7.0  # memory of its own, that may be written
    net().load_state_dict(found)


def test_weights_of_torch_load_here_and_the_reverse(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours = net()
    ours.load_state_dict(tg.load(tmp_path / "theirs.safetensors"))
    x = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_allclose(ours(tg.tensor(x)).detach().numpy(),
                               theirs(torch.tensor(x)).detach().numpy(), rtol=1e-5)
    tg.save(net().state_dict(), tmp_path / "ours.safetensors")
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    np.testing.assert_allclose(net()(tg.tensor(x)).detach().numpy(),
                               theirs(torch.tensor(x)).detach().numpy(), rtol=1e-5)
    half = torch.randn(5, dtype=torch.bfloat16)
    save_file({"half": half}, tmp_path / "half.safetensors")
    found = tg.load(tmp_path / "half.safetensors")["half"]
    assert found.dtype == tg.float32 and found.tolist() == half.tolist()


def test_pickles_are_refused_and_nothing_of_them_is_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    zipped = b"PK\x03\x04" + pickle.dumps(Bomb())
    for content in (zipped, pickle.dumps(Bomb()), pickle.dumps(Bomb(), protocol=2)):
        (tmp_path / "model.pt").write_bytes(content)
        with pytest.raises(DataError, match=r"model.pt is a pickle.*any code(.|\n)*safetensors.torch"):
            tg.load(tmp_path / "model.pt")
        with pytest.raises(DataError, match="is a pickle"):
            tg.load(io.BytesIO(content))
    assert not (tmp_path / "run").exists()


def test_a_file_of_torch_is_refused(tmp_path):
    torch = pytest.importorskip("torch")
    for kw in ({}, {"_use_new_zipfile_serialization": False}):
        torch.save({"w": torch.ones(2)}, tmp_path / "model.pt", **kw)
        with pytest.raises(DataError, match="is a pickle"):
            tg.load(tmp_path / "model.pt")


@pytest.mark.parametrize("content", [b"", b"text", b"\x08" + b"\0" * 7 + b"{}      garbage",
                                     b"\xff" * 40])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(DataError, match="not a safetensors file"):
        tg.load(tmp_path / "x")


def test_a_damaged_file_is_refused(tmp_path):
    tg.save(net().state_dict(), tmp_path / "x")
    content = (tmp_path / "x").read_bytes()
    for n in range(0, len(content), 7):
        (tmp_path / "y").write_bytes(content[:n])
        with pytest.raises(DataError):
            tg.load(tmp_path / "y")
    with pytest.raises(FileNotFoundError):
        tg.load(tmp_path / "z")


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "model.pt"
    tg.save({"epoch": 1}, path)
    with pytest.raises(TypeError):
        tg.save({"epoch": 2, "f": print}, path)

    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        tg.save({"epoch": 2}, path)
    assert tg.load(path) == {"epoch": 1} and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("obj, says", [
    (optim.SGD(net().parameters()), r"a SGD; save its state_dict\(\)"),
    ({"a": [1, print]}, r"builtin_function.* at a\.1"),
    (np.array(["text"]), "<U4"), (1j, "complex"), (b"bytes", "bytes")])
def test_what_cannot_be_written_is_named(obj, says):
    with pytest.raises(TypeError, match=says):
        tg.save(obj, io.BytesIO())


def test_there_is_one_device(tmp_path):
    tg.save(tg.ones(2), tmp_path / "x")
    assert tg.load(tmp_path / "x", map_location=tg.device("cpu")).tolist() == [1, 1]
    assert tg.load(tmp_path / "x", map_location=lambda storage, location: storage).tolist() == [1, 1]
    with pytest.raises(RuntimeError, match="cuda"):
        tg.load(tmp_path / "x", map_location="cuda:0")


def test_the_extra_is_named_where_it_is_missing(tmp_path, monkeypatch):
    tg.save(tg.ones(2), tmp_path / "x")
    for name in ("safetensors", "safetensors.numpy"):
        monkeypatch.setitem(sys.modules, name, None)
    for call in (lambda: tg.save(tg.ones(2), tmp_path / "y"), lambda: tg.load(tmp_path / "x")):
        with pytest.raises(MissingExtra, match=r"safetensors.*pip install 'tinygrad_pt\[train\]'"):
            call()
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]
