"""Rewrite the metadata of every published weight file; the tensors stay the same to the bit.

    python -m benchmarks.republish licence=license preprocessing=normalization
    python -m benchmarks.republish --calibrate

renames keys, or fits calibrations as the end of a training does. No training is repeated: the
metadata of each file is rewritten, and its new checksum is written to its card, the index and the
measurements.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoo_core.data.dataset import load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.filenames import CARD, CARD_PAGE, INDEX, WEIGHTS
from zoo_core.frameworks.prediction import TrainerPredictor
from zoo_core.frameworks.run import Callbacks
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.familiarity import find_familiarity
from zoo_core.registry.index import index_json, read_index
from zoo_core.system.atomic_files import write_atomic
from zoo_core.training.calibrate import calibrate
from zoo_core.training.final_scores import KeptPredictions
from zoo_core.training.make_plan import plan_from_card
from zoo_core.weights.card import card_json, parse_published_card
from zoo_core.weights.card_markdown import card_markdown
from zoo_core.weights.file import load_weights, save_weights

REGISTRY = Path(__file__).parents[1] / "registry" / "zoo_registry"
MEASURED = [Path(__file__).with_name(name) for name in ("ensembles", "exports")]
"""Folders of measurements that contain checksums of weights."""


Change = Callable[[dict[str, Any]], dict[str, Any]]
"""Function from a file's metadata, or a card, to the new one."""


def rename_keys(value: Any, names: Mapping[str, str]) -> Any:
    """Return a JSON value with keys renamed, at every depth."""
    if isinstance(value, dict):
        return {names.get(key, key): rename_keys(item, names) for key, item in value.items()}
    return [rename_keys(item, names) for item in value] if isinstance(value, list) else value


def tensor_bytes(path: Path) -> bytes:
    """Return the bytes of a weight file after its header, which are its tensors."""
    content = path.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def tensors_sha256(path: Path) -> str:
    """Return a checksum of names, dtypes, shapes and content of a weight file's tensors."""
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    del header["__metadata__"]
    digest = hashlib.sha256(json.dumps(sorted(header.items())).encode())
    digest.update(tensor_bytes(path))
    return digest.hexdigest()


def with_calibration(folder: Path) -> Change:
    """Return the change that adds the calibration of the weights in a folder."""
    catalog = installed_catalog()
    card = parse_published_card((folder / CARD).read_bytes(), str(folder))
    dataset = find_dataset(catalog, card.dataset.name, sha256=card.dataset.sha256)
    plan = plan_from_card(catalog, card, dataset)
    trainer = plan.make_trainer("cpu", int(card.environment.get("threads", 0)) or None)
    model = plan.build(trainer)
    trainer.set_weights(model, load_weights(folder / WEIGHTS).tensors)
    run = plan.make_run(plan.split(load_dataset(dataset)), folder, Callbacks())
    predictor = TrainerPredictor(trainer, model, run.data.normalization, run.recipe.views)
    calibration = calibrate(
        predictor,
        run,
        find_familiarity(catalog, card.dataset.name, dataset.spec.input.shape),
        KeptPredictions(predictor, run).outputs,
    )
    found = {} if calibration is None else {"calibration": calibration.to_json()}
    return lambda facts: {**facts, **found}


def rewrite_tag(folder: Path, change: Change) -> tuple[str, bytes]:
    """Rewrite the weight file and the card of a tag; return their new checksum and content."""
    path, card_path = folder / WEIGHTS, folder / CARD
    before = tensors_sha256(path)
    file = load_weights(path)
    sha256 = save_weights(path, file.tensors, change(dict(file.metadata)))
    if tensors_sha256(path) != before:
        raise SystemExit(f"{path}: the tensors changed")
    facts = change(json.loads(card_path.read_bytes()))
    facts["weights"] |= {"sha256": sha256, "bytes": path.stat().st_size}
    card = parse_published_card(json.dumps(facts).encode(), str(card_path))
    content = card_json(card)
    write_atomic(card_path, content)
    write_atomic(folder / CARD_PAGE, card_markdown(card))
    sys.stdout.write(f"{folder.parent.name}.{folder.name}: tensors {before[:16]}, as before\n")
    return sha256, content


def main(change_of: Callable[[Path], Change]) -> None:
    """Rewrite all tags, the index and the checksums in measurements.

    Args:
        change_of: function from a tag's folder to the change of its metadata.
    """
    index = read_index((REGISTRY / INDEX).read_bytes(), INDEX)
    tags, renamed = {}, {}
    for name, tag in index.tags.items():
        folder = REGISTRY / tag.model / tag.tag
        sha256, card = rewrite_tag(folder, change_of(folder))
        renamed[tag.sha256] = sha256
        tags[name] = replace(
            tag,
            sha256=sha256,
            bytes=(folder / WEIGHTS).stat().st_size,
            card_sha256=hashlib.sha256(card).hexdigest(),
            card_bytes=len(card),
        )
    write_atomic(REGISTRY / INDEX, index_json(replace(index, tags=tags)))
    for path in (path for folder in MEASURED for path in folder.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        for old, new in renamed.items():
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--calibrate"]:
        main(with_calibration)
    else:
        names = dict(argument.split("=", 1) for argument in sys.argv[1:])
        main(lambda _folder: lambda facts: rename_keys(facts, names))
