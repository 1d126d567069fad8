"""Manifest of a static page: models, checksums of all files, licenses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from zoo_core.plugin_api import rewrite_texts, shown
from zoo_demo.modes import Mode
from zoo_demo.static_page.models import StaticModel

VERSION = 1
"""Version of the manifest's format."""

FAMILIARITY = "reading/familiarity.safetensors"
"""Place of the statistics of familiar images in the folder."""


def folder_of(model: StaticModel) -> str:
    """Return the place of a model's files in the folder."""
    return f"models/{model.served.id}"


def manifest_json(
    mode: Mode,
    models: Sequence[StaticModel],
    files: Mapping[str, bytes],
    runtime: Mapping[str, Any],
) -> bytes:
    """Return the content of the manifest.

    Args:
        mode: the page's mode.
        models: the models.
        files: content of all other files, by their place in the folder.
        runtime: facts of onnxruntime-web.
    """
    dataset = models[0].dataset
    manifest = {
        "version": VERSION,
        "mode": {"id": mode.id, "title": mode.title, "shape": mode.shape},
        "models": [_facts(model) for model in models],
        "familiarity": FAMILIARITY,
        "data": {"name": dataset.name, "source": dataset.source, "license": dataset.license},
        "runtime": {name: runtime[name] for name in ("name", "version", "license", "source")},
        "files": {path: _checksum(content) for path, content in sorted(files.items())},
    }
    # Shown, because texts of others may contain control characters.
    return (json.dumps(rewrite_texts(manifest, shown), indent=2) + "\n").encode()


def _facts(model: StaticModel) -> dict[str, Any]:
    """Return the facts of a model: those of the served page, its folder and its calibration."""
    calibration = model.served.pretrained.calibration
    return {
        **model.served.facts(),
        "folder": folder_of(model),
        "license": model.card.license,
        "calibration": calibration
        and {"temperature": calibration.temperatures[0], "limit": calibration.limit},
    }


def _checksum(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
