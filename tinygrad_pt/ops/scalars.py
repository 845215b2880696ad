"""Namespace ``m`` of the pointwise rows for plain Python numbers: `math` with IEEE 754's answers.

Where `math` raises (exp(1000), 1/0) these give what the C compiler, NumPy and PyTorch give: inf or
nan. It is `Value` that says when an operand lies outside an operation's domain.
"""

from __future__ import annotations

import math
import sys
from builtins import abs  # a name of the namespace, as are those below
from math import asinh, atan, atan2, copysign, erf, erfc, hypot, inf, nan, tanh  # noqa: F401


def _ieee(f, domain_error: float, overflow: float):
    """f with its exceptions turned into the values that IEEE 754 assigns."""
    def g(x):
        try:
            return f(x)
        except ValueError:
            return domain_error
        except OverflowError:
            return overflow
    return g


exp = _ieee(math.exp, nan, inf)
expm1 = _ieee(math.expm1, nan, inf)
sqrt = _ieee(math.sqrt, nan, inf)
sin = _ieee(math.sin, nan, nan)
cos = _ieee(math.cos, nan, nan)
tan = _ieee(math.tan, nan, nan)
asin = _ieee(math.asin, nan, nan)
acos = _ieee(math.acos, nan, nan)
acosh = _ieee(math.acosh, nan, nan)
cosh = _ieee(math.cosh, nan, inf)


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def atanh(x: float) -> float:
    return math.atanh(x) if -1 < x < 1 else math.copysign(inf, x) if abs(x) == 1 else nan


def _log(f):
    return lambda x: f(x) if x > 0 else -inf if x == 0 else nan


log, log2, log10 = _log(math.log), _log(math.log2), _log(math.log10)


def log1p(x: float) -> float:
    return math.log1p(x) if x > -1 else -inf if x == -1 else nan


def div(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        return nan if a == 0 or a != a else math.copysign(inf, a) * math.copysign(1, b)


def pow(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and b % 2 == 1 else inf
    except ValueError:  # 0 ** negative, or negative ** fraction
        return nan if a else math.copysign(inf, a) if b % 2 == 1 else inf


def fmod(a: float, b: float) -> float:
    try:
        return math.fmod(a, b)
    except ValueError:
        return nan


def floor_divide(a: float, b: float) -> float:
    return a // b if b else div(a, b)


def maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def sign(x: float) -> float:
    return x if x != x else float((x > 0) - (x < 0))


def _whole(f):
    """f to a whole number, as a float with the sign of x."""
    return lambda x: math.copysign(f(x), x) if math.isfinite(x) else x


floor, ceil, trunc, rint = map(_whole, (math.floor, math.ceil, math.trunc, round))


def where(condition: object, a: float, b: float) -> float:
    return a if condition else b


def chain(g: float, d: float) -> float:
    """g·d with 0·∞ = 0: see the row `chain`."""
    p = g * d
    return 0.0 if p != p and (g == 0 or d == 0) else p


def inverse_erf(m):
    """erfinv for the numbers or arrays of a namespace: an approximation (Winitzki, 2008), then two of
    Halley's steps, towards erf(y) = x or, where that loses digits, erfc(|y|) = 1 − |x|.
    """
    def erfinv(x):
        log = m.log1p(-x * x)
        b = 4.33 + log / 2
        y = m.copysign(m.sqrt(m.sqrt(b * b - log / 0.147) - b), x)
        for _ in range(2):
            miss = m.where(abs(x) < 0.5, m.erf(y) - x,
                           m.sign(x) * (1 - abs(x) - m.erfc(abs(y))))
            step = m.chain(0.886226925452758 * miss, m.exp(y * y))
            y = y - step / (1 + m.chain(y, step))
        return y
    return erfinv


erfinv = inverse_erf(sys.modules[__name__])


def rewrite(source: str) -> object:
    """a / b as div(a, b): Python's own division raises where IEEE's gives inf."""
    import ast

    class Divisions(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            if not isinstance(node.op, ast.Div):
                return node
            return ast.Call(ast.Name("div", ast.Load()), [node.left, node.right], [])

    return ast.fix_missing_locations(Divisions().visit(ast.parse(source, mode="eval")))
