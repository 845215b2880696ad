"""Tensor: an array, and where it came from.

Two functions do all the work: `apply` computes an operation of the table and records it in the
graph; `pointwise` first brings numbers and dtypes together. The operators below are those two and a
row's name; the other methods are thin names, attached in `functions` (and `backward` in
`autograd`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from . import dtypes
from .graph import Node, mode
from .ops import TABLE, Op, Pointwise, arrays

TYPE_CHECKING = False
if TYPE_CHECKING:
    import cython  # for the compiler
else:
    from . import _cython as cython

if not cython.compiled:  # else a C function: see tensors.pxd
    attach_to = setattr

ADD, SUB, MUL, DIV = TABLE["add"], TABLE["sub"], TABLE["mul"], TABLE["div"]
POW, NEG, ABS, CAST = TABLE["pow"], TABLE["neg"], TABLE["abs"], TABLE["cast"]
REMAINDER, FLOOR_DIVIDE = TABLE["remainder"], TABLE["floor_divide"]
SLICE, INDEX, PERMUTE = TABLE["slice"], TABLE["index"], TABLE["permute"]


class ShapeError(ValueError, RuntimeError):
    """Shapes that do not fit: a ValueError for NumPy's users, a RuntimeError for PyTorch's."""


@cython.trashcan(True)
@cython.cclass
class Tensor:
    """An n-dimensional array of numbers whose operations are recorded for differentiation.

    ``array`` is the NumPy array; ``grad``, of a leaf with ``requires_grad``, the accumulated
    gradient (a Tensor or None); ``grad_fn`` the `Node` that made it (None for a leaf).

    Raises TypeError for data that is not numeric, RuntimeError if integers are to require a
    gradient.
    """

    __array_ufunc__ = None  # numpy_array + tensor comes to Tensor.__radd__, not element by element
    __array_priority__ = 1000

    array = cython.declare(object, visibility="readonly")
    grad = cython.declare(object, visibility="public")
    grad_fn = cython.declare(object, visibility="readonly")
    _leaf_grad = cython.declare(cython.bint, visibility="readonly")

    def __init__(self, data: Any = (), dtype: Any = None, requires_grad: bool = False):
        self.array = as_array(data, dtype)
        self.grad = self.grad_fn = None
        self._leaf_grad = False
        if requires_grad:
            self.requires_grad = True

    # ── what it is ──────────────────────────────────────────────────────────────────────────────

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded."""
        return self._leaf_grad or self.grad_fn is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.grad_fn is not None:
            if not value:
                raise RuntimeError("requires_grad: only of a leaf can it be changed; this tensor "
                                   f"was made by {self.grad_fn.op.name}; use .detach()")
        elif value and self.array.dtype.kind != "f":
            raise RuntimeError(f"only floating point tensors can require gradients, got "
                               f"{self.array.dtype}")
        else:
            self._leaf_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad`` and return this tensor."""
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """True of tensors made by the user, False of recorded results."""
        return self.grad_fn is None

    @property
    def data(self) -> Tensor:
        """The same memory outside of the graph; assigning replaces the array."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        self.array = as_array(value)

    def detach(self) -> Tensor:
        """The same memory, outside of the graph."""
        return wrap(self.array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    def numpy(self) -> np.ndarray:
        """The array itself, no copy. RuntimeError while a gradient is required: detach() first."""
        if self.requires_grad:
            raise RuntimeError("numpy: this tensor requires grad, and NumPy does not record; "
                               "use tensor.detach().numpy()")
        return self.array

    def item(self) -> float | int | bool:
        """The single element as a Python number. ValueError if there is not exactly one."""
        if self.array.size != 1:
            raise ShapeError(f"item: needs a tensor of one element, got shape {self.shape}")
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self.array.tolist()

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter([self[i] for i in range(len(self.array))])

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
            raise ShapeError(f"the truth of a tensor of shape {self.shape} is ambiguous: "
                             "use .any() or .all()")
        return bool(self.array.item())

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        from .printing import text
        return text(self)

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec) if self.array.ndim else format(self.item(), spec)

    def __reduce__(self):
        if self.grad_fn is not None:
            raise RuntimeError("only leaf tensors can be copied or pickled; use .detach()")
        return type(self), (self.array.copy(), self.array.dtype, self._leaf_grad)

    # ── arithmetic ──────────────────────────────────────────────────────────────────────────────

    def __add__(self, other):
        return pointwise(ADD, (self, other))

    def __radd__(self, other):
        return pointwise(ADD, (other, self))

    def __sub__(self, other):
        return pointwise(SUB, (self, other))

    def __rsub__(self, other):
        return pointwise(SUB, (other, self))

    def __mul__(self, other):
        return pointwise(MUL, (self, other))

    def __rmul__(self, other):
        return pointwise(MUL, (other, self))

    def __truediv__(self, other):
        return pointwise(DIV, (self, other))

    def __rtruediv__(self, other):
        return pointwise(DIV, (other, self))

    def __mod__(self, other):
        return pointwise(REMAINDER, (self, other))

    def __rmod__(self, other):
        return pointwise(REMAINDER, (other, self))

    def __floordiv__(self, other):
        return pointwise(FLOOR_DIVIDE, (self, other))

    def __rfloordiv__(self, other):
        return pointwise(FLOOR_DIVIDE, (other, self))

    def __pow__(self, other, modulo=None):
        return pointwise(POW, (self, other))

    def __rpow__(self, other, modulo=None):
        return pointwise(POW, (other, self))

    def __neg__(self):
        return pointwise(NEG, (self,))

    def __pos__(self):
        return self

    def __abs__(self):
        return pointwise(ABS, (self,))

    def __matmul__(self, other):
        return self.matmul(other)

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
        return wrap(np.invert(self.array))

    # ── parts ───────────────────────────────────────────────────────────────────────────────────

    def __getitem__(self, index: Any) -> Tensor:
        """NumPy's basic and advanced indexing, differentiable; tensors may be indices."""
        index = as_index(index)
        advanced = any(isinstance(i, np.ndarray) for i in index)
        return apply(INDEX if advanced else SLICE, (self,), {"index": index})

    def __setitem__(self, index: Any, value: Any) -> None:
        """Overwrite elements in place; not recorded, so only outside of the graph."""
        recorded = self.requires_grad or (isinstance(value, Tensor) and value.requires_grad)
        if mode.grad and recorded:
            raise RuntimeError("x[i] = v is not recorded: use no_grad(), or where()/cat() to build "
                               "a new tensor")
        self.array[as_index(index)] = value.array if isinstance(value, Tensor) else value

    @property
    def T(self) -> Tensor:
        """All dimensions in reverse order."""
        return apply(PERMUTE, (self,), {"dims": tuple(range(self.ndim))[::-1]})


