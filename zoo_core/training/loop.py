"""The training loop: one for every framework, every model and any number of heads."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.augmentation import draw_warps
from zoo_core.data.dataset import Split
from zoo_core.errors import TrainingError
from zoo_core.frameworks.distributed import gather_in_order, shard
from zoo_core.frameworks.prediction import predict_distributed
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.trainer import Batch, Learner, Trainer
from zoo_core.frameworks.training_state import FitResult, TrainingState
from zoo_core.metrics.scores import Scores, score
from zoo_core.training.batches import epoch_batches, min_shard_size
from zoo_core.training.checkpoint import Checkpoint
from zoo_core.training.checkpointing import CheckpointManager
from zoo_core.training.schedule import learning_rate

FETCH_EVERY = 50
"""Maximum number of steps whose logits stay on the device before they are checked."""
# A copy from a GPU waits for all steps before it; more steps would find a divergence later.

PREFETCH = 8
"""Number of steps by which memory-mapped images are prefetched before their use."""

SYNC_EVERY = 10
"""Number of steps between two decisions of several processes to checkpoint or stop."""
# Each decision is a collective call, which would cost more than a small step.


class DivergedError(TrainingError):
    """Raised when the outputs of a training are no longer finite.

    Args:
        problem: the error and its place.
        kept: the epoch kept so far, or None.
        hint: next thing to try.
    """

    def __init__(self, problem: str, *, kept: FitResult | None, hint: str) -> None:
        super().__init__(problem, hint=hint)
        self.kept = kept


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
        # Shifted back by the time already spent, so that seconds add up when it resumes.
        self._started = time.perf_counter() - self._state.seconds
        self._pending: list[Any] = []  # outputs of the latest steps, as the learner returns them
        self._batches: list[NDArray[np.int64]] = []  # rows of each step of the epoch
        self._min_shard_size = min_shard_size(run.recipe.batch_size, self._group.size)
        self._prepared_input: Split | None = None

    def fit(self) -> FitResult:
        """Train to the end and return the epoch that the recipe keeps.

        Raises:
            InterruptedTrainingError: a signal requested a stop; a checkpoint was written.
            DivergedError: the outputs are no longer finite.
            DataError: a checkpoint cannot be written.
        """
        state, run = self._state, self._run
        run.callbacks.train_start(run, state)
        while state.epoch <= run.recipe.epochs:
            started = time.perf_counter()
            images, order = self._start_epoch()
            while state.step < len(self._batches):
                # By the number of the step, because all processes have to decide at the same one.
                if self._group.size == 1 or state.step % SYNC_EVERY == 0:
                    self._checkpoint_if_due()
                if images.ahead and state.step + PREFETCH < len(self._batches):
                    images.ahead(self._batches[state.step + PREFETCH])
                self._pending.append(self._learner.step(self._batch()))
                state.step += 1
                if len(self._pending) == FETCH_EVERY:
                    self._fetch_logits()
                run.callbacks.step_end(state.epoch, state.step, len(self._batches))
            # Once more before the validation, because it may take long on a large split.
            self._checkpoint_if_due()
            self._fetch_logits()
            self._finish_epoch(score(state.logits, images.labels[order]), started)
        self._checkpoint_if_due()
        assert state.kept is not None  # a recipe has at least one epoch
        kept = replace(state.kept, seconds=time.perf_counter() - self._started)
        return kept if run.recipe.views == 1 else self._with_views(kept)

    def _start_epoch(self) -> tuple[Split, NDArray[np.int64]]:
        """Return the images of the epoch and the order of their rows; prepare its batches."""
        state, recipe = self._state, self._run.recipe
        images, order = self._run.data.epoch(recipe, state.epoch)
        # Once for all epochs, unless every epoch has new images: the learner may copy all of them
        # to its device.
        if images is not self._prepared_input:
            self._learner.set_data(images)
            self._prepared_input = images
        self._batches = epoch_batches(order, recipe.batch_size)
        if images.ahead:
            # From the current step on, because a resumed epoch begins in its middle.
            for rows in self._batches[state.step : state.step + PREFETCH]:
                images.ahead(rows)
        return images, order

    def _finish_epoch(self, train: Scores, started: float) -> None:
        """Validate, update the kept epoch by `recipe.keep`, and call the callbacks."""
        state, run = self._state, self._run
        validation = self._validate()
        if state.kept is None or run.recipe.keep == "last" or self._is_best(validation):
            weights = self._trainer.get_weights(self._learner.model)
            state.kept = FitResult(state.epoch, weights, train, validation)
        metrics: dict[str, Any] = {
            "epoch": state.epoch,
            "train": asdict(train),
            "validation": asdict(validation),
            "seconds": round(time.perf_counter() - started, 3),
        }
        state.history.append(metrics)
        state.epoch, state.step, state.logits = state.epoch + 1, 0, []
        run.callbacks.epoch_end(run, metrics["epoch"], metrics)

    def _batch(self) -> Batch:
        """Return this process's shard of the next step."""
        state, recipe = self._state, self._run.recipe
        _, height, width = self._run.config.input_shape
        steps = len(self._batches)
        step = (state.epoch - 1) * steps + state.step  # in the whole training
        rows = self._batches[state.step]
        mine = shard(len(rows), self._group, min_size=self._min_shard_size)
        return Batch(
            step=step,
            rows=rows[mine],
            lr=learning_rate(recipe, step, recipe.epochs * steps),
            # Drawn for the whole batch, and then sharded, so that the images do not depend on the
            # number of processes.
            warps=draw_warps(recipe, height, width, len(rows), step, part=mine),
            share=(mine.stop - mine.start) / len(rows),
        )

    def _fetch_logits(self) -> None:
        """Copy the logits of the latest steps from the device, and check that they are finite."""
        if not self._pending:
            return
        state = self._state
        latest = self._batches[state.step - len(self._pending) : state.step]
        heads = self._learner.to_numpy(self._pending)
        counts = [len(rows) for rows in latest]
        logits = gather_in_order(heads, counts, self._group, min_size=self._min_shard_size)
        self._pending = []
        if not all(np.isfinite(head).all() for head in logits):
            # Find the first image with an infinity or NaN, and from it the batch, for the message.
            finite = np.logical_and.reduce([np.isfinite(head).all(axis=1) for head in logits])
            place = int(finite.argmin())
            number = int(np.searchsorted(np.cumsum(counts), place, side="right"))
            step = state.step - len(latest) + number + 1  # from 1, as people count
            raise self._diverged(f"from step {step} of epoch {state.epoch} on", latest[number])
        whole = zip(state.logits, logits, strict=True) if state.logits else None
        state.logits = logits if whole is None else [np.concatenate(pair) for pair in whole]

    def _with_views(self, kept: FitResult) -> FitResult:
        """Score the kept epoch again with test-time augmentation, as it will predict."""
        # Only the kept one: epochs are compared by a single view each, which takes a fifth or a
        # ninth of the time.
        self._trainer.set_weights(self._learner.model, kept.weights)
        return replace(kept, validation=self._validate(self._run.recipe.views))

    def _validate(self, views: int = 1) -> Scores:
        """Score the model on the validation images."""
        data = self._run.data
        # `learner.model`, not the trained model, because it may be the average of the weights.
        logits = predict_distributed(
            self._trainer,
            self._learner.model,
            data.held_out.images,
            data.normalization,
            self._group,
            views=views,
            rows=data.validation_rows,
            ahead=data.held_out.ahead,
        )
        if not all(np.isfinite(head).all() for head in logits):
            raise self._diverged(f"on the validation images after epoch {self._state.epoch}")
        return score(logits, data.held_out.labels[data.validation_rows])

    def _is_best(self, scores: Scores) -> bool:
        """Return whether scores exceed those of the kept epoch."""
        # More correct labels first, then the smaller loss, because small validation splits tie.
        # A full tie keeps the earlier epoch.
        assert self._state.kept is not None
        best = self._state.kept.validation
        return (sum(scores.correct), -scores.mean_loss) > (sum(best.correct), -best.mean_loss)

    def _diverged(self, where: str, rows: NDArray[np.int64] | None = None) -> DivergedError:
        recipe = self._run.recipe
        images = ""
        if rows is not None:
            few = ", ".join(map(str, rows[:5]))  # enough to look at, short enough for one line
            images = f"; its batch has {len(rows)} images, rows {few}, … of the epoch's"
        kept = self._state.kept
        # This message is stored in the weight file if an earlier epoch was kept, so it must be
        # deterministic.
        return DivergedError(
            f"the training diverged: the outputs are not finite {where} (lr {recipe.lr:g}{images})",
            kept=replace(kept, seconds=time.perf_counter() - self._started) if kept else None,
            hint=f"Try a smaller learning rate: --set lr={recipe.lr / 10:g}",
        )

    def _checkpoint_if_due(self) -> None:
        """Write a checkpoint if it is time for one; raise after a stop request."""
        signal, due = self._checkpoints.poll()
        if not signal and not due:
            return
        # Fetched first, because the checkpoint contains these logits and must not have one that is
        # not finite.
        self._fetch_logits()
        state = self._state
        state.seconds = time.perf_counter() - self._started
        self._checkpoints.save(Checkpoint(state, self._learner.get_state()))
        if signal:
            where = f"before step {state.step + 1} of epoch {state.epoch}"
            if state.step == len(self._batches):
                where = f"before the validation of epoch {state.epoch}"
            if state.epoch > self._run.recipe.epochs:
                where = "after the last epoch"
            raise self._checkpoints.interruption_error(signal, where)
