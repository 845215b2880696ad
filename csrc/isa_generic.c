/* The kernels for any machine: vectors of 16 bytes, which is SSE2 on x86-64 and NEON on ARM. */
#define ISA generic
#define VECTOR_BYTES 16
#define TILE_ROWS 6
#include "kernels.h"
