"""Datasets, samplers, and `DataLoader`, which makes batches of them.

Random numbers are drawn in PyTorch's order: the same seed gives the same batches.
"""

from __future__ import annotations

import itertools
import random
import sys
import traceback
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

import numpy as np

from ..functions import manual_seed, multinomial, randint, randperm, stack, tensor
from ..kernels import set_num_threads
from ..places import lookup
from ..random import Generator
from ..tensors import Tensor, wrap

T = TypeVar("T")
__path__: list[str] = []  # within which `places` makes utils.data.sampler and the like
__getattr__ = partial(lookup, __name__)

# ── datasets ────────────────────────────────────────────────────────────────────────────────────


class Dataset(Generic[T]):
    """Samples by index: subclasses define ``__getitem__``, and ``__len__`` for most samplers."""

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__()")

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """Samples one after the other: subclasses define ``__iter__``.

    With workers each iterates over a copy; `get_worker_info` tells them apart.
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")

    def __add__(self, other: Dataset) -> ChainDataset:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple]):
    """Rows of tensors of the same length: sample i is ``(a[i], b[i], …)``."""

    def __init__(self, *tensors: Tensor):
        sizes = {t.shape[0] for t in tensors}
        if len(sizes) > 1:
            raise AssertionError("TensorDataset: wants tensors of the same length, got shapes "
                                 f"{', '.join(str(tuple(t.shape)) for t in tensors)}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class Subset(Dataset[T]):
    """The samples of a dataset at some indices."""

    def __init__(self, dataset: Dataset, indices: Sequence[int]):
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> T:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class StackDataset(Dataset):
    """Datasets side by side: sample i has one of each, in a tuple, or in a dict by their names."""

    def __init__(self, *args: Dataset, **kwargs: Dataset):
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: wants datasets either in order or by name, got "
                             f"{len(args)} and {len(kwargs)}")
        self.datasets = kwargs or args
        sizes = {len(d) for d in self._all()}
        if len(sizes) > 1:
            raise ValueError(f"StackDataset: wants datasets of one length, got {sorted(sizes)}")

    def _all(self) -> Iterable[Any]:
        return self.datasets.values() if isinstance(self.datasets, dict) else self.datasets

    def __getitem__(self, index: int) -> Any:
        row = tuple(d[index] for d in self._all())
        return dict(zip(self.datasets, row, strict=True)) if isinstance(self.datasets, dict) else row

    def __len__(self) -> int:
        return len(next(iter(self._all())))


class ConcatDataset(Dataset[T]):
    """Datasets one after the other."""

    def __init__(self, datasets: Iterable[Dataset]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("ConcatDataset: wants at least one dataset")
        if any(isinstance(d, IterableDataset) for d in self.datasets):
            raise AssertionError("ConcatDataset: an IterableDataset has no indices; use ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T:
        if not -len(self) <= index < len(self):
            raise (ValueError if index < 0 else IndexError)(
                f"ConcatDataset: index {index} is out of range for {len(self)} samples")
        index %= len(self)
        i = bisect_right(self.cumulative_sizes, index)
        return self.datasets[i][index - (self.cumulative_sizes[i - 1] if i else 0)]


class ChainDataset(IterableDataset):
    """IterableDatasets one after the other."""

    def __init__(self, datasets: Iterable[Dataset]):
        self.datasets = datasets

    def __iter__(self) -> Iterator:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(map(len, self.datasets))


def random_split(dataset: Dataset, lengths: Sequence[float],
                 generator: Generator | None = None) -> list[Subset]:
    """A dataset in parts of some lengths, or fractions that add up to 1, at random.

    What fractions leave over goes to the parts in turn. ValueError if the lengths do not add up.
    """
    n = len(dataset)
    if abs(sum(lengths) - 1) < 1e-9 and all(0 <= f <= 1 for f in lengths):
        sizes = [int(n * f) for f in lengths]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    else:
        sizes = list(lengths)
    if sum(sizes) != n:
        raise ValueError(f"random_split: lengths {list(lengths)} add up to {sum(sizes)}, the dataset "
                         f"has {n} samples")
    order = iter(randperm(n, generator=generator).tolist())
    return [Subset(dataset, list(itertools.islice(order, size))) for size in sizes]


# ── samplers ────────────────────────────────────────────────────────────────────────────────────


def _drawn_seed(generator: Generator | None) -> int:
    """A 63-bit seed from a stream: PyTorch draws one here, too."""
    return wrap(np.zeros((), np.int64)).random_(generator=generator).item()


class Sampler(Generic[T]):
    """Indices in some order: subclasses define ``__iter__``, and ``__len__`` if it is known."""

    def __init__(self, data_source: Any = None):
        pass

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__()")


class SequentialSampler(Sampler[int]):
    """0, 1, 2, …"""

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """``num_samples`` indices, by default each once, at random; also with ``replacement``."""

    def __init__(self, data_source: Any, replacement: bool = False, num_samples: int | None = None,
                 generator: Generator | None = None):
        _check_sampler("RandomSampler", replacement,
                       len(data_source) if num_samples is None else num_samples)
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples

    @property
    def num_samples(self) -> int:
        """How many indices an iteration has."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n, left, g = len(self.data_source), self.num_samples, self.generator
        if g is None:
            g = Generator().manual_seed(_drawn_seed(None))
        size = 32 if self.replacement else n
        while size and left >= 0:
            some = randint(n, (min(size, left),), generator=g) if self.replacement else randperm(
                n, generator=g)
            yield from some.tolist()[:left]
            left -= size

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order."""

    def __init__(self, indices: Sequence[int], generator: Generator | None = None):
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        for i in randperm(len(self.indices), generator=self.generator).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """``num_samples`` indices with probabilities proportional to ``weights``."""

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True,
                 generator: Generator | None = None):
        _check_sampler("WeightedRandomSampler", replacement, num_samples, ValueError)
        self.weights = wrap(np.array(weights.tolist() if isinstance(weights, Tensor) else list(weights),
                                     np.float64))
        if self.weights.ndim != 1:
            raise ValueError("WeightedRandomSampler: wants weights in one dimension, got shape "
                             f"{tuple(self.weights.shape)}")
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        yield from multinomial(self.weights, self.num_samples, self.replacement,
                               generator=self.generator).tolist()

    def __len__(self) -> int:
        return self.num_samples


class DistributedSampler(Sampler[int]):
    """The indices that fall to one of several processes: every ``num_replicas``-th from ``rank`` on.

    All get equally many: some indices twice, or with ``drop_last`` some never. The order is that of
    ``seed`` plus the number given to `set_epoch`. By default there is one process, this one.
    """

    def __init__(self, dataset: Any, num_replicas: int | None = None, rank: int | None = None,
                 shuffle: bool = True, seed: int = 0, drop_last: bool = False):
        self.num_replicas, self.rank = num_replicas or 1, rank or 0
        if not 0 <= self.rank < self.num_replicas:
            raise ValueError(f"DistributedSampler: rank lies in 0 … {self.num_replicas - 1}, got "
                             f"{rank}")
        self.dataset, self.shuffle, self.seed, self.drop_last = dataset, shuffle, seed, drop_last
        self.epoch = 0
        n = len(dataset)
        self.num_samples = (n if drop_last else n + self.num_replicas - 1) // self.num_replicas
        self.total_size = self.num_samples * self.num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        g = Generator().manual_seed(self.seed + self.epoch)
        order = randperm(n, generator=g).tolist() if self.shuffle else range(n)
        return itertools.islice(itertools.cycle(order), self.rank, self.total_size, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Another order for another epoch; without it all have the same."""
        self.epoch = epoch


