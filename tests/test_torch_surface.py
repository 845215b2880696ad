"""The names that real programs use of torch are here, and every public function is compared.

The lists were measured by running 80 public teaching programs, and the tests of two small
frameworks, under PyTorch 2.13: what their text touches of ``torch`` and of ``Tensor`` (not of nn,
optim, data and the hardware).
"""

import inspect
import re
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import FunctionType

import pytest

import tinygrad_pt as tg

METHODS = """
    T __add__ __and__ __bool__ __eq__ __floordiv__ __format__ __ge__ __getitem__ __gt__ __iadd__
    __imul__ __index__ __invert__ __isub__ __iter__ __itruediv__ __le__ __lshift__ __lt__
    __matmul__ __mod__ __mul__ __ne__ __neg__ __or__ __pow__ __radd__ __rand__ __rmod__ __rmul__
    __ror__ __rpow__ __rshift__ __rsub__ __rtruediv__ __rxor__ __setitem__ __sub__ __truediv__
    __xor__ abs acos acosh add_ all any argmax argmin asin asinh atan atanh backward
    bitwise_left_shift bitwise_not bitwise_right_shift bmm bool ceil clamp clamp_ clip clone
    contiguous copy_ cos cosh cpu cuda cumsum data detach device diag diagonal dim div div_ dot
    double dtype eq exp exp2 expand fill_ flatten flip float floor fmod gather grad half
    index_fill_ index_select int is_cuda is_xpu isclose item lerp log log10 log2 log_softmax
    long mT masked_fill masked_fill_ masked_select matmul max mean min mm mul mul_ narrow ndim
    neg nelement new_tensor new_zeros nonzero norm normal_ numel numpy permute pow prod ravel
    relu repeat repeat_interleave requires_grad requires_grad_ reshape retain_grad roll round
    rsqrt scatter scatter_ scatter_reduce shape sigmoid sin sinh size softmax sort split sqrt
    squeeze std sub_ sum swapaxes t tan tanh to tolist transpose tril triu trunc type type_as
    unflatten unfold unique unsqueeze var view view_as zero_
""".split()

FUNCTIONS = """
    FloatTensor Generator Generator.manual_seed LongTensor Size.__eq__ Size.__getitem__ Tensor
    __version__ abs add all allclose amax amin angle arange arccos arccosh arcsin arcsinh arctan
    arctanh argmax argsort atleast_1d atleast_2d atleast_3d autograd autograd.Function
    autograd.Function.apply autograd.Variable autograd.grad bfloat16 bmm bool cat ceil clamp
    column_stack conj copysign cos cosh cummax cummin cumprod cumsum deg2rad device
    device.__ne__ diag diff div dot double dsplit einsum empty erf exp exp2 expm1 eye flatten
    fliplr flipud float float16 float32 floor fmax fmin from_numpy full full_like gradient
    histogram hsplit hstack inf inference_mode inner int int32 int64 int8 is_grad_enabled
    isfinite isinf isnan kron linalg.cholesky linalg.det linalg.inv linalg.norm linalg.slogdet
    linalg.solve linspace load log log10 log1p log2 logaddexp logaddexp2 logcumsumexp
    logical_not logsumexp long manual_seed matmul max maximum mean meshgrid min minimum mm
    moveaxis mul multinomial mv neg no_grad nonzero norm normal numel ones ones_like outer pi
    pow prod rad2deg rand randint randn randn_like randperm ravel real reciprocal relu remainder
    repeat_interleave reshape roll rot90 row_stack save set_printoptions sigmoid sign sin sinc
    sinh softmax sort sqrt square squeeze stack std std_mean sub sum swapaxes tan tanh tensor
    tensor_split tensordot tile topk transpose tril triu true_divide uint8 unsqueeze var vsplit
    vstack where zeros zeros_like
""".split()

def has(x, name):
    """Whether x has an attribute, through dots."""
    for part in name.split("."):
        if not hasattr(x, part):
            return False
        x = getattr(x, part)
    return True


@pytest.mark.parametrize("of, names", [("Tensor.", METHODS), ("", FUNCTIONS)],
                         ids=["methods", "functions"])
def test_the_names_that_programs_use_exist(of, names):
    home = tg.ones(1, 1) if of else tg
    assert [of + name for name in names if not has(home, name)] == [], "missing"


# ── every function of the package has an entry in a differential test ───────────────────────────

