/* Convolution and its two adjoints as matrix products on the tile of matmul.h, without im2col.
 *
 * The images are laid out once with their zero border. Then element (c, p, q) of a filter meets output pixel
 * (i, j) at a distance from pixel (0, 0) that does not depend on which pixel it is:
 *
 *     planes[ line[c,p,q] + pixel ],      pixel = i·width + j,
 *
 * so what one filter element sees of all pixels is a row of a matrix that is never written down: the tile finds
 * it at line[c,p,q]. With K = C/groups·KH·KW rows, the three passes are
 *
 *     forward   y[o][pixel]               = Σ_{k<K}    w[o][k] · planes[line[k] + pixel]
 *     input     planes[line[k] + pixel]  += Σ_o        w[o][k] · g[o][pixel]
 *     weight    gw[o][k]                  = Σ_pixel    planes[line[k] + pixel] · g[o][pixel]
 *
 * In the first two the pixels run on from one line of the image to the next, across the few columns at the end of
 * each line where the filter does not fit: the forward pass computes and drops them, the second has g zero there.
 *
 * A stride s would break the constant distance, so the padded image is dealt out to s·s planes ("phases"), one for
 * each remainder of the coordinates modulo s: within a phase neighbours are neighbours again. */

#define STRIP (128 * 1024 / (ptrdiff_t)sizeof(T))   /* results computed before they are copied out: they stay in L2 */

INLINE T *FN(at)(tg_images x, ptrdiff_t n, ptrdiff_t c)
{
    return (T *)x.data + n * x.stride[0] + c * x.stride[1];
}

/* The planes of the channels of one group: [channel][phase down][phase right][height][width]. */
typedef struct {
    ptrdiff_t height, width, phase, channel; /* size of a plane; elements to the next phase and channel */
    ptrdiff_t size;                          /* elements of all */
    ptrdiff_t depth;                         /* K, the elements of a filter */
    ptrdiff_t pixels;                        /* length of the run from the first to the last output pixel */
} FN(layout);

static FN(layout) FN(layout_of)(const tg_conv *s)
{
    FN(layout) p;
    p.height = s->result[0] + (s->kernel[0] - 1) * s->dilation[0] / s->stride[0];
    p.width = s->result[1] + (s->kernel[1] - 1) * s->dilation[1] / s->stride[1];
    p.phase = p.height * p.width;
    p.channel = p.phase * s->stride[0] * s->stride[1];
    p.size = p.channel * s->in;
    p.depth = s->in * s->kernel[0] * s->kernel[1];
    p.pixels = (s->result[0] - 1) * p.width + s->result[1];
    return p;
}

/* Where element (p, q) of a filter finds pixel (0, 0) in the planes of its channel. */
INLINE ptrdiff_t FN(line_of)(const tg_conv *s, const FN(layout) *to, ptrdiff_t p, ptrdiff_t q)
{
    const ptrdiff_t i = p * s->dilation[0], j = q * s->dilation[1];
    const ptrdiff_t phase = i % s->stride[0] * s->stride[1] + j % s->stride[1];
    return phase * to->phase + i / s->stride[0] * to->width + j / s->stride[1];
}

/* plane[i][j] = image[i·step + from, j·step + from] for vertical and horizontal step and from, 0 outside the image. */
static void FN(lay_out)(T *plane, ptrdiff_t height, ptrdiff_t width, const T *image, const ptrdiff_t size[2],
                        const ptrdiff_t stride[2], const ptrdiff_t step[2], const ptrdiff_t from[2])
{
    const ptrdiff_t first = from[1] < 0 ? MIN(width, CEIL(-from[1], step[1])) : 0;
    const ptrdiff_t inside = from[1] < size[1] ? CEIL(size[1] - from[1], step[1]) : 0;
    const ptrdiff_t last = MAX(first, MIN(width, inside)), across = step[1] * stride[1];
    for (ptrdiff_t i = 0; i < height; i++, plane += width) {
        const ptrdiff_t y = i * step[0] + from[0];
        if (y < 0 || y >= size[0]) {
            FN(clear)(plane, width);
            continue;
        }
        const T *src = image + y * stride[0] + from[1] * stride[1];
        FN(clear)(plane, first);
        if (across == 1)
            FN(copy)(plane + first, src + first, last - first);
        else
            for (ptrdiff_t j = first; j < last; j++)
                plane[j] = src[j * across];
        FN(clear)(plane + last, width - last);
    }
}

/* All planes of image n, group g. */
static void FN(lay_out_image)(const tg_conv *s, const FN(layout) *to, T *planes, tg_images x, ptrdiff_t n, ptrdiff_t g)
{
    for (ptrdiff_t c = 0; c < s->in; c++)
        for (ptrdiff_t i = 0; i < s->stride[0]; i++)
            for (ptrdiff_t j = 0; j < s->stride[1]; j++, planes += to->phase)
                FN(lay_out)(planes, to->height, to->width, FN(at)(x, n, g * s->in + c), s->size, x.stride + 2,
                            s->stride, (ptrdiff_t[]){i - s->padding[0], j - s->padding[1]});
}

