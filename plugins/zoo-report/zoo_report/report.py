"""Reports: models grouped by data set, and the file of their page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from zoo_core.plugin_api import (
    Catalog,
    DataError,
    InvalidValueError,
    compare_pretrained,
    group_by_data,
    print_lines,
    write_atomic,
)
from zoo_report.heads.confidence import compared_confidence
from zoo_report.page.comparison_section import comparison_section
from zoo_report.page.model_section import model_section
from zoo_report.page.render import GENERATOR, Section, render
from zoo_report.page.report_model import ReportModel, load_report_models

PAGE = "report.html"
HEAD = 400
"""Number of bytes at the start of a page that contain its generator."""


def write_report(
    catalog: Catalog,
    names: Sequence[str],
    *,
    out: Path | None = None,
    dataset: str | None = None,
    split: str = "test",
    classes: Mapping[str, str] | None = None,
    registry: str | None = None,
    device: str = "auto",
) -> tuple[Path, list[ReportModel]]:
    """Write a page about models, and return its path and the models.

    Args:
        catalog: installed plugins.
        names: names of published weights, paths of run folders or of weight files; at least one.
        out: file to write; None for ``report.html``, in the folder of the run if it is only one.
        dataset: name of the data set to evaluate on; None for the one of each training.
        split: split to evaluate on.
        classes: class of the data set -> class of the models, for names that differ.
        registry: registry to search for names; None for all known registries.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        InvalidValueError: the path is a folder, or a file that is not a report.
        DataError: the file cannot be written.
        ZooError: see `load_pretrained` and `compare_pretrained`.
    """
    if out is not None:
        _check(out)  # a wrong path is an error before minutes of evaluation, not after them
    subjects = load_report_models(catalog, names, registry=registry, device=device)
    # The page of one run belongs to its folder; for anything else, the current folder is expected.
    alone = subjects[0].folder if len(subjects) == 1 else None
    path = out or (alone or Path()) / PAGE
    _check(path)
    page = make_page(catalog, subjects, dataset=dataset, split=split, classes=classes)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, page)
    except OSError as exc:
        raise DataError(
            f"cannot write {path}: {exc.strerror}", hint="Choose another file with --out."
        ) from exc
    return path, subjects


def make_page(
    catalog: Catalog,
    subjects: Sequence[ReportModel],
    *,
    dataset: str | None = None,
    split: str = "test",
    classes: Mapping[str, str] | None = None,
) -> bytes:
    """Return a page about models, with a comparison per data set; see `write_report`."""
    # Only predictions for the same images can be compared.
    loaded = [subject.pretrained for subject in subjects]
    groups = [[*range(len(loaded))]] if dataset else group_by_data(loaded)
    comparisons: list[Section] = []
    sections: list[Section] = []
    for members in groups:
        group = [subjects[i] for i in members]
        # Also for a single model, because its section shows the same predictions and scores.
        comparison = compare_pretrained(
            catalog,
            [subject.pretrained for subject in group],
            dataset=dataset,
            split=split,
            classes=classes or {},
        )
        print_lines(*(f"zoo: {note}" for note in comparison.notes), err=True)
        sure = [compared_confidence(comparison, member) for member in range(len(group))]
        if len(group) > 1:
            comparisons.append(comparison_section(len(sections), group, comparison, sure))
        for member, subject in enumerate(group):
            summary = catalog.model(subject.card.model).spec.summary
            values = model_section(
                len(sections), subject, summary, comparison, member, confidence=sure[member]
            )
            sections.append(values)
    return render(_title(subjects, len(groups)), comparisons, sections)


def _title(subjects: Sequence[ReportModel], datasets: int) -> str:
    if len(subjects) == 1:
        return subjects[0].label
    on = f" on {datasets} data sets" if datasets > 1 else ""
    return f"{len(subjects)} models{on}"


def _check(path: Path) -> None:
    """Raise an error unless a page may be written to `path`: only reports are overwritten."""
    try:
        if path.is_dir():
            raise InvalidValueError(
                f"expected a file, got the folder {path}", hint=f"Use {path / PAGE}."
            )
        # The beginning suffices, because the generator is in the first lines of the template.
        with path.open("rb") as file:
            is_report = GENERATOR.encode() in file.read(HEAD)
    except FileNotFoundError:
        return
    except OSError as exc:
        raise DataError(
            f"cannot read {path}: {exc.strerror}", hint="Choose another file with --out."
        ) from exc
    if not is_report:
        raise InvalidValueError(
            f"cannot write {path}: the file exists and is not a report",
            hint="Choose another file with --out, or move the file.",
        )
