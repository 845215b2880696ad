/* Convolution and its two adjoints as matrix products on the tile of matmul.h, without im2col.
 *
 * The images are laid out once with their zero border. Then element (c, p, q) of a filter meets output pixel
 * (i, j) at a distance from pixel (0, 0) that does not depend on which pixel it is:
 *
 *     planes[ line[c,p,q] + i·pitch + j ],
 *
 * so the products of one filter element with all pixels are a row of a matrix that is never written down:
 * the tile reads it at line[c,p,q]. Pixels run on from one line of the image to the next, across the few
 * columns at the end of each line where a filter does not fit; those are computed and dropped.
 *
 * A stride s would break the distance, so the padded image is dealt out to s·s planes ("phases"), one for each
 * remainder of the coordinates modulo s: within a phase neighbours are neighbours again.
 *
 *     forward   y[o][pixel]       = Σ_{c,p,q} w[o][c,p,q] · planes_x[line[c,p,q] + pixel]
 *     input     gx[c][pixel]      = Σ_{o,p,q} w[o][c,p,q] · planes_g[line[o,p,q] + pixel]    for each phase of gx
 *     weight    gwᵀ[c,p,q][o]     = Σ_pixel   planes_x[line[c,p,q] + pixel] · g[o][pixel]                        */

#define STRIP (128 * 1024 / (ptrdiff_t)sizeof(T))   /* results computed before they are copied out: they stay in L2 */

INLINE const T *FN(at)(tg_images x, ptrdiff_t i, ptrdiff_t j, ptrdiff_t k, ptrdiff_t l)
{
    return (const T *)x.data + i * x.stride[0] + j * x.stride[1] + k * x.stride[2] + l * x.stride[3];
}

/* plane[i][j] = image[i·step + from, j·step + from] of vertical, horizontal step and from; 0 outside the image. */
static void FN(lay_out)(T *plane, ptrdiff_t height, ptrdiff_t width, const T *image, const ptrdiff_t stride[2],
                        const ptrdiff_t size[2], const ptrdiff_t step[2], const ptrdiff_t from[2])
{
    const ptrdiff_t first = MIN(width, from[1] < 0 ? CEIL(-from[1], step[1]) : 0);
    const ptrdiff_t last = MAX(first, MIN(width, size[1] > from[1] ? CEIL(size[1] - from[1], step[1]) : 0));
    const ptrdiff_t across = step[1] * stride[1];
    for (ptrdiff_t i = 0; i < height; i++, plane += width) {
        const ptrdiff_t line = i * step[0] + from[0];
        if (line < 0 || line >= size[0]) {
            memset(plane, 0, width * sizeof(T));
            continue;
        }
        const T *src = image + line * stride[0] + from[1] * stride[1];
        memset(plane, 0, first * sizeof(T));
        if (across == 1)
            memcpy(plane + first, src + first, (last - first) * sizeof(T));
        else
            for (ptrdiff_t j = first; j < last; j++)
                plane[j] = src[j * across];
        memset(plane + last, 0, (width - last) * sizeof(T));
    }
}

/* y[r][i][j] = Σ_{l<depth} filters[r][l] · planes[line[l] + i·pitch + j] for r < rows, (i, j) in size. The filters are
 * packed for the tile. A strip of whole lines at a time goes to `strip`, then without the dropped columns to y. */
static void FN(correlate)(ptrdiff_t rows, ptrdiff_t depth, const T *filters, const T *planes, const ptrdiff_t *line,
                          ptrdiff_t pitch, const ptrdiff_t size[2], T *strip, T *y, const ptrdiff_t stride[3])
{
    ptrdiff_t row[TILE_ROWS], step[DEPTH];
    for (ptrdiff_t i = 0; i < TILE_ROWS; i++)
        row[i] = i;
    for (ptrdiff_t l = 0; l < MIN(depth, DEPTH); l++)
        step[l] = l * PITCH;
    const ptrdiff_t tiles = TILES(rows), lines = MAX(1, STRIP / (rows * pitch));

    for (ptrdiff_t i0 = 0; i0 < size[0]; i0 += lines) {
        const ptrdiff_t ni = MIN(lines, size[0] - i0), run = (ni - 1) * pitch + size[1];
        for (ptrdiff_t l0 = 0; l0 == 0 || l0 < depth; l0 += DEPTH)
            for (ptrdiff_t p = 0; p < run; p += NR)
                for (ptrdiff_t t = 0; t < tiles; t++) {
                    const ptrdiff_t r = TILE_START(t, rows);
                    FN(tile)(TILE_START(t + 1, rows) - r, &(FN(block)){
                        .depth = MIN(DEPTH, depth - l0), .cols = MIN(NR, run - p),
                        .a = filters + t * depth * PITCH + l0 * PITCH, .row = row, .step = step,
                        .b = planes + i0 * pitch + p, .line = line + l0,
                        .c = strip + r * run + p, .c_row = run, .add = l0 > 0});
                }
        for (ptrdiff_t r = 0; r < rows; r++)
            for (ptrdiff_t i = 0; i < ni; i++) {
                const T *src = strip + r * run + i * pitch;
                T *dst = y + r * stride[0] + (i0 + i) * stride[1];
                if (stride[2] == 1)
                    memcpy(dst, src, size[1] * sizeof(T));
                else
                    for (ptrdiff_t j = 0; j < size[1]; j++)
                        dst[j * stride[2]] = src[j];
            }
    }
}

