"""Files that accompany weights: the list of their examples, and the place of their data."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zoo_core.errors import DataError, VerificationError
from zoo_core.filenames import CONFIG, EXAMPLES
from zoo_core.registry.registry import FoundWeights

if TYPE_CHECKING:
    from zoo_core.data.example_record import ExampleRecord
    from zoo_core.weights.card import Provenance


class WeightsFiles(NamedTuple):
    """The files of a run's folder or of a published tag, next to its weights.

    Attributes:
        home: the folder, or the published weights.
    """

    home: Path | FoundWeights

    # The imports are deferred, because predicting needs neither.
    def examples(self, card: Provenance) -> ExampleRecord | None:
        """Return the list of examples that a card states; None without one.

        Raises:
            DataError: the list cannot be read or downloaded.
            VerificationError: it differs from the card.
        """
        from zoo_core.data.example_record import ExampleRecord

        stated = card.dataset.examples
        if stated is None:
            return None
        if isinstance(self.home, FoundWeights):
            found = self.home
            path = found.registry.path(
                found.published, EXAMPLES, sha256=stated.sha256, size=stated.bytes
            )
        else:
            path = self.home / EXAMPLES
            if not path.exists():  # a weight file that was copied without its folder
                return None
        try:
            content = path.read_bytes()
        except OSError as exc:
            raise DataError(f"cannot read {path}: {exc.strerror}") from exc
        if (sha256 := hashlib.sha256(content).hexdigest()) != stated.sha256:
            raise VerificationError(
                f"checksum mismatch for {path}: expected sha256 {stated.sha256}, as on the card, "
                f"got {sha256}",
                hint="Restore the file; it was changed or damaged.",
            )
        return ExampleRecord.from_csv(content, str(path))

    def data_place(self) -> str:
        """Return the absolute place of the training's data, from a run's config; or empty."""
        if isinstance(self.home, FoundWeights):
            return ""  # a place on the publisher's machine
        try:
            return str(json.loads((self.home / CONFIG).read_bytes())["data"]["place"])
        except (OSError, ValueError, KeyError, TypeError):  # no run, or one of an older version
            return ""
