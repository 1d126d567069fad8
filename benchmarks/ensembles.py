"""What published weights reach when they read together.

    python -m benchmarks.ensembles [--choose]

evaluates `ENSEMBLES` as ``zoo evaluate TAG TAG…`` does, keeps what came of it in
``benchmarks/ensembles``, and writes ``docs/results.md`` anew. With ``--choose`` it shows instead
how ``mixed`` was chosen: what each of the possible ensembles misreads of the validation images.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import click
from pydantic import BaseModel, ConfigDict

from zoo_core.data.dataset import load_dataset
from zoo_core.data.splits import training_data
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.ensemble import ensemble_predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.system.atomic_files import write_atomic

KEPT = Path(__file__).parent / "ensembles"

MEMBERS = {"cnn.best": (1, 2, 3, 4)}
"""Recipe -> seeds of which the weights are published too, as ``RECIPE-SEED``, beside seed 0's."""

ALIKE = ("cnn.best", *(f"cnn.best-{seed}" for seed in MEMBERS["cnn.best"]))
"""Tags of one recipe."""

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
"""Tags of which any may read together with those: zoo's own recipes for the same data set."""

ENSEMBLES = {"alike": ALIKE, "mixed": (*ALIKE, "mlp.default", "numpy-net.default")}
"""Name -> tags."""


class Measured(BaseModel):
    """How well an ensemble reads the test split."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    members: tuple[str, ...]
    """Names of the weights, with their checksums."""
    parameters: int
    """Of all."""
    together: Scores
    without_one: tuple[Scores, ...]
    """Of all but one, by turns: how much it depends on which weights there are."""


def measure(catalog: Catalog, ensembles: Mapping[str, Sequence[str]]) -> dict[str, Measured]:
    """Score ensembles of published weights on the test split; each tag predicts it once.

    Args:
        catalog: holds the model and the data set of every tag.
        ensembles: name -> tags, all of one data set.
    """
    tags = dict.fromkeys(tag for tags in ensembles.values() for tag in tags)
    weights = {tag: load_pretrained(catalog, tag, device="cpu") for tag in tags}
    card = next(iter(weights.values())).card
    test = load_dataset(catalog.dataset(card.dataset.name)).splits["test"]
    predictions = {tag: each.predict(test.images) for tag, each in weights.items()}

    def scores(tags: Sequence[str]) -> Scores:
        together = ensemble_predictions([predictions[tag] for tag in tags])
        return score(together.logits, test.labels)

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
    """Return what every ensemble of `ALIKE` and any of `OTHERS` misreads of the validation images.

    The best first: the number of errors, the mean loss and the members.
    """
    weights = {tag: load_pretrained(catalog, tag, device="cpu") for tag in (*ALIKE, *OTHERS)}
    card = weights[ALIKE[0]].card
    whole = load_dataset(catalog.dataset(card.dataset.name))
    images = training_data(whole, card.recipe).validation  # the same for all: one split_seed
    read = {tag: each.predict(images.images) for tag, each in weights.items()}
    found = []
    for count in range(len(OTHERS) + 1):
        for others in combinations(OTHERS, count):
            members = (*ALIKE, *others)
            scores = score(
                ensemble_predictions([read[tag] for tag in members]).logits, images.labels
            )
            found.append((scores.total - scores.all_correct, scores.mean_loss, members))
    return sorted(found)


def kept(name: str) -> Measured:
    """Return what is kept of an ensemble."""
    return Measured.model_validate_json((KEPT / f"{name}.json").read_bytes())


@click.command()
@click.option("--choose", "only_choose", is_flag=True, help="Show how one was chosen, instead.")
def main(only_choose: bool) -> None:
    """Evaluate the ensembles, keep their scores, and write the tables."""
    from benchmarks.tables import write_all  # which shows what is kept here

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
