"""Checks of the weights that a plugin ships in its registry."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from zoo_core.registry.lookup import known_registries, list_published
from zoo_core.testing import NotApplicableError, plugin_checks, run_checks
from zoo_core.weights.file import load_weights, save_weights

MATCH, GOLDEN = "odd/softmax.first: match the index", "odd/softmax.first: give their golden outputs"
PROGRAMS = "odd/softmax.first: have programs with their golden outputs"


@pytest.fixture
def shipping(odd, registry, site):
    """Return the catalog with zoo-odd, which ships softmax.first, and the folder of the weights."""
    catalog = odd()
    folder = site / "zoo_odd" / "registry"
    shutil.rmtree(folder)
    shutil.copytree(registry, folder)
    return catalog, folder / "softmax" / "first"


def check(catalog):
    checks = [each for each in plugin_checks(catalog, "zoo-odd") if "softmax" in each.name]
    return {each.check: each for each in run_checks(checks, skip={}, save=None)}


def test_shipped_weights_pass(shipping):
    results = check(shipping[0])
    assert {name: each.status for name, each in results.items()} == {
        MATCH: "passed",
        GOLDEN: "passed",
        PROGRAMS: "skipped",  # because no runtime is installed
    }


@pytest.mark.parametrize("file", ["model.safetensors", "card.json"])
def test_damaged_file_fails_once(shipping, file):
    catalog, folder = shipping
    path = folder / file
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    results = check(catalog)
    assert results[MATCH].status == "failed"
    assert str(path) in results[MATCH].message
    command = f"zoo publish RUN --as softmax.NEW_TAG --registry {folder.parents[1]}"
    assert results[MATCH].message.endswith(f"or train again and publish the run: {command}")
    assert results[GOLDEN].message == f"needs {MATCH}, which failed"


def test_missing_file_fails(shipping):
    catalog, folder = shipping
    (folder / "model.safetensors").unlink()
    assert check(catalog)[MATCH].status == "failed"


def test_other_weights_fail_by_golden_outputs(shipping):
    # With an index that fits, as if they had been published by mistake.
    catalog, folder = shipping
    path, index = folder / "model.safetensors", folder.parents[1] / "index.json"
    file = load_weights(path)
    tensors = {name: np.float32(2) * array for name, array in file.tensors.items()}
    path.unlink()
    sha256 = save_weights(path, tensors, file.metadata)
    stated = json.loads(index.read_text())
    stated["models"]["softmax"]["tags"]["first"] |= {
        "sha256": sha256,
        "bytes": path.stat().st_size,
    }
    index.write_text(json.dumps(stated))
    results = check(catalog)
    assert results[MATCH].status == "passed"
    assert "golden outputs" in results[GOLDEN].message
    assert "Restore the model's code, which has changed since" in results[GOLDEN].message


def test_weights_of_model_that_is_not_installed_are_not_loaded(shipping, monkeypatch):
    from zoo_core.installation.installed import load_catalog

    monkeypatch.setenv("ZOO_PLUGINS", "zoo-odd")
    import zoo_odd.plugin

    assert Path(zoo_odd.plugin.__file__).exists()
    checks = {each.name: each for each in plugin_checks(load_catalog(), "zoo-odd")}
    checks[MATCH].run()
    with pytest.raises(NotApplicableError, match="zoo-toy, is not installed"):
        checks[GOLDEN].run()


def test_folder_without_weights_is_reported_by_the_check_alone(odd, site, capsys):
    catalog = odd()
    (site / "zoo_odd" / "registry" / "index.json").unlink()
    assert not [each for each in list_published(known_registries(catalog)) if "odd" in each.name]
    assert "odd" not in capsys.readouterr().err
    (result,) = [
        each
        for each in run_checks(plugin_checks(catalog, "zoo-odd"), skip={}, save=None)
        if each.check == "odd: can be read"
    ]
    assert "is not a registry: it has no index.json" in result.message
    (site / "zoo_odd" / "registry" / "note.txt").write_text("")
    list_published(known_registries(catalog))
    assert "registry odd is skipped" in capsys.readouterr().err
