"""Options of several commands, and shell completion of names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any

import click
from click.shell_completion import CompletionItem

from zoo_core.errors import ZooError
from zoo_core.installation.installed import installed_catalog, installed_rows
from zoo_core.system.progress.live_line import hide_progress, unhide_progress

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _complete_from_index(*kinds: str, key: str = "name", paths: bool = False) -> Completion:
    """Return a completion of the names of some kinds, or of another key, from the index."""

    def complete(
        _context: click.Context, _parameter: click.Parameter, begun: str
    ) -> list[CompletionItem]:
        rows = installed_rows()
        # Without duplicates: several models have one license.
        values = dict.fromkeys(row[key] for kind in kinds for row in rows[kind])
        return _items([*values], begun, paths=paths)

    return complete


def complete_weights(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Complete names of published weights from local and cached indexes, or paths."""
    from zoo_core.registry.lookup import known_registries

    os.environ["ZOO_OFFLINE"] = "1"  # a completion must not wait for a server
    names: set[str] = set()
    for registry in known_registries(installed_catalog()):
        with contextlib.suppress(ZooError):  # an error would be printed into the prompt
            index = registry.index()
            names |= index.defaults.keys() | index.tags.keys()
    return _items(sorted(names), begun, paths=True)


def _items(names: list[str], begun: str, *, paths: bool) -> list[CompletionItem]:
    items = [CompletionItem(name) for name in names if name.startswith(begun)]
    # Not both, because bash shows only the files if any item has the type `file`.
    return items or ([CompletionItem(begun, type="file")] if paths else [])


complete_plugins = _complete_from_index("plugins")
complete_models = _complete_from_index("models")
complete_datasets = _complete_from_index("datasets")
complete_licenses = _complete_from_index("models", "datasets", key="license")
complete_names = _complete_from_index("models", "datasets", "trainers", paths=True)


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


def _set_quiet(context: click.Context, _parameter: click.Parameter, is_set: bool) -> bool:
    """Hide the progress of the command."""
    if is_set:
        _check_verbosity(context, "verbose")
        hide_progress()
        context.call_on_close(unhide_progress)  # because tests run several commands per process
    return is_set


def _set_verbose(context: click.Context, _parameter: click.Parameter, is_set: bool) -> bool:
    if is_set:
        _check_verbosity(context, "quiet")
    return is_set


def _check_verbosity(context: click.Context, other: str) -> None:
    # The other option may be parsed before this one or after it.
    if context.params.get(other):
        raise click.UsageError("--quiet and --verbose exclude each other: choose one")


def quiet(result: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option ``--quiet`` of a command whose result is described by `result`."""
    return click.option(
        "--quiet",
        "-q",
        is_flag=True,
        callback=_set_quiet,
        help=f"Draw no progress, and print {result} and errors only.",
    )


def verbose(details: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option ``--verbose`` of a command that then prints `details`, too."""
    return click.option(
        "--verbose", "-v", is_flag=True, callback=_set_verbose, help=f"Print {details}, too."
    )


device = click.option(
    "--device", metavar="NAME", default="auto", show_default=True, help="auto, cpu, cuda or mps."
)

runtime = click.option(
    "--runtime",
    metavar="NAME",
    default="auto",
    show_default=True,
    help="What computes: onnx, trainer (that of the weights) or a trainer's name.",
)


def _set_data(context: click.Context, _parameter: click.Parameter, folder: str | None) -> None:
    """Set ``ZOO_DATA``."""
    # The variable, because loaders of plugins and worker processes read it too.
    if folder is not None and not context.resilient_parsing:
        os.environ["ZOO_DATA"] = folder


data_dir = click.option(
    "--data-dir",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False),
    expose_value=False,
    callback=_set_data,
    help="Folder that contains data set files already, so that zoo does not download them.  "
    "[env: ZOO_DATA]",
)


def _set_trackers(context: click.Context, _parameter: click.Parameter, names: str | None) -> None:
    """Set ``ZOO_TRACK``."""
    # The variable, because the plugin's hooks and the processes of a command read it.
    if names is not None and not context.resilient_parsing:
        os.environ["ZOO_TRACK"] = names


track = click.option(
    "--track",
    metavar="NAMES",
    expose_value=False,
    callback=_set_trackers,
    help="Trackers to report to, separated by commas, such as tensorboard,mlflow.  "
    "[env: ZOO_TRACK]",
)


def _dataset_of(owner: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the decorator that adds ``--dataset`` and ``--data-dir``."""
    named = click.option(
        "--dataset",
        metavar="NAME",
        shell_complete=complete_datasets,
        help=f"Data set, or folder:PATH for a folder of images.  [default: the {owner} data set]",
    )
    return lambda command: named(data_dir(command))


dataset = _dataset_of("weights'")
recipe_dataset = _dataset_of("recipe's")

split = click.option(
    "--split",
    metavar="NAME",
    default="test",
    show_default=True,
    help="Split of the data set, such as train.",
)


def _parse_classes(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> dict[str, str]:
    """Return class of the data set -> class of the model."""
    chosen: dict[str, str] = {}
    for text in texts:
        # A comma only separates pairs, because a name may have one: "tabby, tabby cat=cat".
        for pair in [text] if text.count("=") == 1 else text.split(","):
            name, equals, other = pair.partition("=")
            if not (name and equals and other) or "=" in other:
                raise click.BadParameter(f"expected DATA=MODEL, two names of classes, got {pair!r}")
            chosen[name] = other
    return chosen


classes = click.option(
    "--classes",
    metavar="DATA=MODEL",
    multiple=True,
    callback=_parse_classes,
    help="Class of the data set, and class of the model to score it as, if their names differ; "
    "repeat it, or separate pairs by commas.",
)
registry = click.option(
    "--registry",
    metavar="PATH_OR_URL",
    help="Search only this registry.  [default: all registries]",
)
