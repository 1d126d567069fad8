"""The two-headed convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

if TYPE_CHECKING:
    from zoo_two_headed.config import TwoHeadedCNNConfig


class TwoHeadedCNN(nn.Module):
    """Blocks of convolutions and a pooling, a hidden layer, a linear head a digit.

    With `config.windows` each digit is read in its own two thirds of the rows: the image is parted
    as late as the digits are a whole number of rows apart, and what follows learns from both parts;
    with `config.context` the hidden layer sees what was found in the other part too, so that what
    is known of one digit helps to tell it from the other. Without windows all rows are read once,
    for both heads.

    Pooling comes before ReLU: as ReLU never reverses an order, the result is the same, and there
    is a quarter to rectify.
    """

    def __init__(self, config: TwoHeadedCNNConfig) -> None:
        super().__init__()
        features, height, width = config.input_shape
        apart = height // 3  # how far the bottom digit begins below the top one
        depths = config.depths or (1,) * len(config.channels)
        blocks = list(zip(config.channels, config.kernel_sizes, depths, strict=True))
        layers: list[nn.Module] = []
        shared = 0  # how many layers come before the image is parted
        for number, (channels, kernel, depth) in enumerate(blocks, 1):
            for convolution in range(1, depth + 1):
                # Batch normalization takes a bias off again.
                layers += [nn.Conv2d(features, channels, kernel, bias=not config.batch_norm)]
                features, height, width = channels, height - kernel + 1, width - kernel + 1
                last = number == len(blocks)
                if convolution == depth and not shared and (apart % 2 or last):
                    shared = len(layers)
                    height -= apart if config.windows else 0
                    self.window = height
                if convolution == depth and (config.last_pool or not last):
                    layers += [nn.MaxPool2d(2)]
                    height, width, apart = height // 2, width // 2, apart // 2
                layers += [nn.BatchNorm2d(channels)] if config.batch_norm else []
                layers += [nn.ReLU()]
            if min(height, width) < 1:
                raise InvalidValueError(
                    f"{len(blocks)} blocks with kernels of {config.kernel_sizes} leave "
                    f"nothing of an image of {config.input_shape[1:]}",
                    hint="Give model.channels and model.kernel_sizes fewer or smaller numbers.",
                )
        self.trunk = nn.Sequential(*layers[:shared])
        self.reader = nn.Sequential(*layers[shared:], nn.Flatten())
        self.windows, self.context = config.windows, config.context
        features *= height * width * (1 + config.context)
        self.hidden = nn.Sequential(
            nn.Linear(features, config.hidden, bias=not config.hidden_norm),
            *([nn.BatchNorm1d(config.hidden)] if config.hidden_norm else []),
            nn.ReLU() if config.hidden_activation == "relu" else nn.Identity(),
            nn.Dropout(config.dropout),
        )
        self.heads = nn.ModuleList(nn.Linear(config.hidden, classes) for classes in config.classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, top digit and bottom digit, for ``(N, C, H, W)``."""
        found = self.trunk(x)
        if not self.windows:
            features = self.hidden(self.reader(found))
            return [head(features) for head in self.heads]
        top, bottom = found[:, :, : self.window], found[:, :, -self.window :]
        read = self.reader(torch.cat([top, bottom]))
        if self.context:
            top, bottom = read.chunk(2)
            read = torch.cat([read, torch.cat([bottom, top])], dim=1)
        parts = self.hidden(read).chunk(2)
        return [head(features) for head, features in zip(self.heads, parts, strict=True)]


def build(config: TwoHeadedCNNConfig) -> TwoHeadedCNN:
    return TwoHeadedCNN(config)
