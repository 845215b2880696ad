# cython: boundscheck=False, wraparound=False, cdivision=True, embedsignature=True
"""The kernels of csrc/ for NumPy arrays.

C checks nothing: here every dtype and shape is verified before a pointer is taken. What the C kernels do
not take (other dtypes, mixed ones) goes to the reference; the words of every complaint come from there.
The keyword `out` is for tests and buffers: a C-contiguous array that overlaps no operand.
"""

import os

from numpy import zeros_like

cimport numpy as np
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport pow, sqrt

from . import reference

from .elementwise cimport empty, piece_f, tg_loops, use

np.import_array()

cdef extern from "tinygrad_pt.h" nogil:
    ctypedef enum tg_dtype:
        TG_FLOAT32, TG_FLOAT64
    ctypedef struct tg_matrix:
        void *data
        Py_ssize_t row, col
    ctypedef struct tg_images:
        void *data
        Py_ssize_t stride[4]
    ctypedef struct tg_conv:
        Py_ssize_t batch, groups, in_ "in", out
        Py_ssize_t size[2]
        Py_ssize_t kernel[2]
        Py_ssize_t result[2]
        Py_ssize_t stride[2]
        Py_ssize_t padding[2]
        Py_ssize_t dilation[2]
    int tg_matmul(tg_dtype, Py_ssize_t m, Py_ssize_t n, Py_ssize_t k, tg_matrix a, tg_matrix b,
                  tg_matrix start, tg_matrix c)
    int tg_conv2d(tg_dtype, const tg_conv *, tg_images x, const void *w, tg_images y)
    int tg_conv2d_input(tg_dtype, const tg_conv *, tg_images g, const void *w, void *gx)
    int tg_conv2d_weight(tg_dtype, const tg_conv *, tg_images g, tg_images x, void *gw)
    ctypedef enum tg_row_kernel:
        TG_SOFTMAX, TG_SOFTMAX_BACK, TG_LOG_SOFTMAX, TG_LOG_SOFTMAX_BACK
        TG_CROSS_ENTROPY, TG_CROSS_ENTROPY_BACK, TG_STANDARDIZE, TG_STANDARDIZE_BACK
    ctypedef struct tg_rows:
        Py_ssize_t rows, n
        const void *x
        const void *y
        const void *g
        const void *w
        const void *b
        const long long *classes
        double eps
        void *out
        void *g_w
        void *g_b
    ctypedef struct tg_sgd:
        double lr, momentum, dampening
        int nesterov
    ctypedef struct tg_adam:
        double rate, root, beta1, beta2, eps, keep
    void tg_on_rows(tg_dtype, tg_row_kernel, const tg_rows *)
    ctypedef enum tg_cell_kernel:
        TG_LSTM, TG_LSTM_BACK, TG_GRU, TG_GRU_BACK
    ctypedef struct tg_cell:
        Py_ssize_t rows, n, gate
        const void *x
        const void *u
        const void *b
        const void *h
        const void *c
        void *gates
        void *new_h
        void *new_c
        void *g_h
        void *g_c
        void *g_x
        void *g_u
    void tg_on_cell(tg_dtype, tg_cell_kernel, const tg_cell *)
    ctypedef struct tg_attention:
        Py_ssize_t batch, heads, l, s, e, f
        double scale
        int causal
        tg_images q, k, v, y, g, g_q, g_k, g_v
    int tg_on_heads(tg_dtype, int back, const tg_attention *)
    ctypedef struct tg_windows:
        Py_ssize_t windows, k, pitch
        const void *seen
    void tg_largest_at(tg_dtype, Py_ssize_t rows, Py_ssize_t n, const void *x, const tg_windows *,
                       long long *places, void *values)
    void tg_add_at(tg_dtype, Py_ssize_t rows, Py_ssize_t n, const void *x, const long long *to, void *y)
    void tg_sgd_step(tg_dtype, Py_ssize_t n, void *x, const void *g, void *v, const tg_sgd *)
    void tg_adam_step(tg_dtype, Py_ssize_t n, void *x, const void *g, void *m, void *v, const tg_adam *)
    const tg_loops *tg_pointwise()
    void tg_parallel(Py_ssize_t n, Py_ssize_t grain, piece_f f, void *arg)
    void tg_set_threads(int n)
    int tg_threads()
    void tg_keep_memory()
    const char *tg_select(const char *name)
    const char *tg_available(int i)

cdef extern from "numpy/arrayobject.h":
    bint PyArray_ISBEHAVED_RO(np.ndarray)      # aligned and in this machine's byte order

cdef enum:
    MAX_DIMS = 64
    SMALL = 1 << 16      # multiplications below which letting other threads in costs more than it gives
    WORTH = 1 << 19      # multiplications of a batch that are worth handing to another thread


# ---- arrays to C ----------------------------------------------------------------------------------

cdef inline bint ours(np.ndarray a, np.ndarray b) noexcept:
    """Whether both are float32 or both float64: what the C kernels compute with."""
    cdef int t = np.PyArray_TYPE(a)
    return t == np.PyArray_TYPE(b) and (t == np.NPY_FLOAT32 or t == np.NPY_FLOAT64)


cdef inline np.ndarray readable(np.ndarray a):
    """a, or a copy of it where C cannot read it in whole elements."""
    cdef Py_ssize_t size = np.PyArray_ITEMSIZE(a)
    cdef bint whole = PyArray_ISBEHAVED_RO(a)
    cdef int d
    for d in range(np.PyArray_NDIM(a)):
        whole &= np.PyArray_STRIDE(a, d) % size == 0
    return a if whole else np.PyArray_GETCONTIGUOUS(a.astype(a.dtype.newbyteorder("=")))


cdef inline np.ndarray contiguous(np.ndarray a):
    return np.PyArray_GETCONTIGUOUS(readable(a))


