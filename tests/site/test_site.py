"""The built site: valid links, and pages that work on a phone and without other servers."""

import pytest
from site_pages.check import broken_links

pytestmark = [
    pytest.mark.slow,
    pytest.mark.requires(
        "zoo-cnn",
        "zoo-mlp",
        "zoo-numbers",
        "zoo-numpy",
        "zoo-separator",
        "zoo-two-headed",
        "zoo-timm",
    ),
]

SHOWN = [
    "index",
    "tutorial",
    "data",
    "howto/predict",
    "architecture",
    "reference/commands/train",
    "reference/recipe",
    "reference/python/functions",
    "gallery/index",
    "gallery/cnn",
    "gallery/timm",
]


def test_site_has_no_broken_links(built):
    assert [*broken_links(built)] == []


@pytest.fixture
def phone(browser, loopback, address):
    """Return a page of a phone; its console has no errors, and requests stay on the server."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True)
    page, complaints, requests = context.new_page(), [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda each: each.type == "error" and complaints.append(each.text))
    page.on("pageerror", lambda exc: complaints.append(str(exc)))
    yield page
    context.close()
    assert not complaints
    assert all(url.startswith((f"{address}/", "data:")) for url in requests), requests


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_phone(phone, address, scheme):
    phone.emulate_media(color_scheme=scheme)
    for name in SHOWN:
        phone.goto(f"{address}/{name}.html")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, name
        assert phone.locator("body").get_attribute("data-md-color-scheme") in ("default", "slate")


def check_search(page, words):
    """Type the name of a page into the search box, and wait until that page is the first result."""
    page.locator("label.md-header__button[for=__search]").click()
    page.locator(".md-search__input").press_sequentially(words)
    # Results follow each letter, so that the first ones are those of a part of the name.
    first = "document.querySelector('.md-search-result__item h1')?.innerText"
    page.wait_for_function(f"title => {first} === title", arg=words)


@pytest.mark.browser
def test_search_finds_command(phone, address):
    phone.goto(f"{address}/index.html")
    check_search(phone, "zoo reproduce")


@pytest.mark.browser
def test_search_works_from_file_system(browser, built):
    with browser.new_context(offline=True, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.goto((built / "index.html").as_uri())
        check_search(page, "zoo reproduce")
