"""Two networks of torchvision by their shape, smaller: residual blocks, and a row of convolutions."""

import torch
from hollow import Hollow
from torch import nn


class _Block(nn.Module):
    def __init__(self, c, d, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(c, d, 3, stride, 1, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(d), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(d, d, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(d)
        self.downsample = nn.Sequential(nn.Conv2d(c, d, 1, stride, bias=False), nn.BatchNorm2d(d))

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + self.downsample(x))


class _ResNet(nn.Module):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1, self.relu, self.maxpool = nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)
        self.layer1, self.layer2 = _Block(64, 32, 1), _Block(32, 64, 2)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d((1, 1)), nn.Linear(64, num_classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(self.avgpool(self.layer2(self.layer1(x))), 1))


VGG16_Weights = VGG19_Weights = ResNet18_Weights = ResNet50_Weights = Hollow()


def resnet18(*_, num_classes=1000, **__):
    return _ResNet(num_classes)


resnet34 = resnet50 = resnet101 = resnet152 = resnet18


class _VGG(nn.Module):
    def __init__(self, depths):
        super().__init__()
        layers, c = [], 3
        for i, n in enumerate(depths):
            for _ in range(n):
                layers += [nn.Conv2d(c, 8 << i, 3, padding=1), nn.ReLU(inplace=True)]
                c = 8 << i
            layers.append(nn.MaxPool2d(2, 2))
        self.features, self.classifier = nn.Sequential(*layers), nn.Linear(c, 10)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def vgg16(*_, **__):
    return _VGG((2, 2, 3, 3, 3))


def vgg19(*_, **__):
    return _VGG((2, 2, 4, 4, 4))
