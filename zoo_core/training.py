"""Training a model by name: everything is checked, then trained, then written."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core import __version__
from zoo_core.card import (
    Card,
    DatasetFacts,
    PreprocessingFacts,
    Provenance,
    WeightsFacts,
    card_json,
    card_markdown,
)
from zoo_core.catalog import Catalog, Entry
from zoo_core.config import ModelConfig
from zoo_core.data import (
    ArrayDataset,
    Preprocessing,
    TrainingData,
    load_dataset,
    split_rows,
    validation_size,
)
from zoo_core.errors import InvalidValueError
from zoo_core.files import write_atomic
from zoo_core.loop import Fitted, fit
from zoo_core.metrics import Scores, score
from zoo_core.recipe import Recipe, resolve_config, resolve_recipe
from zoo_core.recorder import Recorder
from zoo_core.run import CARD, WEIGHTS, Callbacks, Run, check_folder, make_folder
from zoo_core.specs import DatasetSpec, ModelSpec, TrainerSpec
from zoo_core.trainer import Trainer
from zoo_core.weights import save_weights


@dataclass(frozen=True)
class _Plan:
    """A training, all of whose names and values are found and fit together."""

    model: Entry[ModelSpec]
    dataset: Entry[DatasetSpec]
    trainer: Entry[TrainerSpec]
    recipe_name: str
    changed: tuple[str, ...]
    recipe: Recipe
    config: ModelConfig

    def versions(self) -> dict[str, str]:
        """Return the versions of what takes part."""
        plugins = (self.model.plugin, self.dataset.plugin, self.trainer.plugin)
        return {"zoo-core": __version__} | {p.distribution: p.version for p in plugins}


def train(
    catalog: Catalog,
    name: str,
    *,
    recipe: str = "default",
    overrides: Iterable[Mapping[str, Any]] = (),
    out: Path | None = None,
    device: str = "auto",
    threads: int | None = None,
    callbacks: Callbacks | None = None,
) -> Run:
    """Train a model and leave a run folder with its weights and card.

    What can be checked without a framework or data is checked before either is loaded, and no
    folder is made before all is well.

    Args:
        catalog: what is installed.
        name: of the model.
        recipe: name of one of its recipes, or path of a ``.toml`` file.
        overrides: values over the recipe's, the later over the earlier.
        out: the run's folder, new or empty; None for the next free one under ``runs``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        callbacks: who is told how it goes, beside the plugins.
    """
    plan = _plan(catalog, name, recipe, overrides)
    if out is not None:
        check_folder(out)
    factory = plan.trainer.resolve(plan.trainer.spec.factory)
    trainer: Trainer = factory(device=device, threads=threads)
    builder = plan.model.resolve(plan.model.spec.builder)
    model = trainer.build(builder, plan.config, plan.recipe.seed)
    data = _training_data(load_dataset(plan.dataset), plan.recipe)
    run = Run(
        model=plan.model.spec,
        config=plan.config,
        recipe=plan.recipe,
        data=data,
        folder=make_folder(out, plan.model.spec.name),
        callbacks=Recorder(catalog, callbacks),
    )
    _write_config(run, plan)
    fitted = fit(trainer, model, run)
    trainer.set_weights(model, fitted.weights)
    test = score(trainer.predict(model, data.test.images, data.preprocessing), data.test.labels)
    provenance = _provenance(plan, run, fitted, test, trainer.environment())
    run.callbacks.train_end(run, _write_results(run, provenance, fitted))
    return run


def _plan(
    catalog: Catalog, name: str, recipe_name: str, overrides: Iterable[Mapping[str, Any]]
) -> _Plan:
    model = catalog.model(name)
    named = resolve_recipe(model, recipe_name).model_dump()
    recipe = resolve_recipe(model, recipe_name, overrides)
    changed = (key for key, value in recipe.model_dump().items() if value != named[key])
    dataset = catalog.dataset(recipe.dataset)
    trainer = catalog.trainer(recipe.trainer)
    config = resolve_config(model, recipe, dataset.spec)
    _check_batch_size(recipe, dataset.spec)
    return _Plan(
        model=model,
        dataset=dataset,
        trainer=trainer,
        recipe_name=Path(recipe_name).stem if recipe_name.endswith(".toml") else recipe_name,
        changed=tuple(key for key in changed if key != "seed"),
        recipe=recipe,
        config=config,
    )


def _check_batch_size(recipe: Recipe, dataset: DatasetSpec) -> None:
    size = dataset.sizes["train"]
    available = size - validation_size(size, recipe.validation)
    if recipe.batch_size > available:
        raise InvalidValueError(
            f"batch_size of the recipe must be at most {available}, the number of images of "
            f"{dataset.name!r} that are trained on, got {recipe.batch_size}"
        )


def _training_data(dataset: ArrayDataset, recipe: Recipe) -> TrainingData:
    size = len(dataset.splits["train"])
    seed = recipe.split_seed if recipe.held_out == "random" else None
    train_rows, validation_rows = split_rows(size, recipe.validation, seed)
    channels = len(dataset.mean)
    return TrainingData(
        dataset=dataset,
        train_rows=train_rows,
        validation_rows=validation_rows,
        preprocessing=Preprocessing(dataset.mean, dataset.std)
        if recipe.normalize
        else Preprocessing((0.0,) * channels, (1.0,) * channels),
    )


def _write_config(run: Run, plan: _Plan) -> None:
    config = {
        "schema": 1,
        "model": run.model.name,
        "config": run.config.model_dump(mode="json"),
        "plugin": plan.model.plugin.distribution,
        "recipe_name": plan.recipe_name,
        "changed": plan.changed,
        "recipe": run.recipe.model_dump(mode="json"),
    }
    write_atomic(run.folder / "config.json", (json.dumps(config, indent=2) + "\n").encode())


def _provenance(
    plan: _Plan, run: Run, fitted: Fitted, test: Scores, environment: dict[str, str | int]
) -> Provenance:
    return Provenance(
        model=plan.model.spec.name,
        plugin=plan.model.plugin.distribution,
        config=plan.config.model_dump(mode="json"),
        parameters=sum(tensor.size for tensor in fitted.weights.values()),
        recipe_name=plan.recipe_name,
        changed=plan.changed,
        recipe=plan.recipe,
        dataset=DatasetFacts(
            name=plan.dataset.spec.name,
            sha256=plan.dataset.spec.sha256,
            classes=run.data.dataset.classes,
            licence=plan.dataset.spec.licence,
        ),
        preprocessing=PreprocessingFacts(**asdict(run.data.preprocessing)),
        epoch=fitted.epoch,
        metrics={"train": fitted.train, "validation": fitted.validation, "test": test},
        environment={
            **environment,
            "numpy": np.__version__,
            "machine": platform.machine(),
        },
        versions=plan.versions(),
        licence=plan.model.spec.licence,
    )


def _write_results(run: Run, provenance: Provenance, fitted: Fitted) -> Card:
    """Write weights and card; the card comes last, so that where it is, all is there."""
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