/* The element filters[r][l] of a matrix packed for the tile, of rows by depth. */
INLINE T *FN(packed)(T *filters, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t r, ptrdiff_t l)
{
    ptrdiff_t t = r * TILES(rows) / rows; /* the tile of row r, or the one before */
    if (TILE_START(t + 1, rows) <= r)
        t++;
    return filters + (t * depth + l) * PITCH + r - TILE_START(t, rows);
}

/* The planes of one group of channels and where each element of a filter finds pixel (0, 0) in them. */
static void FN(find_lines)(const tg_conv *s, ptrdiff_t height, ptrdiff_t width, ptrdiff_t *line)
{
    for (ptrdiff_t c = 0; c < s->in; c++)
        for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
            for (ptrdiff_t q = 0; q < s->kernel[1]; q++) {
                const ptrdiff_t i = p * s->dilation[0], j = q * s->dilation[1];
                const ptrdiff_t phase = (c * s->stride[0] + i % s->stride[0]) * s->stride[1] + j % s->stride[1];
                *line++ = (phase * height + i / s->stride[0]) * width + j / s->stride[1];
            }
}

/* Whether a tap of the filter falls on this remainder of the coordinate. */
INLINE int FN(used)(const tg_conv *s, int axis, ptrdiff_t phase)
{
    for (ptrdiff_t p = 0; p < s->kernel[axis]; p++)
        if (p * s->dilation[axis] % s->stride[axis] == phase)
            return 1;
    return 0;
}

/* planes[c][phase] of image n, channels c of group g. */
static void FN(lay_out_phases)(const tg_conv *s, tg_images x, ptrdiff_t n, ptrdiff_t g,
                               ptrdiff_t height, ptrdiff_t width, T *planes)
{
    for (ptrdiff_t c = 0; c < s->in; c++)
        for (ptrdiff_t i = 0; i < s->stride[0]; i++)
            for (ptrdiff_t j = 0; j < s->stride[1]; j++, planes += height * width)
                if (FN(used)(s, 0, i) && FN(used)(s, 1, j))
                    FN(lay_out)(planes, height, width, FN(at)(x, n, g * s->in + c, 0, 0), x.stride + 2, s->size,
                                s->stride, (ptrdiff_t[]){i - s->padding[0], j - s->padding[1]});
}

static int FN(conv2d)(const tg_conv *s, tg_images x, tg_images w, tg_images y)
{
    const ptrdiff_t depth = s->in * s->kernel[0] * s->kernel[1];
    const ptrdiff_t height = s->result[0] + (s->kernel[0] - 1) * s->dilation[0] / s->stride[0];
    const ptrdiff_t width = s->result[1] + (s->kernel[1] - 1) * s->dilation[1] / s->stride[1];
    if (s->batch == 0 || s->out == 0)
        return 0;

    const ptrdiff_t planes_size = s->in * s->stride[0] * s->stride[1] * height * width;
    const ptrdiff_t filters_size = TILES(s->out) * PITCH * depth;
    const ptrdiff_t strip_size = MAX(STRIP, s->out * width);
    ptrdiff_t *line = tg_scratch(depth * sizeof *line + (planes_size + filters_size + strip_size) * sizeof(T));
    if (!line)
        return -1;
    T *planes = (T *)(line + depth), *filters = planes + planes_size, *strip = filters + filters_size;

    FN(find_lines)(s, height, width, line);
    for (ptrdiff_t g = 0; g < s->groups; g++) {
        for (ptrdiff_t o = 0; o < s->out; o++) {
            T *filter = FN(packed)(filters, s->out, depth, o, 0);
            for (ptrdiff_t c = 0; c < s->in; c++)
                for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
                    for (ptrdiff_t q = 0; q < s->kernel[1]; q++, filter += PITCH)
                        *filter = *FN(at)(w, g * s->out + o, c, p, q);
        }
        for (ptrdiff_t n = 0; n < s->batch; n++) {
            FN(lay_out_phases)(s, x, n, g, height, width, planes);
            FN(correlate)(s->out, depth, filters, planes, line, width, s->result, strip,
                          (T *)FN(at)(y, n, g * s->out, 0, 0), y.stride + 1);
        }
    }
    return 0;
}

