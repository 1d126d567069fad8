"""Markdown pages as bash scripts: the blocks of a page, typed one after the other.

A line of a script has the number of its line in the page, so that messages of bash name the place.

| block | what becomes of it |
| --- | --- |
| `sh` | commands, which must succeed |
| `text` directly below `sh` | lines of their output; see `tools.compare` |
| `console` | commands after `$ `, each with its output below it |
| `python` | a program, which must succeed |
| `toml`, `json` | must be valid |
| any, below a line with nothing but a path in backticks | a file with this content |

Two comments change that. `<!-- not run: REASON -->` above a block: its commands are only parsed. A
comment that begins with a line `<!-- setup` contains commands that a reader does not need, such as
`image digit.png`; `<!-- setup python` is put in front of the next Python block.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

LANGUAGES = ("sh", "console", "python", "toml", "json", "csv", "text")
COMMENT = re.compile(r"<!-- (not run: .*?|setup(?: python)?)(?:\n(.*))? ?-->\s*", re.DOTALL)
PATH = re.compile(r"`([\w./-]+\.\w+)`")


@dataclass(frozen=True)
class Block:
    """A fenced block, or a comment with commands.

    Attributes:
        line: number of the line above its content, from 0.
        language: one of `LANGUAGES`, or `setup` or `setup python`.
        lines: its content.
        file: path of the file that it is, or empty.
        reason: reason not to run it, or empty.
        is_output: whether commands are directly above it.
    """

    line: int
    language: str
    lines: tuple[str, ...]
    file: str = ""
    reason: str = ""
    is_output: bool = False

    @property
    def kind(self) -> str:
        """Use of the block: `file`, `output`, `data`, `not run`, or its language."""
        if self.reason:
            return "not run"
        if self.file:
            return "file"
        if self.language in ("text", "csv"):
            return "output" if self.is_output else "data"
        return self.language


def read_blocks(page: Path) -> list[Block]:
    """Return the blocks of a page in their order."""
    return [*_iter_blocks(page.read_text(encoding="utf-8"))]


def _iter_blocks(text: str) -> Iterator[Block]:
    reason = file = above = opened = ""
    for token in MarkdownIt().enable("table").parse(text):
        line = token.map[0] if token.map else 0
        if token.type == "fence":
            lines = tuple(token.content.splitlines())
            yield Block(line, token.info, lines, file, reason, is_output=above == "sh")
            reason, file, above = "", "", "" if reason else token.info
        elif comment := COMMENT.fullmatch(token.content) if token.type == "html_block" else None:
            if comment[2]:
                yield Block(line, comment[1], tuple(comment[2].splitlines()))
            else:
                reason = comment[1].removeprefix("not run: ").strip()
        elif token.type == "inline":
            path = PATH.fullmatch(token.content) if opened == "paragraph_open" else None
            file, above = path[1] if path else "", ""
        opened = token.type


def make_script(blocks: list[Block]) -> str:
    """Return the bash script that types the blocks of a page."""
    lines: dict[int, str] = {}
    for block in blocks:
        compiled = _compile(block)
        lines.update(zip(range(block.line, block.line + len(compiled)), compiled, strict=True))
    return "".join(f"{lines.get(number, '')}\n" for number in range(max(lines, default=0) + 1))


def _compile(block: Block) -> list[str]:
    """Return the lines of a block in the script, with those of its fences."""
    match block.kind:
        case "sh" | "setup":
            return ["{ :", *block.lines, '} &> "$output"; succeeded']
        case "console":
            return ["", *_transcripts(block.lines)]
        case "data":
            return []
        case "not run":
            return _call(f"parse {block.language}", block.lines)
        case "file":
            return _call(f"file {block.file}", block.lines)
        case kind:
            return _call(kind.replace(" ", "_"), block.lines)


def _call(function: str, lines: tuple[str, ...]) -> list[str]:
    """Return the call of a function with a text of some lines."""
    return [f"block_{function} '", *map(_quote, lines), "'"]


def _transcripts(lines: tuple[str, ...]) -> Iterator[str]:
    """Yield a call for each command with its output."""
    end, continues = "", False
    for line in lines:
        if line.startswith("$ ") or continues:
            start = "" if continues else f"{end}block_transcript '"
            continues = line.endswith("\\")
            yield start + _quote(line.removeprefix("$ ")) + ("" if continues else "' '")
            end = "'; "
        else:
            yield _quote(line)
    yield "'"


def _quote(line: str) -> str:
    return line.replace("'", "'\\''")
