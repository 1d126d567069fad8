"""Build a model from a weight file, with all the weights or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from zoo_core.data.normalization import Normalization, TargetScale
from zoo_core.errors import InvalidValueError, VerificationError, ZooError, one_line
from zoo_core.frameworks.prediction import VIEWS
from zoo_core.frameworks.trainer import Trainer, model_builder
from zoo_core.metrics.calibration import Calibration
from zoo_core.metrics.familiarity import find_familiarity
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, input_of, targets_of
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import ModelSpec, TrainerSpec
from zoo_core.pretrained.files import WeightsFiles
from zoo_core.pretrained.model import FrameworkModel, Pretrained, Program
from zoo_core.pretrained.plain_config import ConfigView
from zoo_core.pretrained.quantized import no_model, parent_of
from zoo_core.weights.file import WeightFile, check_tensors

# The modules below import pydantic; see `zoo_core.pretrained.plain_config`.
if TYPE_CHECKING:
    from zoo_core.plugins.catalog import Catalog
    from zoo_core.recipes.model_config import ModelConfig
    from zoo_core.weights.card import Provenance
    from zoo_core.weights.card_data import CardData


def build(
    catalog: Catalog,
    file: WeightFile,
    *,
    name: str,
    card: Callable[[], Provenance],
    data: Callable[[], CardData],
    files: WeightsFiles,
    plain: bool,
    trainer: Callable[[Entry[TrainerSpec]], Trainer],
    into: Any,
    program: Callable[[WeightFile, str], Program | None],
) -> Pretrained:
    """Return a model with the weights of a file.

    Args:
        catalog: installed plugins.
        file: weights; their metadata names the model, its config and its trainer.
        name: name of the weights.
        card: function that reads the card, called when the card is first used.
        data: function that reads the card data, called when they are first used.
        files: files that accompany the weights.
        plain: see `zoo_core.registry.index.PublishedWeights`.
        trainer: function that returns the adapter of the weights' framework.
        into: model to assign the weights to; None to build a new one.
        program: function of the file and the name of its trainer that returns the program to
            predict with, which needs neither the model's plugin nor its framework; None for the
            model.

    Raises:
        VerificationError: names, shapes or dtypes of the weights differ from the model's.
        InvalidValueError: `into` is not a model of the weights' framework.
    """
    metadata = _parse_metadata(file)

    @cache
    def config() -> ModelConfig:
        from zoo_core.recipes.validation import validate

        entry = _find_model(catalog, metadata)
        cls: type[ModelConfig] = entry.resolve(entry.spec.config)
        return validate(cls, metadata.config, what=f"config in {file.path}")

    def build_model() -> FrameworkModel:
        if parent := parent_of(file.metadata):
            raise no_model(name.partition("@")[0], parent)
        entry = _find_model(catalog, metadata)
        # Another version of the plugin may validate differently, or have new fields with defaults.
        same = metadata.version in (entry.plugin.version, *entry.spec.same_config)
        validated = ConfigView(metadata.config, config) if plain and same else config()
        own = find_trainer(catalog, entry.spec, metadata.trainer)
        adapter = trainer(own)
        model = _build(adapter, entry, validated, file) if into is None else into
        _assign(adapter, model, rename_tensors(file, entry.spec.renamed))
        return FrameworkModel(adapter, own.spec.name, model)

    pretrained = Pretrained(
        name=name,
        sha256=file.sha256,
        normalization=metadata.normalization,
        input=metadata.input,
        targets=metadata.targets,
        views=metadata.views,
        calibration=metadata.calibration,
        _program=program(file, metadata.trainer),
        _build=build_model,
        _files=files,
        _read_card=card,
        _read_data=data,
        _read_config=config,
        _find_tasks=lambda: find_tasks(catalog, metadata.targets),
        _find_familiarity=cache(
            lambda: find_familiarity(catalog, metadata.dataset, metadata.input.shape)
        ),
    )
    if pretrained.program is None:
        _ = pretrained.model  # now, so that weights that do not fit are an error of the load
    return pretrained


def _find_model(catalog: Catalog, metadata: _Metadata) -> Entry[ModelSpec]:
    return catalog.model(f"{metadata.plugin}/{metadata.model}")


def _build(adapter: Trainer, entry: Entry[ModelSpec], config: Any, file: WeightFile) -> Any:
    builder = model_builder(entry)
    try:
        return adapter.build(builder, config, None)
    except ZooError:
        raise
    except Exception as exc:  # a plugin may raise anything for a config that it did not write
        from zoo_core.plugins.faults.frames import own_frame

        frame = own_frame(exc, entry.spec.builder.partition(":")[0])
        where = f" at {frame}" if frame else ""
        raise VerificationError(
            f"{file.path}: building {entry.spec.name} from its config failed{where}: "
            f"{one_line(exc)}"
        ) from exc


def find_trainer(catalog: Catalog, model: ModelSpec, trained_by: str) -> Entry[TrainerSpec]:
    """Return a trainer for a model's weights: that of their training, or another one.

    Weights depend on the framework, not on the trainer that trained them.
    """
    trainers = catalog.entries("trainers")
    if trained_by in trainers:
        return catalog.trainer(trained_by)
    framework = model.framework or catalog.trainer(model.trainer).spec.framework
    return next(
        (entry for entry in trainers.values() if entry.spec.framework == framework),
        catalog.trainer(model.trainer),
    )


def rename_tensors(file: WeightFile, renamed: Mapping[str, str]) -> WeightFile:
    """Return a file with the present names of tensors that had others in earlier versions."""
    if not any(name in file.tensors for name in renamed):
        return file
    tensors = {renamed.get(name, name): tensor for name, tensor in file.tensors.items()}
    return replace(file, tensors=tensors)


def _assign(trainer: Trainer, model: Any, file: WeightFile) -> None:
    """Assign a file's weights to a model; after an error the model has its old weights."""
    try:
        before = trainer.get_weights(model)
    except Exception as exc:
        raise InvalidValueError(
            f"cannot assign weights to a {type(model).__name__}: {one_line(exc)}",
            hint="Pass a model that zoo.create_model returned.",
        ) from exc
    check_tensors(file, before)
    try:
        trainer.set_weights(model, file.tensors)
    except BaseException:  # also Ctrl-C: the caller may catch it and use the model
        trainer.set_weights(model, before)
        raise


