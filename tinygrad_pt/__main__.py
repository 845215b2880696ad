"""The command line: ``tinygrad-pt train``, ``predict``, ``list`` and ``run``.

Also ``python -m tinygrad_pt``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__

if TYPE_CHECKING:
    from .systems import System


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 if all went well, 2 with one line on stderr for a mistake in its use.

    `run` gives 1 if a system does not do what it claims.
    """
    from .data import DataError
    from .models import MissingExtra

    args = parser().parse_args(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a bar that a terminal cannot show is no error
    try:
        return args.run(args)
    except (OSError, DataError, MissingExtra) as error:
        print(f"tinygrad-pt: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ntinygrad-pt: interrupted", file=sys.stderr)
        return 130


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    p = argparse.ArgumentParser(prog="tinygrad-pt", description="Train a network on real handwritten "
                                "digits and use it; run the systems of the course.")
    p.add_argument("--version", action="version", version=f"tinygrad_pt {__version__}")
    commands = p.add_subparsers(metavar="command", required=True)

    t = commands.add_parser("train", help="train a recogniser of digits and write a report",
                            formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    t.add_argument("--data", choices=["digits", "mnist"], default="digits",
                   help="digits: 1,797 of 8x8 pixels, embedded; mnist: 70,000 of 28x28, downloaded")
    t.add_argument("--epochs", type=at_least(1), help="times each digit is shown")
    t.add_argument("--seed", type=at_least(0), default=0, help="of all random numbers")
    t.add_argument("--batch", type=at_least(1), help="digits a step")
    t.add_argument("--lr", type=at_least(0, float), help="learning rate of Adam at the start")
    t.add_argument("--hidden", type=at_least(1), help="neurons of the hidden layer")
    t.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="folder to write to")
    t.set_defaults(run=train)

    q = commands.add_parser("predict", help="read the digits in pictures")
    q.add_argument("weights", type=Path, help="a file that train wrote")
    q.add_argument("images", type=Path, nargs="+", metavar="image", help="PNG, JPEG, …: one digit")
    q.set_defaults(run=predict)

    s = commands.add_parser("list", help="the systems of the course, one line each")
    s.set_defaults(run=list_systems)

    r = commands.add_parser("run", help="run systems of the course: tables, claims, pictures")
    r.add_argument("systems", type=system, nargs="*", metavar="name", help="as list shows them")
    r.add_argument("--all", action="store_true", help="all of them")
    r.add_argument("--quick", action="store_true", help="seconds each, on data of the package")
    r.add_argument("--seed", type=at_least(0), default=0, help="of all random numbers")
    r.add_argument("--out", type=Path, default=Path("systems"), metavar="DIR",
                   help="folder to write to (default: systems)")
    r.set_defaults(run=run)
    return p


def system(name: str) -> System:
    """A parser of the names of systems."""
    from .systems import systems
    try:
        return systems()[name]
    except KeyError:
        near = get_close_matches(name, systems(), 3)
        raise argparse.ArgumentTypeError(
            f"there is no system {name!r}" + (f"; there is {', '.join(near)}" if near else "")
            + " (tinygrad-pt list shows all)") from None


def at_least(least: int, kind: type = int) -> Callable[[str], float]:
    """A parser of numbers of some kind and size."""
    def number(text: str) -> float:
        value = kind(text)
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not a number from {least} up")
        return value
    number.__name__ = kind.__name__
    return number


def train(args: argparse.Namespace) -> int:
    """Train, test, check the gradient, write weights and report."""
    from .models import extra
    for name in ("rich", "matplotlib", "PIL", "safetensors"):
        extra(name)  # a missing one is better noticed before the training than after
    import tinygrad_pt as tg

    from .files import written
    from .models import digits, report

    task = digits.TASKS[args.data]
    setting = {name: getattr(task, name) if getattr(args, name) is None else getattr(args, name)
               for name in ("epochs", "batch", "lr")}
    args.out.mkdir(parents=True, exist_ok=True)
    arrays = task.load()
    tg.manual_seed(args.seed)
    net = digits.Recogniser(task.side, args.hidden or task.hidden)
    parameters = sum(p.numel() for p in net.parameters())
    print(f"{task.name}: {len(arrays[0]):,} digits to learn from, {len(arrays[2]):,} to be tested "
          f"on; a network of {parameters:,} parameters")

    history = digits.History()
    start = time.perf_counter()
    with progress(history, setting["epochs"]) as show:
        for done in digits.fit(net, arrays, **setting, shift=task.shift, decay=task.decay,
                               seed=args.seed, history=history):
            show(done)
    seconds = time.perf_counter() - start

    _, _, test_x, test_y = arrays
    p = digits.probabilities(net, test_x)
    accuracy = f"{100 * (p.argmax(1) == test_y).mean():.1f} %"
    print(f"test accuracy: {accuracy}")
    hardest = digits.losses(p, test_y).argsort(kind="stable")[-16:]
    check = digits.check_gradient(net, test_x[hardest], test_y[hardest])
    print(check)

    weights, page = (args.out / f"{task.name}.{kind}" for kind in ("safetensors", "html"))
    facts = {"test accuracy": accuracy, "parameters": f"{parameters:,}",
             "epochs": f"{setting['epochs']}", "training": f"{seconds:.1f} s",
             "gradient check": check.verdict}
    options = "".join(f" --{name} {value}" for name in ("epochs", "batch", "lr", "hidden")
                      if (value := getattr(args, name)) is not None)
    text = report.page(net, task, history, test_x, test_y, p, facts, str(check), weights.name,
                       f"tinygrad-pt train --data {task.name} --seed {args.seed}{options}")
    digits.save(net, task, weights, version=__version__, seed=args.seed, accuracy=accuracy)
    with written(page) as temporary:
        temporary.write_text(text, encoding="utf-8")
    print(f"wrote {weights} and {page}")
    return 0


@contextmanager
def progress(history, epochs: int):
    """A function to call with the share that is done; shows a bar, or lines if not on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    def state():
        if not history.test_loss:
            return ""
        return (f"loss {history.train_loss[-1]:.3f}, "
                f"test accuracy {100 * history.test_accuracy[-1]:.1f} %")

    console = Console()
    if console.is_terminal:
        columns = (TextColumn("epoch {task.fields[epoch]}/" + str(epochs)), BarColumn(),
                   TextColumn("{task.fields[state]}"), TimeRemainingColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("", total=1, epoch=1, state="")
            yield lambda done: bar.update(task, completed=done, state=state(),
                                          epoch=min(epochs, len(history.test_loss) + 1))
    else:
        shown = [0]
        every = max(1, -(-epochs // 10))

        def line(done):
            n = len(history.test_loss)
            if n > shown[0] and (n % every == 0 or n == epochs):
                shown[0] = n
                print(f"epoch {n:3}/{epochs}: {state()}", flush=True)
        yield line


def predict(args: argparse.Namespace) -> int:
    """Print which digit each picture shows, and how probable each is."""
    from .models import extra
    extra("rich")
    from rich.console import Console
    from rich.table import Table

    from .models import digits, picture

    net, task = digits.load(args.weights)
    images = [picture.read(path, task) for path in args.images]
    for path, image in zip(args.images, images, strict=True):
        p = digits.probabilities(net, image[None])[0]
        print(f"{path}: {p.argmax()}")
        table = Table(box=None, show_header=False, padding=(0, 1))
        for digit, share in enumerate(p):
            style = "bold" if digit == p.argmax() else "dim"
            table.add_row(str(digit), f"{'█' * round(30 * share):30}", f"{100 * share:.1f} %",
                          style=style)
        Console(highlight=False).print(table)
    return 0


def list_systems(args: argparse.Namespace) -> int:
    """Print all systems, a line each."""
    from .systems import systems
    widest = max(map(len, systems()))
    for chapter, members in groupby(systems().values(), lambda system: system.chapter):
        print(f"{chapter}")
        for system in members:
            print(f"  {system.number:2}  {system.name:{widest}}  {system.title}")
    return 0


def run(args: argparse.Namespace) -> int:
    """Carry out systems; 1 if what one of them claims is not so."""
    from .models import extra
    for name in ("rich", "matplotlib"):
        extra(name)  # a missing one is better noticed before the work than after
    from .lab.experiments import perform, show
    from .systems import systems

    chosen = list(systems().values()) if args.all else args.systems
    if not chosen:
        print("tinygrad-pt run: name a system (tinygrad-pt list shows them), or --all", file=sys.stderr)
        return 2
    outcomes = []
    for system in chosen:
        outcomes.append(perform(system, quick=args.quick, seed=args.seed, out=args.out))
        show(system, outcomes[-1])
        print(f"picture: {args.out / system.name}.png", flush=True)
    failed = [o.name for o in outcomes if not o.holds]
    if len(outcomes) > 1:
        print(f"\n{len(outcomes)} systems in {sum(o.seconds for o in outcomes):.0f} s; "
              + (f"claims that do not hold: {', '.join(failed)}" if failed else "all claims hold"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
