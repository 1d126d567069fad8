"""Events of MkDocs: add the generated pages, and resolve links to files outside docs."""

from __future__ import annotations

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from site_pages.build import generated_pages
from site_pages.links import repository_links
from site_pages.navigation import expanded
from site_pages.page_text import code_in_tables, deeper_lists, folded_tables

FOLDED = {"architecture.md"}
"""Pages with long generated tables."""


def on_config(config: MkDocsConfig) -> None:
    """Generate the pages, and name those of whole folders in the navigation."""
    config.extra["generated"] = generated_pages()
    config.nav = expanded(config.nav or [], [*config.extra["generated"]])


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the generated pages to the files of the site."""
    for path, content in config.extra.pop("generated").items():
        files.append(File.generated(config, path, content=content))


def on_page_markdown(markdown: str, page: Page, **_options: Any) -> str:
    """Return a page as the site shows it; on a forge, the same page is readable unchanged."""
    text = deeper_lists(code_in_tables(repository_links(markdown, page.file.src_uri)))
    return folded_tables(text) if page.file.src_uri in FOLDED else text
