"""The pointwise rows as C loops over arrays, generated from the table (tinygrad_pt/ops/codegen.py).

Each function returns None where its loop does not fit (another dtype or memory layout, a row added
at run time, a large array for which NumPy's vectorised functions are faster): NumPy does it then.
"""

# cython: boundscheck=False, wraparound=False, cdivision=True

cimport numpy as np
from cpython.ref cimport PyObject
from libc.string cimport memset

import numpy

np.import_array()

cdef extern from "pool.h":
    object pool_take(int ndim, const np.npy_intp *dims, int type)
    void pool_give(PyObject *array)

cdef const tg_loops *loops = NULL  # of the instruction set in use
cdef parallel_f parallel           # tg_parallel


cdef void use(const tg_loops *table, parallel_f in_threads):
    """Compute with these loops from now on; all tables have the same rows in the same order."""
    global loops, parallel
    if loops == NULL:
        find_native(table)
    loops, parallel = table, in_threads

cdef enum:
    SMALL = 512  # up to here a call of the C library for each element beats NumPy's overhead
    GRAIN = 1 << 15  # elements that are worth handing to another thread: some 5 µs
    MOST = 3     # operands
    ROWS = 512


# NumPy's own inner loops, vectorised, without the half microsecond that a call of NumPy costs.

cdef extern from "numpy/ufuncobject.h":
    ctypedef void (*inner_loop "PyUFuncGenericFunction")(
        char **args, const np.npy_intp *n, const np.npy_intp *steps, void *data) noexcept nogil
    struct ufunc_t "_tagPyUFuncObject":
        int nin, nout, ntypes
        inner_loop *functions
        void *const *data
        const char *types

cdef struct Inner:
    inner_loop loop
    void *data


cdef Inner inner(ufunc, int kind):
    """The loop of a NumPy function of one type; its pointer is NULL if there is none."""
    cdef const ufunc_t *f = <const ufunc_t *><PyObject *>ufunc
    cdef Inner found
    cdef int i, k, n = f.nin + f.nout
    found.loop, found.data = NULL, NULL
    for i in range(f.ntypes):
        for k in range(n):
            if f.types[i * n + k] != kind:
                break
        else:
            found.loop, found.data = f.functions[i], f.data[i]
            break
    return found


cdef Inner native[ROWS][2]       # of the rows that are one function of NumPy, such as exp
cdef Inner plus[2]
plus[0], plus[1] = inner(numpy.add, np.NPY_FLOAT), inner(numpy.add, np.NPY_DOUBLE)

cdef void find_native(const tg_loops *loops):
    cdef int i = 0
    while loops[i].text != NULL and i < ROWS:
        native[i][0].loop = native[i][1].loop = NULL
        name, value = (<bytes>loops[i].text).decode().split(";")[0].split(" = ", 1)
        f = getattr(numpy, value.partition("(")[0], None)
        if value == name and isinstance(f, numpy.ufunc) and f.nin == 1:
            native[i][0], native[i][1] = inner(f, np.NPY_FLOAT), inner(f, np.NPY_DOUBLE)
        i += 1


cpdef int find(str text) except -2:
    """The index of the row that reads so, -1 if it was not compiled."""
    cdef bytes wanted = text.encode()
    cdef int i = 0
    while loops != NULL and loops[i].text != NULL:
        if <bytes>loops[i].text == wanted:
            return i
        i += 1
    return -1


cdef union number_t:
    double d
    float f


cdef struct Walk:  # how to go through the operands together: rows of `inner` elements
    Py_ssize_t n, inner
    const char *data[MOST]
    Py_ssize_t step[MOST]   # within a row: 1 or 0
    Py_ssize_t hop[MOST]    # bytes from row to row
    Py_ssize_t cycle[MOST]  # rows after which it begins again; 0: never
    int type                # 0 float, 1 double
    number_t number[MOST]   # operands that are plain numbers


