"""Tensor: an array, and where it came from.

Two functions do all the work: `apply` computes an operation of the table and records it in the
graph; `pointwise` first brings numbers and dtypes together. The operators below are those two and a
row's name; the other methods are thin names, attached in `functions` (and `backward` in
`autograd`).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from math import prod
from operator import index
from typing import Any

import numpy as np

from . import dtypes
from .graph import Node, changed, record, recording, tick
from .ops import TABLE, Pointwise, arrays
from .trees import leaves
from .value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    import cython  # for the compiler
else:
    from . import _cython as cython

if not cython.compiled:  # else C's: see tensors.pxd
    address = object.__hash__

    def unseal(cls: type) -> None:
        """Let a compiled class be changed; one of Python can be."""

    def find(text: str) -> int:
        """The number of the C loop of a row; -1 if there is none."""
        return -1

    def quick(row: int, n: int, a: Any, b: Any, c: Any) -> None:
        """The value of a row by its C loop; None where there is none that fits."""

    def product(a: Any, b: Any, turn_a: bool, turn_b: bool, rows: bool, plus: Any = None) -> None:
        """The product of two matrices in C, either transposed, plus a row; None where it does not fit.

        b, or both, may be a vector: a column. With ``rows`` what has more dimensions is taken for the
        matrix of its rows.
        """

    def pull(row: int, i: int, g: Any, y: Any, xs: list) -> None:
        """The cotangent of xᵢ by the C loop of a row; None where there is none that fits."""

    def spread(g: Any, x: Any) -> None:
        """The one element of g in the shape of x, in C; None where that does not fit."""

    def sum_to(g: Any, x: Any) -> None:
        """g summed over the dimensions along which x was repeated, in C; None where it does not fit."""

    def accumulate(total: Any, g: Any) -> bool:
        """total += g in C; False where that does not fit."""
        return False

    def total(x: np.ndarray) -> None:
        """The sum of all elements in C; None where that does not fit."""

    def is_float(array: np.ndarray) -> bool:
        return array.dtype.kind == "f"


ADD, SUB, MUL, DIV = TABLE["add"], TABLE["sub"], TABLE["mul"], TABLE["div"]
POW, NEG, ABS, CAST = TABLE["pow"], TABLE["neg"], TABLE["abs"], TABLE["cast"]
REMAINDER, FLOOR_DIVIDE = TABLE["remainder"], TABLE["floor_divide"]
INDEX, PERMUTE, RESHAPE = TABLE["index"], TABLE["permute"], TABLE["reshape"]
SUM, MATMUL, MV = TABLE["sum"], TABLE["matmul"], TABLE["mv"]
LINEAR, AFFINE = TABLE["linear"], TABLE["affine"]
_Array = np.ndarray



def _loop(op: Pointwise) -> int:
    """The number of the C loop of a row; -1 if there is none."""
    op.code = find(op.text())
    return op.code


_add_loop = cython.declare(cython.Py_ssize_t, _loop(ADD))
_sub_loop = cython.declare(cython.Py_ssize_t, _loop(SUB))
_mul_loop = cython.declare(cython.Py_ssize_t, _loop(MUL))
_div_loop = cython.declare(cython.Py_ssize_t, _loop(DIV))
_pow_loop = cython.declare(cython.Py_ssize_t, _loop(POW))
_neg_loop = cython.declare(cython.Py_ssize_t, _loop(NEG))


class ShapeError(ValueError, RuntimeError):
    """Shapes that do not fit: a ValueError for NumPy's users, a RuntimeError for PyTorch's."""


class Size(tuple):
    """A shape, as PyTorch prints it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        part = tuple.__getitem__(self, index)
        return Size(part) if isinstance(index, slice) else part

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def numel(self) -> int:
        """The number of elements."""
        return prod(self)


