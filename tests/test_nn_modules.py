"""Modules: the registry, hooks, state, containers; beside PyTorch's where that is installed."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import nn
from tinygrad_pt.gradcheck import check
from tinygrad_pt.nn import functional as F

try:
    import torch
except ImportError:
    torch = None

# ── Module itself: small programs that say the same in either library ───────────────────────────

def net(m):
    class Net(m.nn.Module):
        def __init__(self):
            super().__init__()
            self.a = m.nn.Linear(2, 3)
            self.register_buffer("seen", m.zeros(2))
            self.register_buffer("hidden", m.ones(1), persistent=False)
            self.scale = m.nn.Parameter(m.ones(3))
            self.inner = m.nn.Sequential(m.nn.Linear(3, 3), m.nn.BatchNorm1d(3))
            self.shared = self.a
            self.none = None
            self.register_parameter("later", None)

        def forward(self, x, times=1):
            return self.inner(self.a(x) * self.scale) * times

    m.manual_seed(0)
    return Net()


def error(f):
    """What f raises."""
    try:
        f()
    except Exception as e:
        return e
    return None


def names(m):
    n = net(m)
    yield [k for k, _ in n.named_parameters()], [k for k, _ in n.named_buffers()]
    yield [k for k, _ in n.named_modules()], [k for k, _ in n.named_children()]
    yield [k for k, _ in n.named_parameters("p", recurse=False)]
    yield [k for k, _ in n.named_parameters(remove_duplicate=False)]
    yield [k for k, _ in n.named_modules(prefix="q", remove_duplicate=False)]
    yield len(list(n.parameters())), len(list(n.modules())), len(list(n.children()))
    yield list(n.state_dict()), list(n.state_dict(prefix="x."))
    yield repr(n), n.training, type(n.state_dict()).__name__
    yield n.get_parameter("inner.0.weight") is n.inner[0].weight, n.get_buffer("seen") is n.seen
    yield n.get_submodule("inner.1") is n.inner[1], n.get_submodule("") is n
    for wrong in ("inner.5", "nothing", "inner.0.weight"):
        yield error(lambda wrong=wrong: n.get_submodule(wrong))
    yield error(lambda: n.get_parameter("seen")), error(lambda: n.get_buffer("a.weight"))
    yield error(lambda: n.unknown), hasattr(n, "later"), n.later, "a" in dir(n), "scale" in dir(n)


def attributes(m):
    n = net(m)
    n.later = m.nn.Parameter(m.zeros(1))
    yield [k for k, _ in n.named_parameters()]
    del n.scale, n.shared
    yield [k for k, _ in n.named_parameters()], hasattr(n, "scale")
    n.later = None
    n.scale = 3
    n.inner = None
    yield list(n.state_dict()), n.scale, n.inner, repr(n)
    n.seen = m.ones(4)
    n.a.bias = None
    yield list(n.state_dict()), n.seen.shape, repr(n.a)
    n.seen = m.nn.Parameter(m.ones(4))
    yield list(n.state_dict()), [k for k, _ in n.named_buffers()]
    n.scale = m.nn.Parameter(m.ones(4))
    yield list(n.state_dict()), "scale" in n.__dict__
    yield error(lambda: setattr(n.a, "weight", m.ones(2))), error(lambda: setattr(n, "a", 5))
    yield error(lambda: n.register_parameter("training", m.nn.Parameter(m.ones(1))))
    yield error(lambda: n.register_parameter("x.y", m.nn.Parameter(m.ones(1))))
    yield error(lambda: n.register_parameter("", None)), error(lambda: n.register_parameter("q", 5))
    yield error(lambda: n.register_parameter("q", m.ones(1))), error(lambda: n.register_buffer("q", 1))
    yield error(lambda: n.register_buffer("a", m.ones(1))), error(lambda: n.add_module("q", 1))
    yield error(lambda: n.add_module("forward", m.nn.Tanh()))
    yield error(lambda: n.add_module(3, m.nn.Tanh()))
    yield error(lambda: m.nn.Module()(1)), error(lambda: m.nn.Linear(2)), error(lambda: m.nn.Tanh(1))
    n.buffer = m.nn.Buffer(m.ones(2))
    n.add_module("m", None)
    yield list(n.state_dict()), [k for k, _ in n.named_children()]


def modes(m):
    n = net(m)
    n.eval()
    yield [x.training for x in n.modules()]
    n.train()
    n.inner.train(False)
    yield [x.training for x in n.modules()]
    n.requires_grad_(False)
    yield [p.requires_grad for p in n.parameters()]
    n.requires_grad_()
    order = []
    yield n.apply(lambda x: order.append(type(x).__name__)) is n, order
    n(m.ones(4, 2)).sum().backward()
    n.zero_grad(set_to_none=False)
    yield [p.grad.abs().sum().item() for p in n.parameters()]
    n.zero_grad()
    yield [p.grad for p in n.parameters()]
    yield error(lambda: n.train("yes"))


def dtypes(m):
    n = net(m)
    n(m.ones(4, 2)).sum().backward()
    parameters = list(n.parameters())
    for change in (lambda: n.double(), lambda: n.float(), lambda: n.half(), lambda: n.to(m.float64),
                   lambda: n.to("cpu", m.float32), lambda: n.to(device="cpu"), lambda: n.cpu(),
                   lambda: n.to(m.ones(1).double()), lambda: n.type(m.float32)):
        yield change() is n
        yield [str(x.dtype)[-5:] for x in n.state_dict().values()]
        yield [p is q and p.requires_grad and p.is_leaf for p, q in zip(parameters, n.parameters(),
                                                                       strict=True)]
        yield [str(p.grad.dtype)[-5:] for p in parameters]
    yield error(lambda: n.to(m.int64)), error(lambda: n.to("nowhere"))


def states(m):
    a, b = net(m), net(m)
    with m.no_grad():
        for x in b.state_dict().values():
            x.fill_(7)
    yield [x.tolist() for x in b.parameters()]
    yield repr(b.load_state_dict(a.state_dict()))
    yield [x.tolist() for x in b.state_dict().values()]
    yield [x.requires_grad for x in b.state_dict().values()]
    yield [x.requires_grad for x in b.state_dict(keep_vars=True).values()]
    state = a.state_dict()
    state["more"] = state.pop("seen")
    state["odd"] = m.ones(1)
    yield error(lambda: b.load_state_dict(state)), error(lambda: b.load_state_dict(5))
    yield tuple(b.load_state_dict(state, strict=False))
    state["scale"] = m.ones(2)
    try:
        b.load_state_dict(state)
    except RuntimeError as e:
        yield str(e)
    yield error(lambda: b.load_state_dict(state, strict=False))
    mine = {k: v.double() for k, v in a.state_dict().items()}
    b.load_state_dict(mine)
    yield [str(x.dtype)[-5:] for x in b.state_dict().values()]
    b.load_state_dict(mine, assign=True)
    yield [str(x.dtype)[-5:] for x in b.state_dict().values()]
    yield [p.requires_grad for p in b.parameters()]
    yield b.a.weight is b.shared.weight


def hooks(m):
    n, x = net(m), m.ones(4, 2).requires_grad_()
    log = []
    say = lambda text: lambda *args: log.append(  # noqa: E731
        (text, [[None if y is None else tuple(y.shape) for y in a] if isinstance(a, tuple)
                else tuple(a.shape) for a in args[1:]]))
    handles = [n.register_forward_hook(say("after")), n.register_forward_pre_hook(say("before")),
               n.a.register_full_backward_hook(say("backward")),
               n.register_full_backward_hook(say("all")),
               n.inner.register_full_backward_pre_hook(say("pre")),
               n.register_forward_hook(say("first"), prepend=True)]
    n(x).sum().backward()
    yield list(log)
    log.clear()
    for handle in handles:
        handle.remove()
    n(x)
    yield list(log), x.grad.tolist()
    layer = m.nn.Linear(2, 2, bias=False)
    m.nn.init.eye_(layer.weight)
    x = m.ones(1, 2).requires_grad_()
    with layer.register_forward_pre_hook(lambda layer, args: (args[0] * 2,)):
        yield layer(x).tolist()
    with layer.register_forward_pre_hook(lambda layer, args: args[0] * 3):
        yield layer(x).tolist()
    with layer.register_forward_pre_hook(lambda layer, a, kw: (a, {"input": x * 4}), with_kwargs=True):
        yield layer(input=x).tolist()
    with layer.register_forward_hook(lambda layer, args, y: y * 5):
        yield layer(x).tolist()
    with layer.register_forward_hook(lambda layer, args, kw, y: y + len(kw), with_kwargs=True):
        yield layer(x).tolist()
    with layer.register_full_backward_hook(lambda layer, gi, go: (gi[0] * 10,)):
        layer(x).sum().backward()
        yield x.grad.tolist(), layer.weight.grad.tolist()
    x.grad = layer.weight.grad = None
    with layer.register_full_backward_pre_hook(lambda layer, go: (go[0] * 10,)):
        layer(x).sum().backward()
        yield x.grad.tolist(), layer.weight.grad.tolist()
    with layer.register_full_backward_hook(lambda layer, gi, go: log.append((gi, go[0].tolist()))):
        layer(x.detach()).sum().backward()
        yield list(log)
    called = []
    layer.register_forward_hook(lambda *args: called.append(args[-1]), always_call=True)
    yield error(lambda: layer(m.ones(3))), list(called)
    yield layer(x).tolist(), len(called)


def copies(m):
    n = net(m)
    n(m.ones(4, 2)).sum().backward()
    for other in (copy.deepcopy(n), copy.deepcopy(n.inner)):
        yield repr(other), [p.requires_grad for p in other.parameters()]
        yield [p.grad is None for p in other.parameters()]
    other = copy.deepcopy(n)
    yield other.a is other.shared, other.a.weight is not n.a.weight
    with m.no_grad():
        other.a.weight.zero_()
    yield n.a.weight.abs().sum().item() > 0
    layers = m.nn.ModuleList([copy.deepcopy(n.inner) for _ in range(3)])
    yield len({id(p) for p in layers.parameters()}), repr(layers)
    again = pickle.loads(pickle.dumps(n.inner))
    yield repr(again), [x.tolist() for x in again.state_dict().values()]


def tied(m):
    n = net(m)
    n.inner[0].weight = n.other = m.nn.Parameter(m.eye(3))
    yield [k for k, _ in n.named_parameters()], list(n.state_dict())
    n(m.ones(4, 2)).sum().backward()
    yield n.other.grad is n.inner[0].weight.grad
    yield len(list(n.parameters()))


def containers(m):
    nn = m.nn
    s = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2))
    yield repr(s[1:]), repr(s[-1]), len(s), [type(x).__name__ for x in s], repr(s[:0])
    s.append(nn.ReLU()).extend([nn.Sigmoid()])
    s.insert(1, nn.Identity())
    yield repr(s), list(s.state_dict())
    del s[1]
    s[0] = nn.Linear(5, 3)
    del s[3:]
    yield repr(s), type(s.pop(1)).__name__, repr(s + nn.Sequential(nn.Tanh()))
    yield repr(nn.Sequential(nn.Tanh()) * 2)
    yield error(lambda: s[7]), error(lambda: nn.Sequential(3)), error(lambda: s["0"])
    yield error(lambda: s.insert(9, nn.Tanh())), error(lambda: s + 3)
    o = nn.Sequential(OrderedDict([("fc", nn.Linear(2, 2)), ("act", nn.Tanh())]))
    yield repr(o), repr(o[1:]), list(o.state_dict()), o.fc is o[0]
    del o[0]
    yield repr(o)
    s = nn.Sequential()
    s.add_module("x", nn.Tanh())
    s += nn.Sequential(nn.ReLU())
    yield repr(s)
    items = nn.ModuleList([nn.Linear(i + 1, 2) for i in range(4)])
    yield len(items), repr(items[1:3]), repr(items[-1]), items[0] in items, nn.Tanh() in items
    items += [nn.Tanh()]
    items.insert(0, nn.ReLU())
    items.extend(nn.Sequential(nn.Sigmoid()))
    yield repr(items.pop(-1)), repr(items + nn.ModuleList([nn.Tanh()])), list(items.state_dict())
    del items[1]
    items[0] = nn.Identity()
    yield repr(items), error(lambda: items[9])
    yield error(lambda: items.append(3)), error(lambda: items.extend(3))
    yield error(lambda: items(1))
    d = nn.ModuleDict({"a": nn.Tanh(), "b": nn.ReLU()})
    d["c"] = nn.Linear(2, 2)
    d.update([("e", nn.Sigmoid())])
    yield repr(d), list(d), len(d), list(d.keys()), "a" in d
    yield repr(d.pop("a")), [k for k, _ in d.items()]
    yield [type(v).__name__ for v in d.values()], error(lambda: d["q"]), error(lambda: d.update(3))
    yield error(lambda: d.update({"x": 3})), d.c is d["c"]
    del d["b"]
    yield repr(d), [k for k, _ in d.named_parameters()]
    d.clear()
    yield len(d), repr(d)
    p = nn.ParameterList([nn.Parameter(m.ones(2)) for _ in range(3)])
    p.append(m.zeros(3))
    p += [nn.Parameter(m.zeros(1))]
    p[0] = nn.Parameter(m.ones(4))
    yield len(p), [k for k, _ in p.named_parameters()], [tuple(x.shape) for x in p], type(p[3]).__name__
    yield repr(p), len(p[1:3]), list(p.state_dict()), error(lambda: p[8]), error(lambda: p.extend(3))
    q = nn.ParameterDict({"w": m.ones(2)})
    q["v"] = nn.Parameter(m.zeros(2, 2))
    yield repr(q), list(q.keys()), "w" in q, len(q), q.w is q["w"], [k for k, _ in q.items()]
    yield tuple(q.pop("w").shape), [k for k, _ in q.named_parameters()], q.get("nothing")


def lazy(m):
    nn = m.nn
    m.manual_seed(0)
    n = nn.Sequential(nn.LazyConv2d(3, 2), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))
    yield repr(n)
    first = n[0].weight
    y = n(m.ones(2, 1, 3, 3))
    yield repr(n), n[0].weight is first, type(n[3]).__name__, n[3].in_features, tuple(y.shape)
    yield [(k, tuple(v.shape)) for k, v in n.state_dict().items()]
    y.sum().backward()
    yield [p.grad is not None for p in n.parameters()], type(n[3].weight).__name__


def embeddings(m):
    nn = m.nn
    weight = m.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    e = nn.Embedding.from_pretrained(weight)
    yield e(m.tensor([2, 0])).tolist(), e.weight.requires_grad, repr(e)
    e = nn.Embedding.from_pretrained(weight, freeze=False, padding_idx=1)
    yield repr(e), e.weight.requires_grad, e.padding_idx
    for wrong in ([3], [-1], [[0.5]]):
        yield error(lambda wrong=wrong: e(m.tensor(wrong)))
    yield error(lambda: nn.Embedding(3, 2, padding_idx=5))
    yield error(lambda: nn.Embedding.from_pretrained(weight[0]))
    yield e(m.zeros(0, dtype=m.int64)).shape, e(m.tensor(1)).tolist()
    bag = nn.EmbeddingBag.from_pretrained(weight, mode="sum") if m is torch else nn.EmbeddingBag(
        3, 2, mode="sum", _weight=weight)
    yield bag(m.tensor([0, 1, 2]), m.tensor([0, 2])).tolist()
    yield bag(m.tensor([0, 1, 2]), m.tensor([0, 0, 3])).tolist()
    yield bag(m.tensor([[0, 1]]), per_sample_weights=m.tensor([[2.0, 3.0]])).tolist()


def utilities(m):
    n = net(m)
    clip = m.nn.utils
    yield clip.clip_grad_norm_(n.parameters(), 1.0).item()
    for kw in ({}, {"norm_type": 1.0}, {"norm_type": float("inf")}):
        n.zero_grad()
        (n(m.arange(8.0).reshape(4, 2)) * m.arange(12.0).reshape(4, 3)).sum().backward()
        yield clip.clip_grad_norm_(n.parameters(), 0.5, **kw).item()
        yield [p.grad.tolist() for p in n.parameters()]
        yield clip.get_total_norm([p.grad for p in n.parameters()], **kw).item()
    clip.clip_grad_value_(n.parameters(), 0.01)
    yield [p.grad.tolist() for p in n.parameters()]
    clip.clip_grad_norm_(n.scale, 1e-3)
    v = clip.parameters_to_vector(n.parameters())
    yield v.shape, v.requires_grad, v.sum().item()
    clip.vector_to_parameters(m.arange(float(len(v))), n.parameters())
    yield [p.tolist() for p in n.parameters()], n.scale.requires_grad
    n.scale.grad = m.full((3,), float("nan"))
    yield error(lambda: clip.clip_grad_norm_(n.parameters(), 1.0, error_if_nonfinite=True))
    yield error(lambda: clip.vector_to_parameters([1.0], n.parameters()))


def inits(m):
    init, nn = m.nn.init, m.nn
    fills = [lambda x: init.uniform_(x, -2, 3), lambda x: init.normal_(x, 1, 2), init.zeros_,
             init.ones_, lambda x: init.constant_(x, 0.3), init.xavier_uniform_, init.xavier_normal_,
             lambda x: init.xavier_uniform_(x, gain=0.2), init.kaiming_uniform_, init.kaiming_normal_,
             lambda x: init.kaiming_uniform_(x, a=2, mode="fan_out"),
             lambda x: init.kaiming_normal_(x, nonlinearity="relu"), init.trunc_normal_,
             lambda x: init.trunc_normal_(x, 1, 0.5, 0.2, 1.3), init.orthogonal_,
             lambda x: init.orthogonal_(x, 2), init.eye_, lambda x: init.sparse_(x, 0.3),
             init.dirac_, lambda x: init.dirac_(x, 2)]
    for shape in ((7, 5), (5, 40), (6, 4, 3), (4, 2, 3, 3), (3,)):
        for i, fill in enumerate(fills):
            for dtype in (m.float32, m.float64):
                m.manual_seed(i)
                x = m.full(shape, 9.0, dtype=dtype, requires_grad=True)
                if (e := error(lambda: fill(x))) is not None:  # noqa: B023
                    yield i, e
                else:
                    yield x.tolist(), fill(x) is x, x.grad_fn is None
    for name in ("linear", "relu", "tanh", "sigmoid", "leaky_relu", "selu", "conv2d"):
        yield init.calculate_gain(name)
    yield init.calculate_gain("leaky_relu", 0.3), error(lambda: init.calculate_gain("typo"))
    yield error(lambda: init.calculate_gain("leaky_relu", "x"))
    yield error(lambda: init.normal_(m.ones(3), 0, -1))
    yield error(lambda: init.kaiming_normal_(m.ones(3, 3), mode="typo"))
    generator = m.Generator().manual_seed(7)
    yield init.xavier_normal_(nn.Parameter(m.ones(2, 2)), generator=generator).tolist()


PROGRAMS = [names, attributes, modes, dtypes, states, hooks, copies, tied, containers, lazy, embeddings,
            utilities, inits]


def close(a, b, where):
    """Whether two libraries said the same: equal text, numbers to rounding."""
    if isinstance(b, list | tuple):
        assert len(a) == len(b), where
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            close(x, y, f"{where}[{i}]")
    elif isinstance(b, float):
        assert a == pytest.approx(b, rel=1e-4, abs=1e-5), where
    elif isinstance(b, Exception):
        assert isinstance(a, type(b)), f"{where}: {a!r} {b!r}"
    else:
        assert a == b, f"{where}: {a!r} {b!r}"


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_modules_do_what_pytorchs_do(program):
    ours = list(program(tg))
    for i, (a, b) in enumerate(zip(ours, program(torch), strict=True) if torch else []):
        close(a, b, i)


# ── without PyTorch ─────────────────────────────────────────────────────────────────────────────

_random = np.random.default_rng(0)


def _of(*shape):
    return tg.tensor(_random.normal(size=shape))


FUNCTIONS = {
    "batch_norm": (lambda x, w, b: F.batch_norm(x, None, None, w, b, True), (4, 3), (3,), (3,)),
    "batch_norm of images": (lambda x: F.batch_norm(x, None, None, training=True), (2, 3, 2)),
    "batch_norm, evaluated": (lambda x, w: F.batch_norm(x, tg.ones(3).double(), 2 * tg.ones(3).double(),
                                                        w), (4, 3), (3,)),
    "instance_norm": (lambda x, w: F.instance_norm(x, weight=w), (2, 3, 4), (3,)),
    "layer_norm": (lambda x, w, b: F.layer_norm(x, (4,), w, b), (2, 4), (4,), (4,)),
    "rms_norm": (lambda x, w: F.rms_norm(x, (4,), w), (2, 4), (4,)),
    "group_norm": (lambda x, w: F.group_norm(x, 2, w), (2, 4, 2), (4,)),
    "local_response_norm": (lambda x: F.local_response_norm(x, 3, 0.5), (2, 4, 2)),
    "bilinear": (F.bilinear, (2, 3), (2, 2), (4, 3, 2), (4,)),
    "embedding": (lambda w: F.embedding(tg.tensor([[0, 2, 0]]), w), (3, 2)),
    "embedding_bag": (lambda w: F.embedding_bag(tg.tensor([[0, 2, 0]]), w), (3, 2)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name):
    f, *shapes = FUNCTIONS[name]
    for g in (f, tg.func.grad(lambda *xs: (f(*xs) ** 3).sum())):
        report = check(g, *[_of(*s) for s in shapes])
        assert report, report


def test_shapes_of_an_embedding():
    weight = tg.eye(3).requires_grad_()
    y = F.embedding(tg.tensor([[0, 2], [1, 1]]), weight, padding_idx=1)
    y.sum().backward()
    assert y.shape == (2, 2, 3) and weight.grad.sum(1).tolist() == [3.0, 0.0, 3.0]


def test_a_module_may_forget_to_call_init_of_its_base():
    class Net(nn.Module):
        def __init__(self):
            self.scale = nn.Parameter(np.ones(3, np.float32))

    assert [k for k, _ in Net().named_parameters()] == ["scale"]


def test_a_refused_state_changes_nothing_and_arrays_are_understood():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    before = b.bias.tolist()
    with pytest.raises(RuntimeError, match=r'Missing key.*"weight"'):
        b.load_state_dict({"bias": a.bias})
    assert b.bias.tolist() == before
    b.load_state_dict({k: v.numpy() for k, v in a.state_dict().items()})
    assert b.bias.tolist() == a.bias.tolist()


def test_a_hook_that_is_removed_leaves_nothing():
    layer, x = nn.Tanh(), tg.tensor([0.3]).requires_grad_()
    handle = layer.register_full_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    [g] = tg.autograd.grad(layer(x).sum(), x)
    assert g.item() == pytest.approx(2 * (1 - np.tanh(0.3) ** 2))
    handle.remove()
    assert not layer._hooks
