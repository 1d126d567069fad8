"""`zoo list` with options; without options, `zoo_core.__main__` prints the list itself."""

from __future__ import annotations

import re
from typing import Any

import click

from zoo_core.cli import options
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.listing import COLUMNS, RUNS, print_list
from zoo_core.errors import join_names
from zoo_core.text import shell_command

_LICENSED = ("models", "datasets", "weights")
"""Kinds whose rows have a license."""

_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9}


def _count(_context: click.Context, _parameter: click.Parameter, text: str | None) -> int | None:
    """Return a number from text such as 500000, 500k, 5M or 1.2B."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kmbg]?)", text.strip().lower())
    if not match:
        raise click.BadParameter(
            f"expected a number such as 500000, 500k, 5M or 1.2B, got {text!r}"
        )
    return round(float(match[1]) * _FACTORS[match[2]])


@click.command(
    "list",
    cls=ZooCommand,
    examples={
        "Models by a pattern of names": "zoo list 'resnet*'",
        "Small models with weights": "zoo list --pretrained --max-params 1M",
        "Models for regression, by license": "zoo list --task regression --license MIT",
        "Published weights of one model, for a program": "zoo list weights 'cnn.*' --json",
        "Your trainings: states and scores": "zoo list runs",
    },
)
@click.argument("kind", default="models", metavar="[KIND]")
@click.argument("pattern", required=False)
@click.option(
    "--task",
    metavar="TASK",
    help="Only models for this task, such as classification or regression.",
)
@click.option(
    "--max-params",
    metavar="COUNT",
    callback=_count,
    help="Only models with at most COUNT trainable parameters, such as 5M.",
)
@click.option(
    "--pretrained", is_flag=True, help="Only models with published or third-party weights."
)
@click.option("--plugin", metavar="NAME", help="Only what this plugin offers.")
@click.option(
    "--license",
    "licenses",
    metavar="PATTERN",
    multiple=True,
    shell_complete=options.complete_licenses,
    help="Only models, datasets or weights with this license: a shell pattern of SPDX identifiers, "
    "such as MIT or 'CC-BY*', which all licenses that apply must match. To allow several: repeat "
    "the option.",
)
@click.option(
    "--search", metavar="WORDS", help="Only what has all of these words in its name or summary."
)
@options.as_json
def list_(  # noqa: PLR0917 (click passes every argument by name)
    kind: str,
    pattern: str | None,
    task: str | None,
    max_params: int | None,
    pretrained: bool,
    plugin: str | None,
    licenses: tuple[str, ...],
    search: str | None,
    as_json: bool,
) -> None:
    """List models, or another KIND.

    KIND is datasets, sources, trainers, runtimes, tasks, losses, weights or plugins. It may also be
    runs, the folders of trainings: PATTERN is then the folder that has them, by
    default runs. For other kinds, PATTERN is a shell pattern of names, such as 'two-*', or of the
    part after the slash: 'resnet*' matches timm/resnet18. Quote it. For weights, it may also be
    that of a model. Without one, each family of many names, such as timm/…, is one line; '*' lists
    all.
    """
    # `zoo list 'two-*'` is short for `zoo list models 'two-*'`.
    if kind not in COLUMNS and pattern is None:
        kind, pattern = "models", kind
    if kind != "models" and (task or max_params is not None or pretrained):
        raise click.UsageError(f"--task, --max-params and --pretrained apply to models, not {kind}")
    if search and kind == RUNS:
        raise click.UsageError("--search does not apply to runs")
    if plugin and kind in ("weights", "plugins", RUNS):
        raise click.UsageError(f"--plugin does not apply to {kind}")
    if licenses and kind not in _LICENSED:
        raise click.UsageError(f"--license applies to {join_names(_LICENSED)}, not {kind}")
    # Deferred, because pydantic, which it imports, takes longer to import than click.
    from zoo_core.api.models import list_models
    from zoo_core.weights.license import matches_license

    names = (
        set(list_models(pattern or "*", task=task, max_params=max_params, pretrained=pretrained))
        if kind == "models"
        else None
    )
    words = (search or "").lower().split()

    def keep(row: dict[str, Any]) -> bool:
        text = f"{row['name']} {row.get('summary', '')}".lower()
        return (
            (names is None or row["name"] in names)
            and plugin in (None, row.get("plugin"))
            # Weights may state none: their entry in the index is older than the field.
            and (not licenses or bool(row["license"] and matches_license(row["license"], licenses)))
            and all(word in text for word in words)
        )

    # Not folded, because a search must show its results.
    if search or plugin:
        pattern = pattern or "*"
    first = ("name", "license") if licenses else ("name",)
    again = _options(task, max_params, pretrained, licenses)
    print_list(kind, pattern, as_json=as_json, keep=keep, first=first, options=again)


def _options(
    task: str | None, max_params: int | None, pretrained: bool, licenses: tuple[str, ...]
) -> str:
    """Return the options that repeat a filter, each after a space."""
    words = [
        *(["--task", task] if task else []),
        *(["--max-params", str(max_params)] if max_params is not None else []),
        *(["--pretrained"] if pretrained else []),
        *(word for each in licenses for word in ("--license", each)),
    ]
    return "".join(f" {shell_command(word)}" for word in words)
