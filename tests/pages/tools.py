"""Programs that the functions of `session.sh` call: ``python tools.py NAME ARGUMENT…``."""

import contextlib
import importlib
import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

NUMBER = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?")
ANY_NUMBER = r"[\d.,]+(?:e[+-]?\d+)?"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+\S*")


def compare(output: str, expected: str) -> None:
    """Check that the lines of a text are in the output, in their order.

    Numbers and white space may differ, `…` is any text, an indented line continues the one above
    it, and lines that the page does not show may be between others.
    """
    rest = " ".join(Path(output).read_text(encoding="utf-8").split())
    for line in re.split(r"\n(?! )", expected):
        match = re.search(_pattern(line), rest)
        if not match:
            sys.exit(f"the output lacks, below the lines before it: {line}")
        rest = rest[match.end() :]


def _pattern(line: str) -> str:
    """Return the regular expression of a line of output."""
    text = " ".join(re.sub(r"@sha256:[0-9a-f]+|/home/me/", "…", line).split())
    parts = (ANY_NUMBER.join(map(re.escape, NUMBER.split(part))) for part in text.split("…"))
    return ".*?".join(parts)


def toml(text: str) -> None:
    """Check that a text is TOML."""
    tomllib.loads(text)


def json_(text: str) -> None:
    """Check that a text is JSON."""
    json.loads(text)


def parse(language: str, text: str) -> None:
    """Check a block that is not run: its syntax, and the options of its commands of zoo."""
    if language == "python":
        compile(text, "block", "exec")
    elif language in ("sh", "console"):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)
        for arguments in zoo_commands(text, prompt="$ " if language == "console" else ""):
            parse_command(*arguments)


def zoo_commands(text: str, prompt: str = "") -> Iterator[list[str]]:
    """Yield the arguments of each command of zoo in a text, also those started by torchrun."""
    for line in text.replace("\\\n", " ").splitlines():
        words = shlex.split(line.removeprefix(prompt), comments=True)
        for name in ("zoo", "zoo_core"):
            if name in words and line.startswith(prompt):
                yield words[words.index(name) + 1 :]
                break


def parse_command(*arguments: str) -> None:
    """Parse a command of zoo without running it; an error of usage ends the program."""
    import click

    from zoo_core.cli.main import run

    click.Command.invoke = lambda command, context: None  # type: ignore[method-assign]
    if run([*arguments]):
        sys.exit(f"zoo {shlex.join(arguments)}: this command cannot be parsed")


def serve(*command: str) -> None:
    """Start a server, request its page, and interrupt it."""
    # A shell lets processes in the background ignore the signal, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, text=True, stderr=subprocess.STDOUT, stdout=-1) as process:
        try:
            address = next(filter(None, map(ADDRESS.search, process.stdout)))[0]
            print(address, _request(address), "bytes")
        finally:
            process.send_signal(signal.SIGINT)
            print(process.stdout.read())
    if process.returncode not in (0, 130, -signal.SIGINT):
        sys.exit(f"{shlex.join(command)}: exit code {process.returncode}")


def interrupt(folder: str, *command: str) -> None:
    """Start a training into a folder, and interrupt it after an epoch."""
    metrics = Path(folder, "metrics.jsonl")
    with subprocess.Popen(command) as process:
        while process.poll() is None and not (metrics.exists() and metrics.read_bytes()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
    if process.returncode == 0:
        sys.exit(f"{shlex.join(command)}: expected a training that is interrupted, but it ended")


def _request(address: str) -> int:
    """Return the size of a page, once its server listens."""
    while True:
        try:
            with urllib.request.urlopen(address) as response:
                return len(response.read())
        except urllib.error.URLError as exc:
            if not isinstance(exc.reason, ConnectionRefusedError):
                raise
            time.sleep(0.1)  # because some servers print their address before they listen


def images(folder: str, count: str, start: str = "0") -> None:
    """Write some digits of MNIST's test split into a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for number in range(int(start), int(start) + int(count)):
        _write_image("zoo_mnist.mnist:load", number, Path(folder, f"{number}.png"))


def image(file: str) -> None:
    """Write one digit, the format of which follows from the suffix."""
    example("zoo_mnist.mnist:load", file)


def example(loader: str, file: str) -> None:
    """Write the first test image of a data set."""
    _write_image(loader, 0, Path(file))


def _write_image(loader: str, number: int, path: Path) -> None:
    from PIL import Image

    module, _, function = loader.partition(":")
    dataset = getattr(importlib.import_module(module), function)()
    Image.fromarray(dataset.splits["test"].inputs[number, 0]).save(path)


def pip(command: str, *arguments: str) -> None:
    """Install packages like pip, without a build and without the network.

    Folders are linked into ``PAGE_SITE``. Packages of this repository, and of a package index, must
    be installed already.
    """
    assert command == "install", f"the pages' pip cannot {command}"
    for folder in (each.partition("[")[0] for each in arguments if each[0] in "./"):
        if Path(folder, "pyproject.toml").exists():
            _link(Path(folder), Path(os.environ["PAGE_SITE"]))
        elif not [*Path(os.environ["PAGE_ROOT"]).glob(f"{folder}/pyproject.toml".lstrip("./"))]:
            sys.exit(f"{folder}: expected the folder of a package")


def _link(folder: Path, site: Path) -> None:
    """Install the package of a folder as editable."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    package = project["name"].replace("-", "_")
    with contextlib.suppress(FileExistsError):
        (site / package).symlink_to((folder / package).absolute())
    info = site / f"{package}-{project['version']}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    fields = {"Name": "name", "Version": "version", "License-Expression": "license"}
    lines = [f"{field}: {project[key]}" for field, key in fields.items() if key in project]
    (info / "METADATA").write_text("\n".join(["Metadata-Version: 2.4", *lines, ""]))
    points = project.get("entry-points", {})
    groups = ((f"[{group}]", *map(" = ".join, names.items())) for group, names in points.items())
    (info / "entry_points.txt").write_text("\n".join([*itertools.chain(*groups), ""]))
    url = {"url": folder.absolute().as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(url))


PROGRAMS = {
    program.__name__.rstrip("_").replace("_", "-"): program
    for program in (
        compare,
        toml,
        json_,
        parse,
        parse_command,
        serve,
        interrupt,
        images,
        image,
        example,
        pip,
    )
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