@cython.freelist(64)
@cython.cclass
class Tensor:
    """An n-dimensional array of numbers whose operations are recorded for differentiation.

    ``array`` is the NumPy array; ``grad``, of a leaf with ``requires_grad``, the accumulated
    gradient (a Tensor or None); ``grad_fn`` the `Node` that made it (None for a leaf).

    ``Tensor(data)`` has the default dtype, or that of data that is a Tensor; ``Tensor(2, 3)`` is not
    initialised; to keep the dtype of data, use `tensor`. Raises TypeError for data that is not
    numeric, RuntimeError if integers are to require a gradient.
    """

    # node: what made it · leaf_grad: a leaf that wants a gradient · hooks: of a leaf
    # origin: of what it is a view, by which operation (None: detached), with which arguments
    # stamp: the age at which `node` was right · changes: see `touch`
    __slots__ = ("__weakref__", "_grad", "array", "changes", "hooks", "leaf_grad", "node", "origin",
                 "stamp")

    def __init__(self, *data: Any, dtype: Any = None, requires_grad: Any = False):
        self.array = _of_data_or_sizes(data, dtype)
        self._grad = self.node = self.origin = self.hooks = self.changes = None
        self.leaf_grad = False
        self.stamp = 0
        if requires_grad:
            self.requires_grad = True

    def __dealloc__(self):  # called where this is compiled: see csrc/pool.h
        self.node = None
        give_back(cython.cast(cython.pointer(PyObject), self.array))

    def __getbuffer__(self, view: cython.pointer(Py_buffer), flags: cython.int):
        PyObject_GetBuffer(self.__buffer__(flags), view, flags)

    def __buffer__(self, flags):
        """The memory, for what reads buffers: ``memoryview(t)``. Uncompiled, from Python 3.12 on."""
        if self.requires_grad:
            raise BufferError("this tensor requires grad, and what is done to its memory elsewhere is "
                              "not recorded; use tensor.detach()")
        return memoryview(self.array)

    # ── what it is ──────────────────────────────────────────────────────────────────────────────

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return place(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: Any) -> None:
        if type(value) is not bool:
            raise RuntimeError(f"requires_grad: is True or False, got {value!r}")
        if self.grad_fn is not None:
            if not value:
                raise RuntimeError("requires_grad: only of a leaf can it be changed; this tensor "
                                   f"was made by {self.grad_fn.op.name}; use .detach()")
        elif value and not is_float(self.array):
            raise RuntimeError(f"only floating point tensors can require gradients, got "
                               f"{self.array.dtype}")
        else:
            self.leaf_grad = value

    def requires_grad_(self, requires_grad: Any = True) -> Tensor:
        """Set ``requires_grad`` and return this tensor."""
        if type(requires_grad) is not bool:
            raise TypeError(f"requires_grad is True or False, got {requires_grad!r}")
        self.requires_grad = requires_grad
        return self

    @property
    def grad_fn(self) -> Node | None:
        """The Node that made this tensor; None for a leaf."""
        return None if self.leaf_grad else place(self)

    @property
    def is_leaf(self) -> bool:
        """True of tensors made by the user, False of recorded results."""
        return self.grad_fn is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward() added up here, a Tensor of this shape and dtype, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad: wants a Tensor or None, got {type(value).__name__}")
            if value.array.shape != self.array.shape or value.array.dtype != self.array.dtype:
                raise ShapeError(f"grad: wants shape {self.array.shape} and {self.dtype}, got "
                                 f"{value.array.shape} and {value.dtype}")
        self._grad = value

    @property
    def data(self) -> Tensor:
        """The same memory outside of the graph, unwatched; assigning a Tensor takes its memory."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data: wants a Tensor, got {type(value).__name__}")
        self.array = value.array

    def detach(self) -> Tensor:
        """The same memory, outside of the graph."""
        t: Tensor = wrap(self.array)
        t.origin = (self, None, None)
        return t

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self.array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.OF[self.array.dtype]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def _version(self) -> int:
        """How often this memory was changed in place."""
        changes = memory_of(self).changes
        return 0 if changes is None else changes[0]

    def changed_after(self, age: int) -> str | None:
        """The operation that changed this memory in place since ``age``; None if there is none."""
        changes = memory_of(self).changes
        return changes[2] if changes is not None and changes[1] > age else None

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The array itself, no copy. RuntimeError while a gradient is required, unless ``force``."""
        if self.requires_grad and not force:
            raise RuntimeError("numpy: this tensor requires grad, and NumPy does not record; "
                               "use tensor.detach().numpy()")
        return self.array

    def item(self) -> float | int | bool:
        """The single element as a Python number. ValueError if there is not exactly one."""
        if self.array.size != 1:
            raise ShapeError(f"item: needs a tensor of one element, got shape {self.array.shape}")
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self.array.tolist()

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter([self[i] for i in range(self.array.shape[0])])

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors can be an index, got {self.array.dtype}")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ShapeError(f"the truth of a tensor of shape {self.array.shape} is ambiguous: "
                             "use .any() or .all()")
        return bool(self.array.item())

    def __hash__(self) -> int:
        return address(self)

    def __repr__(self) -> str:
        from .printing import text
        return text(self)

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec) if self.array.ndim else format(self.item(), spec)

    def __reduce__(self):
        if self.grad_fn is not None:
            raise RuntimeError("only leaf tensors can be copied or pickled; use .detach()")
        return _restored, (type(self), self.array.copy(), self.leaf_grad)

    def __deepcopy__(self, memo):
        rebuild, parts = self.__reduce__()
        memo[id(self)] = t = rebuild(*parts)
        if self._grad is not None:
            t.grad = wrap(self._grad.array.copy())
        return t

    # ── arithmetic ──────────────────────────────────────────────────────────────────────────────

    def __add__(self, other):
        return _binary(ADD, _add_loop, self, other)

    def __radd__(self, other):
        return _binary(ADD, _add_loop, other, self)

    def __sub__(self, other):
        return _binary(SUB, _sub_loop, self, other)

    def __rsub__(self, other):
        return _binary(SUB, _sub_loop, other, self)

    def __mul__(self, other):
        return _binary(MUL, _mul_loop, self, other)

    def __rmul__(self, other):
        return _binary(MUL, _mul_loop, other, self)

    def __truediv__(self, other):
        return _binary(DIV, _div_loop, self, other)

    def __rtruediv__(self, other):
        return _binary(DIV, _div_loop, other, self)

    def __mod__(self, other):
        return pointwise(REMAINDER, (self, other))

    def __rmod__(self, other):
        return pointwise(REMAINDER, (other, self))

    def __floordiv__(self, other):
        return pointwise(FLOOR_DIVIDE, (self, other))

    def __rfloordiv__(self, other):
        return pointwise(FLOOR_DIVIDE, (other, self))

    def __pow__(self, other, modulo=None):
        return _binary(POW, _pow_loop, self, other)

    def __rpow__(self, other, modulo=None):
        return _binary(POW, _pow_loop, other, self)

    def __neg__(self):
        return pointwise(NEG, (self,))

    def __pos__(self):
        return self

    def __abs__(self):
        return pointwise(ABS, (self,))

    def __matmul__(self, other):
        return _matmul(self, other)

    def __rmatmul__(self, other):
        return _matmul(other, self)

    # ── in place ────────────────────────────────────────────────────────────────────────────────

    def __iadd__(self, other):
        return changes.change(self, "add_", operator.add, (other,))

    def __isub__(self, other):
        return changes.change(self, "sub_", operator.sub, (other,))

    def __imul__(self, other):
        return changes.change(self, "mul_", operator.mul, (other,))

    def __itruediv__(self, other):
        return changes.change(self, "div_", operator.truediv, (other,))

    def __ipow__(self, other, modulo=None):
        return changes.change(self, "pow_", operator.pow, (other,))

    # ── comparison: no derivative, a bool for each element ──────────────────────────────────────

    def __eq__(self, other):
        return compare(np.equal, self, other)

    def __ne__(self, other):
        return compare(np.not_equal, self, other)

    def __lt__(self, other):
        return compare(np.less, self, other)

    def __le__(self, other):
        return compare(np.less_equal, self, other)

    def __gt__(self, other):
        return compare(np.greater, self, other)

    def __ge__(self, other):
        return compare(np.greater_equal, self, other)

    # ── bits: of integers and bools ─────────────────────────────────────────────────────────────

    def __and__(self, other):
        return bitwise(np.bitwise_and, self, other)

    def __rand__(self, other):
        return bitwise(np.bitwise_and, other, self)

    def __or__(self, other):
        return bitwise(np.bitwise_or, self, other)

    def __ror__(self, other):
        return bitwise(np.bitwise_or, other, self)

    def __xor__(self, other):
        return bitwise(np.bitwise_xor, self, other)

    def __rxor__(self, other):
        return bitwise(np.bitwise_xor, other, self)

    def __lshift__(self, other):
        return bitwise(np.left_shift, self, other)

    def __rlshift__(self, other):
        return bitwise(np.left_shift, other, self)

    def __rshift__(self, other):
        return bitwise(np.right_shift, self, other)

    def __rrshift__(self, other):
        return bitwise(np.right_shift, other, self)

    def __invert__(self):
        if self.array.dtype.kind == "f":
            raise TypeError(f"~ wants integers or bools, got {self.array.dtype}")
        return plain(np.invert, self)

    # ── parts ───────────────────────────────────────────────────────────────────────────────────

    def __getitem__(self, index: Any) -> Tensor:
        """NumPy's basic and advanced indexing, differentiable; tensors may be indices."""
        for name, kw in indices.steps(index):
            if name == "index" and any([isinstance(i, Tensor) for i in kw["index"]]):
                from .batching import apply as batched
                self = batched(INDEX, (self,), kw)
            else:
                self = apply(TABLE[name], (self,), kw)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        """Overwrite elements in place, with a value that broadcasts to them; differentiable."""
        changes.overwrite(self, value, "x[i] = v", indices.steps(index))

    @property
    def T(self) -> Tensor:
        """All dimensions in reverse order."""
        return apply(PERMUTE, (self,), {"dims": tuple(range(self.ndim))[::-1]})


