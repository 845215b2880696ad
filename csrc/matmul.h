/* Matrix product c = start + a b. The plain loop is
 *
 *     for i < m:  for j < n:  for l < k:  c[i][j] += a[i][l] * b[l][j]
 *
 * and reads an element from memory for every multiplication. The `tile` keeps a block of c, TILE_ROWS by
 * two vectors, in registers all along l: each element of a it loads serves two vectors of b, each vector
 * of b serves TILE_ROWS rows. It addresses its operands through tables of offsets, so that the same few
 * lines compute products of matrices with any strides, of packed panels, and convolutions (conv.h).
 *
 * Around it stand the loops that keep operands close to the processor: l in blocks of DEPTH, rows in blocks
 * of HEIGHT, and copies ("panels") in the order in which the tile reads them where the originals lie badly. */

#define NR (2 * LANES)                              /* columns of a tile */
#define PITCH (CEIL(TILE_ROWS, LANES) * LANES)      /* rows of a tile in a packed panel of a */
#define DEPTH 768
#define AHEAD 12                                    /* rows of b that are asked for before they are needed */
#define HEIGHT (16 * TILE_ROWS)
#define WIDTH (64 * NR)
#define TILES(m) CEIL(m, TILE_ROWS)
#define TILE_START(t, m) ((t) * (m) / TILES(m))     /* tiles of nearly equal height: 64 = 12 + 13 + 13 + 13 + 13 */

/* c[to[i] + j] = start[from[i] + j] + Σ_{l<depth} a[row[i] + step[l]] · b[line[l] + j] for i < rows, j < cols;
 * without the first term where start is NULL. Rows are stored in order, so that those of c may overlap if
 * they are also what it starts with. */
typedef struct {
    ptrdiff_t depth, cols;
    const T *a, *b;
    T *c;
    const ptrdiff_t *row, *step, *line, *to;
    const T *start;
    const ptrdiff_t *from;
} FN(block);

/* The tile for a constant number of rows and vectors; `ragged` masks the lanes past cols in the last one. The
 * places of so many rows of a do not fit the registers; in a `panel`, where row[i] = i, one place is enough. */
INLINE void FN(tile_of)(const int rows, const int vectors, const int ragged, const int panel, const FN(block) *t)
{
    const mask inside = FN(first)(t->cols - (vectors - 1) * LANES);
    vec sum[TILE_ROWS][2];
    const T *a[TILE_ROWS];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        a[i] = panel ? t->a : t->a + t->row[i];
        sum[i][0] = sum[i][1] = (vec){0};
    }
    for (ptrdiff_t l = 0; l < t->depth; l++) {
        const T *b = t->b + t->line[l];
        const ptrdiff_t step = t->step[l];
        if (panel)
            for (int v = 0; v < vectors; v++)
                __builtin_prefetch(t->b + t->line[MIN(l + AHEAD, t->depth - 1)] + v * LANES);
        vec b0 = ragged && vectors == 1 ? FN(load_n)(b, inside) : FN(load)(b), b1 = b0;
        if (vectors == 2)
            b1 = ragged ? FN(load_n)(b + LANES, inside) : FN(load)(b + LANES);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const T *x = panel ? a[0] + i : a[i];
            sum[i][0] += x[step] * b0;
            if (vectors == 2)
                sum[i][1] += x[step] * b1;
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        T *c = t->c + t->to[i];
        const T *start = t->start ? t->start + t->from[i] : NULL;
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            const ptrdiff_t j = v * LANES;
            if (ragged && v == vectors - 1)
                FN(store_n)(c + j, start ? FN(load_n)(start + j, inside) + sum[i][v] : sum[i][v], inside);
            else
                FN(store)(c + j, start ? FN(load)(start + j) + sum[i][v] : sum[i][v]);
        }
    }
}

/* The tile of any height up to TILE_ROWS (the compiler drops the cases above) and any width up to NR. */
#define CASE(R) case R: if (R <= TILE_ROWS) FN(tile_of)(MIN(R, TILE_ROWS), vectors, ragged, panel, t); break;
#define CASES CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) \
              CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14)

INLINE void FN(tile_high)(int rows, const int vectors, const int ragged, const int panel, const FN(block) *t)
{
    switch (rows) { CASES }
}
INLINE void FN(tile_wide)(int rows, const int panel, const FN(block) *t)
{
    if (t->cols == NR)
        FN(tile_high)(rows, 2, 0, panel, t);
    else if (t->cols > LANES)
        FN(tile_high)(rows, 2, 1, panel, t);
    else
        FN(tile_high)(rows, 1, 1, panel, t);
}
static void FN(tile)(int rows, const FN(block) *t) { FN(tile_wide)(rows, 0, t); }
static void FN(panel_tile)(int rows, const FN(block) *t) { FN(tile_wide)(rows, 1, t); }

/* Copy to a panel: dst[l*pitch + j] = src[j*j_stride + l*l_stride] for j < width, l < depth. Whole vectors are
 * written, with zeros past the width; those the tile does not read are left alone. */
