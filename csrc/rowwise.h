/* Kernels that see a matrix row by row: what a softmax and its relatives do with a row of scores, what a
 * normalisation does with a row of features. Included once per type.
 *
 * Each goes over a row a few times while that is in the cache. The last, ragged vector of a row is loaded
 * with a number in the lanes beyond it that changes nothing. */

/* Row i of what was given, as pointers; n, the number of its elements; tail, the mask of the last vector. */
#define ROW(name, array) const T *name = (const T *)(array) + i * n
#define EACH_ROW(r) \
    const ptrdiff_t n = (r)->n; \
    const mask tail = FN(first)(n % LANES); \
    for (ptrdiff_t i = 0; i < (r)->rows; i++)
#define EACH_VECTOR(j) for (ptrdiff_t j = 0; j < n; j += LANES)

INLINE vec FN(part)(const T *p, ptrdiff_t left, mask tail, T beyond)
{
    return left >= LANES ? FN(load)(p) : FN(load_or)(p, tail, FN(all)(beyond));
}
INLINE void FN(put)(T *p, vec v, ptrdiff_t left, mask tail)
{
    if (left >= LANES)
        FN(store)(p, v);
    else
        FN(store_n)(p, v, tail);
}

INLINE T FN(row_max)(const T *x, ptrdiff_t n, mask tail)
{
    vec top = FN(all)(-INFINITY);
    EACH_VECTOR(j)
        top = FN(max)(FN(part)(x + j, n - j, tail, -INFINITY), top);
    return FN(max_of)(top);
}
INLINE T FN(row_mean)(const T *x, ptrdiff_t n, mask tail)
{
    vec sum = {0};
    EACH_VECTOR(j)
        sum += FN(part)(x + j, n - j, tail, 0);
    return FN(sum_of)(sum) / n;
}

/* Σ exp(xⱼ - top) */
INLINE T FN(row_sum_exp)(const T *x, T top, ptrdiff_t n, mask tail)
{
    vec sum = {0};
    EACH_VECTOR(j)
        sum += FN(exp)(FN(part)(x + j, n - j, tail, -INFINITY) - top);
    return FN(sum_of)(sum);
}

/* y = exp(x - max x) / Σ */
static void FN(softmax)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(x, r->x);
        T *y = (T *)r->out + i * n;
        const T top = FN(row_max)(x, n, tail);
        vec sum = {0};
        EACH_VECTOR(j) {
            const vec e = FN(exp)(FN(part)(x + j, n - j, tail, -INFINITY) - top);
            FN(put)(y + j, e, n - j, tail);
            sum += e;
        }
        const T total = FN(sum_of)(sum);
        EACH_VECTOR(j)
            FN(put)(y + j, FN(part)(y + j, n - j, tail, 0) / total, n - j, tail);
    }
}

/* y (g - Σ g y) */
static void FN(softmax_back)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(y, r->y);
        ROW(g, r->g);
        T *gx = (T *)r->out + i * n;
        vec sum = {0};
        EACH_VECTOR(j)
            sum += FN(part)(g + j, n - j, tail, 0) * FN(part)(y + j, n - j, tail, 0);
        const T both = FN(sum_of)(sum);
        EACH_VECTOR(j)
            FN(put)(gx + j, FN(part)(y + j, n - j, tail, 0) * (FN(part)(g + j, n - j, tail, 0) - both),
                    n - j, tail);
    }
}

/* y = (x - max x) - log Σ */
static void FN(log_softmax)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(x, r->x);
        T *y = (T *)r->out + i * n;
        const T top = FN(row_max)(x, n, tail);
        const T rest = (T)log(FN(row_sum_exp)(x, top, n, tail));
        EACH_VECTOR(j)
            FN(put)(y + j, (FN(part)(x + j, n - j, tail, 0) - top) - rest, n - j, tail);
    }
}

/* g - exp(y) Σ g */
static void FN(log_softmax_back)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(y, r->y);
        ROW(g, r->g);
        T *gx = (T *)r->out + i * n;
        const T sum = FN(row_mean)(g, n, tail) * n;
        EACH_VECTOR(j)
            FN(put)(gx + j, FN(part)(g + j, n - j, tail, 0) - FN(exp)(FN(part)(y + j, n - j, tail, 0)) * sum,
                    n - j, tail);
    }
}

/* One number for each row: y = log Σ - (x_t - max x), t being its class. */
static void FN(cross_entropy)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(x, r->x);
        const T top = FN(row_max)(x, n, tail);
        ((T *)r->out)[i] = (T)log(FN(row_sum_exp)(x, top, n, tail)) - (x[r->classes[i]] - top);
    }
}

/* g (p - [j = t]) with p = softmax x */
static void FN(cross_entropy_back)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(x, r->x);
        T *gx = (T *)r->out + i * n;
        const T g = ((const T *)r->g)[i], top = FN(row_max)(x, n, tail);
        const T share = g / FN(row_sum_exp)(x, top, n, tail);
        EACH_VECTOR(j)
            FN(put)(gx + j, FN(exp)(FN(part)(x + j, n - j, tail, 0) - top) * share, n - j, tail);
        gx[r->classes[i]] -= g;
    }
}

