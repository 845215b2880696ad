"""10. "2 or 9?" in seven steps: a machine that learns, with every step in sight

    1. initialise   w, b at random
    2. predict      p = σ(x·w + b)
    3. loss         mean of 1 − p where it is a 9, of p where it is a 2
    4. gradient     ∂loss/∂w, ∂loss/∂b
    5. step         w ← w − η ∂loss/∂w
    6. repeat       from 2
    7. stop         when the accuracy on unseen digits no longer grows

First with nothing but tensors, on all examples at once. Then the same in the library's words, a data
set, a loader of shuffled batches, an optimizer, put together by a `Learner` of a few lines. Then with
another model, linear – ReLU – linear, and the same Learner.

J. Howard & S. Gugger, Deep Learning for Coders with fastai and PyTorch, 2020, chapter 4.
"""

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.utils.data import DataLoader, TensorDataset


def pair(part):
    """Images as rows, and targets (n, 1), of the 2s (0) and 9s (1)."""
    x, y = part
    kept = ((y == 2) | (y == 9)).nonzero()[:, 0]
    return x[kept].flatten(1), (y[kept] == 9).float()[:, None]


def loss_of(scores, targets):
    """The distance of the probabilities from the targets."""
    p = scores.sigmoid()
    return torch.where(targets == 1, 1 - p, p).mean()


def right(scores, targets):
    """The percentage on the right side of ½."""
    return 100 * ((scores > 0) == (targets == 1)).float().mean().item()


def seven_steps(x, y, new_x, new_y, rate, most):
    """Descent in plain tensors; the accuracy on new digits after each step."""
    w = (0.01 * torch.randn(x.shape[1], 1)).requires_grad_()  # 1. initialise
    b = torch.zeros(1, requires_grad=True)
    found = []
    for _ in lab.track(range(most), "seven steps"):
        scores = x @ w + b  # 2. predict
        loss = loss_of(scores, y)  # 3. loss
        loss.backward()  # 4. gradient
        with torch.no_grad():
            for p in (w, b):
                p -= rate * p.grad  # 5. step
                p.grad = None
            found.append(right(new_x @ w + b, new_y))
        if len(found) > 60 and max(found[-30:]) <= max(found[:-30]):
            break  # 7. stop
    return found, w.detach()  # 6. was the loop


class Learner:
    """A model, data, a loss and an optimizer: `fit` repeats, `accuracy` keeps what came of it."""

    def __init__(self, loader, unseen, model, optimizer, loss):
        self.loader, self.unseen, self.model = loader, unseen, model
        self.optimizer, self.loss, self.accuracy = optimizer, loss, []

    def fit(self, epochs):
        """Show all examples ``epochs`` times."""
        for _ in lab.track(range(epochs), type(self.model).__name__):
            for x, y in self.loader:
                self.loss(self.model(x), y).backward()
                self.optimizer.step()
                self.optimizer.zero_grad()
            with torch.no_grad():
                self.accuracy.append(right(self.model(self.unseen[0]), self.unseen[1]))
        return self


def run(quick):
    """The same digits three times."""
    train, validation, test = (pair(part) for part in lab.digits(quick))
    inputs = train[0].shape[1]
    r = lab.Result(accuracy={}, side=round(inputs ** 0.5))
    r.accuracy["seven steps"], r.w = seven_steps(*train, *validation, rate=1.0, most=500)
    deep = nn.Sequential(nn.Linear(inputs, 30), nn.ReLU(), nn.Linear(30, 1))
    for name, model in (("linear", nn.Linear(inputs, 1)), ("linear – ReLU – linear", deep)):
        loader = DataLoader(TensorDataset(*train), batch_size=32 if quick else 256, shuffle=True)
        learner = Learner(loader, validation, model, optim.SGD(model.parameters(), lr=0.5), loss_of)
        r.accuracy[name] = learner.fit(20).accuracy
    r.row("digits to learn from", len(train[0]))
    r.row("seven steps, before it stops: unseen digits right, %", max(r.accuracy["seven steps"]))
    for name in list(r.accuracy)[1:]:
        r.row(f"{name}, 20 epochs: unseen digits right, %", r.accuracy[name][-1])
    r.row("linear – ReLU – linear: test digits right, %", right(deep(test[0]), test[1]))
    return r


def check(r):
    """What the text teaches."""
    last = {name: a[-1] for name, a in r.accuracy.items()}
    yield "seven steps with tensors learn to tell 2 from 9", last["seven steps"] > 95
    yield "the Learner does the same", last["linear"] > 95
    yield "a hidden layer is no worse", last["linear – ReLU – linear"] > last["linear"] - 0.5


def draw(r):
    """Accuracies, and the weights of the linear model as a picture."""
    f, axes = lab.figure(1, 3, width=11, height=3.4, width_ratios=[1, 1, 0.7])
    lab.curves(axes[0], {"tensors only": r.accuracy["seven steps"]}, title="Seven steps",
               xlabel="step, all digits at once", ylabel="unseen digits right, %")
    lab.curves(axes[1], {name: a for name, a in r.accuracy.items() if name != "seven steps"},
               title="With a Learner", xlabel="epoch", ylabel="unseen digits right, %")
    lab.images(axes[2], r.w.reshape(1, r.side, r.side), 1, title="w: 9 green, 2 red")
    return f
