"""Several workers on this machine, each a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import optuna
from optuna.trial import TrialState

from zoo_core.plugin_api import Stop, TrainingError
from zoo_tune.workers import PARENT
from zoo_tune.workers.trial_accounting import WORKER, give_up
from zoo_tune.workers.worker import WAIT


def run_workers(
    arguments: Sequence[str],
    workers: int,
    study: optuna.Study,
    stop: Stop,
    changed: Callable[[], None],
) -> None:
    """Let workers work on a study until it is done, or until they were told to stop.

    A worker that dies costs the trial that it was at, which another does again.

    Args:
        arguments: of the command, of which each worker carries out a part.
        workers: how many.
        study: what they work on.
        stop: set by a signal, upon which the workers stop.
        changed: is called now and then.

    Raises:
        TrainingError: the last of them died before the study was done.
    """
    command = [sys.executable, "-m", "zoo_core", "tune", *arguments, PARENT, str(os.getpid())]
    # Ctrl-C reaches this process alone, which tells them: one that has just begun says nothing.
    crew = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        for _ in range(workers)
    ]
    told = False
    codes: list[int] = []
    try:
        while crew:
            if stop.signal and not told:
                told = True
                for process in crew:
                    process.terminate()
            for process in [each for each in crew if each.poll() is not None]:
                crew.remove(process)
                codes.append(process.returncode)
                _report_dead_worker(process, study, stop)
            changed()
            time.sleep(WAIT)
    finally:
        for process in crew:
            process.kill()
    if not stop.signal and all(codes):
        raise TrainingError(
            f"every worker ended before the study was done, the last with {codes[-1]}",
            hint="What was finished is kept; the same command goes on.",
        )


def _report_dead_worker(process: subprocess.Popen[bytes], study: optuna.Study, stop: Stop) -> None:
    """Say that a worker died, and leave its trial to the others."""
    if process.returncode == 0 or stop.signal:
        return
    how = f"signal {-process.returncode}" if process.returncode < 0 else f"{process.returncode}"
    sys.stderr.write(f"zoo: worker {process.pid} ended with {how}\n")
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if str(trial.user_attrs.get(WORKER, "")).endswith(f":{process.pid}") and give_up(
            study, trial.number
        ):
            sys.stderr.write(f"zoo: trial {trial.number}, which it was at, is done again\n")
