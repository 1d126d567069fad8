"""The published figures are those of the trainings that are kept, with the recipes as they are."""

from pathlib import Path

import pytest

from zoo_core.frameworks.trainer import make_trainer, model_builder
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.verified_read import published_card
from zoo_core.recipes.resolve import recipe_names, resolve_config, resolve_recipe
from zoo_core.registry.location import Folder
from zoo_core.registry.lookup import find_weights
from zoo_core.registry.registry import Registry
from zoo_core.tuning.model_spaces import find_space

for package in ("zoo_registry", "zoo_report", "zoo_tune", "zoo_cnn", "zoo_mlp", "zoo_two_headed"):
    pytest.importorskip(package)

from benchmarks import ensembles, publish, tables, tuning  # noqa: E402 (needs those packages)
from benchmarks.runs import RESULTS  # noqa: E402

ROOT = Path(__file__).parents[1]

CATALOG = load_catalog()
STUDY = [row for rows in tables.STUDY.values() for row in rows.values()]
ALL = list(dict.fromkeys([*tables.ROWS, *STUDY]))


def ids(row):
    return row.folder.name


def test_the_pages_say_what_the_results_say():
    readme = (ROOT / "README.md").read_text()
    assert tables.with_table(readme) == readme
    assert (ROOT / "docs" / "results.md").read_text() == tables.results_page()
    assert (ROOT / "docs" / "study.md").read_text() == tables.study_page()


def test_a_changed_result_changes_the_pages(monkeypatch, tmp_path):
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


def test_every_recipe_of_every_model_is_in_the_table():
    ours = {path.name for path in (ROOT / "plugins").iterdir()}
    assert {(row.model, row.recipe) for row in tables.ROWS} == {
        (name, recipe)
        for name, entry in CATALOG.entries("models").items()
        if entry.plugin.distribution in ours and "/" not in name  # families are not ours to train
        for recipe in recipe_names(entry)
    }


def test_nothing_is_kept_that_no_table_shows():
    assert {folder.name for folder in RESULTS.iterdir()} == {row.folder.name for row in ALL}


@pytest.mark.parametrize("row", ALL, ids=ids)
def test_a_result_is_of_the_recipe_as_it_is_and_of_every_test_image(row):
    entry = CATALOG.model(row.model)
    results = row.results()
    dataset = CATALOG.dataset(results[0].recipe.dataset).spec
    assert [result.recipe.seed for result in results] == list(range(row.seeds))
    assert row.seeds >= 5 or (row.recipe.startswith("best") and row.seeds >= 3)
    for result in results:
        seed = {"seed": result.recipe.seed}
        assert result.recipe == resolve_recipe(entry, row.recipe, [*row.overrides, seed])
        assert result.test.total == dataset.sizes["test"]
        assert result.model == row.model
        for accuracy, correct in zip(result.test.accuracy, result.test.correct, strict=True):
            assert accuracy == correct / result.test.total


@pytest.mark.parametrize("row", tables.ROWS, ids=ids)
def test_the_number_of_parameters_is_the_models(row):
    entry = CATALOG.model(row.model)
    result = row.results()[0]
    config = resolve_config(entry, result.recipe, CATALOG.dataset(result.recipe.dataset).spec)
    trainer = make_trainer(CATALOG.trainer(result.recipe.trainer), device="cpu", threads=None)
    model = trainer.build(model_builder(entry), config, 0)
    assert result.parameters == trainer.count_parameters(model)


def test_the_best_recipe_of_every_model_is_published_and_what_its_bare_name_stands_for():
    index = Registry("zoo", Folder(publish.REGISTRY)).index()
    assert set(index.tags) == set(publish.TAGS)
    for model in {row.model for row in tables.ROWS}:
        assert index.defaults[model] == "best"
    # Those for other data sets would need these at every check of the registry.
    rows = [row for row in tables.ROWS if "@" not in row.recipe]
    best = {row.name for row in rows if row.recipe.startswith("best")}
    assert best <= set(index.tags)


@pytest.mark.parametrize("name", publish.TAGS)
def test_a_published_card_says_what_the_results_say(name):
    recipe, seed = publish.TAGS[name]
    found = find_weights(CATALOG, name)
    card = published_card(found)
    row = tables.row_of(recipe)
    result = row.results()[seed]
    for fact in ("recipe", "parameters", "environment", "versions", "metrics"):
        assert getattr(card, fact) == getattr(result, fact)
    assert card.interval is not None
    assert card.interval.seeds == tuple(range(row.seeds))


@pytest.mark.parametrize("name", ensembles.ENSEMBLES)
def test_an_ensemble_reads_what_is_said_of_it(name):
    kept = ensembles.kept(name)
    measured = ensembles.measure(CATALOG, ensembles.ENSEMBLES[name])
    assert measured.members == kept.members
    assert measured.parameters == kept.parameters
    assert measured.together.correct == kept.together.correct
    assert [s.correct for s in measured.without_one] == [s.correct for s in kept.without_one]


def test_the_mixed_ensemble_is_the_best_on_validation():
    _, _, members = ensembles.choose(CATALOG)[0]
    assert members == ensembles.ENSEMBLES["mixed"]


SEARCHES = [f"{way}-{seed}" for way in tuning.WAYS for seed in range(tuning.SEARCH_SEEDS)]


def test_the_page_of_searches_says_what_is_kept_of_them():
    page = tuning.PAGE.read_text()
    assert tuning.with_tables(page) == page
    assert {path.stem for path in tuning.KEPT.iterdir()} == {*SEARCHES, "grid"}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_of_the_space_as_it_is_and_its_winner_of_every_test_image(name):
    search = tuning.kept(name)
    study = search.study
    assert study.space == find_space(CATALOG.model("mlp"), None).dump()
    assert (len(study.trials), study.recipe_name) == (tuning.TRIALS, "default")
    assert (study.counted("pruned") > 0) == name.startswith("pruned")
    assert [test.total for test in search.tests] == [10_000] * 5


def test_the_grid_is_the_references_study_with_five_seeds():
    study = tuning.kept("grid").study
    assert study.space == find_space(CATALOG.model("mlp"), None, grid=True).dump()
    assert [len(trial.scores) for trial in study.trials] == [5] * 6
