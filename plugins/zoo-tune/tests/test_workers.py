"""Several workers on one study: if some are killed, no trial is lost or counted twice."""

import contextlib
import os
import re
import signal
import sys
import time
import urllib.request
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from zoo_core.installation.installed import load_catalog
from zoo_core.system.interrupts import Stop
from zoo_tune.search import make_search
from zoo_tune.workers.heartbeat import BEAT, StaleTrials
from zoo_tune.workers.trial_accounting import QUEUED, REASON, WORKER, counted_trials, give_up
from zoo_tune.workers.worker import Worker

ARGUMENTS = ["tune", "softmax", "--trials", "12", "--epochs", "60"]
LONG = [*ARGUMENTS[:-1], "300"]
"""Arguments of a search whose trials are still running when a signal arrives."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-tune")


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "studies" / "softmax" / "journal.log"


def trials_in(journal, name="softmax"):
    """Return the trials of a study, without the lock that workers hold."""
    if not journal.exists() or not journal.stat().st_size:
        return []
    try:
        storage = JournalStorage(JournalFileBackend(str(journal)))
        return optuna.load_study(study_name=name, storage=storage).trials
    except KeyError:
        return []


def ended(journal):
    return {t.number: t.value for t in counted_trials(trials_in(journal)) if t.state.is_finished()}


def at_work(journal):
    """Return the processes of the running trials."""
    running = [t for t in trials_in(journal) if t.state == TrialState.RUNNING]
    owners = [t.user_attrs[WORKER] for t in running if WORKER in t.user_attrs]
    return [int(owner.rpartition(":")[2]) for owner in owners]


def wait_for(condition, seconds=600):
    end = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < end, "timeout"
        time.sleep(0.02)
    return result


def hold(journal, count):
    """Stop `count` processes in the middle of their trials, and return their ids.

    A stopped process is still training when it is killed, however short its trial. No process is
    stopped while it holds the journal's lock, because the others would then wait for it.
    """
    held = []
    lock = journal.with_name(f"{journal.name}.lock")

    def look():
        with contextlib.suppress(FileNotFoundError):
            found = os.lstat(lock)
            return found.st_ino, found.st_ctime_ns
        return None

    def has_lock():
        first, until = look(), time.monotonic() + 0.5
        while look() == first is not None:  # the others acquire and release it
            if time.monotonic() > until:
                return True
        return False

    def enough():
        for pid in set(at_work(journal)).difference(held):
            if len(held) == count:
                break
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.02)
            if not has_lock() and pid in at_work(journal):
                held.append(pid)
            else:
                os.kill(pid, signal.SIGCONT)
        return len(held) >= count

    try:
        wait_for(enough)
    except AssertionError:
        for pid in held:
            os.kill(pid, signal.SIGKILL)
        raise
    return held


def check_whole(journal, before, count=12):
    """Check that a study has `count` trials, among them those in `before`."""
    after = ended(journal)
    assert before.items() <= after.items()
    assert len(after) == count
    assert not at_work(journal)
    # Operation 6 sets a state, 0 is RUNNING: each trial is finished exactly once.
    states = [line for line in journal.read_bytes().splitlines() if b'"op_code":6' in line]
    ends = [line for line in states if b'"state":0' not in line]
    assert len(ends) == len(trials_in(journal))


@pytest.mark.slow
def test_workers_finish_study_after_two_are_killed(spawn, journal):
    with spawn("-m", "zoo_core", *ARGUMENTS, "--workers", "4") as process:
        wait_for(lambda: len(ended(journal)) >= 2)
        pids = hold(journal, 2)
        before = ended(journal)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert err.count("signal 9") == 2
    assert out.count("\nTrial ") == 12
    check_whole(journal, before)


@pytest.mark.slow
def test_commands_sharing_study_finish_after_two_are_killed(spawn, journal):
    command = ["-m", "zoo_core", *ARGUMENTS, "--patience", "8"]
    processes = [spawn(*command) for _ in range(4)]
    wait_for(lambda: len(ended(journal)) >= 2)
    pids = hold(journal, 2)
    before = ended(journal)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    results = []
    for process in processes:
        with process:
            results.append((*process.communicate(timeout=600), process.returncode))
    assert sorted(code for _, _, code in results) == [-9, -9, 0, 0], results
    check_whole(journal, before)


@pytest.mark.slow
def test_heartbeat_keeps_slow_worker_alive(spawn, journal, spying, tmp_path):
    """The worker trains until seven heartbeats, a sixth of the patience apart, are recorded."""
    how = spying("import os, time\n        while not os.path.exists('go'): time.sleep(0.01)")
    command = ["-m", "zoo_core", "tune", "softmax", "--trials", "1", "--patience", "12"]
    processes = [spawn(*command, "--set", "trainer=spy", **how) for _ in range(2)]

    def signs():
        return [t.user_attrs[BEAT] for t in trials_in(journal) if BEAT in t.user_attrs]

    wait_for(lambda: signs() and signs()[0] >= 7)
    (tmp_path / "go").touch()
    for process in processes:
        with process:
            _, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        assert err == "", "no worker considers the other one lost"
    assert len(counted_trials(trials_in(journal))) == 1


@pytest.mark.slow
def test_zoo_tune_reports_and_repeats_lost_trial(spawn, cli, journal):
    with spawn("-m", "zoo_core", *ARGUMENTS) as process:
        wait_for(lambda: len(ended(journal)) >= 2)
        hold(journal, 1)
        process.kill()
        process.communicate(timeout=600)
    before = ended(journal)
    result = cli(*ARGUMENTS, "--patience", "2")
    assert result.code == 0
    number = max(before) + 1
    for text in (result.out, result.err):  # first as running, then as lost
        assert re.search(rf"\btrial {number}\b.*\b2 s\b", text), text
    check_whole(journal, before)


@pytest.mark.slow
def test_workers_try_each_grid_combination_once(cli, journal, tmp_path):
    (tmp_path / "grid.toml").write_text(
        "inherit = false\nlr.choices = [0.01, 0.02, 0.05, 0.1, 0.2]\nbatch_size.choices = [8, 16]\n"
    )
    study = cli(
        "tune", "softmax", "--grid", "--space", "grid.toml", "--workers", "3", "--json"
    ).json
    values = [tuple(trial["values"].items()) for trial in study["trials"]]
    assert len(values) == len(set(values)) == 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds pending signals in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_workers_and_command_resumes(spawn, cli, journal, number):
    with spawn("-m", "zoo_core", *ARGUMENTS, "--workers", "3") as process:
        wait_for(lambda: len(ended(journal)) >= 2)
        pids = hold(journal, 3)
        process.send_signal(number)
        wait_for(lambda: all(is_signaled(pid) for pid in pids))
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        _, err = process.communicate(timeout=600)
    assert process.returncode == 128 + number
    assert "zoo tune softmax --trials 12 --epochs 60 --workers 3" in err
    assert len(err.splitlines()) == 2  # the first is empty, below the ^C that a terminal prints
    assert not at_work(journal)
    before = ended(journal)
    assert cli(*ARGUMENTS, "--workers", "3").code == 0
    check_whole(journal, before)


def is_signaled(pid):
    """Return whether a signal is pending until a process continues."""
    (line,) = re.findall(r"^ShdPnd:\s*(\w+)$", Path(f"/proc/{pid}/status").read_text(), re.M)
    return int(line, 16) != 0


@pytest.mark.slow
def test_workers_exit_when_command_is_killed(spawn, journal):
    with spawn("-m", "zoo_core", *LONG, "--workers", "2") as process:
        pids = hold(journal, 2)
        process.kill()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        process.communicate(timeout=600)

    def gone():
        alive = [pid for pid in pids if os.path.exists(f"/proc/{pid}")]
        return not alive or all("Z" in _state(pid) for pid in alive)

    if os.path.exists("/proc"):
        wait_for(gone)
        assert len(ended(journal)) < 12


def _state(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


@pytest.mark.slow
def test_zoo_tune_fails_when_all_workers_die(spawn, journal):
    with spawn("-m", "zoo_core", *LONG, "--workers", "2") as process:
        for pid in hold(journal, 2):
            os.kill(pid, signal.SIGKILL)
        _, err = process.communicate(timeout=600)
    assert process.returncode == 1
    assert re.search(r"worker.*-9\b", err.splitlines()[-1]), err


@pytest.mark.slow
def test_optuna_dashboard_reads_journal(cli, spawn, journal, loopback, free_port):
    pytest.importorskip("optuna_dashboard")
    assert cli("tune", "softmax", "--trials", "3").code == 0
    command = ("-m", "optuna_dashboard._cli", journal, "--port", free_port, "--server", "wsgiref")
    code = f"import sys; sys.argv[1:] = {list(map(str, command[2:]))}; "
    code += "from optuna_dashboard._cli import main; main()"
    with spawn("-c", code) as process:
        try:
            page = wait_for(lambda: _get(f"http://127.0.0.1:{free_port}/api/studies"))
        finally:
            process.kill()
    assert b'"study_name": "softmax"' in page


@pytest.fixture
def free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read()
    except OSError:
        return None


# Trial accounting.


@pytest.fixture
def study():
    return optuna.create_study()


def test_counted_trials_include_failed_but_not_given_up(study):
    for _ in range(4):
        study.ask()
    assert give_up(study, 0)
    failed = optuna.Trial(study, study.trials[1]._trial_id)
    failed.set_user_attr(REASON, "out of memory")
    study.tell(1, state=TrialState.FAIL)
    study.tell(2, 0.5)
    assert not give_up(study, 2)
    assert [trial.number for trial in counted_trials(study.trials)] == [1, 2, 3]


@pytest.mark.parametrize("grid", [False, True])
def test_worker_gives_up_surplus_trial(grid, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-numpy,zoo-tune")
    (tmp_path / "space.toml").write_text("inherit = false\nlr.choices = [0.1]\n")
    search = make_search(
        load_catalog(),
        "numpy-net",
        space=str(tmp_path / "space.toml"),
        grid=grid,
        trials=1,
        given=[{"dataset": "synthetic"}],
    )
    study = search.open_study(optuna.storages.InMemoryStorage(), "s")
    worker = Worker(
        load_catalog(),
        search,
        study,
        runner=None,
        stop=Stop(),
        patience=60,
    )
    assert worker._take()
    assert worker._take() is None
    assert [trial.number for trial in counted_trials(study.trials)] == [0]


@pytest.fixture
def grid_worker(tmp_path, monkeypatch):
    """Return a worker of a grid of two combinations, which trains nothing."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-numpy,zoo-tune")
    (tmp_path / "space.toml").write_text("inherit = false\nlr.choices = [0.1, 0.2]\n")
    search = make_search(
        load_catalog(),
        "numpy-net",
        space=str(tmp_path / "space.toml"),
        grid=True,
        given=[{"dataset": "synthetic"}],
    )
    study = search.open_study(optuna.storages.InMemoryStorage(), "s")
    return Worker(load_catalog(), search, study, runner=None, stop=Stop(), patience=60)


