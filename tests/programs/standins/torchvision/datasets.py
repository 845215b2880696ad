"""Data sets of drawn pictures: each class is a blurred pattern of its own, with noise."""

import numpy as np
import torch
from PIL import Image


class _Pictures(torch.utils.data.Dataset):
    shape, classes = (28, 28), [str(i) for i in range(10)]
    sizes = 2048, 512

    def __init__(self, root="", train=True, transform=None, target_transform=None, download=False,
                 split="train", **_):
        rng = np.random.default_rng(0)
        patterns = rng.uniform(0, 255, (len(self.classes), *self.shape))
        for axis in (1, 2):
            for _ in range(3):
                patterns = (patterns + np.roll(patterns, 1, axis)) / 2
        rng = np.random.default_rng(1 if train and split == "train" else 2)
        n = self.sizes[not train or split != "train"]
        labels = rng.integers(0, len(self.classes), n)
        noise = rng.normal(0, 40, (n, *self.shape))
        pictures = np.clip((patterns[labels] - 128) * 3 + 100 + noise, 0, 255).astype(np.uint8)
        self.train, self.transform, self.target_transform = train, transform, target_transform
        self.pictures, self.labels = pictures, labels
        self.data = torch.from_numpy(pictures) if len(self.shape) == 2 else pictures
        self.targets = torch.from_numpy(labels) if len(self.shape) == 2 else labels.tolist()
        self.train_data, self.train_labels = self.data, self.targets
        self.class_to_idx = {c: i for i, c in enumerate(self.classes)}

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        picture, label = Image.fromarray(self.pictures[i]), int(self.labels[i])
        if self.transform is not None:
            picture = self.transform(picture)
        return picture, self.target_transform(label) if self.target_transform else label


class MNIST(_Pictures):
    pass


class FashionMNIST(_Pictures):
    pass


class KMNIST(_Pictures):
    pass


class CIFAR10(_Pictures):
    shape = (32, 32, 3)


class CIFAR100(_Pictures):
    shape, classes = (32, 32, 3), [str(i) for i in range(100)]


class SVHN(_Pictures):
    shape = (32, 32, 3)


class ImageFolder(_Pictures):
    shape = (64, 64, 3)

    def __init__(self, root="", transform=None, target_transform=None, **_):
        super().__init__(root, "val" not in str(root), transform, target_transform)


class FakeData(_Pictures):
    def __init__(self, size=1000, image_size=(3, 224, 224), num_classes=10, transform=None, **_):
        self.shape = (*image_size[1:], image_size[0])
        self.classes = [str(i) for i in range(num_classes)]
        self.sizes = (min(size, 64), 0)
        super().__init__(transform=transform)
