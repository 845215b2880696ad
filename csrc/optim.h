/* Steps of optimizers: every number read and written once. Included once per type.
 *
 * Plain loops: without a vector's width in them the compiler does as well as we do with it. */

/* v <- μv + (1 - dampening)g unless v is NULL;  x <- x - lr v, or with nesterov x - lr (g + μv) */
static void FN(sgd)(ptrdiff_t n, void *x_, const void *g_, void *v_, const tg_sgd *s)
{
    T *restrict x = x_, *restrict v = v_;
    const T *restrict g = g_;
    const T lr = (T)s->lr, momentum = (T)s->momentum, rest = (T)(1 - s->dampening);
    if (!v)
        for (ptrdiff_t i = 0; i < n; i++)
            x[i] -= lr * g[i];
    else if (!s->nesterov)
        for (ptrdiff_t i = 0; i < n; i++) {
            v[i] = momentum * v[i] + rest * g[i];
            x[i] -= lr * v[i];
        }
    else
        for (ptrdiff_t i = 0; i < n; i++) {
            v[i] = momentum * v[i] + rest * g[i];
            x[i] -= lr * (g[i] + momentum * v[i]);
        }
}

/* m <- β₁m + (1 - β₁)g,  v <- β₂v + (1 - β₂)g²,  x <- keep x - rate m / (√v / root + ε) */
static void FN(adam)(ptrdiff_t n, void *x_, const void *g_, void *m_, void *v_, const tg_adam *s)
{
    T *restrict x = x_, *restrict m = m_, *restrict v = v_;
    const T *restrict g = g_;
    const T b1 = (T)(1 - s->beta1), b2 = (T)s->beta2, c2 = (T)(1 - s->beta2);
    const T rate = (T)s->rate, root = (T)s->root, eps = (T)s->eps, keep = (T)s->keep;
    for (ptrdiff_t i = 0; i < n; i++) {
        m[i] += b1 * (g[i] - m[i]);
        v[i] = b2 * v[i] + c2 * g[i] * g[i];
        x[i] = keep * x[i] - rate * (m[i] / (LIBM(sqrt)(v[i]) / root + eps));
    }
}
