"""The trainer's contract: the methods of a framework's adapter.

The core owns the only training loop (`zoo_core.training.loop`): order of the samples, learning
rate, epochs, scores, choice of the best weights, files. An adapter builds the framework's model,
performs a step, predicts, and gets and sets weights; it has no loop and writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from numpy.typing import NDArray

from zoo_core.frameworks.distributed import SINGLE_PROCESS, Group
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec, TrainerSpec
from zoo_core.weights.file import Tensors

if TYPE_CHECKING:
    # Not imported at run time, because most of them import pydantic, which loading weights by
    # name avoids: it would take longer than the rest of the load.
    from zoo_core.data.dataset import Split
    from zoo_core.data.normalization import Normalization
    from zoo_core.frameworks.batch import Batch
    from zoo_core.frameworks.run import Run
    from zoo_core.weights.card import Environment


class Learner(Protocol):
    """A model in training, with the state of its optimizer."""

    @property
    def model(self) -> Any:
        """The model to score and save: the trained one, or the moving average of its weights."""

    def set_data(self, examples: Split) -> None:
        """Set the examples that the `rows` of the next steps refer to."""

    def step(self, batch: Batch) -> Any:
        """Perform one optimizer step.

        Its random numbers depend only on the recipe's seed, `batch.step` and the process's rank.

        Returns:
            The batch's outputs before the step, in any form that `to_numpy` accepts.
        """
        # Not as NumPy arrays, because a copy from a GPU waits for the step to finish; the loop
        # fetches the outputs of many steps at once.

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return a copy of the state that the next steps depend on, by name.

        It holds the weights, any buffers that the model predicts with, and the state of the
        optimizer and of the moving average. The call has no effect on the next steps.
        """

    def set_state(self, state: Tensors) -> None:
        """Restore the state of a learner of the same model and run."""

    def to_numpy(self, outputs: Sequence[Any]) -> list[NDArray[Any]]:
        """Return the outputs of several steps as floats ``(N, …)``, one array per head."""


class Trainer(Protocol):
    """The adapter of a framework, on one device."""

    def environment(self) -> Environment:
        """Return the facts that decide the bits of a result: framework, device, threads, …."""

    def build(self, builder: Any, config: Any, seed: int | None) -> Any:
        """Return ``builder(config)`` on the device, its random weights drawn from `seed`.

        With `seed` None the weights may be any, because the caller replaces them.
        """

    def start(self, model: Any, run: Run) -> Learner:
        """Return a learner that trains `model` in place by the run's recipe."""

    def predict(
        self, model: Any, inputs: NDArray[Any], normalization: Normalization
    ) -> list[NDArray[Any]]:
        """Return floats ``(N, …)``, one array per head, for inputs ``(N, *shape)``.

        uint8 inputs are divided by 255; then inputs are normalized by mean and std, if there are
        any. The scale of targets is the caller's.
        """

    def count_parameters(self, model: Any) -> int:
        """Return the number of parameters; buffers, such as batch statistics, do not count."""

    def get_weights(self, model: Any) -> dict[str, NDArray[Any]]:
        """Return a copy of the model's weights and buffers, by name."""

    def set_weights(self, model: Any, weights: Tensors) -> None:
        """Assign weights, whose names, shapes and dtypes the caller has checked."""


class DistributedTrainer(Trainer, Protocol):
    """A trainer for data-parallel training with several processes.

    Its learners perform the same step in every process, with the gradients of all processes.
    """

    @property
    def group(self) -> Group:
        """The processes, from the launcher's environment."""


def make_trainer(entry: Entry[TrainerSpec], *, device: str, threads: int | None) -> Trainer:
    """Import a trainer's framework and return the trainer.

    Args:
        entry: the trainer.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of threads of the framework; None for its default.

    Raises:
        PluginError: the trainer cannot be imported.
        InvalidValueError: the device does not exist.
    """
    trainer: Trainer = entry.resolve(entry.spec.factory)(device=device, threads=threads)
    return trainer


def model_builder(entry: Entry[ModelSpec]) -> Callable[[Any], Any]:
    """Return the function that builds a model from its config.

    Raises:
        PluginError: the function cannot be imported.
    """
    builder: Callable[[Any], Any] = entry.resolve(entry.spec.builder)
    return builder


def group_of(entry: Entry[TrainerSpec], trainer: Trainer) -> Group:
    """Return the processes that train together with this one."""
    # By the spec, not by `hasattr`, because the plan has to refuse several processes before the
    # framework is imported, and the two must agree.
    return cast(DistributedTrainer, trainer).group if entry.spec.distributed else SINGLE_PROCESS
