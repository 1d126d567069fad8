"""The static page in a real browser: inputs and predictions equal those of Python, offline."""

import base64
import functools
import hashlib
import http.server
import shutil
import threading
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from zoo_core.data.dataset import load_dataset
from zoo_core.data.images.processor import model_processor
from zoo_core.pretrained.load import load_pretrained

expect = pytest.importorskip("playwright.sync_api", reason="pip install playwright").expect

pytestmark = pytest.mark.browser

MODELS = ("cnn.best", "numpy-net.best")
COUNT = 200
"""Number of images, and of drawings, that are compared."""

SEVEN = [(0.28, 0.22), (0.72, 0.22), (0.45, 0.8)]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A handler of files that logs nothing."""

    def log_message(self, *_args):
        pass


@contextmanager
def serving_files(folder):
    """Serve a folder by Python's plain web server, and yield its URL."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(60)


@pytest.fixture(scope="module")
def static_address(static_folder):
    with serving_files(static_folder) as address:
        yield address


@pytest.fixture
def page(open_page):
    """Return the static page; `open_page` checks that each request goes to its own server."""
    return open_page("static_address", viewport={"width": 1200, "height": 900})


@pytest.fixture(scope="module")
def pretrained(catalog):
    """Return the models, each with its own framework, that compute the expected predictions."""
    return [load_pretrained(catalog, name, runtime="trainer", device="cpu") for name in MODELS]


@pytest.fixture(scope="module")
def processor(catalog, pretrained):
    dataset = pretrained[0].card.dataset
    return model_processor(catalog, pretrained[0].input, dataset.name, dataset.pixel_ranges)


@pytest.fixture(scope="module")
def digits(catalog):
    test = load_dataset(catalog.dataset("mnist")).splits["test"]
    return test.inputs[:: len(test.inputs) // COUNT][:COUNT]


def draw(page, points):
    box = page.locator("#canvas").bounding_box()
    first, *others = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points
    ]
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def read_by(page, model):
    """Return the page's element with a model's prediction."""
    return page.locator(f'[data-model="{model}"] b')


def png(image):
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


# The same predictions as those of Python.


LOGITS = """async (images) => {
  const { readManifest } = await import("./files.js");
  const { LoadedModel } = await import("./model.js");
  const { models } = await readManifest();
  const all = [];
  for (const facts of models) {
    const model = await LoadedModel.load(facts, null);
    const rows = [];
    for (const image of images) {
      const data = Uint8Array.from(atob(image), (letter) => letter.charCodeAt(0));
      rows.push([...await model.logits({ data })]);
    }
    all.push(rows);
  }
  return all;
}"""
"""Function that returns the logits of each model for images in base64."""


def test_logits_equal_those_of_python(page, pretrained, digits):
    found = page.evaluate(LOGITS, [base64.b64encode(each.tobytes()).decode() for each in digits])
    for model, logits in zip(pretrained, found, strict=True):
        expected = model.predict(digits).outputs[0]
        np.testing.assert_allclose(logits, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)
        assert np.argmax(logits, axis=1).tolist() == expected.argmax(axis=1).tolist()


READ = """async (files) => {
  const { readDrawing } = await import("./api.js");
  const answers = [];
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext("2d").drawImage(picture, 0, 0);
    answers.push(await readDrawing("mnist", { canvas }, true));
  }
  return answers;
}"""
"""Function that returns the answers to PNG files in base64."""


def check_same(answers, files, processor, pretrained):
    """Compare inputs, doubts and predictions of a page with those of Python."""
    for answer, file in zip(answers, files, strict=True):
        reading = processor.find(BytesIO(file))
        assert len(answer["inputs"]) == len(reading.found)
        for got, found in zip(answer["inputs"], reading.found, strict=True):
            pixels = np.frombuffer(base64.b64decode(got["image"]["pixels"]), np.uint8)
            assert pixels.tolist() == found.image.ravel().tolist()
            assert got["doubt"] == found.doubt
            assert got["boxes"] == [box._asdict() for box in found.boxes]
        for model, shown in zip(pretrained, answer["answers"], strict=True):
            (entry,) = shown["predictions"]
            if not reading.found:
                assert entry["reason"] == reading.refusal
                continue
            predictions = model.predict(reading.found[0].image[np.newaxis])
            assert entry["reason"] == (reading.found[0].doubt or predictions.doubts[0])
            assert entry["heads"][0]["label"] == predictions.labels[0, 0]
            np.testing.assert_allclose(
                entry["heads"][0]["probabilities"], predictions.probabilities[0][0], atol=1e-4
            )


