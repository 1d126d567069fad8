"""The reference's models and recipes in the loop of a tutorial.

    python -m benchmarks.speed.contestants.tutorial {mlp,cnn,two-headed-cnn} EPOCHS {batches,loader}

``batches``: float32 images ``(N, C, H, W)``, split into batches once. ``loader``: a ``Dataset``
that converts one image at a time, and a ``DataLoader``, as in torchvision's tutorials.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from zoo_core.data.dataset import Split, load_dataset
from zoo_core.installation.installed import installed_catalog

HELD_OUT = 0.1

DATASETS = {"mlp": "mnist", "cnn": "mnist", "two-headed-cnn": "two-digit-mnist"}
BATCH_SIZES = {"mlp": 32, "cnn": 32, "two-headed-cnn": 64}


class Network(nn.Module):
    """Layers, and one linear head per label."""

    def __init__(self, trunk: nn.Module, features: int, heads: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = nn.ModuleList(nn.Linear(features, 10) for _ in range(heads))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = self.trunk(x)
        return [head(features) for head in self.heads]


def make_network(name: str) -> Network:
    if name == "mlp":
        return Network(
            nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.LeakyReLU()), 128, heads=1
        )
    features, heads = (1600, 1) if name == "cnn" else (2880, 2)
    trunk = nn.Sequential(
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(features, 128), nn.Dropout(0.5)),
    )
    return Network(trunk, 128, heads)


def make_optimizer(name: str, network: nn.Module) -> torch.optim.Optimizer:
    if name == "mlp":
        return torch.optim.SGD(network.parameters(), lr=0.1)
    return torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, nesterov=name == "cnn")


class Images(Dataset[tuple[Tensor, Tensor]]):
    """A data set that converts one image at a time, as torchvision's do with ``ToTensor``."""

    def __init__(self, split: Split) -> None:
        self._split = split

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        image = torch.from_numpy(self._split.inputs[row].copy()).to(torch.float32).div(255)
        return image, torch.tensor([target[row] for target in self._split.targets])


def in_batches(split: Split, size: int) -> Iterable[tuple[Tensor, Tensor]]:
    images = torch.from_numpy(split.inputs.copy()).to(torch.float32).div(255)
    labels = torch.from_numpy(np.stack(split.targets, axis=1))
    return list(zip(images.split(size), labels.split(size), strict=True))


def loss_of(heads: list[Tensor], labels: Tensor) -> Tensor:
    losses = [functional.cross_entropy(head, labels[:, i]) for i, head in enumerate(heads)]
    return torch.stack(losses).mean()


def accuracy(network: Network, batches: Iterable[tuple[Tensor, Tensor]]) -> list[float]:
    network.eval()
    right, total = torch.zeros(len(network.heads)), 0
    with torch.no_grad():
        for images, labels in batches:
            read = torch.stack([head.argmax(1) for head in network(images)], 1)
            right += (read == labels).sum(0)
            total += len(labels)
    return (right / total).tolist()


def main(name: str, epochs: int, feeding: str) -> dict[str, object]:
    torch.manual_seed(0)
    dataset = load_dataset(installed_catalog().dataset(DATASETS[name]))
    size, train = BATCH_SIZES[name], dataset.splits["train"]
    kept = round(len(train) * (1 - HELD_OUT))
    order = torch.randperm(kept).numpy()
    parts = {
        "train": Split(train.inputs[order], train.select_targets(order)),
        "validation": Split(train.inputs[kept:], tuple(each[kept:] for each in train.targets)),
        "test": dataset.splits["test"],
    }

    def feed(split: str) -> Iterable[tuple[Tensor, Tensor]]:
        if feeding == "batches":
            return in_batches(parts[split], size)
        return DataLoader(Images(parts[split]), batch_size=size, shuffle=split == "train")

    network = make_network(name)
    optimizer = make_optimizer(name, network)
    batches, validation = feed("train"), feed("validation")
    started = time.perf_counter()
    for _ in range(epochs):
        network.train()
        total = 0.0
        for images, labels in batches:
            optimizer.zero_grad()
            loss = loss_of(network(images), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        accuracy(network, validation)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "accuracy": accuracy(network, feed("test"))}


def _arguments() -> Iterator[object]:
    name, epochs, feeding = sys.argv[1:]
    yield from (name, int(epochs), feeding)


if __name__ == "__main__":
    print(json.dumps(main(*_arguments())))  # type: ignore[arg-type] # noqa: T201
