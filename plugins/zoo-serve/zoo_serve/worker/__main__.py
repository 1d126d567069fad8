"""A worker process: ``python -m zoo_serve.worker FD``, started by the front process.

FD is a connected socket. The process ends when the front closes it, or has died.
"""

from __future__ import annotations

import json
import signal
import socket
import sys

from zoo_core import ZooError
from zoo_core.plugin_api import one_line, silence_pillow_warnings
from zoo_serve.messages import pack, parse_request, receive
from zoo_serve.worker.batches import answer
from zoo_serve.worker.loading import load_models


def main() -> None:
    """Load the models, then answer batches until the front closes the connection."""
    # A terminal and a service manager send signals to all processes; the front handles them and
    # then closes the connection.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        try:
            _serve(connection)
        except (BrokenPipeError, ConnectionResetError):  # the front has died
            sys.exit(1)


def _serve(connection: socket.socket) -> None:
    message = receive(connection)
    if message is None:
        return
    try:
        silence_pillow_warnings()
        models = load_models(json.loads(message[1]))
    except Exception as exc:  # a plugin may raise anything
        error = exc if isinstance(exc, ZooError) else ZooError(one_line(exc))
        facts = {"problem": error.problem, "hint": error.hint, "exit_code": error.exit_code}
        connection.sendall(pack([b"failed", json.dumps(facts).encode()]))
        return
    facts = {name: model.facts() for name, model in models.items()}
    connection.sendall(pack([b"ready", json.dumps(facts).encode()]))
    while (message := receive(connection)) is not None:
        heads, bodies = message[2::2], message[3::2]
        requests = [parse_request(*each) for each in zip(heads, bodies, strict=True)]
        replies = answer(models[message[1].decode()], requests)
        connection.sendall(pack([b"done", *(part for reply in replies for part in reply)]))


if __name__ == "__main__":
    main()
