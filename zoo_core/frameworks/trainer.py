"""The trainer's contract: the methods of a framework's adapter.

The core owns the one training loop (`zoo_core.training.loop`): order of the samples, learning rate,
epochs, scores, choice of the best weights, files. An adapter builds the framework's model, makes
a step, predicts, and gives and takes weights; it holds no loop and writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from zoo_core.frameworks.distributed import SINGLE_PROCESS, Group
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec, TrainerSpec
from zoo_core.weights.file import Tensors

if TYPE_CHECKING:  # loading weights by name makes do without pydantic, for the sake of its speed
    from zoo_core.data.augmentation import Positions
    from zoo_core.data.dataset import Split
    from zoo_core.data.normalization import Normalization
    from zoo_core.frameworks.run import Run
    from zoo_core.weights.card import Environment


@dataclass(frozen=True)
class Batch:
    """What a step is made of.

    Attributes:
        step: its number in the whole training, from 0.
        rows: int64 ``(N,)``, the images, as rows of those that the learner was fed.
        lr: learning rate of the step.
        warps: how each image is to be warped before the model sees it; None for not at all.
        share: which part of the whole batch this is, from above 0 (or 0, with no rows) to 1; less
            than 1 only where several processes train together.
    """

    step: int
    rows: NDArray[np.int64]
    lr: float
    warps: Positions | None = None
    share: float = 1.0


class Learner(Protocol):
    """A model in training, with its optimizer's state."""

    @property
    def model(self) -> Any:
        """The model to score and keep: the one in training, or the average of its weights."""

    def set_data(self, images: Split) -> None:
        """Take the images of the steps that follow."""

    def step(self, batch: Batch) -> Any:
        """Make one optimizer step; what is random in it depends on the seed and `batch.step`.

        Returns:
            The batch's logits before the step, in whatever form `to_numpy` takes.
        """

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return a copy of all that the steps to come depend on, by name.

        That is the weights, whatever else the model predicts with, and what the optimizer and an
        average remember. Making it changes nothing of what is to come.
        """

    def set_state(self, state: Tensors) -> None:
        """Go on from a state that a learner of the same model and run gave."""

    def to_numpy(self, outputs: Sequence[Any]) -> list[NDArray[np.float32]]:
        """Return what several steps gave as logits ``(N, classes)``, one array a head."""


class Trainer(Protocol):
    """The adapter for a framework, on one device."""

    def environment(self) -> Environment:
        """Return what decides the bits of a result: framework, device, threads, …."""

    def build(self, builder: Any, config: Any, seed: int | None) -> Any:
        """Return ``builder(config)``, its random weights drawn from `seed`, on the device.

        Where `seed` is None, they are about to be replaced, and whatever they are will do.
        """

    def start(self, model: Any, run: Run) -> Learner:
        """Return a learner that trains `model` in place, by the run's recipe."""

    def predict(
        self, model: Any, images: NDArray[np.uint8], normalization: Normalization
    ) -> list[NDArray[np.float32]]:
        """Return logits ``(N, classes)``, one array a head, for images ``(N, C, H, W)``."""

    def count_parameters(self, model: Any) -> int:
        """Return how many numbers are learned by gradient; statistics of batches are none."""

    def get_weights(self, model: Any) -> dict[str, NDArray[Any]]:
        """Return a copy of the model's weights by name, and of whatever else it predicts with."""

    def set_weights(self, model: Any, weights: Tensors) -> None:
        """Assign weights that were checked to have the model's names, shapes and dtypes."""


class DistributedTrainer(Trainer, Protocol):
    """An adapter of which several processes may train one model together.

    Its learners make the same step in every process, from all processes' gradients.
    """

    @property
    def group(self) -> Group:
        """The processes, as the launcher's environment says."""


def make_trainer(entry: Entry[TrainerSpec], *, device: str, threads: int | None) -> Trainer:
    """Import a trainer's framework and return the trainer.

    Args:
        entry: the trainer.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.

    Raises:
        PluginError: it cannot be imported.
        InvalidValueError: there is no such device.
    """
    trainer: Trainer = entry.resolve(entry.spec.factory)(device=device, threads=threads)
    return trainer


def model_builder(entry: Entry[ModelSpec]) -> Callable[[Any], Any]:
    """Return the function that builds a model from its config.

    Raises:
        PluginError: it cannot be imported.
    """
    builder: Callable[[Any], Any] = entry.resolve(entry.spec.builder)
    return builder


def group_of(entry: Entry[TrainerSpec], trainer: Trainer) -> Group:
    """Return the processes that train together, as a trainer sees them."""
    return cast(DistributedTrainer, trainer).group if entry.spec.distributed else SINGLE_PROCESS
