"""A worker process as the front sees it: started, loading, free, busy, ended."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from zoo_core import ZooError
from zoo_serve.front.computing.batching import Entry
from zoo_serve.front.responses import reply_response
from zoo_serve.messages import Buffer, pack
from zoo_serve.settings import Settings
from zoo_serve.targets import Target

Facts = dict[str, dict[str, Any]]
"""Name of a model -> its facts for clients."""

# -P, because a file of the current folder, such as random.py, must not replace a module.
COMMAND = (sys.executable, "-P", "-m")
"""Command that runs a module of this package."""


class Worker(asyncio.Protocol):
    """A worker process.

    Args:
        on_free: called whenever the worker can compute a batch.
        generation: number of replacements of the models before its start.

    Attributes:
        ready: facts of the models when they are loaded; an error if loading failed.
        ended: set when the process has closed its connection.
        entries: requests of the batch that it computes.
        busy_since: time of the beginning of that batch.
    """

    def __init__(self, on_free: Callable[[Worker], None], generation: int) -> None:
        loop = asyncio.get_running_loop()
        self.ready: asyncio.Future[Facts] = loop.create_future()
        self.ended = asyncio.Event()
        self.entries: list[Entry] = []
        self.busy_since = 0.0
        self.is_retiring = False
        self.generation = generation
        self._loop, self._on_free, self._buffer = loop, on_free, Buffer()
        self._transport: asyncio.Transport
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self, targets: Sequence[Target], settings: Settings) -> None:
        """Start the process, which begins to load the models."""
        ours, theirs = socket.socketpair()
        with theirs:
            command = [*COMMAND, "zoo_serve.worker", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        await self._loop.create_connection(lambda: self, sock=ours)
        options = {
            "targets": [target.as_json() for target in targets],
            "device": settings.device,
            "runtime": settings.runtime,
            "threads": settings.threads,
        }
        self._transport.write(pack([b"load", json.dumps(options).encode()]))

    def send(self, entries: list[Entry]) -> None:
        """Send a batch of requests for one model."""
        self.entries, self.busy_since = entries, self._loop.time()
        parts = [b"batch", entries[0].model.encode()]
        for entry in entries:
            parts += entry.request.head, entry.request.body
        self._transport.write(pack(parts))

    def retire(self) -> None:
        """End the process after its batch."""
        self.is_retiring = True
        if not self.entries:
            self._transport.close()

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._process.kill()

    # No check of the type, because uvloop's transports are of no class of asyncio.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for kind, *parts in self._buffer.feed(data):
            if kind == b"done":
                self._finish(parts)
            elif not self.ready.done():
                self._start_serving(kind, json.loads(parts[0]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ZooError("a worker process died while it loaded the models"))
        self.ended.set()

    async def wait_ended(self) -> None:
        """Wait until the process has ended."""
        await self.ended.wait()
        # In a thread, because the process may need a moment after it has closed its connection.
        if self._process is not None:
            await asyncio.to_thread(self._process.wait)

    def _start_serving(self, kind: bytes, value: Any) -> None:
        if kind == b"ready":
            self.ready.set_result(value)
        else:
            error = ZooError(value["problem"], hint=value["hint"])
            error.exit_code = value["exit_code"]
            self.ready.set_exception(error)

    def _finish(self, parts: Sequence[bytes]) -> None:
        entries, self.entries = self.entries, []
        for entry, head, body in zip(entries, parts[::2], parts[1::2], strict=True):
            if not entry.future.done():  # the client has not given up
                entry.future.set_result(reply_response(head, body))
        if self.is_retiring:
            self._transport.close()
        else:
            self._on_free(self)
