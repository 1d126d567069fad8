"""Accuracies of ensembles of published weights.

    python -m benchmarks.ensembles [--choose]

evaluates `ENSEMBLES` as ``zoo evaluate TAG TAG…`` does, stores the scores in
``benchmarks/ensembles``, and writes ``docs/results.md``. With ``--choose`` it prints how ``mixed``
was selected: the number of misclassified validation images of each possible ensemble.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import click
from pydantic import BaseModel, ConfigDict

from zoo_core.data.dataset import Split, load_dataset
from zoo_core.data.splits import training_data
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics import scores as metrics
from zoo_core.metrics.predictions import ensemble_outputs
from zoo_core.metrics.scores import Scores
from zoo_core.metrics.task import Array, Task
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.system.atomic_files import write_atomic
from zoo_core.weights.card_fields import ScoresField

KEPT = Path(__file__).parent / "ensembles"

MEMBERS = {"cnn.best": (1, 2, 3, 4)}
"""Recipe -> further seeds whose weights are published, as ``RECIPE-SEED``."""

ALIKE = ("cnn.best", *(f"cnn.best-{seed}" for seed in MEMBERS["cnn.best"]))
"""Tags of one recipe with several seeds."""

OTHERS = (
    "cnn.best-10k",
    "cnn.default",
    "mlp.best",
    "mlp.best-128",
    "mlp.best-10",
    "mlp.default",
    "numpy-net.best",
    "numpy-net.default",
)
"""Candidate members besides those: tags of zoo's own recipes for the same data set."""

ENSEMBLES = {"alike": ALIKE, "mixed": (*ALIKE, "mlp.default", "numpy-net.default")}
"""Name -> tags."""


class Measured(BaseModel):
    """Scores of an ensemble on the test split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    members: tuple[str, ...]
    """Names of the weights, with their checksums."""
    parameters: int
    """Scores of all members together."""
    together: ScoresField
    without_one: tuple[ScoresField, ...]
    """Scores of the ensembles that lack one member."""


def measure(catalog: Catalog, ensembles: Mapping[str, Sequence[str]]) -> dict[str, Measured]:
    """Score ensembles of published weights on the test split; each tag predicts it once.

    Args:
        catalog: the catalog with the model and the data set of every tag.
        ensembles: name -> tags, all of one data set.
    """
    tags = dict.fromkeys(tag for tags in ensembles.values() for tag in tags)
    weights = {tag: load_pretrained(catalog, tag, device="cpu") for tag in tags}
    card = next(iter(weights.values())).card
    test = load_dataset(catalog.dataset(card.dataset.name)).splits["test"]
    outputs = {tag: each.predict(test.inputs).outputs for tag, each in weights.items()}
    tasks = weights[next(iter(weights))].tasks

    def scores(tags: Sequence[str]) -> Scores:
        return _score([outputs[tag] for tag in tags], tasks, test)

    return {
        name: Measured(
            members=tuple(weights[tag].name for tag in tags),
            parameters=sum(weights[tag].card.parameters for tag in tags),
            together=scores(tags),
            without_one=tuple(map(scores, combinations(tags, len(tags) - 1))),
        )
        for name, tags in ensembles.items()
    }


def choose(catalog: Catalog) -> list[tuple[int, float, tuple[str, ...]]]:
    """Return the errors of every ensemble of `ALIKE` and any of `OTHERS` on validation images.

    Each entry has the number of misclassified images, the mean loss and the members; best first.
    """
    weights = {tag: load_pretrained(catalog, tag, device="cpu") for tag in (*ALIKE, *OTHERS)}
    card = weights[ALIKE[0]].card
    whole = load_dataset(catalog.dataset(card.dataset.name))
    images = training_data(
        whole, card.recipe
    ).validation  # the same for all, because their split_seed is equal
    outputs = {tag: each.predict(images.inputs).outputs for tag, each in weights.items()}
    found = []
    for count in range(len(OTHERS) + 1):
        for others in combinations(OTHERS, count):
            members = (*ALIKE, *others)
            scores = _score([outputs[tag] for tag in members], weights[ALIKE[0]].tasks, images)
            found.append((scores.total - (scores.all_correct or 0), scores.mean_loss, members))
    return sorted(found)


def _score(members: Sequence[list[Array]], tasks: Sequence[Task], split: Split) -> Scores:
    """Return the scores of an ensemble, from the outputs of its members."""
    outputs = ensemble_outputs(tasks, members)
    return metrics.score(tasks, metrics.measure(tasks, outputs, split.targets))


def kept(name: str) -> Measured:
    """Return the stored scores of an ensemble."""
    return Measured.model_validate_json((KEPT / f"{name}.json").read_bytes())


@click.command()
@click.option("--choose", "only_choose", is_flag=True, help="Print how `mixed` was selected.")
def main(only_choose: bool) -> None:
    """Evaluate the ensembles, store their scores, and write the tables."""
    from benchmarks.tables import write_all  # here, because it imports this module

    if only_choose:
        for errors, loss, members in choose(installed_catalog()):
            click.echo(f"{errors} {loss:.4f} {' '.join(members)}")
        return
    KEPT.mkdir(exist_ok=True)
    for name, measured in measure(installed_catalog(), ENSEMBLES).items():
        facts = json.dumps(measured.model_dump(mode="json"), indent=1)
        write_atomic(KEPT / f"{name}.json", f"{facts}\n".encode())
        click.echo(f"{name}: {measured.together}", err=True)
    write_all()


if __name__ == "__main__":
    main()
