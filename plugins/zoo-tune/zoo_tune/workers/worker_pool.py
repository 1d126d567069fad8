"""Worker processes on this machine, started and watched by one command."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import optuna
from optuna.trial import TrialState

from zoo_core.plugin_api import Stop, TrainingError, print_lines
from zoo_tune.workers.trial_accounting import WORKER, give_up
from zoo_tune.workers.worker import WAIT


def run_workers(
    arguments: Sequence[str],
    workers: int,
    study: optuna.Study,
    stop: Stop,
    changed: Callable[[], None],
) -> None:
    """Run worker processes until the study is complete or a signal stops them.

    The trial of a worker that dies is repeated by another one.

    Args:
        arguments: arguments of `zoo tune`, the same for each worker.
        workers: number of processes.
        study: the study that they work on.
        stop: the flag that a signal sets; the workers are then terminated.
        changed: a callback after each poll of the study.

    Raises:
        TrainingError: every worker ended with an error.
    """
    command = [sys.executable, "-m", "zoo_core", "tune", *arguments]
    # Each in a session of its own, because a terminal sends Ctrl-C to the whole process group, and
    # a worker that still imports Python modules would print a traceback. Only this process
    # receives the signal, and forwards it. Workers print nothing, because this process prints
    # from the study.
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        for _ in range(workers)
    ]
    codes: list[int] = []
    try:
        while running:
            if stop.signal:  # again in each round: a worker remembers only the first signal
                for process in running:
                    process.terminate()
            for process in [each for each in running if each.poll() is not None]:
                running.remove(process)
                codes.append(process.returncode)
                if process.returncode != 0 and not stop.signal:
                    _report_dead_worker(process, study)
            changed()
            time.sleep(WAIT)
    finally:
        for process in running:
            process.kill()
    if not stop.signal and all(codes):
        raise TrainingError(
            f"all {workers} workers ended before the study was complete, the last with exit code "
            f"{codes[-1]}",
            hint="Finished trials are kept; run the same command again to continue.",
        )


def _report_dead_worker(process: subprocess.Popen[bytes], study: optuna.Study) -> None:
    """Print that a worker died, and fail its trial so that another worker repeats it."""
    how = f"signal {-process.returncode}" if process.returncode < 0 else f"{process.returncode}"
    print_lines(f"zoo: worker {process.pid} ended with {how}", err=True)
    # At once, instead of after `--patience`: this process can be sure that the worker is dead.
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if str(trial.user_attrs.get(WORKER, "")).endswith(f":{process.pid}") and give_up(
            study, trial.number
        ):
            print_lines(f"zoo: trial {trial.number} of this worker is repeated", err=True)
