"""Names of published weights, and the registries that have them."""

import json
import shutil

import pytest

from zoo_core.errors import (
    AmbiguousNameError,
    DataError,
    InvalidValueError,
    UnknownNameError,
    VerificationError,
)
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.registry.lookup import (
    add_registry,
    find_weights,
    known_registries,
    list_published,
    remove_registry,
    resolve_weights,
)


@pytest.mark.parametrize("name", ["softmax", "softmax.first", "here/softmax", "here/softmax.first"])
def test_a_name_finds_what_is_published(toy, added, name):
    found = find_weights(toy, name)
    assert found.published.name == "softmax.first"
    assert found.qualified_name == "here/softmax.first"
    assert find_weights(toy, found.name).published == found.published  # with its checksum


def test_a_bare_name_is_the_default_tag(toy, run, registry, added):
    publish_run(toy, run.folder, "softmax.best", str(registry), default=True)
    assert find_weights(toy, "softmax").published.tag == "best"


def test_a_tag_may_have_dots(toy, run, registry, added):
    publish_run(toy, run.folder, "softmax.v1.2", str(registry))
    assert find_weights(toy, "softmax.v1.2").published.tag == "v1.2"


def test_a_checksum_holds_the_weights_to_it(toy, run, added):
    sha256 = run.card.weights.sha256
    assert find_weights(toy, f"softmax@sha256:{sha256[:8]}")
    with pytest.raises(VerificationError, match=f"has the sha256 {sha256}, asked for is 00000000"):
        find_weights(toy, "softmax.first@sha256:00000000")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("softmax.frist", r"Did you mean 'softmax\.first'\? Published are: softmax\.first\."),
        ("softmax-pairs", "zoo train softmax-pairs"),
        ("nothing", "zoo list weights"),
        ("hree/softmax", r"no registry 'hree'\. Did you mean 'here'\? There are: here\."),
        ("../softmax", "is no name of published weights"),
    ],
)
def test_an_unknown_name_says_what_there_is(toy, added, name, said):
    with pytest.raises(UnknownNameError, match=said):
        find_weights(toy, name)


@pytest.fixture
def there(toy, registry, tmp_path):
    """Return a second registry with the same name in it."""
    shutil.copytree(registry, tmp_path / "other")
    return add_registry(toy, "there", str(tmp_path / "other"))


@pytest.mark.parametrize("name", ["softmax", "softmax.first"])
def test_what_two_registries_have_is_ambiguous(toy, added, there, name):
    with pytest.raises(AmbiguousNameError, match=r"here/softmax\.first, there/softmax\.first"):
        find_weights(toy, name)
    assert find_weights(toy, f"there/{name}").registry.name == "there"


def test_a_plugin_brings_a_registry(site, write_plugin, registry, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-more")
    code = f"""
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="more", summary="s", url={str(registry)!r})]
"""
    write_plugin(site, "zoo-more", code)
    catalog = load_catalog()
    (found,) = list_published(known_registries(catalog))
    assert (found.qualified_name, found.registry.source) == ("more/softmax.first", "zoo-more")
    with pytest.raises(InvalidValueError, match="there is a registry 'more' already"):
        add_registry(catalog, "more", str(registry))


def test_a_registry_that_cannot_be_read_takes_no_other_down(toy, added, there, capsys):
    (there.location.root / "index.json").write_text("{")
    assert find_weights(toy, "softmax").registry.name == "here"
    assert "zoo: registry there is left out" in capsys.readouterr().err
    with pytest.raises(VerificationError, match="is not a readable index"):
        find_weights(toy, "there/softmax")


def test_a_registry_that_is_removed_is_not_asked(toy, added, there):
    remove_registry("there")
    assert [registry.name for registry in known_registries(toy)] == ["here"]
    assert find_weights(toy, "softmax").registry.name == "here"
    with pytest.raises(UnknownNameError, match=r"no registry 'there' was added"):
        remove_registry("there")


@pytest.mark.parametrize(
    ("name", "url", "error", "said"),
    [
        ("here", "{}", InvalidValueError, "there is a registry 'here' already"),
        ("Bad name", "{}", InvalidValueError, "a name has lower-case letters"),
        ("a/b", "{}", InvalidValueError, "take another|Take another"),
        ("a" * 65, "{}", InvalidValueError, "a registry's name has up to 64 characters, .* has 65"),
        ("other", "/no/such/folder", DataError, "index.json cannot be read: No such file"),
        ("other", "", InvalidValueError, "is no address of a registry"),
        ("other", "http://", InvalidValueError, "names no host"),
        ("other", "file://far/away", InvalidValueError, "names no folder of this machine"),
        ("other", "nope://x/y", DataError, "nope://x/y/index.json cannot be read"),
    ],
)
def test_what_is_no_registry_is_not_added(toy, added, name, url, error, said):
    with pytest.raises(error, match=said):
        add_registry(toy, name, url.format(added.location.url))
    assert [registry.name for registry in known_registries(toy)] == ["here"]


def test_a_file_url_is_a_folder(toy, registry):
    added = add_registry(toy, "here", f"file://{registry}")
    assert added.location.url == str(registry)
    assert find_weights(toy, "softmax").published.tag == "first"


def test_any_url_of_fsspecs_is_a_registry(toy, registry):
    """One that needs no package of its own: files in memory."""
    import fsspec

    memory = fsspec.filesystem("memory")
    for path in registry.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".safetensors"):
            memory.pipe(f"/bucket/{path.relative_to(registry)}", path.read_bytes())
    add_registry(toy, "bucket", "memory://bucket")
    loaded = load_pretrained(toy, "bucket/softmax.first")
    memory.rm("/bucket", recursive=True)
    assert load_pretrained(toy, "softmax").sha256 == loaded.sha256  # from the cache
    assert loaded.card.metrics["test"].total == 50


@pytest.mark.parametrize("content", ["", "[]", '{"registries": 1}', '{"registries": {"A B": "x"}}'])
def test_a_damaged_list_of_registries_is_named(toy, added, tmp_path, content):
    path = tmp_path / "zoo-home" / "registries.json"
    assert json.loads(path.read_text())["registries"] == {"here": added.location.url}
    path.write_text(content)
    with pytest.raises(DataError, match=r"registries\.json, the list of registries"):
        known_registries(toy)


def test_a_folder_or_url_may_be_given_instead(toy, registry):
    assert resolve_weights(toy, "softmax", str(registry)).published.tag == "first"
    with pytest.raises(UnknownNameError):
        find_weights(toy, "softmax")
