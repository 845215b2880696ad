# C that tensors.py uses when it is compiled; uncompiled it has Python of the same name.

cdef extern from "attach.h":
    int attach_to "tg_attach"(object type, object name, object value) except -1
