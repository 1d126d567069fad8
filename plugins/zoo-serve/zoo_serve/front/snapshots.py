"""Snapshots of weights for the workers, taken by processes of their own."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE
from pathlib import Path

from zoo_core import ZooError
from zoo_serve.front.computing.worker import COMMAND
from zoo_serve.targets import Asked, Target


async def take_snapshot(asked: Asked, registry: str | None, folder: Path) -> Target:
    """Return the weights of a model, with its files in a folder.

    Args:
        asked: the model.
        registry: folder or URL; None for all known registries.
        folder: parent of the files' folder.

    Raises:
        ZooError: there are no such weights, or they cannot be read.
    """
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "zoo_serve.snapshot", stdin=PIPE, stdout=PIPE
    )
    question = {
        "name": asked.name,
        "text": asked.text,
        "registry": registry,
        "folder": str(folder),
    }
    try:
        out, _ = await process.communicate(json.dumps(question).encode())
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise ZooError(f"the files of {asked.text} could not be read: see above")
    answer = json.loads(out)
    if "target" in answer:
        return Target(**answer["target"])
    error = ZooError(answer["problem"], hint=answer["hint"])
    error.exit_code = answer["exit_code"]
    raise error
