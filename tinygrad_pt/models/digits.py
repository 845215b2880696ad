"""A recogniser of handwritten digits: one hidden layer, trained on slightly moved copies.

    hidden = relu(W1 x + b1),   scores = W2 hidden + b2,   probabilities = softmax(scores)

Adam on the cross-entropy of ten classes, its learning rate falling linearly to zero.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

import tinygrad_pt as tg
from tinygrad_pt import data, nn, optim

from ..files import DataError, written
from . import extra


@dataclass(frozen=True)
class Task:
    """A data set and the settings that suit it."""

    name: str
    side: int  # images are side x side pixels
    peak: float  # the value of full ink; the network sees pixel / peak
    hidden: int
    epochs: int
    batch: int
    lr: float
    shift: float  # training images are moved by up to so many pixels
    decay: float  # weight_decay of Adam: what no digit needs fades from the weights

    def load(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """``(train_x, train_y, test_x, test_y)``; images float32, 0 paper to 1 ink."""
        train_x, train_y, test_x, test_y = getattr(data, self.name)()
        scale = np.float32(1 / self.peak)
        return train_x * scale, train_y, test_x * scale, test_y


TASKS = {task.name: task for task in (
    Task("digits", side=8, peak=16, hidden=128, epochs=100, batch=32, lr=3e-3, shift=0.5, decay=1e-4),
    Task("mnist", side=28, peak=255, hidden=128, epochs=10, batch=64, lr=2e-3, shift=1.0, decay=1e-5))}


class Recogniser(nn.Module):
    """Scores of the ten digits, (n, 10), for images (n, side, side) of 0 paper to 1 ink."""

    def __init__(self, side: int, hidden: int):
        self.hidden = nn.Linear(side * side, hidden)
        self.output = nn.Linear(hidden, 10)

    def forward(self, images: tg.Tensor) -> tg.Tensor:
        return self.output(self.hidden(images.flatten(1)).relu())


def moved(images: np.ndarray, random: np.random.Generator, shift: float,
          turn: float = 0.15, zoom: float = 0.1) -> np.ndarray:
    """Copies of images (n, h, w), each turned, zoomed and shifted at random; float32.

    Up to ``turn`` radians, by a factor of 1 ± ``zoom``, ``shift`` pixels each way; values between
    pixels are interpolated, beyond the border lies paper.
    """
    n, h, w = images.shape

    def draw(most):
        return random.uniform(-most, most, (n, 1, 1)).astype(np.float32)

    angle, scale = draw(turn), 1 + draw(zoom)
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    middle_y, middle_x = np.float32((h - 1) / 2), np.float32((w - 1) / 2)
    y = np.arange(h, dtype=np.float32)[:, None] - middle_y
    x = np.arange(w, dtype=np.float32) - middle_x
    from_y = np.clip(cos * y - sin * x + middle_y + draw(shift), -1, h)
    from_x = np.clip(sin * y + cos * x + middle_x + draw(shift), -1, w)

    # The four pixels round each place, in images with a border of paper: 1 before and 2 behind.
    paper = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    row, column = np.floor(from_y), np.floor(from_x)
    down, right = from_y - row, from_x - column
    width = w + 3
    at = ((row + 1).astype(np.intp) * width + (column + 1).astype(np.intp)
          + (np.arange(n) * ((h + 3) * width))[:, None, None])
    a, b, c, d = (paper.take(at + k) for k in (0, 1, width, width + 1))
    upper, lower = a + right * (b - a), c + right * (d - c)
    return upper + down * (lower - upper)


@dataclass
class History:
    """What happened in training, one number an epoch; accuracies from 0 to 1."""

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    gradients: dict[str, list[float]] = field(default_factory=dict)  # mean ‖∂loss/∂W‖ of a layer


def fit(net: Recogniser, arrays: tuple[np.ndarray, ...], *, epochs: int, batch: int, lr: float,
        shift: float, decay: float, seed: int, history: History) -> Iterator[float]:
    """Train ``net`` on ``arrays`` (see `Task.load`), adding to ``history`` after each epoch.

    Yields the share of the work that is done, 0 to 1, after each batch.
    """
    train_x, train_y, test_x, test_y = arrays
    random = np.random.default_rng(seed)
    loss_of = nn.CrossEntropyLoss()
    weights = {name: p for name, p in net.named_parameters() if name.endswith("weight")}
    biases = [p for name, p in net.named_parameters() if name not in weights]
    optimizer = optim.Adam([{"params": list(weights.values()), "weight_decay": decay},
                            {"params": biases}])
    starts = range(0, len(train_x), batch)
    for epoch in range(epochs):
        order = random.permutation(len(train_x))
        loss_sum, right, sizes = 0.0, 0, dict.fromkeys(weights, 0.0)
        for i, start in enumerate(starts):
            done = (epoch + i / len(starts)) / epochs
            for group in optimizer.param_groups:
                group["lr"] = lr * (1 - done)
            some = order[start:start + batch]
            x, y = tg.from_numpy(moved(train_x[some], random, shift)), tg.from_numpy(train_y[some])

            scores = net(x)
            loss = loss_of(scores, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

            loss_sum += loss.item() * len(some)
            right += int((scores.detach().numpy().argmax(1) == train_y[some]).sum())
            for name, w in weights.items():
                sizes[name] += float(np.linalg.norm(w.grad.numpy()))
            yield done
        history.train_loss.append(loss_sum / len(train_x))
        history.train_accuracy.append(right / len(train_x))
        p = probabilities(net, test_x)
        history.test_loss.append(float(losses(p, test_y).mean()))
        history.test_accuracy.append(float((p.argmax(1) == test_y).mean()))
        for name, size in sizes.items():
            history.gradients.setdefault(name, []).append(size / len(starts))
    yield 1.0


def probabilities(net: Recogniser, images: np.ndarray) -> np.ndarray:
    """The probability of each digit, (n, 10), float64, for images (n, side, side)."""
    with tg.no_grad():
        return net(tg.from_numpy(images)).double().softmax(1).numpy()


def losses(p: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The surprise −log p(label) of each image, (n,)."""
    return -np.log(np.maximum(p[np.arange(len(labels)), labels], 1e-300))


