"""Publish a run: checked against its card, then added to a registry whole."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, load_dataset
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.filenames import CARD, CARD_PAGE, METRICS, WEIGHTS
from zoo_core.metrics.predictions import Predictions
from zoo_core.metrics.scores import Scores, score
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.plain_config import is_plain
from zoo_core.pretrained.verified_read import read_provenance
from zoo_core.publishing.golden import make_golden
from zoo_core.publishing.seed_interval import TrainedModel, make_interval
from zoo_core.publishing.store import add_tag
from zoo_core.registry.index import PublishedWeights
from zoo_core.registry.location import Folder, open_location
from zoo_core.registry.names import check_tag_name
from zoo_core.registry.registry import FoundWeights, Registry
from zoo_core.weights.card import Card, Interval, PublishedCard, card_json
from zoo_core.weights.card_markdown import card_markdown

MAX_PICTURE = 1 << 21


def publish_run(
    catalog: Catalog,
    run: Path,
    name: str,
    registry: str,
    *,
    others: Iterable[TrainedModel] = (),
    default: bool = False,
) -> FoundWeights:
    """Publish a run's weights and card in a registry in a folder.

    Before, its weights are loaded as any are, and every test image is read again.

    Args:
        catalog: what is installed.
        run: the folder of a finished training.
        name: ``MODEL.TAG``, which nothing is published under.
        registry: a folder, which need not exist, or its ``file://`` URL.
        others: trainings that differ in the seed alone, for the card's interval.
        default: whether the bare name of the model is to stand for this tag from now on. A
            model's first tag is its default anyway.

    Raises:
        InvalidValueError: the name cannot be one, or is taken; or it is not this model's.
        DataError: the run is not finished, or the registry cannot be written.
        VerificationError: the weights do not do what the card says.
    """
    parsed = check_tag_name(name)
    location = open_location(registry)
    if not isinstance(location, Folder):
        raise InvalidValueError(
            f"publishing writes to a folder, {registry} is none",
            hint="Publish to a folder, and copy that to where it is served from.",
        )
    card = _finished_card(run)
    if parsed.model != card.model:
        raise InvalidValueError(
            f"{run} is of the model {card.model!r}, {name!r} is a name of {parsed.model!r}",
            hint=f"For instance: --as {card.model}.{parsed.tag}",
        )
    published_card = _check_run(catalog, run, card, parsed.tag, make_interval(card, others))
    content = card_json(published_card)
    published = PublishedWeights(
        model=card.model,
        tag=parsed.tag,
        plugin=card.plugin,
        sha256=card.weights.sha256,
        bytes=card.weights.bytes,
        card_sha256=hashlib.sha256(content).hexdigest(),
        card_bytes=len(content),
        plain=published_card.plain,
        recipe=card.recipe_name,
        dataset=card.dataset.name,
        parameters=card.parameters,
        accuracy=card.metrics["test"].accuracy,
    )
    files = {
        CARD: content,
        CARD_PAGE: card_markdown(published_card),
        **{
            each: (run / each).read_bytes() for each in (WEIGHTS, METRICS, *published_card.pictures)
        },
    }
    add_tag(location, published, files, default=default)
    return FoundWeights(Registry(str(location.root), location), published)


def measure(read: Predictions, dataset: ArrayDataset) -> tuple[Scores, str]:
    """Return the scores of what was read in all test images, and the checksum of the labels."""
    labels: NDArray[np.int64] = np.ascontiguousarray(read.labels)
    digest = hashlib.sha256(labels.astype("<i8", copy=False).tobytes()).hexdigest()
    return score(read.logits, dataset.splits["test"].labels), digest


def _finished_card(run: Path) -> Card:
    card, _ = read_provenance(run)
    if not isinstance(card, Card) or not run.is_dir():
        raise DataError(
            f"{run} is not the folder of a finished training: it lacks {CARD}",
            hint="Publish a run's folder; `zoo train MODEL` makes one.",
        )
    return card


def _check_run(
    catalog: Catalog, run: Path, card: Card, tag: str, interval: Interval | None
) -> PublishedCard:
    """Return the card to publish, once the weights were seen to do what the run's card says."""
    pretrained = load_pretrained(catalog, run, device="cpu")
    entry = catalog.dataset(card.dataset.name)
    dataset = load_dataset(entry, expected=card.dataset.sha256)
    scores, digest = measure(pretrained.predict(dataset.splits["test"].images), dataset)
    stated = card.metrics["test"]
    if (scores.correct, scores.total) != (stated.correct, stated.total):
        raise VerificationError(
            f"the weights in {run} read {scores.correct} of {scores.total} test images correctly, "
            f"its card says {stated.correct} of {stated.total}",
            hint="Train it again.",
        )
    return PublishedCard(
        **dict(card),
        tag=tag,
        plain=is_plain(pretrained.config),
        command=_command(card),
        pictures=_pictures(run),
        golden=make_golden(pretrained),
        predictions=digest,
        interval=interval,
    )


def _pictures(run: Path) -> tuple[str, ...]:
    """Return the names of a run's pictures; links, which may lead anywhere, are none."""
    return tuple(
        sorted(
            path.name
            for path in run.glob("*.png")
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_PICTURE
        )
    )


def _command(card: Card) -> str:
    words = ["zoo", "train", card.model]
    if card.recipe_name != "default":
        words += ["--recipe", card.recipe_name]
    words += ["--seed", str(card.recipe.seed)]
    recipe = card.recipe.json_values()
    for key in card.changed:
        words += ["--set", shlex.quote(f"{key}={json.dumps(recipe[key])}")]
    if threads := card.environment.get("threads"):
        words += ["--threads", str(threads)]
    return " ".join(words)
