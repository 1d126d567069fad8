"""The weights published with zoo: complete, consistent and usable offline."""

import json
import sys
from pathlib import Path

import pytest

from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.plain_config import attributes
from zoo_core.publishing.seed_interval import make_interval
from zoo_core.recipes.resolve import resolve_recipe
from zoo_core.recipes.validation import validate
from zoo_core.registry.index import index_json
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import find_weights, known_registries, list_published
from zoo_core.registry.registry import Registry
from zoo_core.weights.card import parse_published_card
from zoo_core.weights.card_markdown import card_markdown

sys.path.append(str(Path(__file__).parents[2]))  # last, so that installed packages win

from benchmarks import constraints
from benchmarks.publish import README, TAGS, with_table, withdraw
from benchmarks.quantized import QUANTIZED
from benchmarks.tables import row_of

CATALOG = load_catalog()
FOUND = [find_weights(CATALOG, f"zoo/{name}") for name in TAGS]

PICTURES = {
    "classification": ("confusion.png", "misread.png"),
    "multi-label": ("hardest.png", "labels.png"),
    "regression": ("hardest.png", "values.png"),
    "segmentation": ("iou.png", "masks.png"),
    "sequence": ("edits.png", "strings.png"),
}
"""Pictures of each task, beside the curves."""


def card_of(found):
    path = found.registry.path(found.published, "card.json")
    return parse_published_card(path.read_bytes(), str(path))


def test_registry_index_lists_exactly_tags():
    (zoo,) = (registry for registry in known_registries(CATALOG) if registry.name == "zoo")
    assert {each.published.name for each in list_published([zoo])} == {*TAGS, *QUANTIZED}
    content = zoo.location.read("index.json", max_bytes=1 << 20)
    assert content == index_json(zoo.index())
    others = {model: tag for model, tag in zoo.index().defaults.items() if tag != "best"}
    assert others == {
        "numpy-regressor": "default",
        "digit-separator": "default",
        "residual-cnn": "best-6k",
    }


def test_published_model_has_best_default_and_third_tag():
    for name, entry in CATALOG.entries("models").items():
        if entry.plugin.distribution.startswith("zoo-") and f"{name}.default" in TAGS:
            if "best" not in entry.resolve(entry.spec.recipes):
                continue
            assert {f"{name}.best", f"{name}.default"} < set(TAGS)
            assert len([tag for tag in TAGS if tag.startswith(f"{name}.")]) >= 3


def test_readme_table_matches_cards():
    readme = README.read_text()
    assert with_table(readme) == readme
    for found in FOUND:
        assert f"[`{found.published.name}`]" in readme


def test_replaced_tag_is_withdrawn_and_others_stay(tmp_path):
    before = FOUND[0].registry.index()
    (tmp_path / "index.json").write_bytes(index_json(before))
    for tag in before.tags.values():
        (tmp_path / tag.model / tag.tag).mkdir(parents=True)
    assert withdraw(tmp_path, ["mlp.best", "mlp.new"]) == {"mlp.best"}
    after = Registry("staged", Folder(tmp_path)).index()
    assert before.tags.keys() - after.tags.keys() == {"mlp.best"}
    assert all(after.tags[name] == before.tags[name] for name in after.tags)
    assert {model: tag for model, tag in after.defaults.items() if model != "mlp"} == {
        model: tag for model, tag in before.defaults.items() if model != "mlp"
    }
    assert not (tmp_path / "mlp" / "best").exists()
    assert (tmp_path / "mlp" / "best-10").exists()


def test_constraints_are_versions_on_cards():
    written = constraints.FILE.read_text()
    assert constraints.constraints(map(card_of, FOUND)) == written
    card = card_of(FOUND[0])
    other = card.model_copy(update={"environment": card.environment | {"numpy": "9.9"}})
    with pytest.raises(ValueError, match=r"'numpy': \['2.4.6', '9.9'\]"):
        constraints.constraints([card, other])


def test_registry_stays_below_45_megabytes():
    root = FOUND[0].registry.location.root
    assert sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) < 45_000_000


