"""The preparation of a training: framework, data, model and the weights that it begins with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import load_dataset
from zoo_core.data.example_record import make_record
from zoo_core.frameworks.distributed import is_main_process
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.frameworks.trainer import Trainer
from zoo_core.plugins.catalog import Catalog
from zoo_core.training.plan import Plan
from zoo_core.training.run_folder import RunConfig
from zoo_core.weights.card import Card


@dataclass(frozen=True)
class Prepared:
    """A training whose framework, data and model are loaded, and whose folder does not exist.

    Attributes:
        trainer: adapter of the framework.
        model: the framework's own object.
        run: the run, without a folder.
        examples: list of the examples, in the main process; None for data without identities.
    """

    trainer: Trainer
    model: Any
    run: Run
    examples: bytes | None


def prepare(
    catalog: Catalog,
    plan: Plan,
    *,
    device: str,
    threads: int | None,
    callbacks: Callbacks | None = None,
    earlier: Card | RunConfig | None = None,
) -> Prepared:
    """Load everything that a training needs, and check what is known without a prediction.

    Args:
        catalog: the installed plugins.
        plan: plan of the training.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of threads of the framework; None for its default.
        callbacks: callbacks of the training.
        earlier: card of the training to repeat, or config of the one to resume or continue.

    Raises:
        VerificationError: data, initial weights or teacher are not those of `earlier`.
        ZooError: the training cannot begin.
    """
    callbacks = callbacks or Callbacks()
    expected = earlier.dataset.sha256 if isinstance(earlier, Card) else None
    # In a thread, because importing a framework takes about as long as loading the data.
    with ThreadPoolExecutor(1) as background:
        loading = background.submit(
            load_dataset, plan.dataset, expected=expected, check=plan.check_data
        )
        trainer = plan.make_trainer(device, threads)
    plan.check_transforms()
    model = plan.build(trainer)
    teacher = plan.load_teacher(catalog, trainer)
    dataset = loading.result()
    initial = plan.load_initial_weights(catalog, trainer, model, dataset.targets)
    data = plan.split(dataset)
    record = make_record(data) if is_main_process() else None
    examples = record.to_csv() if record else None
    callbacks.data_loaded(plan.dataset.spec, plan.recipe, data, record)
    run = plan.make_run(data, Path(), callbacks, initial, teacher)
    if earlier:
        run = replace(run, continued=earlier.continued, ended=earlier.ended)
    return Prepared(trainer, model, run, examples)
