/* All kernels for both types: what an isa_*.c file includes once it has said what its vectors are.
 *
 *     ISA            name of the instruction set
 *     VECTOR_BYTES   width of its registers
 *     TILE_ROWS      height of the matmul tile: 2 TILE_ROWS accumulators, two vectors of b and one element
 *                    of a have to fit its registers
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tinygrad_pt.h"

#if VECTOR_BYTES > 16
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CEIL(a, b) (((a) + (b)-1) / (b))

#define T float
#define LIBM(name) name##f
#define T_BYTES 4
#define INT int
#define FN(name) name##_f32
#define X86(name) name##_ps
#include "simd.h"
#include "matmul.h"
#include "conv.h"
#include "vmath.h"
#include "rowwise.h"
#include "attention.h"
#include "recurrent.h"
#include "optim.h"
#include "pointwise.h"
#undef T
#undef LIBM
#undef T_BYTES
#undef INT
#undef FN
#undef X86

#define T double
#define LIBM(name) name
#define T_BYTES 8
#define INT long long
#define FN(name) name##_f64
#define X86(name) name##_pd
#include "simd.h"
#include "matmul.h"
#include "conv.h"
#include "vmath.h"
#include "rowwise.h"
#include "attention.h"
#include "recurrent.h"
#include "optim.h"
#include "pointwise.h"

#define BOTH(name) {name##_f32, name##_f64}
#include "loop_table.h"

#define EXPORT_(isa) const tg_kernels tg_##isa = {#isa, \
    BOTH(matmul), BOTH(conv2d), BOTH(conv2d_input), BOTH(conv2d_weight), \
    {BOTH(softmax), BOTH(softmax_back), BOTH(log_softmax), BOTH(log_softmax_back), \
     BOTH(cross_entropy), BOTH(cross_entropy_back), BOTH(standardize), BOTH(standardize_back)}, \
    {BOTH(lstm), BOTH(lstm_back), BOTH(gru), BOTH(gru_back)}, {BOTH(attention), BOTH(attention_back)}, \
    BOTH(largest_at), BOTH(add_at), BOTH(sgd), BOTH(adam), loops}
#define EXPORT(isa) EXPORT_(isa)
EXPORT(ISA);