def test_test_images_have_answers_of_python(page, processor, pretrained, digits):
    files = [png(image[0]) for image in digits]
    answers = page.evaluate(READ, [base64.b64encode(file).decode() for file in files])
    check_same(answers, files, processor, pretrained)
    assert sum(each["answers"][0]["predictions"][0]["accepted"] for each in answers) > 190


DRAW = """async (drawings) => {
  const { readDrawing } = await import("./api.js");
  const { Drawing } = await import("./strokes.js");
  const results = [];
  for (const strokes of drawings) {
    const drawing = new Drawing();
    for (const [first, ...others] of strokes) {
      drawing.begin({ x: first[0], y: first[1] });
      drawing.extend(others.map(([x, y]) => ({ x, y })));
    }
    const drawn = drawing.rendered(1);
    const blob = await drawn.canvas.convertToBlob({ type: "image/png" });
    const file = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (const byte of file) text += String.fromCharCode(byte);
    results.push({ file: btoa(text), answer: await readDrawing("mnist", drawn, true) });
  }
  return results;
}"""
"""Function that returns the PNG file of each drawing, and the answer to it."""

SKELETONS = (
    [[(0.5, 0.18), (0.3, 0.4), (0.36, 0.72), (0.5, 0.82), (0.68, 0.6), (0.6, 0.25), (0.5, 0.18)]],
    [[(0.54, 0.2), (0.48, 0.8)]],
    [[(0.3, 0.3), (0.5, 0.18), (0.68, 0.32), (0.5, 0.58), (0.3, 0.8), (0.72, 0.8)]],
    [
        [
            (0.32, 0.24),
            (0.6, 0.22),
            (0.62, 0.42),
            (0.46, 0.48),
            (0.66, 0.6),
            (0.5, 0.84),
            (0.3, 0.76),
        ]
    ],
    [[(0.6, 0.2), (0.3, 0.58), (0.75, 0.58)], [(0.62, 0.38), (0.58, 0.85)]],
    [[(0.4, 0.2), (0.36, 0.46), (0.62, 0.5), (0.6, 0.78), (0.32, 0.8)], [(0.4, 0.2), (0.7, 0.2)]],
    [[(0.6, 0.18), (0.36, 0.5), (0.42, 0.8), (0.64, 0.72), (0.58, 0.54), (0.4, 0.6)]],
    [SEVEN],
    [[(0.6, 0.3), (0.4, 0.24), (0.6, 0.68), (0.44, 0.82), (0.4, 0.66), (0.62, 0.36), (0.6, 0.3)]],
    [[(0.62, 0.34), (0.44, 0.24), (0.4, 0.46), (0.62, 0.4), (0.6, 0.3), (0.58, 0.84)]],
)
"""Strokes of the digits 0 to 9."""


def random_drawings():
    """Return digits of varying shape, place and size, and every tenth drawing a scribble."""
    random = np.random.default_rng(7)
    drawings = []
    for number in range(COUNT):
        scale, shift = random.uniform(0.4, 1.3, 2), random.uniform(-0.15, 0.15, 2)
        strokes = [
            (
                0.5
                + shift
                + scale * (np.array(stroke) - 0.5 + random.normal(0, 0.02, (len(stroke), 2)))
            )
            for stroke in SKELETONS[number % 10]
        ]
        if number % 10 == 9 and number % 20 == 9:
            strokes = [
                random.uniform(0, 1, (random.integers(1, 8), 2)) for _ in range(number % 4 + 1)
            ]
        drawings.append([stroke.tolist() for stroke in strokes])
    return drawings


def test_drawings_have_inputs_and_answers_of_python(page, processor, pretrained):
    results = page.evaluate(DRAW, random_drawings())
    files = [base64.b64decode(each["file"]) for each in results]
    check_same([each["answer"] for each in results], files, processor, pretrained)
    doubtful = sum(bool(each["answer"]["inputs"][0]["doubt"]) for each in results)
    assert 5 < doubtful < 100  # both kinds are compared