/* y[o][i][j] = Σ_k filters[o][k] · planes[line[k] + i·width + j], with the filters packed for the tile. A strip of
 * whole lines at a time goes to `strip`, and from there without the dropped columns to y. */
static void FN(correlate)(const tg_conv *s, const FN(layout) *in, const T *filters, const T *planes,
                          const ptrdiff_t *line, T *strip, T *y, const ptrdiff_t stride[3])
{
    ptrdiff_t to[TILE_ROWS], step[DEPTH];
    const ptrdiff_t depth = in->depth, lines = MAX(1, STRIP / (s->out * in->width));
    for (ptrdiff_t l = 0; l < MIN(depth, DEPTH); l++)
        step[l] = l * PITCH;

    for (ptrdiff_t i0 = 0; i0 < s->result[0]; i0 += lines) {
        const ptrdiff_t n = MIN(lines, s->result[0] - i0), run = (n - 1) * in->width + s->result[1];
        for (ptrdiff_t i = 0; i < TILE_ROWS; i++)
            to[i] = i * run;
        for (ptrdiff_t l0 = 0; l0 == 0 || l0 < depth; l0 += DEPTH)
            for (ptrdiff_t p = 0; p < run; p += NR)
                for (ptrdiff_t t = 0; t < TILES(s->out); t++) {
                    const ptrdiff_t o = TILE_START(t, s->out);
                    T *c = strip + o * run + p;
                    FN(panel_tile)(TILE_START(t + 1, s->out) - o, &(FN(block)){
                        .depth = MIN(DEPTH, depth - l0), .cols = MIN(NR, run - p),
                        .a = filters + (t * depth + l0) * PITCH, .b = planes + i0 * in->width + p, .c = c,
                        .step = step, .line = line + l0, .to = to,
                        .start = l0 > 0 ? c : NULL, .from = to});
                }
        for (ptrdiff_t o = 0; o < s->out; o++)
            for (ptrdiff_t i = 0; i < n; i++) {
                const T *src = strip + o * run + i * in->width;
                T *dst = y + o * stride[0] + (i0 + i) * stride[1];
                if (stride[2] == 1)
                    FN(copy)(dst, src, s->result[1]);
                else
                    for (ptrdiff_t j = 0; j < s->result[1]; j++)
                        dst[j * stride[2]] = src[j];
            }
    }
}

static int FN(conv2d)(const tg_conv *s, tg_images x, const void *w, tg_images y)
{
    const FN(layout) in = FN(layout_of)(s);
    const ptrdiff_t filters_size = TILES(s->out) * PITCH * in.depth, strip_size = MAX(STRIP, s->out * in.width);
    if (s->batch == 0 || s->out == 0)
        return 0;
    ptrdiff_t *line = tg_scratch(in.depth * sizeof *line + (in.size + filters_size + strip_size) * sizeof(T));
    if (!line)
        return -1;
    T *planes = (T *)(line + in.depth), *filters = planes + in.size, *strip = filters + filters_size;

    ptrdiff_t k = 0;
    for (ptrdiff_t c = 0; c < s->in; c++)
        for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
            for (ptrdiff_t q = 0; q < s->kernel[1]; q++)
                line[k++] = c * in.channel + FN(line_of)(s, &in, p, q);

    for (ptrdiff_t g = 0; g < s->groups; g++) {
        for (ptrdiff_t t = 0; t < TILES(s->out); t++) {
            const ptrdiff_t o = TILE_START(t, s->out);
            FN(pack)(filters + t * in.depth * PITCH, PITCH, (const T *)w + (g * s->out + o) * in.depth, in.depth, 1,
                     TILE_START(t + 1, s->out) - o, in.depth);
        }
        for (ptrdiff_t n = 0; n < s->batch; n++) {
            FN(lay_out_image)(s, &in, planes, x, n, g);
            FN(correlate)(s, &in, filters, planes, line, strip, FN(at)(y, n, g * s->out), y.stride + 1);
        }
    }
    return 0;
}

/* The gradient of x by its definition: g[n,o,i,j] · w[o,c,p,q] goes to the one element of x that met w[o,c,p,q] there.
 * What runs where filters hold inf or nan, which would spoil the zeros that conv2d_input multiplies them with. */
