"""Public Python functions; the package's docstring shows their use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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

if TYPE_CHECKING:  # imported by the functions that need them: loading weights makes do without
    import numpy as np
    from numpy.typing import NDArray

    from zoo_core.evaluation.compare import Comparison
    from zoo_core.frameworks.run import Run
    from zoo_core.metrics.scores import Scores
    from zoo_core.model_info import ModelInfo
    from zoo_core.pretrained.model import Pretrained
    from zoo_core.publishing.verify import Verification


def _catalog() -> Catalog:
    """Return what is installed; where ``ZOO_STRICT_PLUGINS`` is set, all of it must be usable."""
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
        pattern: a shell pattern that a name must match, for instance ``two-headed-*``.
        task: only models for this task.
        pretrained: only models with published weights, or with some that a training may begin with.
        plugin: only models of this distribution.
        max_params: only models that are known to learn so many numbers at most.
    """
    catalog = _catalog()
    published = published_models(catalog) if pretrained else frozenset()
    return [
        name
        for name, entry in catalog.entries("models").items()
        if fnmatchcase(name, pattern)
        and (not pretrained or bool(entry.spec.pretrained) or entry.spec.name in published)
        and (max_params is None or (entry.spec.parameters or max_params + 1) <= max_params)
        and task in (None, entry.spec.task)
        and plugin in (None, entry.plugin.distribution)
    ]


def get_model_info(name: str) -> ModelInfo:
    """Return what is known of a model."""
    from zoo_core.model_info import model_info

    return model_info(_catalog().model(name))


def create_model(name: str, pretrained: bool | str = False, **config: Any) -> Any:
    """Return a model: the framework's own object.

    Args:
        name: of the model.
        pretrained: False for random weights; True for the published ones of the model's default
            tag, or the tag. Of a model of which none are published, True stands for those that its
            plugin has for a training to begin with.
        config: values of its config, for instance ``hidden=[64]``; published weights have theirs.
    """
    from zoo_core.recipes.validation import validate

    begin = pretrained is True and _begins_pretrained(name)
    if pretrained and not begin:
        if config:
            raise InvalidValueError(
                f"published weights of {name!r} come with their config, got {', '.join(config)}",
                hint="Leave it out, or pretrained=True.",
            )
        return load_pretrained(
            _catalog(), name if pretrained is True else f"{name}.{pretrained}"
        ).model
    from zoo_core.frameworks.trainer import make_trainer, model_builder

    entry = _catalog().model(name)
    what = f"config of model {name!r}"
    complete = validate(entry.resolve(entry.spec.config), config, what=what)
    model = model_builder(entry)(complete)
    if begin:
        from zoo_core.training.initial_weights import load_initial_weights

        trainer = make_trainer(_catalog().trainer(entry.spec.trainer), device="cpu", threads=None)
        load_initial_weights(trainer, model, entry, complete)
    return model


def _begins_pretrained(name: str) -> bool:
    """Say whether a model has weights to begin with, and none that are published."""
    spec = _catalog().model(name).spec
    return bool(spec.pretrained) and spec.name not in published_models(_catalog())


def train(
    name: str,
    *,
    recipe: str | None = None,
    dataset: str | None = None,
    out: str | PathLike[str] | None = None,
    device: str = "auto",
    threads: int | None = None,
    **overrides: Any,
) -> Run:
    """Train a model; see `zoo_core.training.training.Training`.

    Args:
        name: of the model.
        recipe: name of one of its recipes, or path of a ``.toml`` file; None for ``default``.
        dataset: name of the data set; None for the recipe's.
        out: the run's folder, new or empty; None for the next free one under ``runs``.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        threads: of the framework; None for its own choice.
        overrides: values over the recipe's, for instance ``lr=0.05, model={"hidden": 64}``.
    """
    from zoo_core.training.training import Training

    return Training.new(
        _catalog(),
        name,
        recipe=recipe or "default",
        overrides=[overrides, {"dataset": dataset} if dataset else {}],
        out=None if out is None else Path(out),
        device=device,
        threads=threads,
    ).run()


def resume(
    run: str | PathLike[str], *, device: str | None = None, threads: int | None = None
) -> Run:
    """Go on with a training that was stopped; see `zoo_core.training.training.Training.resume`."""
    from zoo_core.training.training import Training

    return Training.resume(_catalog(), Path(run), device=device, threads=threads).run()


def load(
    name: str | PathLike[str],
    *,
    registry: str | None = None,
    device: str = "auto",
    into: Any = None,
) -> Pretrained:
    """Load weights by their published name, or from a run's folder or a file, verified.

    Args:
        name: ``[REGISTRY/]MODEL[.TAG][@sha256:HEX]``, such as ``cnn`` or ``cnn.default``; or a
            path.
        registry: where to look for the name, a folder or URL; None for all registries there are.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        into: a model that is to get the weights, and stays as it is if anything fails; None for a
            new one.

    Raises:
        ZooError: see `zoo_core.pretrained.load.load_pretrained`.
    """
    return load_pretrained(_catalog(), name, registry=registry, device=device, into=into)


def evaluate(
    *weights: Pretrained | str | PathLike[str],
    dataset: str | None = None,
    split: str = "test",
) -> Scores:
    """Score weights, or the ensemble of several, on every image of a split.

    See `zoo_core.evaluation.evaluate`.
    """
    from zoo_core.evaluation.evaluate import evaluate_pretrained

    return evaluate_pretrained(
        _catalog(), _load_all(weights), dataset=dataset, split=split
    ).together


def _load_all(weights: Sequence[Pretrained | str | PathLike[str]]) -> list[Pretrained]:
    from zoo_core.pretrained.model import Pretrained

    if not weights:
        raise TypeError("weights are due: names, paths, or what load() returned")
    return [each if isinstance(each, Pretrained) else load(each) for each in weights]


def compare(
    *weights: Pretrained | str | PathLike[str],
    dataset: str | None = None,
    split: str = "test",
) -> Comparison:
    """Compare weights on every image of a split; see `zoo_core.evaluation.compare`."""
    from zoo_core.evaluation.compare import compare_pretrained

    return compare_pretrained(_catalog(), _load_all(weights), dataset=dataset, split=split)


def read_images(pretrained: Pretrained, files: Iterable[str | PathLike[str]]) -> NDArray[np.uint8]:
    """Return image files, photos and drawings too, as a model reads them: uint8 ``(N, C, H, W)``.

    Raises:
        DataError: one cannot be read as an image.
        InvalidValueError: images do not have as many channels as the model reads.
    """
    import numpy as np

    from zoo_core.data.image_files import read_image, reader_for

    shape = pretrained.input_shape
    reader = reader_for(_catalog(), pretrained.card.dataset.name, shape)
    images = [reader(read_image(Path(file), shape[0])) for file in files]
    return np.stack(images) if images else np.empty((0, *shape), np.uint8)


def verify(name: str, *, registry: str | None = None) -> Verification:
    """Check published weights: file, card, model, golden forward, every test image again.

    Args:
        name: of the weights.
        registry: see `load`.

    Raises:
        VerificationError: a check does not hold; it is the first that does not.
        ZooError: a check could not be made.
    """
    from zoo_core.publishing.verify import Verifier

    verification = Verifier(_catalog()).verify(resolve_weights(_catalog(), name, registry))
    for exc in verification.errors:
        raise exc
    return verification


__all__ = [
    "compare",
    "create_model",
    "evaluate",
    "get_model_info",
    "list_models",
    "load",
    "read_images",
    "resume",
    "train",
    "verify",
]
