"""A search before it begins: its settings, held against those that the study was begun with."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.pruners import BasePruner, NopPruner
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
)
from zoo_tune.optuna_params import Plain, params_of
from zoo_tune.pruner import BestThirdPruner
from zoo_tune.sampler import GridSampler, SeededSampler

SETTINGS = "zoo"
"""User attribute of a study: what it was begun with."""


@dataclass(frozen=True)
class Search:
    """What is searched, and how.

    Attributes:
        recipe: name of the recipe that the search begins from, or path of its file.
        given: what the user gives over its values.
        plan: of that recipe.
        space: the values to try.
        grid: every combination to try; None to let a sampler choose.
        seed: of the sampler.
        seeds: that each setting is trained with.
        pruning: whether hopeless trials are stopped early.
    """

    recipe: str
    given: Mapping[str, Any]
    plan: Plan
    space: Space
    grid: tuple[dict[str, Plain], ...] | None
    seed: int
    seeds: tuple[int, ...]
    pruning: bool

    def settings(self) -> dict[str, Any]:
        """Return all that trials of one study must have in common, as JSON has it."""
        recipe = self.plan.recipe.model_dump(mode="json", exclude={"seed"})
        settings = {
            "format": 1,
            "model": self.plan.model.spec.name,
            "plugin": self.plan.model.plugin.distribution,
            "recipe": recipe,
            "config": self.plan.config.model_dump(mode="json"),
            "space": self.space.dump(),
            "grid": self.grid is not None,
            "seed": self.seed,
            "seeds": self.seeds,
            "pruning": self.pruning,
            "dataset": self.plan.dataset.spec.sha256,
        }
        plain: dict[str, Any] = json.loads(json.dumps(settings))
        return plain

    def plan_of(self, catalog: Catalog, values: Mapping[str, Any]) -> Plan:
        """Return the plan of a setting."""
        model, plugin = self.plan.model.spec.name, self.plan.model.plugin.distribution
        changes = overrides(self.plan.model, self.space, values)
        return make_plan(catalog, f"{plugin}/{model}", self.recipe, [self.given, changes])

    def open_study(self, storage: BaseStorage, name: str) -> optuna.Study:
        """Open the study of a name, or begin it.

        Raises:
            InvalidValueError: there is one with other settings, or another program's.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        how: dict[str, Any] = {
            "study_name": name,
            "storage": storage,
            "sampler": self._sampler(),
            "pruner": self._pruner(),
        }
        try:
            study = optuna.load_study(**how)
        except KeyError:  # there is none, unless another worker makes it just now
            study = optuna.create_study(**how, direction="maximize", load_if_exists=True)
        # In this order: whoever begins a study writes its settings before its first trial.
        trials = study.get_trials(deepcopy=False)
        kept = study.user_attrs.get(SETTINGS)
        if kept is None:
            if trials or study.direction != StudyDirection.MAXIMIZE:
                raise InvalidValueError(
                    f"the study {name!r} there is not zoo's", hint="Name another with --study."
                )
            study.set_user_attr(SETTINGS, self.settings() | {"versions": self.plan.versions()})
        else:
            self._check(kept, name)
        return study

    def _check(self, kept: Mapping[str, Any], name: str) -> None:
        for key, value in self.settings().items():
            if kept.get(key) != value:
                where, before, now = _first_difference(key, kept.get(key), value)
                raise InvalidValueError(
                    f"the study {name!r} was begun with {where} {json.dumps(before)}, and this "
                    f"command has {json.dumps(now)}: their trials would not compare",
                    hint="Name a new study with --study, or give what it was begun with.",
                )
        if kept.get("versions") != self.plan.versions():
            sys.stderr.write(
                f"zoo: the study {name!r} was begun with "
                f"{_join_versions(kept.get('versions', {}))}, and "
                f"goes on with {_join_versions(self.plan.versions())}\n"
            )

    def _sampler(self) -> GridSampler | SeededSampler:
        if self.grid is not None:
            return GridSampler(self.grid)
        own = plan_values(self.plan, self.space.ranges)
        inside = all(each.has(own[key]) for key, each in self.space.ranges.items())
        unconditional = not any(each.when for each in self.space.ranges.values())
        first = params_of(own, self.space) if inside and unconditional else {}
        return SeededSampler(self.seed, first)

    def _pruner(self) -> BasePruner:
        return BestThirdPruner(self.plan.recipe.epochs) if self.pruning else NopPruner()


def make_search(
    catalog: Catalog,
    name: str,
    *,
    space: str | None = None,
    grid: bool = False,
    recipe: str | None = None,
    given: Iterable[Mapping[str, Any]] = (),
    seed: int = 0,
    seeds: int = 1,
    pruning: bool = True,
) -> Search:
    """Find and check all that a search depends on, before anything is trained.

    Args:
        catalog: what is installed.
        name: of the model.
        space: name of one of its search spaces, or path of a ``.toml`` file; None for its usual
            one.
        grid: whether to try every combination.
        recipe: to begin from; None for the one that the space names, or ``default``.
        given: values over the recipe's, the later over the earlier; what they set is not
            searched.
        seed: of the sampler.
        seeds: with how many each setting is trained.
        pruning: whether hopeless trials are stopped early.

    Raises:
        UnknownNameError, DataError, InvalidValueError: see `zoo_core.tuning.model_spaces`.
    """
    entry = catalog.model(name)
    over = merge_layers(given)
    found = find_space(entry, space, grid=grid).without(flatten(over, "recipe"))
    if not found.ranges:
        raise InvalidValueError(
            "every key of the search space is given a value: there is nothing to search",
            hint="Leave out a --set, or name a space of yours: --space FILE.toml",
        )
    recipe = recipe or found.recipe or "default"
    plan = check_space(catalog, name, found, recipe, [over])
    base = plan_values(plan, found.ranges)
    found = found.around(base) if grid else found
    return Search(
        recipe=recipe,
        given=over,
        plan=plan,
        space=found,
        grid=tuple(params_of(each, found) for each in found.grid(base)) if grid else None,
        seed=seed,
        seeds=tuple(range(plan.recipe.seed, plan.recipe.seed + seeds)),
        pruning=pruning and not grid,
    )


def _first_difference(key: str, before: Any, now: Any) -> tuple[str, Any, Any]:
    """Return where two settings differ, as deep as tables go."""
    if isinstance(before, dict) and isinstance(now, dict):
        for inner in sorted(before.keys() | now.keys()):
            if before.get(inner) != now.get(inner):
                return _first_difference(f"{key}.{inner}", before.get(inner), now.get(inner))
    return key, before, now


def _join_versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
