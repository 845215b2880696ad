"""Run one program of the table with one library, and write down what it computed.

Started by ``__main__.py`` in a process of its own: `record.py ENGINE REQUEST RESULT`, where ENGINE is
torch or tinygrad_pt, REQUEST a JSON file with the program, and RESULT the ``.npz`` to write. Watched
are PyTorch's own entrances, the same for both: ``Tensor.backward`` (the loss), ``Module.__call__``
(what the network answers) and, at the end, every parameter there is.
"""

import contextlib
import io
import json
import random
import sys
import time
import traceback
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


class Enough(BaseException):
    """The program has made the steps that were asked for. (Not an Exception: none may catch it.)"""


class Watch:
    """Losses, answers, gradient norms, and the time the program took itself."""

    def __init__(self, torch, steps):
        self.torch, self.steps = torch, steps
        self.losses, self.norms, self.answers, self.modules = [], [], [], {}
        self.start = self.own = self.depth = 0
        self.seconds = float("nan")
        backward, call = torch.Tensor.backward, torch.nn.Module.__call__
        torch.Tensor.backward = lambda x, *args, **kw: self.backward(backward, x, *args, **kw)
        torch.nn.Module.__call__ = lambda m, *args, **kw: self.call(call, m, *args, **kw)

    @contextlib.contextmanager
    def looking(self):
        """Time that is ours, not the program's."""
        start = time.perf_counter()
        with self.torch.no_grad():
            yield
        self.own += time.perf_counter() - start

    def call(self, f, module, *args, **kw):
        if not self.depth:
            self.modules[id(module)] = module
        self.depth += 1
        try:
            y = f(module, *args, **kw)
        finally:
            self.depth -= 1
        if not self.depth and len(self.answers) < 200:
            with self.looking():
                first = y
                while isinstance(first, tuple | list) and first:
                    first = first[0]
                if isinstance(first, self.torch.Tensor) and first.is_floating_point():
                    self.answers.append(float(first.detach().double().abs().mean()))
        return y

    def backward(self, f, loss, *args, **kw):
        if len(self.losses) == self.steps:
            self.seconds = time.perf_counter() - self.start - self.own
            raise Enough
        with self.looking():
            self.losses.append(float(loss.detach().double().sum()))
        if not self.start:
            self.start, self.own = time.perf_counter(), 0.0
        y = f(loss, *args, **kw)
        with self.looking():
            total = 0.0
            for p in self.parameters().values():
                if p.grad is not None:
                    total += float((p.grad.detach().double() ** 2).sum())
            self.norms.append(total ** 0.5)
        return y

    def parameters(self):
        """Every parameter of the modules called, and every leaf among the program's globals."""
        found = {}
        for i, module in enumerate(self.modules.values()):
            found |= {f"{i}.{name}": p for name, p in module.named_parameters()}
        for name, value in vars(sys.modules["__main__"]).items():
            for j, x in enumerate(value if isinstance(value, list | tuple) else [value]):
                if isinstance(x, self.torch.Tensor) and x.is_leaf and x.requires_grad:
                    found[f"{name}.{j}"] = x
        return found


def main(engine, request, result):
    program = json.loads(Path(request).read_text())
    sys.path[:0] = [str(HERE / "standins")]
    import hollow  # noqa: F401

    from tinygrad_pt import compat
    if engine == "tinygrad_pt":
        compat.install()
    import torch
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    watch = Watch(torch, program["steps"])
    printed, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            compat.run(Path(program["path"]), program["argv"])
    except (Enough, SystemExit):
        pass
    except BaseException:
        error = traceback.format_exc()
    if watch.start and watch.seconds != watch.seconds:
        watch.seconds = time.perf_counter() - watch.start - watch.own
    arrays = {f"parameter {k}": p.detach().double().numpy() for k, p in watch.parameters().items()
              if p.numel() < 1 << 22}
    np.savez(result, losses=watch.losses, norms=watch.norms, answers=watch.answers,
             seconds=watch.seconds, printed=printed.getvalue(), error=error, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
