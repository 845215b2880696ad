/* Give a compiled class a method: Python's setattr refuses, since such a class is shared by all. */
#ifndef TG_ATTACH_H
#define TG_ATTACH_H
#include <Python.h>

static int tg_attach(PyObject *type, PyObject *name, PyObject *method) {
    int failed = PyDict_SetItem(((PyTypeObject *)type)->tp_dict, name, method);
    PyType_Modified((PyTypeObject *)type); /* drop the cached look-ups */
    return failed;
}

#endif
