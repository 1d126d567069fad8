"""The public Python functions; see the docstring of `zoo_core` for an example."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.errors import InvalidValueError
from zoo_core.installation.installed import installed_catalog, installed_rows, refuse_unusable
from zoo_core.plugins.catalog import Catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.registry.lookup import published_models, resolve_weights
from zoo_core.system.environment import is_set

# Imported inside the functions that need them, because `load` must not wait for the others.
if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from zoo_core.data.dataset import ArrayDataset
    from zoo_core.evaluation.compare import Comparison
    from zoo_core.frameworks.run import Callbacks, Run
    from zoo_core.metrics.scores import Scores
    from zoo_core.model_info import ModelInfo
    from zoo_core.plugins.specs import ModelSpec
    from zoo_core.pretrained.model import Pretrained
    from zoo_core.publishing.verify import Verification


def _catalog() -> Catalog:
    """Return the installed catalog; with ``ZOO_STRICT_PLUGINS``, every plugin must be usable."""
    # On every call, because a process may set the variable after its first call.
    if is_set("ZOO_STRICT_PLUGINS"):
        refuse_unusable(installed_rows()["plugins"])
    return installed_catalog()


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
        pattern: a shell pattern of names, for instance ``two-headed-*``.
        task: only models for this task.
        pretrained: only models with published weights, or with third-party weights from which a
            training may start.
        plugin: only models of this distribution.
        max_params: only models with at most this many trainable parameters; a model whose number
            is unknown is left out.
    """
    catalog = _catalog()
    # Only if requested, because it reads the index of every registry, remote ones included.
    published = published_models(catalog) if pretrained else frozenset()
    return [
        name
        for name, entry in catalog.entries("models").items()
        if fnmatchcase(name, pattern)  # `fnmatch` would ignore case on Windows
        and (not pretrained or bool(entry.spec.pretrained) or entry.qualified_name in published)
        and (max_params is None or (entry.spec.parameters or max_params + 1) <= max_params)
        and (task is None or task in (entry.spec.tasks or [task]))
        and plugin in (None, entry.plugin.distribution)
    ]


def get_model_info(name: str) -> ModelInfo:
    """Return the spec, plugin, default config and recipe names of a model."""
    from zoo_core.model_info import model_info

    return model_info(_catalog().model(name))


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
    from zoo_core.recipes.validation import validate

    third_party = pretrained is True and _has_only_third_party_weights(name)
    if pretrained and not third_party:
        if config:
            # Weights fit one config only, which is on their card.
            raise InvalidValueError(
                f"create_model({name!r}): expected no config with pretrained weights, got "
                f"{', '.join(config)}",
                hint="Leave out the config or pretrained.",
            )
        return load_pretrained(
            _catalog(), name if pretrained is True else f"{name}.{pretrained}"
        ).model
    from zoo_core.frameworks.trainer import make_trainer, model_builder

    entry = _catalog().model(name)
    what = f"config of model {name!r}"
    complete = validate(entry.resolve(entry.spec.config), config, what=what)
    model = model_builder(entry)(complete)  # on the CPU: the caller decides about devices
    if third_party:
        from zoo_core.training.initial_weights import load_initial_weights

        trainer = make_trainer(_catalog().trainer(entry.spec.trainer), device="cpu", threads=None)
        load_initial_weights(trainer, model, entry, complete)
    return model


def _has_only_third_party_weights(name: str) -> bool:
    entry = _catalog().model(name)
    if not entry.spec.pretrained:
        return False
    return entry.qualified_name not in published_models(_catalog())


def train(
    name: str | ModelSpec | ModuleType,
    *,
    recipe: str | None = None,
    dataset: str | ArrayDataset | None = None,
    out: str | PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    callbacks: Sequence[Callbacks] = (),
    **overrides: Any,
) -> Run:
    """Train a model; see `zoo_core.training.training.Training`.

    Args:
        name: name of the model, its spec, or a module whose hooks offer one model; a spec or module
            is added as a plugin of this process (`zoo_core.add_plugin`).
        recipe: name of one of its recipes, or path of a ``.toml`` file; None for ``default``.
        dataset: name of the data set, or the data set itself; None for the recipe's.
        out: folder of the run, new or empty; None for the next free one in ``runs``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: number of the framework's CPU threads; None for its default.
        callbacks: objects of subclasses of `zoo_core.Callbacks`, called in this order.
        overrides: values that override the recipe's, such as ``lr=0.05, model={"hidden": 64}``.
    """
    from zoo_core.frameworks.run import CallbackList
    from zoo_core.installation.python_objects import name_of_dataset, name_of_model
    from zoo_core.training.training import Training

    # Before the catalog is used, because they may add to it.
    name, dataset = name_of_model(name), name_of_dataset(dataset)
    return Training.new(
        _catalog(),
        name,
        recipe=recipe or "default",
        # The parameter last, because later overrides win.
        overrides=[overrides, {"dataset": dataset} if dataset else {}],
        out=None if out is None else Path(out),
        device=device,
        threads=threads,
        callbacks=CallbackList(callbacks),
    ).run()