def queued(trial):
    return trial and trial.user_attrs[QUEUED]


def test_worker_gives_up_grid_trial_that_others_have(grid_worker):
    study, queue = grid_worker.study, grid_worker.search.queue
    for _ in range(2):  # two workers enqueue the same combination at the same time
        study.enqueue_trial(queue[0], user_attrs={QUEUED: queue[0]})
    taken = [grid_worker._take() for _ in range(4)]
    assert [queued(trial) for trial in taken] == [{"lr": 0.1}, None, {"lr": 0.2}, None]


def test_worker_gives_up_grid_trial_without_parameters(grid_worker, monkeypatch):
    """Another worker takes the waiting trial, and `ask` returns a new one."""
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_enqueue_missing", lambda *_: None)
        assert grid_worker._take() is None
    assert queued(grid_worker._take()) == {"lr": 0.1}


def test_worker_repeats_grid_trial_that_was_interrupted(grid_worker):
    first = grid_worker._take()
    give_up(grid_worker.study, first.number)
    assert [queued(grid_worker._take()) for _ in range(2)] == [{"lr": 0.1}, {"lr": 0.2}]
    assert not grid_worker._is_complete()


def test_stale_trials_are_those_whose_heartbeat_stopped(study, monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    alive, dead = study.ask(), study.ask()
    stale = StaleTrials(patience=10)
    for now in (0.0, 6.0, 12.0):
        alive.set_user_attr(BEAT, now)
        found = stale.find(study.trials)
    assert [trial.number for trial in found] == [dead.number]
    assert StaleTrials(patience=10).find(study.trials) == []
