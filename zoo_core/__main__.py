"""The command ``zoo``, also ``python -m zoo_core``."""

from __future__ import annotations

import atexit
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> None:
    """Run the command line and exit with its exit code."""
    from zoo_core.system.terminal import discard, discard_output, escape_unencodable, print_lines

    escape_unencodable()
    show = _quick_command(sys.argv[1:])
    if show is None:
        _collect_less_garbage()
        from zoo_core.cli.main import run

        sys.exit(run())
    from zoo_core.errors import ZooError

    try:
        show()
        sys.stdout.flush()  # here, because at exit a closed pipe could not be caught
    except BrokenPipeError:
        discard_output()
    except ZooError as exc:
        print_lines(f"zoo: {exc}", err=True)
        sys.exit(exc.exit_code)
    except OSError as exc:  # such as a full disk
        print_lines(f"zoo: {exc.strerror or exc}", err=True)
        discard(sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        print_lines("zoo: interrupted", err=True)
        sys.exit(130)


def _quick_command(arguments: list[str]) -> Callable[[], None] | None:
    """Return the function for arguments that need no parser, else None."""
    # `zoo`, `zoo --help` and a plain `zoo list` are printed from the index without click, because
    # `import click` alone takes 4 times the CPU time of `python -c pass`, and each of them less.
    if "_ZOO_COMPLETE" in os.environ:  # a shell calls `zoo` without arguments to complete a line
        return None
    if not arguments:
        from zoo_core.cli.help.front_page import print_front_page

        return print_front_page
    if arguments in (["--help"], ["-h"]):
        from zoo_core.cli.help.top_help import print_help

        return print_help
    if (plain := _plain_list(arguments)) is None:
        return None
    from zoo_core.cli.listing import print_list

    kind, pattern, as_json = plain
    return lambda: print_list(kind, pattern, as_json=as_json)


def _collect_less_garbage() -> None:
    """Reduce the time of garbage collection while a framework is imported."""
    # An import makes hundreds of thousands of objects that stay. With the default threshold,
    # Python traverses them again and again, and once more at exit: a quarter of the time of
    # `import torch`.
    gc.set_threshold(100_000)
    atexit.register(_skip_last_collection)


def _skip_last_collection() -> None:
    # Not with Triton, which torchvision imports: it reports uncollected objects as leaks.
    if "triton" not in sys.modules:
        gc.freeze()


def _plain_list(arguments: list[str]) -> tuple[str, str | None, bool] | None:
    """Return (kind, pattern, as_json) of `zoo list` with no option but ``--json``, else None."""
    if arguments[:1] != ["list"]:
        return None
    from zoo_core.cli.listing import COLUMNS

    words = [word for word in arguments[1:] if word != "--json"]
    as_json = len(words) < len(arguments) - 1
    kind = words.pop(0) if words and words[0] in COLUMNS else "models"
    if len(words) > 1 or any(word.startswith("-") for word in words):
        return None  # click reports the error, or evaluates the option
    return kind, words[0] if words else None, as_json


if __name__ == "__main__":
    main()
