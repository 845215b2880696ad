/* The C API of tinygrad_pt's kernels. No Python in here and no checks: the caller (kernels/compiled.pyx)
 * has verified every shape before it takes a pointer.
 *
 * Strides count elements, may be zero or negative, and come with every operand, so that a transposed,
 * reversed or broadcast array goes in as it lies in memory. Results never overlap operands.
 * Functions return 0, or -1 when memory for a work buffer could not be had. They keep no state besides
 * the work buffer of the calling thread, so any number of threads may call them at once. */
#ifndef TINYGRAD_PT_H
#define TINYGRAD_PT_H

#include <stddef.h>

typedef enum { TG_FLOAT32, TG_FLOAT64 } tg_dtype;

/* Element (i, j) of a matrix is data[i*row + j*col]. */
typedef struct {
    void *data;
    ptrdiff_t row, col;
} tg_matrix;

/* Element (n, c, i, j) of a stack of images is data[n*stride[0] + c*stride[1] + …]. */
typedef struct {
    void *data;
    ptrdiff_t stride[4];
} tg_images;

/* One convolution. Two-element fields are vertical, horizontal. */
typedef struct {
    ptrdiff_t batch, groups;
    ptrdiff_t in, out;                          /* channels of one group: C/groups, O/groups */
    ptrdiff_t size[2], kernel[2], result[2];    /* H W, KH KW, OH OW: none zero but the size */
    ptrdiff_t stride[2], padding[2], dilation[2];
} tg_conv;

/* c = a b: a is (m, k), b is (k, n), c is (m, n) with c.col = 1. Zeros where k = 0. */
int tg_matmul(tg_dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, tg_matrix a, tg_matrix b, tg_matrix c);

/* y[n,o,i,j] = Σ_{c,p,q} w[o,c,p,q] · x[n, c, i·stride - padding + p·dilation, …], zero outside the image;
 * and its adjoints: the gradient of x from g = ∂/∂y and w, and that of w from g and x.
 * The filters w, gw are contiguous (O, C/groups, KH, KW), and so is gx (N, C, H, W). */
int tg_conv2d(tg_dtype, const tg_conv *, tg_images x, const void *w, tg_images y);
int tg_conv2d_input(tg_dtype, const tg_conv *, tg_images g, const void *w, void *gx);
int tg_conv2d_weight(tg_dtype, const tg_conv *, tg_images g, tg_images x, void *gw);

/* Choose the instruction set by name ("avx512", "avx2", "generic"), or the best this machine runs (NULL).
 * Returns the name chosen, or NULL (and changes nothing) where the name is unknown or cannot run here. */
const char *tg_select(const char *name);

/* The i-th instruction set that runs here, best first; NULL after the last. */
const char *tg_available(int i);

/* ---- inside csrc ------------------------------------------------------------------------------------ */

/* The kernels compiled for one instruction set, indexed by tg_dtype: what an isa_*.c file defines. */
typedef struct {
    const char *name;
    int (*matmul[2])(ptrdiff_t, ptrdiff_t, ptrdiff_t, tg_matrix, tg_matrix, tg_matrix);
    int (*conv2d[2])(const tg_conv *, tg_images, const void *, tg_images);
    int (*conv2d_input[2])(const tg_conv *, tg_images, const void *, void *);
    int (*conv2d_weight[2])(const tg_conv *, tg_images, tg_images, void *);
} tg_kernels;

/* The work buffer of this thread, at least so many bytes, aligned to 64; its content does not survive the
 * next call. It is kept between calls because fresh pages cost more than most kernels. NULL: no memory. */
void *tg_scratch(size_t bytes);

#endif
