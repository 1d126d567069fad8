"""Public functions that train: from a model's name to a run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.api.catalog import usable_catalog

# Imported inside the functions, because importing the package must not wait for them.
if TYPE_CHECKING:
    from types import ModuleType

    from zoo_core.data.dataset import ArrayDataset
    from zoo_core.evaluation.fold_scores import FoldScores
    from zoo_core.frameworks.run import Callbacks, Run
    from zoo_core.plugins.specs import ModelSpec


def train(
    name: str | ModelSpec | ModuleType,
    *,
    recipe: str | None = None,
    dataset: str | ArrayDataset | None = None,
    out: str | PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    callbacks: Sequence[Callbacks] = (),
    **overrides: Any,
) -> Run:
    """Train a model; see `zoo_core.training.training.Training`.

    Args:
        name: name of the model, its spec, or a module whose hooks offer one model; a spec or module
            is added as a plugin of this process (`zoo_core.add_plugin`).
        recipe: name of one of its recipes, or path of a ``.toml`` file; None for ``default``.
        dataset: name of the data set, or the data set itself; None for the recipe's.
        out: folder of the run, new or empty; None for the next free one in ``runs``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of the framework's CPU threads; None for its default.
        callbacks: objects of subclasses of `zoo_core.Callbacks`, called in this order.
        overrides: values that override the recipe's, such as ``lr=0.05, model={"hidden": 64}``.
    """
    from zoo_core.frameworks.run import CallbackList
    from zoo_core.installation.python_objects import name_of_dataset, name_of_model
    from zoo_core.training.checks.trackers import check_trackers
    from zoo_core.training.training import Training

    # Before the catalog is used, because they may add to it.
    name, dataset = name_of_model(name), name_of_dataset(dataset)
    check_trackers(usable_catalog())
    return Training.new(
        usable_catalog(),
        name,
        recipe=recipe or "default",
        # The parameter last, because later overrides win.
        overrides=[overrides, {"dataset": dataset} if dataset else {}],
        out=None if out is None else Path(out),
        device=device,
        threads=threads,
        callbacks=CallbackList(callbacks),
    ).run()


def train_folds(
    name: str | ModelSpec | ModuleType,
    folds: int,
    *,
    recipe: str | None = None,
    dataset: str | ArrayDataset | None = None,
    out: str | PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    callbacks: Sequence[Callbacks] = (),
    **overrides: Any,
) -> FoldScores:
    """Train once per fold, on all training examples but those of the fold, and score the folds.

    The same call continues a series that was stopped; several processes share its folds. Its folder
    has a run per fold, ``folds.json`` and ``out-of-fold.csv``.

    Args:
        name: see `train`, as for all other arguments.
        folds: number of folds.
        recipe: see `train`.
        dataset: see `train`.
        out: folder of the series; None for one in ``runs``.
        device: see `train`.
        threads: see `train`.
        callbacks: see `train`.
        overrides: see `train`.
    """
    from zoo_core.evaluation.fold_scores import write_fold_scores
    from zoo_core.frameworks.run import CallbackList
    from zoo_core.installation.python_objects import name_of_dataset, name_of_model
    from zoo_core.training.series.fold_series import FoldSeries, check_launcher

    name, dataset = name_of_model(name), name_of_dataset(dataset)
    check_launcher(None, None)
    catalog = usable_catalog()
    series = FoldSeries.open(
        catalog,
        name,
        folds=folds,
        recipe=recipe or "default",
        overrides=[overrides, {"dataset": dataset} if dataset else {}],
        out=None if out is None else Path(out),
    )
    how = {"device": device, "threads": threads, "callbacks": CallbackList(callbacks)}
    series.train(range(1, folds + 1), **how)
    return write_fold_scores(catalog, series.folder, device=device)


def resume(
    run: str | PathLike[str],
    *,
    epochs: int | None = None,
    out: str | PathLike[str] | None = None,
    dataset: ArrayDataset | None = None,
    device: str | None = None,
    threads: int | None = None,
    callbacks: Sequence[Callbacks] = (),
) -> Run:
    """Continue a stopped training, or a finished one for more epochs.

    See `zoo_core.training.training.Training.resume` and
    `zoo_core.training.course.continuation.continue_training`.

    Args:
        run: folder of the run.
        epochs: number of epochs for a finished training, more than it has; None for a stopped one.
        out: folder of the new run of a finished training; see `train`.
        dataset: the data set, if the training began with an `ArrayDataset`.
        device: see `train`; None for that of the first start, as for `threads`.
        threads: see `train`.
        callbacks: see `train`; a run's folder does not contain those of its first start.
    """
    from zoo_core.errors import InvalidValueError
    from zoo_core.frameworks.run import CallbackList
    from zoo_core.installation.python_objects import name_of_dataset
    from zoo_core.training.checks.trackers import check_trackers
    from zoo_core.training.course.continuation import continue_training
    from zoo_core.training.training import Training

    name_of_dataset(dataset)  # which adds it to the catalog
    check_trackers(usable_catalog())
    how: dict[str, Any] = {
        "given": dataset,
        "device": device,
        "threads": threads,
        "callbacks": CallbackList(callbacks),
    }
    if epochs is None:
        if out is not None:
            raise InvalidValueError("out is for a finished training, which is continued by epochs=")
        return Training.resume(usable_catalog(), Path(run), **how).run()
    place = None if out is None else Path(out)
    return continue_training(usable_catalog(), Path(run), epochs, out=place, **how).run()
