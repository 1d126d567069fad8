"""The residual convolutional network."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from torch import Tensor, nn

from zoo_core.plugin_api import InvalidValueError

if TYPE_CHECKING:
    from zoo_cnn.residual_config import ResidualCNNConfig


class ResidualCNN(nn.Module):
    """Stages of a convolution and residual blocks, and one linear head per label."""

    # Shapes with the default config and images of MNIST:
    #   images                                          (N, 1, 28, 28)
    #   3x3 convolution                                 (N, 32, 28, 28)
    #   3x3 convolution, 2x2 pool, residual block       (N, 64, 14, 14)
    #   3x3 convolution, 2x2 pool, residual block       (N, 128, 7, 7)
    #   mean over the image                             (N, 128)
    #   head                                            (N, 10)

    def __init__(self, config: ResidualCNNConfig) -> None:
        super().__init__()
        features, *size = config.input_shape
        layers: list[nn.Module] = []
        stages = zip(config.channels, config.pooling, config.residuals, strict=True)
        for number, (channels, pooling, residuals) in enumerate(stages):
            # The first is never separable, because an image has few channels to mix.
            separable = config.separable and number > 0
            layers += [_convolution(features, channels, separable=separable)]
            # Before normalization and ReLU, because they then process a quarter of the pixels. ReLU
            # is monotonic, so its order with max-pooling is equivalent.
            layers += [nn.MaxPool2d(pooling)] if pooling > 1 else []
            layers += [nn.BatchNorm2d(channels), nn.ReLU()]
            layers += [ResidualBlocks(channels, residuals, config)] if residuals else []
            features, size = channels, [side // pooling for side in size]
        if 0 in size:
            raise InvalidValueError(
                f"an image of {config.input_shape[1:]} pixels is too small for max-pooling by "
                f"{config.pooling}",
                hint="Choose smaller numbers for model.pooling.",
            )
        # (N, channels, H, W) -> (N, channels): the number of features does not depend on the image
        # size.
        self.stages = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.heads = nn.ModuleList(nn.Linear(features, outputs) for outputs in config.outputs)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)`` per head for images ``(N, C, H, W)``."""
        # No softmax: the loss contains it, and the largest logit is the prediction.
        features = self.stages(x)
        return [head(features) for head in self.heads]


class ResidualBlocks(nn.Module):
    """Blocks of convolutions whose output is added to their input (He et al. 2016)."""

    def __init__(self, channels: int, count: int, config: ResidualCNNConfig) -> None:
        """Create the layers of blocks that keep the number of channels.

        Args:
            channels: channels of the input and of the output.
            count: number of blocks.
            config: number of convolutions per block, and whether they are separable and shared.
        """
        super().__init__()
        self.depth = config.depth
        different = 1 if config.shared else count
        self.convolutions = nn.ModuleList(
            _convolution(channels, channels, separable=config.separable)
            for _ in range(different * self.depth)
        )
        # One per convolution of each block, also of those that share kernels, because the
        # statistics of their outputs differ.
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(count * self.depth))

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the input's shape ``(N, channels, H, W)``."""
        convolutions = cycle(self.convolutions)
        for block in range(0, len(self.norms), self.depth):
            y = x
            for norm in self.norms[block : block + self.depth]:
                y = norm(next(convolutions)(y)).relu()
            x = x + y
        return x


def _convolution(inputs: int, outputs: int, *, separable: bool) -> nn.Module:
    """Return a convolution of 3×3 pixels that keeps the image's size."""
    # No bias before batch normalization, which subtracts the mean and adds its own.
    if not separable:
        return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    # Chollet 2017: 9 + outputs numbers per input channel instead of 9 * outputs.
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
        nn.Conv2d(inputs, outputs, 1, bias=False),
    )


def build(config: ResidualCNNConfig) -> ResidualCNN:
    return ResidualCNN(config)