class _Metadata(NamedTuple):
    """The part of a weight file's metadata that loading depends on."""

    model: str
    plugin: str
    version: str
    config: Mapping[str, Any]
    input: InputSpec
    targets: tuple[TargetSpec, ...]
    trainer: str
    normalization: Normalization
    views: int
    dataset: str
    calibration: Calibration | None


def _parse_metadata(file: WeightFile) -> _Metadata:
    """Check by hand what `Provenance` would check, because that class needs pydantic."""
    values = file.metadata
    try:
        data, recipe = values["dataset"], dict(values["recipe"])
        shape = tuple(map(int, values["config"]["input_shape"]))
        # Recipes from before the field had no views; `Recipe` fills in the same default.
        views = recipe.get("views", 1)
        if views not in VIEWS:
            allowed = ", ".join(map(str, sorted(VIEWS)))
            raise ValueError(f"expected views in {allowed}, got {views!r}")
        return _Metadata(
            model=str(values["model"]),
            plugin=str(values["plugin"]),
            version=str(values["versions"][values["plugin"]]),
            config=dict(values["config"]),
            input=input_of(data.get("input") or {"shape": shape}),
            targets=targets_of(data),
            trainer=str(values["recipe"]["trainer"]),
            normalization=Normalization(
                mean=tuple(map(float, values["normalization"]["mean"])),
                std=tuple(map(float, values["normalization"]["std"])),
                targets=tuple(map(_scale, values["normalization"].get("targets", ()))),
                fill=tuple(map(float, values["normalization"].get("fill", ()))),
            ),
            views=views,
            dataset=str(data["name"]),
            calibration=_calibration(values.get("calibration"), len(targets_of(data))),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise VerificationError(f"invalid metadata of {file.path}: {one_line(exc)}") from exc


def _calibration(values: Mapping[str, Any] | None, heads: int) -> Calibration | None:
    if values is None:
        return None
    calibration = Calibration.from_json(values)
    if len(calibration.temperatures) != heads:
        raise ValueError(f"expected {heads} temperatures, got {len(calibration.temperatures)}")
    return calibration


def _scale(values: Mapping[str, Any] | None) -> TargetScale | None:
    if values is None:
        return None
    mean, std = (tuple(map(float, values[name])) for name in ("mean", "std"))
    return TargetScale(mean, std)
