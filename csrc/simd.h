/* Vectors of T: everything an instruction set has to say for itself. The kernels are written with GCC's
 * vector extensions (a vec adds and multiplies like a number) and these primitives. Included once per type.
 *
 *     load(p), store(p, v)                   LANES elements, no alignment needed
 *     first(n)                               the mask of the first n lanes, 0 <= n <= LANES
 *     load_n(p, mask), store_n(p, v, mask)   only those lanes: the rest reads as zero, is not written
 *     load_or(p, mask, v)                    only those lanes, the others from v
 *     max(a, b), min(a, b)                   b where one is nan
 *     any(where), select(where, a, b)        whether some lane of a comparison holds; a where it does, else b
 *     gather(p, at)                          p[at], for each lane
 *     transpose(r)                           LANES vectors as the rows of a square matrix
 */

#define LANES (VECTOR_BYTES / T_BYTES)
#define vec FN(vec)
#define mask FN(mask)

typedef T vec __attribute__((vector_size(VECTOR_BYTES)));
typedef INT FN(ints) __attribute__((vector_size(VECTOR_BYTES)));
typedef T FN(unaligned) __attribute__((vector_size(VECTOR_BYTES), aligned(sizeof(T)), may_alias));

INLINE vec FN(load)(const T *p) { return *(const FN(unaligned) *)p; }
INLINE void FN(store)(T *p, vec v) { *(FN(unaligned) *)p = v; }

#if VECTOR_BYTES == 64

typedef unsigned short mask;
INLINE mask FN(first)(ptrdiff_t n) { return (mask)((1u << n) - 1); }
INLINE vec FN(load_n)(const T *p, mask m) { return (vec)X86(_mm512_maskz_loadu)(m, p); }
INLINE vec FN(load_or)(const T *p, mask m, vec v) { return (vec)X86(_mm512_mask_loadu)(v, m, p); }
INLINE void FN(store_n)(T *p, vec v, mask m) { X86(_mm512_mask_storeu)(p, m, v); }
INLINE vec FN(max)(vec a, vec b) { return (vec)X86(_mm512_max)(a, b); }
INLINE vec FN(min)(vec a, vec b) { return (vec)X86(_mm512_min)(a, b); }
INLINE int FN(any)(FN(ints) w) { return _mm512_test_epi64_mask((__m512i)w, (__m512i)w) != 0; }
INLINE mask FN(mask_of)(FN(ints) w)
{
    return T_BYTES == 4 ? _mm512_movepi32_mask((__m512i)w) : _mm512_movepi64_mask((__m512i)w);
}
INLINE vec FN(select)(FN(ints) w, vec a, vec b) { return (vec)X86(_mm512_mask_blend)(FN(mask_of)(w), b, a); }
#if T_BYTES == 4
INLINE vec FN(gather)(const T *p, FN(ints) at) { return (vec)_mm512_i32gather_ps((__m512i)at, p, 4); }
#else
INLINE vec FN(gather)(const T *p, FN(ints) at) { return (vec)_mm512_i64gather_pd((__m512i)at, p, 8); }
#endif

#elif VECTOR_BYTES == 32

typedef INT mask __attribute__((vector_size(32)));
INLINE mask FN(first)(ptrdiff_t n)
{
    mask lane;
    for (int i = 0; i < LANES; i++)
        lane[i] = i < n ? -1 : 0;
    return lane;
}
INLINE vec FN(load_n)(const T *p, mask m) { return (vec)X86(_mm256_maskload)((const void *)p, (__m256i)m); }
INLINE vec FN(load_or)(const T *p, mask m, vec v) { return (vec)X86(_mm256_blendv)(v, FN(load_n)(p, m), (vec)m); }
INLINE void FN(store_n)(T *p, vec v, mask m) { X86(_mm256_maskstore)((void *)p, (__m256i)m, v); }
INLINE vec FN(max)(vec a, vec b) { return (vec)X86(_mm256_max)(a, b); }
INLINE vec FN(min)(vec a, vec b) { return (vec)X86(_mm256_min)(a, b); }
INLINE int FN(any)(FN(ints) w) { return !_mm256_testz_si256((__m256i)w, (__m256i)w); }
INLINE vec FN(select)(FN(ints) w, vec a, vec b) { return (vec)X86(_mm256_blendv)(b, a, (vec)w); }
#if T_BYTES == 4
INLINE vec FN(gather)(const T *p, FN(ints) at) { return (vec)_mm256_i32gather_ps(p, (__m256i)at, 4); }
#else
INLINE vec FN(gather)(const T *p, FN(ints) at) { return (vec)_mm256_i64gather_pd(p, (__m256i)at, 8); }
#endif

