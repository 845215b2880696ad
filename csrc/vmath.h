/* Functions of mathematics for vectors: exp, expm1, log, log1p, sigmoid, tanh, sin, cos, erf, erfc, within
 * 2 ulp for float and 4 for double, erfc where it is small 4 and 6 (tests/benchmarks/accuracy.py); inf, nan,
 * signed zeros and denormal numbers as in the C library. Included once per type. */

INLINE vec FN(all)(T x) { return x - (vec){0}; }
INLINE vec FN(select)(FN(ints) where, vec a, vec b)
{
    return (vec)((where & (FN(ints))a) | (~where & (FN(ints))b));
}

INLINE vec FN(fabs)(vec x)
{
    return (vec)((FN(ints))x & ~(FN(ints))FN(all)((T)-0.0));
}
INLINE vec FN(copysign)(vec x, vec y)
{
    const FN(ints) sign = (FN(ints))FN(all)((T)-0.0);
    return (vec)(((FN(ints))x & ~sign) | ((FN(ints))y & sign));
}

/* f of the C library, lane by lane. */
#define LANE_BY_LANE(name) \
    INLINE vec FN(name##_of_lanes)(vec x) \
    { \
        T lane[LANES]; \
        FN(store)(lane, x); \
        for (int i = 0; i < LANES; i++) \
            lane[i] = LIBM(name)(lane[i]); \
        return FN(load)(lane); \
    }

/* The constants of a type. MAGIC is a number whose last bit counts ones: what is added to it is rounded to
 * an integer, which then stands in the lowest bits. EXP_MIN, EXP_MAX: beyond them exp is 0, or infinite.
 * The …_TERMS are how much of a power series is needed. Parts of ln 2 and pi / 2 are so short that their
 * products with n are exact. */
#if T_BYTES == 4
#define MAGIC 0x1.8p23f
#define MANTISSA 23
#define BIAS 127
#define EXP_MIN -104.0f
#define EXP_MAX 89.0f
#define EXP_TERMS 7
#define LOG_TERMS 5
#define SIN_TERMS 5
#define COS_TERMS 6
#define ERF_TERMS 10
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#define QUARTERS_MAX 1024
#define QUARTER {0x1.9218p0f, 0x1.ed5p-14f, 0x1.10bp-30f, 0x1.184698p-44f}
#define ERFC_POLE 3
#define ERFC_SERIES {1.074006912f, -0.8833943465f, 0.5902277367f, -0.3104714503f, 0.1195396722f, -0.02678166195f, \
    -0.001287406585f, 0.002844728653f, -0.0003766580337f}
#else
#define MAGIC 0x1.8p52
#define MANTISSA 52
#define BIAS 1023
#define EXP_MIN -746.0
#define EXP_MAX 710.0
#define EXP_TERMS 13
#define LOG_TERMS 10
#define SIN_TERMS 9
#define COS_TERMS 10
#define ERF_TERMS 17
#define LN2_HIGH 0x1.62e42fefap-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#define QUARTERS_MAX (1 << 20)
#define QUARTER {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69}
#define ERFC_POLE 3
#define ERFC_SERIES {1.0740069070883397, -0.883394453169883788, 0.5902283571041025797, -0.3104672619005443188, \
    0.1195277612872304419, -0.02682723462544513664, -0.001212416625232158928, \
    0.003034062019282224724, -0.0005483097261866388644, -0.0002767780267417955961, \
    0.0001075618373446581905, 0.00003039919300970635061, -0.000017472750501324643, \
    -4.752582976203661349e-6, 2.773794754207548731e-6, 1.004437128069755821e-6, \
    -4.274609220294792394e-7, -2.352252111872372257e-7, 7.120281411830222834e-8, \
    4.298945837906027075e-8, -1.53077379071922442e-8}
#endif

/* 2^n for a whole n, as far as that is a normal number: n put where the exponent is. */
INLINE vec FN(power_of_2)(vec n)
{
    return (vec)(((FN(ints))(n + MAGIC) + BIAS) << MANTISSA);
}

static const T FN(inverse_factorial)[] = {1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040,
    1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800,
    1.0 / 87178291200, 1.0 / 1307674368000, 1.0 / 20922789888000, 1.0 / 355687428096000,
    1.0 / 6402373705728000};

/* x = n ln 2 + r with a whole n and |r| <= ln 2 / 2. */
INLINE vec FN(reduced)(vec x, vec *n)
{
    *n = (x * (T)1.4426950408889634 + MAGIC) - MAGIC;
    return (x - *n * LN2_HIGH) - *n * LN2_LOW;
}

/* The power series of exp(r) from the term of degree `from` on, divided by r^from. */
INLINE vec FN(exp_series)(vec r, int from)
{
    vec y = FN(all)(FN(inverse_factorial)[EXP_TERMS]);
#pragma GCC unroll 13
    for (int k = EXP_TERMS - 1; k >= from; k--)
        y = y * r + FN(inverse_factorial)[k];
    return y;
}

