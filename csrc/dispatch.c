/* Which instruction set runs, the public functions that hand over to it, the work buffer,
 * and what becomes of memory that is freed. */
#include <pthread.h>
#if defined(__linux__)
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "tinygrad_pt.h"

extern const tg_kernels tg_avx512, tg_avx2, tg_generic;

const char *tg_available(int i)
{
    const char *names[4] = {0};
    int n = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        names[n++] = "avx512";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        names[n++] = "avx2";
#endif
    names[n++] = "generic";
    return i < n ? names[i] : NULL;
}

static const tg_kernels *chosen = &tg_generic;

const char *tg_select(const char *name)
{
    const tg_kernels *all[] = {
#if defined(__x86_64__)
        &tg_avx512, &tg_avx2,
#endif
        &tg_generic};
    const char *wanted;
    for (int i = 0; (wanted = tg_available(i)); i++)
        if (!name || !strcmp(name, wanted))
            for (size_t j = 0; j < sizeof all / sizeof *all; j++)
                if (!strcmp(all[j]->name, wanted)) {
                    chosen = all[j];
                    return chosen->name;
                }
    return NULL;
}

/* What follows hands over to the chosen kernels, piece by piece where that is worth several threads. The
 * pieces of a job (tg_parallel) are matrices, images, rows or elements that do not depend on each other, and
 * the kernels sum in the same order for all of them: results are the same for any number of threads (but see
 * tg_conv2d_weight). Less work than this, some 5 µs, is not worth handing to another thread. */

enum { PRODUCTS = 1 << 19, ELEMENTS = 1 << 15 };

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CEIL(a, b) (((a) + (b)-1) / (b))

static ptrdiff_t bytes_of(tg_dtype t, ptrdiff_t n) { return n * (t == TG_FLOAT32 ? 4 : 8); }

/* n elements further on. */
static void *past(tg_dtype t, const void *p, ptrdiff_t n) { return p ? (char *)p + bytes_of(t, n) : NULL; }

typedef struct {
    tg_dtype t;
    ptrdiff_t m, n, k;
    tg_matrix a, b, start, c;
    _Atomic int failed;
} matmul_job;

static void matmul_rows(void *job, ptrdiff_t i, ptrdiff_t j)
{
    matmul_job *o = job;
    tg_matrix a = o->a, start = o->start, c = o->c;
    a.data = past(o->t, a.data, i * a.row);
    start.data = past(o->t, start.data, i * start.row);
    c.data = past(o->t, c.data, i * c.row);
    if (chosen->matmul[o->t](j - i, o->n, o->k, a, o->b, start, c))
        o->failed = -1;
}

static void matmul_columns(void *job, ptrdiff_t i, ptrdiff_t j)
{
    matmul_job *o = job;
    tg_matrix b = o->b, start = o->start, c = o->c;
    b.data = past(o->t, b.data, i * b.col);
    start.data = past(o->t, start.data, i);
    c.data = past(o->t, c.data, i);
    if (chosen->matmul[o->t](o->m, j - i, o->k, o->a, b, start, c))
        o->failed = -1;
}

/* The least piece of n, each of so many products. Every piece makes a copy of what it shares with the others,
 * so that there are not to be more of them than threads. */
static ptrdiff_t products_grain(ptrdiff_t n, ptrdiff_t products)
{
    return MAX(CEIL(PRODUCTS, MAX(1, products)), n / tg_threads());
}

/* The longer side is cut: the shorter one is copied. */
int tg_matmul(tg_dtype t, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, tg_matrix a, tg_matrix b, tg_matrix start,
              tg_matrix c)
{
    if (m * n * k < 2 * PRODUCTS) /* the smallest ones would notice the divisions */
        return chosen->matmul[t](m, n, k, a, b, start, c);
    matmul_job job = {t, m, n, k, a, b, start, c, 0};
    const ptrdiff_t longer = MAX(m, n), grain = MAX(32, products_grain(longer, MIN(m, n) * k));
    tg_parallel(longer, grain, m >= n ? matmul_rows : matmul_columns, &job);
    return job.failed;
}

typedef struct {
    tg_dtype t;
    const tg_conv *s;
    tg_images x, y;
    const void *w;
    void *out, *sums;
    ptrdiff_t parts, filters;
    _Atomic int failed;
} conv_job;

