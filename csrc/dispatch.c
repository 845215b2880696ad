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

int tg_matmul(tg_dtype t, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, tg_matrix a, tg_matrix b, tg_matrix c)
{
    return chosen->matmul[t](m, n, k, a, b, c);
}

int tg_conv2d(tg_dtype t, const tg_conv *s, tg_images x, const void *w, tg_images y)
{
    return chosen->conv2d[t](s, x, w, y);
}

int tg_conv2d_input(tg_dtype t, const tg_conv *s, tg_images g, const void *w, void *gx)
{
    return chosen->conv2d_input[t](s, g, w, gx);
}

int tg_conv2d_weight(tg_dtype t, const tg_conv *s, tg_images g, tg_images x, void *gw)
{
    return chosen->conv2d_weight[t](s, g, x, gw);
}

void tg_on_rows(tg_dtype t, tg_row_kernel kernel, const tg_rows *r) { chosen->rows[kernel][t](r); }

void tg_on_cell(tg_dtype t, tg_cell_kernel kernel, const tg_cell *s) { chosen->cell[kernel][t](s); }

void tg_largest_at(tg_dtype t, ptrdiff_t rows, ptrdiff_t n, const void *x, const tg_windows *w, long long *out)
{
    chosen->largest_at[t](rows, n, x, w, out);
}

void tg_add_at(tg_dtype t, ptrdiff_t rows, ptrdiff_t n, const void *x, const long long *to, void *y)
{
    chosen->add_at[t](rows, n, x, to, y);
}

void tg_sgd_step(tg_dtype t, ptrdiff_t n, void *x, const void *g, void *v, const tg_sgd *s)
{
    chosen->sgd[t](n, x, g, v, s);
}

void tg_adam_step(tg_dtype t, ptrdiff_t n, void *x, const void *g, void *m, void *v, const tg_adam *s)
{
    chosen->adam[t](n, x, g, m, v, s);
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
