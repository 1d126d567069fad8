"""The settings of a search, checked before the first trial and when a study is resumed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.pruners import NopPruner
from optuna.storages import BaseStorage
from optuna.study import StudyDirection

from zoo_core.plugin_api import (
    Catalog,
    InvalidValueError,
    Plan,
    Space,
    check_space,
    find_space,
    flatten,
    make_plan,
    merge_layers,
    overrides,
    plan_values,
    print_lines,
)
from zoo_tune.optuna_params import Plain, params_of
from zoo_tune.pruner import BestThirdPruner

SETTINGS = "zoo"
"""User attribute of a study: the settings that it was started with."""


@dataclass(frozen=True)
class Search:
    """The settings of a search.

    Attributes:
        recipe: name of the recipe that the search starts from, or path of its file.
        given: the user's values, which override the recipe's.
        plan: the plan of that recipe.
        space: the search space.
        grid: whether every combination is tried, instead of a sampler's choices.
        queue: parameters that are tried first: a grid's combinations, or the recipe's own values.
        trials: number of trials, all workers together; None for no limit.
        seed: the seed of the sampler.
        seeds: the seeds that each setting is trained with.
        pruning: whether trials are pruned.
        folds: number of folds that each setting is trained and scored on; 0 for the validation
            split.
        left_out: number of outer folds of a nested search, and the one that it does not see.
    """

    recipe: str
    given: Mapping[str, Any]
    plan: Plan
    space: Space
    grid: bool
    queue: tuple[dict[str, Plain], ...]
    trials: int | None
    seed: int
    seeds: tuple[int, ...]
    pruning: bool
    folds: int = 0
    left_out: tuple[int, int] | None = None

    def settings(self) -> dict[str, Any]:
        """Return everything that the trials of one study must have in common, as JSON values."""
        settings = {
            "format": 1,
            "model": self.plan.model.spec.name,
            "plugin": self.plan.model.plugin.distribution,
            "recipe": self.plan.recipe.model_dump(mode="json", exclude={"seed"}),
            "config": self.plan.config.model_dump(mode="json"),
            "space": self.space.dump(),
            "grid": self.grid,
            "seed": self.seed,
            "seeds": self.seeds,
            "pruning": self.pruning,
            "left_out": self.left_out,
            "dataset": self.plan.dataset.spec.sha256,
        }
        # Through JSON, because they are compared with settings that a storage returns as JSON.
        plain: dict[str, Any] = json.loads(json.dumps(settings))
        return plain

    def plan_of(self, catalog: Catalog, values: Mapping[str, Any]) -> Plan:
        """Return the plan of a trial's training."""
        model, plugin = self.plan.model.spec.name, self.plan.model.plugin.distribution
        changes = overrides(self.plan.model, self.space, values)
        return make_plan(catalog, f"{plugin}/{model}", self.recipe, [self.given, changes])

    def trainings(self, plan: Plan) -> Iterator[Plan]:
        """Yield the plans by which a setting is scored: one per seed and fold."""
        for seed in self.seeds:
            seeded = plan.recipe.model_copy(update={"seed": seed})
            for fold in range(1, self.folds + 1):
                yield replace(plan, recipe=seeded.model_copy(update={"fold": fold}))
            if not self.folds:
                yield replace(plan, recipe=seeded)

    def without_folds(self, plan: Plan) -> Plan:
        """Return the plan of a training on all examples."""
        if not self.folds:
            return plan
        return replace(plan, recipe=plan.recipe.model_copy(update={"folds": 0, "fold": 0}))

    def open_study(self, storage: BaseStorage, name: str) -> optuna.Study:
        """Open a study, or create it.

        Raises:
            InvalidValueError: the study has different settings, or was not created by `zoo tune`.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        # The recipe's own value is tried even if it is not a multiple of the range's step.
        warnings.filterwarnings("ignore", "Fixed parameter", UserWarning)
        pruner = BestThirdPruner(self.plan.recipe.epochs) if self.pruning else NopPruner()
        # Loaded first, because `create_study` would write to a journal even if the study exists.
        try:
            study = optuna.load_study(study_name=name, storage=storage, pruner=pruner)
        except KeyError:  # of several workers that create it now, one does and the others load it
            study = optuna.create_study(
                study_name=name,
                storage=storage,
                pruner=pruner,
                direction="maximize",
                load_if_exists=True,
            )
        # Trials before settings: a worker stores the settings before its first trial, so that a
        # study that has trials when they are counted has settings when they are fetched.
        trials = study.get_trials(deepcopy=False)
        stored = study.user_attrs.get(SETTINGS)
        if stored is not None:
            self._check(stored, name)
        elif trials or study.direction != StudyDirection.MAXIMIZE:
            raise InvalidValueError(
                f"the study {name!r} in this storage was not created by `zoo tune`",
                hint="Choose another name with --study.",
            )
        else:
            study.set_user_attr(SETTINGS, self.settings() | {"versions": self.plan.versions()})
        return study

    def _check(self, stored: Mapping[str, Any], name: str) -> None:
        for key, value in self.settings().items():
            if stored.get(key) != value:
                where, before, now = _first_difference(key, stored.get(key), value)
                raise InvalidValueError(
                    f"the study {name!r} was started with other settings: expected {where} "
                    f"{json.dumps(before)}, got {json.dumps(now)}",
                    hint="Repeat the study's settings, or start a new study with --study.",
                )
        if stored.get("versions") != self.plan.versions():
            # A warning only, because a study of days must survive an update of a package.
            before, now = stored.get("versions", {}), self.plan.versions()
            changed = sorted(key for key in before | now if before.get(key) != now.get(key))
            versions = ", ".join(f"{key} {before.get(key)} → {now.get(key)}" for key in changed)
            print_lines(f"zoo: versions changed since the study began: {versions}", err=True)


def make_search(
    catalog: Catalog,
    name: str,
    *,
    space: str | None = None,
    grid: bool = False,
    trials: int | None = None,
    recipe: str | None = None,
    given: Iterable[Mapping[str, Any]] = (),
    seed: int = 0,
    seeds: int = 1,
    pruning: bool = True,
    folds: int = 0,
    left_out: tuple[int, int] | None = None,
) -> Search:
    """Resolve and check all settings of a search, before anything is trained.

    Args:
        catalog: the installed plugins.
        name: the model.
        space: name of one of its search spaces, or path of a ``.toml`` file; None for the default.
        grid: whether to try every combination.
        trials: number of trials; None for all combinations of a grid, else for no limit.
        recipe: the recipe to start from; None for the space's recipe, or ``default``.
        given: values that override the recipe's, later ones the earlier; their keys are not
            searched.
        seed: the seed of the sampler.
        seeds: number of seeds that each setting is trained with.
        pruning: whether trials are pruned; those of a grid never are.
        folds: see `Search`, as for `left_out`.
        left_out: see `Search`.

    Raises:
        UnknownNameError: the model, the space or the recipe does not exist.
        DataError: a file cannot be read.
        InvalidValueError: a key or a value is not allowed.
    """
    entry = catalog.model(name)
    # Of a first fold, so that the plan is complete: `Search.trainings` sets the others.
    over = merge_layers([*given, {"folds": folds, "fold": 1} if folds else {}])
    found = find_space(entry, space, grid=grid).without(flatten(over, "recipe", kind="an object"))
    if not found.ranges:
        raise InvalidValueError(
            "nothing to search: every key of the search space has a given value",
            hint="Leave out a --set, or choose another search space: --space FILE.toml",
        )
    recipe = recipe or found.recipe or "default"
    plan = check_space(catalog, name, found, recipe, [over])
    if plan.recipe.max_minutes is not None:
        raise InvalidValueError(
            f"the recipe has max_minutes {plan.recipe.max_minutes:g}: the scores of trials would "
            "depend on how busy the machine is",
            hint="Limit the epochs instead: --set max_minutes=null --epochs N",
        )
    base = plan_values(plan, found.ranges)
    found = found.around(base) if grid else found
    queue = _queue(found, base, grid=grid)[: trials if grid else None]
    return Search(
        recipe=recipe,
        given=over,
        plan=plan,
        space=found,
        grid=grid,
        queue=tuple(queue),
        trials=len(queue) if grid else trials,
        seed=seed,
        # From the recipe's own seed on, so that the first score is that of `zoo train` with it.
        seeds=tuple(range(plan.recipe.seed, plan.recipe.seed + seeds)),
        pruning=pruning and not grid,
        folds=folds,
        left_out=left_out,
    )


def _queue(space: Space, base: Mapping[str, Any], *, grid: bool) -> list[dict[str, Plain]]:
    if grid:
        return [params_of(values, space) for values in space.grid(base)]
    # The recipe itself is the first trial, so that a search ends at least as well as it starts.
    # Not with conditional keys, whose value in the recipe may belong to no choice of the space.
    inside = all(each.has(base[key]) and not each.when for key, each in space.ranges.items())
    return [params_of(base, space)] if inside else []


def _first_difference(key: str, before: Any, now: Any) -> tuple[str, Any, Any]:
    """Return the key of the first difference, nested ones with dots, and both values."""
    if isinstance(before, dict) and isinstance(now, dict):
        for inner in sorted(before.keys() | now.keys()):
            if before.get(inner) != now.get(inner):
                return _first_difference(f"{key}.{inner}", before.get(inner), now.get(inner))
    return key, before, now