def photos():
    """Return photos: ruled paper, no digit, a cut one, a low one, transparent, small."""
    random = np.random.default_rng(3)
    across, down = np.meshgrid(np.arange(600), np.arange(450))
    paper = 210 - 0.1 * across + random.normal(0, 3, across.shape)
    ruled = np.where(down % 60 < 2, paper - 50, paper)
    stroke = (abs(across - 250 - down / 4) < 14) & (down > 90) & (down < 360)
    cut = (abs(across - 250 - down / 4) < 14) & (down < 200)
    grays = [np.where(stroke, 60, paper), np.where(stroke, 60, ruled), ruled]
    low = (abs(across - 250) < 4) & (down > 200) & (down < 250)
    grays += [np.where(cut, 60, paper), np.where(low, 60, paper)]
    pictures = [Image.fromarray(gray.clip(0, 255).astype(np.uint8)) for gray in grays]
    red = Image.new("RGBA", (300, 300))
    red.paste((180, 30, 20, 255), (130, 60, 160, 240))
    return [*pictures, red, red.resize((37, 61))]


def test_photos_have_inputs_of_python(page, processor, pretrained):
    files = []
    for photo in photos():
        file = BytesIO()
        photo.save(file, "PNG")
        files.append(file.getvalue())
    answers = page.evaluate(READ, [base64.b64encode(file).decode() for file in files])
    check_same(answers, files, processor, pretrained)


# Drawing on the page.


def test_page_predicts_digit_drawn_with_mouse(page):
    draw(page, SEVEN)
    for model in MODELS:
        expect(read_by(page, model)).to_have_text("7")
    expect(page.locator("#together")).to_have_text("Both predict 7.")
    expect(page.locator("#live")).to_contain_text("cnn.best: 7, ")
    page.get_by_role("button", name="Clear").click()
    expect(read_by(page, MODELS[0])).to_have_text("–")


def test_page_refuses_cross_and_shows_guess_on_request(page):
    draw(page, [(0.1, 0.35), (0.6, 0.35)])
    draw(page, [(0.35, 0.1), (0.35, 0.6)])
    expect(page.locator("#together")).to_have_text("I can't read this: not like a digit.")
    page.get_by_label("Show the guess anyway").check()
    expect(page.locator(".guess")).to_have_count(2)


def test_page_predicts_digit_drawn_with_keyboard(page):
    canvas = page.get_by_label("Drawing area")
    for _ in range(8):
        page.keyboard.press("Tab")
        if canvas.evaluate("canvas => canvas === document.activeElement"):
            break
    expect(canvas).to_be_focused()
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16 + ["Space"]:
        page.keyboard.press(key)
    expect(read_by(page, "cnn.best")).to_have_text("1")
    page.keyboard.press("Delete")
    expect(read_by(page, "cnn.best")).to_have_text("–")


def test_page_predicts_chosen_photo(page, tmp_path):
    photos()[1].save(tmp_path / "one.png")
    page.locator("#file").set_input_files(tmp_path / "one.png")
    expect(read_by(page, "cnn.best")).to_have_text("1")


