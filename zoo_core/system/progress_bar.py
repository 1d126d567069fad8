"""A progress bar on a terminal, below the lines of a command."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ProgressBar:
    """Prints lines, and draws a bar once it was started.

    The bar stands on standard output, below the lines, where that is a terminal; else on standard
    error where that is one; else there is none.

    Args:
        quiet: print no lines.
        text_first: whether the text that goes with the bar stands before it.
    """

    def __init__(self, *, quiet: bool, text_first: bool) -> None:
        self._quiet, self._text_first = quiet, text_first
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def drawn(self) -> bool:
        """Whether there is a bar: it was started, not yet stopped, and there is a terminal."""
        return self._progress is not None

    def start(self, total: int | None = None) -> None:
        if self._lines_on_terminal or sys.stderr.isatty():
            self._progress = self._make()
            self._task = self._progress.add_task("", total=total)
            self._progress.start()

    def update(self, completed: int, total: int | None, text: str) -> None:
        """Draw it anew, if it is there."""
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task, completed=completed, total=total, description=text, refresh=True
            )

    def stop(self) -> None:
        """Remove it."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def say(self, line: str) -> None:
        """Print a line, above the bar."""
        if self._quiet:
            return
        if self._progress is not None and self._lines_on_terminal:
            self._progress.console.print(line, highlight=False, markup=False, soft_wrap=True)
        else:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    @property
    def _lines_on_terminal(self) -> bool:
        return sys.stdout.isatty() and not self._quiet

    def _make(self) -> Progress:
        from rich import progress
        from rich.console import Console

        text = progress.TextColumn("{task.description}")
        return progress.Progress(
            *([text] if self._text_first else []),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            *([] if self._text_first else [text]),
            console=Console(stderr=not self._lines_on_terminal),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
