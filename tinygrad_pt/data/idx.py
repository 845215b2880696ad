"""MNIST, and the IDX format its files are in.

An IDX file is two zero bytes, a type (8: unsigned byte), the number of dimensions, each dimension
as a big-endian 32-bit integer, then the elements.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from ..files import DataError
from .places import find

MIRRORS = ["https://ossci-datasets.s3.amazonaws.com/mnist/",
           "https://storage.googleapis.com/cvdf-datasets/mnist/"]

# File (its download ends in .gz) and MD5 of what is inside.
FILES = {"train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
         "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
         "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
         "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637"}


def mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The 70,000 handwritten digits of MNIST: ``(train_x, train_y, test_x, test_y)``.

    Images: uint8, shape (60000, 28, 28) and (10000, 28, 28), 0 paper to 255 ink; the digit is 20
    pixels high and its centre of mass lies in the middle. Labels: int64, 0 to 9.

    The four files, compressed or not, are taken from ``$TINYGRAD_PT_DATA``, its folder ``mnist``,
    or the cache (``$XDG_CACHE_HOME/tinygrad_pt/mnist``, by default under ``~/.cache``), and are
    otherwise downloaded into the cache (11 MB). All are checked against known digests: DataError
    for a damaged file, OSError if none can be had.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, 1998.
    """
    train_x, train_y, test_x, test_y = (read_idx(_find(name), md5) for name, md5 in FILES.items())
    return train_x, train_y.astype(np.int64), test_x, test_y.astype(np.int64)


def read_idx(path: str | os.PathLike, md5: str | None = None) -> np.ndarray:
    """The uint8 array in an IDX file, gzip-compressed or plain.

    ``md5`` is the wanted digest of the uncompressed content. DataError if it is otherwise.
    """
    content = Path(path).read_bytes()
    if content[:2] == b"\x1f\x8b":
        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: damaged or truncated gzip file: {error}") from None
    if content[:3] != b"\0\0\x08" or not 1 <= (content + b"\0" * 4)[3] <= 4:
        raise DataError(f"{path}: wanted an IDX header of bytes, 00 00 08 and 1 to 4 dimensions, "
                        f"found {content[:4].hex(' ') or 'an empty file'}")
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataError(f"{path}: truncated: its header has {start} bytes, found {len(content)}")
    shape = struct.unpack_from(f">{content[3]}I", content, 4)
    wanted = start + int(np.prod(shape, dtype=object))
    if len(content) != wanted:
        raise DataError(f"{path}: {'truncated' if len(content) < wanted else 'too long'}: "
                        f"shape {shape} makes {wanted:,} bytes, found {len(content):,}")
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 and found != md5:
        raise DataError(f"{path}: wrong content: MD5 is {found}, wanted {md5}")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _find(name: str) -> Path:
    """Where an MNIST file lies; it is downloaded if it lies nowhere."""
    return find([name, f"{name}.gz"], "mnist", [f"{mirror}{name}.gz" for mirror in MIRRORS],
                lambda path: read_idx(path, FILES[name]))
