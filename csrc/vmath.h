/* Functions of mathematics for vectors: exp, expm1, log, log1p, sigmoid, tanh, sin, cos, erf, erfc, ndtr,
 * within 2 ulp for float and 4 for double; of float tanh 2.4, erfc and ndtr 3, or 6 where a processor rounds
 * the product in a b + c (tests/benchmarks/accuracy.py); inf, nan, signed zeros and denormal numbers as in the C
 * library. Included once per type. */

INLINE vec FN(all)(T x) { return x - (vec){0}; }

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
 * SMALLEST is the smallest normal number; 2^LIFT makes any smaller one normal. The …_SERIES are polynomials
 * whose largest error is as small as it can be (tests/benchmarks/polynomials.py); the …_TERMS are how much
 * of a power series is needed. Parts of ln 2 and pi / 2 are so short that their products with n are exact. */
#if T_BYTES == 4
#define MAGIC 0x1.8p23f
#define MANTISSA 23
#define BIAS 127
#define EXP_MIN -104.0f
#define EXP_MAX 89.0f
#define SMALLEST 0x1p-126f
#define LIFT 25
#define EXP_SERIES {1, 1, 0.4999999815f, 0.1666654317f, 0.0416672017f, 0.00836658090f, 0.00138824994f}
#define LOG_SERIES {0.6666666310f, 0.4000086072f, 0.2850713032f, 0.2409850696f}
#define SIN_TERMS 5
#define COS_TERMS 6
#define ERF_SERIES {0.1283791671f, -0.3761263843f, 0.1128377825f, -0.02686474254f, 0.005216690040f, \
    -0.0008355367145f, 0.00009461264501f}
#define LN2_HIGH 0x1.62e4p-1f
#define LN2_LOW 0x1.7f7d1cp-20f
#define QUARTERS_MAX 1024
#define QUARTER {0x1.9218p0f, 0x1.ed5p-14f, 0x1.10bp-30f, 0x1.184698p-44f}
#define ERFCX_SERIES {1.074006908f, -0.8833944851f, 0.5902283045f, -0.3104660460f, 0.1195289670f, -0.02683958934f, \
    -0.001225820924f, 0.003080066537f, -0.0004843693697f, -0.0003260703f} /* the last so that erfc(0) = 1 */
#else
#define MAGIC 0x1.8p52
#define MANTISSA 52
#define BIAS 1023
#define EXP_MIN -746.0
#define EXP_MAX 710.0
#define SMALLEST 0x1p-1022
#define LIFT 54
#define EXP_SERIES {1, 1, 0.500000000000000523, 0.166666666666665886, 0.0416666666665761076, \
    0.00833333333338996143, 0.00138888889317956737, 0.000198412697183287803, 0.0000248015049779348799, \
    2.75574078793015913e-6, 2.76261618150319699e-7, 2.50537717780417012e-8}
#define LOG_SERIES {0.666666666666727119, 0.399999999961613626, 0.285714293953265094, 0.222221384992430069, \
    0.181863561530061301, 0.152501869854672575, 0.153682032805104483}
#define SIN_TERMS 9
#define COS_TERMS 10
#define ERF_SERIES {0.128379167095512573, -0.376126389031837149, 0.112837916709524808, -0.0268661706444024704, \
    0.00522397761512212726, -0.00085483261690794992, 0.000120552887767709786, -0.0000149241766272530698, \
    1.64303880897704123e-6, -1.59375991658997465e-7, 1.14637554445381205e-8}
#define LN2_HIGH 0x1.62e42fefap-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#define QUARTERS_MAX (1 << 20)
#define QUARTER {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2e037073p-69}
#define ERFCX_SERIES {1.07400690708833972, -0.883394453169882216, 0.590228357104095168, -0.310467261900710739, \
    0.119527761287676305, -0.0268272346201814705, -0.00121241663543144883, 0.00303406194154453791, \
    -0.000548309606124009379, -0.0002767773849775394, 0.000107560990816106702, 0.000030395981246341949, \
    -0.0000174688791071129187, -4.74261779907577267e-6, 2.76201844180648923e-6, 9.8591000215196684e-7, \
    -4.04331289964630353e-7, -2.17233959360112446e-7, 4.47315488961488465e-8, 3.82464156630966901e-8, \
    -1.98091573586518911e-9, -3.36364873448410825e-9}
#endif

/* Polynomials by Horner's rule, from the term of degree `from` on and divided by x^from. */
#define POLYNOMIAL(name, SERIES) \
    INLINE vec FN(name)(vec x, int from) \
    { \
        static const T term[] = SERIES; \
        const int last = sizeof term / sizeof *term - 1; \
        vec y = FN(all)(term[last]); \
        _Pragma("GCC unroll 30") \
        for (int k = last - 1; k >= from; k--) \
            y = y * x + term[k]; \
        return y; \
    }
