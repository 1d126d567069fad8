"""Model names with a slash, a hundred of them: listed, found, published and checked."""

import os
from dataclasses import replace

import pytest

from zoo_core.errors import UnknownNameError, join_names
from zoo_core.installation.installed import load_catalog
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.index.plugin_index import folded
from zoo_core.plugins.rows import catalog_from_rows, catalog_rows
from zoo_core.registry.names import WeightsName, check_tag_name, parse_name
from zoo_core.testing.suite import MAX_MODELS, MAX_SAMPLE_PARAMETERS, plugin_checks, sample

PLUGIN = """
import os
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec, SourceSpec

@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name=f"many/net-{number}",
            summary="Softmax regression.",
            builder="zoo_toy.model:Softmax",
            config="zoo_toy.config:SoftmaxConfig",
            recipes="zoo_toy.config:RECIPES",
            trainer="toy",
            dataset="toy",
            license="MIT",
            parameters=None if number == 5 else 90 * 10 ** (number % 10),
            pretrained="zoo_many.weights:get" if number % 2 else "",
            tasks=("classification",) if number else ("something-else",),
        )
        for number in range(100)
    ]
"""


@pytest.fixture
def many(write_plugin, site):
    """Install a plugin that offers 100 models, and return its folder."""
    write_plugin(site, "zoo-many", PLUGIN)
    return site


@pytest.fixture
def catalog(toy, many, monkeypatch):
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-many")
    return load_catalog()


def names(result):
    return [row["name"] for row in result.json["models"]]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["many/net-9*"], ["many/net-9", *(f"many/net-9{i}" for i in range(10))]),
        (["many/net-?", "--max-params", "9000"], ["many/net-0", "many/net-1", "many/net-2"]),
        (["many/net-?", "--max-params", "9k"], ["many/net-0", "many/net-1", "many/net-2"]),
        (["many/net-?", "--max-params", "0.009M"], ["many/net-0", "many/net-1", "many/net-2"]),
        (
            ["many/net-?", "--pretrained"],
            ["many/net-1", "many/net-3", "many/net-5", "many/net-7", "many/net-9"],
        ),
        (["--task", "something-else"], ["many/net-0"]),
        (["many/net-1?", "--max-params", "1k", "--pretrained"], ["many/net-11"]),
        (["*", "--plugin", "zoo-toy"], ["softmax", "softmax-pairs"]),
        (["many/*", "--plugin", "zoo-toy"], []),
    ],
)
def test_zoo_list_filters_models(cli, many, arguments, found):
    assert names(cli("list", *arguments, "--json", site=many)) == found


def test_zoo_list_puts_family_models_last(cli, many):
    listed_names = names(cli("list", "--json", site=many))
    assert len(listed_names) > 100
    slashes = ["/" in name for name in listed_names]
    assert slashes == sorted(slashes)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--max-params", "many"], ["'--max-params'", "'many'"]),
        (["datasets", "--pretrained"], ["--pretrained", "datasets"]),
        (["weights", "--plugin", "zoo-toy"], ["--plugin", "weights"]),
    ],
)
def test_zoo_list_refuses_invalid_filter(cli, arguments, expected):
    result = cli("list", *arguments)
    assert result.code == 2
    error = result.err.splitlines()[-1]  # after the usage
    assert all(fact in error for fact in expected)


def test_list_models_accepts_filters_of_zoo_list(run_python, many):
    code = """
import zoo_core as zoo
print(zoo.list_models("many/net-1?", max_params=1000, pretrained=True))
print(zoo.list_models(task="something-else"), len(zoo.list_models("many/*", max_params=10**12)))
"""
    assert run_python(code, site=many).splitlines() == ["['many/net-11']", "['many/net-0'] 99"]


def test_catalog_from_rows_has_specs_of_catalog_rows(catalog):
    again = catalog_from_rows(catalog_rows(catalog), lambda: catalog.hooks, folded)
    for kind in ("models", "datasets", "trainers"):
        before, after = catalog.entries(kind), again.entries(kind)
        assert {name: entry.spec for name, entry in after.items()} == {
            name: entry.spec for name, entry in before.items()
        }
    assert again.model("zoo-many/many/net-7").spec.name == "many/net-7"
    for before, after in zip(catalog.plugins, again.plugins, strict=True):
        offered = [
            {(kind, spec.name): spec for kind, spec in each.offers} for each in (before, after)
        ]
        assert offered[0] == offered[1]
        assert replace(after, offers=()) == replace(before, offers=(), files=())


def test_catalog_from_rows_reads_families_when_a_name_of_one_is_used(catalog):
    rows, read = catalog_rows(catalog), []

    class Recorded(dict):
        def __getitem__(self, kind):
            read.append(kind)
            return rows[kind]

    again = catalog_from_rows(Recorded(), lambda: None, lambda _, kind: folded(rows, kind))
    assert again.model("softmax").plugin.distribution == "zoo-toy"
    assert "models" not in read
    assert again.model("many/net-7").plugin.distribution == "zoo-many"
    assert "models" in read