# ── making and recording ────────────────────────────────────────────────────────────────────────

@cython.ccall
def wrap(array: Any) -> Tensor:
    """A Tensor of an array (or NumPy scalar) that is used as it is."""
    t: Tensor = Tensor.__new__(Tensor)
    t.array = array if type(array) is _Array else np.asarray(array)
    if not cython.compiled:  # else they are so from the start
        t._grad = t.node = t.origin = t.hooks = t.changes = None
        t.leaf_grad = False
        t.stamp = 0
    return t


def made_by(array: Any, node: Node | None) -> Tensor:
    """A Tensor of an array that a node of the graph made."""
    return become(wrap(array), node)


def become(x: Tensor, node: Node | None, array: Any = None) -> Tensor:
    """x, as the result of a node of the graph; and, if it is given, with another array."""
    x.node = node
    if array is not None:
        x.array = array
    return x


@cython.ccall
def place(x: Any) -> Any:
    """Where the cotangent of a tensor is collected: its node, or the leaf itself; None if nowhere."""
    if not isinstance(x, Tensor):
        return None
    t: Tensor = x
    if t.leaf_grad:
        return t
    if t.origin is not None and t.stamp < changed():
        _refresh(t)
    return t.node


@cython.ccall
def result(op: Any, inputs: tuple, kw: dict, y: Any) -> Tensor:
    """The Tensor of what an operation computed, recorded if a gradient may be wanted."""
    t: Tensor = wrap(y)
    if not recording():
        return t
    n: cython.Py_ssize_t = len(inputs)
    edges: tuple = inputs  # as they are, if all are leaves
    if n <= 2:
        first = place(inputs[0])
        second = place(inputs[1]) if n == 2 else None
        wanted = first is not None or second is not None
        if wanted and (first is not inputs[0] or (n == 2 and second is not inputs[1])):
            edges = (first, second) if n == 2 else (first,)
    else:
        edges = tuple([place(x) for x in inputs])
        wanted = any([e is not None for e in edges])
    if wanted and is_float(t.array):
        t.node = record(op, inputs, edges, kw, t.array)
    return t