/* 1 / √(E[(x - E[x])²] + ε) */
INLINE T FN(row_scale)(const T *x, T mean, double eps, ptrdiff_t n, mask tail)
{
    vec sum = {0};
    EACH_VECTOR(j) {
        const vec away = FN(part)(x + j, n - j, tail, mean) - mean;
        sum += away * away;
    }
    return (T)(1 / sqrt((double)FN(sum_of)(sum) / n + eps));
}

/* y = (x - E[x]) / √(Var[x] + ε), and of that y w + b where there is a w. */
static void FN(standardize)(const tg_rows *r)
{
    EACH_ROW(r) {
        ROW(x, r->x);
        const T *w = r->w, *b = r->b;
        T *out = (T *)r->out + i * n;
        const T mean = FN(row_mean)(x, n, tail), scale = FN(row_scale)(x, mean, r->eps, n, tail);
        EACH_VECTOR(j) {
            const vec y = (FN(part)(x + j, n - j, tail, 0) - mean) * scale;
            FN(put)(out + j, w ? y * FN(part)(w + j, n - j, tail, 0) + FN(part)(b + j, n - j, tail, 0) : y,
                    n - j, tail);
        }
    }
}

/* (h - E[h] - y E[h y]) / √(Var[x] + ε) with h = g, or g w; and to the cotangents of w and b is added what they
 * get: g y and g. */
static void FN(standardize_back)(const tg_rows *r)
{
    const T *w = r->w;
    EACH_ROW(r) {
        ROW(x, r->x);
        ROW(g, r->g);
        T *gx = (T *)r->out + i * n, *g_w = r->g_w, *g_b = r->g_b;
        const T center = FN(row_mean)(x, n, tail), scale = FN(row_scale)(x, center, r->eps, n, tail);
        vec sum = {0}, sum_y = {0};
        EACH_VECTOR(j) {
            const vec y = (FN(part)(x + j, n - j, tail, center) - center) * scale;
            vec h = FN(part)(g + j, n - j, tail, 0);
            if (w) {
                FN(put)(g_w + j, FN(part)(g_w + j, n - j, tail, 0) + h * y, n - j, tail);
                FN(put)(g_b + j, FN(part)(g_b + j, n - j, tail, 0) + h, n - j, tail);
                h *= FN(part)(w + j, n - j, tail, 0);
            }
            sum += h;
            sum_y += h * y;
        }
        const T mean = FN(sum_of)(sum) / n, mean_y = FN(sum_of)(sum_y) / n;
        EACH_VECTOR(j) {
            const vec y = (FN(part)(x + j, n - j, tail, 0) - center) * scale;
            const vec h = FN(part)(g + j, n - j, tail, 0) * (w ? FN(part)(w + j, n - j, tail, 0) : FN(all)(1));
            FN(put)(gx + j, (h - mean - y * mean_y) * scale, n - j, tail);
        }
    }
}

/* For each window of rows from … to - 1 the largest of the elements of the row that it sees, and its place, counted
 * through all rows: the first of equal ones, or the first nan. A window has a lane. */
static void FN(largest_at)(ptrdiff_t from, ptrdiff_t to, ptrdiff_t n, const void *x_, const tg_windows *w,
                           long long *places, void *values)
{
    for (ptrdiff_t i = from; i < to; i++)
        for (ptrdiff_t j = 0; j < w->windows; j += LANES) {
            const ptrdiff_t lanes = MIN(LANES, w->windows - j), to_row = i * w->windows + j;
            FN(ints) best = {0};
            vec top = {0};
            for (ptrdiff_t k = 0; k < w->k; k++) {
                const FN(ints) at = (FN(ints))FN(load)((const T *)w->seen + k * w->pitch + j);
                const vec a = FN(gather)((const T *)x_ + i * n, at);
                const FN(ints) better = k ? (FN(ints))(~(a <= top) & (top == top)) : ~(FN(ints)){0};
                best = (better & at) | (~better & best);
                top = FN(select)(better, a, top);
            }
            FN(put)((T *)values + to_row, top, lanes, FN(first)(lanes));
            for (ptrdiff_t lane = 0; lane < lanes; lane++)
                places[to_row + lane] = i * n + best[lane];
        }
}

/* Row to[i] of y += row i of x: rows of n elements. */
static void FN(add_at)(ptrdiff_t rows, ptrdiff_t n, const void *x_, const long long *to, void *y_)
{
    const T *x = x_;
    for (ptrdiff_t i = 0; i < rows; i++)
        for (ptrdiff_t j = 0; j < n; j++)
            ((T *)y_)[to[i] * n + j] += *x++;
}

#undef ROW
#undef EACH_ROW
#undef EACH_VECTOR
