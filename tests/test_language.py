"""Language of docstrings, comments, messages and pages: rules 1, 3 and 4 of CONTRIBUTING.md.

Rule 1: a docstring begins with a verb or a noun phrase. ruff's D401 checks the verbs of functions;
the test rejects clauses ("What …", "Whether …").
Rule 3: code is called, returns, raises, sends and stores; it does not hear, tell or know.
Rule 4: "per head", "at most 3", "is not a model".

``python tests/test_language.py PATH…`` lists the faults of files and folders.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SUFFIXES = (".py", ".py.txt", ".md", ".md.txt", ".html", ".toml", ".yml", ".cff")

CLAUSE = re.compile(r"(What|Which|Who|Whose|How|Whether|Where|That|From what|Of what)\b", re.ASCII)
"""Rule 1: first words that no docstring may have."""

COUNTED = (
    r"one|two|three|four|five|\d[\d,]*(?:\.\d+)?|bytes|classes|entry|files?|images?|labels?|lines?|models?|"
    r"module|numbers?|process|rows?|seconds|steps?|tensor|times|twice|value"
)
UNITS = (
    r"batch|block|channel|class|concept|epoch|example|file|folder|head|image|label|layer|line|"
    r"minute|model|process|row|second|seed|side|step|sub-folder|tag|trial|worker"
)
SENTENCES = {
    "rule 3": (
        r"\b(hears?|heard|tells?|told|telling)\b",
        r"(?<!you )(?<!who )(?<!authors )\b(knows|wants?|wanted|asks|says|said)\b",
        r"\b(models?|nets?|networks?|heads?|trainers?) (reads?|looks?|sees?)\b",
    ),
    "rule 4": (
        r"(?<!there )\bis no\b(?! longer| more| less)|\b(is|are) none\b",
        r"\b(is|are|was|were) due\b(?! to)",
        r"\bso (many|much|few)\b(?! \w+ (that|as)\b)[^.;]*\bat most\b",
        rf"\b({COUNTED}) an? ({UNITS})\b",
    ),
}
"""Rules 3 and 4: patterns that no sentence may contain."""

CODE = re.compile(r"`[^`]*`|https?://\S+")
"""Parts of a sentence that are not prose."""


def faults(path: Path) -> Iterator[str]:
    """Yield ``path:line: rule: excerpt`` for each fault in a file."""
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    docstrings, prose = _python(text) if path.suffix == ".py" else ([], _page(text))
    for line, docstring in docstrings:
        if CLAUSE.match(docstring):
            yield f"{name}:{line}: rule 1: {docstring.splitlines()[0]}"
    for line, sentence in prose:
        plain = CODE.sub("`…`", " ".join(sentence.split()))
        for rule, patterns in SENTENCES.items():
            for found in (match for each in patterns for match in re.finditer(each, plain, re.I)):
                excerpt = plain[max(0, found.start() - 40) : found.end() + 40]
                yield f"{name}:{line}: {rule}: …{excerpt}…"


def _python(text: str) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Return the docstrings, and all strings and comments, each with its line."""
    docstrings, prose = [], []
    parts_of_f_strings: set[ast.AST] = set()
    for node in ast.walk(ast.parse(text)):  # parents first
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node not in parts_of_f_strings:
                prose.append((node.lineno, node.value))
        elif isinstance(node, ast.JoinedStr):
            parts_of_f_strings.update(node.values)
            parts = (
                part.value if isinstance(part, ast.Constant) else "`…`" for part in node.values
            )
            prose.append((node.lineno, "".join(map(str, parts))))
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            match statement:  # the docstrings of constants and fields, too
                case ast.Expr(value=ast.Constant(value=str() as docstring)):
                    docstrings.append((statement.lineno, docstring.strip()))
    return docstrings, [*prose, *_comments(text)]


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield comments; those on consecutive lines are one, because a sentence may span them."""
    lines: list[str] = []
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if token.start[0] != last + 1:
                yield last, " ".join(lines)
                lines = []
            lines.append(token.string.lstrip("# "))
            last = token.start[0]
    yield last, " ".join(lines)


def _page(text: str) -> list[tuple[int, str]]:
    """Return the paragraphs and table rows of a page with their lines, without code and tags."""
    code = r"(?ms)^```.*?^```|<script.*?</script>|<style.*?</style>|<[^>]*>"
    prose = re.sub(code, lambda match: "\n" * match.group().count("\n"), text)
    paragraphs = re.finditer(r"(?:^(?!\s*$|\|).*\n?)+|^\|.*", prose, re.M)
    return [(prose.count("\n", 0, each.start()) + 1, each.group()) for each in paragraphs]


def _tracked(*paths: str) -> list[Path]:
    """Return the files below paths that contain prose; new files are included before a commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.splitlines() if name.endswith(SUFFIXES)]
    return [file for file in files if file.is_file() and file != Path(__file__)]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs git's list of files")
@pytest.mark.parametrize(
    "folder", ["zoo_core", "plugins", "tests", "benchmarks", "docs", "registry", ".github", "*.*"]
)
def test_prose_follows_language_rules(folder):
    files = _tracked(f":(glob){folder}" if "*" in folder else folder)
    assert files
    found = [fault for file in files for fault in faults(file)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("rule", "planted"),
    [
        ("rule 1", '"""What a model predicts."""'),
        ("rule 1", 'def f():\n    """How many rows there are."""'),
        ("rule 1", 'LIMIT = 3\n"""Whether there is a bar."""'),
        ("rule 3", 'def f():\n    """Call it when the trainer hears of a step."""'),
        ("rule 3", "x = 1  # the card says so"),
        ("rule 3", 'raise ValueError(f"the model reads {name}")'),
        ("rule 3", "# a comment that goes on\n# and tells the reader more\n"),
        ("rule 4", 'raise ValueError(f"{name} is no name")'),
        ("rule 4", 'raise ValueError(f"{size} bytes are due")'),
        ("rule 4", '"""Write one line an epoch."""'),
        ("rule 4", 'LIMIT = 3\n"""So many images are read at most."""'),
    ],
)
def test_planted_sentence_in_python_is_a_fault(tmp_path, rule, planted):
    (tmp_path / "planted.py").write_text(planted)
    assert [rule in fault for fault in faults(tmp_path / "planted.py")] == [True]


def test_planted_sentence_in_page_is_a_fault(tmp_path):
    page = (
        "# Title\n\n```\nzoo says\n```\n\nText.\n\n| file | the card says |\n\n`is no` is code.\n"
    )
    (tmp_path / "page.md").write_text(page)
    (fault,) = faults(tmp_path / "page.md")
    assert fault.startswith(f"{tmp_path / 'page.md'}:9: rule 3")


if __name__ == "__main__":
    rows = [fault for file in _tracked(*sys.argv[1:]) for fault in faults(file)]
    print(*rows, f"{len(rows)} faults", sep="\n")