static void FN(conv2d_input_plain)(const tg_conv *s, tg_images g, const T *w, T *gx)
{
    const ptrdiff_t area = s->size[0] * s->size[1], taps = s->kernel[0] * s->kernel[1];
    for (ptrdiff_t n = 0; n < s->batch; n++)
        for (ptrdiff_t o = 0; o < s->groups * s->out; o++)
            for (ptrdiff_t i = 0; i < s->result[0]; i++)
                for (ptrdiff_t j = 0; j < s->result[1]; j++)
                    for (ptrdiff_t c = 0; c < s->in; c++)
                        for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
                            for (ptrdiff_t q = 0; q < s->kernel[1]; q++) {
                                const ptrdiff_t y = i * s->stride[0] + p * s->dilation[0] - s->padding[0];
                                const ptrdiff_t x = j * s->stride[1] + q * s->dilation[1] - s->padding[1];
                                const ptrdiff_t image = (n * s->groups + o / s->out) * s->in + c;
                                if (y >= 0 && y < s->size[0] && x >= 0 && x < s->size[1])
                                    gx[image * area + y * s->size[1] + x] +=
                                        FN(at)(g, n, o)[i * g.stride[2] + j * g.stride[3]]
                                        * w[(o * s->in + c) * taps + p * s->kernel[1] + q];
                            }
}

/* gx[i·step + from, j·step + from] = plane[i][j] where that is inside the image: lay_out the other way. */
static void FN(take_back)(T *gx, const ptrdiff_t size[2], const T *plane, ptrdiff_t height, ptrdiff_t width,
                          const ptrdiff_t step[2], const ptrdiff_t from[2])
{
    for (ptrdiff_t i = 0; i < height; i++, plane += width) {
        const ptrdiff_t y = i * step[0] + from[0];
        if (y < 0 || y >= size[0])
            continue;
        for (ptrdiff_t j = 0, x = from[1]; j < width && x < size[1]; j++, x += step[1])
            if (x >= 0)
                gx[y * size[1] + x] = plane[j];
    }
}

static int FN(conv2d_input)(const tg_conv *s, tg_images g, const void *filters_of_all, void *images)
{
    const FN(layout) in = FN(layout_of)(s);
    const T *w = filters_of_all;
    T *gx = images;
    const ptrdiff_t area = s->size[0] * s->size[1], taps = s->kernel[0] * s->kernel[1];
    const ptrdiff_t g_channel = s->result[0] * in.width, g_size = s->out * g_channel;
    const ptrdiff_t filters_size = TILES(in.depth) * PITCH * s->out;
    if (s->batch == 0 || s->in == 0)
        return 0;
    memset(gx, 0, s->batch * s->groups * s->in * area * sizeof(T));
    const ptrdiff_t weights = s->groups * s->out * in.depth;
    for (ptrdiff_t k = 0; k < weights; k++)
        if (w[k] - w[k] != 0) { /* inf or nan */
            FN(conv2d_input_plain)(s, g, w, gx);
            return 0;
        }
    ptrdiff_t *line = tg_scratch((in.depth + s->out + MIN(s->out, DEPTH)) * sizeof *line
                                 + (in.size + g_size + filters_size) * sizeof(T));
    if (!line)
        return -1;
    ptrdiff_t *g_line = line + in.depth, *step = g_line + s->out;
    T *planes = (T *)(step + MIN(s->out, DEPTH)), *g_planes = planes + in.size, *filters = g_planes + g_size;
    for (ptrdiff_t o = 0; o < s->out; o++)
        g_line[o] = o * g_channel;
    for (ptrdiff_t o = 0; o < MIN(s->out, DEPTH); o++)
        step[o] = o * PITCH;

    /* The rows of a tile are added to overlapping lines if they are neighbouring taps of one channel, which makes
     * each wait for the one before. Hence the order p, q, c: neighbours are different channels. */
    for (ptrdiff_t k = 0; k < in.depth; k++)
        line[k] = k % s->in * in.channel + FN(line_of)(s, &in, k / s->in / s->kernel[1], k / s->in % s->kernel[1]);

    for (ptrdiff_t group = 0; group < s->groups; group++) {
        for (ptrdiff_t t = 0; t < TILES(in.depth); t++)
            for (ptrdiff_t k0 = TILE_START(t, in.depth), k = k0; k < TILE_START(t + 1, in.depth); k++) {
                const T *from = w + group * s->out * in.depth + k % s->in * taps + k / s->in;
                for (ptrdiff_t o = 0; o < s->out; o++)
                    filters[(t * s->out + o) * PITCH + k - k0] = from[o * in.depth];
            }
        for (ptrdiff_t n = 0; n < s->batch; n++) {
            for (ptrdiff_t o = 0; o < s->out; o++)
                FN(lay_out)(g_planes + o * g_channel, s->result[0], in.width, FN(at)(g, n, group * s->out + o),
                            s->result, g.stride + 2, (ptrdiff_t[]){1, 1}, (ptrdiff_t[]){0, 0});
            memset(planes, 0, in.size * sizeof(T));
            for (ptrdiff_t p = 0; p < in.pixels; p += NR)
                for (ptrdiff_t l0 = 0; l0 < s->out; l0 += DEPTH)
                    for (ptrdiff_t t = 0; t < TILES(in.depth); t++) {
                        const ptrdiff_t k = TILE_START(t, in.depth);
                        FN(panel_tile)(TILE_START(t + 1, in.depth) - k, &(FN(block)){
                            .depth = MIN(DEPTH, s->out - l0), .cols = MIN(NR, in.pixels - p),
                            .a = filters + (t * s->out + l0) * PITCH, .b = g_planes + p, .c = planes + p,
                            .step = step, .line = g_line + l0, .to = line + k,
                            .start = planes + p, .from = line + k});
                    }
            const T *plane = planes;
            for (ptrdiff_t c = 0; c < s->in; c++)
                for (ptrdiff_t i = 0; i < s->stride[0]; i++)
                    for (ptrdiff_t j = 0; j < s->stride[1]; j++, plane += in.phase)
                        FN(take_back)(gx + ((n * s->groups + group) * s->in + c) * area, s->size, plane, in.height,
                                      in.width, s->stride, (ptrdiff_t[]){i - s->padding[0], j - s->padding[1]});
        }
    }
    return 0;
}

