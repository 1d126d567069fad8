"""Text of a search on the terminal: its announcement and its result."""

from __future__ import annotations

from pathlib import Path

import optuna
from optuna.trial import TrialState

from zoo_core.plugin_api import Study, print_json, print_lines, shell_command
from zoo_tune.leaderboard import leaderboard
from zoo_tune.results import BEST
from zoo_tune.search import Search


def announce(search: Search, study: optuna.Study, where: str, patience: float) -> None:
    """Print what is searched, and where it is stored."""
    trials = "trials until the timeout" if search.trials is None else f"{search.trials} trials"
    print_lines(
        f"Tuning {search.plan.model.spec.name} on {search.plan.dataset.spec.name} from recipe "
        f"{search.plan.recipe_name}: {trials} over {', '.join(search.space.ranges)}. "
        f"Study {study.study_name}, stored in {where}."
    )
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    if running:
        numbers = ", ".join(str(trial.number) for trial in running)
        print_lines(
            f"Running elsewhere, or lost: trial {numbers}. A trial without a heartbeat for "
            f"{patience:g} s is repeated."
        )


def report(study: Study, folder: Path, *, as_json: bool, quiet: bool) -> None:
    """Print the best trials, or the study as JSON, or the file of the best recipe alone."""
    recipe = folder / BEST if study.ranked else None
    if as_json:
        facts = study.model_dump(mode="json", exclude={"format"})
        number = study.ranked[0].number if recipe else None
        print_json(facts | {"best": number, "recipe": recipe and str(recipe)})
        return
    if recipe is None:
        return
    if quiet:
        print_lines(str(recipe))
        return
    best = study.ranked[0]
    print_lines(
        f"{len(study.trials)} trials, {study.counted('pruned')} pruned, "
        f"{study.counted('failed')} failed; {study.epochs:,} epochs in {study.seconds:.0f} s. "
        + _score_name(study, is_loss=(best.mean or 0) < 0)
    )
    print_lines(*leaderboard(study))
    if study.importances:
        shares = ", ".join(f"{key} {share:.0%}" for key, share in study.importances.items())
        print_lines(f"Importance: {shares}.")
    # Written by other plugins, at the end of a search.
    if pictures := sorted(path.name for path in folder.glob("*.png")):
        print_lines(f"Pictures in {folder}: {', '.join(pictures)}")
    print_lines(f"Train the best: {shell_command('zoo', 'train', study.model, '--recipe', recipe)}")


def _score_name(study: Study, *, is_loss: bool) -> str:
    what = "loss" if is_loss else "accuracy in percent"
    if study.folds:
        return f"Mean {what} of {study.folds} folds:"
    return f"Validation {what}:"
