"""Import probe: a program that imports a plugin's module and records side effects.

    python -B -P import_probe.py MODULE REPORT

REPORT is a file for what it did: modules imported, files written, connections and processes begun.
"""

import importlib
import json
import os
import sys

# What every plugin may use is imported before anything is held against one.
from zoo_core import hookspecs  # noqa: F401
from zoo_core.plugins.specs import KINDS

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGING = (
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)
REACHING = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")


def main(module: str, report: str) -> None:
    before = set(sys.modules)
    files: list[str] = []
    reached: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if not watching:
            return
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
            writes |= mode is None and isinstance(flags, int) and bool(flags & WRITING)
            if writes and path != os.devnull:
                files.append(str(path))
        elif event in CHANGING:
            files.append(f"{arguments[0]} ({event})")
        elif event.startswith(REACHING):
            reached.append(event)
            raise PermissionError(f"{event} while a plugin is imported")

    sys.addaudithook(watch)
    failure = ""
    try:
        plugin = importlib.import_module(module)
        for kind in KINDS:
            if hook := getattr(plugin, f"zoo_{kind}", None):
                list(hook())
    except BaseException as exc:
        failure = f"{type(exc).__name__}: {exc}"
    watching = False
    modules = sorted(set(sys.modules) - before)
    with open(report, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(
            {"modules": modules, "files": files, "reached": reached, "failure": failure}, file
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
