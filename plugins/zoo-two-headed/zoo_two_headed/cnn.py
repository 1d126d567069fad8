"""The two-headed convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

if TYPE_CHECKING:
    from zoo_two_headed.config import TwoHeadedCNNConfig


class TwoHeadedCNN(nn.Module):
    """Blocks of convolutions and pooling, a hidden layer, and a linear head per digit.

    With `config.windows` the features are split into two overlapping windows, the upper and the
    lower two thirds of the rows, one per digit. The layers after the split are applied to both, so
    they learn from every digit twice. With `config.context` the hidden layer's input contains the
    features of the other window too, because a digit that is known explains the pixels that it
    shares with the other. Without windows all rows are used once, for both heads.
    """

    # Shapes with the default config: images (N, 1, 42, 28), blocks (N, 32, 20, 13) and
    # (N, 64, 9, 5), hidden layer (N, 2880) -> (N, 128), heads (N, 10) and (N, 10).
    #
    # With the recipe `default` (windows): images (N, 1, 42, 28), trunk, a 5x5 convolution and a
    # pooling, (N, 16, 19, 12), then a 3x3 convolution, (N, 32, 17, 10). The bottom digit begins 7
    # rows below the top one there, so the windows are rows 0-9 and 7-16: (2N, 32, 10, 10), pooled
    # (2N, 32, 5, 5), hidden layer (2N, 800) -> (2N, 128).

    def __init__(self, config: TwoHeadedCNNConfig) -> None:
        super().__init__()
        features, height, width = config.input_shape
        offset = height // 3  # rows from the top of the upper digit to the top of the lower one
        depths = config.depths or (1,) * len(config.channels)
        blocks = list(zip(config.channels, config.kernel_sizes, depths, strict=True))
        layers: list[nn.Module] = []
        shared = 0  # number of layers before the split
        for number, (channels, kernel, depth) in enumerate(blocks, 1):
            for convolution in range(1, depth + 1):
                # No bias before batch normalization, which subtracts the mean and adds its own.
                layers += [nn.Conv2d(features, channels, kernel, bias=not config.batch_norm)]
                features, height, width = channels, height - kernel + 1, width - kernel + 1
                last = number == len(blocks)
                # Split as late as possible, because all layers before it are computed once for both
                # digits: before the pooling that would make the offset a fraction of a row.
                if convolution == depth and not shared and (offset % 2 or last):
                    shared = len(layers)
                    height -= offset if config.windows else 0
                    self.window = height
                if convolution == depth and (config.last_pool or not last):
                    # Max-pooling before ReLU has the same result, because ReLU is monotonic, and
                    # leaves a quarter of the pixels to normalize and rectify.
                    layers += [nn.MaxPool2d(2)]
                    height, width, offset = height // 2, width // 2, offset // 2
                layers += [nn.BatchNorm2d(channels)] if config.batch_norm else []
                layers += [nn.ReLU()]
            if min(height, width) < 1:
                raise InvalidValueError(
                    f"an image of {config.input_shape[1:]} pixels is too small for "
                    f"{len(blocks)} blocks with kernels of {config.kernel_sizes}",
                    hint="Choose fewer or smaller numbers for model.channels and "
                    "model.kernel_sizes.",
                )
        self.trunk = nn.Sequential(*layers[:shared])
        # These names are keys of published weights.
        self.reader = nn.Sequential(*layers[shared:], nn.Flatten())
        self.windows, self.context = config.windows, config.context
        features *= height * width * (1 + config.context)
        self.hidden = nn.Sequential(
            nn.Linear(features, config.hidden, bias=not config.hidden_norm),
            *([nn.BatchNorm1d(config.hidden)] if config.hidden_norm else []),
            nn.ReLU() if config.hidden_activation == "relu" else nn.Identity(),
            nn.Dropout(config.dropout),
        )
        self.heads = nn.ModuleList(nn.Linear(config.hidden, outputs) for outputs in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, top digit and bottom digit, for ``(N, C, H, W)``."""
        rows = self.trunk(x)
        if not self.windows:
            features = self.hidden(self.reader(rows))
            return [head(features) for head in self.heads]
        top, bottom = rows[:, :, : self.window], rows[:, :, -self.window :]
        # One batch (2N, …), because it is faster than two, and batch normalization then uses the
        # statistics of both windows.
        read = self.reader(torch.cat([top, bottom]))
        if self.context:
            top, bottom = read.chunk(2)
            # A window's own features first, so that the hidden layer is the same for both digits.
            read = torch.cat([read, torch.cat([bottom, top])], dim=1)
        parts = self.hidden(read).chunk(2)
        return [head(features) for head, features in zip(self.heads, parts, strict=True)]


def build(config: TwoHeadedCNNConfig) -> TwoHeadedCNN:
    return TwoHeadedCNN(config)
