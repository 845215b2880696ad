/* One step of the cells of recurrent networks, and its way back. Included once per type.
 *
 * Every row is a sequence by itself. Of the gates of a row x holds the shares of the input and u those of
 * the state h, to which the bias b is still to be added. What came of the gates is kept for the way back.
 * There g_h and g_c hold the cotangents of the new state, and get those of the state before, as far as that
 * is not read through u. */

#define EACH_VECTOR_OF_EACH_ROW(s) \
    const ptrdiff_t n = (s)->n; \
    const mask tail = FN(first)(n % LANES); \
    for (ptrdiff_t i = 0; i < (s)->rows; i++) \
        for (ptrdiff_t j = 0; j < n; j += LANES)

/* Vector j of row i: of a state, of gate k, of what is kept of gate k. */
#define STATE(array) ((T *)(array) + i * n + j)
#define GATE(array, k) ((T *)(array) + (i * gates + (k)) * n + j)
#define KEPT(k) ((T *)s->gates + (k) * s->gate + i * n + j)
#define GET(p) FN(part)(p, n - j, tail, 0)
#define PUT(p, v) FN(put)(p, v, n - j, tail)
#define SHARE(k) (GET(GATE(s->u, k)) + GET((const T *)s->b + (k) * n + j))

INLINE vec FN(slope_of_sigmoid)(vec y) { return y * (1 - y); }
INLINE vec FN(slope_of_tanh)(vec y) { return 1 - y * y; }

/* c' = σ(f) c + σ(i) tanh(g),  h' = σ(o) tanh(c'),  with i, f, g, o the gates of x + u + b */
static void FN(lstm)(const tg_cell *s)
{
    enum { gates = 4 };
    EACH_VECTOR_OF_EACH_ROW(s) {
        const vec in = FN(sigmoid)(GET(GATE(s->x, 0)) + SHARE(0));
        const vec keep = FN(sigmoid)(GET(GATE(s->x, 1)) + SHARE(1));
        const vec new = FN(tanh)(GET(GATE(s->x, 2)) + SHARE(2));
        const vec out = FN(sigmoid)(GET(GATE(s->x, 3)) + SHARE(3));
        const vec c = keep * GET(STATE(s->c)) + in * new;
        PUT(KEPT(0), in);
        PUT(KEPT(1), keep);
        PUT(KEPT(2), new);
        PUT(KEPT(3), out);
        PUT(STATE(s->new_c), c);
        PUT(STATE(s->new_h), out * FN(tanh)(c));
    }
}

static void FN(lstm_back)(const tg_cell *s)
{
    enum { gates = 4 };
    EACH_VECTOR_OF_EACH_ROW(s) {
        const vec in = GET(KEPT(0)), keep = GET(KEPT(1)), new = GET(KEPT(2)), out = GET(KEPT(3));
        const vec before = GET(STATE(s->c)), t = FN(tanh)(keep * before + in * new), g_h = GET(STATE(s->g_h));
        const vec g_c = GET(STATE(s->g_c)) + g_h * out * FN(slope_of_tanh)(t);
        PUT(GATE(s->g_x, 0), g_c * new * FN(slope_of_sigmoid)(in));
        PUT(GATE(s->g_x, 1), g_c * before * FN(slope_of_sigmoid)(keep));
        PUT(GATE(s->g_x, 2), g_c * in * FN(slope_of_tanh)(new));
        PUT(GATE(s->g_x, 3), g_h * t * FN(slope_of_sigmoid)(out));
        PUT(STATE(s->g_h), (vec){0});
        PUT(STATE(s->g_c), g_c * keep);
    }
}

/* h' = n + z (h - n)  with  r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n),  b being in u */
static void FN(gru)(const tg_cell *s)
{
    enum { gates = 3 };
    EACH_VECTOR_OF_EACH_ROW(s) {
        const vec reset = FN(sigmoid)(GET(GATE(s->x, 0)) + SHARE(0));
        const vec keep = FN(sigmoid)(GET(GATE(s->x, 1)) + SHARE(1));
        const vec share = SHARE(2), new = FN(tanh)(GET(GATE(s->x, 2)) + reset * share);
        PUT(KEPT(0), reset);
        PUT(KEPT(1), keep);
        PUT(KEPT(2), new);
        PUT(KEPT(3), share);
        PUT(STATE(s->new_h), new + keep * (GET(STATE(s->h)) - new));
    }
}

static void FN(gru_back)(const tg_cell *s)
{
    enum { gates = 3 };
    EACH_VECTOR_OF_EACH_ROW(s) {
        const vec reset = GET(KEPT(0)), keep = GET(KEPT(1)), new = GET(KEPT(2)), share = GET(KEPT(3));
        const vec g = GET(STATE(s->g_h)), g_new = g * (1 - keep) * FN(slope_of_tanh)(new);
        const vec g_reset = g_new * share * FN(slope_of_sigmoid)(reset);
        const vec g_keep = g * (GET(STATE(s->h)) - new) * FN(slope_of_sigmoid)(keep);
        PUT(GATE(s->g_x, 0), g_reset);
        PUT(GATE(s->g_u, 0), g_reset);
        PUT(GATE(s->g_x, 1), g_keep);
        PUT(GATE(s->g_u, 1), g_keep);
        PUT(GATE(s->g_x, 2), g_new);
        PUT(GATE(s->g_u, 2), g_new * reset);
        PUT(STATE(s->g_h), g * keep);
    }
}

#undef EACH_VECTOR_OF_EACH_ROW
#undef STATE
#undef GATE
#undef KEPT
#undef GET
#undef PUT
#undef SHARE
