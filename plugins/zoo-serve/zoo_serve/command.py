"""The command `zoo serve`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.plugin_api import (
    InvalidValueError,
    ZooCommand,
    options,
    physical_cores,
    print_lines,
    web_server,
)
from zoo_serve.settings import MIB, Settings
from zoo_serve.targets import parse_asked

if TYPE_CHECKING:
    from zoo_serve.front.models import Models

TOKEN = "ZOO_SERVE_TOKEN"
"""Environment variable of the token."""


def _number(name: str, default: float, text: str, *, least: float = 0) -> Callable[..., Any]:
    """Return an option of a number."""
    kind: Any = click.IntRange(min=int(least))
    if isinstance(default, float):
        kind = click.FloatRange(min=least, min_open=default > 1)
    return click.option(name, type=kind, metavar="N", default=default, show_default=True, help=text)


@click.command(
    cls=ZooCommand,
    examples={
        "A published model": "zoo serve cnn",
        "Two models, on any free port": "zoo serve cnn.best numpy-net --port 0",
        "A run of yours under a name": "zoo serve digits=runs/cnn-1",
        "A prediction": "curl --data-binary @digit.png http://127.0.0.1:8000/predict/cnn",
    },
)
@click.argument(
    "names", nargs=-1, required=True, metavar="NAME…", shell_complete=options.complete_weights
)
@web_server.host_option
@web_server.port_option
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of processes that compute.  [default: the number of cores minus 1]",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of a framework's threads per worker; the last bits of its outputs depend on it.  "
    "[default: as zoo predict]",
)
@_number("--max-batch", 64, "Maximum number of requests per batch.", least=1)
@_number("--max-delay", 0.0, "Milliseconds to wait for further requests of a batch.")
@_number("--max-queue", 1024, "Maximum number of waiting requests; 503 beyond it.", least=1)
@_number("--max-body", 16.0, "Maximum MiB of a request's body; 413 beyond it.")
@_number("--max-connections", 1000, "Maximum number of open connections.", least=1)
@_number("--timeout", 30.0, "Maximum seconds for a prediction; 504 beyond it.")
@_number("--client-timeout", 20.0, "Maximum seconds for a request to arrive; 408 beyond it.")
@_number("--drain", 1.0, "Seconds between a signal and the end of listening.")
@click.option(
    "--token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File with the token that requests must contain.  [env: {TOKEN}, the token itself]",
)
@options.device
@options.runtime
@options.registry
def serve(  # noqa: PLR0917 (click passes every argument by name)
    names: tuple[str, ...],
    host: str,
    port: int,
    workers: int | None,
    threads: int | None,
    max_batch: int,
    max_delay: float,
    max_queue: int,
    max_body: float,
    max_connections: int,
    timeout: float,
    client_timeout: float,
    drain: float,
    token_file: Path | None,
    device: str,
    runtime: str,
    registry: str | None,
) -> None:
    """Serve models over HTTP: POST /predict/NAME, and the Open Inference Protocol v2.

    NAME is the name of published weights, a run's folder or a .safetensors file; NAME=WEIGHTS
    serves them under another name. A published name without a tag is followed: when its default tag
    moves, the new weights are loaded and served, without a lost request.

    The page /docs describes all requests. Stop the server with Ctrl-C, or with SIGTERM: accepted
    requests are answered first.
    """
    token = _read_token(token_file)
    settings = Settings(
        workers=workers or max(1, physical_cores() - 1),
        threads=threads,
        max_batch=max_batch,
        max_delay=max_delay / 1000,
        max_queue=max_queue,
        max_body=int(max_body * MIB),
        max_connections=max_connections,
        timeout=timeout,
        client_timeout=client_timeout,
        drain=drain,
        token=token,
        # A page of another site could make a browser send it requests, by a name that it resolves
        # to this machine's address; but it does not have the token.
        hosts=web_server.LOOPBACK if host in web_server.LOOPBACK and not token else frozenset(),
        registry=registry,
        device=device,
        runtime=runtime,
    )
    asked = [parse_asked(name) for name in names]
    from zoo_serve.front.front import serve_models

    # Before the models are loaded, which takes seconds: a port in use is reported at once.
    with (
        web_server.listen(host, port) as bound,
        tempfile.TemporaryDirectory(prefix="zoo-serve-") as folder,
    ):

        def on_ready(models: Models) -> None:
            served = ", ".join(models.by_name)
            print_lines(
                f"{web_server.address_of(host, bound)} serves {served}. Stop it with Ctrl-C."
            )

        if host not in web_server.LOOPBACK and not token:
            print_lines(
                f"zoo: warning: with --host {host}, every machine that reaches this one can send "
                f"requests. Set {TOKEN} or --token-file to require a token.",
                err=True,
            )
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            try:
                runner.run(serve_models(bound, asked, settings, Path(folder), on_ready=on_ready))
            except asyncio.CancelledError:  # SIGTERM while the models were loaded
                sys.exit(128 + signal.SIGTERM)


def _read_token(file: Path | None) -> str:
    # Not an option with the token itself, because other users see the arguments of processes.
    token = file.read_text().strip() if file else os.environ.get(TOKEN, "").strip()
    if file and not token:
        raise InvalidValueError(f"expected a token in {file}, got an empty file")
    if not token.isascii():
        raise InvalidValueError("expected a token in ASCII, got other characters")
    return token


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the factory of uvloop's event loops; None for asyncio's own where it is missing."""
    try:
        import uvloop
    except ImportError:  # it has no wheels for some systems
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
