"""The import of a framework while a large weight file is read."""

import sys
import threading

import pytest

from zoo_core.errors import PluginError, VerificationError
from zoo_core.pretrained import early_import
from zoo_core.pretrained.load import load_pretrained

ADAPTER = "zoo_toy.model"


@pytest.fixture
def large(monkeypatch):
    """Count every weight file as large, and make the framework look as if it was not imported."""
    monkeypatch.setattr(early_import, "LARGE", 0)
    for name in ("zoo_toy", ADAPTER):
        monkeypatch.delitem(sys.modules, name, raising=False)


@pytest.fixture
def seen(monkeypatch):
    """Return the names of the threads that read a file, and whether the framework was imported."""
    seen = []
    read = load_pretrained.__globals__["read_published"]

    def spy(found):
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and thread.name == "zoo-import":
                thread.join()
        seen.append(ADAPTER in sys.modules)
        return read(found)

    monkeypatch.setitem(load_pretrained.__globals__, "read_published", spy)
    return seen


def test_framework_is_imported_during_the_read(toy, registry, large, seen):
    assert load_pretrained(toy, "softmax.first", registry=str(registry)).runtime == "toy"
    assert seen == [True]


def test_small_files_start_no_thread(toy, registry, large, seen, monkeypatch):
    monkeypatch.setattr(early_import, "LARGE", 1 << 30)
    load_pretrained(toy, "softmax.first", registry=str(registry))
    assert seen == [False]


def test_errors_are_those_of_a_load_without_a_thread(toy, registry, large, monkeypatch):
    path = registry / "softmax" / "first" / "model.safetensors"
    monkeypatch.setitem(sys.modules, ADAPTER, None)  # an import of it fails
    with pytest.raises(PluginError, match=ADAPTER):
        load_pretrained(toy, "softmax.first", registry=str(registry))
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    with pytest.raises(VerificationError, match="checksum mismatch"):
        load_pretrained(toy, "softmax.first", registry=str(registry))
    assert not [each for each in threading.enumerate() if each.name == "zoo-import"]
