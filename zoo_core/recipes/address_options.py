"""Options in the address of a data set, as in ``csv:houses.csv?target=price&drop=id``."""

from __future__ import annotations

from collections.abc import Collection

from zoo_core.errors import InvalidValueError, choose_from


def parse_address_options(name: str, text: str, known: Collection[str]) -> dict[str, str]:
    """Return the options of an address, in their order.

    Args:
        name: name of the data set, ``SOURCE:ADDRESS``, for errors.
        text: the options, ``KEY=VALUE`` with ``&`` between them; empty for none.
        known: names of the options of the source.

    Raises:
        InvalidValueError: an option is unknown, repeated or without a value.
    """
    # Not urllib.parse, which would decode "+" and "%20": paths and names of columns may have them.
    given: dict[str, str] = {}
    for part in text.split("&") if text else ():
        key, _, value = part.partition("=")
        if key not in known:
            hint = choose_from(key, known)
            raise InvalidValueError(f"data set {name!r} has no option {key!r}", hint=hint)
        if not value or key in given:
            problem = f"the option {key!r} twice" if key in given else f"no value for {key!r}"
            raise InvalidValueError(
                f"data set {name!r} has {problem}", hint="Write KEY=VALUE once."
            )
        given[key] = value
    return given
