"""Stands in for modules that draw, log or download: whatever they are asked for does nothing."""

import importlib.machinery
import importlib.metadata
import importlib.util
import sys
import types

import numpy as np
from PIL import Image

NAMES = {"IPython", "cv2", "graphviz", "imageio", "ipywidgets", "matplotlib", "matplotlib_inline",
         "mpl_toolkits", "seaborn", "tensorboard", "tensorboardX", "tensorboard_logger",
         "torchsummary", "torchviz", "tqdm", "visdom", "wandb"}
IF_MISSING = {"google", "pandas", "scipy", "sklearn"}
# Attributes that do or give what is asked of them.
REAL = {"imread": lambda path, *_: np.asarray(Image.open(path)),
        "hist": lambda *_, **__: (Hollow(), Hollow(), Hollow())}


class Hollow(types.ModuleType):
    """A module, class, function or object of which every attribute, call and item is hollow too."""

    __path__ = ()
    __version__ = "99"

    def __init__(self, name="hollow", *_, **__):
        super().__init__(name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return REAL.get(name) or Hollow(name)

    def __call__(self, *args, **kw):
        # A decorator gives back what it decorates; a progress bar what it counts.
        if args and self.__name__ in ("tqdm", "trange", "notebook"):
            return range(args[0]) if self.__name__ == "trange" else _Bar(args[0])
        if len(args) == 1 and not kw and isinstance(args[0], types.FunctionType):
            return args[0]
        return Hollow()

    def __getitem__(self, _):
        return Hollow()

    def __setitem__(self, *_):
        pass

    def __iter__(self):
        return iter((Hollow(), Hollow()))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return False

    def __float__(self):
        return 0.0

    def __bool__(self):
        return False

    def __mro_entries__(self, _):
        return (object,)


class _Bar:
    """tqdm: what it is given, with methods that show nothing."""

    def __init__(self, xs):
        self.xs = xs

    def __iter__(self):
        return iter(self.xs)

    def __len__(self):
        return len(self.xs)

    def __getattr__(self, _):
        return lambda *args, **kw: None


class Finder:
    """Finds a hollow module for each of some names."""

    def __init__(self, names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    @staticmethod
    def create_module(spec):
        return Hollow(spec.name.rpartition(".")[2])

    @staticmethod
    def exec_module(module):
        pass


sys.meta_path.insert(0, Finder(NAMES))
sys.meta_path.append(Finder(IF_MISSING))


def version(name, real=importlib.metadata.version):
    """The version of a package, also of one that is not installed."""
    try:
        return real(name)
    except importlib.metadata.PackageNotFoundError:
        return "0"


importlib.metadata.version = version
