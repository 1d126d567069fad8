"""The lock of a run: two processes never train in one folder."""

import os
import signal
from pathlib import Path

import pytest

from tests.training.test_resume import PAUSING
from zoo_core.errors import DataError
from zoo_core.filenames import CARD, RUN_LOCK
from zoo_core.training.run_folder import locked_run

COMMAND = ("train", "softmax", "--out", "run", "--epochs", "4", "--checkpoint-every", "0")
RESUME = ("train", "--resume", "run")


@pytest.fixture
def training(spawn, site, write_plugin, tmp_path, monkeypatch):
    """Return a function that starts `zoo` and waits until it pauses after its second epoch."""
    monkeypatch.chdir(tmp_path)
    write_plugin(site, "zoo-pausing", PAUSING)

    def start(*command):
        process = spawn("-m", "zoo_core", *command, site=site, env={"PAUSE_AFTER": "2"})
        while (line := process.stdout.readline()) != "paused\n":
            assert line, process.stderr.read()
        return process

    return start


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_second_process_is_refused_until_the_first_ends(training, cli, number):
    with training(*COMMAND) as first:
        second = cli(*RESUME)
        assert second.code == 1
        (line,) = second.err.splitlines()
        assert f"another process trains in run: process {first.pid} on " in line
        first.send_signal(number)
        first.communicate()
    assert cli(*RESUME).code == 0
    assert Path("run", CARD).exists()


def test_lock_is_released_with_the_block(tmp_path):
    held = pytest.raises(DataError, match=f"process {os.getpid()} on ")
    with locked_run(tmp_path), held, locked_run(tmp_path):
        raise AssertionError
    with locked_run(tmp_path):
        pass
    assert (tmp_path / RUN_LOCK).read_text() == ""


def test_folder_without_locks_costs_a_warning(tmp_path, capsys, monkeypatch):
    from filelock import FileLock

    def refuse(self, *_, **__):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with locked_run(tmp_path):
        pass
    assert "cannot be locked (Operation not supported)" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes to read-only folders")
def test_read_only_folder_costs_a_warning(tmp_path, capsys):
    tmp_path.chmod(0o500)
    with locked_run(tmp_path):
        pass
    assert "cannot be locked" in capsys.readouterr().err
