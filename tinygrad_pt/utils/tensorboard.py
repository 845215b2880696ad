"""SummaryWriter: the numbers of a training run, in the files that TensorBoard shows.

Such a file is a row of records: a length, its checksum, so many bytes, their checksum. The bytes are a
message in the format of protocol buffers: for each field its number and type, and its value.
"""

from __future__ import annotations

import socket
import time
import warnings
from pathlib import Path
from struct import pack
from typing import Any

__all__ = ["SummaryWriter"]


def _remainders() -> list[int]:
    """What each byte leaves when divided by the polynomial of CRC-32C (Castagnoli et al., 1993)."""
    table = list(range(256))
    for _ in range(8):
        table = [x >> 1 ^ (x & 1) * 0x82F63B78 for x in table]
    return table


_CRC = _remainders()


def _checksum(data: bytes) -> bytes:
    """CRC-32C, turned and shifted, as in records of TensorFlow."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _record(data: bytes) -> bytes:
    size = pack("<Q", len(data))
    return size + _checksum(size) + data + _checksum(data)


def _varint(n: int) -> bytes:
    """An integer, seven bits to a byte, the lowest first."""
    n &= (1 << 64) - 1
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + _varint(n >> 7)


def _field(number: int, kind: int, data: bytes) -> bytes:
    """A field of a message: kind 0 is a varint, 1 a double, 2 bytes of a given length, 5 a float."""
    return _varint(number << 3 | kind) + data


def _bytes(number: int, data: bytes) -> bytes:
    return _field(number, 2, _varint(len(data)) + data)


class SummaryWriter:
    """Writes scalars to a new file in the folder ``log_dir``, by default ``runs/TIME_HOST``.

    Pictures, histograms and the like are not written: their methods warn and do nothing.
    """

    def __init__(self, log_dir: Any = None, comment: str = "", purge_step: int | None = None,
                 max_queue: int = 10, flush_secs: int = 120, filename_suffix: str = ""):
        host = socket.gethostname()
        self.log_dir = str(log_dir or f"runs/{time.strftime('%b%d_%H-%M-%S')}_{host}{comment}")
        folder = Path(self.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns()}.{host}{filename_suffix}"
        self._file = (folder / name).open("wb")
        self._event(_bytes(3, b"brain.Event:2"))

    def _event(self, fields: bytes, walltime: float | None = None) -> None:
        now = pack("<d", time.time() if walltime is None else walltime)
        self._file.write(_record(_field(1, 1, now) + fields))

    def add_scalar(self, tag: str, scalar_value: Any, global_step: int | None = None,
                   walltime: float | None = None, **_: Any) -> None:
        """Write one number (float, array or tensor of one element) of the curve ``tag``."""
        value = _bytes(1, tag.encode()) + _field(2, 5, pack("<f", float(scalar_value)))
        step = _field(2, 0, _varint(int(global_step or 0)))
        self._event(step + _bytes(5, _bytes(1, value)), walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: dict[str, Any],
                    global_step: int | None = None, walltime: float | None = None) -> None:
        """Write several, as the curves ``main_tag/key``."""
        for key, value in tag_scalar_dict.items():
            self.add_scalar(f"{main_tag}/{key}", value, global_step, walltime)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("add_"):
            raise AttributeError(f"SummaryWriter has no attribute {name!r}")

        def skip(*args: Any, **kw: Any) -> None:
            warnings.warn(f"SummaryWriter.{name}: only scalars are written here", stacklevel=2)
        return skip

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()
