"""The convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from zoo_core.errors import InvalidValueError

if TYPE_CHECKING:
    from zoo_cnn.config import CNNConfig


class CNN(nn.Module):
    """Blocks of convolution, max-pooling and ReLU, a hidden layer, a linear head for each label.

    Pooling comes before ReLU: as ReLU never reverses an order, the result is the same, and there
    is a quarter to rectify.
    """

    def __init__(self, config: CNNConfig) -> None:
        super().__init__()
        inputs, height, width = config.input_shape
        blocks: list[nn.Module] = []
        for outputs, kernel in zip(config.channels, config.kernel_sizes, strict=True):
            # Batch normalisation takes a bias off again.
            convolution = nn.Conv2d(inputs, outputs, kernel, bias=not config.batch_norm)
            blocks += [convolution, nn.MaxPool2d(2)]
            blocks += [nn.BatchNorm2d(outputs)] if config.batch_norm else []
            blocks += [nn.ReLU()]
            inputs, height, width = outputs, _after(height, kernel), _after(width, kernel)
            if not height or not width:
                raise InvalidValueError(
                    f"{len(config.channels)} blocks with kernels of {config.kernel_sizes} leave "
                    f"nothing of an image of {config.input_shape[1:]}",
                    hint="Give model.channels and model.kernel_sizes fewer or smaller numbers.",
                )
        self.blocks = nn.Sequential(*blocks, nn.Flatten())
        self.hidden = nn.Linear(inputs * height * width, config.hidden)
        self.activation = nn.ReLU() if config.hidden_activation == "relu" else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)
        self.heads = nn.ModuleList(nn.Linear(config.hidden, classes) for classes in config.classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return logits ``(N, classes)``, one a head, for images ``(N, C, H, W)``."""
        features = self.dropout(self.activation(self.hidden(self.blocks(x))))
        return [head(features) for head in self.heads]


def _after(size: int, kernel: int) -> int:
    """Return what a convolution without padding and a 2×2 pooling leave of a side."""
    return max(size - kernel + 1, 0) // 2


def build(config: CNNConfig) -> CNN:
    return CNN(config)
