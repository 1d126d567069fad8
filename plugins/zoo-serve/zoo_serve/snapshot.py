"""Snapshots of weights: ``python -m zoo_serve.snapshot``, started by the front process.

A model is resolved, and its files are copied or linked, so that workers can load it again when its
registry has gone. Standard input and output are JSON. It is a process of its own, because a
download takes long, and because the front does without NumPy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from zoo_core import ZooError
from zoo_core.plugin_api import (
    CARD,
    CONFIG,
    INDEX,
    WEIGHTS,
    DataError,
    Folder,
    FoundWeights,
    installed_catalog,
    locate,
    one_line,
)
from zoo_serve.targets import LOCAL, Asked, Target


def take(asked: Asked, registry: str | None, folder: Path) -> Target:
    """Resolve a model, and copy its files into a new folder.

    Args:
        asked: the model.
        registry: folder or URL; None for all known registries.
        folder: parent of the new folder.

    Raises:
        ZooError: there are no such weights, or they cannot be read.
    """
    found = locate(installed_catalog(), asked.text, registry=registry)
    copy = Path(tempfile.mkdtemp(dir=folder))
    if isinstance(found, FoundWeights):
        return _published(asked, found, copy)
    weights = found / WEIGHTS if found.is_dir() else found
    if not weights.is_file():
        raise DataError(
            f"there are no weights at {found}",
            hint="Name published weights, a run's folder or a .safetensors file.",
        )
    beside = {weights, weights.with_name(CARD)}
    if found.is_dir():
        # Programs of runtimes are called `model` with their own suffix.
        beside |= {found / CONFIG, *found.glob("model.*")}
    for path in sorted(beside):
        if path.is_file():
            _keep(path, copy / path.name)
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    place = copy if found.is_dir() else copy / weights.name
    return Target(asked.name, LOCAL, digest, str(place))


def _published(asked: Asked, found: FoundWeights, copy: Path) -> Target:
    published, registry = found.published, found.registry
    url = place = registry.location.url
    if isinstance(registry.location, Folder):
        source = registry.location.path(f"{published.model}/{published.tag}")
        for path in sorted(source.iterdir()):
            # By the registry, which refuses links that lead out of it.
            _keep(
                registry.path(published, path.name),
                copy / published.model / published.tag / path.name,
            )
        _keep(registry.location.path(INDEX), copy / INDEX, link=False)
        place = str(copy)
    else:  # the cache has the files then
        registry.path(published)
        registry.path(published, CARD)
    return Target(asked.name, published.tag, published.sha256, place, published.name, url)


def _keep(source: Path, target: Path, *, link: bool = True) -> None:
    """Link a file, or copy it where that is impossible; its checksum is verified on loading."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if link:
            os.link(source.resolve(), target)
            return
    except OSError:  # another file system, or one without links
        pass
    shutil.copyfile(source, target)


def main() -> None:
    """Take the snapshot of the model on standard input, and print it or the error."""
    asked: dict[str, Any] = json.load(sys.stdin)
    answer: dict[str, Any]
    try:
        target = take(Asked(asked["name"], asked["text"]), asked["registry"], Path(asked["folder"]))
        answer = {"target": target.as_json()}
    except (ZooError, OSError) as exc:
        error = exc if isinstance(exc, ZooError) else DataError(one_line(exc))
        answer = {
            "problem": error.problem,
            "hint": error.hint,
            "exit_code": error.exit_code,
        }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
