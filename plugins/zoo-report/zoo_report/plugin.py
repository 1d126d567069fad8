"""Specs and hooks: `zoo report`, and pictures at the end of a training or search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from zoo_core import CommandSpec, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from zoo_core import Predictions, Run
    from zoo_core.plugin_api import Card, LrRange, Study


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="report",
            command="zoo_report.command:report",
            summary="Write a page about models, or draw the pictures of a search.",
            group="use",
        )
    ]


@hookimpl
def zoo_train_end(run: Run, result: Card, predictions: Callable[[], Predictions]) -> None:
    _silence_matplotlib()
    # Imported here, because matplotlib would slow down every command.
    from zoo_report.run_pictures import write_pictures

    write_pictures(run, result, predictions)


@hookimpl
def zoo_tune_end(study: Study, folder: Path) -> None:
    _silence_matplotlib()
    from zoo_report.searches.study_pictures import write_study_pictures

    write_study_pictures(study, folder)


@hookimpl
def zoo_find_lr_end(title: str, result: LrRange, file: Path) -> None:
    _silence_matplotlib()
    from zoo_report.searches.lr_range import write_lr_range

    write_lr_range(title, result, file)


def _silence_matplotlib() -> None:
    # On its first import, matplotlib warns that it builds the font cache.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
