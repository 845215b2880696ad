"""Single operations, each a function of a library `m`, by names that PyTorch and NumPy share."""

from timeit import Timer

import numpy as np
from draws import classes, uniform


def arrays(m, *given):
    """In the hands of a library: PyTorch's way, or NumPy's."""
    take = getattr(m, "from_numpy", None) or m.asarray
    return [take(a) for a in given]


def matmul(rows, inner, columns, transposed=False, dtype=np.float32):
    """A·B, or A·Bᵀ."""
    def program(m):
        a, b = arrays(m, uniform(rows, inner, dtype=dtype),
                      uniform(*(columns, inner) if transposed else (inner, columns), dtype=dtype))
        return (lambda: a @ b.T) if transposed else (lambda: a @ b)
    return program


def elementwise(name, dtype, low=-8, high=8, n=1_000_000):
    """Of numbers where none saturates."""
    def program(m):
        x, = arrays(m, uniform(n, low=low, high=high, dtype=dtype))
        f = m.nn.functional.gelu if name == "gelu" else getattr(m, name)
        return lambda: f(x)
    return program


def forward(f, given):
    """f(m, *given()), nothing recorded."""
    def program(m):
        xs = arrays(m, *given())
        return lambda: f(m, *xs)
    return program


def backward(f, which, given, again=False):
    """The gradient of f(m, *given()) by the operands that `which` counts; with `again`, f is computed
    each time, too.
    """
    def program(m):
        xs = arrays(m, *given())
        wanted = [xs[i].requires_grad_() for i in which]
        y = f(m, *xs)
        back, = arrays(m, uniform(*y.shape, low=-1, seed=3).astype(y.detach().numpy().dtype))
        if again:
            return lambda: m.autograd.grad(f(m, *xs), wanted, back)
        return lambda: m.autograd.grad(y, wanted, back, retain_graph=True)
    return program


def convolution(stride=1, padding=0):
    return lambda m, x, w: m.nn.functional.conv2d(x, w, stride=stride, padding=padding)


def cross_entropy(m, x, y):
    return m.nn.functional.cross_entropy(x, y)


def layer_norm(m, x, w, b):
    return m.nn.functional.layer_norm(x, x.shape[1:], w, b)


def max_pool(m, x):
    return m.nn.functional.max_pool2d(x, 2)


def adam(n):
    """A step of Adam on n parameters."""
    def program(m):
        p = m.from_numpy(uniform(n)).requires_grad_()
        p.grad = m.from_numpy(uniform(n, low=-1, seed=3))
        optimizer = m.optim.Adam([p])

        def step():
            optimizer.step()
            return p
        return step
    return program


def statement(text, graph, times=100):
    """One line on matrices of 8×8, where the arithmetic is nothing: what an operation costs."""
    def program(m):
        names = dict(zip("xw", arrays(m, uniform(8, 8), uniform(8, 8, seed=3)), strict=True), m=m)
        if graph:
            names["x"].requires_grad_()
            names["w"].requires_grad_()
        timer = Timer(text, "import gc; gc.enable()", globals=names)

        def step():
            timer.timeit(times - 1)
            return eval(text, names)
        return step
    return program


def chain(n):
    """The way back through n nodes of 8×8."""
    def f(m, x, w):
        for _ in range(n // 2):
            x = x * w + w
        return x
    return backward(f, [0, 1], signed((8, 8), (8, 8)))


def signed(*shapes, dtype=np.float32):
    """Arrays of these shapes, made when they are wanted: between -1 and 1."""
    return lambda: [uniform(*shape, low=-1, seed=i, dtype=dtype) for i, shape in enumerate(shapes)]


def scored(rows, many):
    """Rows of scores and which was right."""
    return lambda: [uniform(rows, many, low=-1), classes(many, rows)]
