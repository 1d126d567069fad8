"""The trackers that the plugin offers: the package of each, and its adapter."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from typing import NamedTuple

from zoo_core.plugin_api import UnavailableError
from zoo_track.tracker import Tracker


class Offer(NamedTuple):
    """A tracker: the module that its package installs, and the class of its adapter."""

    module: str
    adapter: str


OFFERS = {
    "tensorboard": Offer("tensorboard", "zoo_track.adapters.tensorboard:TensorBoard"),
    "mlflow": Offer("mlflow", "zoo_track.adapters.mlflow:MLflow"),
    "wandb": Offer("wandb", "zoo_track.adapters.wandb:WeightsAndBiases"),
    "trackio": Offer("trackio", "zoo_track.adapters.trackio:Trackio"),
}
"""Name of each tracker, as in ``--track``."""


def check_packages(names: Iterable[str]) -> None:
    """Check that the packages of the chosen trackers are installed, without importing them.

    Raises:
        UnavailableError: one is missing.
    """
    for name in OFFERS.keys() & {*names}:
        if importlib.util.find_spec(OFFERS[name].module) is None:
            raise UnavailableError(
                f"the tracker {name} needs the package {name}, which is not installed",
                hint=f"Run: pip install 'zoo-track[{name}]'",
            )


def make_tracker(name: str) -> Tracker:
    """Import the package of a tracker, and return its adapter."""
    module, _, attribute = OFFERS[name].adapter.partition(":")
    tracker: Tracker = getattr(importlib.import_module(module), attribute)()
    return tracker