@cython.ccall
def apply(op: Any, inputs: tuple, kw: dict) -> Tensor:
    """Compute an operation of the table on Tensors and, if a gradient may be wanted, record it."""
    x: Tensor
    xs: list = []
    for o in inputs:
        if isinstance(o, Tensor):
            x = o
            if type(x.array) is not _Array:
                from .batching import apply as batched
                return batched(op, inputs, kw)
            xs.append(x.array)
        else:
            xs.append(o)  # a number
    try:
        y = op.forward(arrays, xs, kw)
    except TypeError as error:  # NumPy's: it has this for other dtypes only
        kinds = ", ".join([str(getattr(x, "dtype", x)) for x in inputs])
        raise NotImplementedError(f"{op.name}: not for {kinds}: {error}") from None
    except ValueError as error:
        shapes = ", ".join([str(np.shape(array)) for array in xs])
        raise ShapeError(f"{op.name}: shapes {shapes} do not fit: {error}") from None
    t: Tensor = result(op, inputs, kw, y)
    if len(xs) == 1:
        base = t.array.base
        if base is not None and (base is xs[0] or base is xs[0].base):
            t.origin = (inputs[0], op, kw)
            t.stamp = changed()
    return t


_NOTHING: dict = {}


def sum_all(x: Any) -> Tensor | None:
    """The sum of all elements by the C loop; None where it does not fit."""
    if not isinstance(x, Tensor):
        return None
    t: Tensor = x
    y = total(t.array)
    return None if y is None else result(SUM, (t,), _ALL[t.array.ndim], y)


