"""Images without clear handwriting: an answer with a doubt, or a refusal in words."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw, ImageFont

from zoo_core import Reading
from zoo_mnist import mnist, numbers
from zoo_mnist.photos import read

READERS = {
    "mnist": (read.read_digit, (1, 28, 28)),
    "two-digit-mnist": (read.read_two_digits, (1, 42, 28)),
    "mnist-numbers": (read.read_numbers, (1, 32, 320)),
}


@pytest.fixture(params=READERS)
def reader(request):
    return READERS[request.param][0]


@pytest.fixture(scope="module")
def digits():
    return mnist.load().splits["train"].inputs[:, 0]


def paper(height=300, width=300, gray=220):
    return np.full((height, width), gray, np.uint8)


def write(page, digit, top, left, height, ink=30):
    """Write a digit of MNIST, enlarged with its margins to a height, on a page."""
    large = Image.fromarray(digit).resize((height, height), Image.Resampling.BICUBIC)
    alpha = np.asarray(large, float) / 255
    target = page[top : top + height, left : left + height]
    inside = alpha[: target.shape[0], : target.shape[1]]
    target[:] = np.rint(target * (1 - inside) + ink * inside)


def only(reading):
    (found,) = reading.found
    return found


@pytest.mark.parametrize(
    "image",
    [
        paper(gray=255),
        paper(gray=0),
        paper(1, 1),
        paper(1, 3000),
        paper(3000, 1),
        np.linspace(0, 255, 90_000).astype(np.uint8).reshape(300, 300),
    ],
    ids=["white", "black", "one pixel", "wide", "high", "gradient"],
)
def test_reader_finds_nothing_on_blank_paper(reader, image):
    assert reader(image[np.newaxis]) == Reading((), "no writing found")


def test_reader_refuses_or_doubts_full_noise(reader):
    image = np.random.default_rng(0).integers(0, 256, (1, 200, 300), np.uint8)
    reading = reader(image)
    assert reading.refusal or all(found.doubt for found in reading.found)


def test_read_digit_counts_several_digits(digits):
    page = paper(200, 500)
    for place, digit in enumerate(digits[:4]):
        write(page, digit, 50, 20 + 115 * place, 100)
    found = only(read.read_digit(page[np.newaxis]))
    assert found.doubt == "several digits: 4 found"
    assert len(found.boxes) == 4
    assert only(read.read_two_digits(page[np.newaxis])).doubt == "more than two digits: 4 found"


def test_read_digit_doubts_what_the_edge_cuts(digits):
    page = paper()
    write(page, digits[0], 230, 100, 140)
    assert only(read.read_digit(page[np.newaxis])).doubt == "cut at the edge"


def test_read_digit_accepts_a_drawing_that_fills_its_canvas(digits):
    digit = digits[0][4:24, 4:24]
    page = paper(140, 140)
    write(page, digit, 0, 0, 140)
    assert not only(read.read_digit(page[np.newaxis])).doubt


def cross(pen):
    pen.line((150, 60, 150, 240), 20, 14)
    pen.line((60, 150, 240, 150), 20, 14)


def scribble(pen):
    rng = np.random.default_rng(0)
    pen.line([tuple(point) for point in rng.integers(40, 260, (60, 2)).tolist()], 20, 4)


@pytest.mark.parametrize(
    ("draw", "doubt"),
    [
        (lambda pen: pen.rectangle((60, 140, 260, 160), 20), "much wider than high"),
        (lambda pen: pen.ellipse((110, 120, 190, 200), 20), "a filled shape"),
        (cross, "a cross or a star"),
        (scribble, "too many strokes"),
    ],
    ids=["bar", "disk", "cross", "scribble"],
)
def test_read_digit_doubts_shapes(draw, doubt):
    picture = Image.fromarray(paper())
    draw(ImageDraw.Draw(picture))
    assert doubt in only(read.read_digit(np.asarray(picture)[np.newaxis])).doubt


def test_read_two_digits_doubts_shapes():
    picture = Image.fromarray(paper())
    cross(ImageDraw.Draw(picture))
    one = np.asarray(picture)
    for image in (one, np.concatenate([one, one], axis=1)):
        assert "a cross" in only(read.read_two_digits(image[np.newaxis])).doubt


def test_read_numbers_doubts_a_page_of_text():
    picture = Image.new("L", (640, 400), 240)
    pen = ImageDraw.Draw(picture)
    for line in range(18):
        text = "The quick brown fox jumps over the lazy dog. " * 2
        pen.text((20, 15 + 20 * line), text, 20, ImageFont.load_default(14))
    reading = read.read_numbers(np.asarray(picture)[np.newaxis])
    assert all(found.doubt for found in reading.found)
    assert only(read.read_digit(np.asarray(picture)[np.newaxis])).doubt


def test_read_numbers_doubts_too_many_digits(digits):
    page = paper(120, 1600)
    for place, digit in enumerate(digits[:15]):
        write(page, digit, 25, 20 + 100 * place, 80)
    assert only(read.read_numbers(page[np.newaxis])).doubt == (
        "too many: about 15 digits, at most 12 are read"
    )


def test_read_numbers_of_an_upside_down_page_gives_an_answer(digits):
    page = paper(200, 500)
    for place, digit in enumerate(digits[:4]):
        write(page, digit, 50, 20 + 115 * place, 100)
    assert len(only(read.read_numbers(page[::-1, ::-1][np.newaxis])).boxes) == 4


images = arrays.arrays(
    np.uint8,
    st.tuples(st.just(1), st.integers(1, 70), st.integers(1, 70)),
    elements=st.integers(0, 255),
)


@st.composite
def drawings(draw):
    """Return a page of random size with random straight strokes, blots and lines."""
    size = draw(st.tuples(st.integers(20, 400), st.integers(20, 400)))
    ground, ink = draw(st.tuples(st.integers(0, 255), st.integers(0, 255)))
    picture = Image.new("L", size, ground)
    pen = ImageDraw.Draw(picture)
    places = st.tuples(st.integers(-20, size[0] + 20), st.integers(-20, size[1] + 20))
    for _ in range(draw(st.integers(0, 12))):
        pen.line([draw(places), draw(places)], ink, draw(st.integers(1, 40)))
    return np.asarray(picture)[np.newaxis]


@settings(max_examples=80, deadline=None)
@given(images | drawings(), st.sampled_from(sorted(READERS)))
def test_reader_of_any_image(image, name):
    reader, shape = READERS[name]
    before = image.copy()
    reading = reader(image)
    assert np.array_equal(image, before)
    assert bool(reading.found) != bool(reading.refusal)
    again = reader(image)
    assert len(again.found) == len(reading.found)
    for found, other in zip(reading.found, again.found, strict=True):
        assert (found.image.shape, found.image.dtype) == (shape, np.uint8)
        assert np.array_equal(found.image, other.image)
        assert (found.boxes, found.doubt) == (other.boxes, other.doubt)
        assert found.boxes
        for top, left, bottom, right in found.boxes:
            assert 0 <= top < bottom <= image.shape[1]
            assert 0 <= left < right <= image.shape[2]


@pytest.mark.parametrize("text", ["+", "-", "%", "x", "Kermit", "www"])
def test_letters_and_signs_are_no_number(text):
    font = ImageFont.load_default(120)
    page = Image.new("L", (900, 260), 235)
    ImageDraw.Draw(page).text((60, 50), text, font=font, fill=30)
    (found,) = read.read_numbers(np.asarray(page)[np.newaxis]).found
    assert found.doubt == "not like digits: letters or other signs"


def test_numbers_are_rarely_taken_for_signs():
    strips = numbers.load().splits["validation"].inputs[:200, 0]
    doubted = 0
    for strip in strips:
        page = Image.new("L", (1100, 300), 255)
        large = Image.fromarray(255 - strip).resize((960, 96), Image.Resampling.BICUBIC)
        page.paste(large, (70, 100))
        found = read.read_numbers(np.asarray(page)[np.newaxis]).found
        doubted += any("other signs" in each.doubt for each in found)
    assert doubted <= 4
