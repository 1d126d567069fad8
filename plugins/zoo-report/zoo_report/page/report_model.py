"""A model of a report: its weights, card and history, by name or path."""

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
from zoo_report.page.history import History, read_epochs


@dataclass(frozen=True)
class ReportModel:
    """A model that a page is about.

    Attributes:
        label: what the page calls it, which no other model there is called.
        pretrained: the model with its weights.
        history: the epochs of its training.
        bytes: size of the weight file.
        folder: of the run, if it was named by that.
    """

    label: str
    pretrained: Pretrained
    history: History
    bytes: int
    folder: Path | None = None

    @property
    def card(self) -> Provenance:
        return self.pretrained.card

    @property
    def seconds(self) -> float | None:
        """Of the training; a weight file by itself does not say."""
        return self.card.seconds if isinstance(self.card, Card) else None


def load_report_models(
    catalog: Catalog, names: Sequence[str], *, registry: str | None, device: str
) -> list[ReportModel]:
    """Load models by name or path, each once, however often it is named.

    Raises:
        ZooError: see `zoo_core.pretrained.load.load_pretrained`.
    """
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
        return ReportModel(published.name, pretrained, _published_history(where), published.bytes)
    file = where / WEIGHTS if where.is_dir() else where
    history = (
        read_epochs(file.with_name(METRICS))
        if isinstance(pretrained.card, Card)  # else what lies beside the file may be of another
        else History(lacking="the weight file lies apart from its run")
    )
    folder = where if where.is_dir() else None
    return ReportModel(str(where), pretrained, history, file.stat().st_size, folder)


def _published_history(found: FoundWeights) -> History:
    """Return a published training's epochs, which only a registry on this machine has at hand."""
    location, published = found.registry.location, found.published
    if not isinstance(location, Folder):
        return History(lacking="the registry is not on this machine; zoo fetches weights and card")
    return read_epochs(location.path(f"{published.model}/{published.tag}/{METRICS}"))
