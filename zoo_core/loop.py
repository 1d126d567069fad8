"""The training loop: one for every framework, every model and any number of heads."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data import Split
from zoo_core.errors import TrainingError
from zoo_core.metrics import Scores, score
from zoo_core.run import Run
from zoo_core.schedule import learning_rate
from zoo_core.trainer import Batch, Learner, Trainer
from zoo_core.warp import draw_warps
from zoo_core.weights import Tensors


@dataclass(frozen=True)
class Fitted:
    """What is kept of a training: an epoch, chosen on the validation split if at all."""

    epoch: int
    weights: Tensors
    train: Scores
    """Over the epoch's batches, each before its step."""
    validation: Scores
    seconds: float
    """Of the whole training."""


def fit(trainer: Trainer, model: Any, run: Run) -> Fitted:
    """Train `model` by the run's recipe and return the epoch that the recipe keeps.

    Raises:
        TrainingError: the loss is no longer a number.
    """
    started = time.perf_counter()
    learner = trainer.start(model, run)
    validation = run.data.validation
    run.callbacks.train_start(run)
    fed: Split | None = None
    kept: Fitted | None = None
    for epoch in range(1, run.recipe.epochs + 1):
        epoch_started = time.perf_counter()
        images, order = run.data.epoch(run.recipe, epoch)
        if images is not fed:
            learner.feed(images)
            fed = images
        logits = _train_epoch(learner, run, epoch, order)
        train_scores = score(logits, images.labels[order])
        logits = trainer.predict(learner.model, validation.images, run.data.preprocessing)
        scores = score(logits, validation.labels)
        if kept is None or run.recipe.keep == "last" or _rank(scores) > _rank(kept.validation):
            kept = Fitted(epoch, trainer.get_weights(learner.model), train_scores, scores, 0.0)
        metrics = {
            "epoch": epoch,
            "train": asdict(train_scores),
            "validation": asdict(scores),
            "seconds": round(time.perf_counter() - epoch_started, 3),
        }
        run.callbacks.epoch_end(run, epoch, metrics)
    assert kept is not None
    return replace(kept, seconds=time.perf_counter() - started)


def _train_epoch(
    learner: Learner, run: Run, epoch: int, order: NDArray[np.int64]
) -> list[NDArray[np.float32]]:
    """Make the steps of an epoch and return each image's logits, in order, before its step."""
    _, height, width = run.config.input_shape
    batches = list(_batches(order, run.recipe.batch_size))
    outputs = []
    for number, rows in enumerate(batches):
        step = (epoch - 1) * len(batches) + number
        batch = Batch(
            step=step,
            rows=rows,
            lr=learning_rate(run.recipe, step, run.recipe.epochs * len(batches)),
            warps=draw_warps(run.recipe, height, width, len(rows), step),
        )
        outputs.append(learner.step(batch))
        run.callbacks.step_end(epoch, number + 1, len(batches))
    logits = learner.gather(outputs)
    _check_finite(logits, run, epoch)
    return logits


def _batches(order: NDArray[np.int64], size: int) -> Iterable[NDArray[np.int64]]:
    return (order[start : start + size] for start in range(0, len(order), size))


def _check_finite(logits: list[NDArray[np.float32]], run: Run, epoch: int) -> None:
    finite = np.logical_and.reduce([np.isfinite(head).all(axis=1) for head in logits])
    if finite.all():
        return
    step = int(finite.argmin()) // run.recipe.batch_size + 1
    raise TrainingError(
        f"the training diverged: the outputs are not finite from step {step} of epoch {epoch} on "
        f"(batch of {run.recipe.batch_size}, lr {run.recipe.lr})",
        hint=f"Try a smaller learning rate: --set lr={run.recipe.lr / 10:g}",
    )


def _rank(scores: Scores) -> tuple[int, float]:
    """More correct labels are better; among equals, the smaller loss."""
    return sum(scores.correct), -scores.mean_loss
