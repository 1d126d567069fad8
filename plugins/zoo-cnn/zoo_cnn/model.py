"""The convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

if TYPE_CHECKING:
    from zoo_cnn.config import CNNConfig


class CNN(nn.Module):
    """Blocks of convolutions and pooling, a hidden layer, and one linear head per label."""

    # Shapes with the default config and images of MNIST:
    #   images                    (N, 1, 28, 28)
    #   3x3 convolution, 2x2 pool (N, 32, 26, 26) -> (N, 32, 13, 13)
    #   3x3 convolution, 2x2 pool (N, 64, 11, 11) -> (N, 64, 5, 5)
    #   flatten, hidden layer     (N, 1600) -> (N, 128)
    #   head                      (N, 10)

    def __init__(self, config: CNNConfig) -> None:
        super().__init__()
        features, *size = config.input_shape
        layers: list[nn.Module] = []
        depths = config.depths or (1,) * len(config.channels)
        blocks = list(zip(config.channels, config.kernel_sizes, depths, strict=True))
        for number, (channels, kernel, depth) in enumerate(blocks, 1):
            padding = kernel // 2 if config.padding else 0
            for convolution in range(1, depth + 1):
                # No bias before batch normalization, which subtracts the mean and adds its own.
                bias = not config.batch_norm
                layers += [nn.Conv2d(features, channels, kernel, padding=padding, bias=bias)]
                features = channels
                # A kernel of k pixels has n + 2p - k + 1 positions along a side of n pixels.
                size = [max(side + 2 * padding - kernel + 1, 0) for side in size]
                if convolution == depth and not (config.global_pool and number == len(blocks)):
                    # Before normalization and ReLU, because they then process a quarter of the
                    # pixels. ReLU is monotonic, so its order with max-pooling is equivalent.
                    layers += [nn.MaxPool2d(2)]
                    size = [side // 2 for side in size]
                layers += [nn.BatchNorm2d(channels)] if config.batch_norm else []
                layers += [nn.ReLU()]
            if 0 in size:
                raise InvalidValueError(
                    f"an image of {config.input_shape[1:]} pixels is too small for "
                    f"{len(blocks)} blocks with kernels of {config.kernel_sizes}",
                    hint="Choose fewer or smaller numbers for model.channels and "
                    "model.kernel_sizes.",
                )
        # (N, channels, H, W) -> (N, channels, 1, 1): the number of features does not depend on the
        # image size.
        layers += [nn.AdaptiveAvgPool2d(1)] if config.global_pool else []
        features *= 1 if config.global_pool else size[0] * size[1]
        self.blocks = nn.Sequential(*layers, nn.Flatten())
        # Identity without a hidden layer, so that forward is the same for every config.
        self.hidden = nn.Linear(features, config.hidden) if config.hidden else nn.Identity()
        self.activation = nn.ReLU() if config.hidden_activation == "relu" else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)
        features = config.hidden or features
        self.heads = nn.ModuleList(nn.Linear(features, outputs) for outputs in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)`` per head for images ``(N, C, H, W)``."""
        # No softmax: the loss contains it, and the largest logit is the prediction.
        features = self.dropout(self.activation(self.hidden(self.blocks(x))))
        return [head(features) for head in self.heads]


def build(config: CNNConfig) -> CNN:
    return CNN(config)
