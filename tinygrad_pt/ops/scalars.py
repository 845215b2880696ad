"""Namespace ``m`` of the pointwise rows for plain Python numbers: `math` with IEEE 754's answers.

Where `math` raises (exp(1000), 1/0) these give what the C compiler, NumPy and PyTorch give: inf or
nan. It is `Value` that says when an operand lies outside an operation's domain.
"""

from __future__ import annotations

import math
from builtins import abs  # noqa: F401  (a name of the namespace)
from math import inf, nan, tanh  # noqa: F401


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


def log(x: float) -> float:
    return math.log(x) if x > 0 else -inf if x == 0 else nan


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


def maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def sign(x: float) -> float:
    return x if x != x else float((x > 0) - (x < 0))


def floor(x: float) -> float:
    return float(math.floor(x)) if math.isfinite(x) else x


def where(condition: object, a: float, b: float) -> float:
    return a if condition else b


def chain(g: float, d: float) -> float:
    """g·d with 0·∞ = 0: see the row `chain`."""
    p = g * d
    return 0.0 if p != p and (g == 0 or d == 0) else p


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