cdef inline bint plan(PyObject **xs, Py_ssize_t k, Walk *w, PyObject **largest):
    """Fill the walk; False if these operands do not fit a loop.

    They fit if all are numbers or arrays of one floating type, and each has the shape of the largest
    and rows that lie evenly in memory, or is contiguous and broadcasts to it as `repeats` says.
    """
    cdef Py_ssize_t sizes[MOST]
    cdef Py_ssize_t i, size, item, each, hop
    cdef int kind = -1, d
    cdef np.ndarray x, top = None
    w.n = -1
    for i in range(k):
        o = <object>xs[i]
        if type(o) is np.ndarray:
            x = <np.ndarray>o
            d = np.PyArray_TYPE(x)
            if d != np.NPY_FLOAT and d != np.NPY_DOUBLE or kind >= 0 and d != kind:
                return False
            if not np.PyArray_ISBEHAVED_RO(x):
                return False
            kind = d
            sizes[i] = size = size_of(x)
            if size > w.n or size == w.n and np.PyArray_NDIM(x) > np.PyArray_NDIM(top):
                w.n, top = size, x
        elif type(o) is float:
            w.number[i].d = <double>o
        elif type(o) is int:
            w.number[i].d = <double>o
        else:
            return False
    if w.n <= 0:
        return False
    w.type = kind == np.NPY_DOUBLE
    w.inner = w.n
    item = 8 if w.type else 4
    for i in range(k):
        w.hop[i] = w.step[i] = w.cycle[i] = 0
        if type(<object>xs[i]) is not np.ndarray:
            if not w.type:
                w.number[i].f = <float>w.number[i].d
            w.data[i] = <const char *>&w.number[i]
            continue
        x = <np.ndarray>xs[i]
        w.data[i] = <const char *>np.PyArray_DATA(x)
        if np.PyArray_NDIM(x) > np.PyArray_NDIM(top):
            return False  # (1, 1) against (1): the result has the former's shape
        if sizes[i] == 1 != w.n:
            continue
        each = repeats(x, top)
        hop = row(x)
        if each == 0 or hop < 0 or hop and sizes[i] != w.n:
            return False
        size = w.n
        if each > 1:           # a number for each row
            size, w.hop[i], w.cycle[i] = each, item, sizes[i]
        else:
            w.step[i] = 1
            if hop:            # rows that do not lie side by side
                size, w.hop[i] = np.PyArray_DIM(x, np.PyArray_NDIM(x) - 1), hop
            elif sizes[i] != w.n:  # the same row again and again
                size = sizes[i]
        if size != w.n:
            if w.inner != w.n and w.inner != size:
                return False
            w.inner = size
    for i in range(k):
        if w.step[i] and w.hop[i] == 0 and sizes[i] == w.n:
            w.hop[i] = w.inner * item
    largest[0] = <PyObject *>top
    return True


cdef inline Py_ssize_t row(np.ndarray x) noexcept:
    """The bytes from one row of x to the next; 0 if x is contiguous, -1 if its rows lie unevenly."""
    if np.PyArray_IS_C_CONTIGUOUS(x):
        return 0
    cdef int d, last = np.PyArray_NDIM(x) - 1
    if last < 1 or np.PyArray_STRIDE(x, last) != np.PyArray_ITEMSIZE(x):
        return -1
    for d in range(last - 1):
        if np.PyArray_STRIDE(x, d) != np.PyArray_STRIDE(x, d + 1) * np.PyArray_DIM(x, d + 1):
            return -1
    return np.PyArray_STRIDE(x, last - 1) if np.PyArray_STRIDE(x, last - 1) > 0 else -1


cdef struct Pass:  # one loop over all of a walk: of the value y = f(x…) if it has one, else of a slope
    const Walk *walk
    Py_ssize_t operands, item
    const Inner *numpys
    value_loop value
    slope_loop slope
    const char *g
    const char *y
    char *out


