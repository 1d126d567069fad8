"""The page in a real browser, with mouse, touch and keyboard."""

import base64
import re
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import installed_catalog

expect = pytest.importorskip("playwright.sync_api", reason="pip install playwright").expect

pytestmark = pytest.mark.browser

DIGITS = {
    "0": ["50,18 34,30 30,50 36,72 50,82 64,72 70,50 65,28 50,18"],
    "1": ["54,20 48,80"],
    "3": ["32,24 50,18 66,28 60,42 46,48 64,56 68,72 50,84 30,76"],
    "4": ["60,20 30,58 75,58", "62,38 58,85"],
    "7": ["28,22 72,22 45,80"],
}
"""Strokes of digits: points in percent of a square."""

PHONE = {
    "viewport": {"width": 390, "height": 760},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture
def page(open_page):
    return open_page(viewport={"width": 1200, "height": 800})


def shares(stroke):
    return [tuple(int(part) / 100 for part in point.split(",")) for point in stroke.split()]


def points(page, stroke, top=0.0, high=1.0):
    """Return the positions of a stroke's points on the page; `top` and `high` are shares."""
    box = page.locator("#canvas").bounding_box()
    return [
        (box["x"] + x * box["width"], box["y"] + (top + high * y) * box["height"])
        for x, y in shares(stroke)
    ]


def draw(page, digit, **where):
    for stroke in DIGITS[digit]:
        first, *others = points(page, stroke, **where)
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point, steps=5)
        page.mouse.up()


def read_by(page, model):
    """Return the page's element with a model's prediction."""
    return page.locator(f'[data-model="{model}"] b')


def inked(page):
    """Return the number of drawn pixels of the canvas."""
    return page.locator("#canvas").evaluate(
        """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
           .data.filter((value, i) => i % 4 === 3 && value > 0).length"""
    )


def is_inked(page, x, y):
    """Return whether a point of the canvas is drawn; `x` and `y` are shares of its sides."""
    return page.locator("#canvas").evaluate(
        """(canvas, [x, y]) => canvas.getContext("2d")
           .getImageData(x * canvas.width, y * canvas.height, 1, 1).data[3] > 0""",
        [x, y],
    )


