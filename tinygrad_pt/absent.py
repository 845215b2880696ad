"""PyTorch's names that are not here on purpose, and what to use instead of them."""

from __future__ import annotations

import sys

_COMPLEX = "NumPy's complex arrays: tensors are of real numbers"
_SPARSE = "a dense tensor, as sparse_coo_tensor gives it, or scipy.sparse"
_QUANTIZED = "float32 or int8: there are no quantized tensors"
_EIG = "linalg.eigh where the matrix is symmetric, else numpy.linalg.eig: tensors are of real numbers"
_FORK = "Python's concurrent.futures"
_SAVED = "save(model.state_dict(), path), and load"

# A name stands for all below it: that of ``sparse`` is the answer for ``sparse.mm`` too.
INSTEAD = {
    **dict.fromkeys(("cfloat", "cdouble", "chalf", "complex", "complex32", "complex64", "complex128",
                     "polar", "view_as_complex", "view_as_real", "imag", "Tensor.imag", "is_conj",
                     "resolve_conj", "resolve_neg", "conj_physical"), _COMPLEX),
    "fft": f"numpy.fft, with {_COMPLEX}",
    **dict.fromkeys(("stft", "istft", "Tensor.stft", "Tensor.istft"), f"scipy.signal, with {_COMPLEX}"),
    **dict.fromkeys(("linalg.eig", "linalg.eigvals", "eig", "Tensor.eig", "symeig"), _EIG),
    **dict.fromkeys(("sparse", "sparse_csr_tensor", "sparse_csc_tensor",
                     "sparse_bsr_tensor", "sparse_bsc_tensor", "sparse_compressed_tensor", "sparse_coo",
                     "sparse_csr", "smm", "hspmm", "dsmm", "sspaddmm", "optim.SparseAdam"), _SPARSE),
    "nested": "a list of tensors, or nn.utils.rnn's padded and packed sequences",
    **dict.fromkeys(("quantization", "ao", "qint8", "quint8", "qint32", "quantize_per_tensor",
                     "quantize_per_channel", "dequantize", "nn.quantized", "nn.qat"), _QUANTIZED),
    **dict.fromkeys(("uint16", "uint32", "uint64"), "int32 or int64"),
    **dict.fromkeys(("float8_e4m3fn", "float8_e5m2"), "float16, the smallest floating point dtype"),
    **dict.fromkeys(("jit", "package", "export", "onnx"), _SAVED),
    **dict.fromkeys(("jit.fork", "jit.wait", "futures"), _FORK),
    "hub": "weights in a file: load(path) reads safetensors",
    "distributed": "one process: nothing here speaks to another one",
    "distributed.rpc": _FORK,
    "nn.parallel.scatter": "the tensor itself: there is one device",
    "nn.SyncBatchNorm": "nn.BatchNorm2d: there is one process",
    "utils.cpp_extension": "autograd.Function with NumPy, or ops.Pointwise for a row of the table",
    "utils.mobile_optimizer": _SAVED,
    "utils.bottleneck": "Python's cProfile",
    "utils.benchmark": "Python's timeit",
    "utils.dlpack": "from_dlpack",
    "utils.data.datapipes": "utils.data.IterableDataset",
    **dict.fromkeys(("Storage", "FloatStorage", "UntypedStorage", "TypedStorage", "Tensor.storage",
                     "Tensor.untyped_storage", "Tensor.set_"), "x.numpy(), in x's memory"),
    "Tensor.resize": "reshape, or a new tensor",
    **dict.fromkeys(("Tensor.map_", "Tensor.map2_"), "expressions of whole tensors"),
    "Tensor.to_mkldnn": "the tensor as it is",
    **dict.fromkeys(("Tensor.name", "Tensor.rename", "Tensor.names"),
                    "comments: dimensions have no names"),
    **dict.fromkeys(("lu", "linalg.lu", "linalg.lu_factor", "lu_solve", "linalg.lu_solve", "lu_unpack"),
                    "linalg.solve, linalg.det or linalg.qr"),
    **dict.fromkeys(("lstsq", "Tensor.lstsq"), "linalg.lstsq"),
    **dict.fromkeys(("solve", "Tensor.solve"), "linalg.solve"),
    "triangular_solve": "linalg.solve_triangular",
    "matrix_rank": "linalg.matrix_rank",
    "range": "arange, without its end",
    **dict.fromkeys(("nn.utils.skip_init", "nn.utils.fusion"), "the modules as they are"),
    "nn.utils.parametrizations.orthogonal": "nn.init.orthogonal_",
    "nn.CrossMapLRN2d": "nn.LocalResponseNorm",
    "nn.Container": "nn.Module",
    "nn.NLLLoss2d": "nn.NLLLoss",
    **dict.fromkeys(("nn.LinearCrossEntropyLoss", "nn.LinearCrossEntropyOptions",
                     "nn.functional.linear_cross_entropy"), "nn.Linear, then nn.CrossEntropyLoss"),
    "fx": "the graph itself: grad_fn, draw",
    "_dynamo": "compile, which gives a function as it is",
    "overrides": "a subclass of Tensor, or autograd.Function",
    "library": "autograd.Function, or ops.Pointwise for a row of the table",
    "masked": "where and masked_fill",
}


def instead(name: str) -> str:
    """What to use for a dotted name of PyTorch's, or "" if it is not absent on purpose."""
    while name not in INSTEAD and name:
        name = name.rpartition(".")[0]
    return INSTEAD.get(name, "")


def no_such(module: str, name: str) -> AttributeError:
    """The error of a module asked for a name it has not: it says what to use, where that is known."""
    hint = instead(f"{module}.{name}".partition(".")[2])
    return AttributeError(f"module {module!r} has no attribute {name!r}"
                          + (f"; use {hint}" if hint else ""), name=name, obj=sys.modules[module])
