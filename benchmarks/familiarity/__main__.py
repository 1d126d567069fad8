"""Fit of the tests of familiarity: ``python -m benchmarks.familiarity`` writes them into zoo-mnist.

All images are MNIST's training images, without those that models are validated on, or drawn. The
printed area under the ROC curve is that of the network, on digits held out and on other shapes.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.familiarity.shapes import Shapes
from benchmarks.rejection import roc_area
from zoo_core.data.dataset import load_dataset
from zoo_core.data.splits import split_rows
from zoo_core.installation.installed import installed_catalog
from zoo_mnist import familiarity

OTHERS, DIGITS, HELD_OUT = 60_000, 40_000, 4_000
"""Number of shapes and of digits that are drawn, and of shapes to test with."""
HIDDEN = (128, 32)
EPOCHS, BATCH, RATE = 8, 256, 3e-3


def main() -> None:
    """Fit and write the statistics of both data sets."""
    torch.manual_seed(0)
    familiarity.FOLDER.mkdir(exist_ok=True)
    mnist, pairs = (
        load_dataset(installed_catalog().dataset(name)).splits["train"]
        for name in ("mnist", "two-digit-mnist")
    )
    rows, held_out = split_rows(len(mnist), 0.1, 0)
    digits, labels = mnist.inputs[rows, 0], mnist.targets[0][rows]
    shapes = Shapes(digits, labels, seed=0)
    others = np.stack([shapes.other() for _ in range(OTHERS)])
    drawn = np.stack([shapes.digit() for _ in range(DIGITS)])
    network = train(np.concatenate([digits, drawn]), others[HELD_OUT:])
    area = roc_area(odds(network, mnist.inputs[held_out, 0]), odds(network, others[:HELD_OUT]))
    sys.stderr.write(f"area under the ROC curve of the network: {area:.2%}\n")
    _save("mnist", {**familiarity.fit_distances(mnist.inputs), **_layers(network)})
    _save("two-digit-mnist", familiarity.fit_distances(pairs.inputs))


def train(digits: NDArray[np.uint8], others: NDArray[np.uint8]) -> nn.Sequential:
    """Return a network that separates digits from other shapes, images ``(N, 28, 28)``."""
    first, second = HIDDEN
    network = nn.Sequential(
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(196, first),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(first, second),
        nn.ReLU(),
        nn.Linear(second, 1),
    )
    images = torch.from_numpy(np.concatenate([digits, others]))
    wanted = torch.cat([torch.ones(len(digits)), torch.zeros(len(others))])
    steps = len(images) // BATCH
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images))[: steps * BATCH].split(BATCH):
            made = network(_warp(images[batch].float() / 255)[:, None])[:, 0]
            loss = functional.binary_cross_entropy_with_logits(made, wanted[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def odds(network: nn.Sequential, images: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the log-odds of images ``(N, 28, 28)``."""
    with torch.inference_mode():
        made: NDArray[Any] = network(torch.from_numpy(images)[:, None].float() / 255)[:, 0].numpy()
    return made


def _warp(images: Tensor) -> Tensor:
    """Return images turned, slanted, scaled and moved at random."""
    count = len(images)
    turn, slant = 0.1 * torch.randn(count), 0.08 * torch.randn(count)
    size = 1 + 0.08 * (2 * torch.rand(count, 2) - 1)
    move = 0.07 * (2 * torch.rand(count, 2) - 1)
    cosine, sine = torch.cos(turn), torch.sin(turn)
    upper = torch.stack([cosine * size[:, 0], slant - sine, move[:, 0]], dim=1)
    lower = torch.stack([sine, cosine * size[:, 1], move[:, 1]], dim=1)
    grid = functional.affine_grid(
        torch.stack([upper, lower], dim=1), [count, 1, 28, 28], align_corners=False
    )
    return functional.grid_sample(images[:, None], grid, align_corners=False)[:, 0]


def _layers(network: nn.Sequential) -> dict[str, NDArray[np.float16]]:
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    return {
        f"{kind}{name}": getattr(layer, kind).detach().numpy().astype(np.float16)
        for name, layer in zip(familiarity.LAYERS, linear, strict=True)
        for kind in ("weight", "bias")
    }


def _save(name: str, tensors: dict[str, NDArray[Any]]) -> None:
    path = familiarity.FOLDER / f"{name}.safetensors"
    save_file(tensors, path)
    sys.stderr.write(f"{path.name}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