_ALL = [{"dims": tuple(range(ndim)), "keepdim": False} for ndim in range(65)]  # NumPy's most is 64


def function_of(op: Pointwise, words: tuple[str, ...],
                otherwise: Callable[[Pointwise, tuple], Any]) -> Any:
    """The function of a pointwise row: of Tensors; of what has none among it, ``otherwise``.

    ``words`` are the operands' names for those who give them by keyword.
    """
    wanted: cython.Py_ssize_t = len(op.operands)
    code: cython.Py_ssize_t = _loop(op)

    def f(*operands, out=None, **kw):
        for word in words[len(operands):] if kw else ():
            if word in kw:
                operands += (kw.pop(word),)
        if len(operands) != wanted or kw:
            also = f" and {', '.join(kw)}" if kw else ""
            raise TypeError(f"{op.name}({', '.join(op.operands)}): wants {wanted} operands, "
                            f"got {len(operands)}{also}")
        if out is not None:
            return _written(out, f(*operands), op.name)
        for x in operands:
            if isinstance(x, Tensor):
                return pointwise(op, operands)
        return otherwise(op, operands)

    def elementwise(input=f, *more, out=None):  # the same, faster
        if isinstance(input, Tensor) and not more and out is None:
            return _unary(op, code, input)
        return f(*(() if input is f else (input,)), *more, out=out)

    g = elementwise if wanted == 1 else f
    g.__name__ = g.__qualname__ = op.name
    g.__doc__ = op.describe()
    return g


def translated(f: Callable, name: str, words: dict[str, str], several: str = "",
               of_tensor: bool = False) -> Any:
    """f, which also understands other words for its parameters, and whose errors begin with ``name``.

    ``several`` is the name of f's ``*sizes``; ``of_tensor``: its first parameter is a Tensor (what is
    composed of pointwise rows takes a Value as well).
    """
    def g(*args, **kw):
        if kw:
            if "out" in kw and kw["out"] is not None:
                return _written(kw["out"], g(*args, **{**kw, "out": None}), name)
            kw.pop("out", None)
            kw = {words.get(k, k): v for k, v in kw.items()}
            if several in kw:  # x.permute(dims=(1, 0)) is x.permute((1, 0))
                args = (*args, *[kw.pop(k) for k in (words.get("input"), several) if k in kw])
        if of_tensor and args and not isinstance(args[0], (Tensor, Value)):
            raise TypeError(f"{name}: wants a Tensor, got {type(args[0]).__name__}")
        try:
            return f(*args, **kw)
        except (TypeError, ValueError, RuntimeError, IndexError) as error:
            _sign(error, name)
            raise
        except AttributeError as error:  # of an argument that was used as if it were a Tensor
            if any([error.obj is x for x in (*args, *kw.values())]):
                raise TypeError(f"{name}: wants a Tensor, got {type(error.obj).__name__}") from None
            raise
    return wraps(f)(g)


def _written(out: Any, y: Any, name: str) -> Tensor:
    """``out`` with the shape and value of a result; TypeError or RuntimeError where that cannot be."""
    if not isinstance(out, Tensor) or not isinstance(y, Tensor):
        raise TypeError(f"{name}: out= is a Tensor that takes one result, got {type(out).__name__} for "
                        f"{type(y).__name__}")
    if out.requires_grad or y.requires_grad:
        raise RuntimeError(f"{name}: out= is not recorded, and a tensor requires grad; leave out= away")
    must_hold(out, y, name)
    return out.resize_(y.shape).copy_(y)


def must_hold(x: Tensor, y: Tensor, name: str) -> None:
    """RuntimeError if y is of another kind than x can hold: floats written to integers."""
    if dtypes.promote_types(x.dtype, y.dtype).kind != x.dtype.kind:
        raise RuntimeError(f"{name}: the result is of {y.dtype}, which {x.dtype} cannot hold")


_signed = re.compile(r"[\w.]+(\(.*\))?: ").match


def _sign(error: Exception, name: str) -> None:
    """Put a function's name before a message that begins with none: of several nested, the outermost.

    Python's own, of wrong arguments, begin with the name already.
    """
    message = getattr(error, "unsigned", *error.args[:1])
    if type(message) is str and not _signed(message) and not message.startswith(f"{name}("):
        error.unsigned = message
        error.args = (f"{name}: {message}", *error.args[1:])


