# The C side of graph.py when it is compiled: the fields of a Node, and what tensors.py calls.

from cpython.ref cimport PyObject

from .kernels.elementwise cimport give_back

cdef class Node:
    cdef public object op, inputs
    cdef public tuple edges
    cdef readonly dict kw
    cdef public object y
    cdef readonly long long age
    cdef public object hooks, where
    cpdef verify(self, tuple edges)
    cpdef free(self)

cdef inline void release(object x) noexcept:
    give_back(<PyObject *>x)  # see csrc/pool.h

cpdef Node record(object op, tuple inputs, tuple edges, dict kw, object y)
cpdef bint recording() except? -1
cpdef bint set_recording(bint on) except? -1
cpdef long long tick() except? -1
cpdef long long changed() except? -1

cdef extern from "mode.h":
    bint get_recording() noexcept
    bint exchange_recording "set_recording"(bint on) noexcept
