"""A temporary PostgreSQL server that listens on this machine only."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

USER = "postgres"
"""The user of the server's process, because PostgreSQL refuses to run as root."""


def find_server() -> Path | None:
    """Return the folder of PostgreSQL's programs: on the path, or that of Debian's package."""
    there = [*map(Path, os.environ["PATH"].split(os.pathsep))]
    there += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    needed = ("initdb", "postgres", "pg_isready")
    return next((f for f in there if all((f / name).exists() for name in needed)), None)


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Run a server inside the block, and yield the URL of its database.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    programs = find_server()
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    as_user = {"user": USER} if os.getuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        if as_user:
            shutil.chown(folder, USER)
        data = Path(folder) / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", USER, "--auth=trust"],
            check=True,
            capture_output=True,
            cwd=folder,
            **as_user,
        )
        port = _free_port()
        options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )
        try:
            _wait_until_ready(programs, port)
            yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # because SIGTERM would wait for open connections
            server.wait()


def _wait_until_ready(programs: Path, port: int) -> None:
    command = [programs / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
    for _ in range(300):
        if subprocess.run(command, check=False, capture_output=True).returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("the server did not start in half a minute")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
