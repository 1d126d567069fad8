"""The adapter of MLflow: a tracking server, a database or a folder, by MLflow's own variables."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from zoo_track.tracker import PROJECT, Ending, Fact, Point, Subject, Tracker

_LIMITS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}
"""Limits of requests; by default, MLflow tries for minutes to reach a server that is gone."""

_MOST = 100
"""Maximum number of parameters or tags in a request."""

_MOST_METRICS = 1000
"""Maximum number of metrics in a request."""


class MLflow(Tracker):
    """A run of MLflow, in the experiment ``MLFLOW_EXPERIMENT_NAME``, else ``zoo``."""

    def start(self, subject: Subject, known: str) -> str:
        for name, value in _LIMITS.items():
            os.environ.setdefault(name, value)
        # Because they write of retries and new tables between the lines of the training.
        for name in ("mlflow", "alembic", "urllib3.connectionpool"):
            logging.getLogger(name).setLevel(logging.ERROR)
        self._client, self._step = MlflowClient(), 0
        if known:
            self._id = known
            self._client.update_run(known, status="RUNNING")
            return known
        tags = {"group": subject.group} if subject.group else {}
        run = self._client.create_run(self._experiment(), run_name=subject.name, tags=tags)
        self._id = str(run.info.run_id)
        params = [Param(name, str(value)) for name, value in subject.params.items()]
        for start in range(0, len(params), _MOST):
            self._client.log_batch(self._id, params=params[start : start + _MOST])
        self._log_tags(subject.facts)
        return self._id

    def log(self, points: Sequence[Point]) -> None:
        now = int(time.time() * 1000)
        metrics = [
            Metric(name, value, now, point.step)
            for point in points
            for name, value in point.values.items()
        ]
        for start in range(0, len(metrics), _MOST_METRICS):
            self._client.log_batch(self._id, metrics=metrics[start : start + _MOST_METRICS])
        self._step = points[-1].step

    def end(self, ending: Ending) -> None:
        now = int(time.time() * 1000)
        self._client.log_batch(
            self._id,
            metrics=[Metric(*each, now, self._step) for each in ending.results.items()],
            tags=[RunTag(name, str(value)) for name, value in ending.facts.items()],
        )
        for file in ending.files:
            self._client.log_artifact(self._id, str(file))
        self._client.set_terminated(self._id, "FINISHED" if ending.finished else "KILLED")

    def _experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or PROJECT
        if found := self._client.get_experiment_by_name(name):
            return str(found.experiment_id)
        return str(self._client.create_experiment(name))

    def _log_tags(self, facts: Mapping[str, Fact]) -> None:
        tags = [RunTag(name, str(value)) for name, value in facts.items()]
        for start in range(0, len(tags), _MOST):
            self._client.log_batch(self._id, tags=tags[start : start + _MOST])
