"""Published quantized weights: their parents, their bars, and outputs in any batch."""

import numpy as np
import pytest

from benchmarks.quantized import QUANTIZED, size_of
from zoo_core.data.dataset import load_dataset
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.verified_read import published_card
from zoo_core.registry.lookup import find_weights

pytestmark = pytest.mark.requires("zoo-onnx", "zoo-registry", "zoo-mnist", "onnx")


@pytest.mark.parametrize("name", QUANTIZED)
def test_parent_is_published_with_the_stated_checksum(name):
    catalog = load_catalog()
    parent, found = (find_weights(catalog, each) for each in (QUANTIZED[name], name))
    stated = published_card(found).quantized
    assert (stated.source, stated.sha256) == (parent.published.name, parent.published.sha256)
    before, after = (published_card(each).metrics["test"]["accuracy"] for each in (parent, found))
    assert stated.lost == pytest.approx(np.subtract(before, after), abs=1e-12)
    assert max(stated.lost) <= 0.001
    assert min(stated.p) >= 0.05
    assert found.registry.index().defaults[found.published.model] != "int8"


def test_cnn_loses_at_most_3_answers_and_is_3_5_times_smaller():
    catalog = load_catalog()
    parent, found = (find_weights(catalog, each) for each in ("cnn.best", "cnn.int8"))
    assert published_card(found).quantized.lost[0] <= 0.0003
    assert size_of(parent) >= 3.5 * size_of(found)


@pytest.mark.parametrize("name", QUANTIZED)
def test_outputs_do_not_depend_on_the_batch(name):
    catalog = load_catalog()
    pretrained = load_pretrained(catalog, name)
    data = load_dataset(catalog.dataset(pretrained.card_data.name))
    inputs = data.splits["test"].inputs[:108]
    whole = pretrained.predict(inputs).outputs
    for size in (1, 2, 7, 100):
        parts = [
            pretrained.predict(inputs[start : start + size]).outputs
            for start in range(0, len(inputs), size)
        ]
        for head, expected in zip(zip(*parts, strict=True), whole, strict=True):
            np.testing.assert_array_equal(np.concatenate(head), expected)
