/* What the generated rows (tinygrad_pt/ops/codegen.py) call besides the mathematical library.
 * The counterpart of tinygrad_pt/ops/scalars.py, with which it agrees bit for bit. */
#ifndef TINYGRAD_PT_SCALAR_H
#define TINYGRAD_PT_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Value and slopes of a row at x. */
typedef double (*row_function)(const double *x, double *d);

struct row {
    const char *text;
    row_function f;
};

/* The larger; nan if either is nan. */
static inline double maximum(double a, double b) { return a > b || a != a ? a : b; }

/* The smaller; nan if either is nan. */
static inline double minimum(double a, double b) { return a < b || a != a ? a : b; }

static inline double sign(double x) { return x != x ? x : (double)((x > 0) - (x < 0)); }

/* g·d with 0·∞ = 0: see the row `chain`. */
static inline double chain(double g, double d)
{
    const double p = g * d;
    return p != p && (g == 0 || d == 0) ? 0.0 : p;
}

#endif
