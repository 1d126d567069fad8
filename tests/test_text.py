"""Text of other people: control characters, secrets of URLs, shell commands, Markdown."""

import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings, strategies as st

from zoo_core.errors import DataError, choose_from
from zoo_core.text import (
    code_span,
    encodable,
    markdown_text,
    mask_secrets,
    printable,
    rewrite_texts,
    same_text,
    shell_command,
)

ACTIVE = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode categories of characters that act on a terminal, or that UTF-8 cannot encode."""

BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(alphabet=st.characters()))
@example("a\x1b[2J\r\b\x7f\x9b\u202e\u2028\udcff\ud800\n")
def test_printable_text_has_no_active_characters(text):
    result = printable(text)
    assert not {unicodedata.category(char) for char in result} & ACTIVE
    assert not {unicodedata.bidirectional(char) for char in result} & BIDIRECTIONAL
    assert printable(result) == result
    encodable(text).encode()


@pytest.mark.parametrize(
    "text",
    ["猫", "قط", "می\u200cخواهم", "👨\u200d👩\u200d👧", "a\xa0b\u3000c", "cafe\u0301", "❤\ufe0f"],
)
def test_printable_keeps_text_of_any_language(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\x1b[31m", r"a\x1b[31m"), ("\u202egpj", r"\u202egpj"), ("bad\udcff", r"bad\xff")],
)
def test_printable_shows_escapes(text, expected):
    assert printable(text) == expected


MASKED = {
    "https://user:secret@host/x": "https://user:***@host/x",
    "https://user:s@cret@host/x": "https://user:***@host/x",
    "https://user:secr/et@host/x": "https://user:***@host/x",
    "https://secret@host/x": "https://***@host/x",
    "https://host/x?token=secret&page=2": "https://host/x?token=***&page=2",
    "s3://b/k?a=1&X-Amz-Signature=secret#t": "s3://b/k?a=1&X-Amz-Signature=***#t",
    "s3://KEY:secret@bucket/x": "s3://KEY:***@bucket/x",
    "https://h/x#access_token=secret": "https://h/x#access_token=***",
    "('https://u:secret@h'), then http://v:secret@w": "('https://u:***@h'), then http://v:***@w",
    "postgresql+psycopg2://u:secret@h/db?sslmode=require": (
        "postgresql+psycopg2://u:***@h/db?sslmode=require"
    ),
}


@pytest.mark.parametrize("text", MASKED)
def test_secrets_of_urls_are_masked(text):
    assert mask_secrets(text) == MASKED[text]


@pytest.mark.parametrize(
    "text",
    ["https://host:8080/a@b", "https://hub/model@main?size=3", "user:pw@host", "folder:a?key=b"],
)
def test_text_without_secrets_is_unchanged(text):
    assert mask_secrets(text) == text


def test_errors_contain_no_secret():
    error = DataError("https://u:secret@h failed", hint="See https://h?token=secret")
    assert "secret" not in f"{error} {error!r} {error.args}"


WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.binary(max_size=6).map(lambda raw: raw.replace(b"\0", b"").decode(errors="surrogateescape")),
)
"""Text, and bytes that are not UTF-8 as Python represents them."""


@settings(max_examples=50, deadline=None)  # each starts a shell
@given(st.lists(WORDS, min_size=1, max_size=4))
@example(["my photos", "a&b?$c", "it's", "-x", "", "\x1b[2J\n", "~", "\udcff0"])
def test_shell_command_gives_bash_the_words(words):
    script = f"printf '%s\\0' {shell_command(*words)}"
    assert script.isprintable() or "\\" not in script
    done = subprocess.run(
        ["bash", "-c", script.encode(errors="surrogateescape")], capture_output=True, check=True
    )
    expected = [word.encode(errors="surrogateescape") for word in words]
    assert done.stdout.split(b"\0")[:-1] == expected


def test_path_with_hyphen_is_no_option():
    assert shell_command("zoo", "predict", Path("-run")) == "zoo predict ./-run"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("café", "cafe\u0301", True),
        ("CNN", "cnn", True),
        ("Straße", "STRASSE", True),
        ("a", "b", False),
    ],
)
def test_same_text_ignores_case_and_normalization(first, second, expected):
    assert same_text(first, second) is expected


@pytest.mark.parametrize(
    ("name", "known", "words"),
    [
        ("cafe\u0301", "café", "only in Unicode normalization."),
        ("MNIST", "mnist", "only in case."),
        ("CAFE\u0301", "café", "only in Unicode normalization and case."),
    ],
)
def test_unknown_name_that_looks_the_same_says_how_it_differs(name, known, words):
    assert words in choose_from(name, [known, "other"])


def test_code_span_is_not_ended_by_its_text():
    assert code_span("a`b``c") == "```a`b``c```"
    assert code_span("`") == "`` ` ``"
    assert "\n" not in code_span("a\n\n# b")


@pytest.mark.parametrize("text", ["<script>", "a|b", "[x](http://y)", "*a*", "`a`", "&lt;"])
def test_markdown_text_is_no_markup(text):
    pytest.importorskip("markdown_it")
    from markdown_it import MarkdownIt

    html = MarkdownIt("gfm-like", {"linkify": False}).render(
        f"| a | b |\n|---|---|\n| {markdown_text(text)} | 1 |"
    )
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<td>{escaped}</td>\n<td>1</td>" in html


def test_rewritten_json_has_no_number_that_json_lacks():
    value = {"a\n": [1, float("nan"), (True, "b\n")], "c": float("-inf")}
    assert rewrite_texts(value, printable) == {"a\\n": [1, None, [True, "b\\n"]], "c": None}
