# What the compiled engine calls as C: see compiled.pyx.

cpdef object quick_matmul(object a, object b)
