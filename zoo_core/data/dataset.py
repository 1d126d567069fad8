"""Data sets as NumPy arrays, the form in which plugins provide them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.data.examples import Examples
from zoo_core.data.reading_facts import NO_FACTS, ReadingFacts
from zoo_core.errors import DataError, VerificationError
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, are_class_images, plain, with_names
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec

_CHUNK_BYTES = 1 << 24
"""Maximum bytes of inputs per chunk."""


@dataclass(frozen=True)
class Split:
    """Inputs of examples, and the expected values of each head.

    Attributes:
        inputs: ``(N, *shape)``: uint8 images ``(N, C, H, W)``, or the array of another kind of
            input (`InputSpec`).
        targets: one array ``(N, …)`` per head, legal for the head's task.
        ahead: callback that prefetches rows of memory-mapped inputs; None for inputs in memory.
        examples: identities of the examples; None if the rows never change, as in a published file.
    """

    inputs: NDArray[Any]
    targets: tuple[NDArray[Any], ...]
    ahead: Callable[[NDArray[np.int64]], None] | None = None
    examples: Examples | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.targets, tuple) or not self.targets:
            raise DataError(
                f"expected a tuple of targets, one array per head, got {type(self.targets)}"
            )
        sizes = [len(self.inputs), *map(len, self.targets)]
        if len(set(sizes)) > 1 or not sizes[0]:
            raise DataError(
                "expected as many inputs as targets, and at least 1, "
                f"got {sizes[0]} inputs and {', '.join(map(str, sizes[1:]))} targets"
            )
        if self.examples is not None and len(self.examples.keys) != len(self.inputs):
            raise DataError(
                f"expected as many keys as examples, got {len(self.examples.keys)} keys and "
                f"{len(self.inputs)} inputs"
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def name_of(self, row: int) -> str:
        """Return an example in words: its row in a file, or its number from 0 and its key."""
        if self.examples and self.examples.rows:
            return f"row {self.examples.rows[row]} of the file"
        key = f", with the key {self.examples.keys[row]!r}" if self.examples else ""
        return f"example {row}, counted from 0{key}"

    def select_targets(self, rows: NDArray[np.int64]) -> tuple[NDArray[Any], ...]:
        """Return the targets of rows."""
        return tuple(target[rows] for target in self.targets)


Compose = Callable[[int, int, NDArray[np.int64]], Split]
"""``(seed, epoch, held_out) -> Split``: new training examples, one per row that is not held out.