def quickly(f: Callable) -> Any:
    """sum, with a short way to the sum of all elements; ``f`` is its general form."""
    def sum(x=f, dim=None, keepdim=False, *, dtype=None, axis=None, keepdims=False, input=None,
            out=None):
        if (dim is None and axis is None and dtype is None and not keepdim and not keepdims
                and out is None):
            y = sum_all(x)
            if y is not None:
                return y
        return f(input if x is f else x, axis if dim is None else dim, keepdim or keepdims,
                 dtype=dtype, out=out)
    return wraps(f)(sum)


@cython.cfunc
def _unary(op: Any, code: cython.Py_ssize_t, x: Any) -> Any:
    """`pointwise` of a row whose loop is known."""
    y = quick(code, 1, _array(x), None, None)
    return _promoted(op, (x,)) if y is None else result(op, (x,), _NOTHING, y)


@cython.cfunc
def _binary(op: Any, code: cython.Py_ssize_t, a: Any, b: Any) -> Any:
    """`pointwise` of a row whose loop is known."""
    y = quick(code, 2, _array(a), _array(b), None)
    return _promoted(op, (a, b)) if y is None else result(op, (a, b), _NOTHING, y)


@cython.cfunc
def _matmul(a: Any, b: Any) -> Any:
    """a @ b, of which one may be an array."""
    y = product(_array(a), _array(b), False, False, False)
    if y is not None:
        return result(MATMUL if y.ndim == 2 else MV, (a, b), _NOTHING, y)
    a, b = [wrap(as_array(x)) if isinstance(x, np.ndarray) else x for x in (a, b)]
    return Tensor.matmul(a, b)


def linear(x: Any, w: Any, b: Any) -> Tensor | None:
    """x wᵀ + b by the C kernel, or x wᵀ if b is None; None where it does not fit."""
    y = product(_array(x), _array(w), False, True, True, None if b is None else _array(b))
    return (None if y is None else result(LINEAR, (x, w), _NOTHING, y) if b is None else
            result(AFFINE, (x, w, b), _NOTHING, y))


@cython.ccall
def pointwise(op: Any, operands: tuple) -> Any:
    """Apply a pointwise row to Tensors and numbers, brought to one dtype as PyTorch does.

    TypeError (for an operator, first the other operand's own try) for anything else.
    """
    n: cython.Py_ssize_t = len(operands)
    y = quick(_loop(op) if op.code is None else op.code, n, _array(operands[0]),
              _array(operands[1]) if n > 1 else None, _array(operands[2]) if n > 2 else None)
    return _promoted(op, operands) if y is None else result(op, operands, _NOTHING, y)


@cython.cfunc
def _array(x: Any) -> Any:
    """What the C loops compute with: a Tensor's array, or a number as it is; else None."""
    if isinstance(x, Tensor):
        t: Tensor = x
        return t.array
    return x if type(x) is float or type(x) is int else None


def _promoted(op: Pointwise, operands: tuple) -> Any:
    """`pointwise` where dtypes differ, or no loop fits."""
    operands = tuple([wrap(as_array(x)) if isinstance(x, np.ndarray) else x for x in operands])
    weighed = []
    for x, slope in zip(operands, op.slopes, strict=True):
        if slope is None:  # a condition, which keeps its own dtype
            continue
        weighed.append(weight(x))
        if weighed[-1] is None:
            raise TypeError(f"{op.name}: wants tensors or numbers, got {type(x).__name__}"
                            + ("; make a tensor of it: tensor(array)"
                               if isinstance(x, list | tuple) else ""))
    dtype = dtypes.result_type(*weighed)
    if dtype.kind != "f" and not op.integers:
        dtype = dtypes.default
    return apply(op, tuple([as_dtype(x, dtypes.bool if slope is None else dtype)
                            for x, slope in zip(operands, op.slopes, strict=True)]), _NOTHING)


# ── the way back, in the namespace of arrays ────────────────────────────────────────────────────

def saved(node: Node) -> tuple:
    """What a node holds, as arrays: y, and the operands, numbers of y's dtype."""
    return node.y, tuple([x.array if isinstance(x, Tensor) else np.asarray(x, node.y.dtype)
                          for x in node.inputs])


