"""Which of PyTorch's public names exist here: writes docs/torch-names.md.

    python tests/torch_names.py [docs/torch-names.md]

The names are those of the installed PyTorch: what each of its modules below calls public.
"""

import importlib
import inspect
import sys
import types
from pathlib import Path

import tinygrad_pt as tg

sys.path.insert(0, str(Path(__file__).parent))

MODULES = """
    torch torch.Tensor torch.autograd torch.autograd.functional torch.autograd.forward_ad
    torch.distributions torch.fft torch.func torch.linalg torch.nn torch.nn.functional torch.nn.init
    torch.nn.utils torch.nn.utils.parametrizations torch.nn.utils.parametrize torch.nn.utils.rnn
    torch.nn.utils.stateless torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.random
    torch.special torch.testing torch.utils.checkpoint torch.utils.data
""".split()

HEADING = """# PyTorch's names

Which public names of PyTorch {version} exist here, module by module, written by
`python tests/torch_names.py docs/torch-names.md` where PyTorch is installed. What exists is compared
with PyTorch's by the tests: values, derivatives, dtypes, shapes, random numbers, errors.
`python -m tinygrad_pt.compat --check program.py` lists what a program of yours would miss.

{total}
"""


def public(home):
    """The names that a module or class offers to its users."""
    if isinstance(home, type):
        return [n for n in dir(home) if not n.startswith("_") and n not in dir(object)]
    names = getattr(home, "__all__", None) or dir(home)
    if home.__name__ == "torch":  # whose other classes are those of TorchScript's compiler
        names = [n for n in names if n[0].islower() or n.endswith(("Tensor", "Generator", "Size"))]
    return [n for n in names if not n.startswith("_") and ours(home, n)]


def ours(home, name):
    """Whether a name of a module is PyTorch's own, and neither a module nor something of Python's."""
    x = getattr(home, name, None)
    if isinstance(x, types.ModuleType) or x is None:
        return False
    if inspect.isclass(x) or inspect.isroutine(x):
        return (getattr(x, "__module__", None) or "torch").partition(".")[0] in ("torch", "builtins")
    return not isinstance(x, str | bool | dict | list | tuple | set) and "typing" not in repr(type(x))


def find(name):
    """The thing of a dotted name, here; None where there is none."""
    thing = tg
    for part in name.split(".")[1:]:
        if not hasattr(thing, part):
            try:
                importlib.import_module(f"{thing.__name__}.{part}")
            except (ImportError, AttributeError):
                return None
        thing = getattr(thing, part)
    return thing


def page(torch):
    """The text of docs/torch-names.md."""
    sections, here, there = [], 0, 0
    for name in MODULES:
        peer = torch
        for part in name.split(".")[1:]:
            peer = getattr(peer, part, None) or importlib.import_module(name)
        names, home = sorted(set(public(peer))), find(name)
        have = [n for n in names if hasattr(home, n)]
        lack = [n for n in names if n not in set(have)]
        here, there = here + len(have), there + len(names)
        text = f"## {name}: {len(have)} of {len(names)}\n\n" + " ".join(f"`{n}`" for n in have) + "\n"
        if lack:
            text += "\nNot here: " + " ".join(lack) + "\n"
        sections.append(text)
    total = f"**{here} of {there} names.**"
    version = torch.__version__.partition("+")[0]
    return "\n".join([HEADING.format(version=version, total=total), *sections])


if __name__ == "__main__":
    import torch
    text = page(torch)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    else:
        print(text)
