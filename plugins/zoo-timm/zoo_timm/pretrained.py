"""timm's pretrained weights: ``zoo_timm.pretrained:NAME``.

They are downloaded from the Hugging Face Hub, only as safetensors, into the cache of
huggingface_hub, where users of timm have them already.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from huggingface_hub import constants, get_token, try_to_load_from_cache
from safetensors import SafetensorError
from timm.models import get_pretrained_cfg
from torch import Tensor

from zoo_core.plugin_api import (
    DataError,
    PretrainedWeights,
    UnavailableError,
    download,
    download_file,
    one_line,
    write_atomic,
)
from zoo_timm.build import build
from zoo_timm.network import make_network
from zoo_timm.table import table
from zoo_torch.families.pretrained import fitting_weights
from zoo_torch.families.table import attribute_per_model

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig

# Not pytorch_model.bin, which older repositories have as well: a pickle may execute code.
FILE = "model.safetensors"
"""The weight file in a repository of the Hub; zoo's own has the same name by chance."""

MAX_BYTES = 1 << 34
"""Maximum bytes of a weight file."""

MAX_INFO_BYTES = 1 << 24
"""Maximum bytes of the description of a repository."""


def pretrained(name: str, config: FamilyConfig) -> PretrainedWeights:
    """Return timm's default weights of a model, adapted to a data set.

    timm adapts the first convolution to the number of channels, and most models' position
    embeddings to the image size. Tensors that do not fit, such as a classifier for other classes,
    are left out.

    Args:
        name: model name in timm.
        config: config of the model.

    Raises:
        UnavailableError: the weights are not on this machine and cannot be downloaded.
        DataError: the file does not contain the model's tensors.
        InvalidValueError: see `build`.
    """
    hub, about = table().rows[name].hub, get_pretrained_cfg(name)
    path = weights_file(hub)
    assert about
    try:
        # With the file's own number of classes, because timm does not drop one of a different size.
        loaded = _loaded(name, config.model_copy(update={"outputs": (about.num_classes,)}), path)
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as exc:
        raise DataError(
            f"{path} does not contain timm's weights of {name}: {one_line(exc)[:200]}",
            hint="Remove it and try again.",
        ) from exc
    with torch.device("meta"):  # only the shapes are needed
        model = build(name, config)
    return fitting_weights(
        model,
        loaded,
        channels=config.input_shape[0],
        source=hub,
        license=about.license or "",
        mean=about.mean,
        std=about.std,
    )


def _loaded(name: str, config: FamilyConfig, path: str) -> dict[str, Tensor]:
    """Return the tensors of a file by their names in the model."""
    try:
        return build(name, config, path).state_dict()
    # Because timm cannot resize every tensor of every model; its own size fits all of them.
    except RuntimeError:
        network = make_network(name, config.input_shape[0], config.outputs[0], weights=path)
        return {f"network.{key}": tensor for key, tensor in network.state_dict().items()}


def weights_file(hub: str) -> str:
    """Return the path of the weight file of a repository, downloaded if it is not cached.

    Raises:
        UnavailableError: the file is not on this machine and cannot be downloaded.
    """
    # Not a text if the cache has noted that the repository lacks the file.
    if isinstance(cached := try_to_load_from_cache(hub, FILE), str):
        return cached
    try:
        return str(_download(hub))
    except UnavailableError as exc:
        folder = _cache_folder(hub)
        raise UnavailableError(
            exc.problem,
            hint=f"On a machine with network access: hf download {hub} {FILE}; then copy the "
            f"folder {folder.name} of its cache into {folder.parent}",
        ) from exc


def _download(hub: str) -> Path:
    """Download a weight file to the place where huggingface_hub looks for it."""
    token = get_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # The commit first, because the cache keeps files by commit.
    info, url = io.BytesIO(), f"{constants.ENDPOINT}/api/models/{hub}/revision/main"
    download(url, info, max_bytes=MAX_INFO_BYTES, headers=headers)
    commit = _commit_of(info.getvalue(), url)
    folder = _cache_folder(hub)
    path = folder / "snapshots" / commit / FILE
    url = f"{constants.ENDPOINT}/{hub}/resolve/{commit}/{FILE}"
    download_file(url, path, max_bytes=MAX_BYTES, headers=headers)
    # Written last, because the cache has the file only once a reference leads to its commit.
    (folder / "refs").mkdir(exist_ok=True)
    write_atomic(folder / "refs" / "main", commit.encode())
    return path


def _commit_of(info: bytes, url: str) -> str:
    try:
        commit = json.loads(info)["sha"]
    except (ValueError, TypeError, KeyError):
        commit = None
    # The commit becomes a folder's name, so a server must not choose any other text.
    if not (isinstance(commit, str) and re.fullmatch("[0-9a-f]{40}", commit)):
        raise UnavailableError(f"{url} has no valid commit: got {str(commit)[:80]!r}")
    return commit


def _cache_folder(hub: str) -> Path:
    return Path(constants.HF_HUB_CACHE) / f"models--{hub.replace('/', '--')}"


__getattr__ = attribute_per_model(pretrained, table)