/* exp(x) = 2^n exp(r); 2^n in two factors, since 2^n alone may be no normal number where exp(x) is one. */
INLINE vec FN(exp)(vec x)
{
    x = FN(min)(FN(all)(EXP_MAX), FN(max)(FN(all)(EXP_MIN), x));
    vec n;
    const vec r = FN(reduced)(x, &n), y = FN(exp_series)(r, 0);
#if VECTOR_BYTES == 64
    return (vec)X86(_mm512_scalef)(y, n);
#else
    const vec half = (n * (T)0.5 + MAGIC) - MAGIC;
    return y * FN(power_of_2)(half) * FN(power_of_2)(n - half);
#endif
}

INLINE vec FN(sigmoid)(vec x) { return 1 / (1 + FN(exp)(-x)); }

/* x = n ln 2 + r for -40 <= x <= 40: exp(r) - 1, and 2^n */
INLINE vec FN(expm1_reduced)(vec x, vec *scale)
{
    vec n;
    const vec r = FN(reduced)(x, &n);
    *scale = FN(power_of_2)(n);
    return r + r * r * FN(exp_series)(r, 2);
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), exact also near 0 */
INLINE vec FN(expm1)(vec x)
{
    vec scale;
    const vec p = FN(expm1_reduced)(FN(min)(FN(all)(40), FN(max)(FN(all)(-40), x)), &scale);
    return FN(select)(x > 40, FN(exp)(x) - 1, FN(copysign)(scale * p + (scale - 1), x));
}

/* With e = exp(-2|x|) and m = e - 1: tanh|x| = -m / (1 + e), and where that is large 1 - 2e / (1 + e) */
INLINE vec FN(tanh)(vec x)
{
    const vec z = FN(max)(FN(all)(-40), FN(fabs)(x) * -2);
    vec scale;
    const vec p = FN(expm1_reduced)(z, &scale), e = scale * p + scale, m = scale * p + (scale - 1);
    const FN(ints) large = z < (T)-1.1;
    const vec y = FN(select)(large, -2 * e, -m) / (1 + e);
    return FN(copysign)(FN(select)(large, 1 + y, y), x);
}

/* x = 2^e (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2), and with s = f / (2 + f)
 *     log(1 + f) = 2 artanh(s) = f - (f^2/2 - s (f^2/2 + R)),   R = 2/3 s^2 + 2/5 s^4 + … */
INLINE vec FN(log)(vec x)
{
    const FN(ints) tiny = x < (T)(T_BYTES == 4 ? 0x1p-126 : 0x1p-1022);
    const vec y = FN(select)(tiny, x * (T)(T_BYTES == 4 ? 0x1p25 : 0x1p54), x);
    const FN(ints) half = (FN(ints))FN(all)((T)0.70710678118654752);
    const FN(ints) from = (FN(ints))y - half, e = from >> MANTISSA;
    const vec f = (vec)((FN(ints))y - (e << MANTISSA)) - 1;
    const vec n = (vec)((e + (FN(ints))FN(all)(MAGIC))) - MAGIC
        - FN(select)(tiny, FN(all)(T_BYTES == 4 ? 25 : 54), (vec){0});
    const vec s = f / (2 + f), z = s * s, half_square = (T)0.5 * f * f;
    vec r = FN(all)((T)2 / (2 * LOG_TERMS + 1));
#pragma GCC unroll 10
    for (int k = LOG_TERMS - 1; k >= 1; k--)
        r = r * z + (T)2 / (2 * k + 1);
    vec found = n * LN2_HIGH + (f - (half_square - (s * (half_square + r * z) + n * LN2_LOW)));
    found = FN(select)((x > 0) & (x < INFINITY), found, x);             /* inf, nan */
    found = FN(select)(x == 0, FN(all)(-INFINITY), found);
    return FN(select)(x < 0, FN(all)(NAN), found);
}

/* log(1 + x) = log(u) + c / u where u + c = 1 + x exactly */
INLINE vec FN(log1p)(vec x)
{
    const vec u = 1 + x, b = u - 1, c = (1 - (u - b)) + (x - b);
    const vec found = FN(log)(u) + c / u;
    return FN(select)((x == 0) | (x == INFINITY), x, FN(select)(x == -1, FN(all)(-INFINITY), found));
}

/* The quarters of a turn, as a number and in the lowest bits of an integer, and what is left of x; false if
 * some lane is too large for that (or no number). */
INLINE int FN(quarters)(vec x, FN(ints) *n, vec *r)
{
    static const T part[] = QUARTER;
    const vec magic = x * (T)0.63661977236758134 + MAGIC, turns = magic - MAGIC;
    const FN(ints) wrong = ~(FN(fabs)(turns) <= QUARTERS_MAX);
    *n = (FN(ints))magic;
    const vec rest = x - turns * part[0], next = turns * part[1], high = rest - next;
    vec low = (rest - high) - next;
    for (size_t k = 2; k < sizeof part / sizeof *part; k++)
        low -= turns * part[k];
    *r = high + low;
    return !FN(any)(wrong);
}

