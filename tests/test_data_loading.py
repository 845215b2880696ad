"""Datasets, samplers and DataLoader: PyTorch's batches for the same seed; workers; names for GPUs."""

import collections
import multiprocessing
import os
import random
import time

import numpy as np
import pytest

import tinygrad_pt as tg
from tinygrad_pt import datasets
from tinygrad_pt.utils import data

try:
    import torch
    import torch.utils.data
except ImportError:
    torch = None
beside_torch = pytest.mark.skipif(torch is None, reason="no torch to compare with")

Pair = collections.namedtuple("Pair", "a b")


class Draws:
    """Random numbers of a library, of Python and of NumPy."""

    def __init__(self, m):
        self.m = m

    def __len__(self):
        return 7

    def __getitem__(self, i):
        return i, random.random(), np.random.random(), self.m.rand(1), self.m.randn(2)


class Squares:
    """Samples of several kinds."""

    def __init__(self, n=23):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if not 0 <= i < self.n:
            raise IndexError(i)
        return {"n": i, "x": np.full(2, i, np.float32), "y": i / 2, "t": str(i),
                "p": Pair(i, (i, i > 3))}


def plain(x):
    """A batch as lists, dtypes and shapes, the same of both libraries."""
    if isinstance(x, tg.Tensor) or (torch is not None and isinstance(x, torch.Tensor)):
        return str(x.dtype).removeprefix("torch."), tuple(x.shape), x.tolist()
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return type(x).__name__, [plain(v) for v in x]
    return x


def tensors(m, n=23):
    return m.utils.data.TensorDataset(m.arange(n), m.arange(2.0 * n).reshape(n, 2))


# Each gives something to iterate over; it is iterated over twice, after manual_seed.
ORDERS = {
    "in order": lambda m, d: d.DataLoader(Squares(), 5),
    "shuffled": lambda m, d: d.DataLoader(Squares(), 5, shuffle=True),
    "shuffled tensors": lambda m, d: d.DataLoader(tensors(m), 4, shuffle=True, drop_last=True),
    "with a generator": lambda m, d: d.DataLoader(
        tensors(m), 4, shuffle=True, generator=m.Generator().manual_seed(3)),
    "one by one": lambda m, d: d.DataLoader(Squares(), None),
    "one by one, shuffled": lambda m, d: d.DataLoader(Squares(), batch_size=None, shuffle=True),
    "collated": lambda m, d: d.DataLoader(Squares(), 5, collate_fn=lambda b: [s["n"] for s in b]),
    "a sampler": lambda m, d: d.DataLoader(
        tensors(m), 4, sampler=d.RandomSampler(range(23), replacement=True, num_samples=70)),
    "without replacement": lambda m, d: d.DataLoader(
        tensors(m), 4, sampler=d.RandomSampler(range(23), num_samples=60)),
    "a batch sampler": lambda m, d: d.DataLoader(
        tensors(m), batch_sampler=d.BatchSampler(d.SubsetRandomSampler([3, 1, 4, 1, 5]), 2, False)),
    "weights": lambda m, d: d.DataLoader(
        tensors(m), 4, sampler=d.WeightedRandomSampler([*range(23)], 40)),
    "weights without replacement": lambda m, d: d.WeightedRandomSampler([*range(1, 24)], 20, False),
    "a split": lambda m, d: d.DataLoader(d.random_split(tensors(m), [20, 3])[0], 6, shuffle=True),
    "parts": lambda m, d: [list(p) for p in d.random_split(range(23), [0.5, 0.3, 0.2],
                                                           generator=m.Generator().manual_seed(1))],
    "a concatenation": lambda m, d: d.DataLoader(
        d.ConcatDataset([tensors(m, 3), d.Subset(tensors(m), [5, 7, 11])]), 4, shuffle=True),
    "a sampler's own generator": lambda m, d: d.RandomSampler(
        range(40), generator=m.Generator().manual_seed(8)),
    "rounded parts": lambda m, d: [list(p) for p in d.random_split(range(101), [1 / 3, 1 / 6, 1 / 2])],
    "workers": lambda m, d: d.DataLoader(Draws(m), 2, shuffle=True, num_workers=2),
    "workers that stay": lambda m, d: d.DataLoader(Squares(), 5, shuffle=True, num_workers=1,
                                                   persistent_workers=True, prefetch_factor=1),
    "workers with a generator": lambda m, d: d.DataLoader(
        Draws(m), 4, sampler=d.WeightedRandomSampler([1.0, 2.0, 0.5], 9), num_workers=2,
        generator=m.Generator().manual_seed(2)),
    "by hand": lambda m, d: [d.default_collate([(1, 2.5, "a", np.int32(3))] * 2),
                             d.default_collate([True, False]),
                             d.default_collate([np.ones((2, 3))] * 2)],
}


