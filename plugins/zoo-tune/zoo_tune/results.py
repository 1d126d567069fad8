"""Results of a search: ``study.json``, and the best recipe as a file."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import optuna
import tomli_w
from optuna.exceptions import ExperimentalWarning
from optuna.importance import get_param_importances
from optuna.trial import FrozenTrial, TrialState, create_trial

from zoo_core.plugin_api import (
    SEARCH,
    STUDY,
    Catalog,
    DataError,
    Plan,
    SearchSummary,
    State,
    Study,
    Trial,
    write_atomic,
)
from zoo_tune.leaderboard import score_text
from zoo_tune.optuna_params import trial_values
from zoo_tune.search import Search
from zoo_tune.workers.trial_accounting import REASON, counted_trials

BEST = "best.toml"

MIN_TRIALS = 4
"""Minimum number of trials for importances."""

_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
}


def summarize(search: Search, study: optuna.Study) -> Study:
    """Return the finished trials that count, and the importance of each key."""
    trials = counted_trials(study.get_trials(deepcopy=False))
    return Study(
        name=study.study_name,
        model=search.plan.model.spec.name,
        recipe_name=search.plan.recipe_name,
        dataset=search.plan.dataset.spec.name,
        space=search.space.dump(),
        grid=search.grid,
        seeds=search.seeds,
        folds=search.folds,
        trials=tuple(_summarize_trial(t, search) for t in trials if t.state in _STATES),
        importances=_importances(trials),
    )


def write_results(folder: Path, study: Study, search: Search, catalog: Catalog) -> None:
    """Write ``study.json`` and, if a trial is complete, its recipe as ``best.toml``.

    Args:
        folder: the folder of the search's results.
        study: the summary of the search.
        search: its settings.
        catalog: the installed plugins.

    Raises:
        DataError: the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if study.ranked:
            plan = search.plan_of(catalog, study.ranked[0].values)
            best = recipe_toml(study, search.without_folds(plan))
            write_atomic(folder / BEST, best.encode())
        write_atomic(folder / STUDY, (study.model_dump_json(indent=1) + "\n").encode())
    except OSError as exc:
        raise DataError(
            f"cannot write to the study's folder {folder}: {exc.strerror}",
            hint="Choose another folder with --out.",
        ) from exc


def recipe_toml(study: Study, plan: Plan) -> str:
    """Return the recipe file of the best trial, for ``zoo train --recipe``, with its provenance.

    Args:
        study: the summary of the search.
        plan: the plan of the best trial.
    """
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
    # TOML has no null, so that fields with the value None are left out.
    recipe = plan.recipe.model_dump(mode="json", exclude_none=True)
    model = {key: value for key, value in recipe.pop("model").items() if value is not None}
    what = "accuracy" if facts.validation >= 0 else "loss"
    # Tables come last, because a TOML key after a table belongs to that table.
    content: dict[str, Any] = {**recipe, "model": model, SEARCH: facts.model_dump(mode="json")}
    where = f"{study.folds} folds" if study.folds else "the validation split"
    return (
        f"# {study.model}: the best of {len(study.trials)} trials by {what} on {where}, "
        f"{score_text(facts.validation).removeprefix('loss ')}.\n\n{tomli_w.dumps(content)}"
    )


def _summarize_trial(trial: FrozenTrial, search: Search) -> Trial:
    facts = trial.user_attrs
    return Trial(
        number=trial.number,
        state=_STATES[trial.state],
        values=trial_values(trial.params, search.space),
        scores=tuple(facts.get("scores", ())),
        loss=facts.get("loss"),
        curve=tuple(score for _, score in sorted(trial.intermediate_values.items())),
        epochs=facts.get("epochs", 0),
        seconds=facts.get("seconds", 0.0),
        reason=facts.get(REASON, ""),
    )


def _importances(trials: Iterable[FrozenTrial]) -> dict[str, float]:
    """Return the importance of each key for being among the best trials (PED-ANOVA)."""
    scored = [trial for trial in trials if trial.value is not None and trial.params]
    last = max((trial.last_step or 0 for trial in scored), default=0)
    ranked = optuna.create_study(direction="maximize")
    for trial in scored:
        # PED-ANOVA uses ranks only. A pruned trial ranks below all that trained longer, because
        # accuracies are at most 1 and it loses 1 for each epoch that it is behind.
        behind = last - (trial.last_step or 0) if trial.state == TrialState.PRUNED else 0
        ranked.add_trial(
            create_trial(
                params=trial.params,
                distributions=trial.distributions,
                value=(trial.value or 0.0) - behind,
            )
        )
    different = {trial.value for trial in ranked.get_trials(deepcopy=False)}
    if len(scored) < MIN_TRIALS or len(different) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        found = get_param_importances(ranked)
    return {key: float(share) for key, share in found.items()}