def _check_sampler(name: str, replacement: Any, num_samples: Any,
                   wrong: type[Exception] = TypeError) -> None:
    if not isinstance(replacement, bool):
        raise wrong(f"{name}: replacement is True or False, got {replacement!r}")
    if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
        raise ValueError(f"{name}: num_samples is an integer of at least 1, got {num_samples!r}")


class BatchSampler(Sampler[list]):
    """Lists of ``batch_size`` indices of a sampler; the last may be shorter, or be dropped."""

    def __init__(self, sampler: Iterable, batch_size: int, drop_last: bool):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError("BatchSampler: batch_size is an integer of at least 1, got "
                             f"{batch_size!r}")
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: drop_last is True or False, got {drop_last!r}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list]:
        indices = iter(self.sampler)
        while batch := list(itertools.islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        return (len(self.sampler) + (0 if self.drop_last else self.batch_size - 1)) // self.batch_size


# ── samples to batches ──────────────────────────────────────────────────────────────────────────


def default_collate(batch: Sequence) -> Any:
    """Samples as one batch: tensors, arrays and numbers stacked, also within tuples, lists and dicts.

    Text stays a list. RuntimeError for samples that differ in shape or length, TypeError for other
    types.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, np.ndarray | np.generic) and first.dtype.kind in "fiub":
        return stack([wrap(np.asarray(a)) for a in batch])
    if isinstance(first, float):
        return tensor(batch, dtype=np.float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return _like(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("default_collate: the samples of a batch have different lengths: "
                               f"{[len(sample) for sample in batch]}")
        parts = [default_collate(part) for part in zip(*batch, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else parts
    raise TypeError("default_collate: batches are made of tensors, arrays, numbers, text, dicts and "
                    f"lists, not of {type(first).__name__}; give a collate_fn")


def default_convert(data: Any) -> Any:
    """Arrays as tensors, also within tuples, lists and dicts: what is done without batches."""
    if isinstance(data, np.ndarray | np.generic) and data.dtype.kind in "fiub":
        return wrap(np.asarray(data))
    if isinstance(data, Mapping):
        return _like(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return [default_convert(value) for value in data]
    return data


def _like(mapping: Mapping, values: dict) -> Any:
    try:
        return type(mapping)(values)
    except TypeError:
        return values


class _Fetcher:
    """Batches of a dataset by lists of indices; of an IterableDataset, whatever comes next."""

    def __init__(self, dataset: Any, collate_fn: Callable, batched: bool, drop_last: bool):
        self.dataset, self.collate_fn = dataset, collate_fn
        self.batched, self.drop_last = batched, drop_last
        self.stream = iter(dataset) if isinstance(dataset, IterableDataset) else None

    def __call__(self, index: Any) -> Any:
        """A batch; StopIteration where a stream ends."""
        if self.stream is None:
            return (self._rows(index) if self.batched else None) or self.collate_fn(
                self._samples(index) if self.batched else self.dataset[index])
        if not self.batched:
            return self.collate_fn(next(self.stream))
        samples = list(itertools.islice(self.stream, len(index)))
        if not samples or (self.drop_last and len(samples) < len(index)):
            raise StopIteration
        return self.collate_fn(samples)

    def _samples(self, index: list) -> list:
        if hasattr(self.dataset, "__getitems__"):
            return self.dataset.__getitems__(index)
        return [self.dataset[i] for i in index]

    def _rows(self, index: Any) -> list | None:
        """The batch as rows of tensors, all at once, where that is the same; None elsewhere."""
        dataset = self.dataset
        if self.collate_fn is not default_collate or not all(type(i) is int for i in index):
            return None
        if type(dataset) is Subset:
            dataset, index = dataset.dataset, [dataset.indices[i] for i in index]
        return [t[index] for t in dataset.tensors] if type(dataset) is TensorDataset else None


# ── the loader ──────────────────────────────────────────────────────────────────────────────────


class DataLoader(Generic[T]):
    """Batches of a dataset, to be iterated over, each time anew.

    ``shuffle`` takes a `RandomSampler`, whose ``generator`` may be given; ``batch_size=None`` gives
    samples rather than batches. With ``num_workers`` that many processes prepare
    ``prefetch_factor`` batches each ahead; they are seeded with a number drawn here plus their own,
    then call ``worker_init_fn(number)``. What concerns GPUs (``pin_memory``) is accepted and has no
    effect; workers live for one iteration, also with ``persistent_workers``, which says that their
    seed is drawn in the first one only.
    """

    def __init__(self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Iterable | None = None, batch_sampler: Iterable | None = None,
                 num_workers: int = 0, collate_fn: Callable | None = None, pin_memory: bool = False,
                 drop_last: bool = False, timeout: float = 0, worker_init_fn: Callable | None = None,
                 multiprocessing_context: Any = None, generator: Generator | None = None, *,
                 prefetch_factor: int | None = None, persistent_workers: bool = False,
                 pin_memory_device: str = "", in_order: bool = True):
        streams = isinstance(dataset, IterableDataset)
        if num_workers < 0 or timeout < 0:
            raise ValueError("DataLoader: num_workers and timeout must not be negative, got "
                             f"{num_workers} and {timeout}")
        if num_workers == 0 and (prefetch_factor is not None or persistent_workers
                                 or multiprocessing_context is not None):
            raise ValueError("DataLoader: prefetch_factor, persistent_workers and "
                             "multiprocessing_context want num_workers > 0")
        if isinstance(multiprocessing_context, str):
            multiprocessing_context = get_context(multiprocessing_context)
        if streams and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError("DataLoader: an IterableDataset has its own order; it takes neither "
                             "shuffle nor sampler nor batch_sampler")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle exclude each other")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("DataLoader: batch_sampler excludes batch_size, shuffle, sampler and "
                                 "drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("DataLoader: drop_last wants a batch_size")
        if sampler is None:
            sampler = (itertools.repeat(None) if streams else
                       RandomSampler(dataset, generator=generator) if shuffle else
                       SequentialSampler(dataset))
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        self.num_workers, self.worker_init_fn, self.timeout = num_workers, worker_init_fn, timeout
        self.multiprocessing_context, self.prefetch_factor = multiprocessing_context, prefetch_factor
        self.pin_memory, self.persistent_workers = pin_memory, persistent_workers
        self._seed: int | None = None
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)

    def __iter__(self) -> Iterator[T]:
        order = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if self._seed is None or not self.persistent_workers:
            self._seed = _drawn_seed(self.generator)
        else:  # workers that live on draw no other
            self._seed += self.num_workers
        fetcher = (self.dataset, self.collate_fn, self.batch_sampler is not None, self.drop_last)
        return _Workers(self, order, fetcher) if self.num_workers else _here(order, fetcher)

    def __len__(self) -> int:
        if isinstance(self.dataset, IterableDataset):
            n, size = len(self.dataset), self.batch_size or 1
            return n // size if self.drop_last else -(-n // size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)


def _here(order: Iterator, fetcher: tuple) -> Iterator:
    """The batches, made in this process."""
    fetch = _Fetcher(*fetcher)
    for index in order:
        try:
            batch = fetch(index)
        except StopIteration:
            return
        yield batch


# ── workers ─────────────────────────────────────────────────────────────────────────────────────


@dataclass
class WorkerInfo:
    """What a worker process knows of itself."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a `DataLoader`, its id, num_workers, seed and dataset; None elsewhere."""
    return _worker_info


class _End:
    """A worker's answer when its stream has ended."""


@dataclass
class _Failure:
    """A worker's answer when something was raised."""

    type: type
    text: str

    def raise_(self, worker: int) -> None:
        message = f"in worker process {worker} of a DataLoader:\n{self.text}"
        try:
            error = self.type(message)
        except Exception:
            error = RuntimeError(message)
        raise error


def _work(tasks: Any, answers: Any, fetcher: tuple, init: Callable | None, info: WorkerInfo) -> None:
    """The life of a worker: an index from ``tasks``, a batch to ``answers``, until None comes."""
    global _worker_info
    _worker_info, fetch = info, None
    try:
        random.seed(info.seed)
        drawn = info.seed - info.id
        words = np.random.SeedSequence([info.id, drawn % 2**32, drawn >> 32])  # as PyTorch's
        np.random.seed(words.generate_state(4))
        manual_seed(info.seed)
        set_num_threads(1)  # there are as many workers as are wanted
        if init is not None:
            init(info.id)
        fetch = _Fetcher(*fetcher)
    except BaseException as error:
        failed = _Failure(type(error), traceback.format_exc())
    while (task := tasks.get()) is not None:
        try:
            answers.send(failed if fetch is None else fetch(*task))
        except StopIteration:
            answers.send(_End())
        except BrokenPipeError:
            return
        except BaseException as error:
            answers.send(_Failure(type(error), traceback.format_exc()))


class _Workers:
    """The batches, made by processes in turn and put out in order."""

    def __init__(self, loader: DataLoader, order: Iterator, fetcher: tuple):
        context = loader.multiprocessing_context or get_context()
        self.order, self.timeout = order, loader.timeout
        self.workers, self.due = [], deque()  # whose answers come next
        n = loader.num_workers
        for i in range(n):
            tasks, (answers, theirs) = context.Queue(), context.Pipe(duplex=False)
            info = WorkerInfo(i, n, loader._seed + i, loader.dataset)
            process = context.Process(target=_work, daemon=True, args=(
                tasks, theirs, fetcher, loader.worker_init_fn, info))
            process.start()
            theirs.close()
            self.workers.append((i, process, tasks, answers))
        self.turns = deque(self.workers)
        for _ in range(n * (loader.prefetch_factor or 2)):
            self._give()

    def _give(self) -> None:
        """The next task to the next worker that has not ended."""
        if self.turns:
            for index in itertools.islice(self.order, 1):
                worker = self.turns[0]
                worker[2].put((index,))
                self.due.append(worker)
                self.turns.rotate(-1)

    def __iter__(self) -> _Workers:
        return self

    def __next__(self) -> Any:
        while self.due:
            worker = self.due.popleft()
            i, process, _, answers = worker
            ready = wait([answers, process.sentinel], self.timeout or None)
            if not ready:
                self.close()
                raise RuntimeError(f"DataLoader: no batch within {self.timeout} seconds")
            try:
                if answers not in ready:
                    raise EOFError
                batch = answers.recv()
            except EOFError:
                process.join(1)
                self.close()
                raise RuntimeError(f"DataLoader: worker process {i} ended unexpectedly (exit code "
                                   f"{process.exitcode})") from None
            if isinstance(batch, _Failure):
                self.close()
                batch.raise_(i)
            if isinstance(batch, _End):
                if worker in self.turns:
                    self.turns.remove(worker)
                self._give()
                continue
            self._give()
            return batch
        self.close()
        raise StopIteration

    def close(self) -> None:
        """End all workers."""
        self.due.clear()
        for _, process, tasks, answers in self.workers:
            tasks.put(None)
            tasks.close()
            answers.close()
            process.terminate()
        for _, process, _, _ in self.workers:
            process.join()
        self.workers = []

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self.close()
