"""Names of published weights, and the registries that have them."""

import dataclasses
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
from zoo_core.registry.index import PublishedIndex
from zoo_core.registry.lookup import (
    add_registry,
    find_weights,
    known_registries,
    list_published,
    prefer_registry,
    remove_registry,
    resolve_weights,
)
from zoo_core.registry.precedence import listed_names
from zoo_core.registry.registry import Registry


@pytest.mark.parametrize("name", ["softmax", "softmax.first", "here/softmax", "here/softmax.first"])
def test_find_weights_resolves_published_name(toy, added, name):
    found = find_weights(toy, name)
    assert found.published.name == "softmax.first"
    assert found.qualified_name == "here/softmax.first"
    assert find_weights(toy, found.name).published == found.published  # with its checksum


def test_find_weights_resolves_bare_name_to_default_tag(toy, run, registry, added):
    publish_run(toy, run.folder, "softmax.best", str(registry), default=True)
    assert find_weights(toy, "softmax").published.tag == "best"


def test_find_weights_accepts_dots_in_tag(toy, run, registry, added):
    publish_run(toy, run.folder, "softmax.v1.2", str(registry))
    assert find_weights(toy, "softmax.v1.2").published.tag == "v1.2"


def test_find_weights_verifies_checksum_in_name(toy, run, added):
    sha256 = run.card.weights.sha256
    assert find_weights(toy, f"softmax@sha256:{sha256[:8]}")
    with pytest.raises(VerificationError, match=f"00000000.* {sha256}"):
        find_weights(toy, "softmax.first@sha256:00000000")
    with pytest.raises(InvalidValueError, match="8 to 64 .* got '8243'"):
        find_weights(toy, "softmax.first@sha256:8243")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("softmax.frist", r"Did you mean 'softmax\.first'\? Choose one of: softmax\.first\."),
        ("softmax-pairs", "zoo train softmax-pairs"),
        ("nothing", "zoo list weights"),
        ("hree/softmax", r"registry 'hree'\. Did you mean 'here'\? Choose one of: here\."),
        ("../softmax", r"MODEL\.TAG, got '\.\./softmax'"),
    ],
)
def test_find_weights_suggests_remedy_for_unknown_name(toy, added, name, message):
    with pytest.raises(UnknownNameError, match=message):
        find_weights(toy, name)


@pytest.fixture
def there(toy, registry, tmp_path):
    """Return a second registry with the same weights."""
    shutil.copytree(registry, tmp_path / "other")
    return add_registry(toy, "there", str(tmp_path / "other"))


@pytest.mark.parametrize("name", ["softmax", "softmax.first"])
def test_registry_that_is_added_later_takes_no_name_away(toy, added, there, name):
    assert find_weights(toy, name).registry.name == "here"
    assert find_weights(toy, f"there/{name}").registry.name == "there"
    listed = listed_names(list_published(known_registries(toy)))
    assert [name for name, _ in listed] == ["softmax.first", "there/softmax.first"]


def test_preferred_registry_owns_names(toy, added, there):
    prefer_registry(toy, "there")
    assert find_weights(toy, "softmax").registry.name == "there"
    assert find_weights(toy, "here/softmax").registry.name == "here"
    prefer_registry(toy, "")
    assert find_weights(toy, "softmax").registry.name == "here"
    with pytest.raises(UnknownNameError, match="'hree'"):
        prefer_registry(toy, "hree")


REGISTRY = """
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import RegistrySpec

@hookimpl
def zoo_registries():
    return [RegistrySpec(name="NAME", summary="s", url="URL")]
"""


