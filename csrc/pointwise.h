/* What the generated array loops (tinygrad_pt/ops/codegen.py) call: scalar.h's functions, in float.
 *
 * A loop is told how many elements there are and, for each operand, its first element and its step:
 * 1 to walk along, 0 to stay (a single number against an array).
 */
#ifndef TG_POINTWISE_H
#define TG_POINTWISE_H

#include "scalar.h"

/* Where the linker can choose by processor, a loop is compiled for wider vectors too. The numbers are the
 * same: nothing is contracted. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

static inline float maximumf(float a, float b) { return (a > b) | (a != a) ? a : b; }

static inline float minimumf(float a, float b) { return (a < b) | (a != a) ? a : b; }

static inline float signf(float x) { return x != x ? x : (float)((x > 0) - (x < 0)); }

static inline float chainf(float g, float d)
{
    const float p = g * d;
    return (p != p) & ((g == 0) | (d == 0)) ? 0.0f : p;
}

/* y = f(x…) for n elements. */
typedef void (*value_loop)(ptrdiff_t n, const void *const *x, const ptrdiff_t *step, void *y);

/* out = g·∂f/∂xᵢ for n elements. */
typedef void (*slope_loop)(ptrdiff_t n, const void *g, const void *y, const void *const *x,
                           const ptrdiff_t *step, void *out);

struct loops {
    const char *text;          /* of the row */
    int cheap;                 /* bit 0: value calls nothing slow; bit 1 + i: nor does slope i */
    value_loop value[2];       /* float, double */
    slope_loop slopes[2][3];   /* NULL where a slope is a constant */
};

#endif
