"""The teacher of a training: found by name, verified, and checked against the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zoo_core.data.dataset import ArrayDataset
from zoo_core.data.normalization import Normalization, TargetScale, rescaling
from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, VerificationError
from zoo_core.frameworks.losses import distillation_function
from zoo_core.frameworks.teacher import Teacher
from zoo_core.frameworks.trainer import Trainer
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, with_names
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import LossSpec, TrainerSpec
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.model import Pretrained
from zoo_core.training.parents.named_weights import locate_parent
from zoo_core.weights.card import ParentWeights

_WITHOUT = "or train without one: --set teacher=''"


def load_teacher(
    catalog: Catalog,
    name: str,
    entry: Entry[TrainerSpec],
    trainer: Trainer,
    stated: ParentWeights | None = None,
) -> Pretrained:
    """Return the verified model of a recipe's `teacher`, on the device of the training.

    Args:
        catalog: the installed plugins.
        name: published name, or a run's folder.
        entry: entry of the trainer.
        trainer: the trainer, which builds the teacher, too.
        stated: teacher of the training that is resumed or repeated; None for a new training.

    Raises:
        UnknownNameError, DataError: there are no such weights.
        VerificationError: the weights are damaged, or not the stated ones.
        InvalidValueError: they are of another framework than the trainer.
    """

    def same_trainer(own: Entry[TrainerSpec]) -> Trainer:
        wanted, got = entry.spec.framework, own.spec.framework
        if wanted != got:
            raise InvalidValueError(
                f"teacher {name}: expected a model of {wanted}, like trainer {entry.spec.name!r}, "
                f"got one of {got}",
                hint=f"Choose a teacher of {wanted}, {_WITHOUT}",
            )
        return trainer

    try:
        found = locate_parent(catalog, name, stated)
        teacher = load_pretrained(catalog, found, trainer=same_trainer)
    except (UnknownNameError, DataError) as exc:
        raise type(exc)(f"teacher {name}: {exc.problem}", hint=exc.hint) from exc
    if stated and teacher.sha256 != stated.sha256:
        raise VerificationError(
            f"teacher {name}: expected sha256 {stated.sha256}, that of the training, got "
            f"{teacher.sha256}",
            hint="Restore these weights, or start another training.",
        )
    return teacher


def make_teacher(
    pretrained: Pretrained,
    dataset: ArrayDataset,
    normalization: Normalization,
    losses: Sequence[Entry[LossSpec]],
    stated: ParentWeights | None = None,
) -> Teacher:
    """Return the teacher of a training on loaded data.

    Args:
        pretrained: the teacher's model.
        dataset: the loaded data set.
        normalization: normalization of the model in training.
        losses: loss of each head.
        stated: see `load_teacher`.

    Raises:
        InvalidValueError: its inputs, tasks or classes are not those of the data.
    """
    _check_fit(pretrained, dataset)
    own, nothing = pretrained.normalization, (None,) * len(losses)
    scales = zip(own.targets or nothing, normalization.targets or nothing, strict=True)
    return Teacher(
        weights=stated
        or ParentWeights(
            # Without the checksum, and of a run without its path.
            source=pretrained.name.partition("@")[0],
            sha256=pretrained.sha256,
            license=pretrained.card.license,
        ),
        model=pretrained.model,
        losses=tuple(map(distillation_function, losses)),
        inputs=rescaling(
            TargetScale(normalization.mean, normalization.std), TargetScale(own.mean, own.std)
        ),
        outputs=tuple(rescaling(*pair) for pair in scales),
    )


def _check_fit(teacher: Pretrained, dataset: ArrayDataset) -> None:
    facts = [
        *_facts(teacher.input, dataset.input_spec),
        ("heads", len(teacher.targets), len(dataset.targets)),
    ]
    for head, (got, wanted) in enumerate(zip(teacher.targets, dataset.targets, strict=False), 1):
        where = f" of head {head}" if len(dataset.targets) > 1 else ""
        pair = (with_names(got), with_names(wanted))
        facts += [(f"{field}{where}", *values) for field, *values in _facts(*pair)]
    for what, got, expected in facts:
        if got != expected:
            raise InvalidValueError(
                f"teacher {teacher.name.partition('@')[0]} does not fit the data: {what}: expected "
                f"{_words(expected)}, got {_words(got)}",
                hint=f"Choose a teacher that was trained on such data, {_WITHOUT}",
            )


def _facts(
    got: InputSpec | TargetSpec, expected: InputSpec | TargetSpec
) -> list[tuple[str, Any, Any]]:
    """Return the fields of two specs, with the values of both; names of targets do not matter."""
    pairs = [(field, value, getattr(expected, field)) for field, value in vars(got).items()]
    return [pair for pair in pairs if pair[0] != "name"]


def _words(value: Any) -> str:
    if not isinstance(value, tuple):
        return repr(value)
    shown = ", ".join(str(each) for each in value[:12])
    return f"({shown}{f', … {len(value) - 12:,} more' if len(value) > 12 else ''})"