@cython.ccall
def wrap(array: Any, node: Any = None) -> Tensor:
    """A Tensor of an array (or NumPy scalar) that is used as it is."""
    t: Tensor = Tensor.__new__(Tensor)
    t.array = array if type(array) is np.ndarray else np.asarray(array)
    t.grad_fn = node
    t.grad = None
    t._leaf_grad = False
    return t


def become(x: Tensor, node: Any) -> None:
    """Let x be the result that ``node`` made."""
    x.grad_fn = node


@cython.ccall
def apply(op: Op, inputs: tuple, kw: dict) -> Tensor:
    """Compute an operation of the table on Tensors and, if a gradient may be wanted, record it."""
    x: Tensor
    xs: list = []
    edges: list = []
    wanted: cython.bint = False
    for x in inputs:
        xs.append(x.array)
        edge = x if x._leaf_grad else x.grad_fn
        wanted = wanted or edge is not None
        edges.append(edge)
    try:
        y = op.forward(arrays, xs, kw)
    except TypeError as error:  # NumPy's: it has this for other dtypes only
        kinds = ", ".join([str(x.array.dtype) for x in inputs])
        raise NotImplementedError(f"{op.name}: not for {kinds}: {error}") from None
    except ValueError as error:
        shapes = ", ".join([str(array.shape) for array in xs])
        raise ShapeError(f"{op.name}: shapes {shapes} do not fit: {error}") from None
    t: Tensor = wrap(y)
    if wanted and mode.grad and t.array.dtype.kind == "f":
        t.grad_fn = Node(op, inputs, tuple(edges), kw, t.array)
    return t


_NOTHING: dict = {}


