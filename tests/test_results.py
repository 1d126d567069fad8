"""Published results match the recorded trainings and the current recipes."""

from pathlib import Path

import pytest

from zoo_core.frameworks.trainer import make_trainer, model_builder
from zoo_core.installation.installed import load_catalog
from zoo_core.metrics.find_tasks import find_tasks
from zoo_core.pretrained.verified_read import published_card
from zoo_core.recipes.resolve import recipe_names, resolve_config, resolve_recipe
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import find_weights
from zoo_core.registry.registry import Registry
from zoo_core.tuning.model_spaces import find_space

for package in ("zoo_registry", "zoo_report", "zoo_tune", "zoo_cnn", "zoo_mlp", "zoo_two_headed"):
    pytest.importorskip(package)

from benchmarks import ensembles, publish, quantized, tables, tuning  # noqa: E402 (needs those packages)
from benchmarks.runs import RESULTS  # noqa: E402

ROOT = Path(__file__).parents[1]

CATALOG = load_catalog()
RECIPES = [*tables.ROWS, *tables.WRITING, *tables.REGRESSION]
STUDY = [row for rows in tables.STUDY.values() for row in rows.values()]
ALL = list(dict.fromkeys([*RECIPES, *STUDY]))


def ids(row):
    return row.folder.name


def test_results_pages_match_results():
    readme = (ROOT / "README.md").read_text()
    assert tables.with_table(readme) == readme
    assert (ROOT / "docs" / "results.md").read_text() == tables.results_page()
    assert (ROOT / "docs" / "study.md").read_text() == tables.study_page()


def test_results_page_reflects_changed_result(monkeypatch, tmp_path):
    for other in ("REGRESSION", "WRITING"):  # because all rows get the same results
        monkeypatch.setattr(tables, other, [])
    before = tables.results_page()
    row = tables.ROWS[0]
    first = (RESULTS / row.folder.name / "seed-0.json").read_text()
    folder = tmp_path / row.folder.name
    folder.mkdir()
    for seed in range(5):
        changed = first.replace('"seed": 0', f'"seed": {seed}')
        (folder / f"seed-{seed}.json").write_text(changed)
    monkeypatch.setattr(type(row), "folder", property(lambda row: folder))
    assert tables.results_page() != before


OF_TABLES = {
    ("mlp", "tabular"),
    ("mlp", "default@features"),
    ("mlp", "default@digits-8x8"),
    ("numpy-net", "tabular"),
    ("numpy-net", "default@features"),
}
"""Recipes whose results are in docs/tables.md."""

OF_OWN_DATA = {("cnn", "photo"), ("cnn", "finetune"), ("residual-cnn", "photo")}
"""Recipes for users' own images, which have no results."""


def test_results_table_covers_every_recipe():
    ours = {path.name for path in (ROOT / "plugins").iterdir()}
    assert {(row.model, row.recipe) for row in RECIPES} == {
        (name, recipe)
        for name, entry in CATALOG.entries("models").items()
        if entry.plugin.distribution in ours
        and "/" not in name  # because families have no published results
        for recipe in recipe_names(entry)
        if (name, recipe) not in OF_TABLES | OF_OWN_DATA
    }


def test_results_folders_match_table_rows():
    assert {folder.name for folder in RESULTS.iterdir()} == {row.folder.name for row in ALL}


@pytest.mark.parametrize("row", ALL, ids=ids)
def test_result_matches_current_recipe_and_whole_test_set(row):
    entry = CATALOG.model(row.model)
    results = row.results()
    dataset = CATALOG.dataset(results[0].recipe.dataset).spec
    assert [result.recipe.seed for result in results] == list(range(row.seeds))
    few = row.recipe.startswith("best") or row in tables.WRITING  # trainings of minutes
    assert row.seeds >= (3 if few else 5)
    for result in results:
        seed = {"seed": result.recipe.seed}
        assert result.recipe == resolve_recipe(entry, row.recipe, [*row.overrides, seed])
        assert result.test.total == dataset.sizes["test"]
        assert result.model == row.model
        counts = result.test.metrics.get("correct", ())  # of classes
        accuracies = result.test.metrics["accuracy"] if counts else ()
        for accuracy, correct in zip(accuracies, counts, strict=True):
            assert accuracy == correct / result.test.total


