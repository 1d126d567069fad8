"""The plugin's specs and hooks: `zoo report`, and pictures at the end of a training or search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from zoo_core import CommandSpec, hookimpl

if TYPE_CHECKING:
    from pathlib import Path

    from zoo_core import Predictions, Run
    from zoo_core.plugin_api import Card, Study


@hookimpl
def zoo_commands() -> list[CommandSpec]:
    return [
        CommandSpec(
            name="report",
            command="zoo_report.command:report",
            summary="Write a page about models, or draw the pictures of a search.",
        )
    ]


@hookimpl
def zoo_train_end(run: Run, result: Card, predictions: Predictions) -> None:
    _quiet()
    from zoo_report.run_pictures import write_pictures  # here, since it imports matplotlib

    write_pictures(run, result, predictions)


@hookimpl
def zoo_tune_end(study: Study, folder: Path) -> None:
    _quiet()
    from zoo_report.study_pictures import write_study_pictures  # likewise

    write_study_pictures(study, folder)


def _quiet() -> None:
    # On a new machine matplotlib says that it builds its font cache, which is nobody's concern.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
