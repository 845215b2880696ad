"""Shapes without PyTorch beside them: derivatives of both orders, shared memory, errors."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import autograd
from tinygrad_pt.gradcheck import check

FUNCTIONS = {
    "flip": lambda x: x.flip(0, -1),
    "rot90": lambda x: x.rot90(3),
    "roll": lambda x: tg.roll(x, (1, -1), (0, 1)),
    "tile": lambda x: x.tile(2, 1, 3),
    "repeat_interleave": lambda x: x.repeat_interleave(2, 1),
    "repeat_interleave by tensor": lambda x: x.repeat_interleave(tg.tensor([2, 0, 1]), 1),
    "diagonal": lambda x: x.diagonal(1),
    "diag_embed": lambda x: x.diag_embed(-1, 0, 2),
    "tril": lambda x: x.tril(-1) + x.triu(),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "block_diag": lambda x: tg.block_diag(x, x[0]),
    "meshgrid": lambda x: tg.stack(tg.meshgrid(x[0], x[1], indexing="xy")),
    "combinations": lambda x: tg.combinations(x[0]),
    "split": lambda x: x.split([1, 2], 1)[1],
    "cat with an empty vector": lambda x: tg.cat([x, tg.zeros(0), x * x], 1),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name):
    """f(x)² has a second derivative, which f(x) itself, linear, has not."""
    def slope(x):
        x = x if x.requires_grad else x.detach().requires_grad_()
        with tg.enable_grad():  # the checker evaluates without
            return autograd.grad((FUNCTIONS[name](x) ** 2).sum(), x, create_graph=True)[0]

    x = tg.tensor(np.random.default_rng(0).normal(size=(2, 3)))
    for f in (FUNCTIONS[name], slope):
        report = check(f, x)
        assert report, report


VIEWS = {
    "view": lambda x: x.view(-1), "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:, :1].squeeze(), "t": lambda x: x.t(), "mT": lambda x: x.mT,
    "movedim": lambda x: x.movedim(0, 1), "expand": lambda x: x.expand(2, 4, 4),
    "broadcast_to": lambda x: tg.broadcast_to(x, (2, 4, 4)),
    "unflatten": lambda x: x.unflatten(0, (2, 2)), "narrow": lambda x: x.narrow(1, 1, 2),
    "select": lambda x: x.select(1, 2), "diagonal": lambda x: x.diagonal(),
    "unfold": lambda x: x.unfold(0, 2, 1), "split": lambda x: x.split(3)[1],
    "chunk": lambda x: x.chunk(2, 1)[1], "tensor_split": lambda x: x.tensor_split(3)[0],
    "unbind": lambda x: x.unbind(1)[0], "atleast_3d": tg.atleast_3d, "adjoint": tg.adjoint,
    "meshgrid": lambda x: tg.meshgrid(x[0], x[1])[1],
}
COPIES = {
    "flip": lambda x: x.flip(()), "rot90": lambda x: x.rot90(0), "roll": lambda x: x.roll(0),
    "repeat": lambda x: x.repeat(1, 1), "tile": lambda x: x.tile(()), "tril": lambda x: x.tril(9),
    "repeat_interleave": lambda x: x.repeat_interleave(1), "diag": lambda x: x.diag(),
    "cat": lambda x: tg.cat([x]), "stack": lambda x: tg.stack([x]), "combinations":
    lambda x: tg.combinations(x[0], 1), "block_diag": lambda x: tg.block_diag(x),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_share_memory(name):
    x = tg.ones(4, 4)
    y = VIEWS[name](x)
    assert np.shares_memory(x.array, y.array)
    if name not in ("expand", "broadcast_to", "meshgrid"):  # where one element stands in many places
        y.array[...] = 5
        assert 5 in x.array


@pytest.mark.parametrize("name", COPIES)
def test_copies_do_not(name):
    x = tg.ones(4, 4)
    y = COPIES[name](x)
    assert not np.shares_memory(x.array, y.array)
    y.array[...] = 5
    assert 5 not in x.array


def test_sizes_by_keyword():
    x = tg.ones(2, 3)
    assert tg.permute(x, dims=(1, 0)).shape == x.permute(dims=[1, 0]).shape == (3, 2)
    assert tg.reshape(input=x, shape=(3, 2)).shape == x.reshape(shape=(3, 2)).shape == (3, 2)
    assert tg.flip(x, dims=[1]).shape == (2, 3) and tg.tile(x, dims=(2,)).shape == (2, 6)
    assert x.expand(size=(4, 2, 3)).shape == (4, 2, 3) and x.repeat(repeats=(1, 2)).shape == (2, 6)


def test_errors():
    x, v = tg.zeros(2, 3), tg.zeros(3)
    for error, pattern, f in [
        (RuntimeError, r"view: shape \(6,\) is not compatible .*use reshape", lambda: x.T.view(-1)),
        (TypeError, r"view: .*float64; to change the dtype, use to", lambda: x.view(tg.float64)),
        (RuntimeError, r"view|reshape: shape \(4,\) .* 6 elements .*\(2, 3\)", lambda: x.view(4)),
        (RuntimeError, r"reshape: shape \(-2, -3\)", lambda: x.reshape(-2, -3)),
        (RuntimeError, r"unflatten: shape \(2, -1\) .* 3 elements", lambda: x.unflatten(1, (2, -1))),
        (RuntimeError, r"flatten: start_dim 1 comes after", lambda: x.flatten(1, 0)),
        (RuntimeError, r"mT: wants a matrix .*\(3,\)", lambda: v.mT),
        (RuntimeError, r"H: wants a matrix", lambda: x[None].H),
        (RuntimeError, r"diagonal: dimensions 0 and -2", lambda: x.diagonal(0, 0, -2)),
        (RuntimeError, r"diag: wants a vector", lambda: x[None].diag()),
        (RuntimeError, r"tril: .* 2 dimensions, got shape \(3,\)", lambda: v.tril()),
        (RuntimeError, r"rot90: .*\(0,\)", lambda: x.rot90(1, (0,))),
        (RuntimeError, r"unfold: no windows of 4 .*\(2, 3\)", lambda: x.unfold(1, 4, 1)),
        (RuntimeError, r"repeat: .*\(2, 3\)", lambda: x.repeat(2)),
        (RuntimeError, r"repeat_interleave: .*output_size is 5",
         lambda: v.repeat_interleave(tg.tensor([1, 1, 1]), 0, output_size=5)),
        (IndexError, r"narrow: start 4", lambda: v.narrow(0, 4, 0)),
        (RuntimeError, r"narrow: 3 elements from 1", lambda: v.narrow(0, 1, 3)),
        (RuntimeError, r"split: .*got 0", lambda: x.split(0)),
        (RuntimeError, r"split_with_sizes: .*\[1, 1\]", lambda: v.split([1, 1])),
        (RuntimeError, r"hsplit: dimension 1 .* no 2 equal parts", lambda: x.hsplit(2)),
        (IndexError, r"unbind: a 0-d tensor", lambda: tg.tensor(1.0).unbind()),
        (RuntimeError, r"stack: .*\(2, 3\), \(3,\)", lambda: tg.stack([x, v])),
        (RuntimeError, r"cat: tensor 1 is 0-d", lambda: tg.cat([v, tg.tensor(1.0)])),
        (RuntimeError, r"roll: shifts \(1,\) and dims \(0, 1\)", lambda: x.roll(1, (0, 1))),
        (RuntimeError, r"meshgrid: indexing is .*'yx'", lambda: tg.meshgrid(v, indexing="yx")),
        (RuntimeError, r"broadcast_shapes: \(2, 3\), \(2,\)",
         lambda: tg.broadcast_shapes((2, 3), (2,))),
    ]:
        with pytest.raises(error, match=pattern):
            f()
