"""The training loop: one for every framework, every model and any number of heads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation.step_draws import Augmentation
from zoo_core.data.dataset import Split
from zoo_core.data.images.warp import warp_pixels
from zoo_core.frameworks.batch import Batch
from zoo_core.frameworks.batches import epoch_batches, min_shard_size
from zoo_core.frameworks.distributed import gather_measured, shard
from zoo_core.frameworks.model_contract import check_arrays
from zoo_core.frameworks.prediction import (
    OUTPUT_BYTES,
    NotFiniteError,
    TrainerPredictor,
    measure_split,
)
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.scored_steps import ScoredSteps
from zoo_core.frameworks.trainer import Learner, Trainer
from zoo_core.frameworks.training_state import FitResult, TrainingState
from zoo_core.metrics.scores import Scores, concatenate, measure, rank, score
from zoo_core.metrics.task import Measured
from zoo_core.training.checkpoint import Checkpoint
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.course.course import Course
from zoo_core.training.divergence import DivergedError, diverged_error

FETCH_EVERY = 50
"""Maximum number of steps whose outputs stay on the device before they are measured."""
# A copy from a GPU waits for all steps before it; more steps would find a divergence later.

PREFETCH = 8
"""Number of steps by which memory-mapped inputs are prefetched before their use."""

SYNC_EVERY = 10
"""Number of steps between two decisions of several processes to checkpoint or stop."""
# Each decision is a collective call, which would cost more than a small step.


class TrainingLoop:
    """The loop of one training, from its newest checkpoint to the end.

    Args:
        trainer: adapter of the framework.
        model: the framework's own object, trained in place.
        run: recipe, data and callbacks of the training.
        checkpoints: checkpoint manager of the run.
        learner: learner of the model; None for a new one.
    """

    def __init__(
        self,
        trainer: Trainer,
        model: Any,
        run: Run,
        checkpoints: CheckpointManager | None = None,
        learner: Learner | None = None,
    ) -> None:
        checkpoints = checkpoints or CheckpointManager()
        self._trainer, self._run = trainer, run
        self._checkpoints, self._group = checkpoints, checkpoints.group
        self._learner: Learner = learner or trainer.start(model, run)
        self._state = TrainingState()
        if checkpoint := checkpoints.latest():
            self._learner.set_state(checkpoint.learner)
            self._state = checkpoint.training
        self._course = Course(run, self._state, self._group)
        # Shifted back by the time already spent, so that seconds add up when it resumes.
        self._started = time.perf_counter() - self._state.seconds
        self._pending: list[Any] = []  # outputs of the latest steps, as the learner returns them
        self._fetch_every = 1  # the first step shows how large its outputs are
        self._lr = 0.0  # that of the latest step
        self._batches: list[NDArray[np.int64]] = []  # rows of each step of the epoch
        self._augmentation = Augmentation(run.recipe, run.config.input_shape)
        self._min_shard_size = min_shard_size(run.recipe.batch_size, self._group.size)
        self._examples: Split | None = None  # those of the epoch, as the data set has them

    def fit(self) -> FitResult:
        """Train to the end and return the epoch that the recipe keeps.

        Raises:
            InterruptedTrainingError: a signal requested a stop; a checkpoint was written.
            DivergedError: the outputs are no longer finite.
            DataError: a checkpoint cannot be written.
        """
        state, run = self._state, self._run
        run.callbacks.train_start(run, state)
        while state.epoch <= self._course.last:
            started = time.perf_counter()
            examples = self._start_epoch()
            while state.step < len(self._batches):
                # By the number of the step, because all processes have to decide at the same one.
                if self._group.size == 1 or state.step % SYNC_EVERY == 0:
                    self._checkpoint_if_due()
                if examples.ahead and state.step + PREFETCH < len(self._batches):
                    examples.ahead(self._batches[state.step + PREFETCH])
                self._pending.append(self._step())
                state.step += 1
                if len(self._pending) >= self._fetch_every:
                    self._fetch()
                run.callbacks.step_end(state.epoch, state.step, len(self._batches))
            # Once more before the validation, because it may take long on a large split.
            self._checkpoint_if_due()
            self._fetch()
            self._finish_epoch(score(run.tasks, state.measured, run.recipe.choose_by), started)
        self._checkpoint_if_due()
        assert state.kept is not None  # a recipe has at least one epoch
        kept = self._with_course(state.kept)
        self._checkpoints.save_end(self._checkpoint)
        return kept if run.recipe.views == 1 else self._with_views(kept)

    def _start_epoch(self) -> Split:
        """Return the training examples of the epoch; prepare its batches."""
        state, run = self._state, self._run
        examples, order = run.data.epoch(run.recipe, state.epoch)
        # Once for all epochs, unless every epoch has new examples: the learner may copy all of
        # them to its device.
        if examples is not self._examples:
            self._examples = examples
            self._set_data(examples)
        self._batches = epoch_batches(order, run.recipe.step_size)
        self._course.start_epoch(len(self._batches))
        if examples.ahead:
            # From the current step on, because a resumed epoch begins in its middle.
            for rows in self._batches[state.step : state.step + PREFETCH]:
                examples.ahead(rows)
        return examples

    def _finish_epoch(self, train: Scores, started: float) -> None:
        """Validate, update the kept epoch by `recipe.keep`, and call the callbacks."""
        state, run = self._state, self._run
        measured, chosen = self._validate(), run.recipe.choose_by
        validation = score(run.tasks, measured, chosen)
        order = rank(run.tasks, measured, chosen)
        # A full tie keeps the earlier epoch.
        if state.kept is None or run.recipe.keep == "last" or order > state.kept.rank:
            weights = self._trainer.get_weights(self._learner.model)
            state.kept = FitResult(state.epoch, weights, train, validation, order)
        state.ranks.append(order)
        seconds = time.perf_counter()
        decision = self._course.finish_epoch(seconds - self._started)
        metrics: dict[str, Any] = {
            "epoch": state.epoch,
            "train": train.to_json(),
            "validation": validation.to_json(),
            "lr": self._course.learning_rate(state.epoch * len(self._batches) - 1),
            "seconds": round(seconds - started, 3),
            **({"ended": decision.model_dump()} if decision else {}),
        }
        state.history.append(metrics)
        state.epoch, state.step, state.measured = state.epoch + 1, 0, []
        run.callbacks.epoch_end(run, metrics["epoch"], metrics)

    def _step(self) -> Any:
        """Perform the next step and return the learner's outputs."""
        batch = self._batch()
        self._lr = batch.lr
        if batch.warps is not None and self._run.warps_inputs:
            assert self._examples is not None  # since `_start_epoch`
            # As a data set of one batch, which any trainer can train on.
            pixels = warp_pixels(self._examples.inputs[batch.rows], batch.warps)
            self._set_data(Split(pixels, self._examples.select_targets(batch.rows)))
            batch = replace(batch, rows=np.arange(len(pixels)), warps=None)
        return self._learner.step(batch)

    def _set_data(self, examples: Split) -> None:
        """Pass examples to the learner, with targets on the scale that it gets."""
        normalization = self._run.data.normalization
        inputs = normalization.fill_missing(examples.inputs)
        targets = normalization.scale_targets(examples.targets)
        self._learner.set_data(replace(examples, inputs=inputs, targets=targets))

    def _batch(self) -> Batch:
        """Return this process's shard of the next step."""
        state, steps = self._state, len(self._batches)
        step = (state.epoch - 1) * steps + state.step  # in the whole training
        rows = self._batches[state.step]
        mine = shard(len(rows), self._group, min_size=self._min_shard_size)
        plain = self._course.is_plain
        drawn = self._augmentation.draw(len(rows), step, mine, plain=plain)
        return Batch(
            step=step,
            rows=rows[drawn.places],
            lr=self._course.learning_rate(step),
            warps=drawn.warps,
            changes=drawn.changes,
            erased=drawn.erased,
            mixing=drawn.mixing,
            share=(mine.stop - mine.start) / len(rows),
            epoch=state.epoch,
            plain=plain,
        )

    def _fetch(self) -> None:
        """Copy the outputs of the latest steps from the device, and measure them.

        Raises:
            DivergedError: they are not finite.
        """
        if not self._pending:
            return
        state = self._state
        latest = self._batches[state.step - len(self._pending) : state.step]
        run, min_size = self._run, self._min_shard_size
        mine = [rows[shard(len(rows), self._group, min_size=min_size)] for rows in latest]
        outputs = self._learner.to_numpy(self._pending)
        check_arrays(outputs, sum(map(len, mine)), self._learner.to_numpy)
        outputs = run.data.normalization.restore_outputs(outputs)
        per_step = sum(head.nbytes for head in outputs) // len(self._pending)
        self._fetch_every = min(max(OUTPUT_BYTES // max(per_step, 1), 1), FETCH_EVERY)
        self._pending = []
        assert self._examples is not None  # since `_start_epoch`
        targets = self._examples.select_targets(np.concatenate(mine))
        with np.errstate(all="ignore"):  # outputs that are not finite are an error below
            heads = measure(run.tasks, outputs, targets)
        # A further column, so that all processes find the same first output that is not finite.
        heads.append(Measured({"finite": _are_finite(outputs)}))
        counts = [len(rows) for rows in latest]
        *measured, last = gather_measured(heads, counts, self._group, min_size=min_size)
        finite = last.columns["finite"]
        if not finite.all():
            # Find the first example with an infinity or NaN, and from it the batch.
            number = int(np.searchsorted(np.cumsum(counts), finite.argmin(), side="right"))
            step = state.step - len(latest) + number + 1  # from 1, as people count
            raise self._diverged(f"from step {step} of epoch {state.epoch} on", latest[number])
        state.measured = concatenate([state.measured, measured]) if state.measured else measured
        steps = len(self._batches)
        scored = ScoredSteps(state.epoch, state.step, steps, self._lr, run.tasks, measured)
        run.callbacks.steps_scored(run, scored)

    def _with_views(self, kept: FitResult) -> FitResult:
        """Score the kept epoch again with test-time augmentation, as it will predict."""
        # Only the kept one: epochs are compared by a single view each, which takes a fifth or a
        # ninth of the time.
        self._trainer.set_weights(self._learner.model, kept.weights)
        measured = self._validate(self._run.recipe.views)
        validation = score(self._run.tasks, measured, self._run.recipe.choose_by)
        return replace(kept, validation=validation)

    def _validate(self, views: int = 1) -> list[Measured]:
        """Measure the model on the validation examples."""
        data = self._run.data
        try:
            return measure_split(
                # Not the trained model, because it may be the average of the weights.
                TrainerPredictor(self._trainer, self._learner.model, data.normalization, views),
                data.held_out,
                self._run.tasks,
                group=self._group,
                rows=data.validation_rows,
            )
        except NotFiniteError:
            where = f"on the validation examples after epoch {self._state.epoch}"
            raise self._diverged(where) from None

    def _diverged(self, where: str, rows: NDArray[np.int64] | None = None) -> DivergedError:
        kept = self._state.kept
        if kept is not None:
            kept = self._with_course(kept)
        return diverged_error(where, self._run.recipe, kept, rows)

    def _with_course(self, kept: FitResult) -> FitResult:
        """Return the kept epoch with the duration of the training and its decisions."""
        seconds = time.perf_counter() - self._started
        return replace(kept, seconds=seconds, ended=tuple(self._state.ends))

    def _checkpoint(self) -> Checkpoint:
        self._state.seconds = time.perf_counter() - self._started
        return Checkpoint(self._state, self._learner.get_state())

    def _checkpoint_if_due(self) -> None:
        """Write a checkpoint if it is time for one; raise after a stop request."""
        signal, due = self._checkpoints.poll()
        if not signal and not due:
            return
        # Fetched first, because the checkpoint contains the measures of these outputs, which must
        # be finite.
        self._fetch()
        state = self._state
        self._checkpoints.save(self._checkpoint())
        if signal:
            where = f"before step {state.step + 1} of epoch {state.epoch}"
            if state.step == len(self._batches):
                where = f"before the validation of epoch {state.epoch}"
            if state.epoch > self._course.last:
                where = "after the last epoch"
            raise self._checkpoints.interruption_error(signal, where)


def _are_finite(outputs: Sequence[NDArray[Any]]) -> NDArray[np.bool_]:
    """Return whether all outputs of each example are finite, ``(N,)``."""
    # By axes, because an array of no example cannot be reshaped.
    heads = [np.isfinite(head).all(axis=tuple(range(1, head.ndim))) for head in outputs]
    finite: NDArray[np.bool_] = np.logical_and.reduce(np.stack(heads))
    return finite
