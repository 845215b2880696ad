/* The C API of tinygrad_pt's kernels. No Python in here and no checks: the caller (kernels/compiled.pyx)
 * has verified every shape before it takes a pointer.
 *
 * Strides count elements, may be zero or negative, and come with every operand, so that a transposed,
 * reversed or broadcast array goes in as it lies in memory. Results never overlap operands.
 * Functions return 0, or -1 when memory for a work buffer could not be had. They keep no state besides
 * the work buffer of each thread, so any number of threads may call them at once. */
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

/* c = start + a b: a is (m, k), b is (k, n), start and c are (m, n) with col = 1. Without data start is 0;
 * with start.row = 0 it is one row again and again; it may be c itself. */
int tg_matmul(tg_dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, tg_matrix a, tg_matrix b, tg_matrix start,
              tg_matrix c);

/* y[n,o,i,j] = Σ_{c,p,q} w[o,c,p,q] · x[n, c, i·stride - padding + p·dilation, …], zero outside the image;
 * and its adjoints: the gradient of x from g = ∂/∂y and w, and that of w from g and x.
 * The filters w, gw are contiguous (O, C/groups, KH, KW), and so is gx (N, C, H, W). */
int tg_conv2d(tg_dtype, const tg_conv *, tg_images x, const void *w, tg_images y);
int tg_conv2d_input(tg_dtype, const tg_conv *, tg_images g, const void *w, void *gx);
int tg_conv2d_weight(tg_dtype, const tg_conv *, tg_images g, tg_images x, void *gw);

/* The kernels of rowwise.h, in the order of tg_kernels. */
typedef enum {
    TG_SOFTMAX, TG_SOFTMAX_BACK, TG_LOG_SOFTMAX, TG_LOG_SOFTMAX_BACK,
    TG_CROSS_ENTROPY, TG_CROSS_ENTROPY_BACK, TG_STANDARDIZE, TG_STANDARDIZE_BACK, TG_ROW_KERNELS
} tg_row_kernel;

/* Contiguous matrices (rows, n): operand x, result y and its cotangent g, as far as a kernel reads them, and
 * what it writes. Of cross_entropy the result and its cotangent have one element for each row, and
 * classes[i], in 0 … n - 1, belongs to row i. Of standardize w and b, and their cotangents, to which is added,
 * are one row, or NULL. */
typedef struct {
    ptrdiff_t rows, n;
    const void *x, *y, *g, *w, *b;
    const long long *classes;
    double eps;
    void *out, *g_w, *g_b;
} tg_rows;

void tg_on_rows(tg_dtype, tg_row_kernel, const tg_rows *);

/* The kernels of recurrent.h, in the order of tg_kernels. */
typedef enum { TG_LSTM, TG_LSTM_BACK, TG_GRU, TG_GRU_BACK, TG_CELL_KERNELS } tg_cell_kernel;

/* Contiguous matrices of so many rows, as far as a kernel reads or writes them: states h, c are n wide, x
 * and u as many times that as the cell has gates; b is one row. What is kept of each gate is a matrix as a
 * state is, `gate` elements behind the one before. */
typedef struct {
    ptrdiff_t rows, n, gate;
    const void *x, *u, *b, *h, *c;
    void *gates, *new_h, *new_c, *g_h, *g_c, *g_x, *g_u;
} tg_cell;

void tg_on_cell(tg_dtype, tg_cell_kernel, const tg_cell *);

/* Attention for each of batch · heads: q (l, e), k (s, e), v (s, f), y and its cotangent g (l, f), and the
 * cotangents of q, k, v. What is written is contiguous. */
typedef struct {
    ptrdiff_t batch, heads, l, s, e, f;
    double scale;
    int causal;
    tg_images q, k, v, y, g, g_q, g_k, g_v;
} tg_attention;

int tg_on_heads(tg_dtype, int back, const tg_attention *);

/* For each row (of n elements) of x and each window the largest element that the window sees and its place; and
 * row to[i] of y += row i of x. All contiguous; places within what they are places of. Of each window the j-th of
 * the k elements that it sees is at seen[j*pitch + window], an int, or with TG_FLOAT64 a long long; pitch is a
 * multiple of 16, and beyond the windows there are zeros. */
typedef struct { ptrdiff_t windows, k, pitch; const void *seen; } tg_windows;

