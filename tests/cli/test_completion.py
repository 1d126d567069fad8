"""Shell completion: in real shells, and its imports."""

import os
import select
import shutil
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="no pseudo-terminals on this platform")

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-c"],
}

SETUP = {
    "bash": 'eval "$(zoo completion bash)"',
    "zsh": 'autoload -Uz compinit && compinit -D; eval "$(zoo completion zsh)"',
    "fish": "zoo completion fish | source",
}

SHARE = Path(__file__).parents[2] / "share"

PACKAGED = {
    "bash": f"source {SHARE}/bash-completion/completions/zoo",
    "zsh": f"fpath=({SHARE}/zsh/site-functions $fpath); autoload -Uz compinit && compinit -D",
    "fish": f"set -p fish_complete_path {SHARE}/fish/vendor_completions.d",
}
"""Shell -> command that makes it find the completion file of the package."""

TIMEOUT = 600.0
"""Seconds until a shell is considered hung."""


@pytest.fixture(
    params=[
        shell if shell == "bash" else pytest.param(shell, marks=pytest.mark.slow)
        for shell in SHELLS
    ]
)
def shell(request):
    if not shutil.which(request.param):
        pytest.skip(f"not installed: {request.param}")
    return request.param


@pytest.fixture
def environment(toy_site):
    toy = Path(__file__).parents[1] / "toy"
    return {
        **os.environ,
        "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{toy}{os.pathsep}{toy_site}",
        "PYTHONSAFEPATH": "1",
        "TERM": "dumb",
        "PS1": "$ ",
    }


@pytest.fixture
def completed(shell, environment, tmp_path):
    """Return a function that returns True if the shell completes one line to another.

    The line is typed into bash and zsh as on a terminal; fish has a command that completes a line.
    """
    (tmp_path / "runs" / "softmax-1").mkdir(parents=True)

    def complete(begun, whole, setup=None):
        assert whole.startswith(begun) and whole != begun
        if shell == "fish":
            lines = complete_in_fish(begun, environment, tmp_path, setup or SETUP[shell])
            return any(line.startswith(whole) for line in lines)
        return whole in type_into(shell, begun, whole, environment, tmp_path, setup or SETUP[shell])

    return complete


def complete_in_fish(begun, environment, folder, setup):
    """Return the completions of a line in fish."""
    done = subprocess.run(
        [*SHELLS["fish"], f"{setup}; complete -C '{begun}'"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.stderr == ""
    words = begun.split(" ")[:-1]
    return [" ".join([*words, line.split("\t")[0]]) for line in done.stdout.splitlines()]


def type_into(shell, begun, whole, environment, folder, setup):
    """Type a line and a tab into a shell, and return what its terminal shows."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        SHELLS[shell],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=folder,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            read_until(ours, "$ ")
            os.write(ours, f"{setup}; echo re''ady\n".encode())
            read_until(ours, "ready")
            os.write(ours, f"{begun}\t".encode())
            return read_until(ours, whole)
        finally:
            process.kill()
            os.close(ours)


def read_until(terminal, wanted):
    """Return the output of a terminal until an expected text or the timeout."""
    shown, until = "", time.monotonic() + TIMEOUT
    while wanted not in shown and (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    return shown


@pytest.mark.parametrize(
    ("begun", "whole"),
    [
        ("zoo trai", "zoo train"),
        ("zoo train softmax-p", "zoo train softmax-pairs"),
        ("zoo train softmax --dataset toy-p", "zoo train softmax --dataset toy-pairs"),
        ("zoo train softmax --check", "zoo train softmax --checkpoint-every"),
        ("zoo list datasets --license CC", "zoo list datasets --license CC0-1.0"),
        ("zoo plugins inf", "zoo plugins info"),
        ("zoo plugins info zoo-co", "zoo plugins info zoo-core"),
        pytest.param(
            "zoo verify two-headed-mlp.d",
            "zoo verify two-headed-mlp.default",
            marks=pytest.mark.requires("zoo-registry", "zoo-two-headed"),
        ),
        ("zoo evaluate runs/so", "zoo evaluate runs/softmax-1"),
    ],
)
def test_shell_completes_names(completed, begun, whole):
    assert completed(begun, whole)


def test_shell_completes_with_file_of_package(shell, completed):
    assert completed("zoo train softmax-p", "zoo train softmax-pairs", PACKAGED[shell])


CODE = """
import sys
from zoo_core.cli.main import run
try:
    run([])
finally:
    tops = {name.partition(".")[0] for name in sys.modules}
    print([top for top in tops if top.startswith("zoo_") or top == "torch"])
"""


@pytest.mark.slow
@pytest.mark.parametrize("begun", ["zoo trai", "zoo train soft", "zoo plugins info zoo-t"])
def test_completion_reads_index_without_importing_plugins(cli, run_python, begun):
    assert cli("list").code == 0
    count = str(len(begun.split()) - 1)
    request = {"_ZOO_COMPLETE": "bash_complete", "COMP_WORDS": begun, "COMP_CWORD": count}
    *names, imported = run_python(CODE, env=request).splitlines()
    assert imported == "['zoo_core']"
    assert names and all(begun.split()[-1] in name for name in names)