#else /* any machine: lane by lane */

typedef ptrdiff_t mask;
INLINE mask FN(first)(ptrdiff_t n) { return n; }
INLINE vec FN(load_or)(const T *p, mask n, vec v)
{
    for (int i = 0; i < LANES; i++)
        if (i < n)
            v[i] = p[i];
    return v;
}
INLINE vec FN(load_n)(const T *p, mask n) { return FN(load_or)(p, n, (vec){0}); }
INLINE void FN(store_n)(T *p, vec v, mask n)
{
    for (int i = 0; i < LANES; i++)
        if (i < n)
            p[i] = v[i];
}
INLINE vec FN(max)(vec a, vec b)
{
    for (int i = 0; i < LANES; i++)
        a[i] = a[i] > b[i] ? a[i] : b[i];
    return a;
}
INLINE vec FN(min)(vec a, vec b)
{
    for (int i = 0; i < LANES; i++)
        a[i] = a[i] < b[i] ? a[i] : b[i];
    return a;
}
INLINE int FN(any)(FN(ints) w)
{
    INT some = 0;
    for (int i = 0; i < LANES; i++)
        some |= w[i];
    return some != 0;
}
INLINE vec FN(select)(FN(ints) w, vec a, vec b) { return (vec)((w & (FN(ints))a) | (~w & (FN(ints))b)); }
INLINE vec FN(gather)(const T *p, FN(ints) at)
{
    vec v;
    for (int i = 0; i < LANES; i++)
        v[i] = p[at[i]];
    return v;
}

#endif

/* memcpy and memset cost more than the few elements of a line of a small image. */
INLINE void FN(copy)(T *dst, const T *src, ptrdiff_t n)
{
    for (; n >= LANES; n -= LANES, dst += LANES, src += LANES)
        FN(store)(dst, FN(load)(src));
    const mask rest = FN(first)(n);
    FN(store_n)(dst, FN(load_n)(src, rest), rest);
}
INLINE void FN(clear)(T *dst, ptrdiff_t n)
{
    for (; n >= LANES; n -= LANES, dst += LANES)
        FN(store)(dst, (vec){0});
    FN(store_n)(dst, (vec){0}, FN(first)(n));
}

/* Two vectors shuffled like two halves of a pack of cards: a0 b0 a1 b1 … */
INLINE void FN(riffle)(vec a, vec b, vec *low, vec *high)
{
#if VECTOR_BYTES == 16 * T_BYTES
    *low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *high = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif VECTOR_BYTES == 8 * T_BYTES
    *low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    *high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif VECTOR_BYTES == 4 * T_BYTES
    *low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    *high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    *low = __builtin_shufflevector(a, b, 0, 2);
    *high = __builtin_shufflevector(a, b, 1, 3);
#endif
}

/* A riffle of the upper with the lower half of the rows moves every element one bit of its (row, column)
 * index along; after log2(LANES) riffles row and column have changed places. */
INLINE void FN(transpose)(vec r[LANES])
{
#pragma GCC unroll 4
    for (int done = 1; done < LANES; done *= 2) {
        vec s[LANES];
#pragma GCC unroll 8
        for (int i = 0; i < LANES / 2; i++)
            FN(riffle)(r[i], r[i + LANES / 2], &s[2 * i], &s[2 * i + 1]);
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
            r[i] = s[i];
    }
}
