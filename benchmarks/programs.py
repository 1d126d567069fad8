"""Write the programs of published weights again, such as ``model.onnx``.

    python -m benchmarks.programs              # of all tags
    python -m benchmarks.programs cnn.best mlp.best

Weight files stay as they are: programs, cards and the index are written. Each program is compared
with its model on the whole test split, and refused if an answer differs.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.quantized import QUANTIZED
from zoo_core.data.dataset import load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.data.folds.fold_rows import fold_rows, tested_split
from zoo_core.filenames import CARD, CARD_PAGE, INDEX
from zoo_core.installation.installed import installed_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.verified_read import published_card, read_published
from zoo_core.publishing.answers import compute_answers
from zoo_core.publishing.programs import ExpectedAnswers, Programs
from zoo_core.publishing.publish import index_facts
from zoo_core.registry.index import PublishedWeights, index_json, read_index
from zoo_core.registry.lookup import open_registry
from zoo_core.registry.registry import FoundWeights
from zoo_core.system.atomic_files import write_atomic
from zoo_core.weights.card import card_json
from zoo_core.weights.card_markdown import card_markdown

REGISTRY = Path(__file__).parents[1] / "registry" / "zoo_registry"


def rewrite_programs(found: FoundWeights) -> PublishedWeights:
    """Write the programs and the card of a tag, and return its new entry in the index."""
    catalog, card = installed_catalog(), published_card(found)
    pretrained = load_pretrained(catalog, found, device="cpu", runtime="trainer")
    dataset = load_dataset(
        find_dataset(catalog, card.dataset.name, sha256=card.dataset.sha256),
        expected=card.dataset.sha256,
    )
    split = tested_split(dataset, fold_rows(dataset, card.recipe))
    expected = ExpectedAnswers(split, compute_answers(pretrained, split), card.golden)
    folder, facts = REGISTRY / card.model / card.tag, {}
    programs = Programs(catalog, card.recipe.trainer, ["onnx"])
    for name, program in programs.write(pretrained, read_published(found), expected).items():
        write_atomic(folder / program.facts.file, program.content)
        facts[name] = program.facts
        sys.stdout.write(f"{found.published.name}: {program.facts.bytes:,} bytes\n")
        sys.stdout.flush()
    card = card.model_copy(update={"runtimes": facts})
    content = card_json(card)
    write_atomic(folder / CARD, content)
    write_atomic(folder / CARD_PAGE, card_markdown(card))
    return replace(
        found.published,
        card_sha256=hashlib.sha256(content).hexdigest(),
        card_bytes=len(content),
        runtimes=index_facts(card),
    )


def main(names: list[str]) -> None:
    """Rewrite the programs of tags; of all without names."""
    registry = open_registry(str(REGISTRY))
    for found in registry.published():
        if names and found.published.name not in names:
            continue
        if found.published.name in QUANTIZED:  # `python -m benchmarks.quantized` compares them
            continue
        entry = rewrite_programs(found)
        # After each tag, so that the index fits the cards also if this is interrupted.
        index = read_index((REGISTRY / INDEX).read_bytes(), INDEX)
        tags = {**index.tags, entry.name: entry}
        write_atomic(REGISTRY / INDEX, index_json(replace(index, tags=tags)))


if __name__ == "__main__":
    main(sys.argv[1:])
