# What the compiled engine calls as C: see elementwise.pyx.

from cpython.ref cimport PyObject

cpdef int find(str text) except -2
cpdef object quick(int row, Py_ssize_t n, object a, object b, object c)
cpdef bint is_float(object y) except -1
cpdef object total(object x)
cpdef object spread(object g, object x)
cpdef object sum_to(object g, object x)
cpdef bint accumulate(object total, object g) except -1
cpdef bint same_shape(object a, object b) except -1
cpdef object pull(int row, int i, object g, object y, list xs)
cdef void give_back(PyObject *array) noexcept
cdef object empty(int ndim, const Py_ssize_t *shape, int kind)

cdef extern from "tinygrad_pt.h":
    ctypedef void (*value_loop "tg_value_loop")(Py_ssize_t n, const void **x, const Py_ssize_t *step,
                                                void *y) noexcept nogil
    ctypedef void (*slope_loop "tg_slope_loop")(Py_ssize_t n, const void *g, const void *y, const void **x,
                                                const Py_ssize_t *step, void *out) noexcept nogil
    ctypedef struct tg_loops:
        const char *text
        int cheap
        value_loop value[2]
        slope_loop slopes[3][2]

ctypedef void (*piece_f)(void *arg, Py_ssize_t first, Py_ssize_t last) noexcept nogil
ctypedef void (*parallel_f)(Py_ssize_t n, Py_ssize_t grain, piece_f f, void *arg) noexcept nogil

cdef void use(const tg_loops *table, parallel_f in_threads)