def test_catalog_from_rows_keeps_owners_of_names_that_two_plugins_offer(toy):
    specs = [replace(toy.model("softmax").spec, name=f"net-{number}") for number in range(10)]
    offers = tuple(("models", spec) for spec in specs)
    plugin = replace(toy.model("softmax").plugin, distribution="zoo-a", offers=offers)
    # So many full names are a family of their own.
    full = frozenset((kind, spec.identity) for kind, spec in offers)
    before = Catalog((plugin, replace(plugin, distribution="zoo-b", qualified=full)), lambda: None)
    after = catalog_from_rows(catalog_rows(before), lambda: None, folded)
    for name, owner in (("net-3", "zoo-a"), ("zoo-a/net-3", "zoo-a"), ("zoo-b/net-3", "zoo-b")):
        assert before.model(name).plugin.distribution == owner
        assert after.model(name).plugin.distribution == owner
    assert after.entries("models").keys() == before.entries("models").keys()


def test_unknown_model_error_suggests_nearest_name_and_shortens_list(catalog):
    with pytest.raises(UnknownNameError, match="Did you mean 'many/net-77'") as caught:
        catalog.model("many/nett-77")
    assert len(str(caught.value)) < 1500
    assert "Run `zoo list` to see all names." in str(caught.value)
    assert join_names(map(str, range(3))) == "0, 1, 2"


def test_unknown_family_error_suggests_plugin_to_install(toy):
    usable = tuple(plugin for plugin in toy.plugins if plugin.usable)
    with pytest.raises(UnknownNameError, match="pip install zoo-timm"):
        Catalog(usable, lambda: toy.hooks).model("timm/resnet10t")


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("a.b", [("", "a", "b")]),
        ("a/b", [("a", "b", ""), ("", "a/b", "")]),
        ("a/b.c", [("a", "b", "c"), ("", "a/b", "c")]),
        ("a/b/c.d", [("a/b", "c", "d"), ("a", "b/c", "d")]),
        ("a/b/c/d", [("a/b", "c/d", "")]),
        ("a.b/c", [("a.b", "c", "")]),  # a model's name has no dot
    ],
)
def test_parse_name_reads_prefix_as_registry_or_family(text, readings):
    expected = tuple(WeightsName(*parts, sha256="") for parts in readings)
    assert parse_name(text).readings() == expected


def test_check_tag_name_accepts_family():
    assert check_tag_name("many/net-1.first") == WeightsName("", "many/net-1", "first", "")


@pytest.mark.slow
def test_family_model_trains_publishes_verifies_and_evaluates_by_name(cli, many, tmp_path):
    def zoo(*arguments):
        result = cli(*arguments, site=many, env={"ZOO_PLUGINS": "zoo-toy,zoo-many"})
        assert result.code == 0, result.err
        return result

    registry = tmp_path / "registry"
    zoo("train", "many/net-3", "--epochs", 1)
    run = tmp_path / "runs" / "many-net-3-1"
    zoo("publish", run, "--as", "many/net-3.first", "--registry", registry)
    assert (registry / "many" / "net-3" / "first" / "model.safetensors").exists()
    zoo("registry", "add", "here", registry)
    for name in ("many/net-3", "many/net-3.first", "here/many/net-3.first"):
        assert "many/net-3.first" in zoo("verify", name).out
    assert "many/net-3.first" in zoo("evaluate", "many/net-3", "--json").out
    rows = zoo("list", "weights", "many/*", "--json").json["weights"]
    assert [row["name"] for row in rows] == ["many/net-3.first"]
    assert names(zoo("list", "many/net-?", "--pretrained", "--max-params", "90k", "--json")) == [
        "many/net-1",
        "many/net-3",
    ]


@pytest.mark.slow
def test_zoo_verify_resolves_registry_named_like_family(cli, many, tmp_path):
    """The name `many/net-3` is ambiguous: net-3 of the registry many, or of the family many."""
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-many"}
    for name, tag in (("softmax", "softmax.first"), ("many/net-3", "many/net-3.first")):
        run = tmp_path / tag.replace("/", "-")
        assert cli("train", name, "--epochs", 1, "--out", run, site=many, env=env).code == 0
        done = cli("publish", run, "--as", tag, "--registry", tmp_path / "r", site=many, env=env)
        assert done.code == 0, done.err
    assert cli("registry", "add", "many", tmp_path / "r", site=many, env=env).code == 0
    for name in ("many/softmax", "many/softmax.first", "many/net-3", "many/many/net-3"):
        result = cli("verify", name, site=many, env=env)
        assert result.code == 0, (name, result.err)


def test_plugin_checks_cover_sample_of_many_models_or_requested_one(catalog):
    entries = {name: entry for name, entry in catalog.entries("models").items() if "many" in name}
    chosen = sample(entries)
    assert len(chosen) == len(set(chosen)) == MAX_MODELS
    assert all((entries[name].spec.parameters or 0) <= MAX_SAMPLE_PARAMETERS for name in chosen)
    assert {name[:10] for name in chosen} > {"many/net-1", "many/net-9"}  # from the whole list
    assert sample(entries, asked="many/net-9") == ["many/net-9"]
    checks = plugin_checks(catalog, "many/net-4")
    assert not any("net-5" in check.name for check in checks)
    assert sum("many/net-4" in check.name for check in checks) > 20
    checks[-1].function(*checks[-1].arguments)


def test_sample_keeps_all_of_few_models(catalog):
    entries = {n: e for n, e in catalog.entries("models").items() if n.startswith("softmax")}
    assert sample(entries) == ["softmax", "softmax-pairs"]
    assert os.environ["ZOO_PLUGINS"] == "zoo-toy,zoo-many"
