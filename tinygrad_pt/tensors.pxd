# The C side of tensors.py when it is compiled: the fields of a Tensor, and the C that it calls.

from cpython.buffer cimport PyObject_GetBuffer
from cpython.ref cimport PyObject

from .graph cimport Node, changed, record, recording, tick
from .kernels.compiled cimport product
from .kernels.elementwise cimport (accumulate, find, give_back, is_float, pull, quick, spread, sum_to,
                                   total)

cdef class Tensor:
    cdef readonly object array
    cdef public object _grad
    cdef public object node
    cdef public object origin
    cdef public object hooks
    cdef public bint leaf_grad
    cdef public long long stamp
    cdef public object changes
    cdef object __weakref__

cpdef Tensor wrap(object array)
cpdef Tensor result(object op, tuple inputs, dict kw, object y)
cpdef object pointwise(object op, tuple operands)
cpdef Tensor apply(object op, tuple inputs, dict kw)
cpdef object place(object x)
cpdef Tensor memory_of(Tensor x)
cpdef touch(Tensor x, str name)
cpdef Tensor base_of(Tensor x)

cdef extern from "unseal.h":
    void unseal "tg_unseal"(object type)
    Py_hash_t address "tg_address"(object x) noexcept
