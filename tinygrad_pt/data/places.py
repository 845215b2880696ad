"""Where files of data lie: in the user's folder, in the cache, or on the net."""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from ..files import DataError, written


def cache_dir(folder: str) -> Path:
    """The folder that downloaded files of a kind are kept in."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root, "tinygrad_pt", folder)


def find(names: Sequence[str], folder: str, urls: Sequence[str],
         verify: Callable[[Path], object]) -> Path:
    """The path of a file that may have one of several names.

    Looked for in ``$TINYGRAD_PT_DATA``, in its ``folder``, and in the cache; else downloaded into the
    cache, where it appears only when ``verify`` has not raised a DataError. OSError if none has it.
    """
    cache = cache_dir(folder)
    places = [cache]
    if root := os.environ.get("TINYGRAD_PT_DATA"):
        places = [Path(root), Path(root, folder), cache]
    for place in places:
        for name in names:
            if (place / name).is_file():
                return place / name
    return _download(names[-1], cache, urls, verify)


def _download(name: str, folder: Path, urls: Sequence[str], verify: Callable[[Path], object]) -> Path:
    """Fetch a file from the first address that has it whole, verify it, and only then name it."""
    folder.mkdir(parents=True, exist_ok=True)
    failures = []
    for url in urls:
        try:
            with written(folder / name) as temporary:
                with (urllib.request.urlopen(url, timeout=30) as source,
                      open(temporary, "wb") as target):
                    shutil.copyfileobj(source, target)
                verify(temporary)
            return folder / name
        except (OSError, DataError) as error:  # URLError and timeouts are OSErrors
            failures.append(f"  {url}: {error}")
    raise OSError(f"{name} could not be downloaded:\n" + "\n".join(failures) +
                  "\nSet TINYGRAD_PT_DATA to a folder that has it, or use what comes with the package.")
