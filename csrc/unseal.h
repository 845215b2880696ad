/* Let a compiled class be changed from Python as any other: methods are attached to it row by row,
 * and users replace them (`Tensor.backward = ...`), as they may in PyTorch. */
#ifndef TG_UNSEAL_H
#define TG_UNSEAL_H
#include <Python.h>

static void tg_unseal(PyObject *type)
{
    ((PyTypeObject *)type)->tp_flags &= ~Py_TPFLAGS_IMMUTABLETYPE;
}

/* A hash of what equals nothing but itself. */
static inline Py_hash_t tg_address(PyObject *x) { return (Py_hash_t)((size_t)x >> 4); }

#endif
