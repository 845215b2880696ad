"""Where the numbers in csrc/vmath.h come from: polynomials of the smallest largest error.

    python tests/benchmarks/polynomials.py

Of all polynomials with so many terms the best one errs alternately up and down by the same amount, at
one place more than it has terms. Remez: choose places, solve for the polynomial that does so there,
move the places to where its error is in truth largest, and again. Takes half a minute; needs mpmath.
"""

from functools import cache

import mpmath
from mpmath import atanh, cos, erf, erfc, exp, expm1, mp, mpf, pi, polyval, sqrt

mp.dps = 60


def places(lo, hi, n):
    """n + 1 places, dense near the ends."""
    return [(lo + hi) / 2 - (hi - lo) / 2 * cos(pi * i / n) for i in range(n + 1)]


def best(f, lo, hi, terms, weight, rounds=8):
    """The coefficients of a polynomial with the smallest error weight·(f − p) on [lo, hi], and that."""
    at = places(lo, hi, terms)
    for _ in range(rounds):
        rows = mpmath.matrix([[x**k for k in range(terms)] + [(-1)**i / weight(x)]
                              for i, x in enumerate(at)])
        found = mpmath.lu_solve(rows, mpmath.matrix([f(x) for x in at]))
        p = [found[k] for k in range(terms)]
        peaks = []  # the largest error of each sign in turn
        for x in places(lo, hi, 40 * terms):
            e = weight(x) * (f(x) - polyval(p[::-1], x))
            if not peaks or (peaks[-1][1] > 0) != (e > 0):
                peaks.append((x, e))
            elif abs(e) > abs(peaks[-1][1]):
                peaks[-1] = (x, e)
        while len(peaks) > terms + 1:
            peaks.pop(0 if abs(peaks[0][1]) < abs(peaks[-1][1]) else -1)
        if len(peaks) <= terms:
            break
        at = [x for x, _ in peaks]
    return p, max(abs(e) for _, e in peaks)


# exp(r) = 1 + r + r² p(r), the relative error that of exp(r) − 1
def after_two(r):
    return (exp(r) - 1 - r) / r**2 if abs(r) > 1e-15 else mpf(1) / 2


# 2 artanh(s) = 2s + s³ p(s²)
def of_artanh(z):
    return (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z if z > 1e-15 else mpf(2) / 3


# erf(x) = x + x p(x²)
def of_erf(z):
    return erf(sqrt(z)) / sqrt(z) - 1 if z > 1e-20 else 2 / sqrt(pi) - 1


# exp(x²) erfc(x) = p(t) / (x + 3) with t = (x − 3) / (x + 3)
@cache
def of_erfcx(t):
    x = 3 * (1 + t) / (1 - t)
    return (x + 3) * exp(x * x) * erfc(x)


HALF, TINY = mpmath.log(2) / 2, mpf("1e-12")
SERIES = {
    "EXP": (after_two, -HALF, HALF, (5, 10), lambda r: abs(r * r / expm1(r + TINY)) + TINY),
    "LOG": (of_artanh, mpf(0), mpf(1) / 25, (4, 7), lambda z: z + mpf("1e-9")),
    "ERF": (of_erf, mpf(0), mpf(9) / 16, (7, 11), lambda z: 1 / (1 + of_erf(z))),
    "ERFCX": (of_erfcx, mpf(-1), None, (10, 22), lambda t: 1 / of_erfcx(t)),
}
LAST = mpf("10.1"), mpf("27.3")  # erfc is 0 from here on


def main():
    for name, (f, lo, hi, terms, weight) in SERIES.items():
        for n, last, digits in zip(terms, LAST, (10, 18), strict=True):
            p, error = best(f, lo, (last - 3) / (last + 3) if hi is None else hi, n, weight)
            print(f"{name}_SERIES, {n} terms, error 2^{float(mpmath.log(error, 2)):.1f}:")
            print("   ", ", ".join(mpmath.nstr(c, digits) for c in p), flush=True)


if __name__ == "__main__":
    main()
