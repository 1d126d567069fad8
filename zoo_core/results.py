"""What a training leaves in its folder."""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime

import numpy as np

from zoo_core.card import (
    Card,
    DatasetFacts,
    Environment,
    Provenance,
    WeightsFacts,
    card_json,
    card_markdown,
)
from zoo_core.files import write_atomic
from zoo_core.loop import Fitted
from zoo_core.metrics import Scores
from zoo_core.plan import Plan
from zoo_core.run import CARD, WEIGHTS, Run
from zoo_core.weights import save_weights


def write_config(run: Run, plan: Plan) -> None:
    """Write what is about to be done, before it is."""
    config = {
        "schema": 1,
        "model": run.model.name,
        "plugin": plan.model.plugin.distribution,
        "config": run.config.model_dump(mode="json"),
        "recipe_name": plan.recipe_name,
        "changed": plan.changed,
        "recipe": run.recipe.model_dump(mode="json"),
    }
    write_atomic(run.folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def write_results(
    run: Run,
    plan: Plan,
    fitted: Fitted,
    test: Scores,
    *,
    parameters: int,
    environment: Environment,
) -> Card:
    """Write weights and card; the card comes last, so that where it is, all is there.

    Args:
        run: the training.
        plan: what it was to be.
        fitted: the weights that it keeps, and their scores.
        test: their scores on the test split.
        parameters: how many the model learns.
        environment: what the trainer says decides the bits.
    """
    provenance = _provenance(
        run, plan, fitted, test, parameters=parameters, environment=environment
    )
    path = run.folder / WEIGHTS
    sha256 = save_weights(path, fitted.weights, provenance.model_dump(mode="json"))
    card = Card(
        **dict(provenance),
        weights=WeightsFacts(file=WEIGHTS, sha256=sha256, bytes=path.stat().st_size),
        seconds=round(fitted.seconds, 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_atomic(run.folder / "card.md", card_markdown(card))
    write_atomic(run.folder / CARD, card_json(card))
    return card


def _provenance(
    run: Run,
    plan: Plan,
    fitted: Fitted,
    test: Scores,
    *,
    parameters: int,
    environment: Environment,
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
        dataset=DatasetFacts(
            name=dataset.name,
            sha256=dataset.sha256,
            classes=run.data.dataset.classes,
            licence=dataset.licence,
        ),
        preprocessing=run.data.preprocessing,
        epoch=fitted.epoch,
        metrics={"train": fitted.train, "validation": fitted.validation, "test": test},
        environment={**environment, "numpy": np.__version__, "machine": platform.machine()},
        versions=plan.versions(),
        licence=run.model.licence,
    )
