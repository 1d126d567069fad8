"""Classes are matched by name, in whatever order a data set has them."""

import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data.dataset import load_dataset
from zoo_core.errors import InvalidValueError
from zoo_core.evaluation.class_matching import find_positions, match_data
from zoo_core.evaluation.compare import compare_pretrained
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.metrics.predictions import ensemble_outputs
from zoo_core.metrics.scores import measure, score
from zoo_core.plugins.data_specs import class_targets
from zoo_core.pretrained.load import load_pretrained
from zoo_core.tasks.classification import Classification

BRIGHT = {"cat": 0, "cow": 5, "dog": 11}
"""Rows that are bright in pictures of a class."""


def write_animals(folder, classes=("cat", "cow", "dog"), seed=0, names=None):
    """Write pictures that a linear model recognizes nearly always."""
    rng = np.random.default_rng(seed)
    for name in classes:
        target = folder / (names or {}).get(name, name)
        target.mkdir(parents=True)
        for i in range(60):
            picture = rng.integers(0, 130, (1, 16, 16), dtype=np.uint8)
            picture[0, BRIGHT[name] : BRIGHT[name] + 4] += 60
            np.save(target / f"{seed}-{i:02}.npy", picture)


def labels_of(catalog, dataset, order):
    """Return images and labels of a data set's test split, with class numbers in an order."""
    data = load_dataset(catalog.dataset(dataset))
    numbers = np.array([order.index(name) for name in data.targets[0].classes])
    return data.splits["test"].inputs, numbers[data.splits["test"].targets[0]]


@pytest.fixture
def member(pictures, learn):
    write_animals(Path("animals"))
    return load_pretrained(pictures, learn("pictures:animals", "run", epochs=5).folder)


@pytest.fixture
def backwards(pictures, learn, member):
    """Return a model of the same pictures, whose classes have the opposite order."""
    shutil.copytree("animals", "backwards")
    Path("backwards/order.txt").write_text("dog cow cat")
    run = learn("pictures:backwards", "other", epochs=2, seed=3)
    return load_pretrained(pictures, run.folder)


def test_classes_in_another_order_are_matched_by_name(pictures, member):
    write_animals(Path("new"), seed=1)
    before = evaluate_pretrained(pictures, [member], dataset="pictures:new")
    assert before.together["accuracy"][0] > 0.8
    Path("new/order.txt").write_text("cow dog cat")
    after = evaluate_pretrained(pictures, [member], dataset="pictures:new")
    assert after.together == before.together
    assert after.notes == ()


def test_members_with_classes_in_another_order_are_matched_by_name(pictures, member, backwards):
    write_animals(Path("new"), seed=1)
    members = [backwards, member]
    comparison = compare_pretrained(pictures, members, dataset="pictures:new")
    assert [each.target.classes for each in comparison.tasks] == [("dog", "cow", "cat")]
    alone = [
        evaluate_pretrained(pictures, [each], dataset="pictures:new").together for each in members
    ]
    for found, expected in zip(comparison.scores, alone, strict=True):
        assert found["correct"] == expected["correct"]
        assert found["loss"] == pytest.approx(expected["loss"])
        assert found["accuracy"][0] > 0.6
    images, labels = labels_of(pictures, "pictures:new", ("dog", "cow", "cat"))
    assert comparison.targets[0].tolist() == labels.tolist()
    own = member.predict(images)
    assert comparison.predictions[1].labels.tolist() == (2 - own.labels).tolist()
    together = evaluate_pretrained(pictures, members, dataset="pictures:new").together
    tasks, alone = comparison.tasks, [backwards.predict(images), comparison.predictions[1]]
    expected = ensemble_outputs(tasks, [each.outputs for each in alone])
    assert together == score(tasks, measure(tasks, expected, [labels]))


def test_data_set_may_lack_classes_of_the_model(pictures, member):
    write_animals(Path("few"), ("dog", "cow"), seed=1)
    evaluation = evaluate_pretrained(pictures, [member], dataset="pictures:few")
    images, labels = labels_of(pictures, "pictures:few", ("cat", "cow", "dog"))
    assert evaluation.together["correct"] == (
        (member.predict(images).labels[:, 0] == labels).sum(),
    )
    assert evaluation.together["accuracy"][0] > 0.7
    assert evaluation.notes == (
        "pictures:few lacks 1 of the model's classes, and predicting one of them is a mistake: cat",
    )


