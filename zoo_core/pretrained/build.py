"""Build a model from a weight file, with all the weights or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from zoo_core.data.normalization import Normalization
from zoo_core.errors import InvalidValueError, VerificationError, ZooError, join_names, one_line
from zoo_core.frameworks.prediction import VIEWS
from zoo_core.frameworks.trainer import Trainer, make_trainer, model_builder
from zoo_core.pretrained.model import Pretrained
from zoo_core.pretrained.plain_config import ConfigView
from zoo_core.weights.file import WeightFile, check_tensors

if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.recipes.model_config import ModelConfig
    from zoo_core.weights.card import Provenance


def build(
    catalog: Catalog,
    file: WeightFile,
    *,
    name: str,
    card: Callable[[], Provenance],
    plain: bool,
    device: str,
    threads: int | None,
    into: Any,
) -> Pretrained:
    """Return a model with the weights of a file.

    Args:
        catalog: what is installed.
        file: the weights, which say what model they are of.
        name: what to call them.
        card: reads what is known of them, when somebody asks.
        plain: see `Published.plain`.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        into: a model that is to get the weights; None for a new one.

    Raises:
        VerificationError: the weights do not have the names, shapes or dtypes of the model's.
        InvalidValueError: `into` is no model of the weights' framework.
    """
    facts = _read_facts(file)
    entry = catalog.model(f"{facts.plugin}/{facts.model}")

    @cache
    def config() -> ModelConfig:
        from zoo_core.recipes.validation import validate

        cls: type[ModelConfig] = entry.resolve(entry.spec.config)
        return validate(cls, facts.config, what=f"config in {file.path}")

    trainer = make_trainer(catalog.trainer(facts.trainer), device=device, threads=threads)
    builder = model_builder(entry)
    if plain and facts.version == entry.plugin.version:
        settled: Any = ConfigView(facts.config, config)
    else:
        settled = config()
    try:
        new = into is None
        model = trainer.build(builder, settled, None) if new else into
    except ZooError:
        raise
    except Exception as exc:
        raise VerificationError(
            f"{file.path}: no {facts.model} can be built of its config: {one_line(exc)}"
        ) from exc
    _assign(trainer, model, file)
    return Pretrained(
        model=model,
        name=name,
        sha256=file.sha256,
        trainer=trainer,
        normalization=facts.normalization,
        input_shape=facts.input_shape,
        views=facts.views,
        _read_card=card,
        _read_config=config,
    )


def _assign(trainer: Trainer, model: Any, file: WeightFile) -> None:
    """Give a model its weights, or leave it as it is."""
    try:
        before = trainer.get_weights(model)
    except Exception as exc:
        raise InvalidValueError(
            f"weights cannot be given to a {type(model).__name__}: {one_line(exc)}",
            hint="Hand in a model that zoo.create_model made.",
        ) from exc
    check_tensors(file, before)
    try:
        trainer.set_weights(model, file.tensors)
    except BaseException:
        trainer.set_weights(model, before)
        raise


@dataclass(frozen=True)
class _Facts:
    """What loading depends on, of what a weight file says of itself."""

    model: str
    plugin: str
    version: str
    config: Mapping[str, Any]
    input_shape: tuple[int, int, int]
    trainer: str
    normalization: Normalization
    views: int


def _read_facts(file: WeightFile) -> _Facts:
    stated = file.metadata
    try:
        channels, height, width = map(int, stated["config"]["input_shape"])
        views = dict(stated["recipe"]).get("views", 1)  # which older weights lack
        if views not in VIEWS:
            raise ValueError(f"views is {views!r}, there are {join_names(map(str, VIEWS))}")
        return _Facts(
            model=str(stated["model"]),
            plugin=str(stated["plugin"]),
            version=str(stated["versions"][stated["plugin"]]),
            config=dict(stated["config"]),
            input_shape=(channels, height, width),
            trainer=str(stated["recipe"]["trainer"]),
            normalization=Normalization(
                mean=tuple(map(float, stated["normalization"]["mean"])),
                std=tuple(map(float, stated["normalization"]["std"])),
            ),
            views=views,
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise VerificationError(
            f"the metadata of {file.path} is not zoo's: {one_line(exc)}"
        ) from exc
