"""A page per notebook: its text and its code, without outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from site_pages.markdown import block, page

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def pages() -> dict[str, str]:
    """Return a page per notebook of ``docs/notebooks``."""
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    return {f"notebooks/{path.stem}.md": notebook_page(path) for path in paths}


def notebook_page(path: Path) -> str:
    """Return a notebook as a page, with a link to the file below its title."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    title, *rest = [part for cell in cells for part in _parts(cell)]
    link = f"This page is a notebook: [{path.name}]({path.name}). Open it in Jupyter to run it."
    return page(title, link, *rest)


def _parts(cell: dict[str, Any]) -> Iterator[str]:
    """Yield the Markdown of a cell; its title is a part of its own."""
    source = "".join(cell["source"])
    if cell["cell_type"] == "code":
        yield "\n".join(block(source, "python"))
    elif source.startswith("# "):
        yield from source.split("\n\n", 1)
    else:
        yield source
