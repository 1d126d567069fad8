"""Lines on standard output and standard error, which no name can break.

It imports only what `zoo list` needs.
"""

import codecs
import os
import sys

from zoo_core.text import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Protocol

    class _LiveLine(Protocol):
        def hide(self) -> None: ...
        def show(self) -> None: ...
        def close(self) -> None: ...


live_lines: "list[_LiveLine]" = []
"""The open live lines, of which the last one is drawn: see `zoo_core.system.progress`."""

_IN_ASCII = {"…": "...", "×": "x", "—": "-", "–": "-", "→": "->", "±": "+-"}
"""Characters of zoo's own texts, each with its replacement where the encoding lacks it."""


def print_lines(*lines: str, err: bool = False) -> None:
    """Print lines without secrets of URLs; control characters and line breaks are escapes.

    Args:
        lines: the lines, without line breaks.
        err: whether to print them on standard error.
    """
    stream = sys.stderr if err else sys.stdout
    for live in live_lines[-1:]:
        live.hide()
    stream.write("".join(f"{shown(line)}\n" for line in lines))
    stream.flush()  # so that both streams stay in order where they are one file
    for live in live_lines[-1:]:
        live.show()


def is_screen(stream: "IO[str]") -> bool:
    """Return whether a stream is a terminal on which a line can be drawn again."""
    # A terminal of a CI service is a log, in which every drawing would stay.
    is_log = os.environ.get("CI", "").lower() not in {"", "0", "false"}
    return stream.isatty() and not is_log and os.environ.get("TERM") not in {"dumb", "unknown"}


def has_unicode(stream: "IO[str]") -> bool:
    """Return whether a terminal shows characters beyond ASCII."""
    # Python writes UTF-8 in the locale C, too, where a terminal need not understand it.
    names = map(os.environ.get, ("LC_ALL", "LC_CTYPE", "LANG"))
    is_plain = next(filter(None, names), "") in {"C", "POSIX"}
    encoding = getattr(stream, "encoding", None) or ""
    return encoding.lower().startswith("utf") and not is_plain


def escape_unencodable() -> None:
    """Let both streams replace characters that their encoding lacks, instead of failing."""
    codecs.register_error("zoo", _replace)
    for stream in (sys.stdout, sys.stderr):
        # Other objects, such as a notebook's stream, have no encoding to choose.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="zoo")


def _replace(error: UnicodeError) -> tuple[str, int]:
    """Return the replacement of characters that an encoding lacks, and their end."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    escaped = (_IN_ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in text)
    return "".join(escaped), error.end


def ellipsis() -> str:
    """Return the mark of what is cut, as standard output can encode it."""
    try:
        "…".encode(sys.stdout.encoding or "utf-8")
    except (UnicodeError, LookupError):
        return _IN_ASCII["…"]
    return "…"


def terminal_size() -> tuple[int, int] | None:
    """Return the columns and lines of the terminal; None if standard output is not one."""
    # Not `shutil`, whose import takes a third of the time of `python -c pass`.
    if not sys.stdout.isatty():
        return None
    try:
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        columns, lines = 0, 0
    return _positive("COLUMNS") or columns or 80, _positive("LINES") or lines or 24


def _positive(variable: str) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdecimal() else 0


def discard_output() -> bool:
    """Discard further output to a closed pipe, as in ``zoo list | head``.

    Returns:
        Whether standard output or standard error is a closed pipe.
    """
    import select

    any_closed = False
    for stream in (sys.stdout, sys.stderr):
        try:
            descriptor = stream.fileno()
            poll = select.poll()
            poll.register(descriptor, select.POLLERR)
            is_closed = bool(poll.poll(0))
        except (AttributeError, OSError, ValueError):
            continue  # not a file, or no `poll` on this platform
        if is_closed:
            discard(descriptor)
            any_closed = True
    return any_closed


def discard(descriptor: int) -> None:
    """Discard further output to a file, closed or full."""
    # Because the interpreter flushes the rest of the buffer at exit, which would fail.
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def print_in_utf8() -> None:
    """Let standard output have the encoding UTF-8, unless it is a terminal."""
    if (reconfigure := getattr(sys.stdout, "reconfigure", None)) and not sys.stdout.isatty():
        reconfigure(encoding="utf-8", errors="backslashreplace")
