"""Public functions about models: list, describe and create them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoo_core.api.catalog import usable_catalog
from zoo_core.errors import InvalidValueError
from zoo_core.names.families import name_matcher
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.runtime_choice import TRAINER
from zoo_core.registry.lookup import published_models

# Imported inside the function that needs it, because the others must not wait for it.
if TYPE_CHECKING:
    from zoo_core.model_info import ModelInfo


def list_models(
    pattern: str = "*",
    *,
    task: str | None = None,
    pretrained: bool = False,
    plugin: str | None = None,
    max_params: int | None = None,
) -> list[str]:
    """Return the names of the installed models, sorted.

    Args:
        pattern: a shell pattern of names, for instance ``two-headed-*``, or of the part after the
            slash: ``resnet*`` matches ``timm/resnet18``.
        task: only models for this task.
        pretrained: only models with published weights, or with third-party weights from which a
            training may start.
        plugin: only models of this distribution.
        max_params: only models with at most this many trainable parameters; a model whose number
            is unknown is left out.
    """
    catalog, matches = usable_catalog(), name_matcher(pattern)
    # Only if requested, because it reads the index of every registry, remote ones included.
    published = published_models(catalog) if pretrained else frozenset()
    return [
        name
        for name, entry in catalog.entries("models").items()
        if matches(name)
        and (not pretrained or bool(entry.spec.pretrained) or entry.qualified_name in published)
        and (max_params is None or (entry.spec.parameters or max_params + 1) <= max_params)
        and (task is None or task in (entry.spec.tasks or [task]))
        and plugin in (None, entry.plugin.distribution)
    ]


def get_model_info(name: str) -> ModelInfo:
    """Return the spec, plugin, default config and recipe names of a model."""
    from zoo_core.model_info import model_info

    catalog = usable_catalog()
    return model_info(catalog, catalog.model(name))


def create_model(name: str, pretrained: bool | str = False, **config: Any) -> Any:
    """Return a model: the framework's own object.

    Args:
        name: name of the model.
        pretrained: False for random weights, True for the published weights of the default tag, or
            a tag. If no weights of the model are published, True is for the third-party weights of
            its plugin. The model does not normalize its input: that is left to the caller, with the
            mean and std on the card (``zoo.load(NAME).normalization``), or those of the library
            that the third-party weights come from (timm's ``get_pretrained_cfg``, torchvision's
            ``weights.transforms()``).
        config: values of its config, for instance ``hidden=[64]``; not with published weights.

    Raises:
        InvalidValueError: `config` is invalid, or given together with published weights.
    """
    from zoo_core.recipes.default_config import default_config

    third_party = pretrained is True and _has_only_third_party_weights(name)
    if pretrained and not third_party:
        if config:
            # Weights fit one config only, which is on their card.
            raise InvalidValueError(
                f"create_model({name!r}): expected no config with pretrained weights, got "
                f"{', '.join(config)}",
                hint="Leave out the config or pretrained.",
            )
        tag = name if pretrained is True else f"{name}.{pretrained}"
        return load_pretrained(usable_catalog(), tag, runtime=TRAINER).model
    from zoo_core.frameworks.trainer import make_trainer, model_builder

    entry = usable_catalog().model(name)
    complete = default_config(usable_catalog(), entry, config)
    model = model_builder(entry)(complete)  # on the CPU: the caller decides about devices
    if third_party:
        from zoo_core.training.parents.initial_weights import load_initial_weights

        trainer = make_trainer(
            usable_catalog().trainer(entry.spec.trainer), device="cpu", threads=None
        )
        load_initial_weights(trainer, model, entry, complete)
    return model


def _has_only_third_party_weights(name: str) -> bool:
    entry = usable_catalog().model(name)
    if not entry.spec.pretrained:
        return False
    return entry.qualified_name not in published_models(usable_catalog())
