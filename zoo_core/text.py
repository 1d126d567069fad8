"""Text of other people, made safe to show: control characters, secrets in URLs, shell commands.

Names of files and classes, tags and messages come from others. Imports are deferred, because
`zoo list` imports this module.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from typing import Any

_LINE_SEPARATORS = "\x85\u2028\u2029"
_JOINERS = "\u200c\u200d"
"""Invisible characters that join or separate letters, in Persian, Hindi and composed emoji."""

_SECRET = r"token|key|secret|passw|pwd|auth|sig|credential|session"
"""Parts of the names of query parameters whose values are secrets."""

_USER_INFO = r"""(://)(?:([^\s/?#@:'"]*)(:[^\s/?#]*)?|([^\s@:/?#]+):(?!\d*[/?#])[^\s@]*)@"""
"""User and password in a URL; the second alternative is a password that should have been quoted."""

_PARAMETER = rf"""(?i)([?&;#][\w.~%-]*(?:{_SECRET})[\w.~%-]*=)[^&;#\s'"]+"""


_MARKUP = "\\`*[]<>|~&"
"""Characters that begin markup of Markdown inside a line; an underscore within a word does not."""


def printable(text: str) -> str:
    """Return text whose control characters, also bidirectional ones, are escapes."""
    if text.isprintable():
        return text
    return "".join(char if _is_shown(char) else _escape(char) for char in text)


def _is_shown(char: str) -> bool:
    if char.isspace():  # wide and no-break spaces, which `isprintable` refuses
        return char >= " " and char not in _LINE_SEPARATORS
    return char.isprintable() or char in _JOINERS


def _escape(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte that is not UTF-8, as Python represents it
        return f"\\x{ord(char) - 0xDC00:02x}"
    return repr(char)[1:-1]


def encodable(text: str) -> str:
    """Return text that UTF-8 can encode: bytes that are not UTF-8 are escapes."""
    if text.isprintable():
        return text
    return "".join(_escape(char) if "\ud800" <= char <= "\udfff" else char for char in text)


def mask_secrets(text: str) -> str:
    """Return text in which passwords, tokens and keys of URLs are ``***``."""
    if "://" not in text:
        return text
    import re

    return re.sub(_PARAMETER, r"\1***", re.sub(_USER_INFO, _mask_user, text))


def _mask_user(match: "re.Match[str]") -> str:
    user = match[2] or match[4] or ""
    # A user name alone may be a token, as in https://TOKEN@example.org.
    return f"{match[1]}{user}:***@" if match[3] or match[4] else f"{match[1]}***@"


def shown(text: str) -> str:
    """Return text for a terminal or a page: `printable`, without the secrets of URLs."""
    if text.isprintable() and "://" not in text:  # nearly always, for the thousands of `zoo list`
        return text
    return printable(mask_secrets(text))


def rewrite_texts(value: "Any", rewrite: "Callable[[str], str]") -> "Any":
    """Return a JSON value with every text rewritten, and null for numbers that JSON lacks."""
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        # Keys may be numbers, too, which `json.dumps` converts.
        return {rewrite_texts(k, rewrite): rewrite_texts(v, rewrite) for k, v in value.items()}
    return [rewrite_texts(v, rewrite) for v in value] if isinstance(value, list | tuple) else value


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is 1."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cell_width(text: str) -> int:
    """Return the columns that text takes on a terminal."""
    # Not rich's `cell_len`, because importing rich takes longer than `zoo list`.
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(char: str) -> int:
    from unicodedata import category, combining, east_asian_width

    if combining(char) or category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def natural_key(name: str) -> "list[str | int]":
    """Return the key that sorts ``best-3`` before ``best-10``."""
    import re

    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"(\d+)", name))]


def code_span(text: str) -> str:
    """Return text as a code span of Markdown, which no backtick or line break in it can end."""
    text, fence = shown(text), "`"
    while fence in text:
        fence += "`"
    # CommonMark removes one space on each side, which separates the text's own backticks.
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def markdown_text(text: str) -> str:
    """Return text for a paragraph or table of Markdown, with its markup and HTML inert."""
    return "".join(f"\\{char}" if char in _MARKUP else char for char in shown(text))


def shell_command(*words: object) -> str:
    """Return a command line to paste into a shell, with each word quoted where it must be.

    Args:
        words: text, or a path, which gets ``./`` before a hyphen, so that it is not an option.
    """
    return " ".join(map(_shell_word, words))


def _shell_word(word: object) -> str:
    import shlex

    text = str(word)
    if text.startswith("-") and not isinstance(word, str):
        text = f"./{text}"
    if text.isprintable():
        return shlex.quote(text)
    # Bash and zsh evaluate the escapes in $'…', so that the command has no control character.
    return "$'" + "".join(map(_ansi_c, text)) + "'"


def _ansi_c(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    if char.isprintable():
        return char
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "replace"
    return "".join(f"\\x{byte:02x}" for byte in char.encode(errors=errors))


def same_text(first: str, second: str) -> bool:
    """Return whether two names differ at most in case and Unicode normalization."""
    from unicodedata import normalize

    folded = (normalize("NFKC", normalize("NFKC", each).casefold()) for each in (first, second))
    return next(folded) == next(folded)


def difference(first: str, second: str) -> str:
    """Return how two names differ that look the same: a sentence, or an empty string."""
    from unicodedata import normalize

    if first == second or not same_text(first, second):
        return ""
    if first.casefold() == second.casefold():
        return "They differ only in case."
    exact = (normalize("NFKC", each) for each in (first, second))
    more = "" if next(exact) == next(exact) else " and case"
    return f"They differ only in Unicode normalization{more}."
