"""The disk store of data sets: written once, then loaded or memory-mapped.

A data set that has to be downloaded, unpacked or decoded is stored under ``$ZOO_HOME/datasets`` as
``.npy`` files of the inputs and of each head's targets per split, its examples as JSON, and
``dataset.json`` with the specs of inputs and targets, statistics and a checksum.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BufferedWriter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from zoo_core.data.dataset import ArrayDataset, Split, iter_chunks
from zoo_core.data.examples import Examples, concatenate
from zoo_core.data.map_prefetch import MapPrefetch
from zoo_core.data.reading_facts import ReadingFacts, facts_of
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import InputSpec, TargetSpec, input_of, plain, target_of
from zoo_core.system.atomic_files import new_folder
from zoo_core.system.locks import process_lock
from zoo_core.system.memory import available_memory
from zoo_core.system.paths import zoo_home

FORMAT = 3

DESCRIPTION = "dataset.json"

MAX_MEMORY_SHARE = 0.5
"""Maximum share of the available memory for a data set; a training needs the rest."""


@dataclass(frozen=True)
class DatasetContent:
    """The content of a new data set, in parts, so that it may be larger than memory.

    Attributes:
        splits: the parts per split, in order; at least ``train`` and ``test``.
        input: kind and shape of an input.
        targets: task, and names of classes, of each head.
        facts: function that returns the facts, called after the last part.
        origin: name of the data set as the user wrote it, for `zoo cache list`.
    """

    splits: Mapping[str, Iterable[Split]]
    input: InputSpec
    targets: tuple[TargetSpec, ...]
    # A function, because some facts, such as the number of damaged images, are known at the end.
    facts: Callable[[], ReadingFacts] = ReadingFacts
    origin: str = ""


def load_or_create(name: str, key: str, make: Callable[[], DatasetContent]) -> ArrayDataset:
    """Return a stored data set; create it first if it is missing or damaged.

    Inputs that do not fit into memory are memory-mapped.

    Args:
        name: name of the data set, for people who look at the folder.
        key: identifier of the content, of letters and digits.
        make: function that returns the content; nothing is stored if it or a part of it fails.

    Raises:
        DataError: creating or storing it failed.
    """
    folder = copies_folder() / f"{name}-{key}"
    if (dataset := _read(folder)) is not None:
        return dataset
    # The lock avoids duplicate downloads; correctness does not depend on it.
    with process_lock(f"dataset-{name}-{key}"):
        if (dataset := _read(folder)) is not None:
            return dataset  # another process created it meanwhile
        try:
            # Renamed when it is complete, so that no process reads a partial data set.
            with new_folder(folder) as new:
                _write(new, make())
        except OSError as exc:
            raise DataError(
                f"cannot store dataset {name!r} in {folder}: {exc.strerror}",
                hint="Free some space (`zoo cache list` shows copies of data sets), or set "
                "ZOO_HOME to another folder.",
            ) from exc
    dataset = _read(folder)
    assert dataset is not None
    return dataset


def copies_folder() -> Path:
    """Return the folder of the stored data sets; it need not exist."""
    return Path(zoo_home(), "datasets")


def find_copy(sha256: str) -> Path | None:
    """Return the folder of the stored data set with a checksum; None without one."""
    folder = copies_folder()
    for path in sorted(folder.glob(f"*/{DESCRIPTION}")) if folder.is_dir() else ():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if json.loads(path.read_bytes()).get("sha256") == sha256:
                return path.parent
    return None


def load_copy(folder: str) -> ArrayDataset:
    """Return the stored data set in a folder.

    Raises:
        DataError: it is missing or damaged.
    """
    dataset = _read(Path(folder))
    if dataset is None:
        raise DataError(f"the copy of a data set in {folder} is damaged", hint="Remove it.")
    return dataset


def pixel_statistics(images: NDArray[np.uint8]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and standard deviation of the pixels per channel, from 0 to 1.

    Args:
        images: uint8 ``(N, C, H, W)``.
    """
    # From integer counts of the 256 levels, because they are exact: the result depends neither on
    # the order of the images nor on the size of the chunks, unlike a running sum of floats.
    counts = np.zeros((images.shape[1], 256), np.int64)
    for part in iter_chunks(images):
        for channel, pixels in enumerate(part.swapaxes(0, 1)):
            counts[channel] += np.bincount(pixels.ravel(), minlength=256)
    levels = np.arange(256) / 255
    shares = counts / counts.sum(axis=1, keepdims=True)
    means = shares @ levels
    deviations = np.sqrt((shares * (levels - means[:, np.newaxis]) ** 2).sum(axis=1))
    return tuple(map(float, means)), tuple(map(float, deviations))


