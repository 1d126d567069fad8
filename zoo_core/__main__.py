"""The command ``zoo``, also ``python -m zoo_core``.

A plain `zoo list` is answered here from the index: building the whole command line would take
longer than answering.
"""

import atexit
import gc
import sys


def main() -> None:
    """Run the command line and exit with its code."""
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
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # the reader has seen enough, as with `zoo list | head`
        sys.exit(0)
    except ZooError as exc:
        sys.stderr.write(f"zoo: {exc}\n")
        sys.exit(exc.exit_code)


def _collect_less_garbage() -> None:
    """Spare the process the search for garbage among what a framework's import makes.

    It is hundreds of thousands of objects that stay. Python would go through them again and again
    while it imports, and once more at the end: a quarter of the time that `import torch` takes.
    """
    gc.set_threshold(100_000)
    atexit.register(_spare_the_last_search)


def _spare_the_last_search() -> None:
    # Triton, which torchvision imports, takes for lost what nobody collects, and lists it.
    if "triton" not in sys.modules:
        gc.freeze()


def _plain_list(arguments: list[str]) -> tuple[str, str, bool] | None:
    """Return (kind, pattern, as_json) of a `zoo list` that needs no parser, else None."""
    from zoo_core.cli.listing import COLUMNS

    if arguments[:1] != ["list"]:
        return None
    words = [word for word in arguments[1:] if word != "--json"]
    if any(word.startswith("-") for word in words):
        return None
    as_json = len(words) < len(arguments) - 1
    kind = words.pop(0) if words and words[0] in COLUMNS else "models"
    if len(words) > 1:
        return None
    return kind, words[0] if words else "*", as_json


if __name__ == "__main__":
    main()
