"""Navigation, links and Markdown of the documentation site, without its generator."""

import pytest
from site_pages.check import broken_links, external_links
from site_pages.links import repository_links
from site_pages.navigation import expanded
from site_pages.page_text import code_in_tables, deeper_lists, folded_tables

PAGES = ["a/index.md", "a/one.md", "a/deep/two.md", "a/picture.png", "b.md"]


def test_folder_in_navigation_becomes_its_pages():
    nav = [{"Home": "index.md"}, {"A": "a/*"}, {"B": ["b.md", "a/*"]}]
    inside = ["a/index.md", "a/one.md"]
    assert expanded(nav, PAGES) == [{"Home": "index.md"}, {"A": inside}, {"B": ["b.md", *inside]}]


def test_folder_without_pages_in_navigation_is_refused():
    with pytest.raises(ValueError, match="expected generated pages in c/, got none"):
        expanded([{"C": "c/*"}], PAGES)


def test_link_outside_docs_leads_to_repository():
    found = repository_links("[s](../SECURITY.md#x) [t](../plugins/zoo-mlp) [d](data.md)", "a.md")
    assert found == (
        "[s](https://github.com/zoo-authors/zoo/blob/main/SECURITY.md#x) "
        "[t](https://github.com/zoo-authors/zoo/tree/main/plugins/zoo-mlp) [d](data.md)"
    )
    assert repository_links("[t](../tasks.md)", "plugins/task.md") == "[t](../tasks.md)"


def test_link_to_missing_file_of_repository_is_refused():
    with pytest.raises(ValueError, match=r"docs/plugins/a\.md: there is no missing\.md"):
        repository_links("[x](../../missing.md)", "plugins/a.md")


def test_long_tables_are_folded():
    table = "| file | contents |\n| --- | --- |\n" + "| a | b |\n" * 6
    text = f"### core\n\n{table}\n### small\n\n| a |\n| --- |\n\nText.\n"
    first, _, rest = folded_tables(text).partition("\n\n")
    assert first == '??? abstract "core: 6 files"'
    assert rest.startswith("    | file | contents |\n")
    assert rest.endswith("### small\n\n| a |\n| --- |\n\nText.\n")


def test_code_in_tables_has_no_backslashes():
    text = "| `a \\| b` | c \\| d |\n\n`a \\| b`"
    assert code_in_tables(text) == "| `a | b` | c \\| d |\n\n`a \\| b`"


def test_items_of_lists_keep_all_their_paragraphs():
    text = "- a\n  b\n\n  ```sh\n  zoo\n  ```\n- c\n- d\n\n```\n- x\n  y\n```"
    changed = "- a\n    b\n\n    ```sh\n    zoo\n    ```\n\n- c\n- d\n\n```\n- x\n  y\n```"
    assert deeper_lists(text) == changed


def test_broken_links_of_built_pages_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<h1 id="top"></h1><a href="#top">1</a><a href="b.html#no">2</a><a href="c.html">3</a>'
        '<a href="http://example.org">4</a><img src="https://example.org/x.png">'
        '<a href="https://example.org/page">5</a>'
    )
    (tmp_path / "b.html").write_text("<p>")
    assert [*broken_links(tmp_path)] == [
        "a.html: b.html#no: there is no such anchor",
        "a.html: c.html: there is no such file",
        "a.html: http://example.org: expected https://HOST/…",
        "a.html: https://example.org/x.png: the page loads it from a server",
    ]
    assert external_links(tmp_path) == ["http://example.org", "https://example.org/page"]
