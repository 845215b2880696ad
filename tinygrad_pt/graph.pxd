# The C side of graph.py when it is compiled: the fields of a Node, and what tensors.py calls.

cdef class Node:
    cdef public object op, inputs
    cdef public tuple edges
    cdef readonly dict kw
    cdef public object y
    cdef readonly long long age
    cdef public object hooks, where

cpdef Node record(object op, tuple inputs, tuple edges, dict kw, object y)
cpdef bint recording() except? -1
cpdef long long tick() except? -1
cpdef long long changed() except? -1

cdef extern from "mode.h":
    bint get_recording() noexcept
    bint set_recording(bint on) noexcept