def quick_pulls(node: Node, edges: tuple, g: Any) -> list | None:
    """`graph.pulls` of the commonest rows by C loops; None where they do not fit."""
    op = node.op
    loops: cython.bint = type(op) is Pointwise
    layer: cython.bint = op is LINEAR or op is AFFINE
    matrix: cython.bint = op is MATMUL or op is MV
    if not (loops or layer or matrix or op is RESHAPE or op is SUM):
        return None
    xs: list = []
    t: Tensor
    for x in node.inputs:
        if isinstance(x, Tensor):
            t = x
            x = t.array
        xs.append(x)
    code: cython.Py_ssize_t = op.code if loops and op.code is not None else -1
    i: cython.Py_ssize_t
    found: list = []
    for i in range(len(edges)):
        if edges[i] is None:
            contribution = None
        else:
            contribution = (pull(code, i, g, node.y, xs) if loops else
                            g.reshape(xs[0].shape) if op is RESHAPE else
                            spread(g, xs[0]) if op is SUM else
                            product(g, xs[1], False, matrix, layer) if i == 0 else
                            product(xs[0], g, True, False, False) if matrix else
                            product(g, xs[0], True, False, True) if i == 1 else sum_to(g, xs[2]))
            if contribution is None:
                return None
        found.append(contribution)
    return found


def own(g: Any, source: Any) -> Any:
    """g in memory of its own, if it is (a view of) another array such as the cotangent it came from."""
    return g.copy() if g is source or g.base is not None else np.asarray(g)


def add_into(total: Any, g: Any) -> Any:
    """total + g, in the memory of ``total``."""
    return total if accumulate(total, g) else operator.iadd(total, g)


arrays.saved, arrays.quick_pulls, arrays.own, arrays.add_into = saved, quick_pulls, own, add_into


# ── whose memory, and whose view ────────────────────────────────────────────────────────────────

@cython.ccall
def memory_of(x: Tensor) -> Tensor:
    """The tensor whose memory x uses."""
    while x.origin is not None:
        x = x.origin[0]
    return x


@cython.ccall
def touch(x: Tensor, name: str):
    """Note that x's memory was changed in place."""
    root: Tensor = memory_of(x)
    root.changes = ((0 if root.changes is None else root.changes[0]) + 1, tick(), name)


@cython.ccall
def base_of(x: Tensor) -> Tensor:
    """The tensor that x is a view of, as far as the graph goes: not through detach()."""
    while x.origin is not None and x.origin[1] is not None:
        x = x.origin[0]
    return x


@cython.cfunc
def _refresh(x: Tensor):
    """Let a view whose base was written to since come from the base as it is now."""
    of, op, kw = x.origin
    if op is not None:
        edge = place(of)
        if base_of(x).stamp > x.stamp:
            x.node = None if edge is None else record(op, (of,), (edge,), kw, x.array)
        x.stamp = changed()


# ── what operands may be ────────────────────────────────────────────────────────────────────────

def constant(x: Any, dtype: np.dtype) -> Tensor:
    """A number as a 0-d Tensor."""
    return _constant(x, dtype) if x else wrap(_number(x, dtype))  # 0.0 == -0.0 is no key


@lru_cache(maxsize=1024)
def _constant(x: Any, dtype: np.dtype) -> Tensor:
    return wrap(_number(x, dtype))


def _number(x: Any, dtype: np.dtype) -> np.ndarray:
    return np.asarray(x).astype(dtype)  # 300 of uint8 is 44, as in PyTorch


def as_dtype(x: Any, dtype: np.dtype) -> Tensor:
    """A Tensor of this dtype from a Tensor (recorded) or a number."""
    if not isinstance(x, Tensor):
        return constant(x, dtype)
    return x if x.array.dtype == dtype else apply(CAST, (x,), {"dtype": dtype})


def compare(f: Any, a: Any, b: Any) -> Any:
    """A NumPy comparison of Tensors and numbers, as a Tensor of bools outside of the graph."""
    for x in (a, b):
        if not isinstance(x, Tensor | np.ndarray) and dtypes.of_number(x) is None:
            return NotImplemented
    try:
        return plain(f, a, b)
    except ValueError:
        shapes = [np.shape(getattr(x, "array", x)) for x in (a, b)]
        raise ShapeError(f"{f.__name__}: shapes {shapes[0]} and {shapes[1]} do not broadcast") from None