def pointwise(op: Pointwise, operands: tuple) -> Any:
    """Apply a pointwise row to Tensors and numbers, brought to one dtype as PyTorch does.

    TypeError (for an operator, first the other operand's own try) for anything else.
    """
    common: Any = None
    for x in operands:  # the usual case: tensors of one floating dtype, and numbers
        if isinstance(x, Tensor):
            if common is not None and x.array.dtype is not common:
                break
            common = x.array.dtype
        elif type(x) is not float and type(x) is not int:
            break
    else:
        if common is not None and common.kind == "f" and None not in op.slopes:
            return apply(op, tuple([x if isinstance(x, Tensor) else constant(x, common)
                                    for x in operands]), _NOTHING)
    weighed = []
    for x, slope in zip(operands, op.slopes, strict=True):
        if slope is None:  # a condition, which keeps its own dtype
            continue
        if isinstance(x, Tensor):
            weighed.append((min(x.array.ndim, 1) + 1, x.array.dtype))
        elif (dtype := dtypes.of_number(x)) is not None:
            weighed.append((0, dtype))
        else:
            raise TypeError(f"{op.name}: wants tensors or numbers, got {type(x).__name__}"
                            + ("; make a tensor of it: tensor(array)"
                               if isinstance(x, np.ndarray | list | tuple) else ""))
    dtype = dtypes.result_type(*weighed)
    if dtype.kind != "f" and not op.integers:
        dtype = dtypes.default
    return apply(op, tuple([as_dtype(x, dtypes.bool if slope is None else dtype)
                            for x, slope in zip(operands, op.slopes, strict=True)]), _NOTHING)


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
    xs = [x.array if isinstance(x, Tensor) else x for x in (a, b)]
    if any(not isinstance(x, np.ndarray) and dtypes.of_number(x) is None for x in xs):
        return NotImplemented
    try:
        return wrap(f(*xs))
    except ValueError:
        raise ShapeError(f"{f.__name__}: shapes {np.shape(xs[0])} and {np.shape(xs[1])} do not "
                         "broadcast") from None


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
    if isinstance(data, Tensor):
        data = data.array
    first = data
    while isinstance(first, list | tuple) and first:
        first = first[0]
    try:
        array = np.asarray(_plain(data))
    except ValueError as error:
        raise ShapeError(f"tensor: rows of unequal length: {error}") from None
    if dtype is None:
        given = first is data or first.dtype.kind == "f" if hasattr(first, "dtype") else False
        dtype = array.dtype if given or array.dtype.kind != "f" else dtypes.default
    elif array.dtype.kind not in "biuf":
        dtype = array.dtype
    if array.dtype.kind not in "biuf":
        raise TypeError(f"tensor: wants numbers, got {type(data).__name__} of {array.dtype}")
    return array.astype(dtypes.check(dtype), copy=False)


def _plain(data: Any) -> Any:
    """Nested sequences with the Tensors in them as arrays."""
    if isinstance(data, Tensor):
        return data.array
    return [_plain(x) for x in data] if isinstance(data, list | tuple) else data


def as_size(size: tuple) -> tuple[int, ...]:
    """The shape meant by f(2, 3), f((2, 3)) and f(x.shape) alike."""
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = size[0]
    return tuple([n.__index__() for n in size])


def as_index(index: Any) -> tuple:
    """An index as a tuple of integers, slices, None, Ellipsis and integer or boolean arrays."""
    parts = []
    for i in index if isinstance(index, tuple) else (index,):
        if isinstance(i, Tensor):
            i = i.array
        elif isinstance(i, list):
            i = np.asarray(_plain(i), dtype=None if i else np.int64)
        if isinstance(i, np.ndarray) and i.ndim == 0 and i.dtype.kind in "iu":
            i = int(i)
        if isinstance(i, np.ndarray) and i.dtype.kind not in "biu":
            raise IndexError(f"tensors used as indices must be integers or bools, got {i.dtype}")
        if not (i is None or i is Ellipsis or isinstance(i, slice | np.ndarray)
                or hasattr(i, "__index__")):
            raise TypeError(f"indices are integers, slices, None, ... or arrays of integers or "
                            f"bools, got {type(i).__name__}")
        parts.append(i)
    return tuple(parts)


def attach(cls: type, name: str, method: Any) -> None:
    """Give a class a method, also where it is a compiled one, which Python holds immutable."""
    attach_to(cls, name, method)
