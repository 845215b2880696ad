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
row("rsqrt", "x", "1 / sqrt(x)", "-0.5 * y / x", domain="x > 0", sample=((0.1, 4),),
    doc="1 / √x.")
row("square", "x", "x * x", "2 * x", integers=True,
    doc="x².")
row("reciprocal", "x", "1 / x", "-y * y", domain="x != 0", sample=((0.3, 3),),
    doc="1 / x.")
row("exp2", "x", "pow(2, x)", "0.6931471805599453 * y",
    doc="2 to the power x.")
row("log2", "x", "log2(x)", "1.4426950408889634 / x", domain="x > 0", sample=((0.1, 4),),
    doc="Logarithm to base 2.")
row("log10", "x", "log10(x)", "0.4342944819032518 / x", domain="x > 0", sample=((0.1, 4),),
    doc="Logarithm to base 10.")
row("logaddexp", "a, b",
    "where(a == b, a + 0.6931471805599453, maximum(a, b) + log1p(exp(-abs(a - b))))",
    "exp(a - y)", "exp(b - y)",
    doc="log(eᵃ + eᵇ), without overflow.")

row("xlogy", "a, b", "where((a == 0) & (b == b), 0, a * log(b))",
    "where((a == 0) & (b == 0), 0, log(b))", "where(a == 0, 0, a / b)",
    sample=((0.3, 3), (0.3, 3)), doc="a·log b, and 0 where a is 0: a term of an entropy.")
row("bce", "x, t", "-(t * maximum(log(x), -100) + (1 - t) * maximum(log1p(-x), -100))",
    "(x - t) / maximum(x * (1 - x), 1e-12)", "minimum(maximum(log1p(-x) - log(x), -100), 100)",
    domain="(x >= 0) & (x <= 1)", sample=((0.05, 0.95), (0, 1)),
    doc="Binary cross-entropy −(t log x + (1 − t) log(1 − x)), each logarithm at least −100.")
row("erf", "x", "erf(x)", "1.1283791670955126 * exp(-x * x)",
    doc="Error function, 2/√π ∫₀ˣ exp(−t²) dt.")
row("erfc", "x", "erfc(x)", "-1.1283791670955126 * exp(-x * x)",
    doc="1 − erf(x), exact for large x.")
row("ndtr", "x", "0.5 * erfc(-0.7071067811865476 * x)", "0.3989422804014327 * exp(-0.5 * x * x)",
    doc="The normal distribution's Φ(x), exact for small values too.")
row("erfinv", "x", "erfinv(x)", "0.886226925452758 * exp(y * y)", domain="(x >= -1) & (x <= 1)",
    sample=((-0.95, 0.95),), doc="The y of which x is the error function.")

# ── trigonometry ────────────────────────────────────────────────────────────────────────────────

row("sin", "x", "sin(x)", "cos(x)",
    doc="Sine, of an angle in radians.")
row("cos", "x", "cos(x)", "-sin(x)",
    doc="Cosine, of an angle in radians.")
row("tan", "x", "tan(x)", "1 + y * y", sample=((-1.3, 1.3),),
    doc="Tangent, of an angle in radians.")
row("asin", "x", "asin(x)", "1 / sqrt(1 - x * x)", domain="(x >= -1) & (x <= 1)",
    sample=((-0.9, 0.9),), doc="Inverse sine, in [−π/2, π/2].")
row("acos", "x", "acos(x)", "-1 / sqrt(1 - x * x)", domain="(x >= -1) & (x <= 1)",
    sample=((-0.9, 0.9),), doc="Inverse cosine, in [0, π].")
row("atan", "x", "atan(x)", "1 / (1 + x * x)",
    doc="Inverse tangent, in (−π/2, π/2).")
row("atan2", "a, b", "atan2(a, b)", "where((a == 0) & (b == 0), 0, b / (a * a + b * b))",
    "where((a == 0) & (b == 0), 0, -a / (a * a + b * b))",
    sample=((0.3, 3), (-3, 3)), doc="The angle of the point (b, a), in [−π, π].")
row("hypot", "a, b", "hypot(a, b)", "where(y == 0, 0, a / y)", "where(y == 0, 0, b / y)",
    sample=((0.3, 3), (-3, 3)), doc="√(a² + b²), without overflow; the tip of the cone is flat.")
row("sinh", "x", "sinh(x)", "cosh(x)",
    doc="Hyperbolic sine.")
