"""The pointwise rows: a table of derivatives.

    row(name, operands, y, ∂y/∂first, ∂y/∂second, …)

Expressions are of the operands, of y itself, and of functions of the namespace they are read with.
Adding a row gives: `Value` and `Tensor` methods, a function with its docstring, both modes of
differentiation at any order, a compiled scalar form, the line in ``docs/ops.md``, and the property
tests. The conventions at kinks are PyTorch's where PyTorch lies in the Clarke interval:
relu′(0) = 0, abs′(0) = 0, ties of maximum shared ½ and ½, clip′ = 1 on its bounds.
"""

from . import Pointwise as row

# ── arithmetic ──────────────────────────────────────────────────────────────────────────────────

row("add", "a, b", "a + b", "1", "1", symbol="+", integers=True,
    doc="Sum.")
row("sub", "a, b", "a - b", "1", "-1", symbol="-", integers=True,
    doc="Difference.")
row("mul", "a, b", "a * b", "b", "a", symbol="*", integers=True,
    doc="Product.")
row("div", "a, b", "a / b", "1 / b", "-y / b", symbol="/", domain="b != 0",
    sample=((-3, 3), (0.3, 3)), doc="Quotient.")
row("neg", "x", "-x", "-1", symbol="neg", integers=True,
    doc="Negative.")
row("pow", "a, b", "pow(a, b)",
    "where((a == 0) & (b == 0), 0, b * pow(a, b - 1))",
    "where((a == 0) & (b >= 0), 0, y * log(a))",
    symbol="**", integers=True, sample=((0.3, 3), (-2, 3)),
    domain="(a > 0) | (a == 0) & (b >= 0) | (a < 0) & (b == floor(b))",
    doc="a to the power b, any real b; 0⁰ = 1 with slope 0.")

# ── exponentials and logarithms ─────────────────────────────────────────────────────────────────

row("exp", "x", "exp(x)", "y",
    doc="Exponential.")
row("expm1", "x", "expm1(x)", "exp(x)",
    doc="exp(x) − 1, exact near 0.")
row("log", "x", "log(x)", "1 / x", domain="x > 0", sample=((0.1, 4),),
    doc="Natural logarithm.")
row("log1p", "x", "log1p(x)", "1 / (1 + x)", domain="x > -1", sample=((-0.8, 4),),
    doc="log(1 + x), exact near 0.")
row("sqrt", "x", "sqrt(x)", "0.5 / y", domain="x >= 0", sample=((0.1, 4),),
    doc="Square root.")

# ── trigonometry and the classic activations ────────────────────────────────────────────────────

row("sin", "x", "sin(x)", "cos(x)",
    doc="Sine, of an angle in radians.")
row("cos", "x", "cos(x)", "-sin(x)",
    doc="Cosine, of an angle in radians.")
row("tanh", "x", "tanh(x)", "1 - y * y",
    doc="Hyperbolic tangent.")
row("sigmoid", "x", "1 / (1 + exp(-x))", "y * (1 - y)",
    doc="Logistic sigmoid.")
row("relu", "x", "maximum(x, 0)", "where(x > 0, 1, 0)", symbol="ReLU", kinks=["x"],
    integers=True, doc="Rectifier: the positive part.")

# ── piecewise ───────────────────────────────────────────────────────────────────────────────────

row("abs", "x", "abs(x)", "sign(x)", kinks=["x"], integers=True,
    doc="Absolute value.")
row("sign", "x", "sign(x)", "0", kinks=["x"], integers=True,
    doc="−1, 0 or 1.")
row("maximum", "a, b", "maximum(a, b)",
    "where(a > b, 1, where(a == b, 0.5, 0))", "where(a < b, 1, where(a == b, 0.5, 0))",
    kinks=["a - b"], integers=True, doc="The larger; nan if either is nan.")
row("minimum", "a, b", "minimum(a, b)",
    "where(a < b, 1, where(a == b, 0.5, 0))", "where(a > b, 1, where(a == b, 0.5, 0))",
    kinks=["a - b"], integers=True, doc="The smaller; nan if either is nan.")
row("where", "c, a, b", "where(c, a, b)", None, "where(c, 1, 0)", "where(c, 0, 1)",
    integers=True, doc="a where the condition c holds, else b.")
row("clip", "x, lo, hi", "minimum(maximum(x, lo), hi)",
    "where((x >= lo) & (x <= hi), 1, 0)",
    "where((x < lo) & (lo <= hi), 1, 0)", "where((x > hi) | (lo > hi), 1, 0)",
    kinks=["x - lo", "x - hi"], integers=True, sample=((-3, 3), (-2, -0.5), (0.5, 2)),
    doc="x kept within [lo, hi].")

# ── the product in the chain rule itself ────────────────────────────────────────────────────────

row("chain", "g, d", "chain(g, d)", "d", "g",
    doc="g·d with 0·∞ = 0, as in measure theory: a path along which nothing flows adds "
              "nothing. So the untaken branch of where never leaks nan, and norms are flat at 0.")
