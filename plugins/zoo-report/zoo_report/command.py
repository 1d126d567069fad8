"""The command `zoo report`."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.plugin_api import (
    STUDY,
    ZooCommand,
    installed_catalog,
    options,
    print_json,
    print_lines,
    status,
)


@click.command(
    cls=ZooCommand,
    examples={
        "The page of a run, in its folder": "zoo report runs/mlp-1",
        "A page that compares models": "zoo report cnn mlp --out comparison.html",
        "Your own images": "zoo report cnn --dataset folder:photos",
        "The pictures of a search": "zoo report studies/mlp",
    },
)
@click.argument(
    "things",
    nargs=-1,
    required=True,
    shell_complete=options.complete_weights,
    metavar="WEIGHTS|STUDY…",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File to write instead of report.html.",
)
@options.dataset
@options.split
@options.classes
@options.registry
@options.device
@options.as_json
def report(  # noqa: PLR0917 (click passes every argument by name)
    things: tuple[str, ...],
    out: Path | None,
    dataset: str | None,
    split: str,
    classes: dict[str, str],
    registry: str | None,
    device: str,
    as_json: bool,
) -> None:
    """Write a page about models, or draw the pictures of searches.

    WEIGHTS is the name of published weights, a run's folder or a .safetensors file. All models are
    described on one self-contained page, report.html, which compares those on the same data set.
    For a single run, the page is written to the run's folder.

    STUDY is a folder written by `zoo tune`. Its pictures are drawn again: history, importances and
    slices.
    """
    # Studies are recognized by their files, which is quick; every other name may be published.
    weights = [thing for thing in things if not _is_study(Path(thing))]
    pictures = [file for thing in things if thing not in weights for file in _draw(Path(thing))]
    page, labels = None, []
    if weights:
        from zoo_report.report import write_report  # slow: it imports jinja2, matplotlib and NumPy

        with status("Writing the page"):
            page, subjects = write_report(
                installed_catalog(),
                weights,
                out=out,
                dataset=dataset,
                split=split,
                classes=classes,
                registry=registry,
                device=device,
            )
        labels = [subject.label for subject in subjects]
    if as_json:
        print_json(
            {"report": page and str(page), "models": labels, "pictures": list(map(str, pictures))}
        )
        return
    for path in [*pictures, *([page] if page else [])]:
        print_lines(str(path))


def _is_study(path: Path) -> bool:
    # A missing .json file is an unreadable study, and not an unknown name of weights.
    return path.suffix == ".json" or (path / STUDY).exists()


def _draw(path: Path) -> list[Path]:
    from zoo_core.plugin_api import read_study
    from zoo_report.searches.study_pictures import write_study_pictures  # slow: matplotlib

    study = read_study(path)
    folder = path.parent if path.is_file() else path
    return [folder / name for name in write_study_pictures(study, folder)]