/* The definition, term by term: each g[n,o,i,j] w[o,c,p,q] goes to the one element of the image that met w[o,c,p,q]
 * there. The lines below it multiply the filters by zeros around g, which inf and nan would not survive. */
static void FN(conv2d_input_plain)(const tg_conv *s, tg_images g, tg_images w, tg_images gx)
{
    for (ptrdiff_t n = 0; n < s->batch; n++)
        for (ptrdiff_t c = 0; c < s->groups * s->in; c++) {
            for (ptrdiff_t y = 0; y < s->size[0]; y++)
                for (ptrdiff_t x = 0; x < s->size[1]; x++)
                    *(T *)FN(at)(gx, n, c, y, x) = 0;
            for (ptrdiff_t i = 0; i < s->result[0]; i++)
                for (ptrdiff_t j = 0; j < s->result[1]; j++)
                    for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
                        for (ptrdiff_t q = 0; q < s->kernel[1]; q++) {
                            const ptrdiff_t y = i * s->stride[0] + p * s->dilation[0] - s->padding[0];
                            const ptrdiff_t x = j * s->stride[1] + q * s->dilation[1] - s->padding[1];
                            if (y < 0 || y >= s->size[0] || x < 0 || x >= s->size[1])
                                continue;
                            T sum = 0;
                            for (ptrdiff_t o = c / s->in * s->out; o < (c / s->in + 1) * s->out; o++)
                                sum += *FN(at)(g, n, o, i, j) * *FN(at)(w, o, c % s->in, p, q);
                            *(T *)FN(at)(gx, n, c, y, x) += sum;
                        }
        }
}

/* Pixel y = r + i·stride of gx, phase r, gets w[p] g[i + reach] for the taps p with
 * r + padding - p·dilation = reach·stride. Whether there is such a reach for the tap; if so, which. */
INLINE int FN(reaches)(const tg_conv *s, int axis, ptrdiff_t r, ptrdiff_t p, ptrdiff_t *reach)
{
    const ptrdiff_t distance = r + s->padding[axis] - p * s->dilation[axis];
    *reach = distance / s->stride[axis];
    return distance % s->stride[axis] == 0;
}

static int FN(conv2d_input)(const tg_conv *s, tg_images g, tg_images w, tg_images gx)
{
    const ptrdiff_t taps = s->kernel[0] * s->kernel[1];
    ptrdiff_t lowest[2], plane[2]; /* the least reach; the size of g with its border */
    for (int d = 0; d < 2; d++) {
        lowest[d] = -CEIL((s->kernel[d] - 1) * s->dilation[d], s->stride[d]) + s->padding[d] / s->stride[d];
        plane[d] = CEIL(s->size[d], s->stride[d]) + (s->stride[d] - 1 + s->padding[d]) / s->stride[d] - lowest[d];
    }
    if (s->batch == 0 || s->in == 0)
        return 0;

    const ptrdiff_t planes_size = s->out * plane[0] * plane[1], depth = s->out * taps;
    const ptrdiff_t filters_size = TILES(s->in) * PITCH * depth;
    const ptrdiff_t strip_size = MAX(STRIP, s->in * plane[1]);
    ptrdiff_t *lines = tg_scratch(depth * sizeof *lines + (planes_size + filters_size + strip_size) * sizeof(T));
    if (!lines)
        return -1;
    T *planes = (T *)(lines + depth), *all_filters = planes + planes_size, *strip = all_filters + filters_size;

    for (ptrdiff_t group = 0; group < s->groups; group++)
        for (ptrdiff_t n = 0; n < s->batch; n++) {
            for (ptrdiff_t o = 0; o < s->out; o++)
                FN(lay_out)(planes + o * plane[0] * plane[1], plane[0], plane[1],
                            FN(at)(g, n, group * s->out + o, 0, 0), g.stride + 2, s->result,
                            (ptrdiff_t[]){1, 1}, lowest);

            /* Each tap belongs to one phase of gx, so the phases share out lines and filters. */
            ptrdiff_t *line = lines;
            T *filters = all_filters;
            for (ptrdiff_t r = 0; r < MIN(s->stride[0], s->size[0]); r++)
                for (ptrdiff_t q = 0; q < MIN(s->stride[1], s->size[1]); q++) {
                    ptrdiff_t used = 0, down, right;
                    for (ptrdiff_t i = 0; i < s->kernel[0]; i++)
                        for (ptrdiff_t j = 0; j < s->kernel[1]; j++)
                            used += FN(reaches)(s, 0, r, i, &down) && FN(reaches)(s, 1, q, j, &right);
                    const ptrdiff_t phase_depth = used * s->out;
                    if (n == 0) { /* the first image finds them, the others use them */
                        ptrdiff_t l = 0;
                        for (ptrdiff_t o = 0; o < s->out; o++)
                            for (ptrdiff_t i = 0; i < s->kernel[0]; i++)
                                for (ptrdiff_t j = 0; j < s->kernel[1]; j++) {
                                    if (!FN(reaches)(s, 0, r, i, &down) || !FN(reaches)(s, 1, q, j, &right))
                                        continue;
                                    line[l] = (o * plane[0] + down - lowest[0]) * plane[1] + right - lowest[1];
                                    for (ptrdiff_t c = 0; c < s->in; c++) {
                                        const T weight = *FN(at)(w, group * s->out + o, c, i, j);
                                        if (weight - weight != 0) { /* inf or nan */
                                            FN(conv2d_input_plain)(s, g, w, gx);
                                            return 0;
                                        }
                                        *FN(packed)(filters, s->in, phase_depth, c, l) = weight;
                                    }
                                    l++;
                                }
                    }
                    FN(correlate)(s->in, phase_depth, filters, planes, line, plane[1],
                                  (ptrdiff_t[]){CEIL(s->size[0] - r, s->stride[0]), CEIL(s->size[1] - q, s->stride[1])},
                                  strip, (T *)FN(at)(gx, n, group * s->in, r, q),
                                  (ptrdiff_t[]){gx.stride[1], s->stride[0] * gx.stride[2], s->stride[1] * gx.stride[3]});
                    line += phase_depth;
                    filters += TILES(s->in) * PITCH * phase_depth;
                }
        }
    return 0;
}

