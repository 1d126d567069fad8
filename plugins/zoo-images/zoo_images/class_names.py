"""Names of classes: which are accepted, and their order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from zoo_core.plugin_api import DataError, encodable, join_names, printable

# At most 300 digits, because Python refuses to parse thousands of them.
_INTEGER = re.compile("-?[0-9]{1,300}")


def in_class_order(names: Iterable[str]) -> list[str]:
    """Return the names of classes in the order of their labels.

    Integers are sorted by value, 9 before 10, if all names are integers; else all are sorted as
    text.
    """
    texts = sorted(names)
    if all(map(_INTEGER.fullmatch, texts)):
        return sorted(texts, key=int)
    return texts


def check_class_names(names: Collection[str], where: str) -> None:
    """Check that names can be stored in a card, shown, and distinguished.

    Args:
        names: names of the classes.
        where: description of the place with the names, for the error.

    Raises:
        DataError: a name is blank, is not UTF-8, has control characters, or differs from another
            one only in its Unicode form.
    """
    for name in names:
        if not name.strip():
            raise DataError(f"a class in {where} has a blank name", hint="Name it.")
        check_text(name, f"the name of a class in {where}")
    by_form: dict[str, str] = {}
    for name in names:
        other = by_form.setdefault(unicodedata.normalize("NFC", name), name)
        if other != name:
            raise DataError(
                f"the classes {other!a} and {name!a} in {where} have the same name in "
                "two Unicode forms",
                hint="Put their images into one class.",
            )


def check_text(text: str, what: str, *, control: bool = False) -> None:
    """Check that a name can be stored and shown.

    Args:
        text: the name.
        what: description of the name, for the error.
        control: accept control characters.

    Raises:
        DataError: it is not UTF-8, or has control characters.
    """
    if text.isprintable():
        return
    if encodable(text) != text:
        raise DataError(
            f"expected {what} in UTF-8, got '{encodable(text)}'", hint="Rename it in UTF-8."
        )
    if not control and printable(text) != text:
        raise DataError(
            f"expected {what} without control characters, got '{printable(text)}'",
            hint="Rename it.",
        )


def describe_similar(names: Iterable[str]) -> tuple[str, ...]:
    """Return a sentence for classes whose names differ only in case, or nothing."""
    by_case: dict[str, list[str]] = {}
    for name in names:
        by_case.setdefault(name.casefold(), []).append(name)
    # Not an error, because letters are classes of their own in data sets of characters.
    similar = [name for group in by_case.values() if len(group) > 1 for name in group]
    return (f"Some classes differ only in case: {join_names(similar)}.",) if similar else ()
