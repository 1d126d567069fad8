"""Exceptions that zoo raises on purpose, and their exit codes.

A message has one template: the problem (what failed, where, expected X, got Y), then a hint in the
imperative. The command line prints both on one line, without a traceback.
"""

# Almost every module imports this one, `zoo list` included: other imports are deferred.
from collections.abc import Iterable

from zoo_core.text import difference, mask_secrets


class ZooError(Exception):
    """Base class of the errors that a user can fix."""

    exit_code = 1

    def __init__(self, problem: str, *, hint: str = "") -> None:
        # Here, because messages are also logged, pickled and written to cards.
        self.problem, self.hint = mask_secrets(problem), mask_secrets(hint)
        super().__init__(self.problem, self.hint)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross processes (workers of a search, readers of images), and the default would
        # unpickle with `hint` as a positional argument.
        from functools import partial

        return partial(type(self), hint=self.hint), (self.problem,)

    def __str__(self) -> str:
        return f"{self.problem.rstrip('.')}. {self.hint}" if self.hint else self.problem


class DataError(ZooError):
    """A file or data set that cannot be read or written."""


class UnavailableError(DataError):
    """A missing file or package that cannot be downloaded now."""


class TrainingError(ZooError):
    """A training that cannot continue."""


class InvalidValueError(ZooError):
    """A user's value of the wrong type, out of range, or in conflict with another value."""

    exit_code = 2  # the exit code of click's own usage errors


class UnknownNameError(ZooError):
    """A name that no installed plugin and no registry offers."""

    exit_code = 3


class AmbiguousNameError(ZooError):
    """A name that several plugins or registries offer."""

    exit_code = 3


class PluginError(ZooError):
    """A required plugin that is not usable."""

    exit_code = 4


class VerificationError(ZooError):
    """Content that differs from its checksum, header or card."""

    exit_code = 5


# A `KeyboardInterrupt`, because `except Exception` in a plugin must not swallow it.
class InterruptedTrainingError(KeyboardInterrupt):
    """A training that a signal stopped.

    Args:
        number: the signal's number.
        message: what was saved, and the command that continues the training.
    """

    def __init__(self, number: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = 128 + number  # as a shell reports a process that a signal ended


MAX_LISTED = 10
"""Maximum number of names in a message."""

FEW = 5
"""Maximum number of names to choose from that a hint lists."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x' or 'y'?"`` for the nearest known names, or an empty string."""
    from zoo_core.names.suggestions import nearest

    near = nearest(name, known)
    *others, last = map(repr, near or [""])
    words = f"{', '.join(others)} or {last}" if others else last
    # The difference in words, because no reader would see that between names that look the same.
    return f"Did you mean {words}? {difference(name, near[0])}".rstrip() if near else ""


def choose_from(name: str, known: Iterable[str], *, command: str = "") -> str:
    """Return the hint for an unknown name: the nearest names, then all, or the command for many."""
    known = list(known)
    near, few = did_you_mean(name, known), 0 < len(known) <= FEW
    if command and not few:
        return f"{near} Run `{command}` to see all names.".strip()
    if few or not near:
        return f"{near} Choose one of: {join_names(known, most=FEW)}.".strip()
    return near


def join_names(names: Iterable[str], *, most: int = MAX_LISTED) -> str:
    """Return the names sorted, separated by commas and cut after ``most``, or ``none``."""
    # Names with a slash belong to families of hundreds of models: the others come first.
    known = sorted(names, key=lambda name: ("/" in name, name))
    more = [f"… ({len(known) - most:,} more)"] if len(known) > most else []
    return ", ".join([*known[:most], *more]) or "none"


def one_line(exc: BaseException) -> str:
    """Return the type and the message of an exception on one line."""
    try:
        message = str(exc)
    except Exception:  # a plugin's exception class may have a broken `__str__`
        message = "(its message cannot be printed)"
    return f"{type(exc).__name__}: {' '.join(message.split())}"


def singular(kind: str) -> str:
    """Return ``model`` for ``models`` and ``registry`` for ``registries``."""
    if kind.endswith("ies"):
        return f"{kind[:-3]}y"
    return kind.removesuffix("es" if kind.endswith("sses") else "s")
