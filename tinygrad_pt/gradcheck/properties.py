"""Inputs drawn by Hypothesis, and tests of gradients in one line.

    @check_gradients(x=arrays(), y=arrays(shape=(3,)))
    def test_product(x, y):
        return f(x, y)                      # f of Tensors, or give vjp= and take arrays

The function becomes a test without arguments: for pytest, for a `unittest.TestCase` (where ``self``
comes first), or to be called. Hypothesis draws the inputs, and shrinks a failure to the smallest
input and shape that still fails; the error shows the report and a program that repeats it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as error:
    raise ImportError("drawing inputs needs Hypothesis: pip install hypothesis") from error

from .checking import check
from .report import Report

LAYOUTS = ("contiguous", "fortran", "reversed", "strided")
SPECIAL = (0.0, 1.0, -1.0, 0.5, 2.0, -2.0, 1e-3, 1e-7, -1e-7, 1e-12, 1e3, -1e3, 1e12)


def values(low: float = -3.0, high: float = 3.0, dtype: Any = "float64") -> st.SearchStrategy[float]:
    """Numbers from ``low`` to ``high``: any, and special ones that tie, meet kinks or lie beside them.

    0 or at least 1e-12 in size: what is smaller is a test of underflow, not of a gradient.
    """
    number = np.dtype(dtype).type
    ends = [number(low), number(high)]
    if ends[0] < low:
        ends[0] = np.nextafter(ends[0], number(np.inf))
    if ends[1] > high:
        ends[1] = np.nextafter(ends[1], number(-np.inf))
    low, high = map(float, ends)
    special = [float(number(x)) for x in SPECIAL if low <= x <= high] or [low]
    anything = st.floats(low, high, width=8 * number().itemsize, allow_subnormal=False)
    return st.sampled_from(special) | anything.map(lambda x: x if abs(x) >= 1e-12 or low > 0 else 0.0)


def arrays(shape: Any = None, dtype: Any = "float64", low: float = -3.0, high: float = 3.0,
           elements: st.SearchStrategy[float] | None = None, min_dims: int = 0, max_dims: int = 3,
           min_side: int = 0, max_side: int = 3) -> st.SearchStrategy[np.ndarray]:
    """Arrays of `values` from ``low`` to ``high`` (or ``elements``), in any memory layout.

    ``shape`` is a shape or a strategy of shapes; by default 0-d, zero-size and all others up to
    ``max_dims`` dimensions of ``max_side``.
    """
    if shape is None:
        shape = hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side,
                                 max_side=max_side)
    numbers = values(low, high, dtype) if elements is None else elements
    drawn = hnp.arrays(dtype, shape, elements=numbers, fill=numbers)  # a fill makes ties, and is fast
    return st.builds(laid_out, drawn, st.sampled_from(LAYOUTS))


def tensors(shape: Any = None, dtype: Any = "float64", **kw: Any) -> st.SearchStrategy[Any]:
    """`arrays`, as Tensors of this library."""
    import tinygrad_pt as tg
    return arrays(shape, dtype, **kw).map(tg.from_numpy)


def broadcastable(n: int, of: Callable[..., st.SearchStrategy] = arrays, max_dims: int = 3,
                  min_side: int = 0, max_side: int = 3, **kw: Any) -> tuple[st.SearchStrategy, ...]:
    """n strategies of arrays (or ``tensors``) whose shapes broadcast together.

    >>> x, y = broadcastable(2)    # then: @check_gradients(x=x, y=y)
    """
    shapes = st.shared(hnp.mutually_broadcastable_shapes(
        num_shapes=n, max_dims=max_dims, min_side=min_side, max_side=max_side), key=object())
    return tuple(shapes.flatmap(lambda drawn, k=k: of(drawn.input_shapes[k], **kw)) for k in range(n))


def directions(shape: Any, dtype: Any = "float64") -> st.SearchStrategy[np.ndarray]:
    """Directions of which no element is small: between ½ and 1, of either sign."""
    sizes = hnp.arrays(dtype, shape, elements=values(0.5, 1.0, dtype))
    signs = hnp.arrays(dtype, shape, elements=st.sampled_from([1.0, -1.0]))
    return st.builds(np.multiply, sizes, signs)


def laid_out(x: np.ndarray, layout: str) -> np.ndarray:
    """The same numbers in another memory layout."""
    if not x.ndim:
        return x
    if layout == "reversed":
        return x[..., ::-1].copy()[..., ::-1]
    if layout == "strided":
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    return np.asfortranarray(x) if layout == "fortran" else x


def check_gradients(*, vjp: Callable | None = None, jvp: Callable | bool | None = None, order: int = 1,
                    max_examples: int = 100, directions: int = 2, elements: int = 4, seed: int = 0,
                    atol: float = 0.0, rtol: float = 0.0, **inputs: st.SearchStrategy) -> Callable:
    """A decorator: the function becomes a property test of its gradient at inputs that are drawn.

    ``inputs`` are strategies by parameter name; the other arguments are `check`'s, and Hypothesis's
    ``max_examples``. The test raises `GradientError` for a gradient that fails. Its attribute ``check``
    takes inputs and gives the Report: what the reproducer calls.
    """
    def decorate(f: Callable) -> Callable:
        names = [*inputs]

        def once(*given_inputs: Any, call: Callable = f) -> Report:
            return check(call, *given_inputs, vjp=vjp, jvp=jvp, order=order, directions=directions,
                         elements=elements, atol=atol, rtol=rtol, seed=seed)

        def test(*self: Any, **drawn: Any) -> None:
            call = functools.partial(f, *self) if self else f
            values = [drawn[name] for name in names]
            report = once(*values, call=call)
            if report.verdict == "fail":
                raise GradientError(report, reproducer(f, dict(zip(names, values, strict=True))))

        methods = [p for p in inspect.signature(f).parameters.values() if p.name not in inputs]
        drawn = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in names]
        functools.update_wrapper(test, f)
        test.__signature__ = inspect.Signature([*methods, *drawn])  # type: ignore[attr-defined]
        property_ = settings(max_examples=max_examples, deadline=None, print_blob=False,
                             report_multiple_bugs=False, phases=set(Phase) - {Phase.explain},
                             suppress_health_check=[*HealthCheck])(given(**inputs)(test))
        property_.check = once
        return property_
    return decorate


class GradientError(AssertionError):
    """A gradient that is wrong: the report, and a program that shows it again."""

    def __init__(self, report: Report, program: str):
        super().__init__(f"{report}\n\nTo see this again:\n\n{program}")
        self.report, self.program = report, program


def reproducer(f: Callable, inputs: dict[str, Any]) -> str:
    """A program that checks f at these inputs."""
    lines = ["import numpy as np"]
    if f.__module__ != "__main__":
        lines.append(f"from {f.__module__} import {f.__qualname__.partition('.')[0]}")
    lines += [f"{name} = {literal(x)}" for name, x in inputs.items()]
    call = f.__qualname__.replace("<locals>.", "")
    return "\n".join("    " + line for line in [*lines, f"print({call}.check({', '.join(inputs)}))"])


def literal(x: Any) -> str:
    """An array, a Tensor or a number as an expression; a layout other than C's as a comment."""
    if isinstance(x, dict):
        return "{" + ", ".join(f"{k!r}: {literal(y)}" for k, y in x.items()) + "}"
    if isinstance(x, list | tuple):
        inside = ", ".join(map(literal, x)) + ("," if isinstance(x, tuple) and len(x) == 1 else "")
        return f"[{inside}]" if isinstance(x, list) else f"({inside})"
    if isinstance(x, np.ndarray):
        text = f"np.array({x.tolist()!r}, {str(x.dtype)!r})"
        if not x.size:
            text = f"np.zeros({x.shape}, {str(x.dtype)!r})"
        if x.flags.c_contiguous:
            return text
        if x.flags.f_contiguous:
            return f"np.asfortranarray({text})"
        return text + f"  # strides {x.strides}"
    if hasattr(x, "detach"):
        return f"tinygrad_pt.from_numpy({literal(x.detach().numpy())})"
    return repr(x)
