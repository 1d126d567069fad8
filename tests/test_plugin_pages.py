"""The pages about plugins: their links resolve, and each has every section."""

import re
from pathlib import Path

import pytest

from zoo_core.plugins.scaffold import KINDS

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "plugins.md").read_text()
PAGES = sorted((DOCS / "plugins").glob("*.md"))


def slug(heading):
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def test_links_of_docs_resolve():
    for page in DOCS.rglob("*.md"):
        for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", page.read_text()):
            if {"reference", "gallery"} & {*Path(target).parts}:
                continue  # because the site generates these pages, and checks links to them
            path = (page.parent / target).resolve() if target else page
            assert path.exists(), f"{page}: {target}"
            if anchor and path.suffix == ".md":  # pictures have `#only-dark`
                headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
                slugs = {
                    re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings
                }
                assert anchor in slugs, f"{page}: {target}#{anchor}"


def test_guide_links_a_page_per_kind():
    linked = set(re.findall(r"\]\(plugins/(\w+)\.md\)", GUIDE))
    assert {*KINDS} <= linked
    assert linked == {page.stem for page in PAGES}


@pytest.mark.parametrize("kind", [*KINDS, "loss"])
def test_page_of_kind_has_every_section(kind):
    text = (DOCS / "plugins" / f"{kind}.md").read_text()
    assert "```sh\nzoo new " in text
    assert "<!-- file " in text
    for heading in ("## What is called when", "## Errors that authors meet"):
        assert f"\n{heading}\n" in text
    assert ("\n## Fields\n" in text) or kind == "hooks"
