"""Results of a search: ``study.json``, and the best recipe as a file."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import optuna
import tomli_w
from optuna.exceptions import ExperimentalWarning
from optuna.importance import get_param_importances
from optuna.trial import FrozenTrial, TrialState, create_trial

from zoo_core.plugin_api import (
    SEARCH,
    STUDY,
    DataError,
    Plan,
    SearchSummary,
    State,
    Study,
    Trial,
    write_atomic,
)
from zoo_tune.optuna_params import trial_values
from zoo_tune.search import Search
from zoo_tune.workers.trial_accounting import REASON, counted_trials

BEST = "best.toml"

MIN_TRIALS = 4
"""Trials below which nothing is said of importances."""

_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def summarize(search: Search, study: optuna.Study) -> Study:
    """Return the trials that are finished and count, and what they say."""
    trials = counted_trials(study.get_trials(deepcopy=False))
    return Study(
        name=study.study_name,
        model=search.plan.model.spec.name,
        recipe_name=search.plan.recipe_name,
        dataset=search.plan.dataset.spec.name,
        space=search.space.dump(),
        grid=search.grid is not None,
        seeds=search.seeds,
        trials=tuple(_search_summary(each, search) for each in trials if each.state in _STATES),
        importances=_importances(trials),
    )


def make_writable(folder: Path) -> None:
    """Make the folder that a search leaves its outcome in.

    Raises:
        DataError: it cannot be made, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        raise DataError(
            f"the study's folder {folder} cannot be written: {exc.strerror}",
            hint="Name another with --out.",
        ) from exc


def write_outcome(folder: Path, study: Study, plan: Plan | None) -> None:
    """Write ``study.json`` and, where there is a best trial, its recipe as ``best.toml``.

    Args:
        folder: where to.
        study: the search.
        plan: of the best trial.
    """
    if plan is not None:
        write_atomic(folder / BEST, recipe_toml(study, plan).encode())
    write_atomic(folder / STUDY, (study.model_dump_json(indent=1) + "\n").encode())


def recipe_toml(study: Study, plan: Plan) -> str:
    """Return the best trial's recipe as a file for ``zoo train --recipe``, with its provenance."""
    best = study.ranked[0]
    facts = SearchSummary(
        study=study.name,
        trial=best.number,
        validation=best.mean or 0.0,
        trials=len(study.trials),
        stopped_early=study.counted("pruned"),
        epochs=study.epochs,
        seconds=round(study.seconds, 1),
    )
    recipe = plan.recipe.model_dump(mode="json", exclude_none=True)
    model = {key: value for key, value in recipe.pop("model").items() if value is not None}
    content: dict[str, Any] = {**recipe, "model": model, SEARCH: facts.model_dump(mode="json")}
    return (
        f"# {study.model}: the best of {len(study.trials)} trials by accuracy on the validation "
        f"split, {facts.validation:.2%}.\n\n{tomli_w.dumps(content)}"
    )


def _search_summary(trial: FrozenTrial, search: Search) -> Trial:
    known = trial.user_attrs
    return Trial(
        number=trial.number,
        state=_STATES[trial.state],
        values=trial_values(trial.params, search.space),
        scores=tuple(known.get("scores", ())),
        loss=known.get("loss"),
        curve=tuple(score for _, score in sorted(trial.intermediate_values.items())),
        epochs=known.get("epochs", 0),
        seconds=known.get("seconds", 0.0),
        reason=known.get(REASON, ""),
    )


def _importances(trials: Iterable[FrozenTrial]) -> dict[str, float]:
    """Return each key's share in what makes a trial one of the best (PED-ANOVA).

    A trial that was stopped early counts as worse than all that came further.
    """
    known = [trial for trial in trials if trial.value is not None and trial.params]
    last = max((trial.last_step or 0 for trial in known), default=0)
    ranked = optuna.create_study(direction="maximize")
    for trial in known:
        behind = last - (trial.last_step or 0) if trial.state == TrialState.PRUNED else 0
        ranked.add_trial(
            create_trial(
                params=trial.params,
                distributions=trial.distributions,
                value=(trial.value or 0.0) - behind,
            )
        )
    different = {trial.value for trial in ranked.get_trials(deepcopy=False)}
    if len(known) < MIN_TRIALS or len(different) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        found = get_param_importances(ranked)
    return {key: float(share) for key, share in found.items()}
