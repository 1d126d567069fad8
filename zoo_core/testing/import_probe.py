"""Import probe: a program that imports a plugin's module and records side effects.

    python -B -P import_probe.py MODULE REPORT

It writes the side effects to the JSON file REPORT: imported modules, each with the line of the
plugin that imports it, written files, attempted connections and processes.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from types import FrameType

# Imported first, so that the probe does not record the modules that every plugin may use.
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
    own = module.partition(".")[0]
    places: dict[str, str] = {}
    files: list[str] = []
    reached: list[str] = []
    watching = True  # an audit hook cannot be removed, only switched off

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if not watching:
            return
        if event == "import":
            places.setdefault(str(arguments[0]), _line_of(own))
        elif event == "open":
            path, mode, flags = arguments
            # `open` has a mode; `os.open` has flags alone.
            writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
            writes |= mode is None and isinstance(flags, int) and bool(flags & WRITING)
            if writes and path != os.devnull:
                files.append(str(path))
        elif event in CHANGING:
            files.append(f"{arguments[0]} ({event})")
        elif event.startswith(REACHING):
            reached.append(event)
            # Raised before the call takes place, so that a check has no effect on the network.
            raise PermissionError(f"{event} while a plugin is imported")

    sys.addaudithook(watch)
    failure = ""
    try:
        plugin = importlib.import_module(module)
        # The hooks run whenever plugins are loaded, so their side effects count as well.
        for kind in KINDS:
            if hook := getattr(plugin, f"zoo_{kind}", None):
                list(hook())
    except BaseException as exc:  # a module may call sys.exit
        failure = f"{type(exc).__name__}: {exc}"
    watching = False
    # In the order of the imports: in `sys.modules`, a module comes after those that it imports.
    modules = {
        name: places.get(name, "")
        for name in dict.fromkeys([*places, *sys.modules])
        if name in sys.modules and name not in before
    }
    effects = {"modules": modules, "files": files, "reached": reached, "failure": failure}
    Path(report).write_text(json.dumps(effects), encoding="utf-8")


def _line_of(package: str) -> str:
    """Return file and line of the innermost frame in a package; empty outside of it."""
    frame: FrameType | None = sys._getframe()
    while frame := frame.f_back if frame else None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] == package:
            return f"{frame.f_code.co_filename}:{frame.f_lineno}"
    return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
