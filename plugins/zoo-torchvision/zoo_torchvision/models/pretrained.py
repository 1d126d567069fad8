"""torchvision's pretrained weights: ``zoo_torchvision.models.pretrained:NAME``.

They are downloaded into torch.hub's cache, where users may have them already, and verified with the
checksum in their file names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import torch
from torch import Tensor, nn
from torchvision.models import WeightsEnum, get_model_weights
from torchvision.models.vision_transformer import interpolate_embeddings

from zoo_core.plugin_api import (
    DataError,
    PretrainedWeights,
    UnavailableError,
    VerificationError,
    download_file,
    one_line,
)
from zoo_torch.families.pretrained import fitting_weights
from zoo_torch.families.table import attribute_per_model
from zoo_torchvision.models.build import build
from zoo_torchvision.models.network import first_convolution, patch_of
from zoo_torchvision.models.table import table

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig

LICENSES = {"https://github.com/facebookresearch/SWAG/blob/main/LICENSE": "CC-BY-NC-4.0"}
"""SPDX identifiers of the licenses that torchvision states by address."""

MAX_BYTES = 1 << 32
"""Maximum bytes of a file; the largest, of regnet_y_128gf, has 2.6 GB."""


def pretrained(name: str, config: FamilyConfig) -> PretrainedWeights:
    """Return torchvision's default weights of a model, adapted to a data set.

    The first convolution is adapted to the number of channels, position embeddings to the image
    size. Tensors that do not fit, such as a classifier for other classes, are left out.

    Args:
        name: model name in torchvision.
        config: config of the model.

    Raises:
        UnavailableError: the weights are not on this machine and cannot be downloaded.
        DataError: the file does not contain the model's tensors.
        InvalidValueError: see `build`.
    """
    weights = get_model_weights(name).DEFAULT
    state = {_current_name(key): tensor for key, tensor in weights_of(weights).items()}
    # Forked, because building draws initial weights and the training's seed must not move.
    with torch.random.fork_rng(devices=[]):
        model = build(name, config)
    for key in model.network.state_dict():
        # Files from before PyTorch 0.4.1 have no num_batches_tracked.
        if key not in state and not key.endswith("num_batches_tracked"):
            raise DataError(f"{weights.url} has no tensor {key}, which torchvision's {name} needs")
    mean, std = _normalization(weights, model.network)
    stated = weights.meta.get("license", "")
    path, first = first_convolution(model.network)
    state[f"{path}.weight"] = for_channels(state[f"{path}.weight"], first.in_channels)
    if "encoder.pos_embedding" in state:
        state = interpolate_embeddings(model.size[0], patch_of(model.network), state)
    return fitting_weights(
        model,
        {f"network.{key}": tensor for key, tensor in state.items()},
        channels=first.in_channels,
        source=f"torchvision/{weights}",
        # Most state none, and torchvision's own license is not for them: "pre-trained models may
        # have their own licenses or terms and conditions derived from the dataset".
        license=LICENSES.get(stated, stated),
        mean=mean,
        std=std,
    )


def _normalization(weights: WeightsEnum, network: nn.Module) -> tuple[Sequence[float], ...]:
    """Return mean and standard deviation per channel of the inputs that weights were trained on."""
    # These networks normalize their inputs once more where torchvision loads the weights, from the
    # numbers of its transforms to 0.5. zoo builds them without that, because they are also trained
    # from scratch.
    if hasattr(network, "transform_input"):
        assert not network.transform_input
        return (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    transforms = weights.transforms()
    return transforms.mean, transforms.std


def _current_name(key: str) -> str:
    """Return the current name of a tensor; the files of DenseNets have older names, with dots."""
    return re.sub(r"(\.denselayer\d+\.(?:norm|conv))\.(?=[12]\.)", r"\1", key)


def for_channels(weight: Tensor, channels: int) -> Tensor:
    """Return the weight of a first convolution for images with a different number of channels.

    Args:
        weight: tensor of shape ``(out, 3, height, width)``.
        channels: number of channels of an image.
    """
    # A gray image is one with three equal channels, so their kernels add up.
    if channels == 1:
        return weight.sum(1, keepdim=True)
    # The three kernels repeat in turns; the factor keeps the sum over channels about as large.
    taken = torch.arange(channels) % 3
    return weight[:, taken] * (3 / channels)


def weights_of(weights: WeightsEnum) -> Mapping[str, Tensor]:
    """Return tensors by their names in torchvision, downloaded if they are not cached.

    Raises:
        UnavailableError: the file is not on this machine and cannot be downloaded.
        VerificationError: the file does not have the checksum in its name.
        DataError: the file cannot be read.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(urlsplit(weights.url).path).name
    if path.exists():
        # torch verifies only downloads, and a file in its cache may be damaged.
        with path.open("rb") as file:
            _verify(file, path.name, what=str(path), hint="Remove it and try again.")
    else:
        _download(weights.url, path)
    try:
        state: Mapping[str, Tensor] = weights.get_state_dict(map_location="cpu", weights_only=True)
    except Exception as exc:  # because torch.load raises many types for a malformed file
        raise DataError(
            f"{path} cannot be read: {one_line(exc)[:200]}", hint="Remove it and try again."
        ) from exc
    return state


def _download(url: str, path: Path) -> None:
    verify = partial(_verify, name=path.name, what=url, hint="Try again.")
    try:
        download_file(url, path, max_bytes=MAX_BYTES, verify=verify)
    except UnavailableError as exc:
        hint = f"Try again, or download it elsewhere and copy it to {path}"
        raise UnavailableError(exc.problem, hint=hint) from exc


def _verify(file: BinaryIO, name: str, *, what: str, hint: str) -> None:
    """Compare the sha256 of a file with its first digits, which torch.hub has in the name."""
    expected = Path(name).stem.rpartition("-")[2]
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    if not sha256.startswith(expected):
        raise VerificationError(
            f"checksum mismatch for {what}: expected sha256 {expected}…, got {sha256}", hint=hint
        )


__getattr__ = attribute_per_model(pretrained, table)
