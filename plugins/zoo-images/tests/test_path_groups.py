"""Groups by a pattern in the paths of a folder: never in two of the splits or folds."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from zoo_core.data.splits import training_data
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.recipes.recipe import Recipe
from zoo_images.folders import folder_source
from zoo_images.folders.path_groups import groups_of

PATTERN = "patient-[0-9]+"


@pytest.fixture
def scans(tmp_path):
    """Return a folder of 3 images of each of 12 patients, in both classes."""
    for patient in range(12):
        for number in range(3):
            write(tmp_path / "scans" / "ab"[number % 2] / f"patient-{patient}_{number}.png", number)
    return tmp_path / "scans"


def write(path, gray):
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    Image.fromarray(np.full((4, 4), gray, np.uint8)).save(file, "png")
    path.write_bytes(file.getvalue())


def load(folder, pattern=PATTERN):
    return folder_source.load(f"{folder}?group={pattern}")


def recipe(**values):
    return Recipe.model_validate({"dataset": "any", "trainer": "any", **values})


@pytest.mark.parametrize("folds", [{}, {"folds": 3, "fold": 2}, {"folds": 9, "fold": 9}])
def test_a_group_is_in_one_part(scans, folds):
    data = training_data(load(scans), recipe(**folds))
    parts = [
        {split.examples.groups[row] for row in rows.tolist()} for split, rows in data.parts.values()
    ]
    assert all(parts)
    assert sum(map(len, parts)) == len(set().union(*parts))


def test_groups_are_part_of_the_datas_identity(scans):
    plain = folder_source.load(str(scans))
    grouped = load(scans)
    assert plain.sha256() != grouped.sha256()
    assert load(scans, "(patient-[0-9]+)_").sha256() == grouped.sha256()
    assert grouped.facts.split_rule == "A tenth of the images test, by the sha256 of their group."


def test_group_is_the_part_in_parentheses_or_else_the_whole_match():
    keys = ["a/patient-1_x.png", "b/patient-2_x.png"]
    assert groups_of(keys, re.compile("patient-([0-9])")) == ["1", "2"]
    assert groups_of(keys, re.compile("patient-[0-9]")) == ["patient-1", "patient-2"]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("nobody", "'nobody' matches nothing in 36 of 36 paths, such as 'a/patient-0_0.png'"),
        ("patient-1[01]", "matches nothing in 30 of 36 paths"),
        ("patient-([0-9])*9?$", "expected no '?' in the pattern of groups"),
        ("(x*)", "matches nothing in 36 of 36 paths"),  # an empty text is not a group
        ("patient", "puts all images into one group, 'patient'"),
        ("(a)(b)", "at most one part in parentheses, got 2 in '(a)(b)'"),
        ("[", "expected group to be a regular expression, got '['"),
    ],
)
def test_patterns_that_make_no_groups(scans, pattern, problem):
    with pytest.raises((DataError, InvalidValueError)) as error:
        load(scans, pattern)
    assert problem in error.value.problem
    assert error.value.hint or "parentheses" in problem


def test_pattern_after_another_option_has_no_question_mark(scans):
    with pytest.raises(InvalidValueError, match="expected no"):
        folder_source.load(f"{scans}?size=4&group=patient-?")


def test_group_in_two_given_splits_is_refused(tmp_path):
    for split, patients in {"train": (1, 2, 3), "test": (3, 4)}.items():
        for patient in patients:
            for kind in "ab":
                write(tmp_path / split / kind / f"patient-{patient}.png", patient)
    with pytest.raises(DataError) as error:
        load(tmp_path)
    assert "the group 'patient-3'" in error.value.problem
    assert "has images in train and in test" in error.value.problem


def test_too_few_groups_to_split(tmp_path):
    for patient in (1, 2):
        for kind in "ab":
            write(tmp_path / kind / f"patient-{patient}.png", patient)
    with pytest.raises(DataError, match="expected at least 3 groups of training images"):
        load(tmp_path)