POLYNOMIAL(exp_series, EXP_SERIES)
POLYNOMIAL(log_series, LOG_SERIES)
POLYNOMIAL(erf_series, ERF_SERIES)
POLYNOMIAL(erfcx_series, ERFCX_SERIES)

/* y 2^n for a whole n, as far as 2^n is a normal number: n put where the exponent is. */
INLINE vec FN(scale)(vec y, vec n)
{
#if VECTOR_BYTES == 64
    return (vec)X86(_mm512_scalef)(y, n);
#else
    return y * (vec)(((FN(ints))(n + MAGIC) + BIAS) << MANTISSA);
#endif
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

/* exp(x - low) = 2^n exp(r - low) for a low that is small beside x, x being EXP_MIN … EXP_MAX or little
 * beyond; 2^n in two factors, since 2^n alone may be no normal number where exp(x) is one. */
INLINE vec FN(exp_less)(vec x, vec low)
{
    vec n;
    const vec r = FN(reduced)(x, &n), y = FN(exp_series)(r - low, 0);
#if VECTOR_BYTES == 64 /* which can do so at once */
    return FN(scale)(y, n);
#else
    const vec half = (n * (T)0.5 + MAGIC) - MAGIC;
    return FN(scale)(FN(scale)(y, half), n - half);
#endif
}

/* What is too small (of a softmax the lanes beyond a row, and what is masked) does not come near the denormal
 * numbers: arithmetic with these takes a hundred times as long. */
INLINE vec FN(exp)(vec x)
{
    const vec z = FN(min)(FN(all)(EXP_MAX), x);
#if VECTOR_BYTES == 64
    vec n;
    const vec r = FN(reduced)(z, &n);
    return (vec)X86(_mm512_maskz_scalef)(FN(mask_of)(~(x < EXP_MIN)), FN(exp_series)(r, 0), n);
#elif VECTOR_BYTES == 32
    const FN(ints) kept = ~(x < EXP_MIN);
    return (vec)(kept & (FN(ints))FN(exp_less)((vec)(kept & (FN(ints))z), (vec){0}));
#else /* slower there: GCC 12 breaks down over the choice */
    return FN(exp_less)(FN(max)(FN(all)(EXP_MIN), z), (vec){0});
#endif
}

INLINE vec FN(sigmoid)(vec x) { return 1 / (1 + FN(exp)(-x)); }

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), exact also near 0, for -40 <= x <= 40 */
INLINE vec FN(expm1_within_40)(vec x)
{
    vec n;
    const vec r = FN(reduced)(x, &n), scale = FN(scale)(FN(all)(1), n);
    return scale * (r + r * r * FN(exp_series)(r, 2)) + (scale - 1);
}
INLINE vec FN(expm1)(vec x)
{
    const vec y = FN(expm1_within_40)(FN(min)(FN(all)(40), FN(max)(FN(all)(-40), x)));
    return FN(select)(x > 40, FN(exp)(x) - 1, FN(copysign)(y, x));
}

/* -tanh|x| = m / (m + 2) with m = exp(-2|x|) - 1; from |x| = 20 on it is -1. What m + 2 is rounded by is
 * taken back where that is near 1, and does no harm where it is near 2. */
INLINE vec FN(tanh)(vec x)
{
    const vec m = FN(expm1_within_40)(FN(max)(FN(all)(-40), FN(fabs)(x) * -2));
    const vec d = m + 2, y = m / d, low = m - (d - 2);
    return FN(copysign)(y - y * low, x);
}

/* x = 2^e m with m near 1, for x > 0, be it a denormal number; whatever else x is, the logarithm that is
 * made of e and m is right. */
INLINE vec FN(split)(vec x, vec *e)
{
#if VECTOR_BYTES == 64 /* 3/4 <= m < 3/2; of 0 and inf e is infinite and m is 1, of what is below 0 m is nan */
    const vec m = (vec)X86(_mm512_getmant)(x + 0, _MM_MANT_NORM_p75_1p5, _MM_MANT_SIGN_nan);
    *e = (vec)X86(_mm512_getexp)(x) - (vec)X86(_mm512_getexp)(m);
    return m;
#else /* sqrt(1/2) <= m < sqrt(2) */
    const FN(ints) tiny = x < SMALLEST;
    const vec y = FN(select)(tiny, x * ((T)(1 << LIFT / 2) * (T)(1 << (LIFT - LIFT / 2))), x);
    const FN(ints) from = (FN(ints))y - (FN(ints))FN(all)((T)0.70710678118654752), n = from >> MANTISSA;
    *e = (vec)(n + (FN(ints))FN(all)(MAGIC)) - MAGIC - FN(select)(tiny, FN(all)(LIFT), (vec){0});
    *e = FN(select)((x > 0) & (x < INFINITY), *e, FN(select)(x == 0, FN(all)(-INFINITY), x)); /* inf, nan */
    return FN(select)(x < 0, FN(all)(NAN), (vec)((FN(ints))y - (n << MANTISSA)));
#endif
}

