/* Memory for the nodes of a scalar graph.
 *
 * A training step builds some 100,000 nodes one after another and drops them all together. Taking
 * their memory in address order from 16 KiB chunks halves the time of both: the processor's
 * prefetcher sees straight lines. A chunk counts its live objects, and is used again when none is
 * left. What lives long (parameters: leaves) gets chunks of its own, for one survivor keeps its
 * whole chunk.
 *
 * Also here: releasing a chain of a million nodes must not recurse a million times in C.
 *
 * Chunks need the interpreter's lock; free-threaded Python keeps its own allocator. */
#ifndef TINYGRAD_PT_ARENA_H
#define TINYGRAD_PT_ARENA_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 16 * 1024,     /* aligned to its size: an object's address tells its chunk */
    CHUNK_USED = CHUNK - 16, /* leaves malloc room for its own note between two chunks */
    SPARE_CHUNKS = 4096,   /* empty chunks kept: new pages cost more than the work done on them */
    DEPTH = 64             /* nested releases before one is put off */
};

struct chunk {
    struct chunk *next; /* in the list of spare chunks */
    char *free, *end;   /* objects are cut from here, in order */
    long live;
};

static struct chunk *chunk_leaves, *chunk_nodes, *chunk_spare;
static long chunk_spares;

static void *chunk_memory(void)
{
#ifdef _WIN32
    return _aligned_malloc(CHUNK_USED, CHUNK);
#else
    void *p;
    return posix_memalign(&p, CHUNK, CHUNK_USED) ? NULL : p;
#endif
}

static void chunk_release(struct chunk *c)
{
    if (chunk_spares < SPARE_CHUNKS) {
        c->next = chunk_spare;
        chunk_spare = c;
        chunk_spares++;
        return;
    }
#ifdef _WIN32
    _aligned_free(c);
#else
    free(c);
#endif
}

static inline void chunk_clear(struct chunk *c)
{
    c->free = (char *)c + ((sizeof(struct chunk) + 15) & ~(size_t)15);
    c->end = (char *)c + CHUNK_USED;
    c->live = 0;
}

static struct chunk *chunk_new(void)
{
    struct chunk *c = chunk_spare;
    if (c) {
        chunk_spare = c->next;
        chunk_spares--;
    } else {
        c = (struct chunk *)chunk_memory();
        if (!c)
            return NULL;
    }
    chunk_clear(c);
    return c;
}

/* Room for one object. */
static inline void *arena_cut(struct chunk **current, size_t size)
{
    struct chunk *c = *current;
    if (!c || c->free + size > c->end) {
        c = chunk_new();
        if (!c)
            return NULL;
        *current = c;
    }
    void *room = c->free;
    c->free += size;
    c->live++;
    return room;
}

/* tp_alloc: of leaves. */
static PyObject *arena_alloc(PyTypeObject *type, Py_ssize_t nitems)
{
    PyObject *o = (PyObject *)arena_cut(&chunk_leaves, (size_t)type->tp_basicsize);
    (void)nitems;
    if (!o)
        return PyErr_NoMemory();
    memset((void *)o, 0, (size_t)type->tp_basicsize);
    return PyObject_Init(o, type);
}

static void arena_free(void *o)
{
    struct chunk *c = (struct chunk *)((uintptr_t)o & ~(uintptr_t)(CHUNK - 1));
    if (--c->live == 0) {
        if (c == chunk_leaves || c == chunk_nodes)
            chunk_clear(c);
        else
            chunk_release(c);
    }
}

/* Releasing an object releases its operands, which releases theirs... From some depth on they wait
 * in a list, linked through the first field after the object's head: it is needed no more. */
struct waiting {
    PyObject_HEAD
    struct waiting *next;
};

#ifdef Py_GIL_DISABLED
#define PER_THREAD _Thread_local
#else
#define PER_THREAD
#endif

static destructor arena_plain_dealloc;
static PER_THREAD struct waiting *arena_waiting;
static PER_THREAD int arena_depth;

static void arena_dealloc(PyObject *o)
{
    if (arena_depth >= DEPTH) {
        ((struct waiting *)o)->next = arena_waiting;
        arena_waiting = (struct waiting *)o;
        return;
    }
    arena_depth++;
    arena_plain_dealloc(o);
    if (arena_depth == 1)
        while (arena_waiting) {
            o = (PyObject *)arena_waiting;
            arena_waiting = arena_waiting->next;
            arena_plain_dealloc(o);
        }
    arena_depth--;
}

static PyObject *arena_blank; /* an object as tp_new makes it: zeros and None */
static int arena_nones;       /* how many references to None it holds */

/* To be called once, before there is an object of the type: final, without collector, and with a
 * plain C field first. */
static int arena_install(PyObject *t)
{
    PyTypeObject *type = (PyTypeObject *)t;
    PyObject *nothing = PyTuple_New(0);
    if (!nothing)
        return -1;
    arena_plain_dealloc = type->tp_dealloc;
    type->tp_dealloc = arena_dealloc;
#ifndef Py_GIL_DISABLED
    type->tp_alloc = arena_alloc;
    type->tp_free = arena_free;
#else
    (void)arena_alloc, (void)arena_free;
#endif
    PyType_Modified(type);
    arena_blank = type->tp_new(type, nothing, NULL);
    Py_DECREF(nothing);
    if (!arena_blank)
        return -1;
    for (PyObject **word = (PyObject **)arena_blank;
         (char *)word < (char *)arena_blank + type->tp_basicsize; word++)
        arena_nones += *word == Py_None;
    return 0;
}

/* A new object that is no leaf: a copy of the blank one. */
static inline PyObject *arena_node(PyObject *t)
{
    PyTypeObject *type = (PyTypeObject *)t;
#ifdef Py_GIL_DISABLED
    PyObject *nothing = PyTuple_New(0), *o = nothing ? type->tp_new(type, nothing, NULL) : NULL;
    Py_XDECREF(nothing);
    return o;
#else
    void **o = (void **)arena_cut(&chunk_nodes, (size_t)type->tp_basicsize);
    if (!o)
        return PyErr_NoMemory();
    for (size_t i = 0; i < (size_t)type->tp_basicsize / sizeof *o; i++)
        o[i] = ((void **)arena_blank)[i];
    for (int i = 0; i < arena_nones; i++)
        Py_INCREF(Py_None);
    Py_SET_REFCNT((PyObject *)o, 1); /* all that PyObject_Init would do: the type is static */
    return (PyObject *)o;
#endif
}

/* Room for n numbers, to be given back with free. */
static double *arena_doubles(Py_ssize_t n)
{
    double *d = (double *)calloc(n ? (size_t)n : 1, sizeof(double));
    if (!d)
        PyErr_NoMemory();
    return d;
}

#endif