row("cosh", "x", "cosh(x)", "sinh(x)",
    doc="Hyperbolic cosine.")
row("tanh", "x", "tanh(x)", "1 - y * y",
    doc="Hyperbolic tangent.")
row("asinh", "x", "asinh(x)", "1 / sqrt(1 + x * x)",
    doc="Inverse hyperbolic sine.")
row("acosh", "x", "acosh(x)", "1 / sqrt(x * x - 1)", domain="x >= 1", sample=((1.1, 4),),
    doc="Inverse hyperbolic cosine, not negative.")
row("atanh", "x", "atanh(x)", "1 / (1 - x * x)", domain="(x > -1) & (x < 1)",
    sample=((-0.9, 0.9),), doc="Inverse hyperbolic tangent.")
row("sinc", "x", "where(x == 0, 1, sin(3.141592653589793 * x) / (3.141592653589793 * x))",
    "where(x == 0, -3.289868133696453 * x, (cos(3.141592653589793 * x) - y) / x)",
    sample=((0.3, 3),), doc="sin(πx) / (πx), and 1 at 0; near it −π²x/3 is the slope.")

# ── activations ─────────────────────────────────────────────────────────────────────────────────

row("sigmoid", "x", "1 / (1 + exp(-x))", "y * (1 - y)",
    doc="Logistic sigmoid.")
row("relu", "x", "maximum(x, 0)", "where(x > 0, 1, 0)", symbol="ReLU", kinks=["x"],
    integers=True, doc="Rectifier: the positive part.")
row("leaky_relu", "x, slope", "where(x > 0, x, slope * x)", "where(x > 0, 1, slope)",
    "where(x > 0, 0, x)", kinks=["x"], sample=((-3, 3), (0.01, 0.5)),
    doc="x where it is positive, else slope·x.")
row("elu", "x, alpha", "where(x > 0, x, alpha * expm1(x))", "where(x > 0, 1, alpha * exp(x))",
    "where(x > 0, 0, expm1(x))", kinks=["x"], sample=((-3, 3), (0.5, 2)),
    doc="x where it is positive, else α(eˣ − 1) (Clevert et al., 2016).")
row("celu", "x, alpha", "where(x > 0, x, alpha * expm1(x / alpha))",
    "where(x > 0, 1, exp(x / alpha))",
    "where(x > 0, 0, expm1(x / alpha) - x / alpha * exp(x / alpha))",
    kinks=["x"], sample=((-3, 3), (0.5, 2)), domain="alpha != 0",
    doc="elu with slope 1 at 0 whatever α: x, or α(exp(x/α) − 1) (Barron, 2017).")
row("hardtanh", "x, lo, hi", "minimum(maximum(x, lo), hi)", "where((x > lo) & (x < hi), 1, 0)",
    "where(x <= lo, 1, 0)", "where(x >= hi, 1, 0)", kinks=["x - lo", "x - hi"], integers=True,
    sample=((-3, 3), (-2, -0.5), (0.5, 2)), doc="clip, but flat on its bounds.")
row("softplus", "x", "maximum(x, 0) + log1p(exp(-abs(x)))", "sigmoid(x)",
    doc="log(1 + eˣ), without overflow: a smooth rectifier.")
row("silu", "x", "x * sigmoid(x)", "sigmoid(x) * (1 + x * (1 - sigmoid(x)))",
    doc="x·sigmoid(x), also called swish (Elfwing et al., 2018).")
row("mish", "x", "x * tanh(softplus(x))",
    "tanh(softplus(x)) + x * sigmoid(x) * (1 - tanh(softplus(x)) * tanh(softplus(x)))",
    doc="x·tanh(softplus(x)) (Misra, 2019).")
row("gelu", "x", "x * ndtr(x)", "ndtr(x) + 0.3989422804014327 * x * exp(-0.5 * x * x)",
    doc="x·Φ(x), with the normal distribution's Φ (Hendrycks & Gimpel, 2016).")
row("gelu_tanh", "x", "x * sigmoid(x * (1.5957691216057308 + 0.07135481627260025 * x * x))",
    "sigmoid(x * (1.5957691216057308 + 0.07135481627260025 * x * x))"
    " * (1 + x * (1 - sigmoid(x * (1.5957691216057308 + 0.07135481627260025 * x * x)))"
    " * (1.5957691216057308 + 0.21406444881780074 * x * x))",
    doc="gelu with Φ(x) ≈ ½(1 + tanh(√(2/π)(x + 0.044715 x³))).")

