"""The server and its limits."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette

# Below the usual limit of 1,024 open files, because the data sets' files need some too.
MAX_CONNECTIONS = 800
"""Maximum number of connections; uvicorn answers any further one with 503."""

GRACE = 2
"""Seconds for pending requests when the server ends."""


def make_server(app: Starlette) -> uvicorn.Server:
    """Return the server of an application; ``run(sockets=[…])`` serves until a signal arrives."""
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="error",
        access_log=False,
        limit_concurrency=MAX_CONNECTIONS,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    return uvicorn.Server(config)