def test_other_classes_are_refused_with_the_option_that_maps_them(pictures, member):
    write_animals(Path("zoo"), ("dog", "cat"), seed=1, names={"cat": "zcat"})
    with pytest.raises(InvalidValueError) as caught:
        evaluate_pretrained(pictures, [member], dataset="pictures:zoo")
    assert "only the data set has zcat; only the model has cat, cow" in caught.value.problem
    assert caught.value.hint.endswith("--classes zcat=CLASS")
    chosen = {"zcat": "cat"}
    mapped = evaluate_pretrained(pictures, [member], dataset="pictures:zoo", classes=chosen)
    images, labels = labels_of(pictures, "pictures:zoo", ("zcat", "cow", "dog"))
    assert mapped.together["correct"] == ((member.predict(images).labels[:, 0] == labels).sum(),)
    assert mapped.together["accuracy"][0] > 0.7
    assert "zcat as cat" in mapped.notes[0]


def test_zoo_evaluate_maps_classes_by_option(cli, pictures, pictures_site, member):
    write_animals(Path("pets"), seed=1, names={"cat": "kitten, tabby", "dog": "puppy"})
    site = {"site": pictures_site, "cwd": Path.cwd()}
    base = ("evaluate", "run", "--dataset", "pictures:pets", "--json")
    refused = cli(*base, **site)
    assert refused.code == 2
    option = "--classes 'kitten, tabby=cat' --classes puppy=dog"
    assert option in refused.err
    names = ("--classes", "kitten, tabby=cat", "--classes", "puppy=dog")
    report = cli(*base, *names, **site).json
    chosen = {"kitten, tabby": "cat", "puppy": "dog"}
    found = evaluate_pretrained(pictures, [member], dataset="pictures:pets", classes=chosen)
    assert report["metrics"]["test"]["correct"] == list(found.together["correct"])
    assert found.together["accuracy"][0] > 0.8
    for wrong in ("cat", "a=b=c", "=cat"):
        assert cli(*base, "--classes", wrong, **site).code == 2
    unknown = cli(*base, *names, "--classes", "puppi=dog", **site)
    assert unknown.code == 2
    assert "Did you mean 'puppy'?" in unknown.err


def test_models_with_other_classes_are_not_compared(pictures, member, learn):
    write_animals(Path("few"), ("dog", "cow"), seed=1)
    other = load_pretrained(pictures, learn("pictures:few", "few-run", epochs=1).folder)
    with pytest.raises(InvalidValueError, match="only softmax@.* has cat, .* has none"):
        compare_pretrained(pictures, [member, other], dataset="pictures:few")


NAMES = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8, unique=True)


@given(NAMES, st.randoms())
def test_find_positions_finds_every_name_in_another_order(names, random):
    shuffled = random.sample(names, len(names))
    assert [shuffled[i] for i in find_positions(names, shuffled)] == names


def test_match_data_ignores_unicode_normalization_and_says_so():
    name = "Löwe"
    other = unicodedata.normalize("NFD", name)
    match = match_data("zoo", [["Affe", other]], "softmax", [[name, "Affe"]], {})
    assert match.numbers[0].tolist() == [1, 0]
    assert "Unicode normalization only" in match.notes[0]
    chosen = match_data("zoo", [["Affe", other]], "softmax", [["lion", "Affe"]], {name: "lion"})
    assert chosen.numbers[0].tolist() == [1, 0]


def test_match_data_accepts_repeated_names_only_in_the_same_order():
    names = ["crane", "crow", "crane"]
    assert match_data("a", [names], "b", [names], {}).numbers[0].tolist() == [0, 1, 2]
    with pytest.raises(InvalidValueError, match="crane"):
        match_data("a", [["crow", "crane", "crane"]], "b", [names], {})


def test_match_data_matches_each_head_and_merges_classes():
    data, model = [["a", "b"], ["big", "huge", "small"]], [["b", "a"], ["small", "large"]]
    match = match_data("x", data, "y", model, {"big": "large", "huge": "large"})
    tasks = [Classification(target) for target in class_targets(*model)]
    converted = match.convert(tasks, (np.array([0, 1, 1]), np.array([0, 1, 2])))
    assert [head.tolist() for head in converted] == [[1, 0, 0], [1, 1, 0]]
    with pytest.raises(InvalidValueError, match=r"head 2.*only the data set has huge"):
        match_data("x", data, "y", model, {"big": "large"})
