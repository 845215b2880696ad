/* The kernels for x86 with AVX2 and FMA: 16 registers of 32 bytes. */
#if defined(__x86_64__)

#define ISA avx2
#define VECTOR_BYTES 32
#define TILE_ROWS 6

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop
#else
#pragma GCC target("avx2,fma")
#include "kernels.h"
#endif

#endif
