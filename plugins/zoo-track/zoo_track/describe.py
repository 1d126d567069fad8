"""Descriptions for trackers: a run's recipe, config and environment, and scores, by flat names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zoo_core.plugin_api import CONFIG, shown
from zoo_track.tracker import Fact, Subject

_PARTS = ("fold-", "seed-")
"""Beginnings of the names of folders whose runs belong together."""


def describe_run(folder: Path) -> Subject:
    """Return the description of a training from the ``config.json`` in its folder."""
    config = json.loads((folder / CONFIG).read_bytes())
    where = folder.absolute()
    is_part = where.name.startswith(_PARTS)
    named = {name: config[name] for name in ("recipe_name", "plugin")}
    facts = {"environment": config["environment"], "versions": config["versions"]}
    return Subject(
        name=f"{where.parent.name}/{where.name}" if is_part else where.name,
        folder=folder,
        params={"model": config["model"], **flat({**config["recipe"], "model": config["config"]})},
        facts=flat({**named, **facts}),
        group=where.parent.name if is_part else "",
    )


def flat(values: Mapping[str, Any]) -> dict[str, Fact]:
    """Return nested JSON values by names with dots; lists are text, and null is left out."""
    return dict(_flat("", values))


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Fact]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        elif isinstance(value, list | tuple):
            yield prefix + name, shown(json.dumps(value))
        elif isinstance(value, str):
            # Without passwords and tokens in addresses, because trackers are often shared.
            yield prefix + name, shown(value)
        elif value is not None:
            yield prefix + name, value


def flat_scores(prefix: str, scores: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of scores by names such as ``validation/accuracy``.

    Those of several heads end with the number of the head, as in ``validation/accuracy/2``.
    """
    found = {}
    for name, heads in scores.items():
        if not isinstance(heads, list):  # numbers of examples
            continue
        for number, value in enumerate(heads, 1):
            if isinstance(value, float):
                found[f"{prefix}/{name}" + f"/{number}" * (len(heads) > 1)] = value
    return found
