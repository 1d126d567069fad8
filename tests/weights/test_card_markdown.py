"""A card's page in Markdown."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from zoo_core.weights.card import PublishedCard
from zoo_core.weights.card_markdown import card_markdown

REGISTRY = Path(__file__).parents[2] / "registry" / "zoo_registry"
CARDS = sorted(REGISTRY.rglob("card.json"))

EVIL = "a`b```\n# c\n\n<script>x</script> [l](http://l) | d \x1b[2J\u202e"


def test_page_of_published_card_is_unchanged():
    assert CARDS
    for path in CARDS:
        card = PublishedCard.model_validate_json(path.read_bytes())
        assert card_markdown(card) == path.with_name("card.md").read_bytes(), path


@pytest.mark.parametrize(
    "field", ["model", "recipe_name", "plugin", "command", "license", "config"]
)
def test_names_are_no_markup(field):
    card = PublishedCard.model_validate_json(CARDS[0].read_bytes())
    evil = card.model_copy(update={field: {EVIL: EVIL} if field == "config" else EVIL})
    dataset = card.dataset.model_copy(update={"name": EVIL, "license": EVIL})
    evil = evil.model_copy(update={"dataset": dataset, "versions": {EVIL: EVIL}})
    before, page = card_markdown(card).decode(), card_markdown(evil).decode()
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert kinds(page) == kinds(before)
    assert "<script>" not in MarkdownIt().enable("table").render(page)


def kinds(page):
    """Return the kinds of the blocks, links, images and tags of a page, in order."""
    tokens = MarkdownIt().enable("table").parse(page)
    kept = {"link_open", "image", "html_inline", "em_open", "strong_open", "softbreak"}
    return [
        kind
        for token in tokens
        for kind in (token.type, *(each.type for each in token.children or () if each.type in kept))
    ]