/* x = 2^e (1 + f), and with s = f / (2 + f)
 *     log(1 + f) = 2 artanh(s) = f - (f^2/2 - s (f^2/2 + R)),   R = 2/3 s^2 + 2/5 s^4 + … */
INLINE vec FN(log)(vec x)
{
    vec e;
    const vec f = FN(split)(x, &e) - 1, s = f / (2 + f), z = s * s, half_square = (T)0.5 * f * f;
    const vec r = z * FN(log_series)(z, 0);
    return e * LN2_HIGH + (f - (half_square - (s * (half_square + r) + e * LN2_LOW)));
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

/* exp(-x^2), or exp(-x^2 / 2), for x >= 0: of x^2 = h^2 + (x - h)(x + h) the first part is without
 * rounding. From `last` on it is 0. */
INLINE vec FN(exp_of_square)(vec x, const int halved)
{
    const T last = T_BYTES == 4 ? (halved ? 15 : 11) : (halved ? 39 : 28), c = halved ? (T)0.5 : 1;
    x = FN(min)(FN(all)(last), x);
    const vec h = (vec)((FN(ints))x & (~(FN(ints)){0} << (MANTISSA / 2 + 1)));
    return FN(exp_less)(-c * h * h, c * (x - h) * (x + h));
}

/* exp(x^2) erfc(x) where x >= 0: 1 / (x + 3) times a polynomial in t = (x - 3) / (x + 3), fitted as far as
 * erfc is not 0. What x + 3 and its inverse are rounded by would count three times: `exact` adds it. */
INLINE vec FN(erfcx)(vec x, const int exact)
{
    x = FN(min)(FN(all)(40), x);
    const vec d = x + 3, share = 1 / d, low = (3 - d) + x;
    const vec more = exact ? share * ((1 - share * d) - share * low) : (vec){0};
    const vec y = FN(erfcx_series)((1 - 6 * share) - 6 * more, 0);
    return y * share + y * more;
}

INLINE vec FN(erfc)(vec x)
{
    const vec y = FN(fabs)(x), far = FN(exp_of_square)(y, 0) * FN(erfcx)(y, 1);
    return FN(select)(x < 0, 2 - far, far);
}

/* 1 - erfc(x), and near 0 by a polynomial in x^2. */
INLINE vec FN(erf)(vec x)
{
    const vec y = FN(min)(FN(all)(6), FN(fabs)(x)), z = y * y, near = x + x * FN(erf_series)(z, 0);
    const vec far = 1 - FN(exp_less)(-z, (vec){0}) * FN(erfcx)(y, 0);
    return FN(select)(y < (T)0.75, near, FN(copysign)(far, x));
}

/* erfc(-x / sqrt 2) / 2, the normal distribution's: without rounding what exp is taken of. */
INLINE vec FN(ndtr)(vec x)
{
    const vec y = FN(fabs)(x);
    const vec far = FN(exp_of_square)(y, 1) * ((T)0.5 * FN(erfcx)(y * (T)0.70710678118654752, 1));
    return FN(select)(x > 0, 1 - far, far);
}

#undef MAGIC
#undef MANTISSA
#undef BIAS
#undef EXP_MIN
#undef EXP_MAX
#undef SMALLEST
#undef LIFT
#undef EXP_SERIES
#undef LOG_SERIES
#undef SIN_TERMS
#undef COS_TERMS
#undef ERF_SERIES
#undef LN2_HIGH
#undef LN2_LOW
#undef QUARTERS_MAX
#undef QUARTER
#undef ERFCX_SERIES

/* The sum of the lanes, and the largest of them: of one half with the other, and so on. */
INLINE T FN(sum_of)(vec v)
{
#if VECTOR_BYTES == 64
    return X86(_mm512_reduce_add)(v);
#else
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            v[i] += v[i + half];
    return v[0];
#endif
}
INLINE T FN(max_of)(vec v)
{
#if VECTOR_BYTES == 64
    return X86(_mm512_reduce_max)(v);
#else
    for (int half = LANES / 2; half; half /= 2)
        for (int i = 0; i < half; i++)
            v[i] = v[i] > v[i + half] ? v[i] : v[i + half];
    return v[0];
#endif
}