cdef inline np.ndarray result(int ndim, Py_ssize_t *shape, int dtype, out, str op):
    """A new array, or the caller's `out` if it is what the new one would be."""
    cdef np.ndarray y
    cdef int d
    if out is None:
        return empty(ndim, shape, dtype)
    y = out
    cdef bint fits = np.PyArray_NDIM(y) == ndim and np.PyArray_TYPE(y) == dtype
    if fits:
        for d in range(ndim):
            fits &= np.PyArray_DIM(y, d) == shape[d]
    if not fits or not (np.PyArray_ISCARRAY(y)):
        wanted = tuple(shape[d] for d in range(ndim))
        raise ValueError(f"{op}: out must be a C-contiguous array of the operands' dtype and shape "
                         f"{wanted}, got {y.dtype} {out.shape}")
    return y


cdef inline tg_dtype type_of(np.ndarray a) noexcept nogil:
    return TG_FLOAT32 if np.PyArray_TYPE(a) == np.NPY_FLOAT32 else TG_FLOAT64


# ---- matmul ---------------------------------------------------------------------------------------

def matmul(np.ndarray a not None, np.ndarray b not None, out=None, plus=None):
    """y = a b: (…, m, k) times (…, k, n) gives (…, m, n); the dimensions before these broadcast.

    Or a b + plus, which is one row (n), or the very `out`.
    """
    cdef int da = np.PyArray_NDIM(a), db = np.PyArray_NDIM(b), dims, d
    cdef Py_ssize_t shape[MAX_DIMS]
    cdef np.npy_intp *sa
    cdef np.npy_intp *sb
    cdef Py_ssize_t m, n, k, na, nb
    cdef np.ndarray start = None if plus is None else <np.ndarray?>plus
    if not ours(a, b) or plus is not None and plus is not out and (
            db == 0 or not is_row(plus, np.PyArray_DIM(b, db - 1), b)):
        return given(reference.matmul(a, b, plus), out)
    if da < 2 or db < 2 or np.PyArray_DIM(a, da - 1) != np.PyArray_DIM(b, db - 2):
        reference.check_matmul((<object>a).shape, (<object>b).shape)
    a, b = readable(a), readable(b)
    sa, sb = np.PyArray_DIMS(a), np.PyArray_DIMS(b)
    m, k, n = sa[da - 2], sa[da - 1], sb[db - 1]
    dims = max(da, db)
    for d in range(dims - 2):
        na = sa[d - dims + da] if d >= dims - da else 1
        nb = sb[d - dims + db] if d >= dims - db else 1
        if na != nb and na != 1 and nb != 1:
            reference.check_matmul((<object>a).shape, (<object>b).shape)
        shape[d] = nb if na == 1 else na
    shape[dims - 2], shape[dims - 1] = m, n
    cdef np.ndarray y = result(dims, shape, np.PyArray_TYPE(a), out, "matmul")
    cdef const void *begin = NULL if plus is None else np.PyArray_DATA(start)
    cdef int failed
    if dims == 2 and m * n * k < SMALL:
        failed = multiply(a, b, begin, y, m, n, k)
    else:
        with nogil:
            failed = multiply(a, b, begin, y, m, n, k)
    if failed:
        raise MemoryError("matmul: no memory for a work buffer")
    return y


cpdef object product(object a, object b, bint turn_a, bint turn_b, bint rows, object plus=None):
    """a b, or with either transposed, plus a row; None if they are not of one type, or do not fit.

    b may be a vector, a column, as is then the result; and so may a be, if b is one transposed.
    With ``rows`` what has more dimensions is taken for the matrix of its rows, and so is the result for
    that of a not transposed.
    """
    if type(a) is not np.ndarray or type(b) is not np.ndarray:
        return None
    cdef np.ndarray x = <np.ndarray>a, y = <np.ndarray>b, z
    cdef tg_matrix mx, my, start, mz
    cdef Py_ssize_t m, n, k, other
    cdef Py_ssize_t shape[MAX_DIMS]
    cdef int d, dims = 2, failed
    if np.PyArray_NDIM(x) == 1 and not (turn_b and np.PyArray_NDIM(y) == 1):
        return None
    if (not ours(x, y) or not as_matrix(x, turn_a, rows, &mx, &m, &k)
            or not as_matrix(y, turn_b, rows, &my, &other, &n) or k != other):
        return None
    shape[0], shape[1] = m, n
    if np.PyArray_NDIM(x) > 2 and not turn_a:
        dims = np.PyArray_NDIM(x)
        for d in range(dims - 1):
            shape[d] = np.PyArray_DIM(x, d)
        shape[dims - 1] = n
    elif np.PyArray_NDIM(y) == 1 and not turn_b:
        dims = 1
    start.data, start.row, start.col = NULL, 0, 1
    if plus is not None:
        if not is_row(plus, n, x):
            return None
        start.data = np.PyArray_DATA(<np.ndarray>plus)
    z = empty(dims, shape, np.PyArray_TYPE(x))
    mz.data, mz.row, mz.col = np.PyArray_DATA(z), n, 1
    cdef tg_dtype t = type_of(x)
    if m * n * k < SMALL:
        failed = tg_matmul(t, m, n, k, mx, my, start, mz)
    else:
        with nogil:
            failed = tg_matmul(t, m, n, k, mx, my, start, mz)
    if failed:
        raise MemoryError("matmul: no memory for a work buffer")
    return z


cdef bint as_matrix(np.ndarray a, bint turn, bint rows, tg_matrix *x, Py_ssize_t *m,
                    Py_ssize_t *n) noexcept:
    """A matrix for C, and its size. False if C cannot read a so."""
    cdef int d, last = np.PyArray_NDIM(a) - 1
    cdef Py_ssize_t size = np.PyArray_ITEMSIZE(a)
    if last < 0 or not PyArray_ISBEHAVED_RO(a):
        return False
    x.data, m[0], n[0] = np.PyArray_DATA(a), np.PyArray_DIM(a, max(last - 1, 0)), np.PyArray_DIM(a, last)
    if last == 0:
        if np.PyArray_STRIDE(a, 0) % size:
            return False
        n[0], x.row, x.col = 1, np.PyArray_STRIDE(a, 0) // size, 1
    elif last == 1:
        if np.PyArray_STRIDE(a, 0) % size or np.PyArray_STRIDE(a, 1) % size:
            return False
        x.row, x.col = np.PyArray_STRIDE(a, 0) // size, np.PyArray_STRIDE(a, 1) // size
    elif rows and np.PyArray_IS_C_CONTIGUOUS(a):
        x.row, x.col = n[0], 1
        for d in range(last - 1):
            m[0] *= np.PyArray_DIM(a, d)
    else:
        return False
    if turn:
        x.row, x.col = x.col, x.row
        m[0], n[0] = n[0], m[0]
    return True


