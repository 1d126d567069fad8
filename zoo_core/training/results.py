"""Results of a training: config, weights and card in the run's folder."""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import UTC, datetime

import numpy as np

from zoo_core.data.splits import split_rule
from zoo_core.filenames import CARD, CARD_PAGE, CONFIG, EXAMPLES, WEIGHTS
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.training_state import FitResult
from zoo_core.metrics.calibration import Calibration
from zoo_core.metrics.scores import Scores
from zoo_core.plugins.data_specs import InputSpec
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.terminal import print_lines
from zoo_core.training.checks.same_data import changed_data_error
from zoo_core.training.plan import Plan
from zoo_core.training.run_folder import RunConfig, RunData, unfinished_run
from zoo_core.weights.card import (
    Card,
    DatasetFacts,
    Environment,
    ExamplesFacts,
    Provenance,
    WeightsFacts,
    card_json,
)
from zoo_core.weights.card_markdown import card_markdown
from zoo_core.weights.file import save_weights


def write_or_check_config(
    run: Run,
    plan: Plan,
    environment: Environment,
    *,
    device: str,
    threads: int | None,
    examples: bytes | None,
    begun: RunConfig | None = None,
) -> None:
    """Write ``config.json`` and the list of examples, or compare with an existing config.

    A resumed or continued training whose environment has changed is reported on stderr.

    Args:
        run: the training.
        plan: its plan.
        environment: facts from the trainer that decide the bits.
        device: the user's choice of a device.
        threads: the user's number of threads.
        examples: list of the examples; None for a data set without identities.
        begun: config of the training that this one resumes or continues; None for a new one.

    Raises:
        VerificationError: the data have changed since it began.
        InvalidValueError: it has been finished meanwhile.
    """
    path = run.folder / CONFIG
    data = RunData(sha256=run.data.dataset.sha256(), place=plan.dataset.spec.place)
    if path.exists():
        begun = unfinished_run(run.folder)
    else:
        if examples is not None:
            write_atomic(run.folder / EXAMPLES, examples)
        config = RunConfig(
            model=run.model.name,
            plugin=plan.model.plugin.distribution,
            config=run.config.model_dump(mode="json"),
            recipe_name=plan.recipe_name,
            changed=plan.changed,
            recipe=run.recipe,
            search=plan.search,
            data=data,
            initial=run.initial,
            teacher=run.teacher.weights if run.teacher else None,
            device=device,
            threads=threads,
            environment=environment,
            versions=plan.versions(),
            continued=run.continued,
            ended=run.ended,
        )
        content = json.dumps(config.model_dump(mode="json"), indent=2) + "\n"
        write_atomic(path, content.encode())
    if begun is None:
        return
    if begun.data and begun.data.sha256 != data.sha256:
        changes = f"expected sha256 {begun.data.sha256}, got {data.sha256}"
        raise changed_data_error(run.folder, plan.recipe.dataset, changes)
    # A warning and not an error, because the machine of a killed training may be gone.
    before, now = {**begun.environment, **begun.versions}, {**environment, **plan.versions()}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            print_lines(
                f"zoo: the training began with {name} {before.get(name)} and continues with "
                f"{now.get(name)}: the result may differ from that of an uninterrupted training",
                err=True,
            )


def make_provenance(
    run: Run,
    plan: Plan,
    fitted: FitResult,
    test: Scores,
    *,
    calibration: Calibration | None,
    parameters: int,
    environment: Environment,
    examples: bytes | None = None,
    stopped: str = "",
) -> Provenance:
    """Return the metadata of a weight file.

    Args:
        run: the training.
        plan: plan of the training.
        fitted: the weights that it keeps, and their scores.
        test: scores of these weights on the test split.
        calibration: calibration of these weights; None for tasks without confidences.
        parameters: number of the model's trainable parameters.
        environment: facts from the trainer that decide the bits.
        examples: list of the examples; None for a data set without identities.
        stopped: reason for fewer epochs than the recipe's, if there were fewer.
    """
    dataset, facts = plan.dataset.spec, run.data.dataset.facts
    teacher = run.teacher.weights if run.teacher else None
    code_license, license = plan.licenses(run.initial, teacher)
    # Nothing that depends on time or place is in here, so that equal trainings give equal files.
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
        teacher=teacher,
        dataset=DatasetFacts(
            name=dataset.name,
            # Of the loaded data, because a spec may state none.
            sha256=run.data.dataset.sha256(),
            input=_input_facts(run.data.dataset.input_spec),
            targets=run.data.dataset.targets,
            license=dataset.license,
            examples=_examples_facts(run, examples),
            pixel_ranges=dict(facts.pixel_ranges),
            left_out=dict(facts.left_out),
            damaged=facts.damaged,
        ),
        normalization=run.data.normalization,
        epoch=fitted.epoch,
        stopped=stopped,
        ended=fitted.ended,
        continued=run.continued,
        metrics={"train": fitted.train, "validation": fitted.validation, "test": test},
        calibration=calibration,
        # The core computes with NumPy too: its version and the processor also decide the bits.
        environment={**environment, "numpy": np.__version__, "machine": platform.machine()},
        versions=plan.versions(),
        code_license=code_license,
        license=license,
    )


def _input_facts(spec: InputSpec) -> InputSpec | None:
    # The shape of images is in the model's config, and the files of the first models have no more.
    return None if spec.is_plain else spec


def _examples_facts(run: Run, examples: bytes | None) -> ExamplesFacts | None:
    if examples is None:
        return None
    sha256 = hashlib.sha256(examples).hexdigest()
    rules = [run.data.dataset.facts.split_rule, split_rule(run.data.dataset, run.recipe)]
    return ExamplesFacts(sha256=sha256, bytes=len(examples), rule=" ".join(filter(None, rules)))


def write_results(run: Run, fitted: FitResult, provenance: Provenance) -> Card:
    """Write the weights and the card of a training, and return the card."""
    path = run.folder / WEIGHTS
    sha256 = save_weights(path, fitted.weights, provenance.model_dump(mode="json"))
    card = Card(
        **dict(provenance),
        weights=WeightsFacts(file=WEIGHTS, sha256=sha256, bytes=path.stat().st_size),
        seconds=round(fitted.seconds, 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_atomic(run.folder / CARD_PAGE, card_markdown(card))
    # The card comes last, because its existence marks a finished training.
    write_atomic(run.folder / CARD, card_json(card))
    return card
