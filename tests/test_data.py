"""The embedded digits, the IDX reader, and MNIST from a folder or a mirror."""

import functools
import gzip
import hashlib
import http.server
import os
import string
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

from tinygrad_pt import data
from tinygrad_pt.data import idx, text
from tinygrad_pt.data.places import cache_dir
from tinygrad_pt.files import written

SMALL = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


def as_idx(array):
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) \
        + array.tobytes()


def md5(content):
    return hashlib.md5(content).hexdigest()


def test_digits_are_the_published_ones():
    train_x, train_y, test_x, test_y = data.digits()
    assert train_x.shape == (1438, 8, 8) and test_x.shape == (359, 8, 8)
    assert train_x.dtype == np.uint8 and train_y.dtype == np.int64
    assert max(train_x.max(), test_x.max()) == 16
    counts = np.bincount(np.concatenate([train_y, test_y]))
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    with np.load(Path(data.__file__).with_name("digits.npz")) as file:
        content = file["images"].tobytes() + file["labels"].tobytes()
    assert md5(content) == "7696c07daa6d85010f8268703ab8b067"


def test_digits_are_split_evenly_and_always_alike():
    first, second = data.digits(), data.digits()
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    train_x, train_y, test_x, test_y = first
    assert (abs(np.bincount(test_y) / np.bincount(train_y) - 1 / 4) < 0.01).all()
    assert not {x.tobytes() for x in train_x} & {x.tobytes() for x in test_x}


def test_digits_are_small_and_attributed():
    folder = Path(data.__file__).parent
    assert (folder / "digits.npz").stat().st_size < 150_000
    text = (folder / "digits.txt").read_text()
    assert all(word in text for word in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_idx_is_read(tmp_path, pack):
    path = tmp_path / "images"
    path.write_bytes(pack(as_idx(SMALL)))
    array = data.read_idx(path, md5(as_idx(SMALL)))
    assert array.dtype == np.uint8 and array.flags.writeable
    assert (array == SMALL).all()


whole = as_idx(SMALL)


@pytest.mark.parametrize("content, says", [
    (b"", "an empty file"),
    (b"\x89PNG\r\n", "00 00 08 .* found 89 50 4e 47"),
    (b"\0\0\x0d" + whole[3:], "found 00 00 0d 03"),
    (whole[:9], "truncated: its header has 16 bytes, found 9"),
    (whole[:-1], r"truncated: shape \(2, 3, 3\) makes 34 bytes, found 33"),
    (whole + b"\0", "too long"),
    (gzip.compress(whole)[:-9], "damaged or truncated gzip"),
    (gzip.compress(whole)[:-8] + b"\0" * 8, "damaged or truncated gzip"),
    (whole[:-1] + b"\0", f"MD5 is .*, wanted {md5(whole)}"),
])
def test_idx_errors_say_what_was_found_and_wanted(tmp_path, content, says):
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(data.DataError, match=says) as error:
        data.read_idx(path, md5(whole))
    assert str(path) in str(error.value)


@pytest.fixture
def tiny_mnist(tmp_path, monkeypatch):
    """A folder with four small files in place of MNIST's, an empty cache, and no other source."""
    source = tmp_path / "source"
    source.mkdir()
    arrays = [SMALL, SMALL[:, 0, 0], SMALL[:1], SMALL[:1, 0, 0]]
    files = {}
    for name, array in zip(idx.FILES, arrays, strict=True):
        (source / f"{name}.gz").write_bytes(gzip.compress(as_idx(array)))
        files[name] = md5(as_idx(array))
    monkeypatch.setattr(idx, "FILES", files)
    monkeypatch.setattr(idx, "MIRRORS", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("TINYGRAD_PT_DATA", raising=False)
    return source


@pytest.mark.parametrize("folder", [".", "mnist"])
def test_mnist_is_found_in_the_data_folder(tiny_mnist, monkeypatch, folder):
    root = tiny_mnist if folder == "." else tiny_mnist.rename(tiny_mnist.with_name("mnist")).parent
    monkeypatch.setenv("TINYGRAD_PT_DATA", str(root))
    train_x, train_y, _test_x, test_y = data.mnist()
    assert (train_x == SMALL).all() and train_y.tolist() == [0, 9]
    assert train_y.dtype == test_y.dtype == np.int64


@pytest.fixture
def mirror(tiny_mnist):
    """The folder served over HTTP on this machine, and the list of what was asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=str(tiny_mnist))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", asked
        server.shutdown()


def test_mnist_is_downloaded_once(mirror, monkeypatch):
    url, asked = mirror
    monkeypatch.setattr(idx, "MIRRORS", [url + "gone/", url])  # the first has nothing
    for _ in range(2):
        assert (data.mnist()[0] == SMALL).all()
    assert len([path for path in asked if "gone" not in path and "404" not in path]) == 4
    assert sorted(p.name for p in cache_dir("mnist").iterdir()) == sorted(f"{n}.gz" for n in idx.FILES)


def test_a_bad_download_leaves_nothing_behind(mirror, tiny_mnist, monkeypatch):
    name = next(iter(idx.FILES))
    (tiny_mnist / f"{name}.gz").write_bytes(gzip.compress(whole[:-1] + b"\0"))
    monkeypatch.setattr(idx, "MIRRORS", [mirror[0]])
    with pytest.raises(OSError, match=f"could not be downloaded(.|\n)*{name}(.|\n)*wrong content"
                                      "(.|\n)*TINYGRAD_PT_DATA"):
        data.mnist()
    assert list(cache_dir("mnist").iterdir()) == []


def test_samples_of_text_are_embedded():
    names, plays = data.names(sample=True), data.shakespeare(sample=True)
    assert len(names) == 1002 and names[0] == "emma"
    assert set("".join(names)) == set(string.ascii_lowercase)
    assert 19_000 < len(plays) < 20_001 and plays.startswith("First Citizen:")


def test_text_is_checked_before_it_is_used(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAD_PT_DATA", str(tmp_path))
    (tmp_path / "names.txt").write_text("emma\n")
    with pytest.raises(data.DataError, match="wrong content: SHA-256"):
        data.names()
    digest = hashlib.sha256(b"emma\n").hexdigest()
    monkeypatch.setitem(text.FILES, "names.txt", (digest, ""))
    assert data.names() == ["emma"]


def test_written_is_all_or_nothing(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), written(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with written(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


beside = Path(__file__).resolve().parents[2] / "shared" / "data"
real = os.environ.get("TINYGRAD_PT_DATA") or (str(beside) if beside.is_dir() else "")


@pytest.mark.skipif(not (Path(real) / "mnist").is_dir(), reason="no MNIST on this machine")
def test_real_mnist(monkeypatch):
    monkeypatch.setenv("TINYGRAD_PT_DATA", real)
    train_x, train_y, test_x, test_y = data.mnist()
    assert train_x.shape == (60000, 28, 28) and test_x.shape == (10000, 28, 28)
    assert np.bincount(train_y).tolist() == [5923, 6742, 5958, 6131, 5842,
                                             5421, 5918, 6265, 5851, 5949]
    assert test_y[:5].tolist() == [7, 2, 1, 0, 4]
    assert train_x.max() == 255 and round(train_x.mean() / 255, 4) == 0.1307
