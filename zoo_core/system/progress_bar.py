"""A progress bar on a terminal, below the lines of a command."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from zoo_core.system.terminal import print_lines
from zoo_core.text import shown

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ProgressBar:
    """A progress bar that prints lines above itself; nothing is drawn before `start`.

    The bar is on standard output, below the lines, if that is a terminal; else on standard error if
    that is a terminal.

    Args:
        quiet: print no lines.
        text_first: put the text of the bar before it.
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
        """True between `start` and `stop`, if there is a terminal."""
        return self._progress is not None

    def start(self, total: int | None = None) -> None:
        if not (self._lines_on_terminal or sys.stderr.isatty()):
            return
        from rich.errors import LiveError

        progress = self._make()
        self._task = progress.add_task("", total=total)
        # rich draws one bar at a time; a download may happen while another bar is on the terminal.
        with contextlib.suppress(LiveError):
            progress.start()
            self._progress = progress

    def update(self, completed: int, total: int | None, text: str) -> None:
        """Redraw the bar if it is drawn."""
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task, completed=completed, total=total, description=shown(text), refresh=True
            )

    def stop(self) -> None:
        """Remove the bar from the terminal."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def say(self, *lines: str) -> None:
        """Print lines, above the bar, which is redrawn once for all of them."""
        if self._quiet:
            return
        if self._progress is not None and self._lines_on_terminal:
            # Through rich, which moves the bar below the lines; as they are, because a file name
            # may look like rich's markup or like one of its emoji codes.
            self._progress.console.print(
                "\n".join(map(shown, lines)),
                highlight=False,
                markup=False,
                emoji=False,
                soft_wrap=True,
            )
        else:
            print_lines(*lines)

    @property
    def _lines_on_terminal(self) -> bool:
        return sys.stdout.isatty() and not self._quiet

    def _make(self) -> Progress:
        # Deferred, because rich takes longer to import than `zoo list` takes without a terminal.
        from rich import progress
        from rich.console import Console

        text = progress.TextColumn("{task.description}", markup=False)
        return progress.Progress(
            *([text] if self._text_first else []),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeRemainingColumn(),
            *([] if self._text_first else [text]),
            console=Console(stderr=not self._lines_on_terminal),
            transient=True,
            auto_refresh=False,  # no thread: the bar is redrawn by `update`
            # Other code's output stays where it is sent, because --json is read by programs.
            redirect_stdout=False,
            redirect_stderr=False,
        )