def plain(f: Callable[..., Any], *xs: Any) -> Tensor:
    """f of the arrays in Tensors (and of numbers), as a Tensor outside of the graph.

    Everything that has no derivative goes through here: comparisons, indices of maxima, tests.
    """
    arrays = [x.array if isinstance(x, Tensor) else x for x in xs]
    for x, array in zip(xs, arrays, strict=True):
        if isinstance(x, Tensor) and type(array) is not _Array:
            from .batching import plain as batched
            return batched(f, xs)
    return wrap(f(*arrays))


def bitwise(f: Any, a: Any, b: Any) -> Any:
    """A NumPy operation on the bits of integers or bools, brought to one dtype as PyTorch does."""
    weights = [weight(a), weight(b)]
    if None in weights:
        return NotImplemented
    dtype = dtypes.result_type(*weights)
    if dtype.kind == "f":
        raise NotImplementedError(f"{f.__name__}: wants integers or bools, got "
                                  + " and ".join([str(d) for _, d in weights]))
    if dtype.kind == "b" and f in (np.left_shift, np.right_shift):
        dtype = dtypes.int64
    return compare(f, as_dtype(a, dtype), as_dtype(b, dtype))


def weight(x: Any) -> tuple[int, np.dtype] | None:
    """How a Tensor or number counts in `dtypes.result_type`; None for anything else."""
    if isinstance(x, Tensor):
        return min(x.array.ndim, 1) + 1, x.array.dtype
    dtype = dtypes.of_number(x)
    return None if dtype is None else (0, dtype)


def as_array(data: Any, dtype: Any = None) -> np.ndarray:
    """Data as an array of a supported dtype; Python floats become the default dtype, float32."""
    if type(data) is float and dtype is None:  # what `zeros` and its like are filled with
        return np.array(data, dtypes.default.dtype)
    if isinstance(data, Tensor):
        data = data.array
    try:
        array = np.asarray(plain_nest(data))
    except ValueError as error:
        raise ShapeError(f"tensor: rows of unequal length: {error}") from None
    if dtype is None:
        dtype = array.dtype if array.dtype.kind != "f" else _float_of(data)
    elif array.dtype.kind not in "biuf":
        dtype = array.dtype
    if array.dtype.kind not in "biuf":
        raise TypeError(f"tensor: wants numbers, got {type(data).__name__} of {array.dtype}")
    return array.astype(dtypes.check(dtype), copy=False)


def _float_of(data: Any) -> np.dtype:
    """The dtype that the leaves with a floating one promote to; a Python float has the default."""
    found = {x.dtype if hasattr(x, "dtype") else dtypes.default for x in leaves(data)
             if not isinstance(x, int)}
    return np.result_type(*[dtype for dtype in found if dtype.kind == "f"] or [dtypes.default])


def _of_data_or_sizes(data: tuple, dtype: Any) -> np.ndarray:
    """The array of Tensor(…)."""
    size = data[0] if len(data) == 1 and isinstance(data[0], Size) else data
    if all([isinstance(n, int | np.integer) for n in size]):
        if min(size, default=0) < 0:
            raise ShapeError(f"Tensor: sizes must not be negative, got {tuple(size)}")
        return np.empty(size or (0,), dtypes.default if dtype is None else dtypes.check(dtype))
    if len(data) != 1 or dtypes.of_number(data[0]) is not None:
        raise TypeError(f"Tensor: wants data in a list or an array, or sizes, got {data}; for a number "
                        "there is tensor()")
    return as_array(data[0], dtypes.default if dtype is None and not isinstance(data[0], Tensor)
                    else dtype)


def _restored(cls: type, array: np.ndarray, requires_grad: bool) -> Tensor:
    return cls(wrap(array), requires_grad=requires_grad)


def plain_nest(data: Any) -> Any:
    """Nested sequences with the Tensors in them as arrays: of one element, as a number."""
    if isinstance(data, Tensor):
        return data.array.reshape(()) if data.array.size == 1 else data.array
    return [plain_nest(x) for x in data] if isinstance(data, list | tuple) else data


def as_size(size: Any) -> tuple[int, ...]:
    """The shape meant by f(2, 3), f((2, 3)) and f(x.shape) alike."""
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = tuple(size[0])  # the compiler holds an argument to its type
    try:
        return tuple([index(n) for n in size])
    except TypeError:
        raise TypeError(f"sizes are integers, got {size}") from None


unseal(Tensor)

# What the class above calls, and what needs it. (Modules, not names: either may be imported first.)
from . import changes, indices  # noqa: E402
