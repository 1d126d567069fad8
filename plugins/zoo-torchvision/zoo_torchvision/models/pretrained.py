"""torchvision's pretrained weights, in ``zoo_torchvision.models.pretrained:NAME``.

They are fetched to where torch keeps such files, and held against the checksum in their names.
"""

from __future__ import annotations

import hashlib
import re
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import torch
from torch import Tensor
from torchvision.models import WeightsEnum, get_model_weights
from torchvision.models.vision_transformer import interpolate_embeddings

from zoo_core.plugin_api import (
    DataError,
    PretrainedWeights,
    UnavailableError,
    VerificationError,
    is_set,
    one_line,
)
from zoo_torch.families.pretrained import fitting_weights, unavailable_error
from zoo_torch.families.table import attribute_per_model
from zoo_torchvision.models.build import build
from zoo_torchvision.models.network import first_convolution, patch_of
from zoo_torchvision.models.table import table

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig

PATIENCE = 30.0
"""Seconds without a byte after which a download is given up."""


def pretrained(name: str, config: FamilyConfig) -> PretrainedWeights:
    """Return the weights that torchvision has for a model by default, adapted to a data set.

    The first convolution is adapted to the images' channels, and the embeddings of places to their
    size. What does not fit, such as a classifier for other classes, is left out.

    Args:
        name: in torchvision.
        config: of the model.

    Raises:
        UnavailableError: they are not on this machine and cannot be fetched.
        DataError: the file is not what it should be.
        InvalidValueError: see `build`.
    """
    weights = get_model_weights(name).DEFAULT
    state = {_present(key): tensor for key, tensor in weights_of(weights).items()}
    with torch.random.fork_rng(devices=[]):
        model = build(name, config)
    due = model.network.state_dict()
    for key in due:
        if key not in state and not key.endswith("num_batches_tracked"):  # older files lack those
            raise DataError(f"{weights.url} has no tensor {key}, torchvision's {name} has one")
    path, first = first_convolution(model.network)
    state[f"{path}.weight"] = for_channels(state[f"{path}.weight"], first.in_channels)
    if "encoder.pos_embedding" in state:
        state = interpolate_embeddings(model.size[0], patch_of(model.network), state)
    return fitting_weights(
        model,
        {f"network.{key}": tensor for key, tensor in state.items()},
        source=f"torchvision/{weights}",
        license_name=weights.meta.get("license", "BSD-3-Clause"),
    )


def _present(key: str) -> str:
    """Return the present name of a tensor: DenseNets' had dots, and have them in their files."""
    return re.sub(r"(\.denselayer\d+\.(?:norm|conv))\.(?=[12]\.)", r"\1", key)


def for_channels(weight: Tensor, channels: int) -> Tensor:
    """Return the weight of a first convolution for other images than those with three channels.

    A single channel is read by the sum of the three; of several, each is read by one of the three,
    in turns, and the sum stays about as large.

    Args:
        weight: ``(out, 3, height, width)``.
        channels: of an image.
    """
    if channels == 1:
        return weight.sum(1, keepdim=True)
    taken = torch.arange(channels) % 3
    return weight[:, taken] * (3 / channels)


def weights_of(weights: WeightsEnum) -> Mapping[str, Tensor]:
    """Return tensors by their names in torchvision, fetched where they are not at hand.

    Raises:
        UnavailableError: they are not on this machine and cannot be fetched.
        VerificationError: the file is not the one that its name says.
        DataError: it cannot be read.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(weights.url).path).name
    if path.exists():
        _check(path)
    elif is_set("ZOO_OFFLINE"):
        raise _unavailable(weights, path, "ZOO_OFFLINE is set")
    try:
        with _impatient():
            state: Mapping[str, Tensor] = weights.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, map_location="cpu", weights_only=True
            )
    except OSError as exc:
        raise _unavailable(weights, path, one_line(exc)) from exc
    except Exception as exc:  # what torch raises for a file of other content is not settled
        raise DataError(
            f"{path} could not be read: {one_line(exc)[:200]}",
            hint="Remove it, and it is fetched again.",
        ) from exc
    return state


def _check(path: Path) -> None:
    """Hold a file that was here against its name, which torch does for downloads alone."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    due = path.stem.rpartition("-")[2]
    if not found.startswith(due):
        raise VerificationError(
            f"{path} has the sha256 {found}, its name says {due}…",
            hint="Remove it, and it is fetched again.",
        )


@contextmanager
def _impatient() -> Iterator[None]:
    """Let no server be waited for without an end, as torch does."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _unavailable(weights: WeightsEnum, path: Path, reason: str) -> UnavailableError:
    return unavailable_error(
        weights.url,
        reason,
        hint=f"Where there is a network, fetch it, and put it here as {path}",
    )


__getattr__ = attribute_per_model(pretrained, table)
