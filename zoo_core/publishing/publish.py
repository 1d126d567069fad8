"""Publish a run: verify it against its card, then add it to a registry."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.data.folds.fold_rows import fold_rows, tested_split
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.filenames import CARD, CARD_PAGE, EXAMPLES, METRICS, WEIGHTS
from zoo_core.plugins.added import unpackaged
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.files import WeightsFiles
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.plain_config import is_plain
from zoo_core.pretrained.runtime_choice import TRAINER
from zoo_core.pretrained.verified_read import read_provenance
from zoo_core.publishing.answers import check_scores, compute_answers
from zoo_core.publishing.golden import make_golden
from zoo_core.publishing.programs import ExpectedAnswers, Programs
from zoo_core.publishing.seed_interval import TrainedModel, make_interval
from zoo_core.publishing.store import add_tag
from zoo_core.registry.index import PublishedWeights
from zoo_core.registry.location import Folder, open_location
from zoo_core.registry.names import WeightsName, check_tag_name
from zoo_core.registry.registry import FoundWeights, Registry
from zoo_core.weights.card import Card, PublishedCard, card_json
from zoo_core.weights.card_markdown import card_markdown
from zoo_core.weights.file import WeightFile
from zoo_core.weights.license import spdx

MAX_PICTURE = 1 << 21
"""Maximum bytes of a picture that is published."""
# Because a run's folder may have any files, and readers of a registry download them all.


def publish_run(
    catalog: Catalog,
    run: Path,
    name: str,
    registry: str,
    *,
    others: Sequence[TrainedModel] = (),
    default: bool = False,
    formats: Collection[str] | None = None,
    on_note: Callable[[str], None] = lambda note: None,
) -> FoundWeights:
    """Publish a run's weights and card to a registry in a folder.

    The weights are loaded first, and all test examples are predicted again.

    Args:
        catalog: the installed plugins.
        run: folder of a finished training.
        name: ``MODEL.TAG``, a name that is not published yet.
        registry: a folder, which need not exist, or its ``file://`` URL.
        others: trainings that differ in the seed alone, for the card's interval.
        default: whether the model's name alone refers to this tag from now on. The first tag of a
            model is its default anyway.
        formats: formats of the programs to publish, such as ``onnx``; None for all that the trainer
            and the installed runtimes have, without those that cannot be written.
        on_note: called with the reason why a program was left out.

    Raises:
        InvalidValueError: the name is invalid, taken, or of another model; `others` are too few.
        DataError: the run is not finished, or the registry cannot be written.
        VerificationError: the weights do not reproduce the scores of the card, or a program differs
            from the model.
    """
    parsed = check_tag_name(name)
    location = open_folder(registry)
    card, file = _finished_run(run)
    if plugins := unpackaged(card.versions):
        raise InvalidValueError(
            f"{run} cannot be published: others cannot install {plugins}, with which it was "
            "trained",
            hint="Create a package with `zoo new NAME`, move the code there, and train again.",
        )
    check_model(parsed, card, f"{run} is a run")
    for other in others:
        if isinstance(other, Card) and other.dataset.sha256 != card.dataset.sha256:
            raise InvalidValueError(
                f"--seed-run: the run with seed {other.recipe.seed} was trained on other data: "
                f"expected sha256 {card.dataset.sha256}, got {other.dataset.sha256}",
                hint="Train it again on the present data.",
            )
    interval = make_interval(card, others) if others else None
    programs = Programs(catalog, card.recipe.trainer, formats, on_note)
    published_card, written = _check_run(
        catalog, run, file, card, programs, tag=parsed.tag, interval=interval
    )
    files = {
        **{
            each: (run / each).read_bytes() for each in (WEIGHTS, METRICS, *published_card.pictures)
        },
        **examples_file(run, card),
        **written,
    }
    return add_weights(location, published_card, files, default=default)


def open_folder(registry: str) -> Folder:
    """Return the folder of a registry to publish to, which need not exist.

    Raises:
        InvalidValueError: it is not a folder.
    """
    location = open_location(registry)
    if not isinstance(location, Folder) or os.path.isfile(location.root):  # noqa: PTH113 (any name)
        what = "the file" if isinstance(location, Folder) else "the URL"
        raise InvalidValueError(
            f"--registry: expected a folder, got {what} {registry}",
            hint="Publish to a folder; to serve it, copy it to the server.",
        )
    return location


def check_model(parsed: WeightsName, card: Card, origin: str) -> None:
    """Check that a name to publish is one of a card's model.

    Args:
        parsed: the name.
        card: the card.
        origin: words before "of MODEL", for the error.

    Raises:
        InvalidValueError: it is a name of another model.
    """
    if parsed.model != card.model:
        raise InvalidValueError(
            f"--as: expected {card.model}.TAG, because {origin} of {card.model}, "
            f"got '{parsed.model}.{parsed.tag}'",
            hint=f"Use --as {card.model}.{parsed.tag}",
        )


def add_weights(
    location: Folder, card: PublishedCard, files: Mapping[str, bytes], *, default: bool
) -> FoundWeights:
    """Add a tag with its card to a registry.

    Args:
        location: folder of the registry.
        card: the card.
        files: the other files by name.
        default: whether it becomes the default tag of its model.

    Raises:
        InvalidValueError: the name is taken.
        DataError: the registry cannot be written.
    """
    content = card_json(card)
    # The index repeats some facts of the card, because `zoo list` and loads read the index alone.
    published = PublishedWeights(
        model=card.model,
        tag=card.tag,
        plugin=card.plugin,
        sha256=card.weights.sha256,
        bytes=card.weights.bytes,
        card_sha256=hashlib.sha256(content).hexdigest(),
        card_bytes=len(content),
        plain=card.plain,
        recipe=card.recipe_name,
        dataset=card.dataset.name,
        parameters=card.parameters,
        license=spdx(card.license),
        runtimes=index_facts(card),
        **headline_facts(card),
    )
    files = {CARD: content, CARD_PAGE: card_markdown(card), **files}
    add_tag(location, published, files, default=default)
    return FoundWeights(Registry(str(location.root), location), published)


def headline_facts(card: Card) -> dict[str, Any]:
    """Return the scores of a card as the index repeats them."""
    test = card.metrics["test"]
    if test.headlines:
        return {"metrics": test.headline}
    return {"accuracy": test.headline_values}


def index_facts(card: PublishedCard) -> dict[str, Any]:
    """Return the programs of a card as the index repeats them."""
    return {
        name: {"sha256": program.sha256, "bytes": program.bytes}
        for name, program in card.runtimes.items()
    }


def examples_file(home: Path | FoundWeights, card: Card) -> dict[str, bytes]:
    """Return the list of the examples by its file name, if the card states one.

    Args:
        home: folder of a run, or published weights.
        card: their card.
    """
    record = WeightsFiles(home).examples(card)  # verified against the card
    if card.dataset.examples and record is None:
        raise DataError(f"{home} lacks {EXAMPLES}, the list of the examples it was trained on")
    return {EXAMPLES: record.to_csv()} if record else {}


def _finished_run(run: Path) -> tuple[Card, WeightFile]:
    card, file = read_provenance(run)
    # A weight file alone has provenance, but no scores' page, history or pictures to publish.
    if not isinstance(card, Card) or not run.is_dir():
        raise DataError(
            f"{run} is not the folder of a finished training: it lacks {CARD}",
            hint="Publish the folder of a run; `zoo train MODEL` creates one.",
        )
    return card, file


def _check_run(
    catalog: Catalog,
    run: Path,
    file: WeightFile,
    card: Card,
    programs: Programs,
    **others: Any,
) -> tuple[PublishedCard, dict[str, bytes]]:
    """Return the card to publish, with its `others` fields, and its programs by file name.

    Its test scores are compared with new predictions, and the programs with the model.
    """
    # On the CPU, because golden outputs are compared on machines without a GPU.
    pretrained = load_pretrained(catalog, run, device="cpu", runtime=TRAINER)
    entry = find_dataset(
        catalog, card.dataset.name, place=pretrained.data_place, sha256=card.dataset.sha256
    )
    dataset = load_dataset(entry, expected=card.dataset.sha256)
    split = tested_split(dataset, fold_rows(dataset, card.recipe))
    answers = compute_answers(pretrained, split)
    try:
        check_scores(answers, card.metrics["test"], f" with {run}")
    except VerificationError as exc:
        raise VerificationError(exc.problem, hint="Train the model again.") from exc
    expected = ExpectedAnswers(split, answers, make_golden(pretrained))
    written = programs.write(pretrained, file, expected)
    published = PublishedCard(
        **dict(card),
        plain=is_plain(pretrained.config),
        command=_command(card),
        pictures=_pictures(run),
        golden=expected.golden,
        predictions=answers.sha256,
        **others,
        runtimes={name: program.facts for name, program in written.items()},
    )
    return published, {program.facts.file: program.content for program in written.values()}


def _pictures(run: Path) -> tuple[str, ...]:
    """Return the names of a run's pictures."""
    # No symbolic links, because a run from elsewhere could publish any file of this machine.
    return tuple(
        sorted(
            path.name
            for path in run.glob("*.png")
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_PICTURE
        )
    )


def _command(card: Card) -> str:
    """Return the command line that trains the weights of a card again."""
    # A continued training began with fewer epochs, and each end was a run of its own.
    planned = [*(end.epochs for end in card.continued), card.recipe.epochs]
    first = _first_command(card, planned[0])
    return " && ".join(
        [first, *(f"zoo train --resume RUN --epochs {epochs}" for epochs in planned[1:])]
    )


def _first_command(card: Card, epochs: int) -> str:
    words = ["zoo", "train", card.model]
    if card.recipe_name != "default":
        words += ["--recipe", card.recipe_name]
    words += ["--seed", str(card.recipe.seed)]
    recipe = card.recipe.json_values() | {"epochs": epochs}
    for key in card.changed:
        if key in {"dataset", "epochs"}:  # which have options of their own
            words += [f"--{key}", shlex.quote(str(recipe[key]))]
        else:
            words += ["--set", shlex.quote(f"{key}={json.dumps(recipe[key])}")]
    # The number of threads changes the order of float32 sums, and with it the bytes.
    if threads := card.environment.get("threads"):
        words += ["--threads", str(threads)]
    return " ".join(words)
