"""A server that runs `zoo` in forked processes: ``python fork_server.py MODULE…``.

The server imports the modules once and computes nothing, because threads of a framework would not
survive a fork. Each command runs in a forked process, with the environment, folder and ``sys.path``
of the request. Requests are lines of JSON on standard input; exit codes are lines on standard
output.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import sys
import traceback
from typing import Any


def main(modules: list[str]) -> None:
    for module in modules:
        importlib.import_module(module)
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    with open(requests, encoding="utf-8") as lines:
        for line in lines:
            child = os.fork()
            if not child:
                _run(json.loads(line))
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            os.write(replies, f"{code}\n".encode())


def _run(request: dict[str, Any]) -> None:
    """Run one command in the forked process, and exit."""
    code = 1
    try:
        for number, path in ((1, request["out"]), (2, request["err"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.path[:0] = request["path"]
        code = _call(request["arguments"])
        atexit._run_exitfuncs()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _call(arguments: list[str]) -> int:
    """Run `zoo` and return its exit code."""
    from zoo_core import __main__

    sys.argv = [__main__.__file__, *arguments]
    try:
        __main__.main()
    except SystemExit as exc:
        if isinstance(exc.code, str):
            print(exc.code, file=sys.stderr)
            return 1
        return exc.code or 0
    return 0


if __name__ == "__main__":
    main(sys.argv[1:])
