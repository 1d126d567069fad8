"""Fonts of pictures: names in any script, and characters that act."""

import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import FontProperties, fontManager
from PIL import Image

from zoo_report.confusion import draw_confusion
from zoo_report.fonts import drawable, families
from zoo_report.style import make_figure, png, svg, text_width

DINGIR = "\U0001202d"
"""A cuneiform sign, which no font on a usual machine has."""

FONT = FontProperties(size=9)


@pytest.fixture
def cuneiform(tmp_path):
    """Install a font for matplotlib whose only letter, a cuneiform sign, is a black square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for point in ((0, 1000), (1000, 1000), (1000, 0)):
        pen.lineTo(point)
    pen.closePath()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder([".notdef", "dingir"])
    font.setupCharacterMap({ord(DINGIR): "dingir"})
    font.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "dingir": pen.glyph()})
    font.setupHorizontalMetrics({".notdef": (1000, 0), "dingir": (1000, 0)})
    font.setupHorizontalHeader(ascent=1000, descent=0)
    font.setupNameTable({"familyName": "A Cuneiform", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "cuneiform.ttf")
    before = list(fontManager.ttflist)
    fontManager.addfont(tmp_path / "cuneiform.ttf")
    yield "A Cuneiform"
    fontManager.ttflist = before


def black_pixels(content):
    return int((np.asarray(Image.open(io.BytesIO(content)).convert("L")) < 80).sum())


def picture(text):
    figure = make_figure(4, 1)
    figure.text(0.1, 0.3, text, size=20, color="black")
    return figure


# Each is without warnings, because warnings are errors in tests.


def test_missing_glyph_is_drawn_by_another_font(cuneiform):
    assert families(f"a{DINGIR}", FONT)[-1] == cuneiform
    assert drawable(f"a{DINGIR}", FONT) == f"a{DINGIR}"
    # 20 points at 120 dpi: a square of 33 by 33 pixels.
    assert black_pixels(png(picture(DINGIR))) == pytest.approx(33 * 33, rel=0.1)


def test_missing_glyph_without_font_is_an_escape():
    assert families(DINGIR, FONT) == FONT.get_family()
    assert drawable(f"a{DINGIR}", FONT) == "a\\U0001202d"
    assert png(picture(DINGIR)) == png(picture("\\U0001202d"))
    assert text_width(DINGIR, 9) == text_width("\\U0001202d", 9)


def test_latin_text_keeps_its_font():
    assert families("Épreuve – 3 × 4 → α", FONT) == FONT.get_family()
    assert drawable("Épreuve – 3 × 4 → α", FONT) == "Épreuve – 3 × 4 → α"


@pytest.mark.parametrize("bold", [False, True])
def test_confusion_matrix_has_names_in_any_script(bold):
    names = ["猫", "قط", "😀", "a\x1b[31m", "\u202egpj", "$x^2$", "<script>&", "two\nlines", DINGIR]
    counts = np.eye(len(names), dtype=np.int64) + 1
    title = "猫" if bold else ""
    assert Image.open(io.BytesIO(png(draw_confusion([counts], [names], title=title)))).size
    element = svg(draw_confusion([counts], [names], title=title), "name", "label \x1b\u202e")
    whole = element.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
    texts = [each.text or "" for each in ET.fromstring(whole).iter()]
    for name in ("猫", "قط", r"a\x1b[31m", r"\u202egpj", "$x^2$", "<script>&", DINGIR):
        assert name in texts
    assert "\x1b" not in element
    assert "\u202e" not in element


def test_numbers_of_an_axis_are_unchanged():
    def chart():
        figure = make_figure(4, 3)
        axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
        axes.plot([-1, 5], [0.001, 10])
        axes.set_yscale("log")
        return figure

    with_fit = png(chart())
    buffer = io.BytesIO()
    chart().savefig(buffer, format="png", dpi=120, metadata={"Software": None})
    assert with_fit == buffer.getvalue()
