"""The functions of the library, in PyTorch's names, and the methods of `Tensor`.

The pointwise functions come straight from the table. The others bring their arguments (dimensions
counted from the end, sizes of -1) into the form that a row of the table wants, or are composed of
other functions: one expression each. Every function whose first parameter is a Tensor is also a
method of `Tensor`; those in `methods` are methods only. ``axis`` and ``keepdims``, NumPy's words,
are understood for ``dim`` and ``keepdim``, and ``input`` for the first parameter.
"""

from math import e, pi
from types import ModuleType
from typing import Any

from .. import dtypes, graph, random
from ..autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from ..devices import device
from ..dtypes import (
    bfloat16,
    bool,
    can_cast,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    promote_types,
    set_default_dtype,
    set_default_tensor_type,
    short,
    uint8,
)
from ..ops import Op, follow
from ..printing import set_printoptions
from ..random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from ..tensors import ShapeError, Size, Tensor
from . import (
    activations,
    comparisons,
    conversion,
    creation,
    elementwise,
    filling,
    gammas,
    indexing,
    inplace,
    joining,
    matrices,
    methods,
    ordering,
    products,
    reductions,
    sampling,
    scans,
    shape,
    sparse,
)
from .common import at_home, publish
from .elementwise import inf, nan

THEMES = (creation, comparisons, elementwise, gammas, activations, shape, joining, indexing, reductions,
          ordering, scans, products, matrices, conversion, sampling, sparse)

__all__ = [name for name, thing in list(globals().items()) if not name.startswith("_")
           and not isinstance(thing, ModuleType)
           and name not in ("Any", "ModuleType", "Op", "THEMES", "at_home", "follow", "publish")]
for _theme in THEMES:
    publish(_theme, globals(), __all__)
publish(methods)
publish(inplace)
publish(filling)


def _add(op: Op) -> None:
    """A row's function, also of one that is added later."""
    for name in {op.name, elementwise.ALIASES.get(op.name, op.name)}:
        if name in vars(elementwise) and name not in __all__:
            globals()[name] = at_home(vars(elementwise)[name], __name__)
            __all__.append(name)


follow(_add)
inplace.twins(globals())

from .. import interop  # noqa: E402  (methods by which NumPy calls these functions)


def __getattr__(name: str) -> Any:
    """A change in place as a function: ``relu_(x)`` is ``x.relu_()``."""
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
