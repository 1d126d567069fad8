"""Models of a report: weights, card and history, found by name or path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zoo_core import Pretrained
from zoo_core.plugin_api import (
    METRICS,
    WEIGHTS,
    Card,
    Catalog,
    Folder,
    FoundWeights,
    Provenance,
    load_pretrained,
    locate,
)
from zoo_report.history import Epoch, read_history


@dataclass(frozen=True)
class ReportModel:
    """A model of a report.

    Attributes:
        label: name of the model, unique in the report.
        pretrained: model with its weights.
        epochs: history of its training; empty if unknown.
        missing: reason why the history is unknown; else empty.
        bytes: size of the weight file.
        folder: folder of the run, if the model was specified by it.
    """

    label: str
    pretrained: Pretrained
    epochs: Sequence[Epoch]
    missing: str
    bytes: int
    folder: Path | None = None

    @property
    def card(self) -> Provenance:
        return self.pretrained.card

    @property
    def seconds(self) -> float | None:
        """Duration of the training, which the metadata of a lone weight file does not contain."""
        return self.card.seconds if isinstance(self.card, Card) else None


def load_report_models(
    catalog: Catalog, names: Sequence[str], *, registry: str | None, device: str
) -> list[ReportModel]:
    """Load models by name or path, without duplicates.

    Raises:
        ZooError: see `zoo_core.pretrained.load.load_pretrained`.
    """
    # By checksum, because a run's folder, its weight file and an alias may be the same weights.
    found: dict[str, ReportModel] = {}
    for name in names:
        subject = _load_report_model(catalog, name, registry=registry, device=device)
        found.setdefault(subject.pretrained.sha256, subject)
    times = Counter(subject.label for subject in found.values())
    return [
        subject
        if times[subject.label] == 1
        else replace(subject, label=f"{subject.label} ({sha256[:8]})")
        for sha256, subject in found.items()
    ]


def _load_report_model(
    catalog: Catalog, name: str, *, registry: str | None, device: str
) -> ReportModel:
    where = locate(catalog, name, registry=registry)
    pretrained = load_pretrained(catalog, where, device=device)
    if isinstance(where, FoundWeights):
        published = where.published
        history = _published_history(where)
        return ReportModel(published.name, pretrained, *history, published.bytes)
    file = where / WEIGHTS if where.is_dir() else where
    # A lone weight file has no card, and the history next to it may be of a different run.
    history = (
        read_history(file.with_name(METRICS))
        if isinstance(pretrained.card, Card)
        else ((), "the weight file is not in the folder of its run")
    )
    folder = where if where.is_dir() else None
    return ReportModel(str(where), pretrained, *history, file.stat().st_size, folder)


def _published_history(found: FoundWeights) -> tuple[Sequence[Epoch], str]:
    """Return the history of published weights, which only a local registry contains."""
    location, published = found.registry.location, found.published
    if not isinstance(location, Folder):
        return (), "the registry is remote, and only weights and cards are downloaded"
    return read_history(location.path(f"{published.model}/{published.tag}/{METRICS}"))