cdef inline void run(Pass *p) noexcept:
    """Go through it, in several threads if it is large: rows are dealt out, or the elements of the one."""
    cdef const Walk *w = p.walk
    p.item = 8 if w.type else 4
    if w.n < 2 * GRAIN:
        rows(p, 0, w.n // w.inner)
    elif w.n != w.inner:
        with nogil:
            parallel(w.n // w.inner, 1 + GRAIN // w.inner, rows, p)
    else:
        with nogil:
            parallel(w.n, GRAIN, elements, p)


cdef void rows(void *a_pass, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Rows first … last - 1."""
    cdef const Pass *p = <const Pass *>a_pass
    cdef const Walk *w = p.walk
    cdef const char *data[MOST]
    cdef Py_ssize_t i, r
    for r in range(first, last):
        for i in range(p.operands):
            data[i] = w.data[i] + w.hop[i] * (r % w.cycle[i] if w.cycle[i] else r)
        loop(p, w.inner, r * w.inner * p.item, data)


cdef void elements(void *a_pass, Py_ssize_t first, Py_ssize_t last) noexcept nogil:
    """Elements first … last - 1 of the only row."""
    cdef const Pass *p = <const Pass *>a_pass
    cdef const Walk *w = p.walk
    cdef const char *data[MOST]
    cdef Py_ssize_t i
    for i in range(p.operands):
        data[i] = w.data[i] + first * w.step[i] * p.item
    loop(p, last - first, first * p.item, data)


cdef inline void loop(const Pass *p, Py_ssize_t n, Py_ssize_t bytes, const char **data) noexcept nogil:
    """The loop over n elements, so many bytes behind the first."""
    cdef char *args[2]
    cdef np.npy_intp steps[2]
    if p.numpys != NULL:
        args[0], args[1] = <char *>data[0], p.out + bytes
        steps[0] = steps[1] = p.item
        p.numpys.loop(args, <const np.npy_intp *>&n, steps, p.numpys.data)
    elif p.value != NULL:
        p.value(n, <const void **>data, p.walk.step, p.out + bytes)
    else:
        p.slope(n, p.g + bytes, p.y + bytes, <const void **>data, p.walk.step, p.out + bytes)


cdef inline Py_ssize_t repeats(np.ndarray x, np.ndarray top) noexcept:
    """How often each element of x is repeated, one after the other, where x broadcasts to ``top``.

    0 if it does not, or if elements in its middle are repeated: of (1, C, 1) the first and the last
    dimensions may be.
    """
    cdef int d = np.PyArray_NDIM(x) - 1, skip = np.PyArray_NDIM(top) - d - 1
    cdef Py_ssize_t each = 1
    while d >= 0 and np.PyArray_DIM(x, d) == 1:
        each *= np.PyArray_DIM(top, skip + d)
        d -= 1
    while d >= 0 and np.PyArray_DIM(x, d) == np.PyArray_DIM(top, skip + d):
        d -= 1
    while d >= 0 and np.PyArray_DIM(x, d) == 1:
        d -= 1
    return each if d < 0 else 0


cdef inline Py_ssize_t size_of(np.ndarray x) noexcept:
    """How many elements there are."""
    cdef Py_ssize_t n = 1
    cdef int d
    for d in range(np.PyArray_NDIM(x)):
        n *= np.PyArray_DIM(x, d)
    return n


cdef inline bint is_end(np.ndarray x, np.ndarray top):
    """Whether x's shape is that of the last dimensions of ``top``."""
    cdef int d, n = np.PyArray_NDIM(x), skip = np.PyArray_NDIM(top) - n
    for d in range(n):
        if np.PyArray_DIM(x, d) != np.PyArray_DIM(top, skip + d):
            return False
    return True


cpdef object quick(int row, Py_ssize_t k, object a, object b, object c):
    """y = f(a), f(a, b) or f(a, b, c), k operands, by the loop of a row; or None."""
    cdef Walk w
    cdef PyObject *largest = NULL
    cdef PyObject *xs[MOST]
    xs[0], xs[1], xs[2] = <PyObject *>a, <PyObject *>b, <PyObject *>c
    if row < 0 or k > MOST or not plan(xs, k, &w, &largest) or w.inner < 4 and w.n > SMALL:
        return None
    cdef const tg_loops *l = &loops[row]
    cdef Inner *numpys = &native[row][w.type]
    if not l.cheap & 1 and w.n > SMALL and numpys.loop == NULL:
        return None
    cdef np.ndarray top = <np.ndarray>largest
    cdef np.ndarray out = pool_take(np.PyArray_NDIM(top), np.PyArray_DIMS(top),
                                    np.PyArray_TYPE(top))
    cdef Pass p
    p.walk, p.operands, p.value, p.out = &w, k, l.value[w.type], <char *>np.PyArray_DATA(out)
    p.numpys = numpys if numpys.loop != NULL and not l.cheap & 1 and w.n > 4 else NULL
    run(&p)
    return out


cpdef object total(object x):
    """The sum of all elements; None if x does not fit."""
    return None if type(x) is not np.ndarray or np.PyArray_NDIM(<np.ndarray>x) == 0 else sum_to(x, ONE)


cdef np.ndarray ONE = numpy.zeros(())  # an array of the shape of a sum


cdef object empty(int ndim, const Py_ssize_t *shape, int kind):
    """An array to be filled, of a NumPy type number; perhaps one that was let go."""
    return pool_take(ndim, <const np.npy_intp *>shape, kind)


cdef void give_back(PyObject *array) noexcept:
    """Keep an array for another result, if the caller holds the only reference and drops it."""
    pool_give(array)


cpdef object spread(object g, object x):
    """The one element of g in the shape of x: the way back through `total`; None if g has more."""
    cdef np.ndarray a, out
    cdef Py_ssize_t i, n
    if type(g) is not np.ndarray or type(x) is not np.ndarray:
        return None
    a = <np.ndarray>g
    cdef int kind = np.PyArray_TYPE(a)
    if np.PyArray_NDIM(a) or kind != np.NPY_FLOAT and kind != np.NPY_DOUBLE:
        return None
    out = pool_take(np.PyArray_NDIM(<np.ndarray>x), np.PyArray_DIMS(<np.ndarray>x), kind)
    n = size_of(out)
    cdef float *f = <float *>np.PyArray_DATA(out)
    cdef double *d = <double *>np.PyArray_DATA(out)
    if kind == np.NPY_FLOAT:
        for i in range(n):
            f[i] = (<float *>np.PyArray_DATA(a))[0]
    else:
        for i in range(n):
            d[i] = (<double *>np.PyArray_DATA(a))[0]
    return out


cpdef bint same_shape(object a, object b) except -1:
    """Whether two arrays have one shape."""
    if type(a) is not np.ndarray or type(b) is not np.ndarray:  # a number of NumPy's
        return numpy.shape(a) == numpy.shape(b)
    return np.PyArray_NDIM(<np.ndarray>a) == np.PyArray_NDIM(<np.ndarray>b) and is_end(a, b)


cpdef bint is_float(object y) except -1:
    """Whether an array holds floating point numbers."""
    if type(y) is not np.ndarray:  # a batch: see batching.py
        return y.dtype.kind == "f"
    cdef int kind = np.PyArray_TYPE(<np.ndarray>y)
    return kind == np.NPY_FLOAT or kind == np.NPY_DOUBLE or kind == np.NPY_FLOAT16


cpdef object pull(int row, int i, object g, object y, list xs):
    """The cotangent of xᵢ, g·∂y/∂xᵢ summed to its shape, by the loop of a row; or None."""
    cdef Walk w
    cdef PyObject *largest = NULL
    if row < 0 or type(g) is not np.ndarray or type(y) is not np.ndarray:
        return None
    cdef const tg_loops *l = &loops[row]
    if l.slopes[i][0] == NULL:  # 1
        return sum_to(g, xs[i])
    cdef np.ndarray g_ = <np.ndarray>g, y_ = <np.ndarray>y
    cdef PyObject *pointers[MOST]
    cdef Py_ssize_t k = len(xs), j
    if k > MOST:
        return None
    for j in range(k):
        pointers[j] = <PyObject *>xs[j]
    if not plan(pointers, k, &w, &largest) or w.inner < 4 and w.n > SMALL:
        return None
    cdef int kind = np.NPY_DOUBLE if w.type else np.NPY_FLOAT
    if (np.PyArray_TYPE(g_) != kind or not np.PyArray_IS_C_CONTIGUOUS(g_) or not same_shape(g, y)
            or size_of(y_) != w.n or not np.PyArray_IS_C_CONTIGUOUS(y_)
            or not np.PyArray_ISBEHAVED_RO(g_) or not l.cheap >> (1 + i) & 1 and w.n > SMALL):
        return None
    cdef np.ndarray out = pool_take(np.PyArray_NDIM(y_), np.PyArray_DIMS(y_), kind)
    cdef Pass p
    p.walk, p.operands, p.numpys, p.value, p.slope = &w, k, NULL, NULL, l.slopes[i][w.type]
    p.g, p.y, p.out = np.PyArray_BYTES(g_), np.PyArray_BYTES(y_), np.PyArray_BYTES(out)
    run(&p)
    found = sum_to(out, xs[i])
    if found is not out:
        give_back(<PyObject *>out)
    return found


cpdef object sum_to(object g, object x):
    """g summed over the dimensions along which x was repeated; None where it does not fit."""
    cdef np.ndarray a, b, out
    cdef Py_ssize_t n, each, r
    if type(g) is not np.ndarray or type(x) is not np.ndarray:
        return None
    a, b = <np.ndarray>g, <np.ndarray>x
    if np.PyArray_NDIM(a) < np.PyArray_NDIM(b):
        return None
    if same_shape(g, x):
        return g
    n, each = size_of(b), repeats(b, a)
    cdef Py_ssize_t size = size_of(a)
    cdef int kind = np.PyArray_TYPE(a)
    if (kind != np.NPY_FLOAT and kind != np.NPY_DOUBLE or not np.PyArray_IS_C_CONTIGUOUS(a)
            or n == 0 or each == 0 or not np.PyArray_ISBEHAVED_RO(a)):
        return None
    out = pool_take(np.PyArray_NDIM(b), np.PyArray_DIMS(b), kind)
    memset(np.PyArray_DATA(out), 0, np.PyArray_NBYTES(out))
    if size == 0:
        return out
    if n == 1:
        each = size
    cdef np.npy_intp item = np.PyArray_ITEMSIZE(a), many = each if each > 1 else n
    cdef np.npy_intp steps[3]
    cdef char *args[3]
    steps[0] = steps[1] = steps[2] = item
    if many == each:  # to one number: pairwise, as NumPy sums
        steps[0] = steps[2] = 0
    args[1] = np.PyArray_BYTES(a)
    cdef Inner *add = &plus[kind == np.NPY_DOUBLE]
    for r in range(size // many):
        args[0] = args[2] = np.PyArray_BYTES(out) + (r % n * item if many == each else 0)
        add.loop(args, &many, steps, add.data)
        args[1] += many * item
    return out


cpdef bint accumulate(object total, object g) except -1:
    """total += g; False where it does not fit."""
    cdef np.ndarray a, b
    cdef char *args[3]
    cdef np.npy_intp steps[3]
    cdef np.npy_intp n
    if type(total) is not np.ndarray or type(g) is not np.ndarray:
        return False
    a, b = <np.ndarray>total, <np.ndarray>g
    cdef int kind = np.PyArray_TYPE(a)
    if (kind != np.PyArray_TYPE(b) or kind != np.NPY_FLOAT and kind != np.NPY_DOUBLE
            or not same_shape(a, b) or not np.PyArray_ISCARRAY(a) or not np.PyArray_ISCARRAY_RO(b)):
        return False
    n = size_of(a)
    args[0], args[1], args[2] = np.PyArray_BYTES(a), np.PyArray_BYTES(b), np.PyArray_BYTES(a)
    steps[0] = steps[1] = steps[2] = np.PyArray_ITEMSIZE(a)
    cdef Inner *add = &plus[kind == np.NPY_DOUBLE]
    add.loop(args, &n, steps, add.data)
    return True
