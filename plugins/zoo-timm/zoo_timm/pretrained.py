"""timm's pretrained weights: ``zoo_timm.pretrained:NAME`` gives those of the model of that name.

They come from the Hugging Face hub, as safetensors alone, and are kept where timm keeps them.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import torch
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors import SafetensorError
from timm.models import get_pretrained_cfg
from torch import Tensor

from zoo_core.plugin_api import DataError, PretrainedWeights, UnavailableError, is_set, one_line
from zoo_timm.build import build
from zoo_timm.network import make_network
from zoo_timm.table import table
from zoo_torch.families.pretrained import fitting_weights, unavailable_error
from zoo_torch.families.table import attribute_per_model

if TYPE_CHECKING:
    from zoo_torch.families.config import FamilyConfig

FILE = "model.safetensors"
"""The weights in a repository of the hub; that it is zoo's own name too is chance."""

PATIENCE = 10
"""Seconds within which the hub has to answer at all; its library would try for half a minute."""


def pretrained(name: str, config: FamilyConfig) -> PretrainedWeights:
    """Return the weights that timm has for a model by default, adapted to a data set.

    timm adapts the first convolution to the images' channels, and most models' embeddings of places
    to their size. What does not fit, such as a classifier for other classes, is left out.

    Args:
        name: in timm.
        config: of the model.

    Raises:
        UnavailableError: they are not on this machine and cannot be fetched.
        DataError: the file is not what it should be.
        InvalidValueError: see `build`.
    """
    hub, about = table().rows[name].hub, get_pretrained_cfg(name)
    path = weights_file(hub)
    assert about
    try:
        loaded = _loaded(name, config.model_copy(update={"classes": (about.num_classes,)}), path)
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as exc:
        raise DataError(
            f"{path} is not a file with timm's weights of {name}: {one_line(exc)[:200]}",
            hint="Remove it, and it is fetched again.",
        ) from exc
    with torch.device("meta"):
        model = build(name, config)
    return fitting_weights(model, loaded, hub, about.license or "of unknown license")


def _loaded(name: str, config: FamilyConfig, path: str) -> dict[str, Tensor]:
    """Return the tensors of a file by their names in the model.

    With as many classes as the file has, timm insists on every tensor.
    """
    try:
        return build(name, config, path).state_dict()
    except RuntimeError:  # timm cannot fit all tensors of every model to a size
        network = make_network(name, config.input_shape[0], config.classes[0], weights=path)
        return {f"network.{key}": tensor for key, tensor in network.state_dict().items()}


def weights_file(hub: str) -> str:
    """Return the path of the weights of a repository of the hub, which are fetched where need be.

    Raises:
        UnavailableError: they are not here and cannot be fetched.
    """
    try:
        return hf_hub_download(hub, FILE, local_files_only=True)
    except LocalEntryNotFoundError:
        pass
    if is_set("ZOO_OFFLINE"):
        raise _unavailable(hub, "ZOO_OFFLINE is set")
    try:
        _reach(constants.ENDPOINT)
        return hf_hub_download(hub, FILE)
    except Exception as exc:
        raise _unavailable(hub, one_line(exc)[:200]) from exc


def _reach(url: str) -> None:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PATIENCE):
            pass
    except urllib.error.HTTPError as exc:
        exc.close()  # it is there, and that is what was asked


def _unavailable(hub: str, reason: str) -> UnavailableError:
    folder = f"models--{hub.replace('/', '--')}"
    return unavailable_error(
        f"{constants.ENDPOINT}/{hub}",
        reason,
        hint=f"Where there is a network: hf download {hub} {FILE}; then copy the folder {folder} "
        f"of its cache into {constants.HF_HUB_CACHE}",
    )


__getattr__ = attribute_per_model(pretrained, table)
