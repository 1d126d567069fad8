"""Copies of the published registry, into which faults are injected."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

from zoo_core.filenames import CARD, INDEX, WEIGHTS
from zoo_core.installation.installed import installed_catalog
from zoo_core.registry.index import EMPTY_INDEX, PublishedWeights, index_json
from zoo_core.registry.lookup import find_weights

NAME = "numpy-net.default"


def published() -> PublishedWeights:
    """Return the index entry of the weights in use."""
    return find_weights(installed_catalog(), f"zoo/{NAME}").published


def make_registry(root: Path, content: bytes | None = None) -> Path:
    """Make a registry with one tag, and return the path of its weights.

    Args:
        root: folder of the registry, which must not exist.
        content: content of the weight file; None for the published file. The index matches it.
    """
    found = find_weights(installed_catalog(), f"zoo/{NAME}")
    folder = found.registry.path(found.published).parent
    tag = root / found.published.model / found.published.tag
    tag.mkdir(parents=True)
    for file in (WEIGHTS, CARD):
        shutil.copyfile(folder / file, tag / file)
    entry = found.published
    if content is not None:
        (tag / WEIGHTS).write_bytes(content)
        entry = replace(
            entry, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), plain=True
        )
    index = EMPTY_INDEX.with_tag(entry, default=True)
    (root / INDEX).write_bytes(index_json(index))
    return tag / WEIGHTS
