/* What the generated array loops (tinygrad_pt/ops/codegen.py) are made of, besides vmath.h: the counterpart
 * of scalar.h for vectors. Included once per type. */

LANE_BY_LANE(sqrt)
LANE_BY_LANE(floor)
LANE_BY_LANE(ceil)
LANE_BY_LANE(trunc)
LANE_BY_LANE(rint)
LANE_BY_LANE(tan)
LANE_BY_LANE(sinh)
LANE_BY_LANE(cosh)
LANE_BY_LANE(asin)
LANE_BY_LANE(acos)
LANE_BY_LANE(atan)
LANE_BY_LANE(asinh)
LANE_BY_LANE(acosh)
LANE_BY_LANE(atanh)
LANE_BY_LANE(log2)
LANE_BY_LANE(log10)

#define PAIR_BY_PAIR(name) \
    INLINE vec FN(name##_of_lanes)(vec x, vec y) \
    { \
        T lane[LANES], other[LANES]; \
        FN(store)(lane, x); \
        FN(store)(other, y); \
        for (int i = 0; i < LANES; i++) \
            lane[i] = LIBM(name)(lane[i], other[i]); \
        return FN(load)(lane); \
    }
PAIR_BY_PAIR(pow)
PAIR_BY_PAIR(fmod)
PAIR_BY_PAIR(atan2)

INLINE vec FN(maximum)(vec a, vec b) { return FN(select)((a > b) | (a != a), a, b); }
INLINE vec FN(minimum)(vec a, vec b) { return FN(select)((a < b) | (a != a), a, b); }
INLINE vec FN(sign)(vec x)
{
    const vec one = FN(copysign)(FN(all)(1), x);
    return FN(select)(x != x, x, FN(select)(x == 0, (vec){0}, one));
}
INLINE vec FN(chain)(vec g, vec d)
{
    const vec p = g * d;
    return FN(select)((p != p) & ((g == 0) | (d == 0)), (vec){0}, p);
}

/* Of an operand the vector at i: it walks along, or is one number. */
INLINE vec FN(operand)(const void *x, ptrdiff_t step, ptrdiff_t i, ptrdiff_t left, mask tail)
{
    return step ? FN(part)((const T *)x + i, left, tail, 0) : FN(all)(*(const T *)x);
}

/* A loop over n elements, and in it the cotangent, the result y, and operand k. */
#define LOOP \
    const mask tail = FN(first)(n % LANES); \
    for (ptrdiff_t i = 0; i < n; i += LANES)
#define OPERAND(k) FN(operand)(xs[k], step[k], i, n - i, tail)
#define WALKING(array) FN(part)((const T *)(array) + i, n - i, tail, 0)
#define RESULT(v) FN(put)((T *)out + i, v, n - i, tail)

#include "loops.h"

#undef PAIR_BY_PAIR
#undef LOOP
#undef OPERAND
#undef WALKING
#undef RESULT
