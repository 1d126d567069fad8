"""Parsing of the addresses of data sets, and errors for invalid ones."""

import os
import shlex
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError
from zoo_images.address import COMMON_OPTIONS, parse_address

SIDES = st.integers(1, 9999)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="&=?"), min_size=1)


@pytest.mark.parametrize(
    ("address", "place", "size", "channels"),
    [
        ("photos", "photos", None, None),
        ("../my photos/2024", "../my photos/2024", None, None),
        ("photos?size=64", "photos", (64, 64), None),
        ("photos?size=64x48", "photos", (64, 48), None),
        ("photos?channels=1&size=32", "photos", (32, 32), 1),
        ("what??channels=3", "what?", None, 3),
        ("what??", "what?", None, None),
    ],
)
def test_parse_address_separates_place_and_options(address, place, size, channels):
    parsed = parse_address("folder", address)
    assert (parsed.place, parsed.size, parsed.channels) == (place, size, channels)
    assert parsed.name == f"folder:{address}"


@given(place=WORDS, height=SIDES, width=SIDES, channels=st.sampled_from([1, 3]), label=WORDS)
def test_parse_address_recovers_all_options(place, height, width, channels, label):
    text = f"{place}?size={height}x{width}&label={label}&channels={channels}"
    parsed = parse_address("hf", text, ["label"])
    assert parsed.place == place
    assert (parsed.size, parsed.channels) == ((height, width), channels)
    assert parsed.options == {"label": label}


@given(st.text(st.sampled_from("a?&=x13sizechanl ")))
def test_parse_address_accepts_or_rejects_any_text(text):
    try:
        parsed = parse_address("folder", text)
    except InvalidValueError as exc:
        assert "\n" not in str(exc)
    else:
        assert parsed.place == text.rpartition("?")[0] or "?" not in text


@pytest.mark.parametrize(
    ("address", "facts"),
    [
        ("photos?sise=64", r"'sise'.*'size'.*: channels, on_damaged, range, size\b"),
        ("photos?64", r"'64'.*: channels, on_damaged, range, size\b"),
        ("photos?size=64&size=32", r"'size' twice"),
        ("photos?size=", r"no value\b.*'size'"),
        ("photos?size=0", r"\bsize\b.*\b1 to 9999\b.*\b64x48\b.*'0'"),
        ("photos?size=10000", r"\b9999\b.*'10000'"),
        ("photos?size=64x", r"\b64x48\b.*'64x'"),
        ("photos?size=-4", r"\b1\b.*'-4'"),
        ("photos?channels=2", r"\bchannels\b.*\b1 \(gray\).*\b3 \(color\).*'2'"),
        ("photos?label=x", r" 'label'.*: channels, on_damaged, range, size\b"),
        ("photos?on_damaged=ignore", r"\bon_damaged\b.* refuse, skip, got 'ignore'"),
        ("photos?range=9..3", r"\brange\b.*0\.\.4095\b.*'9\.\.3'"),
        ("?size=64", r"'folder:\?size=64'.*'\?'"),
    ],
)
def test_parse_address_rejects_invalid_address(address, facts):
    with pytest.raises(InvalidValueError, match=facts):
        parse_address("folder", address)


@pytest.mark.parametrize(
    "address", ["photos", "photos?channels=1", "what??", "a=b??", "my 'photos'", "2024/été & co"]
)
def test_address_with_option_can_be_pasted_into_shell(address):
    (hint,) = shlex.split(parse_address("folder", address).with_option("size=64"))
    assert hint.startswith("folder:")
    parsed = parse_address("folder", hint.removeprefix("folder:"))
    assert parsed.place == parse_address("folder", address).place
    assert parsed.size == (64, 64)


def test_parse_address_applies_every_common_option():
    values = {"size": "3", "channels": "3", "range": "0..4095", "on_damaged": "skip"}
    assert values.keys() == set(COMMON_OPTIONS)
    text = "&".join(f"{key}={value}" for key, value in values.items())
    parsed = parse_address("folder", f"x?{text}")
    assert (parsed.size, parsed.channels, parsed.skips_damaged) == ((3, 3), 3, True)
    assert parsed.ranges.values == {"any": (0, 4095)}


@given(
    place=WORDS,
    path=st.text("aé ?&=", min_size=1),
    size=st.sampled_from(["", "?size=64", "?", "?size=64&channels=1"]),
)
def test_address_at_another_place_has_same_options(place, path, size):
    parsed = parse_address("folder", f"{place}{size}")
    moved = parse_address("folder", parsed.at(Path("/x", path)))
    assert moved.place == str(Path("/x", path))
    assert (moved.size, moved.channels) == (parsed.size, parsed.channels)


def test_parse_address_rejects_name_that_is_not_utf8():
    with pytest.raises(InvalidValueError, match=r"UTF-8, got 'folder:ph\\xf6to'"):
        parse_address("folder", os.fsdecode(b"ph\xf6to"))
