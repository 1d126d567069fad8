"""Hints for a path that was given where the name of a data set is expected."""

import shlex
from collections import defaultdict

import pytest

from zoo_core.errors import UnknownNameError
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.faults.own_data import DATASETS, hint_for_path

SOURCES = ("folder", "files")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("./photos", "folder:./photos"),
        ("photos", "folder:./photos"),
        ("photos/", "folder:./photos/"),
        ("my photos", "folder:./my photos"),
        ("it's", "folder:./it's"),
        ("a&b;$c", "folder:./a&b;$c"),
        ("what?", "folder:./what??"),  # options follow the last "?"
        ("-x", "folder:./-x"),
        ("a:b", "folder:./a:b"),
        (".", "folder:."),
        ("labels.csv", "files:./labels.csv?path=COLUMN&label=COLUMN"),
        ("my labels.JSONL", "files:./my labels.JSONL?path=COLUMN&label=COLUMN"),
    ],
)
def test_hint_is_an_option_that_can_be_pasted(tmp_path, monkeypatch, text, address):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / text
    if path.suffix:
        path.touch()
    else:
        path.mkdir(exist_ok=True)
    assert shlex.split(hint_for_path(text, SOURCES))[-2:] == ["--dataset", address]


def test_absolute_and_home_paths_are_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "photos").mkdir()
    for text in (str(tmp_path / "photos"), "~/photos"):
        assert hint_for_path(text, SOURCES).endswith(f"folder:{text}") or f"'folder:{text}'" in (
            hint_for_path(text, SOURCES)
        )


@pytest.mark.parametrize("text", ["mnist", "nowhere/", "labels.csv", "x" * 5000, "a\0b"])
def test_other_text_has_no_hint(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    assert not hint_for_path(text, SOURCES)


def test_missing_source_is_installed_first(tmp_path):
    hint = hint_for_path(str(tmp_path), ())
    assert "pip install zoo-images" in hint
    assert f"folder:{tmp_path}" in hint


@pytest.mark.parametrize("name", ["./photos", "photos", "C:photos"])
def test_unknown_dataset_that_is_a_folder_suggests_its_source(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    with pytest.raises(UnknownNameError, match="--dataset folder:./") as caught:
        Catalog((), lambda: None).dataset(name)
    assert "pip install zoo-." not in str(caught.value)


def test_unknown_source_of_a_name_that_is_no_path():
    with pytest.raises(UnknownNameError, match="no source 'nope'.*pip install zoo-images"):
        Catalog((), lambda: None).dataset("nope:x")


@pytest.mark.parametrize(
    ("name", "plugin"), [("kmnist", "zoo-torchvision"), ("wine", "zoo-tables")]
)
def test_dataset_of_a_plugin_that_is_not_installed(name, plugin):
    with pytest.raises(UnknownNameError, match=f"Install its plugin: pip install {plugin}$"):
        Catalog((), lambda: None).dataset(name)


@pytest.mark.requires(*DATASETS)
def test_table_of_datasets_is_complete():
    offered = defaultdict(set)
    for name, entry in load_catalog().entries("datasets").items():
        offered[entry.plugin.distribution].add(name)
    known = {plugin: set(names.split()) for plugin, names in DATASETS.items()}
    assert {plugin: offered[plugin] for plugin in known} == known
