"""The command ``zoo``, also ``python -m zoo_core``."""

import atexit
import gc
import sys


def main() -> None:
    """Run the command line and exit with its exit code."""
    # A plain `zoo list` is printed from the index without click, because `import click` alone
    # takes 4 times the CPU time of `python -c pass`, and the whole list takes less than that.
    from zoo_core.system.terminal import discard_output, escape_unencodable, print_lines

    escape_unencodable()
    arguments = _plain_list(sys.argv[1:])
    if arguments is None:
        _collect_less_garbage()
        from zoo_core.cli.main import run

        sys.exit(run())
    from zoo_core.cli.listing import print_list
    from zoo_core.errors import ZooError

    kind, pattern, as_json = arguments
    try:
        print_list(kind, pattern, as_json=as_json)
        sys.stdout.flush()  # here, because at exit a closed pipe could not be caught
    except BrokenPipeError:
        discard_output()
    except ZooError as exc:
        print_lines(f"zoo: {exc}", err=True)
        sys.exit(exc.exit_code)


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


def _plain_list(arguments: list[str]) -> tuple[str, str, bool] | None:
    """Return (kind, pattern, as_json) of `zoo list` with no option but ``--json``, else None."""
    from zoo_core.cli.listing import COLUMNS

    if arguments[:1] != ["list"]:
        return None
    words = [word for word in arguments[1:] if word != "--json"]
    as_json = len(words) < len(arguments) - 1
    kind = words.pop(0) if words and words[0] in COLUMNS else "models"
    if len(words) > 1 or any(word.startswith("-") for word in words):
        return None  # click reports the error, or evaluates the option
    return kind, words[0] if words else "*", as_json


if __name__ == "__main__":
    main()
