"""Published files of a model that the page reads: program, weights and card, verified."""

from __future__ import annotations

import hashlib

from zoo_core.plugin_api import CARD, WEIGHTS, DataError, FoundWeights, VerificationError

RUNTIME = "onnx"
"""Runtime whose program the page runs."""

PROGRAM = "model.onnx"
"""Name of the program on the page."""


def read_files(found: FoundWeights, program: str) -> dict[str, bytes]:
    """Return the content of a model's files, by their names on the page.

    Args:
        found: the published weights.
        program: name of the program in the registry.

    Raises:
        DataError: reading or fetching a file failed.
        VerificationError: a file does not have its checksum.
    """
    published = found.published
    stated = published.runtimes[RUNTIME]
    return {
        PROGRAM: _read(found, program, stated["sha256"], stated["bytes"]),
        WEIGHTS: _read(found, WEIGHTS, published.sha256, published.bytes),
        CARD: _read(found, CARD, published.card_sha256, published.card_bytes),
    }


def _read(found: FoundWeights, file: str, sha256: str, size: int) -> bytes:
    # Verified here, too, because a folder on this machine may change after it was loaded.
    path = found.registry.path(found.published, file, sha256=sha256, size=size)
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise DataError(f"cannot read {path}: {exc.strerror}") from exc
    if (digest := hashlib.sha256(content).hexdigest()) != sha256:
        raise VerificationError(
            f"checksum mismatch for {path}: expected sha256 {sha256}, got {digest}",
            hint="Restore the file; it was changed or damaged.",
        )
    return content