/* Of |r| <= pi / 4, by their power series; the sine where `odd` is 0, else the cosine. */
INLINE vec FN(sin_or_cos)(vec r, FN(ints) odd)
{
    const vec z = r * r;
    vec s = FN(all)(0), c = FN(all)(0);
#pragma GCC unroll 10
    for (int k = SIN_TERMS - 1; k >= 1; k--)
        s = s * z + (k % 2 ? -FN(inverse_factorial)[2 * k + 1] : FN(inverse_factorial)[2 * k + 1]);
#pragma GCC unroll 10
    for (int k = COS_TERMS - 1; k >= 2; k--)
        c = c * z + (k % 2 ? -FN(inverse_factorial)[2 * k] : FN(inverse_factorial)[2 * k]);
    return FN(select)(odd != 0, 1 - ((T)0.5 * z - z * z * c), r + r * z * s);
}

LANE_BY_LANE(sin)
LANE_BY_LANE(cos)

INLINE vec FN(turned)(vec r, FN(ints) n)
{
    return (vec)((FN(ints))FN(sin_or_cos)(r, n & 1) ^ ((n & 2) << (8 * T_BYTES - 2)));
}
INLINE vec FN(sin)(vec x)
{
    FN(ints) n;
    vec r;
    if (!FN(quarters)(x, &n, &r))
        return FN(sin_of_lanes)(x);
    return FN(select)(x == 0, x, FN(turned)(r, n));
}
INLINE vec FN(cos)(vec x)
{
    FN(ints) n;
    vec r;
    return FN(quarters)(x, &n, &r) ? FN(turned)(r, n + 1) : FN(cos_of_lanes)(x);
}

/* erf where |x| < 3/4, by its power series */
INLINE vec FN(erf_near_0)(vec x)
{
    const double c = 1.1283791670955126;
    const vec z = x * x;
    vec y = FN(all)(0);
#pragma GCC unroll 17
    for (int k = ERF_TERMS - 1; k >= 1; k--)
        y = y * z + (T)((k % 2 ? -c : c) * FN(inverse_factorial)[k] / (2 * k + 1));
    return x + x * (y * z + (T)(c - 1));
}

/* erfc where x >= 3/4: exp(-x^2) / (x + p) times a polynomial in t = (x - p) / (x + p), which is fitted as
 * far as erfc is not 0. Of x^2 = h^2 - d the first part is without rounding; exp(d) is nearly 1. */
INLINE vec FN(erfc_far)(vec x)
{
    static const T series[] = ERFC_SERIES;
    x = FN(min)(FN(all)(T_BYTES == 4 ? (T)10.1 : (T)27.3), x);
    const vec t = (x - ERFC_POLE) / (x + ERFC_POLE);
    vec y = FN(all)(series[sizeof series / sizeof *series - 1]);
#pragma GCC unroll 30
    for (int k = sizeof series / sizeof *series - 2; k >= 0; k--)
        y = y * t + series[k];
    const vec h = (vec)((FN(ints))x & (~(FN(ints)){0} << (MANTISSA / 2 + 1)));
    const vec d = (h - x) * (h + x), more = d * (1 + d * ((T)0.5 + d * ((T)(1.0 / 6) + d * (T)(1.0 / 24))));
    return FN(exp)(-h * h) * ((y + y * more) / (x + ERFC_POLE));
}

INLINE vec FN(erf)(vec x)
{
    const vec far = FN(copysign)(1 - FN(erfc_far)(FN(fabs)(x)), x);
    return FN(select)(FN(fabs)(x) < (T)0.75, FN(erf_near_0)(x), far);
}
INLINE vec FN(erfc)(vec x)
{
    const vec far = FN(erfc_far)(FN(fabs)(x));
    return FN(select)(FN(fabs)(x) < (T)0.75, 1 - FN(erf_near_0)(x), FN(select)(x < 0, 2 - far, far));
}

#undef MAGIC
#undef MANTISSA
#undef BIAS
#undef EXP_MIN
#undef EXP_MAX
#undef EXP_TERMS
#undef LOG_TERMS
#undef SIN_TERMS
#undef COS_TERMS
#undef ERF_TERMS
#undef LN2_HIGH
#undef LN2_LOW
#undef QUARTERS_MAX
#undef QUARTER
#undef ERFC_POLE
#undef ERFC_SERIES

/* The sum of the lanes, and the largest of them. */
INLINE T FN(sum_of)(vec v)
{
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            v[i] += v[i + half];
    return v[0];
}
INLINE T FN(max_of)(vec v)
{
    T top = v[0];
    for (int i = 1; i < LANES; i++)
        top = v[i] > top ? v[i] : top;
    return top;
}
