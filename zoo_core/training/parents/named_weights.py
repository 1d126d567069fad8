"""The weights that a recipe's `initial` names: found, verified and read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from zoo_core.errors import InvalidValueError, UnknownNameError
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec
from zoo_core.pretrained.build import rename_tensors
from zoo_core.pretrained.load import locate
from zoo_core.pretrained.quantized import no_model
from zoo_core.pretrained.verified_read import published_card, read_provenance, read_published
from zoo_core.recipes.model_config import ModelConfig
from zoo_core.registry.lookup import known_registries, list_published
from zoo_core.registry.registry import FoundWeights
from zoo_core.training.parents.initial_weights import pretrained_facts, pretrained_of
from zoo_core.weights.card import InitialWeights, ParentWeights, Provenance
from zoo_core.weights.file import Tensors, WeightFile, load_weights
from zoo_core.weights.license import spdx

SUFFIX = ".safetensors"

_PICKLED = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".tar"}
"""Suffixes of files that may contain pickles."""


@dataclass(frozen=True)
class NamedWeights:
    """Weights to start from.

    Attributes:
        facts: their identity, license and normalization.
        tensors: tensors by their own names.
        card: card of those that zoo trained; None for any others.
    """

    facts: InitialWeights
    tensors: Tensors
    card: Provenance | None = None


def locate_parent(catalog: Catalog, name: str, stated: ParentWeights | None) -> FoundWeights | Path:
    """Return the weights of a name; those with the stated checksum, if they have another name now.

    Raises:
        UnknownNameError: there are no such weights.
    """
    if stated is None:
        return locate(catalog, name)
    try:
        found = locate(catalog, name)
    except UnknownNameError:
        if published := _find_published(catalog, stated):
            return published
        raise
    # By the name first, because the indexes of all registries may be read from the network.
    if isinstance(found, FoundWeights) and found.published.sha256 == stated.sha256:
        return found
    return _find_published(catalog, stated) or found


def _find_published(catalog: Catalog, stated: ParentWeights) -> FoundWeights | None:
    # A run that was a parent may have been published since, and a registry been renamed.
    published = list_published(known_registries(catalog))
    return next((each for each in published if each.published.sha256 == stated.sha256), None)


def read_named(
    catalog: Catalog,
    name: str,
    make_config: Callable[[Entry[ModelSpec]], ModelConfig],
    stated: ParentWeights | None = None,
) -> NamedWeights:
    """Read weights by their published name, from a run, a file or a plugin.

    Args:
        catalog: the installed plugins.
        name: published name, a run's folder, a ``.safetensors`` file, or a model whose plugin has
            pretrained weights.
        make_config: function that returns a model's config for the data.
        stated: weights of the training that is resumed or repeated; None for a new training.

    Raises:
        UnknownNameError, DataError: there are no such weights.
        VerificationError: they are damaged.
        InvalidValueError: the file is of a format that may run code, or the weights are quantized.
    """
    _check_suffix(Path(name))
    try:
        found = locate_parent(catalog, name, stated)
    except UnknownNameError as exc:
        if entry := _pretrained_model(catalog, name):
            return _of_plugin(entry, make_config(entry), name)
        raise UnknownNameError(f"initial {name}: {exc.problem}", hint=exc.hint) from exc
    if isinstance(found, FoundWeights):
        return _of_zoo(catalog, published_card(found), read_published(found), found.published.name)
    if found.is_file():
        file = load_weights(found, foreign=True)
        if not file.metadata:
            facts = InitialWeights(source=found.name, sha256=file.sha256, license=spdx(""))
            return NamedWeights(facts, file.tensors)
    card, file = read_provenance(found)
    return _of_zoo(catalog, card, file, card.model)


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in _PICKLED or not path.is_file():
        return
    target = path.with_suffix(SUFFIX)
    raise InvalidValueError(
        f"initial {path}: expected a {SUFFIX} file, because a {path.suffix} file may run code when "
        "it is read",
        hint='Convert it once: python -c "import torch, safetensors.torch as s; '
        f"s.save_file(torch.load('{path}', weights_only=True), '{target}')\"",
    )


def _of_zoo(catalog: Catalog, card: Provenance, file: WeightFile, source: str) -> NamedWeights:
    if card.quantized:
        raise no_model(f"initial {source}", card.quantized.source)
    # By the qualified name, as on the card; the plugin need not be installed.
    models = catalog.entries("models")
    entry = models.get(card.model)
    if entry and entry.plugin.distribution == card.plugin:
        file = rename_tensors(file, entry.spec.renamed)
    facts = InitialWeights(
        source=source,
        sha256=file.sha256,
        license=card.license,
        normalization=card.normalization,
    )
    return NamedWeights(facts, file.tensors, card)


def _pretrained_model(catalog: Catalog, name: str) -> Entry[ModelSpec] | None:
    """Return the model whose plugin has the weights of a name such as timm/resnet18.a1_in1k."""
    models = catalog.entries("models")
    entry = models.get(name) or models.get(name.partition(".")[0])
    return entry if entry and entry.spec.pretrained else None


def _of_plugin(entry: Entry[ModelSpec], config: ModelConfig, name: str) -> NamedWeights:
    pretrained = pretrained_of(entry, config)
    if name not in (entry.spec.name, pretrained.source):
        raise UnknownNameError(
            f"initial {name}: the pretrained weights of {entry.spec.name} are {pretrained.source}",
            hint=f"Use them: --set initial={entry.spec.name}",
        )
    channels = config.input_shape[0]
    return NamedWeights(pretrained_facts(pretrained, channels), pretrained.tensors)
