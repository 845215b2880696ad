/* Functions of mathematics for vectors. Included once per type.
 *
 *     exp(x), sigmoid(x), tanh(x)    within 2 ulp; inf, nan and denormal results as in the C library
 */

typedef INT FN(ints) __attribute__((vector_size(VECTOR_BYTES)));

INLINE vec FN(all)(T x) { return x - (vec){0}; }
INLINE vec FN(select)(FN(ints) where, vec a, vec b)
{
    return (vec)((where & (FN(ints))a) | (~where & (FN(ints))b));
}
INLINE vec FN(max)(vec a, vec b) { return FN(select)(a > b, a, b); } /* b where one is nan */
INLINE vec FN(min)(vec a, vec b) { return FN(select)(a < b, a, b); }

/* The constants of a type. MAGIC is a number whose last bit counts ones: what is added to it is rounded to
 * an integer, which then stands in the lowest bits. EXP_MIN, EXP_MAX: beyond them exp is 0, or infinite. */
#if T_BYTES == 4
#define MAGIC 0x1.8p23f
#define MANTISSA 23
#define BIAS 127
#define EXP_MIN -104.0f
#define EXP_MAX 89.0f
#define EXP_TERMS 7
#define LN2_HIGH 0x1.62e4p-1f  /* so short that its product with n is exact */
#define LN2_LOW 0x1.7f7d1cp-20f
#else
#define MAGIC 0x1.8p52
#define MANTISSA 52
#define BIAS 1023
#define EXP_MIN -746.0
#define EXP_MAX 710.0
#define EXP_TERMS 13
#define LN2_HIGH 0x1.62e42fefap-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#endif

/* 2^n for a whole n, as far as that is a normal number: n put where the exponent is. */
INLINE vec FN(power_of_2)(vec n)
{
    return (vec)(((FN(ints))(n + MAGIC) + BIAS) << MANTISSA);
}

static const T FN(inverse_factorial)[] = {1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040,
    1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800};

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
    x = FN(select)(x < EXP_MIN, FN(all)(EXP_MIN), x);
    x = FN(select)(x > EXP_MAX, FN(all)(EXP_MAX), x);
    vec n;
    const vec r = FN(reduced)(x, &n), half = (n * (T)0.5 + MAGIC) - MAGIC;
    return FN(exp_series)(r, 0) * FN(power_of_2)(half) * FN(power_of_2)(n - half);
}

INLINE vec FN(sigmoid)(vec x) { return 1 / (1 + FN(exp)(-x)); }

/* tanh|x| = -m / (2 + m) with m = exp(-2|x|) - 1 = 2^n (exp(r) - 1) + (2^n - 1), exact also near 0. */
INLINE vec FN(tanh)(vec x)
{
    const FN(ints) sign = (FN(ints))FN(all)((T)-0.0);
    vec z = (vec)((FN(ints))x & ~sign) * -2, n;
    z = FN(select)(z < -40, FN(all)(-40), z);
    const vec r = FN(reduced)(z, &n), p = r + r * r * FN(exp_series)(r, 2), scale = FN(power_of_2)(n);
    const vec m = scale * p + (scale - 1), y = -m / (2 + m);
    return (vec)((FN(ints))y | ((FN(ints))x & sign));
}

#undef MAGIC
#undef MANTISSA
#undef BIAS
#undef EXP_MIN
#undef EXP_MAX
#undef EXP_TERMS
#undef LN2_HIGH
#undef LN2_LOW

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
