"""`zoo report`."""

from __future__ import annotations

from pathlib import Path

import click

from zoo_core.study import STUDY, read_study


@click.command()
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="STUDY…"
)
def report(folders: tuple[Path, ...]) -> None:
    """Draw the pictures of searches, in the folders that `zoo tune` left.

    They are the ones that it draws itself at the end: history, importances, slices. Of a training,
    `zoo train` leaves its own.
    """
    from zoo_report.search import write_search_pictures  # here, since it imports matplotlib

    for path in folders:
        study = read_study(path)
        folder = path.parent if path.name == STUDY else path
        for name in write_search_pictures(study, folder):
            click.echo(folder / name)
