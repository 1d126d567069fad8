"""Settings of a server: the options of the command that both kinds of processes need."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Options of a server.

    Attributes:
        workers: number of worker processes.
        threads: number of a framework's threads per worker; None for that of `zoo predict`.
        max_batch: maximum number of requests per batch.
        max_delay: seconds to wait for further requests of a batch; 0 for none.
        max_queue: maximum number of requests that wait for a worker.
        max_body: maximum bytes of a request's body.
        max_connections: maximum number of open connections.
        timeout: maximum seconds from a request's body to its response.
        client_timeout: maximum seconds for a request's headers, and for its body.
        drain: seconds between a signal and the end of listening.
        token: secret that requests must contain; empty for none.
        hosts: names of the server that requests may be addressed to; empty for any.
        registry: folder or URL of the only registry; None for all known ones.
        device: device of the frameworks.
        runtime: name of the runtime; ``auto`` for the fastest one.
    """

    workers: int = 1
    threads: int | None = None
    max_batch: int = 64
    max_delay: float = 0.0
    max_queue: int = 1024
    max_body: int = 16 * MIB
    max_connections: int = 1000
    timeout: float = 30.0
    client_timeout: float = 20.0
    drain: float = 1.0
    token: str = ""
    hosts: frozenset[str] = frozenset()
    registry: str | None = None
    device: str = "auto"
    runtime: str = "auto"

    @property
    def max_held(self) -> int:
        """Maximum bytes of all bodies that have arrived and are not answered yet."""
        # Because connections times bodies would be far more than the memory.
        return max(256 * MIB, 4 * self.max_body)