/* Here the lanes of the tile are output channels, and pixels are what it sums over: exactly those of the result. */
static int FN(conv2d_weight)(const tg_conv *s, tg_images g, tg_images x, void *filters)
{
    const FN(layout) in = FN(layout_of)(s);
    T *gw = filters;
    const ptrdiff_t out = CEIL(s->out, NR) * NR, pixels = s->result[0] * s->result[1];
    if (in.depth == 0 || s->out == 0)
        return 0;
    ptrdiff_t *line = tg_scratch((in.depth + pixels + DEPTH) * sizeof *line
                                 + (in.size + pixels * out + in.depth * out) * sizeof(T));
    if (!line)
        return -1;
    ptrdiff_t *pixel = line + in.depth, *g_line = pixel + pixels, to[TILE_ROWS];
    T *planes = (T *)(g_line + DEPTH), *panels = planes + in.size, *sum = panels + pixels * out;

    ptrdiff_t k = 0;
    for (ptrdiff_t c = 0; c < s->in; c++)
        for (ptrdiff_t p = 0; p < s->kernel[0]; p++)
            for (ptrdiff_t q = 0; q < s->kernel[1]; q++)
                line[k++] = c * in.channel + FN(line_of)(s, &in, p, q);
    for (ptrdiff_t i = 0; i < pixels; i++)
        pixel[i] = i / s->result[1] * in.width + i % s->result[1];
    for (ptrdiff_t l = 0; l < DEPTH; l++)
        g_line[l] = l * NR;
    for (ptrdiff_t i = 0; i < TILE_ROWS; i++)
        to[i] = i * out;

    /* The pixels of g are packed all at once where its lines follow each other, else line by line. */
    const int joined = g.stride[2] == s->result[1] * g.stride[3];
    const ptrdiff_t piece = joined ? pixels : s->result[1];
    for (ptrdiff_t group = 0; group < s->groups; group++) {
        memset(sum, 0, in.depth * out * sizeof(T));
        for (ptrdiff_t n = 0; n < s->batch; n++) {
            FN(lay_out_image)(s, &in, planes, x, n, group);
            for (ptrdiff_t o = 0; o < s->out; o += NR) /* panels[o / NR][pixel][o % NR] */
                for (ptrdiff_t i = 0; i < pixels / piece; i++)
                    FN(pack)(panels + o * pixels + i * piece * NR, NR,
                             FN(at)(g, n, group * s->out + o) + i * g.stride[2], g.stride[1], g.stride[3],
                             MIN(NR, s->out - o), piece);
            for (ptrdiff_t p = 0; p < pixels; p += DEPTH)
                for (ptrdiff_t o = 0; o < s->out; o += NR)
                    for (ptrdiff_t t = 0; t < TILES(in.depth); t++) {
                        const ptrdiff_t r = TILE_START(t, in.depth);
                        T *c = sum + r * out + o;
                        FN(tile)(TILE_START(t + 1, in.depth) - r, &(FN(block)){
                            .depth = MIN(DEPTH, pixels - p), .cols = MIN(NR, s->out - o),
                            .a = planes, .b = panels + o * pixels + p * NR, .c = c,
                            .row = line + r, .step = pixel + p, .line = g_line, .to = to,
                            .start = c, .from = to});
                    }
        }
        for (ptrdiff_t o = 0; o < s->out; o++)
            for (ptrdiff_t l = 0; l < in.depth; l++)
                *gw++ = sum[l * out + o];
    }
    return 0;
}
