"""Options of a source's address, as a plugin reads them."""

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError
from zoo_core.plugin_api import parse_address_options

VALUES = st.text(min_size=1).filter(lambda value: "&" not in value)


@given(st.dictionaries(st.sampled_from(["target", "drop", "size"]), VALUES))
def test_options_are_read_as_they_were_written(options):
    """Also values with ``=``, ``+`` and ``%20``, which are names of columns and paths."""
    text = "&".join(f"{key}={value}" for key, value in options.items())
    assert parse_address_options("csv:x", text, ["target", "drop", "size"]) == options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targte=y", "data set 'csv:x' has no option 'targte'"),
        ("target=", "has no value for 'target'"),
        ("target", "has no value for 'target'"),
        ("target=a&target=b", "has the option 'target' twice"),
        ("target=a&", "has no option ''"),
    ],
)
def test_wrong_options_are_refused(text, message):
    with pytest.raises(InvalidValueError, match=message):
        parse_address_options("csv:x", text, ["target"])
