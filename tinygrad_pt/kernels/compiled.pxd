# What the compiled engine calls as C: see compiled.pyx.

cpdef object product(object a, object b, bint turn_a, bint turn_b, bint rows, object plus=*)
