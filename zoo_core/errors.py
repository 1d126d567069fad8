"""Errors that zoo raises on purpose, and their exit codes.

A message follows one template: what failed, where, the value it got, what is allowed; the
hint is the next thing to do. Both are printed on one line, without a traceback.
"""

from collections.abc import Iterable


class ZooError(Exception):
    """Something did not work, and the user can do something about it."""

    exit_code = 1

    def __init__(self, problem: str, *, hint: str = "") -> None:
        super().__init__(problem, hint)
        self.problem = problem
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        from functools import partial

        return partial(type(self), hint=self.hint), (self.problem,)  # from process to process

    def __str__(self) -> str:
        return f"{self.problem.rstrip('.')}. {self.hint}" if self.hint else self.problem


class DataError(ZooError):
    """A file or data set cannot be read as what it should be."""


class UnavailableError(DataError):
    """What is needed is not on this machine, and cannot be fetched now."""


class TrainingError(ZooError):
    """A training could not go on."""


class InvalidValueError(ZooError):
    """A value that the user gave is of the wrong type, out of range or does not fit."""

    exit_code = 2


class UnknownNameError(ZooError):
    """No installed plugin offers a thing of this name."""

    exit_code = 3


class AmbiguousNameError(ZooError):
    """Two plugins offer a thing of this name, and the name does not say which."""

    exit_code = 3


class PluginError(ZooError):
    """A plugin that is needed cannot be used."""

    exit_code = 4


class VerificationError(ZooError):
    """Content is not what its checksum, header or card says that it is."""

    exit_code = 5


class InterruptedTrainingError(KeyboardInterrupt):
    """A signal stopped a training; like any interrupt, it is no `Exception`.

    Args:
        number: of the signal.
        message: what is left, and how to go on.
    """

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 128 + number


MAX_LISTED = 40
"""How many names an error lists, at most."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'?"`` for the known name nearest to `name`, or nothing."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean '{near[0]}'?" if near else ""


def join_names(names: Iterable[str]) -> str:
    """Return the names sorted and separated by commas, or ``none``; of very many, the first."""
    known = sorted(names, key=lambda name: ("/" in name, name))
    more = [f"… ({len(known) - MAX_LISTED:,} more)"] if len(known) > MAX_LISTED else []
    return ", ".join([*known[:MAX_LISTED], *more]) or "none"


def one_line(exc: BaseException) -> str:
    """Return the type and the message of an exception, without line breaks."""
    try:
        message = str(exc)
    except Exception:  # a plugin's exception may be as broken as the plugin
        message = "(its message cannot be made)"
    return f"{type(exc).__name__}: {' '.join(message.split())}"


def singular(kind: str) -> str:
    """Return ``model`` for ``models`` and ``registry`` for ``registries``."""
    return f"{kind[:-3]}y" if kind.endswith("ies") else kind[:-1]