static int FN(conv2d_weight)(const tg_conv *s, tg_images g, tg_images x, tg_images gw)
{
    const ptrdiff_t depth = s->in * s->kernel[0] * s->kernel[1], pixels = s->result[0] * s->result[1];
    const ptrdiff_t height = s->result[0] + (s->kernel[0] - 1) * s->dilation[0] / s->stride[0];
    const ptrdiff_t width = s->result[1] + (s->kernel[1] - 1) * s->dilation[1] / s->stride[1];
    const ptrdiff_t out = CEIL(s->out, NR) * NR;
    if (depth == 0 || s->out == 0)
        return 0;

    const ptrdiff_t planes_size = s->in * s->stride[0] * s->stride[1] * height * width;
    const ptrdiff_t table = (depth + pixels + DEPTH) * sizeof(ptrdiff_t);
    ptrdiff_t *line = tg_scratch(table + (planes_size + pixels * out + depth * out) * sizeof(T));
    if (!line)
        return -1;
    ptrdiff_t *pixel = line + depth, *step = pixel + pixels;
    T *planes = (T *)(step + DEPTH), *panels = planes + planes_size, *sum = panels + pixels * out;

    FN(find_lines)(s, height, width, line);
    for (ptrdiff_t i = 0; i < pixels; i++)
        pixel[i] = i / s->result[1] * width + i % s->result[1];
    for (ptrdiff_t l = 0; l < DEPTH; l++)
        step[l] = l * NR;

    for (ptrdiff_t group = 0; group < s->groups; group++) {
        memset(sum, 0, depth * out * sizeof(T));
        for (ptrdiff_t n = 0; n < s->batch; n++) {
            FN(lay_out_phases)(s, x, n, group, height, width, planes);
            for (ptrdiff_t o = 0; o < s->out; o += NR) /* panels[o / NR][pixel][o % NR] */
                for (ptrdiff_t i = 0; i < s->result[0]; i++)
                    FN(pack)(panels + o * pixels + i * s->result[1] * NR, NR, FN(at)(g, n, group * s->out + o, i, 0),
                             g.stride[1], g.stride[3], MIN(NR, s->out - o), s->result[1]);
            for (ptrdiff_t p = 0; p < pixels; p += DEPTH)
                for (ptrdiff_t o = 0; o < s->out; o += NR)
                    for (ptrdiff_t t = 0; t < TILES(depth); t++) {
                        const ptrdiff_t r = TILE_START(t, depth);
                        FN(tile)(TILE_START(t + 1, depth) - r, &(FN(block)){
                            .depth = MIN(DEPTH, pixels - p), .cols = MIN(NR, s->out - o),
                            .a = planes, .row = line + r, .step = pixel + p,
                            .b = panels + o * pixels + p * NR, .line = step,
                            .c = sum + r * out + o, .c_row = out, .add = 1});
                    }
        }
        for (ptrdiff_t o = 0; o < s->out; o++)
            for (ptrdiff_t c = 0, l = 0; c < s->in; c++)
                for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
                    for (ptrdiff_t q = 0; q < s->kernel[1]; q++, l++)
                        *(T *)FN(at)(gw, group * s->out + o, c, p, q) = sum[l * out + o];
    }
    return 0;
}