NOT_COMPARED = {
    "bce": "the row of binary_cross_entropy: test_nn_losses.py",
    **{name: "random: test_random.py" for name in
       "Generator bernoulli binomial get_rng_state initial_seed manual_seed multinomial normal "
       "poisson rand rand_like randint randint_like randn randn_like randperm seed "
       "set_rng_state".split()},
    **{name: "a mode of the graph: test_tensor.py, test_autograd.py" for name in
       "no_grad enable_grad is_grad_enabled set_grad_enabled inference_mode".split()},
    **{name: "makes or recognises tensors: what every entry is made of" for name in
       "tensor as_tensor from_numpy is_tensor Tensor Size ShapeError".split()},
    **{name: "not of tensors: test_dtypes in test_tensor.py, test_torch_elementwise.py" for name in
       "device dtype finfo iinfo get_default_dtype set_default_dtype set_default_tensor_type "
       "set_printoptions".split()},
    **{name: "dense memory under PyTorch's name, whose tensors are of another layout" for name in
       "coalesce sparse_coo_tensor spmm to_dense to_sparse".split()},
    "gelu_tanh": "the row of gelu(approximate='tanh')",
    "smooth_l1": "the row of smooth_l1_loss: test_nn_losses.py",
}


def test_every_public_function_is_compared_with_torch():
    torch = pytest.importorskip("torch")
    from against_torch import ENTRIES
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        if "from against_torch import" in file.read_text(encoding="utf-8"):
            import_module(file.stem)
    compared = {entry.name.rpartition(".")[2] for entry in ENTRIES}
    functions = {name for name in tg.functions.__all__ if callable(getattr(tg.functions, name))
                 and not isinstance(getattr(tg.functions, name), type(tg.float32))}
    assert functions - compared - set(NOT_COMPARED) == set(), "no differential test"
    layers = {name for name, f in vars(tg.nn.functional).items() if isinstance(f, FunctionType)
              and name[0] != "_" and hasattr(torch.nn.functional, name)}
    drawing = "".join(import_module("test_random").CLOSE)
    assert {name for name in layers - compared if f"functional.{name}(" not in drawing} == set()



# ── parameters have the names, the order and the defaults of PyTorch's ──────────────────────────

HOMES = ("nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "optim", "optim.lr_scheduler",
         "utils.data", "distributions")
OTHERWISE = {
    "nn.Buffer": "empty data is (), not None", "nn.Parameter": "empty data is (), not None",
    "nn.Hardtanh": "min_value and max_value are deprecated",
    "nn.RNNCellBase": "a base, for its subclasses", "distributions.Distribution": "the same",
    "nn.ModuleDict.update": "called by position", "nn.ParameterDict.update": "the same",
    "nn.Sequential.extend": "the same",
    "nn.functional.rrelu_": "documented as 1./8", "utils.data.StackDataset": "documented by example",
    "utils.data.random_split": "the default generator by its name",
    **{f"nn.functional.{pool}_with_indices": "return_indices is True" for pool in (
        "adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "max_pool1d", "max_pool2d",
        "max_pool3d", "fractional_max_pool2d", "fractional_max_pool3d")},
}


def parameters(f):
    """{name: default} from the signature, or else from the first line of the documentation."""
    try:
        found = inspect.signature(f).parameters.values()
        if {p.name for p in found} != {"args", "kwargs"}:
            return {"*" * p.kind.name.startswith("VAR") + p.name: plainly(p.default) for p in found}
    except ValueError:
        pass
    text = re.search(rf"\b{f.__name__.removeprefix('_')}\(([^)]*)\) *(->|\n)", f.__doc__ or "")
    pairs = [part.partition("=") for part in re.split(r",\s*", text[1])] if text else []
    return {name.strip(): plainly(default or inspect.Parameter.empty) for name, _, default in pairs}


def plainly(default):
    """A default as text."""
    if isinstance(default, int | float):
        default = float(default)
    text = getattr(default, "__name__", str(default)).strip("'\" ")
    text = {"True": "1.0", "False": "0.0", "torch.Size([])": "()"}.get(text, text)
    try:
        return str(float(text))
    except ValueError:
        return text


def callables(home, m):
    """What can be called under the public names of a module, and the methods of its classes."""
    for name, thing in vars(attrgetter(home)(m)).items():
        if not name.startswith("_") and callable(thing) and name not in ("Tensor", "Any"):
            yield name, thing
            for method, f in vars(thing).items() if isinstance(thing, type) else ():
                if not method.startswith("_") and callable(f):
                    yield f"{name}.{method}", f


def test_parameters_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    differ = {}
    for home in HOMES:
        mine = attrgetter(home)(tg)
        for name, theirs in callables(home, torch):
            if not has(mine, name):
                continue
            ours, wanted = parameters(attrgetter(name)(mine)), parameters(theirs)
            if "input" in wanted:
                ours = {"input" if k == "x" else k: v for k, v in ours.items()}
            wanted = {k: v for k, v in wanted.items()
                      if k not in ("", "out", "...") and k[0] not in "*_"}
            known = {k: "_empty" if wanted[k] == "_empty" else v
                     for k, v in ours.items() if k in wanted}
            if [*known.items()] != [*wanted.items()] and not any(k[0] == "*" for k in ours):
                differ[f"{home}.{name}"] = f"{ours}, PyTorch's {wanted}"
    assert {k: v for k, v in differ.items() if k not in OTHERWISE} == {}
    assert set(OTHERWISE) - set(differ) == set(), "no longer different"