def resume(
    run: str | PathLike[str],
    *,
    dataset: ArrayDataset | None = None,
    device: str | None = None,
    threads: int | None = None,
    callbacks: Sequence[Callbacks] = (),
) -> Run:
    """Continue a stopped training; see `zoo_core.training.training.Training.resume`.

    Args:
        run: folder of the run.
        dataset: the data set, if the training began with an `ArrayDataset`.
        device: see `train`; None for that of the first start, as for `threads`.
        threads: see `train`.
        callbacks: see `train`; a run's folder does not contain those of its first start.
    """
    from zoo_core.frameworks.run import CallbackList
    from zoo_core.installation.python_objects import name_of_dataset
    from zoo_core.training.training import Training

    name_of_dataset(dataset)  # which adds it to the catalog
    return Training.resume(
        _catalog(),
        Path(run),
        device=device,
        threads=threads,
        callbacks=CallbackList(callbacks),
    ).run()


def load(
    name: str | PathLike[str],
    *,
    registry: str | None = None,
    device: str = "auto",
    into: Any = None,
) -> Pretrained:
    """Load and verify weights by their published name, or from a run's folder or a file.

    Args:
        name: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``, such as ``cnn`` or ``cnn.default``; or a
            path.
        registry: folder or URL of the only registry to search; None for all registries.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        into: an existing model that receives the weights, unchanged if loading fails; None for a
            new one.

    Raises:
        ZooError: see `zoo_core.pretrained.load.load_pretrained`.
    """
    return load_pretrained(_catalog(), name, registry=registry, device=device, into=into)


def evaluate(
    *weights: Pretrained | str | PathLike[str],
    dataset: str | ArrayDataset | None = None,
    split: str = "test",
    classes: Mapping[str, str] | None = None,
) -> Scores:
    """Return the scores of weights, or of the ensemble of several, on a split.

    Images that were used in training are left out, and a difference between the data and the card
    is a `UserWarning`; see `zoo_core.evaluation.evaluate`.

    Args:
        weights: names, paths or loaded models.
        dataset: name of the data set, or the data set itself; None for the one of the training.
        split: name of the split.
        classes: class of the data set -> class of the model, for names that differ, for instance
            ``{"zcat": "cat"}``.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained
    from zoo_core.installation.python_objects import name_of_dataset

    name = name_of_dataset(dataset)
    evaluation = evaluate_pretrained(
        _catalog(), _load_all(weights), dataset=name, split=split, classes=classes or {}
    )
    _warn(evaluation.notes)
    return evaluation.together


def _warn(notes: Iterable[str]) -> None:
    for note in notes:
        warnings.warn(note, UserWarning, stacklevel=3)  # at the caller of `evaluate` or `compare`


def _load_all(weights: Sequence[Pretrained | str | PathLike[str]]) -> list[Pretrained]:
    from zoo_core.pretrained.model import Pretrained

    if not weights:
        raise TypeError("expected at least one model: a name, a path or a loaded model, got none")
    # Loaded ones as they are, so that a loop over data sets loads each file once.
    return [each if isinstance(each, Pretrained) else load(each) for each in weights]


def compare(
    *weights: Pretrained | str | PathLike[str],
    dataset: str | ArrayDataset | None = None,
    split: str = "test",
    classes: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare weights on a split, as `evaluate` scores them; see `zoo_core.evaluation.compare`."""
    from zoo_core.evaluation.compare import compare_pretrained
    from zoo_core.installation.python_objects import name_of_dataset

    name = name_of_dataset(dataset)
    comparison = compare_pretrained(
        _catalog(), _load_all(weights), dataset=name, split=split, classes=classes or {}
    )
    _warn(comparison.notes)
    return comparison


def read_images(pretrained: Pretrained, files: Iterable[str | PathLike[str]]) -> NDArray[np.uint8]:
    """Return image files as inputs of a model: uint8 ``(N, C, H, W)``.

    Images of any size are converted as the model's training images were.

    Raises:
        DataError: a file is not a readable image.
        InvalidValueError: the model's input is neither gray nor RGB.
    """
    import numpy as np

    from zoo_core.data.images.processor import model_processor

    facts = pretrained.card.dataset
    processor = model_processor(_catalog(), pretrained.input, facts.name, facts.pixel_ranges)
    images = [processor.read(Path(file)) for file in files]
    # `np.stack` refuses an empty list.
    return np.stack(images) if images else np.empty((0, *pretrained.input_shape), np.uint8)


def verify(name: str, *, registry: str | None = None) -> Verification:
    """Verify published weights: file, card, model, golden outputs, and every test image again.

    Args:
        name: name of the weights.
        registry: see `load`.

    Raises:
        VerificationError: a check failed; the first one is raised.
        ZooError: a check could not be run.
    """
    from zoo_core.publishing.verify import Verifier

    verification = Verifier(_catalog()).verify(resolve_weights(_catalog(), name, registry))
    for exc in verification.errors:  # the first, if any
        raise exc
    return verification
