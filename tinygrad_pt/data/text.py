"""Text to learn letters from: first names, and Shakespeare. Samples are embedded in the package."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..files import DataError
from .places import find

# File: SHA-256 of its content, and where it is published.
FILES = {
    "names.txt": ("0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
                  "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt"),
    "tinyshakespeare.txt": (
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt")}


def names(sample: bool = False) -> list[str]:
    """32,033 first names in small letters, from records of the US Social Security; sample: 1,002.

    The file is found or downloaded as those of `mnist`.
    """
    return _text("names.txt", sample).split()


def shakespeare(sample: bool = False) -> str:
    """1,115,394 characters of Shakespeare's plays; sample: the first 20,000.

    The file is found or downloaded as those of `mnist`.
    """
    return _text("tinyshakespeare.txt", sample)


def _text(name: str, sample: bool) -> str:
    if sample:
        return Path(__file__).with_name(f"sample_{name}").read_text("utf-8")
    _, url = FILES[name]
    path = find([name], "text", [url], lambda path: _verified(path, name))
    return _verified(path, name)


def _verified(path: Path, name: str) -> str:
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != FILES[name][0]:
        raise DataError(f"{path}: wrong content: SHA-256 is {found}, wanted {FILES[name][0]}")
    return content.decode("utf-8")
