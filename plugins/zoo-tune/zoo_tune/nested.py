"""Nested searches: each outer fold is predicted by the best recipe of a search without it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoo_core.plugin_api import (
    Catalog,
    FoldScores,
    FoldSeries,
    InterruptedTrainingError,
    print_lines,
    write_fold_scores,
)
from zoo_tune.results import BEST


def search_folder(folder: Path, fold: int) -> Path:
    """Return the folder of the search without an outer fold."""
    return folder / f"search-{fold}"


def run_nested(
    catalog: Catalog,
    name: str,
    folds: int,
    folder: Path,
    search: Callable[[int], None],
    *,
    device: str,
    threads: int | None,
) -> FoldScores:
    """Search once per outer fold, train its best recipe without the fold, and score all folds.

    The score estimates that of the whole procedure, a search and a training, on new examples: none
    of its choices was made on the examples that it is scored on. Finished parts are not repeated.

    Args:
        catalog: the installed plugins.
        name: the model.
        folds: number of outer folds.
        folder: folder of the results: ``search-1``, ``fold-1``, …, and those of `FoldSeries`.
        search: function that makes the search without a fold.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of CPU threads; None for the framework's default.

    Raises:
        InterruptedTrainingError: a signal stopped a search or a training.
        InvalidValueError: a fold was trained with another recipe than its search has now.
    """
    how: dict[str, Any] = {"device": device, "threads": threads}
    for fold in range(1, folds + 1):
        search(fold)
        best = str(search_folder(folder, fold) / BEST)
        series = FoldSeries(catalog, name, best, (), folds, folder)
        if fold in series.begun:
            series.check_same(fold, series.plan(fold))
        if not series.is_done(fold):
            print_lines(f"Training the best recipe without fold {fold} of {folds}.", err=True)
        try:
            series.train([fold], **how)
        except InterruptedTrainingError as exc:
            problem = "stopped; nothing is lost, and the same command continues"
            raise InterruptedTrainingError(exc.exit_code - 128, problem) from exc
    return write_fold_scores(catalog, folder, device=device)
