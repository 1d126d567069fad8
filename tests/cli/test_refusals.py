"""Refused predictions of `zoo predict`: reasons in words, --force, JSON, CSV, the exit code."""

import csv

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def run(cli, tmp_path, monkeypatch):
    """Return a trained toy model whose data set finds rows in photos."""
    monkeypatch.setenv("TOY_READER", "zoo_toy.data:read_photo")
    monkeypatch.setenv("TOY_FAMILIARITY", "zoo_toy.data:closeness")
    assert cli("train", "softmax", "--out", "run").code == 0
    return tmp_path / "run"


@pytest.fixture
def photos(tmp_path):
    """Return image files: one row, two rows, a black and a white image, and a cut one."""
    row = np.full((6, 5), 30, np.uint8)
    row[2:4] += 120
    wide = np.concatenate([row, np.roll(row, 2, axis=0)], axis=1)
    black, white = np.zeros((6, 5), np.uint8), np.full((6, 5), 255, np.uint8)
    images = {"one": row, "two": wide, "black": black, "white": white, "cut": row[:5]}
    for name, image in images.items():
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    return [f"{name}.png" for name in images]


def test_refused_predictions_are_reasons_in_text(cli, run, photos):
    result = cli("predict", "run", *photos)
    assert result.code == 0
    lines = dict(line.split(": ", 1) for line in result.out.splitlines())
    assert lines["one.png"].startswith("middle (")
    assert lines["two.png, part 1"].startswith("middle (")
    assert lines["two.png, part 2"].startswith("low (")
    assert lines["black.png"] == "refused (no rows found)"
    assert lines["white.png"] == "refused (unlike the examples of the training)"
    assert lines["cut.png"] == "refused (cut at the edge)"
    assert "3 of 6 predictions refused; --force shows them" in result.err


@pytest.mark.parametrize("form", ["--csv", "--json", "--no-pictures"])
def test_refused_files_are_in_their_order(cli, run, photos, form):
    result = cli("predict", "run", *photos, form)
    if form == "--json":
        names = [each["file"] for each in result.json["predictions"]]
    else:
        names = [line.strip('"').split(":")[0] for line in result.out.splitlines()]
    expected = ["one.png", "two.png", "two.png", "black.png", "white.png", "cut.png"]
    assert [name.split(",")[0] for name in names if name[:5] != "file,"] == expected


def test_force_shows_guesses_with_reason(cli, run, photos):
    result = cli("predict", "run", *photos, "--force")
    lines = dict(line.split(": ", 1) for line in result.out.splitlines())
    assert "; refused without --force (unlike the examples" in lines["white.png"]
    assert "%" in lines["cut.png"]
    assert lines["black.png"] == "refused (no rows found)"  # there is nothing to guess


def test_json_states_verdict_confidence_and_boxes(cli, run, photos):
    found = {
        each["file"]: each for each in cli("predict", "run", *photos, "--json").json["predictions"]
    }
    one, white, black = (found[f"{name}.png"] for name in ("one", "white", "black"))
    assert one["accepted"] is True
    assert one["classes"] == ["middle"]
    assert 0.5 < one["confidence"] <= 1
    assert one["boxes"] == [{"top": 0, "left": 0, "bottom": 6, "right": 5}]
    assert found["two.png, part 2"]["boxes"] == [{"top": 0, "left": 5, "bottom": 6, "right": 10}]
    assert (white["accepted"], "classes" in white) == (False, False)
    assert black == {"file": "black.png", "accepted": False, "reason": "no rows found"}
    forced = cli("predict", "run", "white.png", "--json", "--force").json["predictions"]
    assert forced[0]["accepted"] is False
    assert len(forced[0]["classes"]) == 1


def test_csv_leaves_refused_cells_empty(cli, run, photos):
    rows = {
        row["file"]: row
        for row in csv.DictReader(cli("predict", "run", *photos, "--csv").out.splitlines())
    }
    assert (rows["one.png"]["label"], rows["one.png"]["accepted"]) == ("middle", "true")
    for name, reason in (("black.png", "no rows found"), ("cut.png", "cut at the edge")):
        row = rows[name]
        assert (row["label"], row["accepted"], row["reason"]) == ("", "false", reason)


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        (["black.png"], [], 1),
        (["black.png", "white.png"], ["--json"], 1),
        (["white.png"], ["--force"], 0),
        (["black.png"], ["--force"], 1),
        (["one.png", "black.png"], [], 0),
    ],
)
def test_exit_code_is_1_if_nothing_is_accepted(cli, run, photos, files, options, code):
    assert cli("predict", "run", *files, *options).code == code


def test_recipe_decides_on_share_of_refused_predictions(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_FAMILIARITY", "zoo_toy.data:closeness")
    accepted = []
    for share in (0, 0.01, 0.4):
        out = f"run-{share}"
        assert cli("train", "softmax", "--out", out, "--set", f"reject={share}").code == 0
        card = cli("info", out, "--json").json
        accepted.append(card["calibration"]["test"]["accepted"])
    assert accepted[0] == 50
    assert accepted[0] >= accepted[1] > accepted[2]


def test_read_parts_returns_places_and_read_images_refuses(run_python, run, photos):
    code = """
import pytest, zoo_core as zoo
model = zoo.load("run")
print([found.boxes[0].left for found in zoo.read_parts(model, "two.png").found])
print(zoo.read_parts(model, "black.png").refusal)
for name in ("two.png", "black.png"):
    with pytest.raises(zoo.ZooError, match=name):
        zoo.read_images(model, [name])
"""
    assert run_python(code) == "[0, 5]\nno rows found\n"
