"""The adapter of Weights & Biases, offline unless ``WANDB_MODE`` is set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import wandb

from zoo_track.tracker import PROJECT, Ending, Point, Subject, Tracker


class WeightsAndBiases(Tracker):
    """A run of W&B, in the project ``WANDB_PROJECT``, else ``zoo``."""

    def start(self, subject: Subject, known: str) -> str:
        # Offline by default, because W&B would otherwise ask for an account in mid-training.
        mode: Any = os.environ.get("WANDB_MODE") or "offline"
        # For the process and not for the run alone, because W&B else measures itself, for which it
        # imports OpenTelemetry while the model is trained, and reports that over the network.
        mode_before = wandb.setup().settings.mode
        with ExitStack() as stack:
            # So that runs that the process begins itself are stored where it expects them.
            stack.callback(wandb.setup, wandb.Settings(mode=mode_before))
            wandb.setup(wandb.Settings(mode=mode))
            self._run = wandb.init(
                project=os.environ.get("WANDB_PROJECT") or PROJECT,
                id=known or None,
                resume="allow" if known else None,
                name=subject.name,
                group=subject.group or None,
                config={**subject.params, **subject.facts},
                reinit="create_new",  # a process may train several models
                # The terminal is the training's.
                settings=wandb.Settings(console="off", silent=True),
            )
            self._opened = stack.pop_all()
        return str(self._run.id)

    def log(self, points: Sequence[Point]) -> None:
        for point in points:
            self._run.log(dict(point.values), step=point.step)

    def end(self, ending: Ending) -> None:
        with self._opened:
            self._run.summary.update({**ending.results, **ending.facts})
            if ending.files:
                artifact = wandb.Artifact(str(self._run.name), type="model")
                for file in ending.files:
                    artifact.add_file(str(file))
                self._run.log_artifact(artifact)
            self._run.finish(exit_code=0 if ending.finished else 1)
