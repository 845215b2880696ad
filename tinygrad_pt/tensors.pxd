cdef extern from "attach.h":
    int tg_attach(object type, object name, object method) except -1
