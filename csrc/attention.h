/* Attention, y = softmax(scale q kᵀ) v, and its way back, one head after another. Included once per type.
 *
 * The matrix of scores, l by s, is never there as a whole: a block of its rows at a time is computed, turned
 * into weights and used up while it is in the cache; the way back computes it again. With `causal` row i sees
 * columns 0 … i, and of those that no row of a block sees nothing is computed. */

#define BLOCK_ROWS (3 * TILE_ROWS)

/* What a head needs besides the work buffer of matmul: kᵀ, vᵀ, and for a block its weights and their cotangents. */
typedef struct {
    ptrdiff_t pitch, rows; /* of kᵀ and vᵀ; of a block */
    T *k, *v, *weights, *g;
} FN(attention_work);

static int FN(attention_begin)(const tg_attention *s, FN(attention_work) *w)
{
    w->pitch = CEIL(s->s, LANES) * LANES;
    w->rows = CEIL(s->l, CEIL(s->l, BLOCK_ROWS));
    w->k = malloc(((s->e + s->f) * w->pitch + 2 * w->rows * s->s) * sizeof(T));
    if (!w->k)
        return -1;
    w->v = w->k + s->e * w->pitch;
    w->weights = w->v + s->f * w->pitch;
    w->g = w->weights + w->rows * s->s;
    return 0;
}

/* A matrix from row i on; one that is contiguous. */
INLINE tg_matrix FN(rows_from)(tg_images x, ptrdiff_t head, ptrdiff_t heads, ptrdiff_t i)
{
    T *p = FN(at)(x, head / heads, head % heads);
    return (tg_matrix){p + i * x.stride[2], x.stride[2], x.stride[3]};
}
INLINE tg_matrix FN(plain)(T *p, ptrdiff_t width) { return (tg_matrix){p, width, 1}; }
INLINE tg_matrix FN(turned_over)(tg_matrix x) { return (tg_matrix){x.data, x.col, x.row}; }

static void FN(transposed)(T *to, ptrdiff_t pitch, tg_matrix x, ptrdiff_t rows, ptrdiff_t columns)
{
    FN(pack)(to, pitch, x.data, x.row, x.col, rows, columns);
}

/* The softmax of scale x, in place. */
INLINE void FN(weigh)(T *x, ptrdiff_t n, T scale)
{
    const mask tail = FN(first)(n % LANES);
    const T top = FN(row_max)(x, n, tail);
    vec sum = {0};
    for (ptrdiff_t j = 0; j < n; j += LANES) {
        const vec e = FN(exp)((FN(part)(x + j, n - j, tail, -INFINITY) - top) * scale);
        FN(put)(x + j, e, n - j, tail);
        sum += e;
    }
    const T share = 1 / FN(sum_of)(sum);
    for (ptrdiff_t j = 0; j < n; j += LANES)
        FN(put)(x + j, FN(part)(x + j, n - j, tail, 0) * share, n - j, tail);
}

/* The weights of rows i … i + m - 1: as many columns as are returned. */
static ptrdiff_t FN(weights_of)(const tg_attention *s, const FN(attention_work) *w, ptrdiff_t head, ptrdiff_t i,
                                ptrdiff_t m, int *failed)
{
    const ptrdiff_t n = s->causal ? MIN(s->s, i + m) : s->s;
    *failed |= FN(matmul)(m, n, s->e, FN(rows_from)(s->q, head, s->heads, i), FN(plain)(w->k, w->pitch),
                          (tg_matrix){0}, FN(plain)(w->weights, n));
    for (ptrdiff_t r = 0; r < m; r++) {
        const ptrdiff_t seen = s->causal ? MIN(n, i + r + 1) : n;
        FN(weigh)(w->weights + r * n, seen, (T)s->scale);
        FN(clear)(w->weights + r * n + seen, n - seen);
    }
    return n;
}

static int FN(attention)(const tg_attention *s, ptrdiff_t from, ptrdiff_t to)
{
    FN(attention_work) w;
    if (FN(attention_begin)(s, &w))
        return -1;
    int failed = 0;
    for (ptrdiff_t head = from; head < to; head++) {
        FN(transposed)(w.k, w.pitch, FN(rows_from)(s->k, head, s->heads, 0), s->s, s->e);
        for (ptrdiff_t i = 0; i < s->l; i += w.rows) {
            const ptrdiff_t m = MIN(w.rows, s->l - i), n = FN(weights_of)(s, &w, head, i, m, &failed);
            failed |= FN(matmul)(m, s->f, n, FN(plain)(w.weights, n), FN(rows_from)(s->v, head, s->heads, 0),
                                 (tg_matrix){0}, FN(rows_from)(s->y, head, s->heads, i));
        }
    }
    free(w.k);
    return failed;
}

/* With weights p, g_p = g vᵀ and g_s = scale p (g_p - Σ g_p p):   g_q = g_s k,  g_k = g_sᵀ q,  g_v = pᵀ g */
static int FN(attention_back)(const tg_attention *s, ptrdiff_t from, ptrdiff_t to)
{
    FN(attention_work) w;
    if (FN(attention_begin)(s, &w))
        return -1;
    int failed = 0;
    for (ptrdiff_t head = from; head < to; head++) {
        const tg_matrix k = FN(rows_from)(s->k, head, s->heads, 0), v = FN(rows_from)(s->v, head, s->heads, 0);
        const tg_matrix g_k = FN(rows_from)(s->g_k, head, s->heads, 0);
        const tg_matrix g_v = FN(rows_from)(s->g_v, head, s->heads, 0);
        FN(transposed)(w.k, w.pitch, k, s->s, s->e);
        FN(transposed)(w.v, w.pitch, v, s->s, s->f);
        memset(g_k.data, 0, s->s * s->e * sizeof(T));
        memset(g_v.data, 0, s->s * s->f * sizeof(T));
        for (ptrdiff_t i = 0; i < s->l; i += w.rows) {
            const ptrdiff_t m = MIN(w.rows, s->l - i), n = FN(weights_of)(s, &w, head, i, m, &failed);
            const tg_matrix p = FN(plain)(w.weights, n), g_s = FN(plain)(w.g, n);
            const tg_matrix q = FN(rows_from)(s->q, head, s->heads, i), g = FN(rows_from)(s->g, head, s->heads, i);
            failed |= FN(matmul)(m, n, s->f, g, FN(plain)(w.v, w.pitch), (tg_matrix){0}, g_s);
            FN(softmax_back)(&(tg_rows){.rows = m, .n = n, .y = w.weights, .g = w.g, .out = w.g});
            for (ptrdiff_t j = 0; j < m * n; j++)
                w.g[j] *= (T)s->scale;
            failed |= FN(matmul)(m, s->e, n, g_s, k, (tg_matrix){0}, FN(rows_from)(s->g_q, head, s->heads, i));
            failed |= FN(matmul)(n, s->e, m, FN(turned_over)(g_s), q, g_k, g_k);
            failed |= FN(matmul)(n, s->f, m, FN(turned_over)(p), g, g_v, g_v);
        }
    }
    free(w.k);
    return failed;
}

#undef BLOCK_ROWS