@pytest.mark.parametrize("name", ["softmax", "softmax.first"])
def test_find_weights_rejects_name_without_owner(toy, site, write_plugin, added, name, monkeypatch):
    """The order of a plugin's registry and an added one is unknown."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-more")
    code = REGISTRY.replace("NAME", "more").replace("URL", added.location.url)
    write_plugin(site, "zoo-more", code)
    catalog = load_catalog()
    with pytest.raises(AmbiguousNameError, match=r"here/softmax\.first, more/softmax\.first"):
        find_weights(catalog, name)
    prefer_registry(catalog, "more")
    assert find_weights(catalog, name).registry.name == "more"


def test_registry_of_zoo_owns_names_whatever_was_added_first(
    toy, site, write_plugin, added, monkeypatch
):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-more")
    monkeypatch.setattr("zoo_core.plugins.bare_names.OWN_PLUGINS", "more")
    code = REGISTRY.replace("NAME", "own").replace("URL", added.location.url)
    write_plugin(site, "zoo-more", code)
    catalog = load_catalog()
    assert find_weights(catalog, "softmax").registry.name == "own"
    assert find_weights(catalog, "here/softmax").registry.name == "here"
    prefer_registry(catalog, "here")
    assert find_weights(catalog, "softmax").registry.name == "here"


def test_prefixed_name_of_family_stays_ambiguous(toy, added, there, monkeypatch):
    """A registry may have the name of a family: then the name is not a bare one."""
    published = find_weights(toy, "softmax").published
    family = dataclasses.replace(published, model="there/softmax")
    index = PublishedIndex({family.name: family}, {family.model: family.tag})
    own = Registry.index
    monkeypatch.setattr(
        Registry, "index", lambda self, **_: index if self.name == "here" else own(self)
    )
    with pytest.raises(AmbiguousNameError):
        find_weights(toy, "there/softmax.first")


def test_known_registries_includes_registry_of_plugin(site, write_plugin, registry, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-more")
    code = REGISTRY.replace("NAME", "more").replace("URL", str(registry))
    write_plugin(site, "zoo-more", code)
    catalog = load_catalog()
    (found,) = list_published(known_registries(catalog))
    assert (found.qualified_name, found.registry.source) == ("more/softmax.first", "zoo-more")
    with pytest.raises(InvalidValueError, match="'more' already"):
        add_registry(catalog, "more", str(registry))
    with pytest.raises(UnknownNameError, match="'more' .* zoo-more.* zoo uninstall zoo-more"):
        remove_registry(catalog, "more")


def test_find_weights_skips_unreadable_registry(toy, added, there, capsys):
    (there.location.root / "index.json").write_text("{")
    assert find_weights(toy, "softmax").registry.name == "here"
    (warning,) = capsys.readouterr().err.splitlines()
    assert "registry there" in warning
    assert str(there.location.root / "index.json") in warning
    with pytest.raises(VerificationError, match=r"index\.json"):
        find_weights(toy, "there/softmax")


def test_find_weights_ignores_removed_registry(toy, added, there):
    remove_registry(toy, "there")
    assert [registry.name for registry in known_registries(toy)] == ["here"]
    assert find_weights(toy, "softmax").registry.name == "here"
    with pytest.raises(UnknownNameError, match="'there'"):
        remove_registry(toy, "there")


@pytest.mark.parametrize(
    ("name", "url", "error", "message"),
    [
        ("here", "{}", InvalidValueError, "'here' already"),
        ("Bad name", "{}", InvalidValueError, "'Bad name'.*lower-case"),
        ("a/b", "{}", InvalidValueError, "'a/b'"),
        ("a" * 65, "{}", InvalidValueError, r"\b64\b"),
        ("other", "/no/such/folder", DataError, "no folder /no/such/folder"),
        ("other", "{}/softmax", DataError, r"/softmax is not a registry: it has no index\.json"),
        ("other", "", InvalidValueError, "address"),
        ("other", "http://", InvalidValueError, "host"),
        ("other", "file://far/away", InvalidValueError, "folder.* machine"),
        ("other", "nope://x/y", DataError, "nope://x/y/index.json"),
    ],
)
def test_add_registry_rejects_invalid_name_or_url(toy, added, name, url, error, message):
    with pytest.raises(error, match=message):
        add_registry(toy, name, url.format(added.location.url))
    assert [registry.name for registry in known_registries(toy)] == ["here"]


def test_add_registry_treats_file_url_as_folder(toy, registry):
    added = add_registry(toy, "here", f"file://{registry}")
    assert added.location.url == str(registry)
    assert find_weights(toy, "softmax").published.tag == "first"


def test_add_registry_accepts_fsspec_url(toy, registry):
    """The protocol is fsspec's own file system in memory."""
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
def test_known_registries_names_damaged_list(toy, added, tmp_path, content):
    path = tmp_path / "zoo-home" / "registries.json"
    assert json.loads(path.read_text())["registries"] == {"here": added.location.url}
    path.write_text(content)
    with pytest.raises(DataError, match=r"registries\.json"):
        known_registries(toy)


def test_resolve_weights_accepts_registry_folder(toy, registry):
    assert resolve_weights(toy, "softmax", str(registry)).published.tag == "first"
    with pytest.raises(UnknownNameError):
        find_weights(toy, "softmax")