@beside_torch
@pytest.mark.parametrize("name", ORDERS)
def test_batches_are_pytorchs(name):
    def batches(m):
        m.manual_seed(7)
        loader = ORDERS[name](m, m.utils.data)
        it = iter(loader)
        drawn = m.rand(1).item()  # what is drawn between iter() and next() counts, too
        return [*map(plain, it)], drawn, [*map(plain, loader)], m.rand(3).tolist(), len(loader)

    assert batches(tg) == batches(torch)


def test_every_sample_comes_once():
    tg.manual_seed(0)
    loader = data.DataLoader(tensors(tg), 4, shuffle=True)
    first, second = ([i for x, _ in loader for i in x.tolist()] for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(23)) and first != second
    assert len(loader) == 6 and len(data.DataLoader(tensors(tg), 4, drop_last=True)) == 5
    a, b = data.random_split(tensors(tg), [0.7, 0.3])
    assert sorted(a.indices + b.indices) == list(range(23)) and len(a) == 17


class Numbers(data.IterableDataset):
    """0 … 9, shared among the workers."""

    def __iter__(self):
        info = data.get_worker_info()
        return iter(range(10) if info is None else range(info.id, 10, info.num_workers))


class Seeds:
    """Random numbers, by the worker's seed."""

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return tg.rand(1).item(), random.random(), data.get_worker_info().id


class Broken:
    def __len__(self):
        return 8

    def __getitem__(self, i):
        if i == 5:
            raise KeyError("no sample 5")
        return i


class Deadly(Broken):
    def __getitem__(self, i):
        os._exit(3)


class Slow(Broken):
    def __getitem__(self, i):
        time.sleep(30)


def seed_again(i):
    tg.manual_seed(100 + i)


@pytest.mark.parametrize("start", multiprocessing.get_all_start_methods()[:2])
def test_workers_give_the_same_batches(start):
    """By fork, and by spawn, for which all has to be picklable."""
    for make in (lambda **kw: data.DataLoader(Squares(), 5, shuffle=True, **kw),
                 lambda **kw: data.DataLoader(tensors(tg), None, shuffle=True, **kw)):
        found = []
        for n in (0, 2):
            tg.manual_seed(1)
            found.append([*map(plain, make(num_workers=n,
                                           multiprocessing_context=start if n else None))])
        assert found[0] == found[1]


def test_workers_share_a_stream():
    alone = [x.tolist() for x in data.DataLoader(Numbers(), 4)]
    assert alone == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    shared = [x.tolist() for x in data.DataLoader(Numbers(), 2, num_workers=3)]
    assert shared == [[0, 3], [1, 4], [2, 5], [6, 9], [7], [8]]
    assert [x.tolist() for x in data.DataLoader(Numbers(), 4, drop_last=True)] == alone[:2]
    assert [*data.DataLoader(Numbers(), None)] == list(range(10))
    assert [*data.ChainDataset([Numbers(), Numbers()])] == 2 * list(range(10))


