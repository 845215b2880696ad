# C that value.py uses when it is compiled; uncompiled it has Python of the same names.

cdef extern from "math.h":
    bint isfinite(double)
    double power "pow"(double, double)

cdef extern from "stdlib.h":
    ctypedef double *doubles_p "double *"
    void free(void *)

cdef extern from "arena.h":
    int install "arena_install"(object type) except -1
    object new "arena_node"(object type)
    doubles_p doubles "arena_doubles"(Py_ssize_t n) except NULL

cdef extern from "rows.h":
    ctypedef double (*row_function)(const double *x, double *d)
    row_function row_of(const char *text)
    double chain(double g, double d)

cdef extern from "unseal.h":
    void unseal "tg_unseal"(object type)
