"""Reports: which models, on which data, into which file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zoo_core.plugin_api import (
    Catalog,
    DataError,
    InvalidValueError,
    compare_pretrained,
    write_atomic,
)
from zoo_report.page.comparison_section import ComparisonSection, make_comparison_section
from zoo_report.page.model_section import ModelSection, make_model_section
from zoo_report.page.render import GENERATOR, render
from zoo_report.page.report_model import ReportModel, load_report_models

PAGE = "report.html"
HEAD = 400
"""Bytes at a page's beginning among which its generator stands."""


def write_report(
    catalog: Catalog,
    names: Sequence[str],
    *,
    out: Path | None = None,
    dataset: str | None = None,
    split: str = "test",
    registry: str | None = None,
    device: str = "auto",
) -> tuple[Path, list[ReportModel]]:
    """Write a page about models, and return where it is and what it is about.

    Args:
        catalog: what is installed.
        names: of published weights, or paths of runs' folders or weight files; at least one.
        out: the file; None for ``report.html``, in the folder of a run that it is about alone.
        dataset: name of the data set that they read; None for the one each was trained on.
        split: whose images.
        registry: where to look for names; None for all registries there are.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InvalidValueError: there is another file in its place.
        DataError: it cannot be written.
        ZooError: see `load_pretrained` and `compare_pretrained`.
    """
    if out is not None:
        _check(out)  # before the work
    subjects = load_report_models(catalog, names, registry=registry, device=device)
    alone = subjects[0].folder if len(subjects) == 1 else None
    path = out or (alone or Path()) / PAGE
    _check(path)
    page = make_page(catalog, subjects, dataset=dataset, split=split)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, page)
    except OSError as exc:
        raise DataError(
            f"{path} cannot be written: {exc.strerror}", hint="Name another with --out."
        ) from exc
    return path, subjects


def make_page(
    catalog: Catalog,
    subjects: Sequence[ReportModel],
    *,
    dataset: str | None = None,
    split: str = "test",
) -> bytes:
    """Return a page about models, those on the same data set compared; see `write_report`."""
    groups: dict[str, list[int]] = {}
    for i, subject in enumerate(subjects):
        groups.setdefault(dataset or subject.card.dataset.name, []).append(i)
    comparisons: list[ComparisonSection] = []
    sections: list[ModelSection] = []
    for name, members in groups.items():
        group = [subjects[i] for i in members]
        comparison = compare_pretrained(
            catalog, [subject.pretrained for subject in group], dataset=name, split=split
        )
        if len(group) > 1:
            comparisons.append(make_comparison_section(len(sections), group, comparison))
        for member, subject in enumerate(group):
            summary = catalog.model(subject.card.model).spec.summary
            sections.append(make_model_section(len(sections), subject, summary, comparison, member))
    return render(_title(subjects, len(groups)), comparisons, sections)


def _title(subjects: Sequence[ReportModel], datasets: int) -> str:
    if len(subjects) == 1:
        return subjects[0].label
    on = f" on {datasets} data sets" if datasets > 1 else ""
    return f"{len(subjects)} models{on}"


def _check(path: Path) -> None:
    """See that a page may stand there: nothing does, or a page of ours."""
    try:
        if path.is_dir():
            raise InvalidValueError(f"{path} is a folder", hint=f"Name a file: {path / PAGE}")
        with path.open("rb") as file:
            ours = GENERATOR.encode() in file.read(HEAD)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise DataError(
            f"{path} cannot be read: {exc.strerror}", hint="Name another with --out."
        ) from exc
    if not ours:
        raise InvalidValueError(
            f"{path} is there and no report of zoo's, which are all that is overwritten",
            hint="Name another file with --out, or move that one away.",
        )
