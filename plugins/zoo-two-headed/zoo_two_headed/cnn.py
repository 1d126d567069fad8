"""The two-headed convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from zoo_core.errors import InvalidValueError

if TYPE_CHECKING:
    from zoo_two_headed.config import TwoHeadedCNNConfig


class TwoHeadedCNN(nn.Module):
    """Convolutions that both heads share, a reader of what they find, a linear head a digit.

    With `config.windows` each digit is read in its own two thirds of the rows, and one reader
    learns from both; else the reader sees all rows once, for both heads.
    """

    def __init__(self, config: TwoHeadedCNNConfig) -> None:
        super().__init__()
        inputs, height, width = config.input_shape
        apart = height // 3  # how far the bottom digit begins below the top one
        layers: list[nn.Module] = []
        for number, (outputs, kernel) in enumerate(
            zip(config.channels, config.kernel_sizes, strict=True)
        ):
            if number:
                layers += _pool(inputs, batch_norm=config.batch_norm)
                height, width, apart = height // 2, width // 2, apart // 2
            # Batch normalisation takes a bias off again.
            layers.append(nn.Conv2d(inputs, outputs, kernel, bias=not config.batch_norm))
            inputs, height, width = outputs, height - kernel + 1, width - kernel + 1
            if height - apart < 2 or width < 2:
                raise InvalidValueError(
                    f"{len(config.channels)} blocks with kernels of {config.kernel_sizes} leave "
                    f"nothing of an image of {config.input_shape[1:]}",
                    hint="Give model.channels and model.kernel_sizes fewer or smaller numbers.",
                )
        self.trunk = nn.Sequential(*layers)
        self.window = height - apart if config.windows else height
        features = inputs * (self.window // 2) * (width // 2)
        self.reader = nn.Sequential(
            *_pool(inputs, batch_norm=config.batch_norm),
            nn.Flatten(),
            nn.Linear(features, config.hidden),
            nn.ReLU() if config.hidden_activation == "relu" else nn.Identity(),
            nn.Dropout(config.dropout),
        )
        self.heads = nn.ModuleList(nn.Linear(config.hidden, classes) for classes in config.classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, top digit and bottom digit, for ``(N, C, H, W)``."""
        found = self.trunk(x)
        top, bottom = found[:, :, : self.window], found[:, :, -self.window :]
        if top.shape == found.shape:  # they are the same, and are read once
            read = [self.reader(found)] * 2
        else:
            read = self.reader(torch.cat([top, bottom])).chunk(2)
        return [head(features) for head, features in zip(self.heads, read, strict=True)]


def _pool(channels: int, *, batch_norm: bool) -> list[nn.Module]:
    """Return what follows a convolution.

    Pooling comes before ReLU: as ReLU never reverses an order, the result is the same, and there
    is a quarter to rectify.
    """
    norm = [nn.BatchNorm2d(channels)] if batch_norm else []
    return [nn.MaxPool2d(2), *norm, nn.ReLU()]


def build(config: TwoHeadedCNNConfig) -> TwoHeadedCNN:
    return TwoHeadedCNN(config)
