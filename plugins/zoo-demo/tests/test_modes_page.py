"""The page in a real browser: numbers, masks, labels, boxes, and drawings that are refused."""

import io
import re

import pytest
from PIL import Image

expect = pytest.importorskip("playwright.sync_api", reason="pip install playwright").expect

pytestmark = pytest.mark.browser

SCRIBBLE = [
    [(0.05, 0.4), (0.95, 0.4)],
    *([(x / 10, 0.2), (x / 10, 0.6)] for x in range(1, 10)),
]
"""Strokes that fill a line."""


def tally(x, top=0.2, bottom=0.5):
    return [(x, top), (x, bottom)]


@pytest.fixture
def page(open_page):
    return open_page("every_address", viewport={"width": 1200, "height": 900})


@pytest.fixture
def number(page):
    """Return the page in the mode of numbers."""
    page.get_by_label("Number", exact=True).check()
    return page


def draw(page, *strokes):
    """Draw strokes with the mouse; points are shares of the drawing area."""
    box = page.locator("#canvas").bounding_box()
    for stroke in strokes:
        first, *others = [
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
        ]
        page.mouse.move(*first)
        page.mouse.down()
        for point in others:
            page.mouse.move(*point, steps=4)
        page.mouse.up()


def symbols(page, model="tallies"):
    return page.locator(f'[data-model="{model}"] .symbols b')


def together(page):
    return page.locator("#together")


def force(page):
    return page.get_by_label("Show the guess anyway")


def boxes(page):
    """Return the boxes as shares of the drawing area: left, top, right, bottom."""
    return page.locator("#boxes").evaluate(
        """svg => [...svg.querySelectorAll("rect")].map(rect => {
             const [box, area] = [rect.getBoundingClientRect(), svg.getBoundingClientRect()];
             return [(box.left - area.left) / area.width, (box.top - area.top) / area.height,
                     (box.right - area.left) / area.width, (box.bottom - area.top) / area.height];
           })"""
    )


# Numbers.


def test_drawing_area_of_numbers_is_wide(number):
    expect(number.get_by_role("heading", level=1)).to_have_text("Draw a number")
    area = number.locator("#canvas").bounding_box()
    assert area["width"] > 2 * area["height"]
    assert area["width"] > 800
    number.get_by_label("One digit").check()
    area = number.locator("#canvas").bounding_box()
    assert area["width"] == pytest.approx(area["height"])


def test_page_reads_number_drawn_with_mouse(number):
    draw(number, tally(0.2), tally(0.3), tally(0.4))
    expect(symbols(number)).to_have_text(["1", "1", "1"])
    expect(together(number)).to_have_text("It predicts 111.")
    expect(number.locator('[data-model="tallies"] .verdict')).to_have_text(
        re.compile(r"^Confidence > 99\.9 %$")
    )
    expect(number.locator("#live")).to_contain_text("tallies: 1")
    expect(number.locator("#size")).to_have_text("320 × 32 pixels")


def test_page_shows_each_line_of_several(number):
    draw(number, tally(0.2), tally(0.3), tally(0.2, 0.7, 0.9))
    expect(together(number)).to_have_text("It predicts 11, 1.")
    expect(number.locator(".part")).to_have_count(2)
    expect(number.locator("#seen canvas")).to_have_count(2)
    for _ in range(3):
        number.get_by_role("button", name="Undo").click()
    expect(number.locator(".part")).to_have_count(1)
    expect(symbols(number)).to_have_text(["–"])


def test_page_marks_unsure_symbols(number):
    def answer(route):
        response = route.fetch()
        found = response.json()
        found["answers"][0]["predictions"][0]["heads"][0]["confidences"] = [0.99, 0.42]
        route.fulfill(response=response, json=found)

    number.route("**/api/read?*", answer)
    draw(number, tally(0.2), tally(0.3))
    items = number.locator(".symbols li")
    expect(items.locator("span")).to_have_text(["99 %", "42 %"])
    expect(items.first).not_to_have_class("unsure")
    expect(items.last).to_have_class("unsure")
    expect(number.locator(".symbols")).to_have_attribute("aria-label", "1, 99 %; 1, 42 %")
    number.unroute_all(behavior="ignoreErrors")  # of drawings that are still on their way


# Boxes.


def test_boxes_appear_around_what_was_drawn(number):
    draw(number, tally(0.2), tally(0.6))
    expect(number.locator("#boxes rect")).to_have_count(2)
    (left, top, right, bottom), other = boxes(number)
    assert left < 0.2 < right
    assert other[0] < 0.6 < other[2]
    assert right - left < 0.05
    assert (top, bottom) == (pytest.approx(0.2, abs=0.05), pytest.approx(0.5, abs=0.05))
    number.get_by_role("button", name="Clear").click()
    expect(number.locator("#boxes rect")).to_have_count(0)


