"""How many planted faults do gradient checkers find, and how often do they cry wolf?

    python tests/gradcheck_corpus/compare.py

Prints a table for this library's `check` and, where they are installed, for PyTorch's, JAX's and
autograd's checkers, each at its default settings, on the same functions, derivatives and inputs.
"""

import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from gradcheck_corpus.awkward import AWKWARD  # noqa: E402
from gradcheck_corpus.faults import FAULTS  # noqa: E402
from tinygrad_pt.gradcheck import check  # noqa: E402


def ours(case, xs):
    return check(case.f, *xs, vjp=case.vjp).verdict != "fail"


def with_torch(case, xs):
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            ctx.save_for_backward(*xs)
            return torch.as_tensor(np.array(case.f(*(x.detach().numpy() for x in xs))))

        @staticmethod
        def backward(ctx, v):
            found = case.vjp(v.numpy().copy(), *(x.detach().numpy() for x in ctx.saved_tensors))
            found = found if isinstance(found, tuple) else (found,)
            return tuple(g if g is None else torch.as_tensor(np.array(g)) for g in found)

    inputs = [torch.tensor(x, requires_grad=x.dtype.kind == "f") for x in xs]
    return torch.autograd.gradcheck(Function.apply, inputs, raise_exception=False)


def with_jax(case, xs):
    import jax
    jax.config.update("jax_enable_x64", True)
    from jax.test_util import check_grads

    @jax.custom_vjp
    def f(*xs):
        value = np.asarray(case.f(*map(np.array, xs)))
        return jax.numpy.asarray(value)

    def forward(*xs):
        return f(*xs), xs

    def backward(xs, v):
        found = case.vjp(np.array(v), *map(np.array, xs))
        found = found if isinstance(found, tuple) else (found,)
        return tuple(g if g is None else jax.numpy.asarray(g) for g in found)

    f.defvjp(forward, backward)
    check_grads(f, tuple(map(jax.numpy.asarray, xs)), order=1, modes=["rev"])
    return True


def with_autograd(case, xs):
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    f = primitive(lambda *xs: np.asarray(case.f(*xs)))

    def pull(i):
        def of(y, *xs):
            def g(v):
                found = case.vjp(np.array(v), *xs)
                return (found if isinstance(found, tuple) else (found,))[i]
            return g
        return of

    floats = [i for i, x in enumerate(xs) if x.dtype.kind == "f"]
    defvjp(f, *map(pull, floats), argnums=floats)

    def of_floats(*some):
        full = [*xs]
        for i, x in zip(floats, some, strict=True):
            full[i] = x
        return f(*full)

    all_of_them = tuple(range(len(floats)))
    check_grads(of_floats, all_of_them, modes=["rev"], order=1)(*(xs[i] for i in floats))
    return True


CHECKERS = {"tinygrad_pt": ours, "torch": with_torch, "jax": with_jax, "autograd": with_autograd}


def passes(checker, case):
    """Whether a checker lets a case pass; what it raises is its way to say no."""
    np.random.seed(0)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return bool(checker(case, case.sample()))
    except Exception:
        return False


def main():
    print("| checker | faults found | false alarms |")
    print("|---|---|---|")
    for name, checker in CHECKERS.items():
        if find_spec(name) is None:
            continue
        missed = [c.name for c in FAULTS if passes(checker, c)]
        alarms = [c.name for c in AWKWARD if not passes(checker, c)]
        print(f"| {name} | {len(FAULTS) - len(missed)} of {len(FAULTS)} | "
              f"{len(alarms)} of {len(AWKWARD)} |")
        print(f"{name} misses {missed}; false alarms {alarms}", file=sys.stderr)


if __name__ == "__main__":
    main()
