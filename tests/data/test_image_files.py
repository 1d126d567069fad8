"""Image files of all kinds, to bytes; what is none is an error of one kind."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from hypothesis import given, strategies as st
from PIL import Image, features

from zoo_core.data.image_files import fit_image, read_image, reader_for
from zoo_core.errors import DataError, InvalidValueError

GREY = np.arange(30, dtype=np.uint8).reshape(5, 6) * 8


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
def test_gray_levels_are_those_of_the_file(kind, mode):
    file = saved(Image.fromarray(GREY).convert(mode), kind, lossless=True)
    assert (read_image(file, 1) == GREY).all()
    assert read_image(file, 3).shape == (3, 5, 6)


def test_a_path_and_an_open_file_give_the_same(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file:
        assert (read_image(file, 1) == read_image(tmp_path / "a.png", 1)).all()


@pytest.mark.parametrize(("values", "scale"), [(np.uint16, 257), (np.int32, 257), (np.int32, 1)])
def test_more_bits_a_pixel_keep_their_levels(values, scale):
    file = saved(Image.fromarray(GREY.astype(values) * scale), "TIFF")
    assert (read_image(file, 1) == GREY).all()


def test_floats_are_scaled():
    file = saved(Image.fromarray(np.linspace(0, 1, 30, dtype=np.float32).reshape(5, 6)), "TIFF")
    read = read_image(file, 1)[0]
    assert (read.min(), read.max()) == (0, 255)
    assert (np.diff(read.ravel().astype(int)) > 0).all()


@pytest.mark.parametrize(("ink", "ground"), [(0, 255), (255, 0)])
def test_what_is_transparent_becomes_what_the_ink_is_not(ink, ground):
    image = Image.new("RGBA", (6, 5), (ink, ink, ink, 0))
    image.putpixel((2, 3), (ink, ink, ink, 255))
    read = read_image(saved(image), 1)[0]
    assert read[3, 2] == ink
    assert np.delete(read.ravel(), 3 * 6 + 2).tolist() == [ground] * 29


def test_a_camera_that_was_turned_is_heard():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    file = saved(Image.fromarray(GREY), exif=exif)
    assert (read_image(file, 1)[0] == np.rot90(GREY, -1)).all()


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0"]),
)
def test_bytes_that_are_no_image_are_one_kind_of_error(content, magic):
    with quiet(), pytest.raises(DataError, match="what was sent"):
        read_image(io.BytesIO(magic + content), 1)


@given(st.data())
def test_a_damaged_image_is_an_error_or_an_image(data):
    content = bytearray(saved(Image.fromarray(GREY)).getvalue())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    end = data.draw(st.integers(0, len(content)))
    try:
        with quiet():
            assert read_image(io.BytesIO(content[:end]), 1).ndim == 3
    except DataError as exc:
        assert "\n" not in str(exc)


@pytest.mark.skipif(not features.check("avif"), reason="Pillow was built without AVIF")
def test_a_damaged_image_is_an_error_whatever_the_decoder_raises():
    content = saved(Image.fromarray(GREY), "AVIF").getvalue()
    pixels = content.rindex(b"mdat") + 4
    with pytest.raises(DataError, match="cannot be read as an image: Failed to decode"):
        read_image(io.BytesIO(content[:pixels] + bytes(len(content) - pixels)), 1)


def test_an_image_of_a_billion_pixels_is_not_unpacked():
    with quiet(), pytest.raises(DataError, match="cannot be read as an image: .*exceeds limit"):
        read_image(saved(Image.new("1", (20_000, 20_000))), 1)


def test_images_have_one_channel_or_three():
    with pytest.raises(InvalidValueError, match="reads 4 channels, image files give 1"):
        read_image(saved(Image.fromarray(GREY)), 4)


def test_an_image_of_the_models_size_is_taken_as_it_is():
    for channels in (1, 3):
        image = np.full((channels, 5, 6), 255, np.uint8)
        assert fit_image(image, image.shape) is image


def test_another_is_fitted_in_whole_and_gray_made_light_on_dark():
    image = np.full((1, 20, 60), 255, np.uint8)
    image[:, 5:15, 20:40] = 0
    fitted = fit_image(image, (1, 12, 12))
    assert fitted.shape == (1, 12, 12)
    assert (fitted[0, :4] == 0).all()
    assert (fitted[0, 5:7, 5:7] > 200).all()
    color = np.broadcast_to(np.array([10, 200, 250], np.uint8).reshape(3, 1, 1), (3, 24, 24))
    assert (fit_image(color, (3, 12, 12)) == color[:, :12, :12]).all()


def test_without_a_reader_images_are_fitted(toy):
    image = np.full((1, 12, 10), 40, np.uint8)
    for name in ("toy", "not-installed"):
        assert (reader_for(toy, name, (1, 6, 5))(image) == 40).all()
