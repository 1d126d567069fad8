"""A page per family of models: timm, torchvision and others of which a plugin offers many."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from site_pages.markdown import block, code, page, plain, table
from site_pages.published import NARROW
from zoo_core.installation.installed import installed_rows

FOLDER = "gallery"

Rows = list[dict[str, Any]]


def pages() -> dict[str, str]:
    """Return a page per family."""
    return {f"{FOLDER}/{family}.md": _page(family, rows) for family, rows in families().items()}


@functools.cache
def families() -> dict[str, Rows]:
    """Return the rows of the models with a slash in their name, by the part before it."""
    found: dict[str, Rows] = defaultdict(list)
    for row in installed_rows()["models"]:
        family, slash, _ = row["name"].partition("/")
        if slash:
            found[family].append(row)
    return dict(sorted(found.items()))


def family_rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield link, number of models, range of parameters and licenses of each family."""
    for family, rows in families().items():
        licenses = ", ".join(sorted({row["license"] for row in rows}))
        yield f"[`{family}/…`]({family}.md)", f"{len(rows):,}", _range(rows), licenses


def _range(rows: Rows) -> str:
    sizes = [row["parameters"] for row in rows if row["parameters"]]
    return f"{_short(min(sizes))} to {_short(max(sizes))}" if sizes else "–"


def _short(number: float) -> str:
    """Return a number of parameters, such as 370 k, 25.6 M or 1.23 G."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{NARROW}{letter}"
    return f"{number:g}"


def group_of(row: dict[str, Any]) -> str:
    """Return the group of a model within its family, such as ``resnet`` of ``timm/resnet18``."""
    _, of, group = row["summary"].rstrip(".").partition(", of the family ")
    name = row["name"].partition("/")[2]
    return str(group) if of else str(name).rstrip("0123456789").split("_")[0].rstrip("0123456789")


def _page(family: str, rows: Rows) -> str:
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[group_of(row)].append(row)
    pretrained = sum(bool(row["pretrained"]) for row in rows)
    plugin, smallest = rows[0]["plugin"], min(rows, key=lambda row: row["parameters"] or 1e12)
    commands = f"""
zoo list '{family}/*'                        # all of them
zoo list '{family}/*' --max-params 5M        # the small ones
zoo train {smallest["name"]} --dataset fashion-mnist
zoo train {smallest["name"]} --set pretrained=true
"""
    return page(
        f"# {family}",
        f"{len(rows):,} models of {plain(family)}, by the package `{plugin}`; {pretrained:,} of "
        f"them with pretrained weights. zoo publishes no weights of its own for them.",
        block(commands),
        "## Models by architecture",
        table(
            ("architecture", "models", "parameters", "such as"),
            (_group_row(name, each) for name, each in sorted(groups.items())),
            right=("models",),
        ),
    )


def _group_row(name: str, rows: Rows) -> Iterator[str]:
    yield plain(name)
    yield f"{len(rows):,}"
    yield _range(rows)
    yield code(min(rows, key=lambda row: row["parameters"] or 1e12)["name"])
