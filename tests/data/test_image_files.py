"""Image files of all kinds are read to bytes; anything else raises DataError."""

import contextlib
import io
import os
import struct
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image, features

from zoo_core.data.images.files import read_image
from zoo_core.data.images.pixel_ranges import PixelRanges
from zoo_core.data.images.processor import fit_image, processor_for
from zoo_core.errors import DataError, InvalidValueError

GRAY = np.arange(30, dtype=np.uint8).reshape(5, 6) * 8


@contextlib.contextmanager
def quiet():
    """Let Pillow warn of damage, which users are spared."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return io.BytesIO(file.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "WEBP"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_read_image_keeps_gray_levels(kind, mode):
    file = saved(Image.fromarray(GRAY).convert(mode), kind, lossless=True)
    assert (read_image(file, 1) == GRAY).all()
    assert read_image(file, 3).shape == (3, 5, 6)


def test_read_image_accepts_path_or_open_file(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file:
        assert (read_image(file, 1) == read_image(tmp_path / "a.png", 1)).all()


@pytest.mark.parametrize(
    ("kind", "convert"),
    [
        ("PNG", lambda gray: gray.astype(np.uint16) * 257),
        ("PPM", lambda gray: gray.astype(np.uint16) * 257),
        ("TIFF", lambda gray: gray.astype(np.uint16) * 257),
        ("TIFF", lambda gray: (gray / 255).astype(np.float32)),
    ],
)
def test_read_image_keeps_levels_of_deep_pixels(kind, convert):
    assert (read_image(saved(Image.fromarray(convert(GRAY)), kind), 1) == GRAY).all()


@pytest.mark.parametrize("brightest", [1, 255, 256, 65535])
def test_read_image_does_not_depend_on_brightest_pixel(brightest):
    values = np.full((5, 6), 1, np.uint16)
    values[2, 3] = brightest
    read = read_image(saved(Image.fromarray(values), "TIFF"), 1)[0]
    assert read[2, 3] == round(brightest / 257)
    assert not np.delete(read.ravel(), 2 * 6 + 3).any()


@pytest.mark.parametrize("ground", ["white", "contrast"])
def test_read_image_keeps_transparency_of_deep_pixels(ground):
    file = saved(Image.fromarray(GRAY.astype(np.uint16) * 257), transparency=int(GRAY[2, 3]) * 257)
    read = read_image(file, 1, background=ground)[0]
    assert read[2, 3] == 255
    read[2, 3] = GRAY[2, 3]
    assert (read == GRAY).all()


def tiff(values, sample_format=1, photometric=1):
    """Return a TIFF file, for kinds that Pillow cannot write."""
    bits, content = 8 * values.itemsize, values.astype(values.dtype.newbyteorder("<")).tobytes()
    height, width = values.shape
    tags = [
        *((256, width), (257, height), (258, bits), (259, 1), (262, photometric), (273, 8)),
        *((277, 1), (278, height), (279, len(content)), (339, sample_format)),
    ]
    entries = b"".join(struct.pack("<HHIHxx", tag, 3, 1, value) for tag, value in tags)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    return io.BytesIO(b"II*\0" + struct.pack("<I", 8 + len(content)) + content + directory)


def test_read_image_reads_unsigned_values_of_32_bits():
    values = GRAY.astype(np.uint32) * ((2**32 - 1) // 255)
    ranges = PixelRanges({"uint32": (0, 2**32 - 1)})
    assert (read_image(tiff(values), 1, ranges=ranges) == GRAY).all()


@pytest.mark.parametrize(("dtype", "factor"), [(np.uint8, 1), (np.uint16, 257)])
def test_read_image_inverts_tiff_whose_zero_is_white(dtype, factor):
    values = (255 - GRAY).astype(dtype) * dtype(factor)
    assert (read_image(tiff(values, photometric=0), 1) == GRAY).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.float32([[0, np.nan]]), "NaN or infinite"),
        (np.float32([[0, np.inf]]), "NaN or infinite"),
        (np.float32([[0, 812]]), r"expected 0 to 1, got 0 to 812 \(float32\).*range=0\.\.65535"),
        (np.float32([[-3, 1]]), r"expected 0 to 1, got -3 to 1"),
        (np.int32([[0, 200]]), r"no int32 pixels.* 0 to 200.*range="),
    ],
)
def test_read_image_rejects_deep_pixels_of_unknown_range(values, message):
    with pytest.raises(DataError, match=f"the image.*{message}"):
        read_image(saved(Image.fromarray(values), "TIFF"), 1)


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("background", ["white", "contrast"])
def test_read_image_fills_transparency(ink, background):
    image = Image.new("RGBA", (6, 5), (ink, ink, ink, 0))
    image.putpixel((2, 3), (ink, ink, ink, 255))
    read = read_image(saved(image), 1, background=background)[0]
    assert read[3, 2] == ink
    ground = 255 if background == "white" else 255 - ink
    assert np.delete(read.ravel(), 3 * 6 + 2).tolist() == [ground] * 29


def test_read_image_applies_exif_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    file = saved(Image.fromarray(GRAY), exif=exif)
    assert (read_image(file, 1)[0] == np.rot90(GRAY, -1)).all()


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0"]),
)
def test_read_image_rejects_arbitrary_bytes(content, magic):
    with quiet(), pytest.raises(DataError, match="the image"):
        read_image(io.BytesIO(magic + content), 1)


@given(st.data())
def test_read_image_survives_damaged_file(data):
    content = bytearray(saved(Image.fromarray(GRAY)).getvalue())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    end = data.draw(st.integers(0, len(content)))
    try:
        with quiet():
            assert read_image(io.BytesIO(content[:end]), 1).ndim == 3
    except DataError as exc:
        assert "\n" not in str(exc)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
def test_read_image_reports_decoder_error():
    content = saved(Image.fromarray(GRAY), "AVIF").getvalue()
    pixels = content.rindex(b"mdat") + 4
    with pytest.raises(DataError, match="Failed to decode"):
        read_image(io.BytesIO(content[:pixels] + bytes(len(content) - pixels)), 1)


def test_read_image_names_special_file(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png.* got a named pipe"):
        read_image(tmp_path / "a.png", 1)
    with pytest.raises(DataError, match="got a folder"):
        read_image(tmp_path, 1)


@pytest.mark.parametrize("kind", ["EPS", "ICO"])
def test_read_image_rejects_documents_and_icons(kind):
    file = saved(Image.new("RGB", (16, 16)), kind)
    with pytest.raises(DataError, match=f"got a file of the type {kind}"):
        read_image(file, 1)


@pytest.mark.parametrize("limit", ["29", "1", None])
def test_read_image_limits_pixels(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 14)
    if limit:
        monkeypatch.setenv("ZOO_MAX_PIXELS", limit)
    expected = rf"the image.*at most {limit or 28} pixels, got 30.*ZOO_MAX_PIXELS=30"
    with quiet(), pytest.raises(DataError, match=expected):
        read_image(saved(Image.fromarray(GRAY)), 1)


@pytest.mark.parametrize("limit", ["30", "1000000000000"])
def test_read_image_reads_as_many_pixels_as_user_allows(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    monkeypatch.setenv("ZOO_MAX_PIXELS", limit)
    assert (read_image(saved(Image.fromarray(GRAY)), 1) == GRAY).all()


@pytest.mark.parametrize("limit", ["0", "-1", "many", "1e9"])
def test_read_image_rejects_invalid_limit(monkeypatch, limit):
    monkeypatch.setenv("ZOO_MAX_PIXELS", limit)
    with pytest.raises(InvalidValueError, match=f"ZOO_MAX_PIXELS.* got '{limit}'"):
        read_image(saved(Image.fromarray(GRAY)), 1)


HEIF = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"


@pytest.mark.parametrize("file", [HEIF, b"\0\0\0\x18ftypmif1"])
def test_read_image_names_missing_package_for_heic(monkeypatch, tmp_path, file):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "a.heic").write_bytes(file)
    for opened in (tmp_path / "a.heic", io.BytesIO(file)):
        with quiet(), pytest.raises(DataError, match=r"pip install pillow-heif"):
            read_image(opened, 1)


def test_read_image_reads_heic():
    pillow_heif = pytest.importorskip("pillow_heif")
    heif = pillow_heif.from_pillow(Image.fromarray(GRAY.repeat(8, 0).repeat(8, 1)).convert("RGB"))
    file = io.BytesIO()
    heif.save(file, quality=95)
    read = read_image(io.BytesIO(file.getvalue()), 1)[0]
    assert np.abs(read[4::8, 4::8].astype(int) - GRAY).max() < 12


def test_read_image_rejects_four_channels():
    with pytest.raises(InvalidValueError, match="channels, got 4"):
        read_image(saved(Image.fromarray(GRAY)), 4)


def test_fit_image_returns_fitting_image_unchanged():
    for channels in (1, 3):
        image = np.full((channels, 5, 6), 255, np.uint8)
        assert fit_image(image, image.shape) is image


@pytest.mark.parametrize("gray", [0, 255])
def test_fit_image_never_inverts_and_pads_with_black(gray):
    image = np.full((1, 20, 60), gray, np.uint8)
    image[:, 5:15, 20:40] = 255 - gray
    fitted = fit_image(image, (1, 12, 12))[0]
    assert not fitted[:4].any()
    assert not fitted[8:].any()
    assert np.abs(fitted[4:8, 0].astype(int) - gray).max() < 2
    assert np.abs(fitted[5:7, 5:7].astype(int) - (255 - gray)).max() < 20


def test_fit_image_resizes_color():
    color = np.broadcast_to(np.array([10, 200, 250], np.uint8).reshape(3, 1, 1), (3, 24, 24))
    assert (fit_image(color, (3, 12, 12)) == color[:, :12, :12]).all()


def test_fit_image_keeps_a_row_of_thin_image():
    assert (fit_image(np.full((1, 1, 300), 200, np.uint8), (1, 12, 12))[0, 6] == 200).all()


def test_processor_without_own_reader_fits_images(toy):
    file = saved(Image.new("L", (10, 12), 40))
    for name in ("toy", "not-installed"):
        assert (processor_for(toy, name, (1, 6, 5)).read(file) == 40).all()


def test_processor_uses_ranges_of_training_images(toy):
    file = saved(Image.fromarray(np.full((6, 5), 2000, np.uint16)))
    assert (processor_for(toy, "toy", (1, 6, 5)).read(file) == 8).all()
    assert (processor_for(toy, "toy", (1, 6, 5), {"uint16": (0, 4000)}).read(file) == 128).all()
