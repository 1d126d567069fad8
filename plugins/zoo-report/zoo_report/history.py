"""The history of a training: its epochs, from ``metrics.jsonl``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from zoo_core.plugin_api import ScoresField, first_error


class Epoch(BaseModel):
    """One line of the file: the scores after an epoch."""

    # Not extra="forbid", because plugins and later versions may add values to a line.
    model_config = ConfigDict(frozen=True)

    epoch: int
    train: ScoresField
    validation: ScoresField


def read_history(path: Path) -> tuple[Sequence[Epoch], str]:
    """Read ``metrics.jsonl``; return its epochs, or none and the reason why they are unknown."""
    file = f"{path.name} next to the weights"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        epochs = [Epoch.model_validate_json(line) for line in lines]
    except FileNotFoundError:
        return (), f"there is no {file}"
    except OSError as exc:
        return (), f"cannot read {file}: {exc.strerror}"
    except UnicodeDecodeError:
        return (), f"{file} is damaged: expected UTF-8"
    except ValidationError as exc:
        return (), f"{file} is damaged: {first_error(exc)}"
    # Drawing relies on at least one epoch, and on the same heads in every epoch.
    scores = [scores for epoch in epochs for scores in (epoch.train, epoch.validation)]
    heads = {len(values) for each in scores for values in each.metrics.values()}
    if len(heads) != 1:
        return (), f"{file} is damaged: expected epochs with the same number of heads"
    return epochs, ""
