"""Training a model by name: everything is checked, then trained, then written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zoo_core.catalog import Catalog
from zoo_core.data import load_dataset
from zoo_core.loop import fit
from zoo_core.metrics import score
from zoo_core.plan import make_plan
from zoo_core.predictions import predictions_of
from zoo_core.recorder import Recorder
from zoo_core.results import write_config, write_results
from zoo_core.run import Callbacks, Run, check_folder, make_folder
from zoo_core.sampling import training_data
from zoo_core.trainer import make_trainer


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
    plan = make_plan(catalog, name, recipe, overrides)
    if out is not None:
        check_folder(out)
    trainer = make_trainer(plan.trainer, device=device, threads=threads)
    builder = plan.model.resolve(plan.model.spec.builder)
    model = trainer.build(builder, plan.config, plan.recipe.seed)
    data = training_data(load_dataset(plan.dataset), plan.recipe)
    run = Run(
        model=plan.model.spec,
        config=plan.config,
        recipe=plan.recipe,
        data=data,
        folder=make_folder(out, plan.model.spec.name),
        callbacks=Recorder(catalog, callbacks),
    )
    write_config(run, plan)
    fitted = fit(trainer, model, run)
    trainer.set_weights(model, fitted.weights)
    logits = trainer.predict(model, data.test.images, data.preprocessing)
    test = score(logits, data.test.labels)
    card = write_results(
        run,
        plan,
        fitted,
        test,
        parameters=trainer.count_parameters(model),
        environment=trainer.environment(),
    )
    run.callbacks.train_end(run, card, predictions_of(logits))
    return run
