/* Give a compiled class an attribute, which Python's setattr refuses: such a class is immutable. */
#ifndef TG_ATTACH_H
#define TG_ATTACH_H
#include <Python.h>

static int tg_attach(PyObject *type, PyObject *name, PyObject *value)
{
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *dict = PyType_GetDict((PyTypeObject *)type);
#else
    PyObject *dict = Py_XNewRef(((PyTypeObject *)type)->tp_dict);
#endif
    const int failed = !dict || PyDict_SetItem(dict, name, value);
    Py_XDECREF(dict);
    PyType_Modified((PyTypeObject *)type); /* drop the cached look-ups */
    return failed ? -1 : 0;
}

#endif