def test_card_opens_without_mistakes(page, pretrained):
    opener = page.get_by_role("button", name="Card: cnn.best")
    opener.click()
    expect(page.get_by_role("tabpanel")).to_contain_text(pretrained[0].sha256)
    expect(page.get_by_role("tab", name="Mistakes")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Card")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_page_shows_verified_checksums_and_licenses(page, pretrained):
    about = page.locator("#about")
    page.get_by_text("Checksums (sha256), all verified").click()
    for model in pretrained:
        expect(about).to_contain_text(model.sha256)
    expect(about).to_contain_text("Yann LeCun, Corinna Cortes and Christopher J. C. Burges")
    for link in about.get_by_role("link").all():
        assert page.request.get(f"{page.url}{link.get_attribute('href')}").ok


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_meets_contrast_ratio(open_page, low_contrast, scheme):
    page = open_page("static_address", color_scheme=scheme)
    draw(page, SEVEN)
    expect(page.locator(".answer.done")).to_have_count(2)
    page.get_by_text("Checksums").click()
    assert low_contrast(page) == []


@pytest.mark.parametrize("width", [320, 390, 800])
def test_page_fits_viewport_width(open_page, width):
    page = open_page("static_address", viewport={"width": width, "height": 700})
    draw(page, SEVEN)
    expect(read_by(page, "cnn.best")).to_have_text("7")
    page.get_by_text("Checksums").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# Damaged folders.


@pytest.fixture
def open_copy(browser, loopback, static_folder, tmp_path):
    """Return the function that opens a changed copy of the page."""
    contexts = []
    with serving_files(tmp_path / "copy") as address:

        def start(change):
            shutil.copytree(static_folder, tmp_path / "copy")
            change(tmp_path / "copy")
            contexts.append(browser.new_context())
            page = contexts[0].new_page()
            page.goto(address)
            return page

        yield start
        contexts[0].close()


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("file", ["model.onnx", "model.safetensors", "card.json"])
def test_damaged_model_is_refused_and_other_predicts(open_copy, file):
    page = open_copy(lambda copy: damage(copy / "models" / "cnn.best" / file))
    alert = page.locator("#about [role=alert]")
    expect(alert).to_contain_text(f"checksum mismatch for models/cnn.best/{file}: expected sha256")
    expect(alert).to_contain_text("copy or write the folder again")
    page.wait_for_selector("body[data-ready]")
    draw(page, SEVEN)
    expect(read_by(page, "numpy-net.best")).to_have_text("7")
    expect(page.locator('[data-model="cnn.best"]')).to_contain_text("checksum mismatch")
    assert "verified" not in page.locator("#about").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_missing_weights_are_named(open_copy):
    page = open_copy(lambda copy: (copy / "models/cnn.best/model.safetensors").unlink())
    expect(page.locator("#about [role=alert]")).to_contain_text(
        "models/cnn.best/model.safetensors could not be loaded: the web server responded with "
        "status 404"
    )


def test_page_cannot_be_drawn_on_until_models_are_loaded(browser, loopback, static_address):
    context = browser.new_context()
    page = context.new_page()
    held = []

    def hold(route):
        held.append(route)

    page.route("**/numpy-net.best/model.onnx", hold)
    page.goto(static_address)
    expect(page.locator("#together")).to_have_text("Loading the models…")
    while not held:
        page.wait_for_timeout(10)
    draw(page, SEVEN)
    held[0].continue_()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#together")).to_have_text("Nothing is drawn yet.")
    draw(page, SEVEN)
    expect(read_by(page, "cnn.best")).to_have_text("7")
    context.close()


def test_damaged_runtime_is_refused(open_copy):
    name = "onnxruntime-web/ort-wasm-simd-threaded.wasm.gzip"
    page = open_copy(lambda copy: damage(copy / name))
    expect(page.locator("#trouble")).to_contain_text(f"checksum mismatch for {name}")
    expect(page.locator("#together")).to_have_text("The models could not be loaded.")


def test_page_that_is_opened_as_file_names_web_server(browser, static_folder):
    context = browser.new_context()
    page = context.new_page()
    page.goto((static_folder / "index.html").as_uri())
    expect(page.get_by_role("alert")).to_contain_text("python -m http.server")
    expect(page.locator("#together")).to_have_text("This page needs a web server.")
    context.close()


# Parts.


def test_checksum_without_web_crypto_equals_that_of_hashlib(page):
    lengths = [0, 1, 55, 56, 63, 64, 65, 1000, 100_003]
    found = page.evaluate(
        """async (lengths) => {
          const { computed } = await import("./sha256.js");
          return lengths.map((length) => [...new Uint8Array(
            computed(Uint8Array.from({ length }, (_, i) => (7 * i) % 251)))]);
        }""",
        lengths,
    )
    for length, digest in zip(lengths, found, strict=True):
        content = bytes(7 * i % 251 for i in range(length))
        assert bytes(digest) == hashlib.sha256(content).digest()


def test_sums_equal_those_of_numpy(page):
    random = np.random.default_rng(5)
    arrays = [
        random.uniform(0, 1, length).astype(kind)
        for length in (0, 1, 7, 8, 9, 127, 128, 129, 400, 784, 5000)
        for kind in (np.float32, np.float64)
    ]
    found = page.evaluate(
        """async (arrays) => {
          const { pairwiseSum } = await import("./reading/pairwise.js");
          return arrays.map(([isSingle, values]) =>
            pairwiseSum(isSingle ? Float32Array.from(values) : Float64Array.from(values)));
        }""",
        [[array.dtype == np.float32, array.tolist()] for array in arrays],
    )
    assert found == [float(array.sum()) for array in arrays]
