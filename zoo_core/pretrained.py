"""Trained weights, loaded: the model, its card, and what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from zoo_core.card import Provenance, read_card
from zoo_core.catalog import Catalog
from zoo_core.config import ModelConfig
from zoo_core.data import load_dataset
from zoo_core.errors import (
    DataError,
    InvalidValueError,
    UnknownNameError,
    VerificationError,
    listed,
)
from zoo_core.metrics import Scores, score
from zoo_core.predictions import Predictions, predictions_of
from zoo_core.run import CARD, WEIGHTS
from zoo_core.trainer import Trainer, make_trainer
from zoo_core.validation import validate
from zoo_core.weights import WeightFile, check_tensors, load_weights


@dataclass(frozen=True)
class Pretrained:
    """A model with trained weights.

    Attributes:
        model: the framework's own object.
        card: what is known of the weights.
        config: the model's.
        sha256: checksum of the weight file.
        trainer: the adapter of the model's framework.
    """

    model: Any
    card: Provenance
    config: ModelConfig
    sha256: str
    trainer: Trainer

    @property
    def name(self) -> str:
        """Model and checksum: what these weights are, wherever they lie."""
        return f"{self.card.model}@sha256:{self.sha256}"

    def predict(self, images: NDArray[np.uint8]) -> Predictions:
        """Read images, uint8 ``(N, C, H, W)``, ``(N, H, W)`` or ``(H, W)``, 0 to 255.

        Raises:
            InvalidValueError: the images are not uint8, or of another shape than the model's.
        """
        batch = _as_batch(images, self.config.input_shape)
        logits = self.trainer.predict(self.model, batch, self.card.preprocessing)
        return predictions_of(logits)


def read_provenance(path: Path) -> tuple[Provenance, WeightFile]:
    """Read weights from a run's folder or a ``.safetensors`` file, without building a model.

    Where ``card.json`` lies beside the file, the file must have the checksum that it states, and
    the card is what is returned; else what the file says of itself.

    Raises:
        DataError: there is nothing to load, or it cannot be read.
        VerificationError: the file is not what its card or header says.
    """
    file_path = path / WEIGHTS if path.is_dir() else path
    if not file_path.exists():
        lacking = f" (no {WEIGHTS}: its training did not finish)" if path.is_dir() else ""
        raise DataError(
            f"there are no weights at {path}{lacking}",
            hint="Name a run's folder or a .safetensors file; `zoo train MODEL` makes one.",
        )
    card_path = file_path.with_name(CARD)
    card = read_card(card_path) if card_path.exists() else None
    if card is not None and card.weights.file == file_path.name:
        return card, load_weights(file_path, sha256=card.weights.sha256)
    file = load_weights(file_path)
    try:
        return Provenance.model_validate(file.metadata), file
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise VerificationError(
            f"the metadata of {file_path} is not zoo's: {where}: {first['msg']}"
        ) from fault


def load_pretrained(
    catalog: Catalog, path: Path, *, device: str = "auto", threads: int | None = None
) -> Pretrained:
    """Build the model of a run's folder or weight file, and give it the weights.

    Raises:
        DataError, VerificationError: see `read_provenance`.
        VerificationError: the weights do not have the names, shapes or dtypes of the model's.
    """
    card, file = read_provenance(path)
    entry = catalog.model(f"{card.plugin}/{card.model}")
    config = validate(entry.resolve(entry.spec.config), card.config, what=f"config in {file.path}")
    trainer = make_trainer(catalog.trainer(card.recipe.trainer), device=device, threads=threads)
    model = trainer.build(entry.resolve(entry.spec.builder), config, card.recipe.seed)
    check_tensors(file, trainer.get_weights(model))
    trainer.set_weights(model, file.tensors)
    return Pretrained(model=model, card=card, config=config, sha256=file.sha256, trainer=trainer)


def evaluate_pretrained(
    catalog: Catalog, pretrained: Pretrained, *, dataset: str | None = None, split: str = "test"
) -> Scores:
    """Score weights on every image of a data set's split.

    Args:
        catalog: what is installed.
        pretrained: the weights.
        dataset: name of the data set; None for the one that they were trained on.
        split: for instance ``test`` or ``train``.

    Raises:
        InvalidValueError: the data set's images or classes do not fit the model.
        UnknownNameError: there is no such data set or split.
    """
    entry = catalog.dataset(dataset or pretrained.card.dataset.name)
    spec, config = entry.spec, pretrained.config
    if split not in spec.sizes:
        raise UnknownNameError(
            f"dataset {spec.name!r} has no split {split!r}", hint=f"Splits: {listed(spec.sizes)}."
        )
    if (tuple(spec.shape), tuple(spec.classes)) != (config.input_shape, config.classes):
        raise InvalidValueError(
            f"dataset {spec.name!r} has images {spec.shape} with classes {spec.classes}, "
            f"the weights are for {config.input_shape} with classes {config.classes}"
        )
    images = load_dataset(entry).splits[split]
    return score(pretrained.predict(images.images).logits, images.labels)


def _as_batch(images: NDArray[np.uint8], shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    batch = np.asarray(images)
    if batch.ndim == 2:
        batch = batch[np.newaxis]
    if batch.ndim == 3:
        batch = batch[:, np.newaxis]
    if batch.dtype != np.uint8 or batch.shape[1:] != shape:
        channels, height, width = shape
        raise InvalidValueError(
            f"images must be uint8 (N, {channels}, {height}, {width}) with values from 0 to 255, "
            f"got {np.asarray(images).dtype} {np.shape(images)}"
        )
    return batch
