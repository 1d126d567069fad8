"""All generated pages, in the order of the navigation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from site_pages import (
    commands,
    environment,
    families,
    gallery,
    notebooks,
    python_names,
    recipe_fields,
)

Pages = Mapping[str, str | bytes]

MAKERS: tuple[Callable[[], Pages], ...] = (
    notebooks.pages,
    commands.pages,
    recipe_fields.pages,
    python_names.pages,
    environment.pages,
    gallery.pages,
    families.pages,
)


def generated_pages() -> dict[str, str | bytes]:
    """Return path below ``docs`` -> content of every generated page and picture."""
    return {path: content for make in MAKERS for path, content in make().items()}
