"""`zoo train --folds`: the trainings of all folds, and a table of their scores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from zoo_core.cli.info.layout import Grid, page_width
from zoo_core.cli.output import print_json
from zoo_core.cli.present_command import present_command
from zoo_core.cli.training.request import TrainRequest
from zoo_core.errors import InterruptedTrainingError
from zoo_core.evaluation.fold_scores import FoldScores, write_fold_scores
from zoo_core.filenames import FOLDS, OUT_OF_FOLD
from zoo_core.frameworks.distributed import env_rank
from zoo_core.frameworks.run import Run
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.metric_text import format_metric
from zoo_core.metrics.score_table import score_table
from zoo_core.plugins.faults.fault import noting_model
from zoo_core.system.terminal import print_lines
from zoo_core.table import Table
from zoo_core.text import counted, shell_command
from zoo_core.training.series.fold_series import FoldSeries, check_launcher
from zoo_core.weights.card import Card


def train_folds(request: TrainRequest, folds: int, fold: int | None) -> None:
    """Train all folds of a recipe, or one of them, and print the scores of those that are done.

    Args:
        request: the options of the command.
        folds: number of folds.
        fold: the only one to train; None for all.
    """
    out, quiet, as_json = request.out, request.quiet, request.as_json
    check_launcher(fold, out)
    catalog = installed_catalog()
    device = request.device or "auto"
    series = FoldSeries.open(
        catalog,
        request.name,
        folds=folds,
        fold=fold or 1,
        recipe=request.recipe,
        overrides=request.overrides,
        out=out,
    )
    try:
        with request.progress(_result_lines) as reporter, noting_model(catalog.model(request.name)):
            series.train(
                [fold] if fold else range(1, folds + 1),
                device=device,
                callbacks=reporter,
                threads=request.threads,
                checkpoint_every=request.checkpoint_every,
            )
    except InterruptedTrainingError as exc:
        again = present_command(out=series.folder)
        problem = f"stopped; nothing is lost. Continue: {again}"
        raise InterruptedTrainingError(exc.exit_code - 128, problem) from exc
    if env_rank() > 0:
        return
    if not series.missing:
        scores = write_fold_scores(catalog, series.folder, device=device)
        report_folds(scores, series.folder, quiet=quiet, as_json=as_json)
    elif as_json:
        print_json({"run": str(series.folder), "missing": series.missing})
    elif quiet:
        print_lines(str(series.folder))
    else:
        missing = ", ".join(map(str, series.missing))
        print_lines("", f"Not trained yet: fold {missing}. The scores follow with the last one.")


def report_folds(scores: FoldScores, folder: Path, *, quiet: bool, as_json: bool) -> None:
    """Print the scores of all folds as a table, or as JSON, or the folder alone."""
    if as_json:
        facts = scores.model_dump(mode="json", exclude={"format"})
        print_json({"run": str(folder), "missing": [], **facts})
    elif quiet:
        print_lines(str(folder))
    else:
        _print_scores(scores, folder)


def _result_lines(run: Run, card: Card) -> Iterator[str]:
    """Yield one line per fold, because the table at the end has all of them."""
    yield f"{run.recipe.tested_on.capitalize()}: {card.metrics['test']}. {run.folder}"


def _print_scores(found: FoldScores, folder: Path) -> None:
    rows = {str(number): scores for number, scores in enumerate(found.scores, 1)}
    table = score_table({**rows, "all": found.pooled})
    columns = ["fold" if name == "split" else name for name in table.columns]
    grid = Grid(Table(columns, table.rows), frozenset(columns[1:]))
    print_lines(
        "",
        *grid.lines(page_width()),
        "",
        f"Mean ± standard deviation of {counted(found.folds, 'fold')}: {_mean_text(found)}.",
        f"Scores: {folder / FOLDS}",
        f"Predictions of every example by the weights that did not see it: {folder / OUT_OF_FOLD}",
        f"To compare: {shell_command('zoo', 'compare', folder, 'FOLDER')}",
    )


def _mean_text(found: FoldScores) -> str:
    """Return ``accuracy 93.10% ± 2.05%``; heads are separated by slashes."""
    texts = []
    for name in dict.fromkeys(found.pooled.headline_names):
        pairs = zip(found.mean[name], found.sd[name], strict=True)
        values = [
            f"{format_metric(name, mean)} ± {format_metric(name, sd or 0.0)}"
            for mean, sd in pairs
            if mean is not None
        ]
        texts.append(f"{name.replace('_', ' ')} {' / '.join(values)}")
    return ", ".join(texts)
