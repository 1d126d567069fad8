"""The tests with the marker ``gpu``, run by pytest in a separate process."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree

from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).parents[2]
MARK = "mark.gpu"


class Tests(BaseModel):
    """Outcome of the tests; one that runs out of time has no counts.

    Attributes:
        code: pytest's exit code; None if it ran out of time.
        counts: number of tests, failures, errors and skipped ones.
        seconds: wall time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: int | None
    counts: dict[str, int]
    seconds: float

    @property
    def passed_all(self) -> bool:
        return self.code == 0


def marked_files() -> list[Path]:
    """Return the test files with the marker ``gpu``.

    Only these are collected, because the others import what a machine with a GPU need not have.
    """
    folders = [ROOT / "tests", *sorted(ROOT.glob("plugins/*/tests")), ROOT / "registry" / "tests"]
    files = (path for folder in folders for path in sorted(folder.glob("**/test_*.py")))
    return [path for path in files if f"@pytest.{MARK}" in path.read_text(encoding="utf-8")]


def run_tests(budget: float) -> Tests:
    """Run the tests, for at most `budget` seconds."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "--color=no"]
        # Without the repository's own options, because those need pytest-xdist.
        command += ["-o", "addopts=--import-mode=importlib --strict-markers"]
        command += ["--junitxml", str(report), *map(str, marked_files())]
        try:
            code = subprocess.run(command, cwd=ROOT, check=False, timeout=budget).returncode
        except subprocess.TimeoutExpired:
            return Tests(code=None, counts={}, seconds=round(time.monotonic() - started, 1))
        counts = _counts(report) if report.exists() else {}
    return Tests(code=code, counts=counts, seconds=round(time.monotonic() - started, 1))


def _counts(report: Path) -> dict[str, int]:
    # It is pytest's own file, written a moment ago.
    suite = ElementTree.parse(report).find("testsuite")
    assert suite is not None
    return {name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")}
