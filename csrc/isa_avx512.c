/* The kernels for x86 with AVX-512: 32 registers of 64 bytes. */
#if defined(__x86_64__)

#define ISA avx512
#define VECTOR_BYTES 64
#define TILE_ROWS 14

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx2,fma")
#include "kernels.h"
#endif

#endif