/* The convolution of images i … j - 1. */
static tg_conv some_images(const tg_conv *s, ptrdiff_t i, ptrdiff_t j)
{
    tg_conv some = *s;
    some.batch = j - i;
    return some;
}
static tg_images from_image(tg_dtype t, tg_images x, ptrdiff_t i)
{
    x.data = past(t, x.data, i * x.stride[0]);
    return x;
}
static ptrdiff_t filters_size(const tg_conv *s)
{
    return s->groups * s->out * s->in * s->kernel[0] * s->kernel[1];
}
static ptrdiff_t image_grain(const tg_conv *s)
{
    return products_grain(s->batch, filters_size(s) * s->result[0] * s->result[1]);
}

static void conv2d_images(void *job, ptrdiff_t i, ptrdiff_t j)
{
    conv_job *o = job;
    const tg_conv s = some_images(o->s, i, j);
    if (chosen->conv2d[o->t](&s, from_image(o->t, o->x, i), o->w, from_image(o->t, o->y, i)))
        o->failed = -1;
}

int tg_conv2d(tg_dtype t, const tg_conv *s, tg_images x, const void *w, tg_images y)
{
    conv_job job = {.t = t, .s = s, .x = x, .w = w, .y = y};
    tg_parallel(s->batch, image_grain(s), conv2d_images, &job);
    return job.failed;
}

static void conv2d_input_images(void *job, ptrdiff_t i, ptrdiff_t j)
{
    conv_job *o = job;
    const tg_conv s = some_images(o->s, i, j);
    void *gx = past(o->t, o->out, i * s.groups * s.in * s.size[0] * s.size[1]);
    if (chosen->conv2d_input[o->t](&s, from_image(o->t, o->y, i), o->w, gx))
        o->failed = -1;
}

int tg_conv2d_input(tg_dtype t, const tg_conv *s, tg_images g, const void *w, void *gx)
{
    conv_job job = {.t = t, .s = s, .y = g, .w = w, .out = gx};
    tg_parallel(s->batch, image_grain(s), conv2d_input_images, &job);
    return job.failed;
}

static void conv2d_weight_parts(void *job, ptrdiff_t i, ptrdiff_t j)
{
    conv_job *o = job;
    for (; i < j; i++) {
        const ptrdiff_t from = i * o->s->batch / o->parts, to = (i + 1) * o->s->batch / o->parts;
        const tg_conv s = some_images(o->s, from, to);
        void *sum = i ? past(o->t, o->sums, (i - 1) * o->filters) : o->out;
        if (chosen->conv2d_weight[o->t](&s, from_image(o->t, o->y, from), from_image(o->t, o->x, from), sum))
            o->failed = -1;
    }
}

/* A sum over the images: for as many parts of them as there are threads, and then over the parts in their
 * order. So the number of threads decides how it is rounded, but not which of them computes what. */
int tg_conv2d_weight(tg_dtype t, const tg_conv *s, tg_images g, tg_images x, void *gw)
{
    const ptrdiff_t parts = MIN(tg_threads(), s->batch / image_grain(s));
    if (parts < 2)
        return chosen->conv2d_weight[t](s, g, x, gw);
    const ptrdiff_t filters = filters_size(s);
    void *sums = malloc((parts - 1) * bytes_of(t, filters));
    if (!sums)
        return -1;
    conv_job job = {.t = t, .s = s, .x = x, .y = g, .out = gw, .parts = parts, .filters = filters, .sums = sums};
    tg_parallel(parts, 1, conv2d_weight_parts, &job);
    for (ptrdiff_t i = 0; i < parts - 1; i++)
        chosen->add_at[t](1, filters, past(t, sums, i * filters), &(long long){0}, gw);
    free(sums);
    return job.failed;
}

typedef struct {
    tg_dtype t;
    tg_row_kernel kernel;
    const tg_rows *r;
} rows_job;

static void some_rows(void *job, ptrdiff_t i, ptrdiff_t j)
{
    const rows_job *o = job;
    const int summed = o->kernel == TG_CROSS_ENTROPY, spread = o->kernel == TG_CROSS_ENTROPY_BACK;
    const ptrdiff_t n = o->r->n;
    tg_rows r = *o->r;
    r.rows = j - i;
    r.x = past(o->t, r.x, i * n);
    r.y = past(o->t, r.y, i * n);
    r.g = past(o->t, r.g, spread ? i : i * n);
    r.out = past(o->t, r.out, summed ? i : i * n);
    if (r.classes)
        r.classes += i;
    chosen->rows[o->kernel][o->t](&r);
}

