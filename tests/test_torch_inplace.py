"""Changes in place against PyTorch's: of a tensor, and through each kind of view of it."""

import pytest
from against_torch import differential, dims, index, one_of, op, same, x

import tinygrad_pt as tg

torch = pytest.importorskip("torch")

VIEWS = {
    "": lambda y: y,
    "part": lambda y: y[:1],
    "step": lambda y: y[..., ::2],
    "row": lambda y: y.select(0, 0),
    "column": lambda y: y[:, 1:2],
    "transposed": lambda y: y.transpose(0, -1),
    "flat": lambda y: y.view(-1),
    "part of a part": lambda y: y[:1].transpose(0, 1)[1:],
}


def change(name, *args, of=None, views=tuple(VIEWS), **kw):
    """The entry of a method ``name`` that changes a view of a tensor which was used before."""
    def f(m, x, *args, view, **kw):
        base = x * 1  # no leaf
        before = base.exp()
        part = VIEWS[view](base)
        result = getattr(part, name)(*args, **kw)
        assert result is part
        return base, part * 2, before

    return op(name, f, of or x((2, 3)), *args, view=one_of(*views), **kw).but(memory=False)


ANYWHERE = """abs_ asin_ acos_ asinh_ atan_ atanh_ ceil_ cos_ cosh_ deg2rad_ erf_ erfc_ erfinv_ exp_
    exp2_ expm1_ floor_ frac_ nan_to_num_ neg_ rad2deg_ relu_ round_ sigmoid_ sign_ sin_ sinc_ sinh_
    square_ tan_ tanh_ trunc_ zero_""".split()
ABOVE_ONE = "acosh_ log_ log10_ log1p_ log2_ reciprocal_ rsqrt_ sqrt_".split()

test_without_operands = differential(
    *[change(name, of=x((2, 3), sample=(-0.9, 0.9))) for name in ANYWHERE],
    *[change(name, of=x((2, 3), sample=(1.1, 3))) for name in ABOVE_ONE])

TO_ONE = {"of": x((2, 3), sample=(0.2, 3)), "views": ("", "flat", "step", "transposed", "column")}
test_with_a_number = differential(*[change(name, one_of(2, -1.5, 0.5), **TO_ONE) for name in (
    "add_", "sub_", "mul_", "div_", "fill_", "clamp_min_", "clamp_max_", "__iadd__", "__imul__",
    "__isub__", "__itruediv__")],
    change("pow_", one_of(2, 1.5, -1), **TO_ONE),
    change("add_", 2, alpha=one_of(3, -0.5), **TO_ONE),
    change("clamp_", 0.4, 2.0, **TO_ONE),
    change("lerp_", same(), 0.3),
)

test_with_a_tensor = differential(*[
    change(name, x(shape, sample=(0.3, 3), dtype=None), of=x((2, 3), sample=(0.3, 3)), views=views)
    for name in "add_ sub_ mul_ div_ pow_ atan2_ hypot_ copy_ xlogy_ copysign_".split()
    for shape, views in [((2, 3), ("",)), ((3,), ("", "part", "row")), ((), tuple(VIEWS))]])

test_by_index = differential(
    op("masked_fill_", lambda m, x: (x * 1).masked_fill_(x > 0, 5.0), x((2, 3), away=[0])),
    change("index_fill_", 0, index(2, (2,)), 1.5, views=("",)),
    change("index_add_", 0, index(2, (3,)), x((3, 3), dtype=None), views=("",)),
    change("index_copy_", 1, index(lambda c: 1, (1,)), x((2, 1), dtype=None), views=("",)),
    change("scatter_", 1, index(1, (2, 1)), x((2, 1), dtype=None), views=("",)),
    change("scatter_add_", 1, index(3, (2, 2)), x((2, 2), dtype=None), views=("",)),
    change("cumsum_", dims(), of=x((2, 3)), views=("", "part", "transposed", "flat")),
    op("setitem", lambda m, x, v: (y := x * 1, y.__setitem__((slice(None), 1), v))[0],
       x((2, 3)), x((2,), dtype=None)),
    op("setitem by a mask", lambda m, x: (y := x * 1, y.__setitem__(y > 0, 5.0))[0],
       x((2, 3), away=[0])),
    op("setitem by indices", lambda m, x, i, v: (y := x * 1, y.__setitem__(i, v))[0],
       x((4, 3)), one_of([0, 2], [3], [1, 0]), x((3,), dtype=None)),
)


def test_resize_keeps_elements_in_order():
    for shape in ((2, 2), (5,), (3, 2), (1, 0), ()):
        for dtype in ("float32", "int64"):
            ours, theirs = (m.arange(6, dtype=getattr(m, dtype)).reshape(2, 3).t()
                            .resize_(shape) for m in (tg, torch))
            assert tuple(ours.shape) == tuple(theirs.shape), shape
            assert ours.tolist() == theirs.tolist(), shape


def test_type_of_a_constructor():
    for name in ("FloatTensor", "LongTensor", "BoolTensor", "ByteTensor"):
        ours, theirs = (m.tensor([0.0, 1.5]).type(getattr(m, name)) for m in (tg, torch))
        assert ours.tolist() == theirs.tolist() and ours.type() == theirs.type()
        for data in (lambda x: (), lambda x: (2, 3), lambda x: (x.shape,), lambda x: ([1, 0],)):
            new, their = (x.new(*data(x)) for x in (ours, theirs))
            assert tuple(new.shape) == tuple(their.shape) and new.type() == their.type()
        assert ours.new([1, 0]).tolist() == theirs.new([1, 0]).tolist()


def test_results_written_to_out():
    calls = [lambda m, out: m.add(m.ones(2, 3), 1, out=out), lambda m, out: m.sqrt(m.ones(2), out=out),
             lambda m, out: m.matmul(m.ones(2, 3), m.ones(3, 1), out=out),
             lambda m, out: m.sum(m.ones(2, 3), 1, out=out), lambda m, out: m.zeros(2, 2, out=out),
             lambda m, out: m.cat([m.ones(2), m.ones(1)], out=out)]
    for f in calls:
        for shape in ((0,), (2, 3)):
            ours, theirs = ((out := m.empty(shape), f(m, out)) for m in (tg, torch))
            assert ours[0] is ours[1] and ours[0].tolist() == theirs[0].tolist()
    for wrong in (lambda m: m.exp(m.ones(2), out=m.zeros(2, dtype=m.int64)),
                  lambda m: m.add(m.ones(2, requires_grad=True), 1, out=m.empty(2))):
        for m in (tg, torch):
            with pytest.raises(RuntimeError):
                wrong(m)
    with pytest.raises(TypeError, match=r"^exp: out= is a Tensor"):
        tg.exp(tg.ones(2), out=3)


def test_the_graph_is_walked_by_next_functions():
    def walk(m):
        x = m.ones(2, requires_grad=True)
        square = ((x * 2 + 1)**2).sum().grad_fn.next_functions
        leaf = square[0][0].next_functions[0][0].next_functions[0][0].next_functions[0][0]
        assert leaf.variable is x and not leaf.next_functions
        return len(square), square[0][0].name(), type(leaf).__name__
    assert walk(tg) == walk(torch)
