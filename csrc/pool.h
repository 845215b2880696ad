/* Arrays that nobody holds any more, kept to be used again for results of the same shape and type.
 *
 * A step of training makes arrays of the same shapes as the one before. Making a NumPy array and
 * dropping it costs as much as adding two of 64 numbers five times; and the pages of a large one cost
 * more than filling it does. A cabinet of small stacks, found by shape and type; when there is too much
 * in it, drawers are emptied in turn, so that shapes no longer asked for make room for those that are.
 * The interpreter's lock guards it; free-threaded Python does without.
 */
#ifndef TG_POOL_H
#define TG_POOL_H

#include <Python.h>
#include <numpy/arrayobject.h>

enum {
    POOL_DRAWERS = 256,
    POOL_DEEP = 16,                /* arrays in a drawer */
    POOL_DIMS = 6
};
static const npy_intp POOL_MOST = 256 << 20; /* bytes kept in all */

static struct { int n; PyArrayObject *a[POOL_DEEP]; } pool[POOL_DRAWERS];
static npy_intp pool_bytes;

/* Where arrays of a shape and type are kept; *bytes is what one of them holds. */
static inline unsigned pool_drawer(int type, int ndim, const npy_intp *dims, npy_intp *bytes)
{
    unsigned h = (unsigned)(type * 8 + ndim);
    *bytes = type == NPY_DOUBLE ? 8 : 4;
    for (int d = 0; d < ndim; d++) {
        h = h * 0x9E3779B1u + (unsigned)dims[d];
        *bytes *= dims[d];
    }
    return (h ^ h >> 15) % POOL_DRAWERS;
}

/* A new, C-contiguous array that is not filled; NULL with an exception set if there is no memory. */
static PyObject *pool_take(int ndim, const npy_intp *dims, int type)
{
    npy_intp bytes;
    if (ndim <= POOL_DIMS) {
        const unsigned h = pool_drawer(type, ndim, dims, &bytes);
        if (pool[h].n) {
            PyArrayObject *a = pool[h].a[pool[h].n - 1];
            int fits = PyArray_TYPE(a) == type && PyArray_NDIM(a) == ndim;
            for (int d = 0; fits && d < ndim; d++)
                fits = PyArray_DIMS(a)[d] == dims[d];
            if (fits) {
                pool[h].n--;
                pool_bytes -= bytes;
                return (PyObject *)a;
            }
        }
    }
    return PyArray_EMPTY(ndim, (npy_intp *)dims, type, 0);
}

/* Empty drawers until there is room for so many bytes. */
static inline void pool_make_room(npy_intp bytes)
{
    static unsigned next;
    while (pool_bytes + bytes > POOL_MOST) {
        const unsigned h = next++ % POOL_DRAWERS;
        while (pool[h].n) {
            PyArrayObject *a = pool[h].a[--pool[h].n];
            pool_bytes -= PyArray_NBYTES(a);
            Py_DECREF(a);
        }
    }
}

/* Keep an array of which the caller holds the only reference, and is about to drop it. */
static void pool_give(PyObject *o)
{
#ifndef Py_GIL_DISABLED
    const int plain = NPY_ARRAY_OWNDATA | NPY_ARRAY_CARRAY;
    PyArrayObject *a = (PyArrayObject *)o;
    npy_intp bytes;
    if (Py_REFCNT(o) != 1 || !PyArray_CheckExact(o) || !PyArray_CHKFLAGS(a, plain)
        || (PyArray_TYPE(a) != NPY_FLOAT && PyArray_TYPE(a) != NPY_DOUBLE)
        || PyArray_NDIM(a) > POOL_DIMS || PyArray_BASE(a) || !PyArray_ISNOTSWAPPED(a)
        || ((PyArrayObject_fields *)a)->weakreflist)
        return;
    const unsigned h = pool_drawer(PyArray_TYPE(a), PyArray_NDIM(a), PyArray_DIMS(a), &bytes);
    if (!bytes || bytes > POOL_MOST || pool[h].n == POOL_DEEP)
        return;
    pool_make_room(bytes);
    Py_INCREF(o);
    pool[h].a[pool[h].n++] = a;
    pool_bytes += bytes;
#else
    (void)o;
#endif
}

#endif
