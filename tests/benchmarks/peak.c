/* Multiply-adds that wait for nothing: 24 vectors, more than the unit holds in flight. Their number is
 * below that of the registers with AVX-512; with less, 12 are few enough. */

#ifdef __AVX512F__
#define BYTES 64
#define MANY 24
#else
#define BYTES 32
#define MANY 12
#endif

#define PEAK(name, T)                                                                   \
    T name(long flop)                                                                   \
    {                                                                                   \
        typedef T vec __attribute__((vector_size(BYTES)));                              \
        const long lanes = BYTES / sizeof(T);                                           \
        vec sums[MANY], factor = (vec){0} + (T)0.999, sum = (vec){0};                   \
        for (int i = 0; i < MANY; i++)                                                  \
            sums[i] = (vec){0} + (T)i;                                                  \
        for (long n = flop / (2 * lanes * MANY) + 1; n; n--) {                          \
            _Pragma("GCC unroll 24") for (int i = 0; i < MANY; i++)                     \
                sums[i] = sums[i] * factor + factor;                                    \
        }                                                                               \
        for (int i = 0; i < MANY; i++)                                                  \
            sum += sums[i];                                                             \
        return sum[0];                                                                  \
    }

PEAK(peak_32, float)
PEAK(peak_64, double)
