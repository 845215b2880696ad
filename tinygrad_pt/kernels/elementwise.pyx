"""The pointwise rows as C loops over arrays, generated from the table (tinygrad_pt/ops/codegen.py).

Each function returns None where its loop does not fit (another dtype or memory layout, a row added
at run time, a large array for which NumPy's vectorised functions are faster): NumPy does it then.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True

cimport numpy as np
from cpython.ref cimport PyObject

np.import_array()

cdef extern from "loops.h":
    ctypedef void (*value_loop)(Py_ssize_t n, const void **x, const Py_ssize_t *step, void *y) noexcept nogil
    ctypedef void (*slope_loop)(Py_ssize_t n, const void *g, const void *y, const void **x,
                                const Py_ssize_t *step, void *out) noexcept nogil
    struct loops_t "loops":
        const char *text
        int cheap
        value_loop value[2]
        slope_loop slopes[2][3]
    const loops_t loops[]

cdef enum:
    SMALL = 512  # up to here a call of the C library for each element beats NumPy's overhead
    MOST = 3     # operands


def find(str text):
    """The index of the row that reads so, -1 if it was not compiled."""
    cdef bytes wanted = text.encode()
    cdef int i = 0
    while loops[i].text != NULL:
        if <bytes>loops[i].text == wanted:
            return i
        i += 1
    return -1


cdef struct Walk:  # how to go through the operands together: rows of `inner` elements
    Py_ssize_t n, inner
    const char *data[MOST]
    Py_ssize_t step[MOST]   # within a row: 1 or 0
    Py_ssize_t hop[MOST]    # bytes from row to row
    int type                # 0 float, 1 double


cdef inline bint plan(list xs, Walk *w, PyObject **largest):
    """Fill the walk; False if these operands do not fit a loop.

    They fit if all are contiguous, of one floating type, and each has the shape of the largest, or
    the last dimensions of it (a bias), or one element.
    """
    cdef Py_ssize_t k = len(xs), i, size, item
    cdef int kind = -1, d
    cdef np.ndarray x, top = None
    w.n = -1
    for i in range(k):
        if type(xs[i]) is not np.ndarray:
            return False
        x = <np.ndarray>xs[i]
        d = np.PyArray_TYPE(x)
        if d != np.NPY_FLOAT and d != np.NPY_DOUBLE or kind >= 0 and d != kind:
            return False
        if not np.PyArray_IS_C_CONTIGUOUS(x) or not np.PyArray_ISBEHAVED_RO(x):
            return False
        kind = d
        size = np.PyArray_SIZE(x)
        if size > w.n or size == w.n and np.PyArray_NDIM(x) > np.PyArray_NDIM(top):
            w.n, top = size, x
    w.type = kind == np.NPY_DOUBLE
    w.inner = w.n
    item = 8 if w.type else 4
    for i in range(k):
        x = <np.ndarray>xs[i]
        size = np.PyArray_SIZE(x)
        w.data[i] = <const char *>np.PyArray_DATA(x)
        w.step[i] = 1
        w.hop[i] = 0
        if np.PyArray_NDIM(x) > np.PyArray_NDIM(top):
            return False  # (1, 1) against (1): the result has the former's shape
        if size == w.n:
            if not is_end(x, top):
                return False
        elif size == 1:
            w.step[i] = 0
        elif is_end(x, top) and (w.inner == w.n or w.inner == size):
            w.inner = size
        else:
            return False
    if w.n == 0:
        return False
    for i in range(k):
        if w.step[i] and np.PyArray_SIZE(<np.ndarray>xs[i]) == w.n:
            w.hop[i] = w.inner * item
    largest[0] = <PyObject *>top
    return True


cdef inline bint is_end(np.ndarray x, np.ndarray top):
    """Whether x's shape is that of the last dimensions of ``top``."""
    cdef int d, n = np.PyArray_NDIM(x), skip = np.PyArray_NDIM(top) - n
    for d in range(n):
        if np.PyArray_DIM(x, d) != np.PyArray_DIM(top, skip + d):
            return False
    return True


def forward(int row, list xs):
    """y = f(*xs) by the loop of a row, or None."""
    cdef Walk w
    cdef PyObject *largest = NULL
    cdef Py_ssize_t r, i, k = len(xs)
    if row < 0 or not plan(xs, &w, &largest) or w.inner < 4 and w.n > SMALL:
        return None
    cdef const loops_t *l = &loops[row]
    if not l.cheap & 1 and w.n > SMALL:
        return None
    cdef np.ndarray top = <np.ndarray>largest
    cdef np.ndarray out = np.PyArray_EMPTY(np.PyArray_NDIM(top), np.PyArray_DIMS(top),
                                           np.PyArray_TYPE(top), 0)
    cdef char *y = <char *>np.PyArray_DATA(out)
    cdef Py_ssize_t row_bytes = w.inner * (8 if w.type else 4)
    for r in range(w.n // w.inner):
        l.value[w.type](w.inner, <const void **>w.data, w.step, y)
        y += row_bytes
        for i in range(k):
            w.data[i] += w.hop[i]
    return out


def pull(int row, int i, g, y, tuple xs):
    """The cotangent g·∂f/∂xᵢ by the loop of a row, or None; xᵢ must have the shape of g."""
    cdef Walk w
    cdef PyObject *largest = NULL
    if row < 0 or type(g) is not np.ndarray or type(y) is not np.ndarray:
        return None
    cdef const loops_t *l = &loops[row]
    cdef np.ndarray g_ = <np.ndarray>g, y_ = <np.ndarray>y, x = <np.ndarray>xs[i]
    if not plan(list(xs), &w, &largest) or w.inner != w.n:
        return None
    cdef int kind = np.NPY_DOUBLE if w.type else np.NPY_FLOAT
    if (np.PyArray_TYPE(g_) != kind or not np.PyArray_IS_C_CONTIGUOUS(g_)
            or np.PyArray_NDIM(g_) != np.PyArray_NDIM(x) or not is_end(g_, x)
            or np.PyArray_SIZE(g_) != w.n or not np.PyArray_IS_C_CONTIGUOUS(y_)
            or not np.PyArray_ISBEHAVED_RO(g_)
            or l.slopes[w.type][i] == NULL or not l.cheap >> (1 + i) & 1 and w.n > SMALL):
        return None
    cdef np.ndarray out = np.PyArray_EMPTY(np.PyArray_NDIM(x), np.PyArray_DIMS(x), kind, 0)
    l.slopes[w.type][i](w.n, np.PyArray_DATA(g_), np.PyArray_DATA(y_), <const void **>w.data, w.step,
                        np.PyArray_DATA(out))
    return out
