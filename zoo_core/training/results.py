"""Results of a training: config, weights and card in the run's folder."""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime

import numpy as np

from zoo_core.filenames import CARD, CARD_PAGE, CONFIG, WEIGHTS
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.training_state import FitResult
from zoo_core.metrics.scores import Scores
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training.plan import Plan
from zoo_core.training.run_folder import RunConfig, unfinished_run
from zoo_core.weights.card import (
    Card,
    DatasetFacts,
    Environment,
    Provenance,
    WeightsFacts,
    card_json,
)
from zoo_core.weights.card_markdown import card_markdown
from zoo_core.weights.file import save_weights


def write_or_check_config(
    run: Run, plan: Plan, environment: Environment, *, device: str, threads: int | None
) -> None:
    """Write what is about to be done, or see whether it is what was begun.

    Where a training goes on in another environment than it began in, stderr says so.
    """
    path = run.folder / CONFIG
    if not path.exists():
        config = RunConfig(
            model=run.model.name,
            plugin=plan.model.plugin.distribution,
            config=run.config.model_dump(mode="json"),
            recipe_name=plan.recipe_name,
            changed=plan.changed,
            recipe=run.recipe,
            search=plan.search,
            device=device,
            threads=threads,
            environment=environment,
            versions=plan.versions(),
        )
        content = json.dumps(config.model_dump(mode="json"), indent=2) + "\n"
        write_atomic(path, content.encode())
        return
    begun = unfinished_run(run.folder)
    before, now = {**begun.environment, **begun.versions}, {**environment, **plan.versions()}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            sys.stderr.write(
                f"zoo: the training began with {name} {before.get(name)}, and goes on with "
                f"{now.get(name)}: the result may differ from an uninterrupted one's\n"
            )


def write_results(
    run: Run,
    plan: Plan,
    fitted: FitResult,
    test: Scores,
    *,
    parameters: int,
    environment: Environment,
    stopped: str = "",
) -> Card:
    """Write weights and card; the card comes last, so that where it is, all is there.

    Args:
        run: the training.
        plan: what it was to be.
        fitted: the weights that it keeps, and their scores.
        test: their scores on the test split.
        parameters: how many the model learns.
        environment: what the trainer says decides the bits.
        stopped: why there were fewer epochs than the recipe's, if there were.
    """
    provenance = _provenance(
        run, plan, fitted, test, parameters=parameters, environment=environment, stopped=stopped
    )
    path = run.folder / WEIGHTS
    sha256 = save_weights(path, fitted.weights, provenance.model_dump(mode="json"))
    card = Card(
        **dict(provenance),
        weights=WeightsFacts(file=WEIGHTS, sha256=sha256, bytes=path.stat().st_size),
        seconds=round(fitted.seconds, 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_atomic(run.folder / CARD_PAGE, card_markdown(card))
    write_atomic(run.folder / CARD, card_json(card))
    return card


def _provenance(
    run: Run,
    plan: Plan,
    fitted: FitResult,
    test: Scores,
    *,
    parameters: int,
    environment: Environment,
    stopped: str,
) -> Provenance:
    dataset = plan.dataset.spec
    return Provenance(
        model=run.model.name,
        plugin=plan.model.plugin.distribution,
        config=run.config.model_dump(mode="json"),
        parameters=parameters,
        recipe_name=plan.recipe_name,
        changed=plan.changed,
        recipe=run.recipe,
        search=plan.search,
        initial=run.initial,
        dataset=DatasetFacts(
            name=dataset.name,
            sha256=run.data.dataset.sha256(),
            classes=run.data.dataset.classes,
            license=dataset.license,
        ),
        normalization=run.data.normalization,
        epoch=fitted.epoch,
        stopped=stopped,
        metrics={"train": fitted.train, "validation": fitted.validation, "test": test},
        environment={**environment, "numpy": np.__version__, "machine": platform.machine()},
        versions=plan.versions(),
        license=run.model.license,
    )
