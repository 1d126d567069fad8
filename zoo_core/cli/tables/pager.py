"""The pager: long output on a terminal, page by page."""

from __future__ import annotations

import os
import sys

from zoo_core.system.terminal import is_screen, print_lines, terminal_size
from zoo_core.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def print_long(lines: Sequence[str]) -> None:
    """Print lines, through a pager if the screen of a terminal has fewer.

    The pager is ``$PAGER``, or less. Continuous integration and terminals that cannot move their
    cursor have none, because no page can be turned there.
    """
    size = terminal_size()
    paged = size is not None and len(lines) >= size[1]
    if not paged or not is_screen(sys.stdout) or "TERM" not in os.environ:
        print_lines(*lines)
        return
    # Deferred, because importing click takes longer than `zoo list`.
    import contextlib

    import click

    # As git has it: leave at once if all fits after all, and leave the text on the screen.
    os.environ.setdefault("LESS", "FRX")
    sys.stdout.flush()
    # Ctrl-C in a pager reaches this process, too, which may still be sending lines.
    with contextlib.suppress(KeyboardInterrupt):
        click.echo_via_pager(f"{shown(line)}\n" for line in lines)
