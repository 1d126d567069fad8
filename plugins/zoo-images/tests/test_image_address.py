"""Addresses: what they say, and what is refused."""

import re

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError
from zoo_images.address import FORM_OPTIONS, ImageForm, parse_address

SIDES = st.integers(1, 9999)
WORDS = st.text(st.characters(exclude_characters="&=?"), min_size=1)


@pytest.mark.parametrize(
    ("address", "place", "form"),
    [
        ("photos", "photos", ImageForm(None, None)),
        ("../my photos/2024", "../my photos/2024", ImageForm(None, None)),
        ("photos?size=64", "photos", ImageForm((64, 64), None)),
        ("photos?size=64x48", "photos", ImageForm((64, 48), None)),
        ("photos?channels=1&size=32", "photos", ImageForm((32, 32), 1)),
        ("what??channels=3", "what?", ImageForm(None, 3)),
        ("what??", "what?", ImageForm(None, None)),
    ],
)
def test_an_address_is_a_place_and_options(address, place, form):
    parsed = parse_address("folder", address)
    assert (parsed.place, parsed.form) == (place, form)
    assert parsed.name == f"folder:{address}"


@given(place=WORDS, height=SIDES, width=SIDES, channels=st.sampled_from([1, 3]), label=WORDS)
def test_what_is_written_is_read(place, height, width, channels, label):
    text = f"{place}?size={height}x{width}&label={label}&channels={channels}"
    parsed = parse_address("hf", text, ["label"])
    assert parsed.place == place
    assert parsed.form == ImageForm((height, width), channels)
    assert parsed.options == {"label": label}


@given(st.text(st.sampled_from("a?&=x13sizechanl ")))
def test_any_text_is_read_or_refused(text):
    try:
        parsed = parse_address("folder", text)
    except InvalidValueError as exc:
        assert "\n" not in str(exc)
    else:
        assert parsed.place == text.rpartition("?")[0] or "?" not in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("photos?sise=64", "no option 'sise'. Did you mean 'size'? Options there are: channels"),
        ("photos?64", "no option '64'. Options there are: channels, size"),
        ("photos?size=64&size=32", "gives the option 'size' twice"),
        ("photos?size=", "gives no value for 'size'"),
        ("photos?size=0", "size is height x width in pixels from 1 to 9999, such as 64x48"),
        ("photos?size=10000", "got '10000'"),
        ("photos?size=64x", "got '64x'"),
        ("photos?size=-4", "got '-4'"),
        ("photos?channels=2", "channels is 1 (gray) or 3 (color), got '2'"),
        ("photos?label=x", "no option 'label'"),
        ("?size=64", "does not say where it is"),
    ],
)
def test_what_is_not_allowed_is_refused(address, said):
    with pytest.raises(InvalidValueError, match=re.escape(said)):
        parse_address("folder", address)


@pytest.mark.parametrize("address", ["photos", "photos?channels=1", "what??"])
def test_a_hint_with_one_option_more_can_be_typed(address):
    hint = parse_address("folder", address).with_option("size=64")
    assert hint.startswith("folder:")
    parsed = parse_address("folder", hint.removeprefix("folder:"))
    assert parsed.place == parse_address("folder", address).place
    assert parsed.form.size == (64, 64)


def test_every_option_of_the_form_is_followed():
    parsed = parse_address("folder", "x?" + "&".join(f"{key}=3" for key in FORM_OPTIONS))
    assert None not in (parsed.form.size, parsed.form.channels)
