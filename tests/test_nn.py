"""Modules, layers, losses and optimizers."""

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import nn, optim
from tinygrad_pt.gradcheck import check
from tinygrad_pt.nn import functional as F


def net():
    tg.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1), nn.Sigmoid())


XOR = (
    tg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    tg.tensor([[0.0], [1.0], [1.0], [0.0]]),
)


@pytest.mark.parametrize(
    "make",
    [
        lambda p: optim.SGD(p, lr=2.0, momentum=0.9),
        lambda p: optim.SGD(p, lr=1.0, momentum=0.9, nesterov=True),
        lambda p: optim.Adam(p, lr=0.05),
    ],
)
def test_a_net_learns_xor(make):
    model, loss = net(), nn.MSELoss()
    optimizer = make(model.parameters())
    for _ in range(400):
        optimizer.zero_grad()
        error = loss(model(XOR[0]), XOR[1])
        error.backward()
        optimizer.step()
    assert error.item() < 0.01


def test_modules_find_their_parameters():
    class Net(nn.Module):
        def __init__(self):
            self.a = nn.Linear(2, 3)
            self.b = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten())
            self.scale = nn.Parameter(np.ones(3, np.float32))
            self.shared = self.a

        def forward(self, x):
            return self.a(x) * self.scale

    model = Net()
    assert [n for n, _ in model.named_parameters()] == [
        "scale",
        "a.weight",
        "a.bias",
        "b.0.weight",
        "b.0.bias",
    ]
    assert model(tg.ones(4, 2)).shape == (4, 3)
    model.eval()
    assert not model.b[1].training and model.train().b[1].training
    assert repr(model.b) == (
        "Sequential(\n  (0): Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1))\n"
        "  (1): ReLU()\n  (2): Flatten(start_dim=1, end_dim=-1)\n)"
    )
    assert repr(model.a) == "Linear(in_features=2, out_features=3, bias=True)"
    assert model.double().a.weight.dtype == tg.float64


def test_state_is_loaded_whole_or_not_at_all():
    a, b = net(), net()
    with tg.no_grad():
        b[0].weight[...] = 0.0
    before = b.state_dict()["2.weight"].tolist()
    state = a.state_dict()
    for broken, error in [
        ({k: v for k, v in state.items() if k != "0.bias"}, RuntimeError),
        ({**state, "extra": state["0.bias"]}, RuntimeError),
        ({**state, "0.bias": tg.zeros(3)}, ValueError),
    ]:
        with pytest.raises(error, match=r"bias|extra"):
            b.load_state_dict(broken)
        assert b.state_dict()["2.weight"].tolist() == before and not b[0].weight.array.any()
    b.load_state_dict({k: v.numpy() for k, v in state.items()})
    assert b[0].weight.tolist() == a[0].weight.tolist() and b[0].weight.requires_grad


@pytest.mark.parametrize("kw", [{}, {"stride": 2, "padding": 1}, {"dilation": (2, 1), "groups": 2}])
def test_conv2d_gradients(kw):
    random = np.random.default_rng(0)
    x, w, b = (
        tg.tensor(random.normal(size=s))
        for s in [(2, 4, 6, 5), (2, 4 // kw.get("groups", 1), 3, 2), (2,)]
    )
    report = check(lambda x, w, b: F.conv2d(x, w, b, **kw), x, w, b)
    assert report, report
    assert F.conv2d(x[0], w, b, **kw).tolist() == F.conv2d(x[:1], w, b, **kw)[0].tolist()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses(reduction):
    x = tg.tensor(np.random.default_rng(0).normal(size=(4, 3)))
    target = tg.tensor([0, 2, 1, 1])
    for f in (
        lambda x: F.cross_entropy(x, target, reduction=reduction),
        lambda x: F.mse_loss(x, x.detach() * 0 + 1, reduction=reduction),
    ):
        report = check(f, x)
        assert report, report
    assert F.cross_entropy(tg.tensor([[1000.0, 0.0]]), tg.tensor([0])).item() == 0


def test_errors():
    images, filters = tg.zeros(1, 2, 4, 4), tg.zeros(3, 2, 3, 3)
    for error, pattern, f in [
        (
            ValueError,
            r"conv2d: 2 channels in 1 groups .*\(3, 1, 3, 3\)",
            lambda: F.conv2d(images, filters[:, :1]),
        ),
        (
            ValueError,
            r"conv2d: filters \(3, 3\) with dilation \(2, 2\)",
            lambda: F.conv2d(images, filters, dilation=2),
        ),
        (
            ValueError,
            r"conv2d: stride is an integer of at least 1",
            lambda: F.conv2d(images, filters, stride=0),
        ),
        (ValueError, r"conv2d: wants images \(N, C, H, W\)", lambda: F.conv2d(images[0, 0], filters)),
        (
            ValueError,
            r"cross_entropy: wants scores \(N, C\)",
            lambda: F.cross_entropy(tg.zeros(2, 3), tg.zeros(3)),
        ),
        (
            IndexError,
            r"targets lie in 0 … 2, got 0 … 3",
            lambda: F.cross_entropy(tg.zeros(2, 3), tg.tensor([0, 3])),
        ),
        (RuntimeError, r"targets are integers", lambda: F.cross_entropy(tg.zeros(2, 3), tg.zeros(2))),
        (ValueError, r"mse_loss: x has shape \(2,\)", lambda: F.mse_loss(tg.zeros(2), tg.zeros(3))),
        (
            ValueError,
            r"reduction is 'mean'",
            lambda: F.mse_loss(tg.zeros(2), tg.zeros(2), reduction="max"),
        ),
        (TypeError, r"Sequential: wants Modules, got .*function", lambda: nn.Sequential(tg.relu)),
        (NotImplementedError, "Module has no forward", lambda: nn.Module()(1)),
        (ValueError, "SGD: got no parameters", lambda: optim.SGD([])),
        (
            ValueError,
            "Adam: wants leaf Tensors",
            lambda: optim.Adam([tg.ones(1, requires_grad=True) * 2]),
        ),
    ]:
        with pytest.raises(error, match=pattern):
            f()
