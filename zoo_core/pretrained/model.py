"""A pretrained model: its weights, card and predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.normalization import Normalization
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.frameworks.prediction import Predictor, TrainerPredictor, all_outputs
from zoo_core.frameworks.trainer import Trainer
from zoo_core.plugins.data_specs import InputSpec, TargetSpec

if TYPE_CHECKING:
    from zoo_core.data.example_record import ExampleRecord
    from zoo_core.metrics.calibration import Calibration
    from zoo_core.metrics.familiarity import Familiarity
    from zoo_core.metrics.predictions import Predictions
    from zoo_core.metrics.task import Task
    from zoo_core.pretrained.files import WeightsFiles
    from zoo_core.recipes.model_config import ModelConfig
    from zoo_core.weights.card import Provenance
    from zoo_core.weights.card_data import CardData


class FrameworkModel(NamedTuple):
    """A model in its framework.

    Attributes:
        trainer: adapter of the framework.
        name: name of the trainer.
        model: the framework's own object.
    """

    trainer: Trainer
    name: str
    model: Any


class Program(NamedTuple):
    """A published program that a runtime has opened.

    Attributes:
        runtime: name of the runtime.
        predictor: predictor of the program.
    """

    runtime: str
    predictor: Predictor


@dataclass(frozen=True)
class Pretrained:
    """A model with trained weights.

    A runtime or the model's framework computes its predictions (`runtime`).

    Attributes:
        name: name and checksum of the weights.
        sha256: checksum of the weight file.
        normalization: normalization of inputs and targets.
        input: kind and shape of an input.
        targets: task, and names of classes, of each head.
        views: number of views of each image that a prediction is averaged over.
        calibration: temperatures, and limit of accepted predictions; None for weights without.
    """

    name: str
    sha256: str
    normalization: Normalization
    input: InputSpec
    targets: tuple[TargetSpec, ...] = field(repr=False)
    views: int
    calibration: Calibration | None = field(repr=False)
    _program: Program | None = field(repr=False)
    _build: Callable[[], FrameworkModel] = field(repr=False)
    _files: WeightsFiles = field(repr=False)
    _read_card: Callable[[], Provenance] = field(repr=False)
    _read_data: Callable[[], CardData] = field(repr=False)
    _read_config: Callable[[], ModelConfig] = field(repr=False)
    _find_tasks: Callable[[], tuple[Task, ...]] = field(repr=False)
    _find_familiarity: Callable[[], Familiarity | None] = field(repr=False)

    @cached_property
    def _framework_model(self) -> FrameworkModel:
        return self._build()

    @property
    def model(self) -> Any:
        """The framework's own object.

        If a runtime opened the weights, it is built when it is first used. From then on it computes
        the predictions, because its caller may change it.
        """
        return self._framework_model.model

    @property
    def trainer(self) -> Trainer:
        """Adapter of the framework of `model`, which is built if it is not yet."""
        return self._framework_model.trainer

    def with_program(self, program: Program) -> Pretrained:
        """Return the same weights, with predictions of a program."""
        return replace(self, _program=program)

    @property
    def program(self) -> Program | None:
        """The program that computes the predictions; None if the framework does."""
        return None if "_framework_model" in vars(self) else self._program

    @property
    def runtime(self) -> str:
        """Name of the runtime or trainer that computes the predictions."""
        return self.program.runtime if self.program else self._framework_model.name

    @property
    def predictor(self) -> Predictor:
        """Predictor of the outputs."""
        if self.program:
            return self.program.predictor
        return TrainerPredictor(self.trainer, self.model, self.normalization, self.views)

    # All are read when they are first used: card and config import pydantic, which predicting does
    # not need.
    @cached_property
    def card(self) -> Provenance:
        """The card, or the metadata of a file without one."""
        return self._read_card()

    @cached_property
    def card_data(self) -> CardData:
        """The data set on the card, without the rest of the card."""
        return self._read_data()

    @cached_property
    def config(self) -> ModelConfig:
        """The model's config."""
        return self._read_config()

    @cached_property
    def tasks(self) -> tuple[Task, ...]:
        """The task of each head."""
        return self._find_tasks()

    def _repr_html_(self) -> str:
        from zoo_core.table import html_title

        return html_title(self.name) + self.card._repr_html_()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an input, such as channels, height and width of an image."""
        return self.input.shape

    @cached_property
    def examples(self) -> ExampleRecord | None:
        """The examples that the weights were trained on; None if they are unknown.

        Raises:
            VerificationError: the list is not the one that the card states.
        """
        return self._files.examples(self.card)

    @cached_property
    def data_place(self) -> str:
        """Absolute place of the training's data; empty if it is unknown."""
        return self._files.data_place()

    def predict(self, inputs: NDArray[Any]) -> Predictions:
        """Predict inputs ``(N, *shape)``.

        Images are uint8 from 0 to 255, ``(N, C, H, W)``; a gray one may be ``(N, H, W)`` or
        ``(H, W)``. One example of another kind may lack the first axis.

        Raises:
            InvalidValueError: dtype or shape are not those of the model's inputs, a token is not in
                its vocabulary, or a number is missing although the weights were not trained to
                fill it.
        """
        # Deferred, because loading by name should cost little more than importing the framework.
        from zoo_core.metrics.predictions import predictions_of

        batch = self.as_batch(inputs)
        outputs = all_outputs(self.predictor, batch)
        return predictions_of(self.tasks, outputs, self.calibration, self.familiarity(batch))

    def familiarity(self, batch: NDArray[Any]) -> NDArray[np.float64] | None:
        """Return the familiarity of inputs ``(N, *shape)``, from 0 to 1; None if it is unknown.

        It is a function of the training's data set, whose plugin may be missing or have none.
        """
        # Weights without a calibration have no limit to compare it with.
        measure = self._find_familiarity() if self.calibration else None
        return measure(batch) if measure else None

    def as_batch(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Return inputs as `predict` accepts them, ``(N, *shape)``; errors are the same."""
        batch, spec = np.asarray(inputs), self.input
        if spec.kind == "image":
            if batch.ndim == 2:
                batch = batch[np.newaxis]  # (H, W) -> (1, H, W)
            if batch.ndim == 3:
                batch = batch[:, np.newaxis]  # (N, H, W) -> (N, 1, H, W)
        else:
            if batch.shape == spec.shape:
                batch = batch[np.newaxis]
            # Numbers of any precision are the same numbers; those of images may end at 1 or 255.
            if (batch.dtype.kind in "fiu" and np.dtype(spec.dtype).kind == "f") or (
                batch.dtype.kind in "iu" and np.dtype(spec.dtype).kind == "i"
            ):
                batch = batch.astype(spec.dtype)
        if batch.dtype != spec.dtype or batch.shape[1:] != spec.shape:
            what = "images uint8" if spec.kind == "image" else f"{spec.kind} {spec.dtype}"
            values = " with values from 0 to 255" if spec.kind == "image" else ""
            raise InvalidValueError(
                f"expected {what} (N, {', '.join(map(str, spec.shape))}){values}, "
                f"got {np.asarray(inputs).dtype} {np.shape(inputs)}"
            )
        if batch.dtype.kind == "f":
            self._check_numbers(batch)
        if spec.kind == "tokens":
            self._check_tokens(batch)
        return batch

    def _check_tokens(self, batch: NDArray[Any]) -> None:
        from zoo_core.data.tokens import check_tokens

        try:
            check_tokens(batch, self.input)
        except DataError as exc:
            raise InvalidValueError(exc.problem) from exc

    def _check_numbers(self, batch: NDArray[Any]) -> None:
        from zoo_core.data.wrong_numbers import first_wrong_number  # images need none

        found = first_wrong_number(batch, self.input, fill=bool(self.normalization.fill))
        if found:
            raise InvalidValueError(
                f"expected numbers, got {found.value} in example {found.row}, counted from 0, "
                f"{found.place}",
                hint="Weights that fill missing numbers are trained with --set missing=mean.",
            )
