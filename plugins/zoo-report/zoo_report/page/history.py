"""The history of a training: its epochs, from ``metrics.jsonl``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from zoo_core import Scores
from zoo_core.plugin_api import first_error


class Epoch(BaseModel):
    """One line: how the training stood after an epoch."""

    model_config = ConfigDict(frozen=True)

    epoch: int
    train: Scores
    validation: Scores


@dataclass(frozen=True)
class History:
    """The epochs of a training.

    Attributes:
        epochs: in order; empty where they are not known.
        lacking: why they are not; else empty.
    """

    epochs: tuple[Epoch, ...] = ()
    lacking: str = ""


def read_epochs(path: Path) -> History:
    """Read ``metrics.jsonl``; what cannot be read is lacking, and a report goes on without it."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return History(lacking=f"there is no {path.name} beside the weights")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is no text"
        return History(lacking=f"{path.name} beside the weights cannot be read: {why}")
    try:
        epochs = tuple(Epoch.model_validate_json(line) for line in lines)
    except ValidationError as exc:
        return History(lacking=f"{path.name} beside the weights is damaged: {first_error(exc)}")
    heads = {len(s.loss) for e in epochs for s in (e.train, e.validation)}
    heads |= {len(s.accuracy) for e in epochs for s in (e.train, e.validation)}
    if len(heads) != 1:
        return History(
            lacking=f"{path.name} beside the weights tells of no epoch, or of other heads"
        )
    return History(epochs)