def ground(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


# Drawing.


@pytest.mark.parametrize("digit", sorted(DIGITS))
def test_page_reads_digit_drawn_with_mouse(page, digit):
    draw(page, digit)
    expect(read_by(page, "cnn.default")).to_have_text(digit)
    expect(page.locator("#together")).to_contain_text(f" predict {digit}.")
    expect(page.locator("#live")).to_contain_text(f"cnn.default: {digit}, ")


def test_page_reads_two_digits(page):
    page.get_by_label("Two digits").check()
    draw(page, "4", top=0.03, high=0.45)
    draw(page, "7", top=0.52, high=0.45)
    expect(read_by(page, "two-headed-cnn.default")).to_have_text(["4", "7"])
    expect(page.locator("#size")).to_have_text("28 × 42 pixels")
    seen = page.locator("#seen canvas").evaluate("canvas => [canvas.width, canvas.height]")
    assert seen == [28, 42]
    assert is_inked(page, 0.45, 0.52 + 0.45 * 0.8)  # where the 7 ended
    assert not is_inked(page, 0.3, 0.52 + 0.45 * 0.8)


def test_page_shows_bars_size_and_time_of_each_model(page):
    draw(page, "7")
    expect(read_by(page, "cnn.default")).to_have_text("7")  # all strokes have been sent
    expect(page.locator(".answer.done")).to_have_count(3)
    for row in page.locator(".answer").all():
        assert row.locator(".bar").count() == 10
        assert re.search(r"[\d,]+ parameters · [\d.]+ (kB|MB)", row.inner_text())
        assert re.search(r"[\d.]+ ms", row.locator(".time").inner_text())
    drawn = page.locator('[data-model="cnn.default"] .bar i').evaluate_all(
        "bars => bars.map(bar => new DOMMatrix(bar.style.transform).d)"
    )
    assert sum(drawn) == pytest.approx(1, abs=0.001)
    assert np.argmax(drawn) == 7


def test_page_updates_answer_during_stroke(page):
    draw(page, "1")
    expect(read_by(page, "cnn.default")).to_have_text("1")
    page.get_by_role("button", name="Clear").click()
    expect(read_by(page, "cnn.default")).to_have_text("–")
    first, *_ = points(page, DIGITS["7"][0])
    page.mouse.move(*first)
    page.mouse.down()
    for point in points(page, DIGITS["7"][0])[1:]:
        page.mouse.move(*point, steps=5)
    expect(read_by(page, "cnn.default")).to_have_text("7")  # and the button is still down
    page.mouse.up()


def test_page_reads_digit_drawn_by_touch(open_page):
    page = open_page(**PHONE)
    session = page.context.new_cdp_session(page)
    touch = "Input.dispatchTouchEvent"

    def at(point):
        return {"x": point[0], "y": point[1]}

    for stroke in DIGITS["4"]:
        first, *others = points(page, stroke)
        session.send(touch, {"type": "touchStart", "touchPoints": [at(first)]})
        for point in others:
            session.send(touch, {"type": "touchMove", "touchPoints": [at(point)]})
        session.send(touch, {"type": "touchEnd", "touchPoints": []})
    expect(read_by(page, "cnn.default")).to_have_text("4")
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize("width", [320, 390, 800])
def test_page_fits_viewport_width(open_page, width):
    page = open_page(viewport={"width": width, "height": 700})
    draw(page, "1")
    expect(read_by(page, "cnn.default")).to_have_text("1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_undo_removes_last_stroke(page):
    draw(page, "4")
    expect(read_by(page, "cnn.default")).to_have_text("4")
    both = inked(page)
    page.keyboard.press("Control+z")
    one = inked(page)
    assert 0 < one < both
    page.get_by_role("button", name="Undo").click()
    assert inked(page) == 0
    expect(page.locator("#together")).to_have_text("Nothing is drawn yet.")


def test_page_reads_digit_drawn_with_keyboard(page):
    canvas = page.get_by_label("Drawing area")
    for _ in range(8):
        page.keyboard.press("Tab")
        if canvas.evaluate("canvas => canvas === document.activeElement"):
            break
    expect(canvas).to_be_focused()
    assert canvas.evaluate("canvas => getComputedStyle(canvas).outlineStyle") == "solid"
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16 + ["Space"]:
        page.keyboard.press(key)
    expect(read_by(page, "cnn.default")).to_have_text("1")
    page.keyboard.press("Delete")
    expect(read_by(page, "cnn.default")).to_have_text("–")


def test_page_changes_mode_with_keyboard(page):
    page.get_by_label("One digit").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw two digits")
    expect(page.locator(".answer")).to_have_count(2)


# Requests.


@contextmanager
def held(page):
    """Delay the first drawing until the context ends, and yield the list of requests."""
    sent = []

    def hold(route):
        sent.append(route)
        if len(sent) > 1:
            route.continue_()

    page.route("**/api/read?*", hold)
    yield sent
    sent[0].continue_()


def test_page_sends_only_newest_drawing_after_pending_request(page):
    with held(page) as sent:
        draw(page, "7")
        expect(read_by(page, "cnn.default")).to_have_text("–")
    expect(read_by(page, "cnn.default")).to_have_text("7")
    assert len(sent) == 2


def test_page_discards_answer_to_cleared_drawing(page):
    with held(page):
        draw(page, "7")
        page.get_by_role("button", name="Clear").click()
    draw(page, "1")
    expect(read_by(page, "cnn.default")).to_have_text("1")
    with page.expect_response("**/api/read?*"):
        draw(page, "1")
    page.get_by_role("button", name="Clear").click()
    page.wait_for_timeout(200)
    expect(read_by(page, "cnn.default")).to_have_text("–")


def test_page_shows_alert_until_next_valid_answer(open_page):
    page = open_page()
    gone = True

    def answer(route):
        # Not `unroute`, which would drop a request that is waiting for a response.
        route.fulfill(status=200, body="{") if gone else route.continue_()

    page.route("**/api/read?*", answer)
    draw(page, "1")
    expect(page.get_by_role("alert")).to_contain_text("drawing")
    gone = False
    draw(page, "1")
    expect(read_by(page, "cnn.default")).to_have_text("1")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_page_reads_photo_file(page, tmp_path, drawing):
    (tmp_path / "one.png").write_bytes(drawing(shares(DIGITS["7"][0])))
    with Image.open(tmp_path / "one.png") as image:
        paper = image.point(lambda value: 230 - 0.8 * value).convert("RGB").resize((1400, 1400))
    paper.save(tmp_path / "photo.jpg")
    page.locator("#file").set_input_files(tmp_path / "photo.jpg")
    expect(read_by(page, "cnn.default")).to_have_text("7")


GIVE = """([kind, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], "one.png", {type: "image/png"}));
  const how = {bubbles: true, cancelable: true, clipboardData: given, dataTransfer: given};
  const event = kind === "paste" ? new ClipboardEvent(kind, how) : new DragEvent(kind, how);
  document.getElementById("pad").dispatchEvent(event);
}"""


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_page_reads_dropped_or_pasted_image(page, one, kind):
    page.evaluate(GIVE, [kind, base64.b64encode(one).decode()])
    expect(read_by(page, "cnn.default")).to_have_text("1")


def test_page_names_non_image_file(page, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    page.locator("#file").set_input_files(tmp_path / "letter.txt")
    expect(page.get_by_role("alert")).to_contain_text("letter.txt")


# The side panel of a model.


def test_gallery_shows_misread_images_and_reads_clicked_one(page, model):
    page.get_by_role("button", name="Mistakes: numpy-net.default").click()
    card = model("numpy-net.default").pretrained.card
    wrong = card.metrics["test"].total - card.metrics["test"].all_correct
    expect(page.locator(".summary")).to_contain_text(f"{wrong} of 10,000", timeout=60_000)
    items = page.locator(".gallery li")
    expect(items).to_have_count(48)
    page.get_by_role("button", name="Show more").click()
    expect(items).to_have_count(96)
    said = items.first.get_by_role("button").get_attribute("aria-label")
    true, read, row = re.fullmatch(r"(\d) predicted as (\d), .* test image (\d+)", said).groups()
    test = load_dataset(installed_catalog().dataset("mnist")).splits["test"]
    assert test.targets[0][int(row)] == int(true)
    items.first.get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(read_by(page, "numpy-net.default")).to_have_text(read)
    seen = page.locator("#seen canvas").evaluate(
        """canvas => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data]
           .filter((value, i) => i % 4 === 0)"""
    )
    assert seen == test.inputs[int(row)].ravel().tolist()


def test_card_panel_shows_card_fields(page, model):
    card = model("cnn.default").pretrained.card
    opener = page.get_by_role("button", name="Card: cnn.default")
    opener.click()
    panel = page.get_by_role("tabpanel")
    for fact in (
        f"{card.metrics['test']['accuracy'][0]:.2%}".replace("%", " %"),
        card.weights.sha256,
        card.command,
        card.environment["framework"],
        card.license,
        f"test accuracy of {len(card.interval.seeds)} seeds",
    ):
        expect(panel).to_contain_text(fact)
    page.get_by_text("Full recipe").click()
    expect(panel).to_contain_text(card.recipe.optimizer)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()


# Appearance.


def test_page_follows_system_color_scheme(open_page):
    grounds = {scheme: ground(open_page(color_scheme=scheme)) for scheme in ("light", "dark")}
    assert grounds == {"light": "rgb(251, 250, 247)", "dark": "rgb(22, 22, 21)"}


def test_appearance_toggle_persists_across_reload(page):
    before = ground(page)
    toggle = page.get_by_role("button", name="Dark appearance")
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    after = ground(page)
    assert after != before
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert ground(page) == after


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_text_meets_contrast_ratio(open_page, low_contrast, scheme):
    page = open_page(color_scheme=scheme)
    draw(page, "3")
    expect(page.locator(".answer.done")).to_have_count(3)
    assert low_contrast(page) == []
    page.get_by_role("button", name="Card: cnn.default").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("Scores")
    assert low_contrast(page) == []
