"""20. Cats and dogs: colour photographs, from a folder of JPEG files to a verdict on new ones

    root/train/cat/…   root/train/dog/…   root/validation/…   root/test/…

The folders are the labels. Pictures become tensors (3, 32, 32) as they are needed; each time a picture
of train/ comes up it is mirrored or not and shifted a little, so that no picture is ever learned by
heart. Three times a convolution, batch normalisation, a ReLU and max-pooling halve the side and double
the maps; one layer of neurons decides. Training stops when for some epochs validation/ has not been
read better, and the best net of all is kept (early stopping). test/ is looked at once.

The quick form draws its own cats, with pointed ears, and dogs, with hanging ones.

A. Krizhevsky, Learning multiple layers of features from tiny images, 2009, took the photographs for
CIFAR-10; S. Ioffe & C. Szegedy, Batch normalization, 2015.
"""

import random
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import tinygrad_pt as torch
from tinygrad_pt import lab, nn, optim
from tinygrad_pt.data.places import find
from tinygrad_pt.datasets import Compose, ImageFolder, RandomCrop, RandomHorizontalFlip, ToTensor
from tinygrad_pt.models import extra
from tinygrad_pt.nn import functional as F
from tinygrad_pt.utils.data import DataLoader


def photographs(root):
    """The 12,000 of catsdogs.zip, every tenth of train/ moved to validation/."""
    with ZipFile(find(["catsdogs.zip"], "images", [], print)) as archive:
        archive.extractall(root)
    for path in sorted(root.glob("catsdogs/train/*/*.jpg"))[::10]:
        target = root / "catsdogs/validation" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return root / "catsdogs"


def drawings(root):
    """Heads of cats and dogs, dark in the light, here and there."""
    image_module, draw_module = extra("PIL.Image"), extra("PIL.ImageDraw")
    dice = random.Random(0)

    def colour(brightness):
        return tuple(brightness + dice.randrange(80) for _ in range(3))

    for part, count in (("train", 100), ("validation", 30), ("test", 50)):
        for name in ("cat", "dog"):
            (root / part / name).mkdir(parents=True)
            for i in range(count):
                image = image_module.new("RGB", (32, 32), colour(170))
                draw, fur = draw_module.Draw(image), colour(40)
                x, y, r = dice.randint(12, 20), dice.randint(14, 20), dice.randint(6, 9)
                draw.ellipse((x - r, y - r, x + r, y + r), fur)
                for side in (-1, 1):
                    if name == "cat":
                        draw.polygon([(x + side * r, y - r - 4), (x + side * r, y), (x, y - r)], fur)
                    else:
                        ear = sorted((x + side * (r - 1), x + side * (r + 4)))
                        draw.ellipse((ear[0], y - r + 1, ear[1], y + r), fur)
                    draw.ellipse((x + side * 3 - 1, y - 3, x + side * 3 + 1, y - 1), "white")
                image.save(root / part / name / f"{i}.jpg")
    return root


def network(maps):
    """Pictures (n, 3, 32, 32) to scores of the two classes."""
    layers, before = [], 3
    for k in (maps, 2 * maps, 4 * maps):
        layers += [nn.Conv2d(before, k, 3, padding=1), nn.BatchNorm2d(k), nn.ReLU(), nn.MaxPool2d(2)]
        before = k
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(before * 4 * 4, 2))


def learn(net, loader, validation, rate, epochs, patience):
    """Adam until ``patience`` epochs brought nothing, then back to the best; the % right of each."""
    optimizer, best, history = optim.Adam(net.parameters(), lr=rate), None, []
    for _ in lab.track(range(epochs), "epochs"):
        for x, y in loader:
            loss = F.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        history.append(lab.accuracy(net, *validation))
        if history[-1] == max(history):
            best = deepcopy(net.state_dict())
        if max(history) > max(history[-patience:]):
            break
    net.load_state_dict(best)
    return history


def run(quick):
    """Unpack or draw; learn; look once at the test pictures, then at some files as if they were new."""
    r = lab.Result(quick=quick)
    maps, batch, rate, epochs, patience = (8, 10, 1e-2, 5, 3) if quick else (24, 64, 1e-3, 18, 4)
    plain = ToTensor()
    moved = Compose([plain, RandomHorizontalFlip(), RandomCrop(32, padding=4)])
    with TemporaryDirectory() as folder:
        root = (drawings if quick else photographs)(Path(folder))
        train, validation, test = (ImageFolder(root / part, transform) for part, transform in (
            ("train", moved), ("validation", plain), ("test", plain)))
        r.sizes, r.classes = [len(part) for part in (train, validation, test)], train.classes
        net = network(maps)
        validated, tested = (next(iter(DataLoader(part, len(part)))) for part in (validation, test))
        loader = DataLoader(train, batch, shuffle=True)
        r.accuracy = learn(net, loader, validated, rate, epochs, patience)
        new = [path for path, _ in test.samples[::len(test) // 12][:12]]
        r.new = torch.stack([plain(test.loader(path)) for path in new])
        r.labels = [r.classes.index(Path(path).parent.name) for path in new]
    r.best, r.test = lab.accuracy(net, *validated), lab.accuracy(net, *tested)
    net.eval()
    with torch.no_grad():
        r.p = net(r.new).softmax(1)
    r.row("pictures to learn from, to choose by, to be tested on",
          " + ".join(f"{size:,}" for size in r.sizes))
    r.row("epochs until there was no improvement", len(r.accuracy))
    r.row("validation pictures right, %: best epoch, last epoch", f"{r.best:.1f}, {r.accuracy[-1]:.1f}")
    r.row("test pictures right, %", f"{r.test:.1f}", "at least 75")
    return r


def check(r):
    """What the text teaches."""
    yield "folders are labels: cat, dog", r.classes == ["cat", "dog"] and all(r.sizes)
    yield "the net that is kept is the best that there was", (
        abs(r.best - max(r.accuracy)) < 1e-6 and r.best >= r.accuracy[-1])
    yield "at least 75 % of new pictures are told apart", r.test >= 75


def draw(r):
    """Learning, and the verdicts on twelve pictures of test/."""
    f, axes = lab.figure(2, 7, width=13, height=4, width_ratios=[2.4, *[1] * 6])
    grid = axes[0, 0].get_gridspec()
    for place in axes[:, 0]:
        place.remove()
    lab.curves(f.add_subplot(grid[:, 0]), {"validation": r.accuracy}, title="Right, %", xlabel="epoch")
    for place, picture, p, label in zip(axes[:, 1:].flat, r.new, r.p, r.labels, strict=True):
        place.imshow(picture.permute(1, 2, 0))
        place.axis("off")
        said = p.argmax().item()
        place.set_title(f"{r.classes[said]} {100 * p[said].item():.0f} %", loc="center", size=10,
                        color=lab.GREEN if said == label else lab.RED)
    return f
