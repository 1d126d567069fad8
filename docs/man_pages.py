"""Manual pages and completion scripts, made from the commands.

``python docs/man_pages.py`` writes those of the installed plugins into the folders ``share`` of
their packages, from which wheels install them: `man zoo-train` then works in an environment.
"""

# Not click-man, because its pages have neither examples nor sections of options, and contain the
# date: every build would change them.

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import get_completion_class

from zoo_core.cli.help.top_help import EXAMPLES, OPTIONS, SUMMARY, grouped
from zoo_core.cli.help.zoo_command import ZooCommand
from zoo_core.cli.main import zoo
from zoo_core.installation.installed import installed_rows
from zoo_core.system.environment import VARIABLES

ROOT = Path(__file__).parents[1]

COMPLETIONS = {
    "bash": "share/bash-completion/completions/zoo",
    "zsh": "share/zsh/site-functions/_zoo",
    "fish": "share/fish/vendor_completions.d/zoo.fish",
}
"""Shell -> path of its completion script, where the shell looks for it."""

LINE_LENGTH = 72
"""Maximum length of a line of text, without its escapes."""

EXIT_CODES = {
    "0": "Success.",
    "1": "Failure.",
    "2": "An invalid option, argument or value.",
    "3": "An unknown or ambiguous name.",
    "4": "A required plugin that is not usable.",
    "5": "A failed check: content differs from its checksum, card or score.",
    "130": "An interrupted command.",
}


def generated_files() -> dict[Path, str]:
    """Return the files of zoo-core and of the installed plugins of this repository."""
    rows = installed_rows()["commands"]
    own = [row for row in rows if row["plugin"] == "zoo-core"]
    files = {ROOT / path: completion_script(shell) for shell, path in COMPLETIONS.items()}
    files[_path("zoo-core", "zoo")] = main_page(own)
    for row in rows:
        if (ROOT / "plugins" / row["plugin"]).is_dir() or row in own:
            files[_path(row["plugin"], f"zoo-{row['name']}")] = command_page(row)
    return files


def _path(plugin: str, page: str) -> Path:
    folder = ROOT if plugin == "zoo-core" else ROOT / "plugins" / plugin
    return folder / "share" / "man" / "man1" / f"{page}.1"


def completion_script(shell: str) -> str:
    """Return what `zoo completion SHELL` prints."""
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(zoo, {}, "zoo", "_ZOO_COMPLETE").source()


def main_page(rows: list[dict[str, Any]]) -> str:
    """Return the page zoo(1) with the core's own commands."""
    lines = [*_head("zoo", SUMMARY), ".B zoo", r"[\fIOPTIONS\fR] [\fICOMMAND\fR] [\fIARGS\fR]..."]
    lines += [".SH DESCRIPTION", *_paragraphs(f"{SUMMARY} Plugins add models and commands.")]
    lines += [".SH COMMANDS"]
    for heading, commands in grouped(rows):
        lines += [f".SS {_text(heading)}"]
        for row in commands:
            lines += [".TP", rf".BR zoo\-{_text(row['name'])} (1)", *_lines(row["summary"])]
    lines += [".SH OPTIONS", *_definitions(OPTIONS.items())]
    lines += [".SH EXIT STATUS", *_definitions(EXIT_CODES.items())]
    variables = ((name, f"{effect[0].upper()}{effect[1:]}.") for name, effect in VARIABLES.items())
    lines += [".SH ENVIRONMENT", *_definitions(variables)]
    examples = {f"{text[0].upper()}{text[1:]}": line for line, text in EXAMPLES.items()}
    return _page([*lines, *_examples(examples)], also=["train", "predict", "list"])


def command_page(row: dict[str, Any]) -> str:
    """Return the page of a command, with the sub-commands of a group."""
    command = zoo.get_command(click.Context(zoo), row["name"])
    assert isinstance(command, ZooCommand)
    with click.Context(zoo, info_name="zoo", help_option_names=["-h", "--help"]) as root:
        context = click.Context(command, root, row["name"])
        lines = [*_head(f"zoo-{row['name']}", row["summary"]), *_synopsis(command, context)]
        lines += [".SH DESCRIPTION", *_paragraphs(command.help or "")]
        lines += _options(command, context)
        examples = dict(command.examples)
        if isinstance(command, click.Group):
            lines += [".SH COMMANDS"]
            for name, each in sorted(command.commands.items()):
                if not each.hidden and isinstance(each, ZooCommand):
                    lines += _sub_command(each, click.Context(each, context, name))
                    examples |= each.examples
    return _page([*lines, *_examples(examples)], also=[""])


def _sub_command(command: ZooCommand, context: click.Context) -> Iterator[str]:
    yield f".SS {_text(context.command_path)}"
    yield from _synopsis(command, context)
    yield from _paragraphs(command.help or "")
    for _, records in command.option_sections(context):
        yield from _definitions(records)


def _head(name: str, summary: str) -> list[str]:
    described = f"{summary[0].lower()}{summary[1:].rstrip('.')}"
    return [
        f'.TH "{_text(name.upper())}" "1" "" "zoo" "User Commands"',
        ".nh",  # no hyphens, which would break names
        ".ad l",
        ".SH NAME",
        rf"{_text(name)} \- {_text(described)}",
        ".SH SYNOPSIS",
    ]


def _synopsis(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = command.collect_usage_pieces(context)
    yield f".B {_text(context.command_path)}"
    yield " ".join(rf"\fI{_text(piece)}\fR" for piece in pieces)


def _options(command: ZooCommand, context: click.Context) -> Iterator[str]:
    yield ".SH OPTIONS"
    for heading, records in command.option_sections(context):
        if command.sections:
            yield f".SS {_text(heading)}"
        yield from _definitions(records)


def _definitions(records: Any) -> Iterator[str]:
    for term, text in records:
        yield from (".TP", rf"\fB{_text(term)}\fR", *_lines(text))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text):
        yield from (".PP", *_lines(" ".join(paragraph.split())))


def _examples(examples: dict[str, str]) -> Iterator[str]:
    yield ".SH EXAMPLES"
    for purpose, line in examples.items():
        yield from (".PP", f"{_text(purpose)}:", ".PP", ".RS 4", ".nf")
        yield from (rf"\fB{_text(line)}\fR", ".fi", ".RE")


def _page(lines: list[str], also: list[str]) -> str:
    names = [rf"zoo\-{name}" if name else "zoo" for name in also]
    references = [f".BR {name} (1)," for name in names]
    references[-1] = references[-1].removesuffix(",")
    note = r".\" Made by docs/man_pages.py."
    page = "\n".join([note, *lines, ".SH SEE ALSO", *references, ""])
    return re.sub(r"^(\.S[HS] .*)\n\.PP$", r"\1", page, flags=re.MULTILINE)  # a heading begins one


def _lines(text: str) -> Iterator[str]:
    return map(_text, textwrap.wrap(text, LINE_LENGTH, break_on_hyphens=False))


_ESCAPES = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}


def _text(text: str) -> str:
    """Return text with the characters that troff would interpret or replace escaped."""
    escaped = "".join(_ESCAPES.get(char, char) for char in text)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


def main() -> None:
    """Write the files."""
    for path, text in generated_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