def _write(folder: Path, content: DatasetContent) -> None:
    for name, parts in content.splits.items():
        _write_split(folder, name, parts, content)
    # Read back from the files: the checksum is then that of the stored bytes.
    splits = {
        name: _read_split(folder, name, len(content.targets), fits=False) for name in content.splits
    }
    is_image = content.input.kind == "image"
    mean, std = pixel_statistics(splits["train"].inputs) if is_image else ((), ())
    facts = {
        "format": FORMAT,
        "origin": content.origin,
        "input": plain(content.input),
        "targets": [plain(target) for target in content.targets],
        "splits": list(splits),
        "mean": mean,
        "std": std,
        "facts": asdict(content.facts()),
        "sha256": ArrayDataset(splits, content.targets, mean, std, input=content.input).sha256(),
    }
    (folder / DESCRIPTION).write_text(json.dumps(facts), encoding="utf-8")


def _write_split(folder: Path, name: str, parts: Iterable[Split], content: DatasetContent) -> None:
    targets: list[tuple[NDArray[Any], ...]] = []
    examples: list[Examples | None] = []
    with _inputs_writer(folder / _inputs(name), content.input) as file:
        for part in parts:
            if part.inputs.shape[1:] != content.input.shape:
                raise DataError(
                    f"wrong content of split {name!r}: expected inputs {content.input.shape}, got "
                    f"{part.inputs.shape[1:]}"
                )
            # Written, not memory-mapped, because a full disk then raises an error: writing to a
            # map ends the process with SIGBUS.
            file.write(np.ascontiguousarray(part.inputs, content.input.dtype).data)
            targets.append(part.targets)
            examples.append(part.examples)
    if not targets:
        raise DataError(f"split {name!r} has no examples")
    for head, arrays in enumerate(zip(*targets, strict=True)):
        np.save(folder / _targets(name, head), np.concatenate(arrays))
    known = [each for each in examples if each is not None]
    if len(known) == len(examples):
        # `asdict` would copy every key.
        whole = json.dumps(vars(concatenate(known)))
        (folder / f"{name}-examples.json").write_text(whole, encoding="utf-8")


@contextlib.contextmanager
def _inputs_writer(path: Path, spec: InputSpec) -> Iterator[BufferedWriter]:
    """Open a ``.npy`` file of inputs for writing their values; the header follows at the end."""

    def write_header(number: int) -> None:
        descr = npy.dtype_to_descr(np.dtype(spec.dtype))
        header = {"descr": descr, "fortran_order": False, "shape": (number, *spec.shape)}
        npy.write_array_header_1_0(file, header)

    with path.open("wb") as file:
        # Written twice, because the number of inputs is known at the end. NumPy pads the header so
        # that the first axis can grow without a longer one.
        write_header(1)
        start = file.tell()
        yield file
        number = (file.tell() - start) // (int(np.prod(spec.shape)) * np.dtype(spec.dtype).itemsize)
        file.seek(0)
        write_header(number)
        assert file.tell() == start


def _inputs(split: str) -> str:
    return f"{split}-inputs.npy"


def _targets(split: str, head: int) -> str:
    return f"{split}-targets-{head}.npy"


def _read(folder: Path) -> ArrayDataset | None:
    """Return the data set in a folder; None if it is missing, damaged or in another format."""
    try:
        facts = json.loads((folder / DESCRIPTION).read_bytes())
        if facts["format"] != FORMAT:
            return None
        files = [folder / _inputs(name) for name in facts["splits"]]
        fits = sum(file.stat().st_size for file in files) <= MAX_MEMORY_SHARE * available_memory()
        targets = tuple(map(target_of, facts["targets"]))
        dataset = ArrayDataset(
            splits={
                name: _read_split(folder, name, len(targets), fits=fits) for name in facts["splits"]
            },
            targets=targets,
            mean=tuple(facts["mean"]),
            std=tuple(facts["std"]),
            facts=facts_of(**facts["facts"]),
            input=input_of(facts["input"]),
        )
        # Hashed on every load, because a disk may damage what was correct when it was written.
        if dataset.sha256() != facts["sha256"]:
            return None
    except (OSError, ValueError, KeyError, TypeError, DataError):
        return None
    with contextlib.suppress(OSError):  # another user's folder, or a read-only disk
        os.utime(folder)  # the time of the last use, for `zoo cache prune`
    return dataset


def _read_split(folder: Path, name: str, heads: int, *, fits: bool) -> Split:
    targets = tuple(np.load(folder / _targets(name, head)) for head in range(heads))
    examples = _read_examples(folder / f"{name}-examples.json")
    path = folder / _inputs(name)
    if fits:
        return Split(np.load(path), targets, examples=examples)
    inputs = np.load(path, mmap_mode="r")
    # A plain array over the same map, because every slice of a memmap costs Python time.
    return Split(np.asarray(inputs), targets, ahead=MapPrefetch(inputs), examples=examples)


def _read_examples(path: Path) -> Examples | None:
    if not path.exists():
        return None
    values = json.loads(path.read_bytes())
    # Copies of older versions have no rows.
    groups, rows = (
        None if each is None else tuple(each) for each in (values["groups"], values.get("rows"))
    )
    return Examples(tuple(values["keys"]), groups, rows)
