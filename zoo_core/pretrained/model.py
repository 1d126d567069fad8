"""A pretrained model: its weights, card and predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.normalization import Normalization
from zoo_core.errors import InvalidValueError
from zoo_core.frameworks.prediction import predict_views
from zoo_core.frameworks.trainer import Trainer

if TYPE_CHECKING:
    from zoo_core.data.example_record import ExampleRecord
    from zoo_core.metrics.predictions import Predictions
    from zoo_core.pretrained.files import WeightsFiles
    from zoo_core.recipes.model_config import ModelConfig
    from zoo_core.weights.card import Provenance


@dataclass(frozen=True)
class Pretrained:
    """A model with trained weights.

    Attributes:
        model: the framework's own object.
        name: name and checksum of the weights.
        sha256: checksum of the weight file.
        trainer: adapter of the model's framework.
        normalization: normalization of the pixels.
        input_shape: channels, height and width of an image.
        views: number of views of each image that a prediction is averaged over.
    """

    model: Any
    name: str
    sha256: str
    trainer: Trainer
    normalization: Normalization
    input_shape: tuple[int, int, int]
    views: int
    _files: WeightsFiles = field(repr=False)
    _read_card: Callable[[], Provenance] = field(repr=False)
    _read_config: Callable[[], ModelConfig] = field(repr=False)

    # All are read when they are first used: they import pydantic, which predicting does not need.
    @cached_property
    def card(self) -> Provenance:
        """The card, or the metadata of a file without one."""
        return self._read_card()

    @cached_property
    def config(self) -> ModelConfig:
        """The model's config."""
        return self._read_config()

    @cached_property
    def examples(self) -> ExampleRecord | None:
        """The images that the weights were trained on; None if they are unknown.

        Raises:
            VerificationError: the list is not the one that the card states.
        """
        return self._files.examples(self.card)

    @cached_property
    def data_place(self) -> str:
        """Absolute place of the training's data; empty if it is unknown."""
        return self._files.data_place()

    def predict(self, images: NDArray[np.uint8]) -> Predictions:
        """Predict images, uint8 ``(N, C, H, W)``, ``(N, H, W)`` or ``(H, W)``, 0 to 255.

        Raises:
            InvalidValueError: the images are not uint8, or not of the model's shape.
        """
        # Deferred, because loading by name should cost little more than importing the framework.
        from zoo_core.metrics.predictions import predictions_of

        batch = _as_batch(images, self.input_shape)
        logits = predict_views(self.trainer, self.model, batch, self.normalization, self.views)
        return predictions_of(logits)


def _as_batch(images: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    batch = np.asarray(images)
    if batch.ndim == 2:
        batch = batch[np.newaxis]  # (H, W) -> (1, H, W)
    if batch.ndim == 3:
        batch = batch[:, np.newaxis]  # (N, H, W) -> (N, 1, H, W)
    # Floats are refused instead of converted, because nothing shows whether they end at 1 or 255.
    if batch.dtype != np.uint8 or batch.shape[1:] != shape:
        channels, height, width = shape
        raise InvalidValueError(
            f"expected images uint8 (N, {channels}, {height}, {width}) with values from 0 to 255, "
            f"got {np.asarray(images).dtype} {np.shape(images)}"
        )
    return batch