cdef inline tg_matrix matrix(np.ndarray a) noexcept nogil:
    """The first matrix of a."""
    cdef Py_ssize_t size = np.PyArray_ITEMSIZE(a)
    cdef int d = np.PyArray_NDIM(a)
    cdef tg_matrix m
    m.data = np.PyArray_DATA(a)
    m.row, m.col = np.PyArray_STRIDE(a, d - 2) // size, np.PyArray_STRIDE(a, d - 1) // size
    return m


cdef struct Batch:
    # Products of matrices counted by so many digits, with the bytes each digit moves a and b.
    tg_dtype t
    Py_ssize_t m, n, k
    tg_matrix a, b, start, c
    int digits, failed
    Py_ssize_t shape[MAX_DIMS]
    Py_ssize_t step_a[MAX_DIMS]
    Py_ssize_t step_b[MAX_DIMS]


cdef bint is_row(object row, Py_ssize_t n, np.ndarray like) noexcept:
    """Whether this is a contiguous array (n) of the other's type."""
    return (type(row) is np.ndarray and np.PyArray_NDIM(<np.ndarray>row) == 1
            and ours(like, <np.ndarray>row) and np.PyArray_ISCARRAY_RO(<np.ndarray>row)
            and np.PyArray_DIM(<np.ndarray>row, 0) == n)