A pure function; its examples contain nothing of the held-out rows.
"""


@dataclass(frozen=True)
class ArrayDataset:
    """A data set as arrays, in memory or memory-mapped.

    Attributes:
        splits: at least ``train`` and ``test``.
        targets: task, and names of classes, of each head; classes without names are named by their
            numbers.
        mean: mean of the training inputs per entry of the first axis, such as the channels of
            images, whose pixels are from 0 to 1; empty to compute it from the rows that a model is
            trained on.
        std: standard deviation of the training inputs, likewise.
        compose: function that composes new training examples, if the data set has one.
        facts: facts about how its files became arrays, if it was read from a user's files.
        input: kind of the inputs; None for that of their dtype and shape: uint8 ``(N, C, H, W)``
            are images, ``(N, F)`` are features, and others are arrays.
    """

    splits: Mapping[str, Split]
    targets: tuple[TargetSpec, ...]
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    compose: Compose | None = None
    facts: ReadingFacts = NO_FACTS
    input: InputSpec | None = None

    def __post_init__(self) -> None:
        # Here, because everything that shows a class takes its name from the loaded data.
        # `object`, because a frozen dataclass refuses assignments.
        object.__setattr__(self, "targets", tuple(map(with_names, self.targets)))
        for name, split in self.splits.items():
            if len(split.targets) != len(self.targets):
                raise DataError(
                    f"wrong number of targets in split {name!r}: expected {len(self.targets)}, "
                    f"one per head, got {len(split.targets)}"
                )
            spec = self.input_spec
            if (split.inputs.dtype, split.inputs.shape[1:]) != (np.dtype(spec.dtype), spec.shape):
                raise DataError(
                    f"wrong inputs in split {name!r}: expected {spec.dtype} (N, "
                    f"{', '.join(map(str, spec.shape))}), got {split.inputs.dtype} "
                    f"{split.inputs.shape}"
                )

    @cached_property
    def input_spec(self) -> InputSpec:
        """The kind, shape and dtype of the inputs."""
        if self.input is not None:
            return self.input
        inputs = self.splits["train"].inputs
        shape, dtype = inputs.shape[1:], str(inputs.dtype)
        if dtype == "uint8" and len(shape) == 3:
            return InputSpec(shape=shape)
        kind = "features" if len(shape) == 1 else "array"
        return InputSpec(kind=kind, shape=shape, dtype=dtype)

    def sha256(self) -> str:
        """Return the checksum of inputs, targets, class names and groups."""
        return self._sha256

    def with_facts(self, facts: ReadingFacts) -> ArrayDataset:
        """Return the same data set with other facts; its checksum is not computed again."""
        other = replace(self, facts=facts)
        # As `cached_property` itself stores it.
        other.__dict__["_sha256"] = self._sha256
        return other

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256(json.dumps(self._described()).encode())
        for name, split in sorted(self.splits.items()):
            targets = _hashed_targets(split.targets)
            # The shapes too: without them, the same bytes in other shapes would have the same
            # checksum.
            shapes = [each.shape for each in (split.inputs, *targets)]
            digest.update(json.dumps([name, *shapes]).encode())
            for part in iter_chunks(split.inputs):
                digest.update(_little_endian(part))
            for target in targets:
                digest.update(_little_endian(target))
            # Because the choice of validation examples follows from the groups.
            if split.examples and split.examples.groups:
                digest.update(json.dumps(split.examples.groups).encode())
        return digest.hexdigest()

    def _described(self) -> Any:
        """Return what a checksum covers beside the arrays, as JSON values."""
        if are_class_images(self.input_spec, self.targets):
            return [target.classes for target in self.targets]
        return [plain(self.input_spec), [plain(target) for target in self.targets]]


def _hashed_targets(targets: Sequence[NDArray[Any]]) -> Sequence[NDArray[Any]]:
    """Return targets as they are hashed: classes of several heads as one array ``(N, heads)``."""
    if all(target.dtype == np.int64 and target.ndim == 1 for target in targets):
        return [np.stack(targets, axis=1)]
    return targets


def _little_endian(array: NDArray[Any]) -> memoryview:
    # On every machine, as the checksum is part of a card.
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).view(np.uint8).data


def iter_chunks(inputs: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield inputs in chunks of at most `_CHUNK_BYTES`, or one example."""
    step = max(1, _CHUNK_BYTES // max(1, inputs[:1].nbytes))
    for start in range(0, len(inputs), step):
        yield inputs[start : start + step]


def load_dataset(
    entry: Entry[DatasetSpec],
    *,
    expected: str | None = None,
    check: Callable[[ArrayDataset], None] = lambda dataset: None,
) -> ArrayDataset:
    """Load a data set and check it against its spec.

    Args:
        entry: the data set.
        expected: sha256 from a card; None for any.
        check: raises an error if inputs or targets are wrong; called before the checksum is
            compared, because such a mistake changes the checksum and is its cause.

    Raises:
        DataError: the data set is unreadable, or its shapes differ from the spec.
        VerificationError: its checksum differs from the spec or from `expected`.
    """
    spec = entry.spec
    # Before the loader, which may download gigabytes, if the spec already shows the difference.
    if expected and spec.sha256:
        _check_card(spec, spec.sha256, expected)
    address = [spec.address] if spec.address else []
    dataset = entry.call(spec.loader, *address, returns=ArrayDataset)
    for name, size in spec.sizes.items():
        split = dataset.splits.get(name)
        actual = None if split is None else (len(split), *split.inputs.shape[1:])
        if actual != (size, *spec.input.shape):
            raise DataError(
                f"wrong shape of split {name!r} of dataset {spec.name!r}: expected "
                f"{(size, *spec.input.shape)} from plugin {entry.plugin.distribution}, "
                f"got {actual}",
                hint=_hint_for_spec(entry),
            )
    if dataset.input_spec.dtype != spec.input.dtype:
        raise DataError(
            f"wrong dtype of inputs of dataset {spec.name!r}: expected {spec.input.dtype} from "
            f"plugin {entry.plugin.distribution}, got {dataset.input_spec.dtype}"
        )
    _check_targets(entry, dataset)
    if spec.composable and dataset.compose is None:
        raise DataError(
            f"dataset {spec.name!r} cannot compose new examples, "
            f"although plugin {entry.plugin.distribution} declares that it can"
        )
    check(dataset)
    sha256 = dataset.sha256()
    if expected:
        _check_card(spec, sha256, expected)
    if spec.sha256 and sha256 != spec.sha256:
        raise VerificationError(
            f"checksum mismatch for dataset {spec.name!r}: expected sha256 {spec.sha256} from "
            f"plugin {entry.plugin.distribution}, got {sha256}",
            hint=_hint_for_checksum(entry, sha256),
        )
    return dataset


def _hint_for_checksum(entry: Entry[DatasetSpec], sha256: str) -> str:
    """Return the hint for the author of a data set, or else its user."""
    # Imported here, because loading data must be fast where nothing fails.
    from zoo_core.plugins.faults.editable import is_editable
    from zoo_core.plugins.faults.failed_import import declaration

    if entry.spec.address:
        return "Its files have changed since they were described: run the command again."
    if not is_editable(entry.plugin.distribution):
        return f"Reinstall {entry.plugin.distribution}."
    place = declaration(entry.plugin, entry.spec.sha256)
    return f"If it was changed on purpose, edit its spec at {place}: sha256={sha256!r}."


def _hint_for_spec(entry: Entry[DatasetSpec]) -> str:
    """Return the hint for a data set whose arrays are not those of its spec."""
    from zoo_core.plugins.faults.editable import is_editable
    from zoo_core.plugins.faults.failed_import import declaration

    if entry.spec.address or not is_editable(entry.plugin.distribution):
        return ""
    return f"Edit the loader, or the spec at {declaration(entry.plugin, entry.spec.name)}."


def _check_targets(entry: Entry[DatasetSpec], dataset: ArrayDataset) -> None:
    """Check that the loaded heads are those that the spec states."""
    expected = [(each.task, each.size, each.shape) for each in entry.spec.targets]
    actual = [(each.task, each.size, each.shape) for each in dataset.targets]
    if actual != expected:
        raise DataError(
            f"wrong targets of dataset {entry.spec.name!r}: expected task, size and shape "
            f"{expected} from plugin {entry.plugin.distribution}, got {actual}"
        )


def _check_card(spec: DatasetSpec, sha256: str, expected: str) -> None:
    if sha256 != expected:
        raise VerificationError(
            f"dataset {spec.name} is not the one on the card: expected sha256 {expected}, got "
            f"{sha256}"
        )