@pytest.mark.parametrize("row", RECIPES, ids=ids)
def test_result_parameters_match_model(row):
    entry = CATALOG.model(row.model)
    result = row.results()[0]
    dataset = CATALOG.dataset(result.recipe.dataset).spec
    config = resolve_config(entry, result.recipe, dataset, find_tasks(CATALOG, dataset.targets))
    trainer = make_trainer(CATALOG.trainer(result.recipe.trainer), device="cpu", threads=None)
    model = trainer.build(model_builder(entry), config, 0)
    assert result.parameters == trainer.count_parameters(model)


def test_registry_publishes_best_recipes_as_defaults():
    index = Registry("zoo", Folder(publish.REGISTRY)).index()
    assert set(index.tags) == {*publish.TAGS, *quantized.QUANTIZED}
    # Other data sets would be needed by every check of the registry.
    rows = [row for row in tables.ROWS if "@" not in row.recipe]
    best = [row for row in rows if row.recipe.startswith("best")]
    assert {row.name for row in best} <= set(index.tags)
    for model in {row.model for row in tables.ROWS}:
        names = [row.recipe for row in best if row.model == model]
        assert index.defaults[model] == ("best" if "best" in names else names[0])


@pytest.mark.parametrize("name", publish.TAGS)
def test_published_card_matches_results(name):
    recipe, seed = publish.TAGS[name]
    found = find_weights(CATALOG, name)
    card = published_card(found)
    row = tables.row_of(recipe)
    result = row.results()[seed]
    for fact in ("recipe", "parameters", "environment", "versions", "metrics"):
        assert getattr(card, fact) == getattr(result, fact)
    assert card.interval is not None
    assert card.interval.seeds == tuple(range(row.seeds))


@pytest.mark.slow
def test_ensembles_match_recorded_scores():
    for name, measured in ensembles.measure(CATALOG, ensembles.ENSEMBLES).items():
        kept = ensembles.kept(name)
        assert measured.members == kept.members
        assert measured.parameters == kept.parameters
        assert measured.together["correct"] == kept.together["correct"]
        assert [s["correct"] for s in measured.without_one] == [
            s["correct"] for s in kept.without_one
        ]


@pytest.mark.slow
def test_ensembles_choose_selects_mixed_on_validation():
    _, _, members = ensembles.choose(CATALOG)[0]
    assert members == ensembles.ENSEMBLES["mixed"]


SEARCHES = [f"{way}-{seed}" for way in tuning.WAYS for seed in range(tuning.SEARCH_SEEDS)]


def test_tuning_page_matches_recorded_searches():
    page = tuning.PAGE.read_text()
    assert tuning.with_tables(page) == page
    assert {path.stem for path in tuning.KEPT.iterdir()} == {*SEARCHES, "grid"}


@pytest.mark.parametrize("name", SEARCHES)
def test_search_matches_current_space_and_whole_test_set(name):
    search = tuning.kept(name)
    study = search.study
    assert study.space == find_space(CATALOG.model("mlp"), None).dump()
    assert (len(study.trials), study.recipe_name) == (tuning.TRIALS, "default")
    assert (study.counted("pruned") > 0) == name.startswith("pruned")
    assert [test.total for test in search.tests] == [10_000] * 5


def test_grid_search_matches_reference_study_with_five_seeds():
    study = tuning.kept("grid").study
    assert study.space == find_space(CATALOG.model("mlp"), None, grid=True).dump()
    assert [len(trial.scores) for trial in study.trials] == [5] * 6
