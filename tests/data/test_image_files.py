"""Image files of all kinds are read to bytes; anything else raises DataError."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image, features

from zoo_core.data.image_files import fit_image, read_image, reader_for
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


@pytest.mark.parametrize(("values", "scale"), [(np.uint16, 257), (np.int32, 257), (np.int32, 1)])
def test_read_image_keeps_levels_of_high_bit_depths(values, scale):
    file = saved(Image.fromarray(GRAY.astype(values) * scale), "TIFF")
    assert (read_image(file, 1) == GRAY).all()


def test_read_image_scales_floats():
    file = saved(Image.fromarray(np.linspace(0, 1, 30, dtype=np.float32).reshape(5, 6)), "TIFF")
    read = read_image(file, 1)[0]
    assert (read.min(), read.max()) == (0, 255)
    assert (np.diff(read.ravel().astype(int)) > 0).all()


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)])
def test_read_image_fills_transparency_with_contrast(ink, ground):
    image = Image.new("RGBA", (6, 5), (ink, ink, ink, 0))
    image.putpixel((2, 3), (ink, ink, ink, 255))
    read = read_image(saved(image), 1)[0]
    assert read[3, 2] == ink
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


@pytest.mark.slow
def test_read_image_rejects_too_many_pixels():
    with quiet(), pytest.raises(DataError, match="image: .*exceeds limit"):
        read_image(saved(Image.new("1", (20_000, 20_000))), 1)


def test_read_image_rejects_four_channels():
    with pytest.raises(InvalidValueError, match="channels, got 4"):
        read_image(saved(Image.fromarray(GRAY)), 4)


def test_fit_image_returns_fitting_image_unchanged():
    for channels in (1, 3):
        image = np.full((channels, 5, 6), 255, np.uint8)
        assert fit_image(image, image.shape) is image


def test_fit_image_makes_gray_light_on_dark_and_keeps_color():
    image = np.full((1, 20, 60), 255, np.uint8)
    image[:, 5:15, 20:40] = 0
    fitted = fit_image(image, (1, 12, 12))
    assert fitted.shape == (1, 12, 12)
    assert (fitted[0, :4] == 0).all()
    assert (fitted[0, 5:7, 5:7] > 200).all()
    color = np.broadcast_to(np.array([10, 200, 250], np.uint8).reshape(3, 1, 1), (3, 24, 24))
    assert (fit_image(color, (3, 12, 12)) == color[:, :12, :12]).all()


def test_reader_for_falls_back_to_fit_image(toy):
    image = np.full((1, 12, 10), 40, np.uint8)
    for name in ("toy", "not-installed"):
        assert (reader_for(toy, name, (1, 6, 5))(image) == 40).all()