def check_gradient(net: Recogniser, images: np.ndarray, labels: np.ndarray) -> tg.gradcheck.Report:
    """Compare the gradient of the loss, for every parameter tensor, with finite differences.

    In float64, at the parameters the network has learned, on the batch given.
    """
    copy = Recogniser(int(images.shape[1]), net.hidden.out_features).double()
    names = [name for name, _ in net.named_parameters()]
    x, y = tg.from_numpy(images.astype(np.float64)), tg.from_numpy(labels)

    def loss(*parameters):
        scores = tg.func.functional_call(copy, dict(zip(names, parameters, strict=True)), x)
        return nn.CrossEntropyLoss()(scores, y)

    return tg.gradcheck.check(loss, *(p.detach().double() for p in net.parameters()))


def save(net: Recogniser, task: Task, path: str | os.PathLike, **about: object) -> None:
    """Write the weights as safetensors, with what it takes to use them as metadata."""
    metadata = {"format": "tinygrad_pt", "architecture": "mlp", "data": task.name,
                "layers": f"{task.side ** 2} {net.hidden.out_features} 10",
                "input": f"{task.side} {task.side}", "mean": "0", "scale": f"{task.peak:g}", **about}
    arrays = {name: np.ascontiguousarray(p.numpy()) for name, p in net.state_dict().items()}
    with written(path) as temporary:
        extra("safetensors.numpy").save_file(arrays, temporary,
                                             {key: str(value) for key, value in metadata.items()})


def load(path: str | os.PathLike) -> tuple[Recogniser, Task]:
    """The network in a file written by `save`, and the task it was trained for.

    Raises DataError for a file that is something else, FileNotFoundError for none.
    """
    safetensors = extra("safetensors")
    if not os.path.isfile(path):
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    except safetensors.SafetensorError as error:
        raise DataError(f"{path}: not a safetensors file: {error}") from None
    try:
        if metadata["architecture"] != "mlp":
            raise KeyError(metadata["architecture"])
        task = TASKS[metadata["data"]]
        net = Recogniser(task.side, int(metadata["layers"].split()[1]))
        net.load_state_dict({name: tg.from_numpy(array) for name, array in arrays.items()})
    except (KeyError, IndexError, ValueError) as error:
        raise DataError(f"{path}: not weights of this recogniser (tinygrad-pt train makes them): "
                        f"{error}") from None
    return net.eval(), task
