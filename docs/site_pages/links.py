"""Links of pages: to files of the repository outside docs, and within the built site."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

REPOSITORY = "https://github.com/zoo-authors/zoo"

_LINK = re.compile(r"(\]\()(\.\./[^)\s#]*)((?:#[^)\s]*)?\))")


def repository_links(markdown: str, page: str) -> str:
    """Return Markdown whose links to files outside docs are addresses in the repository.

    Args:
        markdown: text of a page.
        page: path of the page, relative to docs.

    Raises:
        ValueError: a link to a file that does not exist.
    """

    def address(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link[2]))
        if target == "docs" or target.startswith("docs/"):
            return link[0]
        path = ROOT / target
        if target.startswith("..") or not path.exists():
            raise ValueError(f"docs/{page}: there is no {target}, to which a link leads")
        kind = "tree" if path.is_dir() else "blob"
        return f"{link[1]}{REPOSITORY}/{kind}/main/{target}{link[3]}"

    return _LINK.sub(address, markdown)
