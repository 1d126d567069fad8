"""The convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

if TYPE_CHECKING:
    from zoo_cnn.config import CNNConfig


class CNN(nn.Module):
    """Blocks of convolutions and a pooling, a hidden layer, a linear head for each label.

    Max-pooling comes before ReLU: as ReLU never reverses an order, the result is the same, and
    there is a quarter to rectify.
    """

    def __init__(self, config: CNNConfig) -> None:
        super().__init__()
        features, *size = config.input_shape
        layers: list[nn.Module] = []
        depths = config.depths or (1,) * len(config.channels)
        blocks = list(zip(config.channels, config.kernel_sizes, depths, strict=True))
        for number, (channels, kernel, depth) in enumerate(blocks, 1):
            rim = kernel // 2 if config.padding else 0
            for convolution in range(1, depth + 1):
                # Batch normalization takes a bias off again.
                bias = not config.batch_norm
                layers += [nn.Conv2d(features, channels, kernel, padding=rim, bias=bias)]
                features, size = channels, [max(side + 2 * rim - kernel + 1, 0) for side in size]
                if convolution == depth and not (config.global_pool and number == len(blocks)):
                    layers += [nn.MaxPool2d(2)]
                    size = [side // 2 for side in size]
                layers += [nn.BatchNorm2d(channels)] if config.batch_norm else []
                layers += [nn.ReLU()]
            if 0 in size:
                raise InvalidValueError(
                    f"{len(blocks)} blocks with kernels of {config.kernel_sizes} leave "
                    f"nothing of an image of {config.input_shape[1:]}",
                    hint="Give model.channels and model.kernel_sizes fewer or smaller numbers.",
                )
        layers += [nn.AdaptiveAvgPool2d(1)] if config.global_pool else []
        features *= 1 if config.global_pool else size[0] * size[1]
        self.blocks = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(features, config.hidden) if config.hidden else nn.Identity()
        self.activation = nn.ReLU() if config.hidden_activation == "relu" else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)
        features = config.hidden or features
        self.heads = nn.ModuleList(nn.Linear(features, classes) for classes in config.classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, one a head, for images ``(N, C, H, W)``."""
        features = self.dropout(self.activation(self.hidden(self.blocks(x))))
        return [head(features) for head in self.heads]


def build(config: CNNConfig) -> CNN:
    return CNN(config)
