"""Check the links of a built site: ``python docs/site_pages/check.py build/site``.

MkDocs checks the links of Markdown; this also finds those of templates, of raw HTML and of the
pages that mkdocstrings makes. Addresses of other servers are not requested: only their form is
checked.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ATTRIBUTES = {"href", "src"}


class _Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name in ATTRIBUTES and value is not None:
                (self.links if tag == "a" else self.loaded).append(value)


def broken_links(site: Path) -> Iterator[str]:
    """Yield ``PAGE: LINK: REASON`` for each broken link of a site."""
    pages = {path: _Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for link in dict.fromkeys([*page.links, *page.loaded]):
            if path.name != "404.html" and (reason := _fault(link, path, pages)):
                yield f"{path.relative_to(site)}: {link}: {reason}"
        for link in page.loaded:
            if is_external(link):
                yield f"{path.relative_to(site)}: {link}: the page loads it from a server"


def is_external(link: str) -> bool:
    """Return whether a link leads to another server."""
    return bool(urlsplit(link).scheme or urlsplit(link).netloc)


def _fault(link: str, page: Path, pages: Mapping[Path, _Page]) -> str:
    """Return the reason why a link is broken, or an empty string."""
    parts = urlsplit(link)
    if is_external(link):
        valid = parts.scheme == "mailto" or (parts.scheme == "https" and "." in parts.netloc)
        return "" if valid else "expected https://HOST/…"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "there is no such file"
    anchor = unquote(parts.fragment)
    # A fragment of two underscores and more belongs to the theme's own script.
    if anchor and target in pages and not anchor.startswith("__"):
        return "" if anchor in pages[target].anchors else "there is no such anchor"
    return ""


def external_links(site: Path) -> Iterable[str]:
    """Return the addresses of other servers to which a site links, sorted."""
    pages = (_Page(path.read_text("utf-8")) for path in site.rglob("*.html"))
    return sorted({link for page in pages for link in page.links if is_external(link)})


if __name__ == "__main__":
    folder = Path(sys.argv[1]).resolve()
    faults = [*broken_links(folder)]
    print(*faults, f"{len(faults)} broken links", sep="\n")  # noqa: T201
    sys.exit(bool(faults))