def test_boxes_fit_photo_of_another_shape(number):
    image = Image.new("L", (100, 200))
    image.paste(255, (40, 100, 60, 180))
    file = io.BytesIO()
    image.save(file, "PNG")
    number.locator("#file").set_input_files(
        {"name": "one.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    expect(number.locator("#boxes rect")).to_have_count(1)
    area = number.locator("#canvas").bounding_box()
    share = area["height"] / 2 / area["width"]  # of the photo, which is centered
    ((left, top, right, bottom),) = boxes(number)
    assert left == pytest.approx(0.5 - 0.1 * share, abs=0.01)
    assert right == pytest.approx(0.5 + 0.1 * share, abs=0.01)
    assert (top, bottom) == (pytest.approx(0.5, abs=0.02), pytest.approx(0.9, abs=0.02))


# Refusals.


def test_blank_photo_is_refused_in_words(number):
    file = io.BytesIO()
    Image.new("L", (300, 100)).save(file, "PNG")
    number.locator("#file").set_input_files(
        {"name": "blank.png", "mimeType": "image/png", "buffer": file.getvalue()}
    )
    expect(together(number)).to_have_text("I can't read this: no writing found.")
    expect(number.locator(".verdict")).to_have_text("I can't read this: no writing found.")
    expect(force(number)).to_be_hidden()  # because there is nothing to guess


def test_scribble_is_refused_and_shown_by_force(number):
    draw(number, *SCRIBBLE)
    expect(together(number)).to_have_text("I can't read this: unsure.")
    expect(number.locator(".verdict")).to_contain_text("at least 90% are required")
    expect(number.locator(".symbols")).to_have_count(0)
    force(number).check()
    expect(symbols(number).first).to_have_text("1")
    expect(number.locator(".verdict")).to_contain_text("Only a guess: unsure (")
    force(number).uncheck()
    expect(number.locator(".symbols")).to_have_count(0)
    number.get_by_role("button", name="Clear").click()
    expect(force(number)).to_be_hidden()


def test_number_that_is_cut_is_refused_with_dashed_boxes(number):
    draw(number, [(0.0, 0.3), (0.0, 0.7)])
    expect(together(number)).to_have_text("I can't read this: cut at the edge.")
    expect(number.locator("#boxes rect.doubtful")).to_have_count(1)


def test_scribble_is_forced_with_keyboard(number):
    draw(number, *SCRIBBLE)
    expect(force(number)).to_be_visible()
    force(number).focus()
    number.keyboard.press("Space")
    expect(symbols(number).first).to_have_text("1")


def test_digit_that_a_model_refuses_is_counted(page):
    def answer(route):
        response = route.fetch()
        found = response.json()
        found["answers"][0]["predictions"] = [
            {"accepted": False, "reason": "unsure: 40%", "confidence": 0.4, "heads": []}
        ]
        route.fulfill(response=response, json=found)

    page.route("**/api/read?*", answer)
    draw(page, [(0.54, 0.2), (0.48, 0.8)])
    expect(together(page)).to_have_text("2 of 3 predict 1.")
    refused = page.locator('[data-model="numpy-net.default"]')
    expect(refused.locator("b")).to_have_text("?")
    expect(refused.locator(".verdict")).to_have_text("I can't read this: unsure (40%).")
    page.unroute_all(behavior="ignoreErrors")


# Masks and labels.


def colors(page):
    """Return the number of pixels of the mask by color, for its classes except paper."""
    return page.locator('[data-model="halves"] .mask canvas').evaluate(
        """canvas => {
          const count = {};
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          for (let i = 0; i < data.length; i += 4) {
            const [r, g, b] = data.slice(i, i + 3);
            const name = r === g && g === b ? "gray" : g > r ? "green" : "orange";
            count[name] = (count[name] ?? 0) + 1;
          }
          return count;
        }"""
    )


def test_masks_are_shown_in_color_with_a_legend(page):
    page.get_by_label("Two digits").check()
    draw(page, [(0.5, 0.05), (0.5, 0.4)])
    draw(page, [(0.5, 0.6), (0.5, 0.95)])
    row = page.locator('[data-model="halves"]')
    expect(row).to_have_class(re.compile("done"))
    expect(row.locator(".legend b")).to_have_text(["paper", "top", "bottom", "both"])
    for digit in (1, 2):  # after the second stroke's prediction, not after the first one's
        share = row.locator(".legend span").nth(digit)
        expect(share).to_have_text(re.compile(r"^[1-9]\d?\.\d %$"))
    found = colors(page)
    assert sum(found.values()) == 28 * 42
    assert min(found["green"], found["orange"]) >= 20
    label = row.locator("canvas").get_attribute("aria-label")
    assert re.fullmatch(r"Mask: paper \d+ %, top \d+ %, bottom \d+ %, both 0 %", label)
    expect(together(page)).to_contain_text(" predict")  # of the models of digits alone


def test_labels_are_shown_as_chips(page):
    page.get_by_label("quarters").check()
    draw(page, [(0.2, 0.2), (0.3, 0.3)])
    force(page).check()
    chips = page.locator(".chips li")
    expect(chips.first).to_have_class("chosen")
    expect(chips.first).to_have_text(re.compile(r"^upper left 9\d\.\d %$"))
    expect(chips).to_have_count(4)


# Panels.


def test_mistakes_of_numbers_can_be_tried(number):
    number.get_by_role("button", name="Mistakes: tallies").click()
    expect(number.locator(".summary")).to_contain_text("1 of 6 test images are wrongly predicted")
    expect(number.locator(".gallery li")).to_have_count(1)
    number.locator(".gallery button").click()
    expect(number.get_by_role("dialog")).to_be_hidden()
    expect(number.locator("#seen canvas")).to_have_count(1)


def test_mistakes_of_masks_show_true_and_predicted(page):
    page.get_by_label("Two digits").check()
    page.get_by_role("button", name="Mistakes: halves").click()
    expect(page.locator(".summary")).to_contain_text("worst IoU")
    expect(page.locator(".gallery li")).to_have_count(6)
    expect(page.locator(".gallery li").first.locator(".masks canvas")).to_have_count(2)


def test_card_of_numbers_shows_confidence(number):
    number.get_by_role("button", name="Card: tallies").click()
    panel = number.get_by_role("tabpanel")
    for fact in (
        "Exact match",
        "CER",
        "0.21 % on the test images (95 % interval: 0.10 % to 0.40 %)",
        "5 of 6 test images, 80.00 % of these correct",
    ):
        expect(panel).to_contain_text(fact)


# Keyboard and appearance.


def test_number_is_drawn_with_keyboard(number):
    number.get_by_label("Drawing area").focus()
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16 + ["Space"]:
        number.keyboard.press(key)
    expect(symbols(number)).to_have_text(["1"])


def test_modes_are_changed_with_keyboard(page):
    page.get_by_label("One digit").focus()
    for title in ("Draw two digits", "Draw a number", "Draw for quarters"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("heading", level=1)).to_have_text(title)


@pytest.mark.parametrize("width", [320, 390, 800])
@pytest.mark.parametrize("mode", ["Two digits", "Number"])
def test_page_of_every_mode_fits_viewport_width(open_page, width, mode):
    page = open_page("every_address", viewport={"width": width, "height": 700})
    page.get_by_label(mode, exact=True).check()
    draw(page, *SCRIBBLE)
    expect(page.locator(".answer.done").last).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("button", name="Dark appearance")).to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_of_every_mode_meets_contrast_ratio(open_page, low_contrast, scheme):
    page = open_page("every_address", color_scheme=scheme)
    page.get_by_label("Two digits").check()
    draw(page, [(0.5, 0.05), (0.5, 0.4)], [(0.5, 0.6), (0.5, 0.95)])
    expect(page.locator('[data-model="halves"]')).to_have_class(re.compile("done"))
    assert low_contrast(page) == []
    page.get_by_label("Number", exact=True).check()
    draw(page, *SCRIBBLE)
    expect(together(page)).to_contain_text("I can't read this")
    assert low_contrast(page) == []
    force(page).check()
    expect(symbols(page).first).to_have_text("1")
    assert low_contrast(page) == []
    force(page).uncheck()
    page.get_by_label("quarters").check()
    draw(page, [(0.2, 0.2), (0.3, 0.3)])
    force(page).check()
    expect(page.locator(".chips li")).to_have_count(4)
    assert low_contrast(page) == []


@pytest.mark.parametrize("width", [390, 1200])
def test_box_of_guess_takes_its_space_before_it_is_shown(open_page, width):
    page = open_page("every_address", viewport={"width": width, "height": 800})
    page.get_by_label("Number", exact=True).check()

    def below_sentence():
        sentence, answers = (page.locator(each).bounding_box() for each in ("#timing", "#answers"))
        return answers["y"] - sentence["y"] - sentence["height"]

    draw(page, tally(0.3))
    expect(together(page)).to_have_text("It predicts 1.")
    before = below_sentence()
    draw(page, *SCRIBBLE)
    expect(force(page)).to_be_visible()
    assert below_sentence() == before


@pytest.mark.parametrize(
    ("size", "kind"),
    [((320, 32), "image/png"), ((28, 42), "image/png"), ((400, 300), "image/jpeg")],
)
def test_small_images_are_sent_without_loss(page, size, kind):
    assert sent(page, *size, "#fff") == [kind, *size]


def test_transparent_image_is_sent_without_loss(page):
    assert sent(page, 400, 300, "#fff8") == ["image/png", 400, 300]


def sent(page, width, height, color):
    """Return type and size of the file that is sent for a photo of one color."""
    return page.evaluate(
        """async ([width, height, color]) => {
          const {Drawing} = await import("/strokes.js");
          const canvas = new OffscreenCanvas(width, height);
          const context = canvas.getContext("2d");
          context.fillStyle = color;
          context.fillRect(0, 0, width, height);
          const drawing = new Drawing();
          drawing.show(canvas.transferToImageBitmap());
          const {canvas: drawn, type} = drawing.rendered(1);
          return [type, drawn.width, drawn.height];
        }""",
        [width, height, color],
    )
