"""Exceptions that zoo does not raise on purpose, in one line: cause, plugin, place and advice."""

from __future__ import annotations

from zoo_core.errors import one_line
from zoo_core.installation.installed import installed_catalog
from zoo_core.plugins.faults.fault import Fault, find_fault
from zoo_core.plugins.faults.frames import frames_of


def describe_exception(exc: BaseException) -> str:
    """Return one line about an exception, with the plugin whose code raised it and the line."""
    fault = fault_of(exc)
    if isinstance(exc, OSError):
        where = f": {exc.filename}" if exc.filename else ""
        # Often a full disk or a missing file of the user's, so a plugin is named but not blamed.
        raised = f" ({fault.subject} at {fault.frame})" if fault else ""
        return f"{exc.strerror or exc}{where}{raised}"
    if fault:
        return f"{fault.problem}. {fault.hint}"
    *_, frame = frames_of(exc)
    return (
        f"unexpected {one_line(exc)} at {frame}. This is a bug in zoo: report it with the output "
        "of --debug."
    )


def fault_of(exc: BaseException) -> Fault | None:
    """Return the fault of the installed plugin that raised an exception; None if none did."""
    try:
        return find_fault(exc, installed_catalog().plugins)
    except Exception:  # because an error of the catalog must not hide the one to report
        return None
