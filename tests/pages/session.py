"""A page as a session of a shell: its blocks are typed in order, in an empty folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.pages.script import make_script, read_blocks

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OFFLINE = ROOT / "tests" / "toy"
"""Folder of the `sitecustomize.py` that refuses connections to other machines."""


def type_page(page: Path, folder: Path, *, installs: bool = False) -> str:
    """Type the blocks of a page in an empty folder, and return the messages about a failure.

    Args:
        page: the Markdown file.
        folder: an empty folder, which is the working directory and `HOME` of the session.
        installs: run pip, with the network, instead of linking packages into the session.
    """
    script = folder.with_suffix(".sh")
    script.write_text(f"source {HERE}/session.sh; " + make_script(read_blocks(page)))
    environment = _environment(page, folder) | ({} if installs else _linked(folder))
    command = ["bash", "--noprofile", "--norc", script]
    pipes = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    done = subprocess.run(command, cwd=folder, env=environment, text=True, check=False, **pipes)
    return "" if done.returncode == 0 else done.stderr or f"{page}: exit code {done.returncode}"


def _environment(page: Path, folder: Path) -> dict[str, str]:
    """Return the variables of a reader's shell, and none of this process but the path."""
    kept = re.compile(r"PATH|LANG|TMPDIR|PIP_\w+|\w+_proxy", re.IGNORECASE)
    return {name: value for name, value in os.environ.items() if kept.fullmatch(name)} | {
        "HOME": str(folder),
        "OMP_NUM_THREADS": "1",  # because pages are typed in parallel
        "ZOO_HOME": str(folder.with_suffix(".home")),
        "PAGE": str(page.relative_to(ROOT) if page.is_relative_to(ROOT) else page),
        "PAGE_ROOT": str(ROOT),
        "PAGE_OUTPUT": str(folder.with_suffix(".txt")),
        "PAGE_PYTHON": sys.executable,
        "PAGE_TOOLS": str(HERE / "tools.py"),
        **_clone_of(ROOT),
    }


def _clone_of(root: Path) -> dict[str, str]:
    """Return the variables with which git clones a folder instead of the public address."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{root.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/zoo-authors/zoo",
    }


def _linked(folder: Path) -> dict[str, str]:
    """Return the variables of a session without a network that uses the installed packages."""
    site = folder.with_suffix(".site")
    site.mkdir()
    commands = Path(sys.executable).parent
    return {
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PAGE_SITE": str(site),
        "PYTHONPATH": f"{site}{os.pathsep}{OFFLINE}",
        "ZOO_TEST_LOOPBACK": "1",
    }
