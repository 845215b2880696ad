"""`gradcheck` and `gradgradcheck` by PyTorch's signatures, for programs written with them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .checking import check
from .report import Report


class GradcheckError(RuntimeError):
    """A gradient that is wrong; ``report`` says where."""

    def __init__(self, report: Report):
        super().__init__(str(report))
        self.report = report


def gradcheck(func: Callable, inputs: Any, *, eps: float = 1e-6, atol: float = 0.0, rtol: float = 0.0,
              raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
              check_grad_dtypes: bool = False, check_batched_grad: bool = False,
              check_batched_forward_ad: bool = False, check_forward_ad: bool = False,
              check_backward_ad: bool = True, fast_mode: bool = False,
              masked: bool | None = None) -> bool:
    """Whether the gradients of ``func`` at ``inputs``, those that require one, are right; see `check`.

    Raises GradcheckError if they are not (returns False without ``raise_exception``), ValueError if
    no input requires a gradient; warns where differences cannot tell. ``check_forward_ad`` checks
    forward mode against reverse mode. ``atol`` and ``rtol`` widen the tolerance, which is measured.
    The other arguments are PyTorch's ways of finding steps and tolerance, and change nothing.
    """
    return _verdict(func, inputs, 1, atol, rtol, raise_exception, jvp=check_forward_ad or None)


def gradgradcheck(func: Callable, inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
                  atol: float = 0.0, rtol: float = 0.0, gen_non_contig_grad_outputs: bool = False,
                  raise_exception: bool = True, nondet_tol: float = 0.0,
                  check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
                  check_batched_grad: bool = False, check_fwd_over_rev: bool = False,
                  check_rev_over_rev: bool = True, fast_mode: bool = False,
                  masked: bool = False) -> bool:
    """`gradcheck` of the function and of its gradient: second derivatives."""
    return _verdict(func, inputs, 2, atol, rtol, raise_exception)


def _verdict(func: Callable, inputs: Any, order: int, atol: float, rtol: float, raise_exception: bool,
             **kw: Any) -> bool:
    inputs = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    wanted = [i for i, x in enumerate(inputs) if getattr(x, "requires_grad", False)]
    if not wanted:
        raise ValueError("gradcheck: at least one input must require a gradient (and be float64, for "
                         "a sharp check)")

    def of_wanted(*some: Any) -> Any:
        full = [*inputs]
        for i, x in zip(wanted, some, strict=True):
            full[i] = x
        return func(*full)

    report = check(of_wanted, *(inputs[i] for i in wanted), order=order, atol=atol, rtol=rtol, **kw)
    if report.input is not None:
        report.input = wanted[report.input]
    if report.verdict == "fail" and raise_exception:
        raise GradcheckError(report)
    if report.verdict == "inconclusive":
        warnings.warn(str(report), stacklevel=3)
    return report.verdict != "fail"