cdef int multiply(np.ndarray a, np.ndarray b, const void *start, np.ndarray y,
                  Py_ssize_t m, Py_ssize_t n, Py_ssize_t k) noexcept nogil:
    """Run the C kernel on every matrix of the batch."""
    cdef Py_ssize_t size = np.PyArray_ITEMSIZE(y), many = 1
    cdef int da = np.PyArray_NDIM(a), db = np.PyArray_NDIM(b), dims = np.PyArray_NDIM(y), d, i
    cdef Batch o
    o.t, o.n, o.k, o.a, o.b, o.failed = type_of(y), n, k, matrix(a), matrix(b), 0
    o.c.data, o.c.row, o.c.col = np.PyArray_DATA(y), n, 1
    o.start.data, o.start.row, o.start.col = <void *>start, n if start == o.c.data else 0, 1
    if dims == 2:
        return tg_matmul(o.t, m, n, k, o.a, o.b, o.start, o.c)
    for d in range(dims - 2):
        o.shape[d] = np.PyArray_DIM(y, d)
        many *= o.shape[d]
        i = d - dims + da
        o.step_a[d] = np.PyArray_STRIDE(a, i) if i >= 0 and np.PyArray_DIM(a, i) != 1 else 0
        i = d - dims + db
        o.step_b[d] = np.PyArray_STRIDE(b, i) if i >= 0 and np.PyArray_DIM(b, i) != 1 else 0

    # Where b is the same for a whole digit and the rows of a go on evenly across it, the digit is rows:
    # (batch, time, features) times a weight matrix is one large product, not many small ones.
    d = dims - 2
    while many and d and o.step_b[d - 1] == 0 and (m == 1 or o.shape[d - 1] == 1
                                                   or o.step_a[d - 1] == m * o.a.row * size):
        d -= 1
        if m == 1:
            o.a.row = o.step_a[d] // size
        m *= o.shape[d]
        many //= o.shape[d]
    o.m, o.digits = m, d
    if many:
        tg_parallel(many, 1 + WORTH // (1 + m * n * k), products, &o)
    return o.failed


cdef void products(void *batch, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Products first … last - 1 of the batch."""
    cdef Batch *o = <Batch *>batch
    cdef tg_matrix a = o.a, b = o.b, start = o.start, c = o.c
    cdef Py_ssize_t index[MAX_DIMS]
    cdef Py_ssize_t left = first, i
    cdef int d
    for d in range(o.digits - 1, -1, -1):
        index[d] = left % o.shape[d]
        left //= o.shape[d]
        a.data = <char *>a.data + index[d] * o.step_a[d]
        b.data = <char *>b.data + index[d] * o.step_b[d]
    cdef Py_ssize_t bytes_c = o.m * o.n * (4 if o.t == TG_FLOAT32 else 8)
    c.data = <char *>c.data + first * bytes_c
    for i in range(first, last):
        if start.row:
            start.data = c.data
        if tg_matmul(o.t, o.m, o.n, o.k, a, b, start, c):
            o.failed = -1
        c.data = <char *>c.data + bytes_c
        for d in range(o.digits - 1, -1, -1):
            index[d] += 1
            a.data = <char *>a.data + o.step_a[d]
            b.data = <char *>b.data + o.step_b[d]
            if index[d] < o.shape[d]:
                break
            a.data = <char *>a.data - o.step_a[d] * o.shape[d]
            b.data = <char *>b.data - o.step_b[d] * o.shape[d]
            index[d] = 0


cdef given(y, out):
    """What the reference computed, in `out` where the caller gave one."""
    if out is None:
        return y
    out[...] = y
    return out


# ---- convolution ----------------------------------------------------------------------------------

def conv2d(np.ndarray x not None, np.ndarray w not None, stride, padding, dilation, groups, out=None):
    """Cross-correlation of images x (N, C, H, W), filters w (O, C/groups, KH, KW): (N, O, OH, OW)."""
    if not ours(x, w):
        return given(reference.conv2d(x, w, stride, padding, dilation, groups), out)
    cdef tg_conv s = convolution("conv2d", (<object>x).shape, (<object>w).shape,
                                 stride, padding, dilation, groups, None)
    x, w = readable(x), contiguous(w)
    cdef Py_ssize_t[4] shape = [s.batch, s.groups * s.out, s.result[0], s.result[1]]
    cdef np.ndarray y = result(4, shape, np.PyArray_TYPE(x), out, "conv2d")
    cdef tg_images ix = images(x), iy = images(y)
    cdef tg_dtype t = type_of(x)
    cdef int failed
    with nogil:
        failed = tg_conv2d(t, &s, ix, np.PyArray_DATA(w), iy)
    if failed:
        raise MemoryError("conv2d: no memory for a work buffer")
    return y


def conv2d_input(np.ndarray g not None, np.ndarray w not None, x_shape,
                 stride, padding, dilation, groups, out=None):
    """The gradient of `conv2d` in x, given g (N, O, OH, OW) = ∂/∂y and the filters w."""
    if not ours(g, w):
        return given(reference.conv2d_input(g, w, x_shape, stride, padding, dilation, groups), out)
    cdef tg_conv s = convolution("conv2d_input", x_shape, (<object>w).shape,
                                 stride, padding, dilation, groups, (<object>g).shape)
    g, w = readable(g), contiguous(w)
    cdef Py_ssize_t[4] shape = [s.batch, s.groups * s.in_, s.size[0], s.size[1]]
    cdef np.ndarray y = result(4, shape, np.PyArray_TYPE(g), out, "conv2d_input")
    cdef tg_images ig = images(g)
    cdef tg_dtype t = type_of(g)
    cdef int failed
    with nogil:
        failed = tg_conv2d_input(t, &s, ig, np.PyArray_DATA(w), np.PyArray_DATA(y))
    if failed:
        raise MemoryError("conv2d_input: no memory for a work buffer")
    return y


def conv2d_weight(np.ndarray g not None, np.ndarray x not None, w_shape,
                  stride, padding, dilation, groups, out=None):
    """The gradient of `conv2d` in w, given g (N, O, OH, OW) = ∂/∂y and the images x."""
    if not ours(g, x):
        return given(reference.conv2d_weight(g, x, w_shape, stride, padding, dilation, groups), out)
    cdef tg_conv s = convolution("conv2d_weight", (<object>x).shape, w_shape,
                                 stride, padding, dilation, groups, (<object>g).shape)
    g, x = readable(g), readable(x)
    cdef Py_ssize_t[4] shape = [s.groups * s.out, s.in_, s.kernel[0], s.kernel[1]]
    cdef np.ndarray y = result(4, shape, np.PyArray_TYPE(g), out, "conv2d_weight")
    cdef tg_images ig = images(g), ix = images(x)
    cdef tg_dtype t = type_of(g)
    cdef int failed
    with nogil:
        failed = tg_conv2d_weight(t, &s, ig, ix, np.PyArray_DATA(y))
    if failed:
        raise MemoryError("conv2d_weight: no memory for a work buffer")
    return y


cdef tg_conv convolution(op, x, w, stride, padding, dilation, groups, g) except *:
    """The verified convolution of shapes x and w, for C."""
    shape = reference.check_conv(op, tuple(x), tuple(w), tuple(stride), tuple(padding), tuple(dilation),
                                 groups, g)
    cdef tg_conv s
    cdef int d
    s.batch, s.groups, s.in_, s.out = x[0], groups, w[1], w[0] // groups
    for d in range(2):
        s.size[d], s.kernel[d], s.result[d] = x[2 + d], w[2 + d], shape[2 + d]
        s.stride[d], s.padding[d], s.dilation[d] = stride[d], padding[d], dilation[d]
    return s


cdef tg_images images(np.ndarray a) noexcept:
    """An array of two to four dimensions as one of four."""
    cdef tg_images x
    cdef int d, n = np.PyArray_NDIM(a)
    x.data = np.PyArray_DATA(a)
    for d in range(4):
        x.stride[d] = np.PyArray_STRIDE(a, d + n - 4) // np.PyArray_ITEMSIZE(a) if d + n >= 4 else 0
    return x


# ---- rows -----------------------------------------------------------------------------------------
#
# The values return None, and their ways back ask the reference, where the kernel does not fit: another
# dtype, or a dimension that is not the last.

def softmax(x, dim, out=None):
    return on_rows(TG_SOFTMAX, x, None, None, None, dim, 0, out)


def log_softmax(x, dim, out=None):
    return on_rows(TG_LOG_SOFTMAX, x, None, None, None, dim, 0, out)


def cross_entropy(x, classes, out=None):
    return on_rows(TG_CROSS_ENTROPY, x, None, None, classes, 1, 0, out)


def standardize(x, eps, out=None):
    return on_rows(TG_STANDARDIZE, x, None, None, None, -1, eps, out)


def layer_norm(x, w, b, eps, out=None):
    return on_rows(TG_STANDARDIZE, x, None, None, None, -1, eps, out, (w, b))


def softmax_back(g, y, x, dim, out=None):
    gx = on_rows(TG_SOFTMAX_BACK, x, y, g, None, dim, 0, out)
    return given(reference.softmax_back(g, y, x, dim), out) if gx is None else gx


def log_softmax_back(g, y, x, dim, out=None):
    gx = on_rows(TG_LOG_SOFTMAX_BACK, x, y, g, None, dim, 0, out)
    return given(reference.log_softmax_back(g, y, x, dim), out) if gx is None else gx


def cross_entropy_back(g, y, x, classes, out=None):
    gx = on_rows(TG_CROSS_ENTROPY_BACK, x, None, g, classes, 1, 0, out)
    return given(reference.cross_entropy_back(g, y, x, classes), out) if gx is None else gx


def standardize_back(g, y, x, eps, out=None):
    gx = on_rows(TG_STANDARDIZE_BACK, x, None, g, None, -1, eps, out)
    return given(reference.standardize_back(g, y, x, eps), out) if gx is None else gx


def layer_norm_back(g, y, x, w, b, eps, out=None):
    g_w, g_b = zeros_like(w), zeros_like(b)
    gx = on_rows(TG_STANDARDIZE_BACK, x, None, g, None, -1, eps, out, (w, b, g_w, g_b))
    if gx is None:
        return reference.layer_norm_back(g, y, x, w, b, eps)
    return gx, g_w, g_b


cdef object on_rows(tg_row_kernel kernel, x_, y_, g_, classes_, int dim, double eps, out,
                    tuple scaled=()):
    """A kernel of rowwise.h on the rows of x along the last dimension, or None.

    ``scaled`` are w and b, and their cotangents that are added to.
    """
    if type(x_) is not np.ndarray:
        return None
    cdef np.ndarray x = <np.ndarray>x_, y, g, classes
    cdef int ndim = np.PyArray_NDIM(x)
    cdef tg_rows r
    if not ours(x, x) or ndim == 0 or dim not in (-1, ndim - 1) or np.PyArray_SIZE(x) == 0:
        return None
    r.n = np.PyArray_DIM(x, ndim - 1)
    r.rows = np.PyArray_SIZE(x) // r.n
    r.eps = eps
    x = contiguous(x)
    r.x, r.y, r.g, r.classes = np.PyArray_DATA(x), NULL, NULL, NULL
    r.w = r.b = r.g_w = r.g_b = NULL
    for row in scaled:
        if not is_row(row, r.n, x):
            return None
    if scaled:
        r.w, r.b = np.PyArray_DATA(<np.ndarray>scaled[0]), np.PyArray_DATA(<np.ndarray>scaled[1])
    if len(scaled) > 2:
        r.g_w, r.g_b = np.PyArray_DATA(<np.ndarray>scaled[2]), np.PyArray_DATA(<np.ndarray>scaled[3])
    if y_ is not None:
        if type(y_) is not np.ndarray or not ours(x, y_):
            return None
        y = contiguous(y_)
        r.y = np.PyArray_DATA(y)
    if g_ is not None:
        if type(g_) is not np.ndarray or not ours(x, g_):
            return None
        g = contiguous(g_)
        r.g = np.PyArray_DATA(g)
    if classes_ is not None:
        classes = <np.ndarray?>classes_
        if (ndim != 2 or np.PyArray_TYPE(classes) != np.NPY_INT64 or np.PyArray_NDIM(classes) != 1
                or np.PyArray_DIM(classes, 0) != r.rows or not in_range(classes, r.n)):
            return None
        classes = np.PyArray_GETCONTIGUOUS(classes)
        r.classes = <const long long *>np.PyArray_DATA(classes)
    cdef np.ndarray z = result(1 if kernel == TG_CROSS_ENTROPY else ndim, <Py_ssize_t *>np.PyArray_DIMS(x),
                               np.PyArray_TYPE(x), out, "rows")
    r.out = np.PyArray_DATA(z)
    if np.PyArray_SIZE(x) < SMALL:
        tg_on_rows(type_of(x), kernel, &r)
    else:
        with nogil:
            tg_on_rows(type_of(x), kernel, &r)
    return z


cpdef bint in_range(np.ndarray i, Py_ssize_t n) except -1:
    """Whether all integers lie in 0 … n − 1."""
    cdef Py_ssize_t k
    cdef const long long *p
    if np.PyArray_TYPE(i) != np.NPY_INT64 or not np.PyArray_ISCARRAY_RO(i):
        return reference.in_range(i, n)
    p = <const long long *>np.PyArray_DATA(i)
    for k in range(np.PyArray_SIZE(i)):
        if not 0 <= p[k] < n:
            return False
    return True


# ---- attention ------------------------------------------------------------------------------------

def attention(q, k, v, scale, causal, out=None):
    """softmax(q kᵀ·scale) v: see the row. None where the kernel does not fit."""
    cdef tg_attention s
    if not heads(&s, q, k, v, scale, causal):
        return None
    q, k, v = readable(q), readable(k), readable(v)
    s.q, s.k, s.v = images(q), images(k), images(v)
    cdef np.ndarray y = result_of_heads(q, s.l, s.f, out)
    s.y = images(y)
    run_heads(type_of(q), 0, &s)
    return y


def attention_back(g, y, q, k, v, scale, causal, out=(None, None, None)):
    """The cotangents of q, k and v: see `reference.attention_back`."""
    cdef tg_attention s
    if not heads(&s, q, k, v, scale, causal) or not ours(g, q):
        return reference.attention_back(g, y, q, k, v, scale, causal)
    g, q, k, v = readable(g), readable(q), readable(k), readable(v)
    s.g, s.q, s.k, s.v = images(g), images(q), images(k), images(v)
    cdef np.ndarray g_q = result_of_heads(q, s.l, s.e, out[0]), g_k = result_of_heads(q, s.s, s.e, out[1])
    cdef np.ndarray g_v = result_of_heads(q, s.s, s.f, out[2])
    s.g_q, s.g_k, s.g_v = images(g_q), images(g_k), images(g_v)
    run_heads(type_of(q), 1, &s)
    return g_q, g_k, g_v


cdef bint heads(tg_attention *s, np.ndarray q, np.ndarray k, np.ndarray v, double scale, bint causal):
    """What attention is of these, for C. False: it cannot."""
    cdef int d, n = np.PyArray_NDIM(q)
    cdef bint fits = (2 <= n <= 4 and np.PyArray_NDIM(k) == n and np.PyArray_NDIM(v) == n and ours(q, k)
                      and ours(q, v) and scale > 0 and np.PyArray_SIZE(q) and np.PyArray_SIZE(k)
                      and np.PyArray_SIZE(v))
    if not fits:
        return False
    for d in range(n - 2):
        fits &= np.PyArray_DIM(q, d) == np.PyArray_DIM(k, d) == np.PyArray_DIM(v, d)
    s.batch = np.PyArray_DIM(q, 0) if n == 4 else 1
    s.heads = np.PyArray_DIM(q, n - 3) if n > 2 else 1
    s.l, s.e = np.PyArray_DIM(q, n - 2), np.PyArray_DIM(q, n - 1)
    s.s, s.f = np.PyArray_DIM(k, n - 2), np.PyArray_DIM(v, n - 1)
    s.scale, s.causal = scale, causal
    return fits and np.PyArray_DIM(k, n - 1) == s.e and np.PyArray_DIM(v, n - 2) == s.s


cdef np.ndarray result_of_heads(np.ndarray q, Py_ssize_t rows, Py_ssize_t columns, out):
    """A matrix of this size for each of q's."""
    cdef Py_ssize_t shape[4]
    cdef int d, n = np.PyArray_NDIM(q)
    for d in range(n - 2):
        shape[d] = np.PyArray_DIM(q, d)
    shape[n - 2], shape[n - 1] = rows, columns
    return result(n, shape, np.PyArray_TYPE(q), out, "attention")


cdef int run_heads(tg_dtype t, bint back, tg_attention *s) except -1:
    cdef int failed
    with nogil:
        failed = tg_on_heads(t, back, s)
    if failed:
        raise MemoryError("attention: no memory for a work buffer")
    return 0


# ---- cells of recurrent networks ------------------------------------------------------------------

def lstm(x, u, b, state, new, gates):
    """A step of an LSTM: see `reference.lstm`."""
    if not step(TG_LSTM, 2, 4, x, u, b, state, new, gates):
        reference.lstm(x, u, b, state, new, gates)


def lstm_back(g, state, gates, gx, gu):
    """The way back through a step of an LSTM: see `reference.lstm_back`."""
    if not step_back(TG_LSTM_BACK, 2, 4, g, state, gates, gx, gu):
        reference.lstm_back(g, state, gates, gx, gu)


def gru(x, u, b, state, new, gates):
    """A step of a GRU: see `reference.gru`."""
    if not step(TG_GRU, 1, 3, x, u, b, state, new, gates):
        reference.gru(x, u, b, state, new, gates)


def gru_back(g, state, gates, gx, gu):
    """The way back through a step of a GRU: see `reference.gru_back`."""
    if not step_back(TG_GRU_BACK, 1, 3, g, state, gates, gx, gu):
        reference.gru_back(g, state, gates, gx, gu)


cdef bint step(tg_cell_kernel kernel, int states, int many, x, u, b, state, new, gates):
    """A step of the cell with so many states and gates. False: C cannot."""
    cdef tg_cell s
    if not (cell(&s, states, state, new, gates) and seen(&s, many, x, u, b)):
        return False
    tg_on_cell(type_of(x), kernel, &s)
    return True


cdef bint step_back(tg_cell_kernel kernel, int states, int many, g, state, gates, gx, gu):
    """Its way back. False: C cannot."""
    cdef tg_cell s
    if not (cell(&s, states, state, g, gates) and found(&s, many, gx, gu)):
        return False
    tg_on_cell(type_of(gx), kernel, &s)
    return True


cdef bint cell(tg_cell *s, int states, np.ndarray state, np.ndarray new, np.ndarray gates):
    """The states, new ones or cotangents, and what is kept of four gates, for C. False: it cannot."""
    if np.PyArray_NDIM(state) != 3:
        return False
    s.rows, s.n = np.PyArray_DIM(state, 1), np.PyArray_DIM(state, 2)
    if not (matrices(state, states, s, state) and matrices(new, states, s, state)
            and matrices(gates, 4, s, state)):
        return False
    s.gate = np.PyArray_STRIDE(gates, 0) // np.PyArray_ITEMSIZE(gates)
    s.gates = np.PyArray_DATA(gates)
    s.h, s.new_h = np.PyArray_DATA(state), np.PyArray_DATA(new)
    s.c = np.PyArray_BYTES(state) + (states - 1) * np.PyArray_STRIDE(state, 0)
    s.new_c = np.PyArray_BYTES(new) + (states - 1) * np.PyArray_STRIDE(new, 0)
    s.g_h, s.g_c = s.new_h, s.new_c
    return True


cdef bint matrices(np.ndarray a, Py_ssize_t many, tg_cell *s, np.ndarray like):
    """Whether a holds so many contiguous matrices, anywhere, of the cell's size and this type."""
    cdef Py_ssize_t size = np.PyArray_ITEMSIZE(a)
    return (ours(a, like) and PyArray_ISBEHAVED_RO(a) and np.PyArray_NDIM(a) == 3
            and np.PyArray_DIM(a, 0) == many and np.PyArray_STRIDE(a, 0) % size == 0
            and np.PyArray_DIM(a, 1) == s.rows and np.PyArray_DIM(a, 2) == s.n
            and (s.n <= 1 or np.PyArray_STRIDE(a, 2) == size)
            and (s.rows <= 1 or np.PyArray_STRIDE(a, 1) == s.n * size))


cdef bint seen(tg_cell *s, int gates, np.ndarray x, np.ndarray u, np.ndarray b):
    """What the gates see of input and state, for C."""
    if not (np.PyArray_NDIM(b) == 1 and np.PyArray_DIM(b, 0) == gates * s.n and np.PyArray_ISCARRAY_RO(b)
            and ours(b, x) and matrix_of(x, gates, s) and matrix_of(u, gates, s) and ours(x, u)):
        return False
    s.x, s.u, s.b = np.PyArray_DATA(x), np.PyArray_DATA(u), np.PyArray_DATA(b)
    return True


cdef bint found(tg_cell *s, int gates, np.ndarray gx, np.ndarray gu):
    """The cotangents of both, for C."""
    s.g_x, s.g_u = np.PyArray_DATA(gx), np.PyArray_DATA(gu)
    return matrix_of(gx, gates, s) and matrix_of(gu, gates, s) and ours(gx, gu)


cdef bint matrix_of(np.ndarray a, int gates, tg_cell *s):
    return (np.PyArray_NDIM(a) == 2 and np.PyArray_ISCARRAY_RO(a) and np.PyArray_DIM(a, 0) == s.rows
            and np.PyArray_DIM(a, 1) == gates * s.n)


# ---- places ---------------------------------------------------------------------------------------

def largest_at(np.ndarray x not None, np.ndarray seen not None):
    """Of each row the largest of the elements that each window sees: its place in x flattened, and it.

    x (rows, n) and seen (windows, k), int64 of 0 … n − 1, give (rows, windows), twice.
    """
    cdef tg_windows w
    cdef Py_ssize_t i, j
    if (not ours(x, x) or np.PyArray_NDIM(x) != 2 or np.PyArray_NDIM(seen) != 2
            or np.PyArray_TYPE(seen) != np.NPY_INT64 or np.PyArray_DIM(seen, 1) == 0
            or not in_range(seen, np.PyArray_DIM(x, 1)) or np.PyArray_DIM(x, 1) >= 1 << 31):
        return reference.largest_at(x, seen)
    x, seen = contiguous(x), np.PyArray_GETCONTIGUOUS(seen)
    w.windows, w.k = np.PyArray_DIM(seen, 0), np.PyArray_DIM(seen, 1)
    w.pitch = (w.windows + 15) // 16 * 16
    cdef tg_dtype t = type_of(x)
    cdef Py_ssize_t[2] shape = [w.k, w.pitch]
    cdef np.ndarray turned = np.PyArray_ZEROS(2, <np.npy_intp *>shape,
                                              np.NPY_INT32 if t == TG_FLOAT32 else np.NPY_INT64, 0)
    cdef const long long *place = <const long long *>np.PyArray_DATA(seen)
    for i in range(w.windows):
        for j in range(w.k):
            if t == TG_FLOAT32:
                (<int *>np.PyArray_DATA(turned))[j * w.pitch + i] = <int>place[i * w.k + j]
            else:
                (<long long *>np.PyArray_DATA(turned))[j * w.pitch + i] = place[i * w.k + j]
    w.seen = np.PyArray_DATA(turned)
    shape[0], shape[1] = np.PyArray_DIM(x, 0), w.windows
    cdef np.ndarray places = np.PyArray_EMPTY(2, <np.npy_intp *>shape, np.NPY_INT64, 0)
    cdef np.ndarray values = empty(2, shape, np.PyArray_TYPE(x))
    with nogil:
        tg_largest_at(t, shape[0], np.PyArray_DIM(x, 1), np.PyArray_DATA(x), &w,
                      <long long *>np.PyArray_DATA(places), np.PyArray_DATA(values))
    return places, values


def add_at(np.ndarray y not None, tuple index, x):
    """y[index] += x, where an element that is named several times gets all of them."""
    cdef np.ndarray to, a
    cdef int d
    if len(index) != 1 or type(index[0]) is not np.ndarray or type(x) is not np.ndarray:
        return reference.add_at(y, index, x)
    to, a = <np.ndarray>index[0], <np.ndarray>x
    cdef int lead = np.PyArray_NDIM(to), ndim = np.PyArray_NDIM(y)
    cdef bint fits = (ndim > 0 and ours(y, a) and np.PyArray_ISCARRAY(y)
                      and np.PyArray_TYPE(to) == np.NPY_INT64 and np.PyArray_ISCARRAY_RO(to)
                      and np.PyArray_NDIM(a) == lead + ndim - 1 and in_range(to, np.PyArray_DIM(y, 0)))
    if fits:
        for d in range(np.PyArray_NDIM(a)):
            fits &= np.PyArray_DIM(a, d) == (np.PyArray_DIM(to, d) if d < lead else
                                             np.PyArray_DIM(y, d - lead + 1))
    if not fits or np.PyArray_SIZE(a) == 0:
        return reference.add_at(y, index, x)
    a = contiguous(a)
    cdef Py_ssize_t rows = np.PyArray_SIZE(to)
    tg_add_at(type_of(y), rows, np.PyArray_SIZE(a) // rows, np.PyArray_DATA(a),
              <const long long *>np.PyArray_DATA(to), np.PyArray_DATA(y))


def gather(np.ndarray x not None, int dim, np.ndarray at not None):
    """y[…, j, …] = x[…, at[…, j, …], …]: see `reference.gather`."""
    cdef Along a
    if not along(x, dim, at, &a):
        return reference.gather(x, dim, at)
    x = contiguous(x)
    cdef np.ndarray y = empty(np.PyArray_NDIM(at), <Py_ssize_t *>np.PyArray_DIMS(at), np.PyArray_TYPE(x))
    if np.PyArray_TYPE(x) == np.NPY_FLOAT32:
        read_along(&a, <const float *>np.PyArray_DATA(x), <float *>np.PyArray_DATA(y))
    else:
        read_along(&a, <const double *>np.PyArray_DATA(x), <double *>np.PyArray_DATA(y))
    return y


def scatter_add(np.ndarray y not None, int dim, np.ndarray at not None, np.ndarray x not None):
    """y[…, at[…, j, …], …] += x[…, j, …]: see `reference.scatter_add`."""
    cdef Along a
    if not along(y, dim, at, &a) or not ours(x, y) or not np.PyArray_ISCARRAY(y):
        return reference.scatter_add(y, dim, at, x)
    x = contiguous(x)
    if np.PyArray_TYPE(x) == np.NPY_FLOAT32:
        add_along(&a, <const float *>np.PyArray_DATA(x), <float *>np.PyArray_DATA(y))
    else:
        add_along(&a, <const double *>np.PyArray_DATA(x), <double *>np.PyArray_DATA(y))


cdef struct Along:  # places along the middle one of three dimensions
    Py_ssize_t before, many, size, after
    const long long *at


cdef bint along(np.ndarray x, int dim, np.ndarray at, Along *a) except -1:
    """The places in x, verified, for C. False: it cannot."""
    cdef int d
    if (not ours(x, x) or np.PyArray_NDIM(at) != np.PyArray_NDIM(x)
            or np.PyArray_TYPE(at) != np.NPY_INT64 or not np.PyArray_ISCARRAY_RO(at)
            or not 0 <= dim < np.PyArray_NDIM(x) or not in_range(at, np.PyArray_DIM(x, dim))):
        return False
    a.before = a.after = 1
    a.many, a.size = np.PyArray_DIM(at, dim), np.PyArray_DIM(x, dim)
    for d in range(np.PyArray_NDIM(x)):
        if d != dim and np.PyArray_DIM(x, d) != np.PyArray_DIM(at, d):
            return False
        if d < dim:
            a.before *= np.PyArray_DIM(x, d)
        elif d > dim:
            a.after *= np.PyArray_DIM(x, d)
    a.at = <const long long *>np.PyArray_DATA(at)
    return True


cdef fused real:
    float
    double


cdef void read_along(const Along *a, const real *x, real *y) noexcept nogil:
    cdef Py_ssize_t i, j, k, n = 0
    for i in range(a.before):
        for j in range(a.many):
            for k in range(a.after):
                y[n] = x[(i * a.size + a.at[n]) * a.after + k]
                n += 1


cdef void add_along(const Along *a, const real *x, real *y) noexcept nogil:
    cdef Py_ssize_t i, j, k, n = 0
    for i in range(a.before):
        for j in range(a.many):
            for k in range(a.after):
                y[(i * a.size + a.at[n]) * a.after + k] += x[n]
                n += 1


# ---- random numbers -------------------------------------------------------------------------------

cdef extern from "numpy/random/bitgen.h":
    ctypedef struct bitgen_t:
        void *state
        unsigned int (*next_uint32)(void *) noexcept


def uniform(source, Py_ssize_t n, bint wide):
    """n numbers of [0, 1): see `reference.uniform`."""
    cdef bitgen_t *words = <bitgen_t *>PyCapsule_GetPointer(source.capsule, "BitGenerator")
    cdef np.ndarray u = empty(1, &n, np.NPY_FLOAT64 if wide else np.NPY_FLOAT32)
    cdef Py_ssize_t i
    cdef unsigned long long word
    for i in range(n):
        word = words.next_uint32(words.state)
        if wide:
            word = word << 32 | words.next_uint32(words.state)
            (<double *>np.PyArray_DATA(u))[i] = <double>(word & (1ULL << 53) - 1) / (1ULL << 53)
        else:
            (<float *>np.PyArray_DATA(u))[i] = <float>(word & (1 << 24) - 1) / (1 << 24)
    return u


# ---- optimizers -----------------------------------------------------------------------------------

def sgd(list xs, list gs, list vs, double lr, double momentum, double dampening, bint nesterov):
    """Steps of gradient descent: see `reference.sgd`."""
    cdef tg_sgd s = tg_sgd(lr, momentum, dampening, nesterov)
    cdef np.ndarray x, g, v
    cdef Py_ssize_t i
    for i in range(len(xs)):
        x, g, v = xs[i], gs[i], None if vs is None else vs[i]
        if alike(x, g) and (v is None or alike(x, v)):
            tg_sgd_step(type_of(x), np.PyArray_SIZE(x), np.PyArray_DATA(x), np.PyArray_DATA(g),
                        NULL if v is None else np.PyArray_DATA(v), &s)
        else:
            reference.sgd([x], [g], None if v is None else [v], lr, momentum, dampening, nesterov)


def adam(list xs, list gs, list ms, list vs, list greatest, list steps, double lr, betas, double eps,
         double keep):
    """Steps of Adam: see `reference.adam`."""
    cdef double b1 = betas[0], b2 = betas[1], t
    cdef tg_adam s
    cdef np.ndarray x, g, m, v, step
    cdef Py_ssize_t i
    for i in range(len(xs)):
        x, g, m, v, step = xs[i], gs[i], ms[i], vs[i], steps[i]
        if (greatest is None and alike(x, g) and alike(x, m) and alike(x, v) and np.PyArray_SIZE(step) == 1
                and np.PyArray_TYPE(step) == np.NPY_FLOAT32 and np.PyArray_ISCARRAY(step)):
            t = (<float *>np.PyArray_DATA(step))[0] + 1
            (<float *>np.PyArray_DATA(step))[0] = <float>t
            s = tg_adam(lr / (1 - pow(b1, t)), sqrt(1 - pow(b2, t)), b1, b2, eps, keep)
            tg_adam_step(type_of(x), np.PyArray_SIZE(x), np.PyArray_DATA(x), np.PyArray_DATA(g),
                         np.PyArray_DATA(m), np.PyArray_DATA(v), &s)
        else:
            reference.adam([x], [g], [m], [v], None if greatest is None else [greatest[i]], [step], lr,
                           betas, eps, keep)


cdef bint alike(np.ndarray x, np.ndarray y):
    """Whether C can go through both together: of one type we compute with, one size, contiguous."""
    return (ours(x, y) and np.PyArray_SIZE(x) == np.PyArray_SIZE(y) and np.PyArray_ISCARRAY(x)
            and np.PyArray_ISCARRAY_RO(y))


# ---- threads --------------------------------------------------------------------------------------

def set_num_threads(int n):
    tg_set_threads(n)


def get_num_threads():
    return tg_threads()


# ---- instruction sets -----------------------------------------------------------------------------

cdef const char *chosen = NULL


def set_isa(name=None):
    """Compute with the instruction set of this name, or with the best this machine runs."""
    global chosen
    cdef bytes encoded
    cdef const char *wanted = NULL
    if name is not None:
        encoded = name.encode()
        wanted = encoded
    cdef const char *found = tg_select(wanted)
    if found == NULL:
        raise ValueError(f"this machine runs {', '.join(available())}; not {name!r}")
    chosen = found
    use(tg_pointwise(), tg_parallel)


def isa():
    """The name of the instruction set in use."""
    return chosen.decode()


def available():
    """The names of the instruction sets this machine runs, best first."""
    names, i = [], 0
    while tg_available(i) != NULL:
        names.append(tg_available(i).decode())
        i += 1
    return names


set_isa(os.environ.get("TINYGRAD_PT_ISA") or None)
tg_keep_memory()