@pytest.mark.parametrize("found", FOUND, ids=TAGS)
def test_card_has_current_recipe(found):
    card = card_of(found)
    name, seed = TAGS[found.published.name]
    recipe = name.removeprefix(f"{card.model}.")
    assert card.recipe == resolve_recipe(CATALOG.model(card.model), recipe, [{"seed": seed}])
    assert card.changed == ()


@pytest.mark.parametrize("found", FOUND, ids=TAGS)
def test_card_config_has_values_of_present_config(found):
    """Loading does not validate it, because of `ModelSpec.same_config`."""
    card = card_of(found)
    entry = CATALOG.model(card.model)
    present = dict(validate(entry.resolve(entry.spec.config), card.config, what="config"))
    stored = attributes(card.config)
    assert present == {name: stored[name] for name in present}


@pytest.mark.parametrize("found", FOUND, ids=TAGS)
def test_card_interval_matches_results(found):
    card = card_of(found)
    row = row_of(TAGS[found.published.name][0])
    results = row.results()
    assert card.interval == make_interval(card, results)
    assert len(card.interval.seeds) == row.seeds
    assert all(result.environment == card.environment for result in results)


@pytest.mark.parametrize("found", FOUND, ids=TAGS)
def test_card_page_matches_card(found):
    card = card_of(found)
    folder = found.registry.path(found.published).parent
    assert (folder / "card.md").read_bytes() == card_markdown(card)
    of_task = PICTURES[card.dataset.targets[0].task]
    # Weights that were published before runs had a calibration have no picture of it.
    later = {"calibration.png"} & set(card.pictures)
    assert card.pictures == tuple(sorted({"curves.png", *of_task, *later}))
    for picture in card.pictures:
        assert (folder / picture).read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_zoo_verify_passes_all_weights_offline(cli):
    result = cli("verify", "--all", "--json")
    report = result.json["weights"]
    assert {each["name"] for each in report} >= set(TAGS)
    faults = [check["error"] for each in report for check in each["checks"]]
    assert not any(faults)
    assert result.code == 0


@pytest.mark.slow
def test_load_needs_no_network_or_pickle(run_python):
    """`torch.load`, `numpy.load`, `pickle` and sockets raise when they are used."""
    code = f"""
import pickle, socket
import numpy, torch

def refuse(*_, **__):
    raise AssertionError("must not be used")

for name in ("load", "loads", "Unpickler", "_load", "_loads", "_Unpickler"):
    setattr(pickle, name, refuse)
torch.load = torch.serialization.load = numpy.load = refuse
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse

import zoo_core as zoo
for name in {TAGS!r}:
    pretrained = zoo.load(name)
    assert pretrained.name.startswith(name + "@sha256:")
    inputs = numpy.zeros((2, *pretrained.input.shape), pretrained.input.dtype)
    assert len(pretrained.predict(inputs)) == 2
assert zoo.create_model("mlp", pretrained=True)(torch.zeros(1, 1, 28, 28))
assert zoo.create_model("mlp", pretrained="leaky-128")
ours = {{name for name in zoo.list_models(pretrained=True) if "/" not in name}}
assert ours == {{name.partition(".")[0] for name in {TAGS!r}}}
"""
    run_python(code)


def test_load_imports_no_heavy_modules(run_python):
    """Importing pydantic takes longer than the rest of loading weights by name."""
    code = """
import json, sys
import zoo_core as zoo
zoo.load("numpy-net")  # creates the index of plugins
"""
    run_python(code)
    code += "print(json.dumps(sorted(sys.modules)))"
    modules = set(json.loads(run_python(code)))
    assert not modules & {
        "pydantic",
        "pluggy",
        "click",
        "torch",
        "fsspec",
        "filelock",
        "urllib.request",
        "urllib3",
    }


def test_create_model_rejects_config_for_pretrained_weights(run_python):
    code = """
import zoo_core as zoo
try:
    zoo.create_model("numpy-net", pretrained=True, hidden=[5])
except zoo.ZooError as exc:
    assert "config" in str(exc) and "hidden" in str(exc), exc
else:
    raise AssertionError
"""
    run_python(code)