void tg_largest_at(tg_dtype, ptrdiff_t rows, ptrdiff_t n, const void *x, const tg_windows *, long long *places,
                   void *values);
void tg_add_at(tg_dtype, ptrdiff_t rows, ptrdiff_t n, const void *x, const long long *to, void *y);

/* A step of an optimizer: x, of n elements, and its running means change in place. */
typedef struct { double lr, momentum, dampening; int nesterov; } tg_sgd;
typedef struct { double rate, root, beta1, beta2, eps, keep; } tg_adam;

void tg_sgd_step(tg_dtype, ptrdiff_t n, void *x, const void *g, void *v, const tg_sgd *);
void tg_adam_step(tg_dtype, ptrdiff_t n, void *x, const void *g, void *m, void *v, const tg_adam *);

/* A pointwise row of the table (ops/pointwise.py) as loops over n elements: y = f(x…), and the ways back
 * out = g df/dx_i, NULL where a slope is 1. Of each operand they get the first element, and the
 * step: 1 to walk along, 0 to stay. */
typedef void (*tg_value_loop)(ptrdiff_t n, const void *const *x, const ptrdiff_t *step, void *y);
typedef void (*tg_slope_loop)(ptrdiff_t n, const void *g, const void *y, const void *const *x,
                              const ptrdiff_t *step, void *out);
typedef struct {
    const char *text;             /* of the row */
    int cheap;                    /* bit 0: value is computed in vectors; bit 1 + i: slope i is, too */
    tg_value_loop value[2];       /* indexed by tg_dtype */
    tg_slope_loop slopes[3][2];
} tg_loops;

/* The loops of all rows, in the same order for each instruction set; after the last one without a text. */
const tg_loops *tg_pointwise(void);

/* How many threads a kernel may use, itself included: 1 until told. */
void tg_set_threads(int n);
int tg_threads(void);

/* f(arg, i, j) for pieces i … j - 1 of 0 … n - 1, none much shorter than `grain`, in several threads at once if
 * there are at least two and threads are free. Hence no result may depend on how n is cut. */
typedef void (*tg_piece)(void *arg, ptrdiff_t i, ptrdiff_t j);
void tg_parallel(ptrdiff_t n, ptrdiff_t grain, tg_piece f, void *arg);

/* Keep freed memory for the next arrays, up to some 256 MB in blocks of up to 32 MB. */
void tg_keep_memory(void);

/* Choose the instruction set by name ("avx512", "avx2", "generic"), or the best this machine runs (NULL).
 * Returns the name chosen, or NULL (and changes nothing) where the name is unknown or cannot run here. */
const char *tg_select(const char *name);

/* The i-th instruction set that runs here, best first; NULL after the last. */
const char *tg_available(int i);

/* ---- inside csrc ------------------------------------------------------------------------------------ */

/* The kernels compiled for one instruction set, indexed by tg_dtype: what an isa_*.c file defines. */
typedef struct {
    const char *name;
    int (*matmul[2])(ptrdiff_t, ptrdiff_t, ptrdiff_t, tg_matrix, tg_matrix, tg_matrix, tg_matrix);
    int (*conv2d[2])(const tg_conv *, tg_images, const void *, tg_images);
    int (*conv2d_input[2])(const tg_conv *, tg_images, const void *, void *);
    int (*conv2d_weight[2])(const tg_conv *, tg_images, tg_images, void *);
    void (*rows[TG_ROW_KERNELS][2])(const tg_rows *);
    void (*cell[TG_CELL_KERNELS][2])(const tg_cell *);
    int (*attention[2][2])(const tg_attention *, ptrdiff_t from, ptrdiff_t to); /* of these heads */
    void (*largest_at[2])(ptrdiff_t, ptrdiff_t, ptrdiff_t, const void *, const tg_windows *, long long *, void *);
    void (*add_at[2])(ptrdiff_t, ptrdiff_t, const void *, const long long *, void *);
    void (*sgd[2])(ptrdiff_t, void *, const void *, void *, const tg_sgd *);
    void (*adam[2])(ptrdiff_t, void *, const void *, void *, void *, const tg_adam *);
    const tg_loops *loops;
} tg_kernels;

/* The work buffer of this thread, at least so many bytes, aligned to 64; its content does not survive the
 * next call. It is kept between calls because fresh pages cost more than most kernels. NULL: no memory. */
void *tg_scratch(size_t bytes);

#endif