# ── piecewise ───────────────────────────────────────────────────────────────────────────────────

row("abs", "x", "abs(x)", "sign(x)", kinks=["x"], integers=True,
    doc="Absolute value.")
row("sign", "x", "sign(x)", "0", kinks=["x"], integers=True,
    doc="−1, 0 or 1.")
row("floor", "x", "floor(x)", "0", kinks=["x - rint(x)"], integers=True,
    doc="The largest integer not above x.")
row("ceil", "x", "ceil(x)", "0", kinks=["x - rint(x)"], integers=True,
    doc="The smallest integer not below x.")
row("trunc", "x", "trunc(x)", "0", kinks=["x - rint(x)"], integers=True,
    doc="x without what follows the point.")
row("round", "x", "rint(x)", "0", kinks=["x - floor(x) - 0.5"], integers=True,
    doc="The nearest integer, the even one of two.")
row("copysign", "a, b", "copysign(a, b)", "sign(a) * sign(y)", "0", kinks=["a", "b"],
    doc="a's size with b's sign.")
row("fmod", "a, b", "fmod(a, b)", "1", "-trunc(a / b)", domain="b != 0", integers=True,
    sample=((2.1, 2.9), (1.1, 1.9)), doc="What is left of a when b is taken from it, of a's sign.")
row("remainder", "a, b",
    "where((fmod(a, b) != 0) & ((fmod(a, b) < 0) != (b < 0)), fmod(a, b) + b, fmod(a, b))",
    "1", "-floor(a / b)", domain="b != 0", integers=True,
    sample=((2.1, 2.9), (1.1, 1.9)), doc="a modulo b, of b's sign.")
row("floor_divide", "a, b", "floor_divide(a, b)", "0", "0", domain="b != 0", integers=True,
    sample=((2.1, 2.9), (1.1, 1.9)), doc="How often b goes into a: a = b·y + remainder(a, b).")
row("maximum", "a, b", "maximum(a, b)",
    "where(a > b, 1, where(a == b, 0.5, 0))", "where(a < b, 1, where(a == b, 0.5, 0))",
    kinks=["a - b"], integers=True, doc="The larger; nan if either is nan.")
row("minimum", "a, b", "minimum(a, b)",
    "where(a < b, 1, where(a == b, 0.5, 0))", "where(a > b, 1, where(a == b, 0.5, 0))",
    kinks=["a - b"], integers=True, doc="The smaller; nan if either is nan.")
row("where", "c, a, b", "where(c, a, b)", None, "where(c, 1, 0)", "where(c, 0, 1)",
    integers=True, doc="a where the condition c holds, else b.")
row("lerp", "a, b, w", "where(abs(w) < 0.5, a + w * (b - a), b - (1 - w) * (b - a))",
    "1 - w", "w", "b - a", sample=((-3, 3), (-3, 3), (0, 1)),
    doc="From a (w = 0) in a straight line to b (w = 1), exact at both ends.")
row("clip", "x, lo, hi", "minimum(maximum(x, lo), hi)",
    "where((x >= lo) & (x <= hi), 1, 0)",
    "where((x < lo) & (lo <= hi), 1, 0)", "where((x > hi) | (lo > hi), 1, 0)",
    kinks=["x - lo", "x - hi"], integers=True, sample=((-3, 3), (-2, -0.5), (0.5, 2)),
    doc="x kept within [lo, hi].")

row("smooth_l1", "x, t, beta",
    "where(abs(x - t) < beta, (x - t) * (x - t) / (2 * beta), abs(x - t) - beta / 2)",
    "where(abs(x - t) < beta, (x - t) / beta, sign(x - t))",
    "where(abs(x - t) < beta, (t - x) / beta, sign(t - x))",
    "where(abs(x - t) < beta, -(x - t) * (x - t) / (2 * beta * beta), -0.5)",
    kinks=["abs(x - t) - beta"], domain="beta > 0", sample=((-3, 3), (-3, 3), (0.5, 2)),
    doc="|x − t| − β/2, but (x − t)² / 2β where |x − t| < β (Girshick, 2015).")

# ── the product in the chain rule itself ────────────────────────────────────────────────────────

row("chain", "g, d", "chain(g, d)", "d", "g",
    doc="g·d with 0·∞ = 0, as in measure theory: a path along which nothing flows adds "
              "nothing. So the untaken branch of where never leaks nan, and norms are flat at 0.")
