"""Output of commands: one JSON object, or facts; tables are in `zoo_core.cli.tables`.

Standard library only, because `zoo list` prints with it: see `zoo_core.plugins.index`.
"""

from __future__ import annotations

import json
import sys

from zoo_core.system.terminal import print_lines
from zoo_core.text import encodable, mask_secrets, rewrite_texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def print_json(report: dict[str, Any]) -> None:
    """Print a report as one JSON object on standard output, with the schema's number first."""
    report = {"schema": 1, **report}
    text = json.dumps(report)
    # Only then, because walking a long report takes longer than writing it.
    if any(mark in text for mark in _NOT_FOR_JSON):
        text = json.dumps(rewrite_texts(report, _for_json))
    sys.stdout.write(text + "\n")


_NOT_FOR_JSON = ("\\ud", "://", "NaN", "Infinity")
"""Parts of a report with text that UTF-8 cannot encode, a secret, or a number that JSON lacks."""


def _for_json(text: str) -> str:
    return mask_secrets(encodable(text))


def print_facts(facts: dict[str, Any]) -> None:
    """Print names and values on a line each; the entries of a dict are indented below its name."""
    width = max(map(len, facts))
    for key, value in facts.items():
        if isinstance(value, dict) and value:
            entries = (f"  {name}: {_as_text(item)}".rstrip() for name, item in value.items())
            lines = [key, *entries]
        else:
            lines = [f"{key.ljust(width)}  {_as_text(value)}".rstrip()]
        print_lines(*lines)


def _as_text(value: Any) -> str:
    """Return a value in words: ``a, b`` of a list, ``lr=0.1, model.width=16`` of a dict."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in _settings(value))
    if isinstance(value, list | tuple):
        between = "; " if any(isinstance(each, dict) for each in value) else ", "
        return between.join(map(_as_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _settings(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values as ``--set`` takes them: those of a dict below its name and a dot."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _settings(value, f"{prefix}{name}.")
        else:
            yield prefix + name, setting_text(value)


def setting_text(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