static void FN(pack)(T *dst, ptrdiff_t pitch, const T *src, ptrdiff_t j_stride, ptrdiff_t l_stride,
                     ptrdiff_t width, ptrdiff_t depth)
{
    for (ptrdiff_t j0 = 0; j0 < width; j0 += LANES, dst += LANES, src += LANES * j_stride) {
        const ptrdiff_t lanes = MIN(LANES, width - j0);
        const mask inside = FN(first)(lanes);
        if (j_stride == 1)
            for (ptrdiff_t l = 0; l < depth; l++)
                FN(store)(dst + l * pitch, FN(load_n)(src + l * l_stride, inside));
        else if (l_stride == 1)
            for (ptrdiff_t l0 = 0; l0 < depth; l0 += LANES) { /* squares, through registers */
                const ptrdiff_t left = MIN(LANES, depth - l0);
                vec r[LANES];
#pragma GCC unroll 16
                for (int j = 0; j < LANES; j++)
                    r[j] = j < lanes ? FN(load_n)(src + j * j_stride + l0, FN(first)(left)) : (vec){0};
                FN(transpose)(r);
#pragma GCC unroll 16
                for (int l = 0; l < LANES; l++)
                    if (l < left)
                        FN(store)(dst + (l0 + l) * pitch, r[l]);
            }
        else
            for (ptrdiff_t l = 0; l < depth; l++)
                for (ptrdiff_t j = 0; j < LANES; j++)
                    dst[l * pitch + j] = j < lanes ? src[j * j_stride + l * l_stride] : 0;
    }
}

static int FN(matmul)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, tg_matrix ma, tg_matrix mb, tg_matrix ms, tg_matrix mc)
{
    const T *a = ma.data, *b = mb.data, *start = ms.data;
    T *c = mc.data;
    if (k == 0)
        for (ptrdiff_t i = 0; i < m; i++)
            for (ptrdiff_t j = 0; j < n; j++)
                c[i * mc.row + j] = start ? start[i * ms.row + j] : 0;
    if (m == 0 || n == 0 || k == 0)
        return 0;

    /* A copy pays when it is read several times, or where the original cannot be read in vectors. */
    const int small_b = k * n * (ptrdiff_t)sizeof(T) <= 96 * 1024 && mb.row * sizeof(T) % 2048 != 0;
    const int copy_b = mb.col != 1 || !(small_b || m <= 3 * TILE_ROWS);
    const int far_a = ma.col * k * (ptrdiff_t)sizeof(T) > 64 * 1024;    /* a row of a leaves the cache */
    const int copy_a = m > 1 && n > (far_a ? NR : 4 * NR);
    const ptrdiff_t depth = CEIL(k, CEIL(k, DEPTH));
    const ptrdiff_t height = MIN(m, HEIGHT), width = MIN(m <= HEIGHT ? NR : WIDTH, CEIL(n, NR) * NR);
    T *copy_of_b = NULL, *copy_of_a = NULL;
    if (copy_a || copy_b) {
        copy_of_b = tg_scratch((depth * width + depth * TILES(height) * PITCH) * sizeof(T));
        if (!copy_of_b)
            return -1;
        copy_of_a = copy_of_b + depth * width;
    }

    ptrdiff_t row[TILE_ROWS], to[TILE_ROWS], from[TILE_ROWS], step[DEPTH], line[DEPTH];
    for (ptrdiff_t i = 0; i < TILE_ROWS; i++) {
        row[i] = i * ma.row;
        to[i] = i * mc.row;
        from[i] = i * ms.row;
    }
    for (ptrdiff_t l = 0; l < depth; l++) {
        step[l] = l * (copy_a ? PITCH : ma.col);
        line[l] = l * (copy_b ? NR : mb.row);
    }

    for (ptrdiff_t l0 = 0; l0 < k; l0 += depth) {
        const ptrdiff_t ld = MIN(depth, k - l0);
        for (ptrdiff_t j0 = 0; j0 < n; j0 += width) {
            const ptrdiff_t j1 = MIN(n, j0 + width);
            for (ptrdiff_t j = j0; copy_b && j < j1; j += NR)
                FN(pack)(copy_of_b + (j - j0) * ld, NR, b + l0 * mb.row + j * mb.col, mb.col, mb.row,
                         MIN(NR, j1 - j), ld);
            for (ptrdiff_t i0 = 0; i0 < m; i0 += height) {
                const ptrdiff_t rows = MIN(height, m - i0), tiles = TILES(rows);
                if (copy_a && (j0 == 0 || m > height)) /* else the copy made at j0 = 0 still stands */
                    for (ptrdiff_t t = 0; t < tiles; t++) {
                        const ptrdiff_t i = TILE_START(t, rows);
                        FN(pack)(copy_of_a + t * PITCH * ld, PITCH, a + (i0 + i) * ma.row + l0 * ma.col,
                                 ma.row, ma.col, TILE_START(t + 1, rows) - i, ld);
                    }
                for (ptrdiff_t j = j0; j < j1; j += NR)
                    for (ptrdiff_t t = 0; t < tiles; t++) {
                        const ptrdiff_t i = TILE_START(t, rows);
                        T *to_c = c + (i0 + i) * mc.row + j;
                        (copy_a ? FN(panel_tile) : FN(tile))(TILE_START(t + 1, rows) - i, &(FN(block)){
                            .depth = ld, .cols = MIN(NR, j1 - j),
                            .a = copy_a ? copy_of_a + t * PITCH * ld : a + (i0 + i) * ma.row + l0 * ma.col,
                            .b = copy_b ? copy_of_b + (j - j0) * ld : b + l0 * mb.row + j,
                            .c = to_c, .row = row, .step = step, .line = line, .to = to,
                            .start = l0 > 0 ? to_c : start ? start + (i0 + i) * ms.row + j : NULL,
                            .from = l0 > 0 ? to : from});
                    }
            }
        }
    }
    return 0;
}