class Threads(data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return tg.get_num_threads()


def test_a_worker_has_one_thread():
    assert [x.tolist() for x in data.DataLoader(Threads(), 1, num_workers=2)] == [[1], [1]]


def test_workers_are_seeded():
    def batches(**kw):
        tg.manual_seed(5)
        return [plain(b) for b in data.DataLoader(Seeds(), 2, num_workers=2, **kw)]

    one, two = batches(), batches()
    assert one == two and one[0] != one[1]
    _, (_, (drawn, _, worker)) = batches(worker_init_fn=seed_again)
    tg.manual_seed(101)
    assert worker[2] == [1, 1] and drawn[2][0] == tg.rand(1).item()


@pytest.mark.parametrize("error, says, dataset, kw", [
    (KeyError, "worker process 0(.|\n)*no sample 5", Broken(), {}),
    (RuntimeError, r"worker process 0 ended unexpectedly \(exit code 3\)", Deadly(), {}),
    (RuntimeError, "no batch within 0.2 seconds", Slow(), {"timeout": 0.2}),
])
def test_what_goes_wrong_in_a_worker_is_said(error, says, dataset, kw):
    with pytest.raises(error, match=says):
        list(data.DataLoader(dataset, 3, num_workers=1, **kw))
    assert not multiprocessing.active_children()


def test_workers_end_when_the_loop_is_left():
    for _ in data.DataLoader(Squares(), 2, num_workers=2):
        break
    del _
    deadline = time.time() + 5
    while multiprocessing.active_children() and time.time() < deadline:
        time.sleep(0.01)
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("error, make", [
    (ValueError, lambda d: d.DataLoader([1], batch_size=0)),
    (ValueError, lambda d: d.DataLoader([1], num_workers=-1)),
    (ValueError, lambda d: d.DataLoader([1], shuffle=True, sampler=[0])),
    (ValueError, lambda d: d.DataLoader([1], batch_sampler=[[0]], batch_size=2)),
    (ValueError, lambda d: d.DataLoader([1], None, drop_last=True)),
    (ValueError, lambda d: d.DataLoader([], shuffle=True)),
    (ValueError, lambda d: d.DataLoader([1], prefetch_factor=2)),
    (ValueError, lambda d: d.RandomSampler([1], num_samples=0)),
    (TypeError, lambda d: d.RandomSampler([1], replacement=1)),
    (ValueError, lambda d: d.BatchSampler([1], 2.5, False)),
    (ValueError, lambda d: d.BatchSampler([1], 2, 1)),
    (ValueError, lambda d: d.random_split([1, 2, 3], [1, 1])),
    (AssertionError, lambda d: d.ConcatDataset([])),
    (IndexError, lambda d: d.ConcatDataset([[1], [2]])[2]),
    (ValueError, lambda d: d.ConcatDataset([[1], [2]])[-3]),
    (TypeError, lambda d: d.default_collate([None])),
    (RuntimeError, lambda d: d.default_collate([[1, 2], [1]])),
    (RuntimeError, lambda d: list(d.DataLoader([np.ones(2), np.ones(3)], 2))),
    (NotImplementedError, lambda d: d.Dataset()[0]),
    (ValueError, lambda d: d.DataLoader(d.ChainDataset([]), shuffle=True)),
    (ValueError, lambda d: d.DataLoader([1], batch_size=-1)),
    (ValueError, lambda d: d.DataLoader([1], batch_size=1.5)),
    (ValueError, lambda d: d.DataLoader([1], timeout=-1)),
    (ValueError, lambda d: d.DataLoader([1], persistent_workers=True)),
    (ValueError, lambda d: d.DataLoader([1], multiprocessing_context="fork")),
    (ValueError, lambda d: d.DataLoader([1], multiprocessing_context="x", num_workers=1)),
    (TypeError, lambda d: d.DataLoader([1], bogus=1)),
    (TypeError, lambda d: list(d.DataLoader([1, 2], collate_fn=5))),
    (ValueError, lambda d: d.RandomSampler([1], num_samples=1.5)),
    (TypeError, lambda d: list(d.SequentialSampler(5))),
    (TypeError, lambda d: list(d.SubsetRandomSampler(5))),
    (ValueError, lambda d: d.WeightedRandomSampler([1, 2], 0)),
    (ValueError, lambda d: d.WeightedRandomSampler([1, 2], True)),
    (ValueError, lambda d: d.WeightedRandomSampler([1, 2], 2, replacement=2)),
    (ValueError, lambda d: d.WeightedRandomSampler([[1.0, 2.0]], 2)),
    (RuntimeError, lambda d: list(d.WeightedRandomSampler([1.0, 2.0], 3, False))),
    (RuntimeError, lambda d: list(d.WeightedRandomSampler([-1.0, 2.0], 3))),
    (ValueError, lambda d: d.BatchSampler([1], 0, False)),
    (ValueError, lambda d: d.BatchSampler([1], True, False)),
    (ValueError, lambda d: d.random_split([1, 2, 3], [0.5, 0.6])),
    (ValueError, lambda d: d.random_split([1, 2, 3], [-0.5, 1.5])),
    (TypeError, lambda d: d.random_split([1, 2, 3], 5)),
    (IndexError, lambda d: d.Subset([1, 2, 3], [5])[0]),
    (IndexError, lambda d: d.Subset([1, 2, 3], [2])[4]),
])
def test_errors(error, make):
    with pytest.raises(error):
        make(data)
    if torch is not None:
        with pytest.raises(error):
            make(torch.utils.data)


def test_rows_of_different_length_do_not_make_a_dataset():
    with pytest.raises(AssertionError, match=r"\(2,\), \(3,\)"):
        data.TensorDataset(tg.ones(2), tg.ones(3))


# ── datasets ────────────────────────────────────────────────────────────────────────────────────


def test_digits_and_text():
    train, test = datasets.Digits(), datasets.Digits(train=False, target_transform=str)
    assert len(train) == 1438 and len(test) == 359 and test[0][1] == "0"
    x, y = next(iter(data.DataLoader(train, 16)))
    assert x.shape == (16, 1, 8, 8) and x.dtype == tg.float32 and y.dtype == tg.int64
    assert 0 <= x.min().item() and x.max().item() == 1
    text = datasets.Characters("hello world", 4)
    assert len(text) == 7 and text.chars == sorted(set("hello world"))
    assert [text.decode(t) for t in text[2]] == ["llo ", "lo w"]
    assert text[-1][1].tolist() == text.encode("orld")
    for x, y in data.DataLoader(text, 3):
        assert x[:, 1:].tolist() == y[:, :-1].tolist()
    with pytest.raises(IndexError):
        text[7]
    with pytest.raises(ValueError, match="more than 4 characters"):
        datasets.Characters("abc", 4)


def test_idx_files_in_a_folder(tmp_path):
    folder = tmp_path / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    (folder / "train-images-idx3-ubyte").write_bytes(
        b"\0\0\x08\x03" + bytes([0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(range(8)))
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\2" + bytes([7, 3]))
    clothes = datasets.FashionMNIST(tmp_path)
    assert clothes.data.tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]
    assert clothes[1][1] == 3 and clothes.classes[3] == "Dress"
    with pytest.raises(OSError, match="t10k-images"):
        datasets.FashionMNIST(tmp_path, train=False)
    (tmp_path / "mnist").mkdir()
    for path in folder.iterdir():
        (tmp_path / "mnist" / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match="MD5"):  # MNIST's are known
        datasets.MNIST(tmp_path)


def test_a_folder_of_images(tmp_path):
    image = pytest.importorskip("PIL.Image")
    for i, name in enumerate(["cat", "dog"]):
        (tmp_path / name).mkdir()
        for j in range(2):
            image.new("RGB", (6, 4), (100 * i, 50 * j, 255)).save(tmp_path / name / f"{j}.png")
    (tmp_path / "cat" / "notes.txt").write_text("not an image")
    folder = datasets.ImageFolder(tmp_path)
    assert folder.classes == ["cat", "dog"] and folder.targets == [0, 0, 1, 1] and len(folder) == 4
    x, label = folder[3]
    assert x.shape == (3, 4, 6) and label == 1
    np.testing.assert_allclose(x[:, 0, 0].numpy(), [100 / 255, 50 / 255, 1], rtol=1e-6)
    small = datasets.ImageFolder(tmp_path, datasets.Compose([
        datasets.Resize(2), datasets.CenterCrop(2), datasets.Grayscale(), datasets.ToTensor(),
        datasets.Normalize([0.5], [0.5]), datasets.RandomHorizontalFlip()]))
    assert [b.shape for b, _ in data.DataLoader(small, 4)] == [(4, 1, 2, 2)]
    assert datasets.Resize((3, 5))(image.new("L", (6, 4))).size == (5, 3)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no images"):
        datasets.ImageFolder(tmp_path / "empty")


def test_transforms():
    x = tg.arange(6.0).reshape(1, 2, 3)
    assert datasets.RandomHorizontalFlip(1.0)(x).tolist() == [[[2, 1, 0], [5, 4, 3]]]
    assert datasets.RandomHorizontalFlip(0.0)(x) is x
    crops = [datasets.RandomCrop((2, 3), padding=1)(x) for _ in range(50)]
    framed = tg.nn.functional.pad(x, [1] * 4)
    assert {str(crop.tolist()) for crop in crops} == {
        str(framed[:, i:i + 2, j:j + 3].tolist()) for i in range(3) for j in range(3)}
    with pytest.raises(ValueError, match=r"RandomCrop: wants \(3, 3\)"):
        datasets.RandomCrop(3)(x)
    assert datasets.Normalize([2.0], [4.0])(x).tolist() == ((x - 2) / 4).tolist()
    y = datasets.ToTensor()(np.full((2, 3, 3), 51, np.uint8))
    assert y.shape == (3, 2, 3) and y.dtype == tg.float32 and round(y[0, 0, 0].item(), 6) == 0.2


# ── the names for other hardware ────────────────────────────────────────────────────────────────

PROGRAM = """
import {m} as torch
import {m}.backends.cudnn as cudnn
from {m}.cuda.amp import GradScaler
from {m}.amp import autocast
cudnn.benchmark = True
torch.backends.cuda.matmul.allow_tf32 = True
torch.cuda.manual_seed_all(1); torch.cuda.manual_seed(1)
print(torch.cuda.is_available(), torch.cuda.device_count(), torch.backends.mps.is_available(),
      torch.accelerator.is_available(), torch.backends.cudnn.benchmark)
print(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
w = torch.ones(2, requires_grad=True)
optimizer, scaler = torch.optim.SGD([w], lr=0.5), GradScaler(enabled=False)
with autocast("cpu", enabled=False):
    loss = (w * w).sum()
scaler.scale(loss).backward()
scaler.unscale_(optimizer)
scaler.step(optimizer)
scaler.update()
print(w.tolist(), scaler.state_dict(), scaler.is_enabled(), type(torch.__version__.split(".")))
"""


def test_programs_that_look_for_a_gpu_run(printed):
    ours = printed(PROGRAM.format(m="tinygrad_pt"))
    assert ours.startswith("False 0 False False True\ncpu\n[0.0, 0.0] {} False")
    if torch is not None and not torch.cuda.is_available():
        assert ours == printed(PROGRAM.format(m="torch"))


def test_what_is_not_here_says_so():
    assert tg.compile(abs) is abs and tg.compile(mode="max-autotune")(abs) is abs
    with pytest.raises(RuntimeError, match="no GPU"):
        tg.cuda.set_device(0)
    with pytest.raises(ImportError, match="nonsense"):
        import tinygrad_pt.cuda.nonsense  # noqa: F401
    with pytest.raises(AttributeError, match="nonsense"):
        tg.utils.nonsense  # noqa: B018


def test_scalars_are_written_as_tensorboard_reads_them(tmp_path):
    from tinygrad_pt.utils.tensorboard import SummaryWriter
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("a", tg.tensor([1.0]), 300, walltime=0.0)
        written = next((tmp_path / "run").glob("events.out.tfevents.*"))
        writer.flush()
        # What TensorBoard 2.21 was seen to read as step 300, value 1.0.
        assert written.read_bytes().endswith(bytes.fromhex(
            "1800000000000000 a37f4b22 090000000000000000 10ac02 2a0a 0a08 0a0161150000803f 270ed342"))
        writer.add_scalars("loss", {"train": 1, "test": 2.5}, 1)
        with pytest.warns(UserWarning, match="add_image: only scalars"):
            writer.add_image("picture", None)
        with pytest.raises(AttributeError, match="nonsense"):
            writer.nonsense  # noqa: B018
    assert b"loss/train" in written.read_bytes() and b"loss/test" in written.read_bytes()