void tg_on_rows(tg_dtype t, tg_row_kernel kernel, const tg_rows *r)
{
    const ptrdiff_t grain = r->g_w ? r->rows : CEIL(ELEMENTS, r->n); /* all rows add to one g_w */
    tg_parallel(r->rows, grain, some_rows, &(rows_job){t, kernel, r});
}

void tg_on_cell(tg_dtype t, tg_cell_kernel kernel, const tg_cell *s) { chosen->cell[kernel][t](s); }

typedef struct {
    tg_dtype t;
    int back;
    const tg_attention *s;
    _Atomic int failed;
} attention_job;

static void attention_heads(void *job, ptrdiff_t i, ptrdiff_t j)
{
    attention_job *o = job;
    if (chosen->attention[o->back][o->t](o->s, i, j))
        o->failed = -1;
}

int tg_on_heads(tg_dtype t, int back, const tg_attention *s)
{
    attention_job job = {t, back, s, 0};
    tg_parallel(s->batch * s->heads, CEIL(PRODUCTS, s->l * s->s * (s->e + s->f)), attention_heads, &job);
    return job.failed;
}

typedef struct {
    tg_dtype t;
    ptrdiff_t n;
    const void *x;
    const tg_windows *w;
    long long *places;
    void *values;
} largest_job;

static void largest_of_rows(void *job, ptrdiff_t i, ptrdiff_t j)
{
    const largest_job *o = job;
    chosen->largest_at[o->t](i, j, o->n, o->x, o->w, o->places, o->values);
}

void tg_largest_at(tg_dtype t, ptrdiff_t rows, ptrdiff_t n, const void *x, const tg_windows *w, long long *places,
                   void *values)
{
    largest_job job = {t, n, x, w, places, values};
    tg_parallel(rows, CEIL(ELEMENTS, MAX(1, w->windows * w->k)), largest_of_rows, &job);
}

void tg_add_at(tg_dtype t, ptrdiff_t rows, ptrdiff_t n, const void *x, const long long *to, void *y)
{
    chosen->add_at[t](rows, n, x, to, y);
}

typedef struct {
    tg_dtype t;
    void *x, *m, *v;
    const void *g;
    const tg_sgd *sgd;
    const tg_adam *adam;
} step_job;

static void some_elements(void *job, ptrdiff_t i, ptrdiff_t j)
{
    const step_job *o = job;
    void *x = past(o->t, o->x, i), *g = past(o->t, o->g, i), *v = past(o->t, o->v, i);
    if (o->sgd)
        chosen->sgd[o->t](j - i, x, g, v, o->sgd);
    else
        chosen->adam[o->t](j - i, x, g, past(o->t, o->m, i), v, o->adam);
}

void tg_sgd_step(tg_dtype t, ptrdiff_t n, void *x, const void *g, void *v, const tg_sgd *s)
{
    tg_parallel(n, ELEMENTS, some_elements, &(step_job){.t = t, .x = x, .g = g, .v = v, .sgd = s});
}

void tg_adam_step(tg_dtype t, ptrdiff_t n, void *x, const void *g, void *m, void *v, const tg_adam *s)
{
    tg_parallel(n, ELEMENTS, some_elements, &(step_job){.t = t, .x = x, .m = m, .v = v, .g = g, .adam = s});
}

const tg_loops *tg_pointwise(void) { return chosen->loops; }

/* A training step asks again and again for the same large blocks. Fresh pages cost more than filling them,
 * so what is freed shall stay with the process. */
void tg_keep_memory(void)
{
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
}

/* The work buffer grows to the largest request and is freed when its thread ends. */

static _Thread_local void *buffer;
static _Thread_local size_t capacity;
static pthread_key_t at_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_key(void) { pthread_key_create(&at_exit, free); }

void *tg_scratch(size_t bytes)
{
    if (bytes <= capacity)
        return buffer;
    pthread_once(&once, make_key);
    free(buffer);
    capacity = 0;
    bytes = (bytes + 4095) / 4096 * 4096;
    buffer = aligned_alloc(64, bytes);
    pthread_setspecific(at_exit, buffer);
    if (buffer)
        capacity = bytes;
    return buffer;
}
