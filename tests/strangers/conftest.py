"""A stranger's package, installed beside zoo: nothing in the core refers to it."""

import shutil
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent / "zoo_ordinal" / "zoo_ordinal"

KILLER = """
import os, signal
from zoo_core import hookimpl

@hookimpl
def zoo_epoch_end(run, epoch):
    if epoch == int(os.environ.get("KILL_AFTER", 0)):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def strangers(tmp_path, write_plugin):
    """Return a folder with zoo-ordinal, and with a plugin that kills its process on request."""
    folder = tmp_path / "strangers"
    shutil.copytree(PACKAGE, folder / "zoo_ordinal", ignore=shutil.ignore_patterns("__pycache__"))
    write_plugin(folder, "zoo-ordinal", None, module="zoo_ordinal.plugin")
    write_plugin(folder, "zoo-killer", KILLER)
    return folder


@pytest.fixture
def zoo(cli, strangers):
    """Return a function that runs `zoo` with zoo-ordinal, in a forked process."""

    def run(*arguments, **variables):
        plugins = {"ZOO_PLUGINS": "zoo-ordinal,zoo-numpy,zoo-torch,zoo-tune", **variables}
        return cli(*arguments, env=plugins, site=strangers)

    return run


@pytest.fixture
def killed(run_process, strangers):
    """Return a function that trains, and is killed after an epoch."""

    def run(*arguments, after):
        plugins = {
            "ZOO_PLUGINS": "zoo-ordinal,zoo-numpy,zoo-torch,zoo-killer",
            "KILL_AFTER": str(after),
        }
        done = run_process("-m", "zoo_core", *arguments, env=plugins, site=strangers)
        assert done.code < 0, done.err

    return run
