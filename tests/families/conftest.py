"""Fixtures: libraries of models, each with its plugin."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest


@dataclass
class Library:
    """A library and its plugin.

    Attributes:
        name: name of the library.
        package: package of the plugin with the library's models.
        cache: folder of the library's downloads.
        patch: changes that pytest undoes after the test.
    """

    name: ClassVar[str]
    package: ClassVar[str]
    cache: Path
    patch: pytest.MonkeyPatch

    def module(self, name: str) -> ModuleType:
        return import_module(f"{self.package}.{name}")


class Timm(Library):
    name = "timm"
    package = "zoo_timm"

    def use_cache(self) -> None:
        """Use the test's folder as the cache of the library."""
        import huggingface_hub.constants

        self.patch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(self.cache))

    def names(self) -> set[str]:
        """Return the names of all models of the installed library."""
        import timm

        return set(timm.list_models())

    def probe(self, name: str) -> Any:
        """Probe a model and return its row."""
        return self.module("make_table").probe_name(name)

    def release(self, name: str) -> dict[str, Any]:
        """Replace a model's pretrained weights by random ones, and return these by name."""
        import timm
        from safetensors.torch import save_file

        state: dict[str, Any] = timm.create_model(name).state_dict()
        self.cache.mkdir()
        file = self.cache / "model.safetensors"
        save_file(state, file)
        self.patch.setattr(self.module("pretrained"), "weights_file", lambda hub: str(file))
        return state

    def use_server(self, server: str, name: str) -> str:
        """Move a model's pretrained weights to a server, and return their address there."""
        import huggingface_hub.constants

        self.patch.setattr(huggingface_hub.constants, "ENDPOINT", server)
        return f"{server}/api/models/{self.module('table').table().rows[name].hub}"


class Torchvision(Library):
    name = "torchvision"
    package = "zoo_torchvision.models"

    def use_cache(self) -> None:
        """Use the test's folder as the cache of the library."""
        self.patch.setenv("TORCH_HOME", str(self.cache))

    def names(self) -> set[str]:
        """Return the names of all models of the installed library."""
        import torchvision

        return set(torchvision.models.list_models(module=torchvision.models))

    def probe(self, name: str) -> Any:
        """Probe a model and return its row."""
        return self.module("make_table").probe(name)

    def release(self, name: str) -> dict[str, Any]:
        """Replace a model's pretrained weights by random ones, and return these by name."""
        from torchvision.models import get_model

        state: dict[str, Any] = get_model(name, weights=None).state_dict()
        self.patch.setattr(self.module("pretrained"), "weights_of", lambda weights: state)
        return state

    def use_server(self, server: str, name: str) -> str:
        """Move a model's pretrained weights to a server, and return their address there."""
        from torchvision.models import get_model_weights

        url = f"{server}/{name}-01234567.pth"
        self.patch.setattr(get_model_weights(name).DEFAULT.value, "url", url)
        return url


LIBRARIES = {cls.name: cls for cls in (Timm, Torchvision)}


@pytest.fixture(params=LIBRARIES)
def library(request, tmp_path, monkeypatch):
    """Return a library; skip the test if it or its plugin is not installed."""
    cls = LIBRARIES[request.param]
    pytest.importorskip(cls.name)
    pytest.importorskip(cls.package)
    return cls(tmp_path / "cache", monkeypatch)
