"""Modes of the API: tasks, boxes, confidence, refusals, and mistakes of every task."""

import base64
import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from zoo_core import Box, TargetSpec
from zoo_core.plugin_api import find_tasks
from zoo_demo import modes
from zoo_demo.head_answers import answer_of
from zoo_demo.models import in_order
from zoo_demo.modes import group

NUMBER = "/api/read?mode=tallies"


@pytest.fixture
def tallies():
    """Return the function that draws vertical strokes into an image file, white on black."""

    def draw(*boxes, size=(700, 280)):
        image = Image.new("L", size)
        for box in boxes:
            # The end of a box is exclusive, and that of Pillow's rectangles is not.
            end = box.right - 1, box.bottom - 1
            ImageDraw.Draw(image).rectangle([(box.left, box.top), end], 255)
        file = BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    return draw


LINES = [Box(20, 50, 120, 65), Box(20, 150, 120, 165), Box(160, 50, 260, 65)]
"""Two tally marks in a line, and one in the next line."""


def only(response):
    """Return the only prediction of the only model."""
    (answer,) = response.json()["answers"]
    (prediction,) = answer["predictions"]
    return prediction


def pixels(image):
    flat = np.frombuffer(base64.b64decode(image["pixels"]), np.uint8)
    return flat.reshape(image["height"], image["width"])


# Modes.


def test_modes_group_models_by_their_images(get_of_every):
    found = get_of_every("/api/models").json()["modes"]
    assert [
        (mode["id"], mode["title"], [model["heads"][0]["task"] for model in mode["models"]])
        for mode in found
    ] == [
        ("mnist", "One digit", ["classification"] * 3),
        # Masks are of the same images, because their data set has the same reader.
        ("two-digit-mnist", "Two digits", ["classification"] * 2 + ["segmentation"]),
        ("tallies", "Number", ["sequence"]),
        ("quarters", "quarters", ["multi-label"]),
    ]


def test_mode_of_masks_alone_is_that_of_the_simplest_data_set(catalog, every_model):
    halves = [model for model in every_model if model.id == "halves"]
    (mode,) = group(catalog, halves).values()
    assert (mode.id, mode.title) == ("two-digit-mnist", "Two digits")


def test_models_api_returns_metrics_of_models_without_accuracy(get_of_every):
    found = get_of_every("/api/models").json()["modes"]
    halves = found[1]["models"][2]
    assert halves["accuracy"] is None
    assert 0 < halves["scores"]["mean_iou"] < 1
    assert halves["heads"][0]["classes"] == ["paper", "top", "bottom", "both"]


def test_models_without_accuracy_come_last(every_model):
    ordered = in_order(every_model)
    assert [each.accuracy is None for each in ordered] == [False] * 6 + [True] * 2


@pytest.mark.parametrize("count", [9, 11])
def test_title_of_other_classes_is_the_data_sets_name(count):
    from zoo_core import class_targets

    assert modes._order(class_targets(10)) < len(modes.TITLES)
    assert modes._order(class_targets(count)) == len(modes.TITLES)


# Predictions.


def test_read_api_returns_each_line_with_its_boxes(get_of_every, tallies):
    found = get_of_every(NUMBER, tallies(*LINES)).json()
    boxes = [[box._asdict() for box in line] for line in (LINES[:2], LINES[2:])]
    assert [each["boxes"] for each in found["inputs"]] == boxes
    (answer,) = found["answers"]
    assert [each["boxes"] for each in answer["predictions"]] == boxes
    assert [each["heads"][0]["string"] for each in answer["predictions"]] == ["11", "1"]
    assert [each["heads"][0]["symbols"] for each in answer["predictions"]] == [["1", "1"], ["1"]]
    for each in answer["predictions"]:
        assert (each["accepted"], each["reason"]) == (True, "")
        assert 0.9 < each["confidence"] <= 1


def test_read_api_returns_confidence_of_each_symbol(
    get_of_every, tallies, every_model, monkeypatch
):
    task = every_model[5].pretrained.tasks[0]
    predict = type(task).predict

    class WithSymbols:
        """A prediction with confidences of symbols, padded with 0."""

        def __init__(self, prediction):
            self.__dict__.update(vars(prediction))
            self.symbol_confidences = np.zeros(prediction.codes.shape, np.float32)
            self.symbol_confidences[:, :2] = 0.75, 0.5

    monkeypatch.setattr(type(task), "predict", lambda *args: WithSymbols(predict(*args)))
    (head,) = only(get_of_every(NUMBER, tallies(*LINES[:2])))["heads"]
    assert head["confidences"] == [0.75, 0.5]


def test_read_api_returns_mask_and_shares_of_its_classes(get_of_every, drawing):
    body = drawing([(0.5, 0.1), (0.5, 0.6)], [(0.5, 0.9), (0.5, 1.4)], height=1.5)
    answers = get_of_every("/api/read?mode=two-digit-mnist", body).json()["answers"]
    (prediction,) = answers[2]["predictions"]
    assert answers[2]["id"] == "halves"
    assert prediction["confidence"] is None
    (head,) = prediction["heads"]
    mask = pixels(head["mask"])
    assert mask.shape == (42, 28)
    assert set(mask[:20].ravel().tolist()) == {0, 1}
    assert set(mask[22:].ravel().tolist()) == {0, 2}
    assert head["shares"] == pytest.approx([(mask == i).mean() for i in range(4)], abs=1e-6)


def test_read_api_returns_present_labels(get_of_every, tallies):
    body = tallies(Box(2, 2, 4, 4), size=(16, 16))
    prediction = only(get_of_every("/api/read?mode=quarters&force=1", body))
    (head,) = prediction["heads"]
    assert (head["labels"], head["names"]) == ([0], ["upper left"])
    assert np.array(head["probabilities"]).argmax() == 0


@pytest.mark.parametrize("shape", [(), (2,)])
def test_answer_of_another_task_is_its_text(catalog, shape):
    (task,) = find_tasks(catalog, (TargetSpec(task="regression", unit="kg", shape=shape),))
    prediction = task.predict(np.arange(6, dtype=np.float32).reshape(-1, task.outputs))
    texts = [*task.texts(prediction)]
    assert [answer_of(task, prediction, row) for row in range(len(texts))] == [
        {"text": text} for text in texts
    ]


# Refusals.


def test_read_api_refuses_blank_picture_without_an_input(get_of_every, tallies):
    response = get_of_every(f"{NUMBER}&force=1", tallies())
    assert response.json()["inputs"] == []
    assert only(response) == {
        "accepted": False,
        "reason": "no writing found",
        "confidence": None,
        "boxes": [],
        "heads": [],
    }


@pytest.mark.parametrize(
    ("boxes", "reason"),
    [
        ([Box(20, 0, 120, 15)], "cut at the edge"),  # the doubt of the reader
        ([Box(20, 50, 120, 600)], "unsure: "),  # that of the model
    ],
)
def test_read_api_answers_refused_picture_by_force_alone(get_of_every, tallies, boxes, reason):
    body = tallies(*boxes)
    refused = only(get_of_every(NUMBER, body))
    assert not refused["accepted"]
    assert refused["reason"].startswith(reason)
    assert refused["heads"] == []
    assert refused["boxes"] == [box._asdict() for box in boxes]
    forced = only(get_of_every(f"{NUMBER}&force=1", body))
    assert forced["heads"][0]["string"] == "1"
    assert {**forced, "heads": []} == refused


def test_read_api_accepts_one_line_and_refuses_another(get_of_every, tallies):
    body = tallies(LINES[0], Box(160, 0, 260, 15))
    (answer,) = get_of_every(NUMBER, body).json()["answers"]
    assert [each["accepted"] for each in answer["predictions"]] == [True, False]
    assert [len(each["heads"]) for each in answer["predictions"]] == [1, 0]


@pytest.mark.parametrize("force", ["2", "yes", ""])
def test_read_api_rejects_wrong_force(get_of_every, tallies, force):
    response = get_of_every(f"{NUMBER}&force={force}", tallies())
    assert response.status == 400
    assert "force" in response.json()["error"]


# Mistakes.


def misread(get, name):
    """Return the mistakes of a model, when they are known."""
    while (response := get(f"/api/models/{name}/misread")).status == 202:
        time.sleep(0.05)
    assert response.status == 200, response.body
    return response.json()


def test_misread_api_returns_wrong_strings(get_of_every):
    found = misread(get_of_every, "tallies")
    assert (found["count"], found["total"], found["measure"]) == (1, 6, "")
    (item,) = found["items"]
    assert (item["row"], item["true"], item["read"]) == (4, ['"21111"'], ['"11111"'])


def test_misread_api_returns_masks_with_the_worst_scores_first(get_of_every):
    found = misread(get_of_every, "halves")
    assert (found["count"], found["total"], found["measure"]) == (6, 6, "iou")
    values = [item["value"] for item in found["items"]]
    assert values == sorted(values)
    worst = {item["row"]: item for item in found["items"][:2]}
    assert set(worst) == {3, 4}
    true, read = map(pixels, worst[4]["masks"])
    assert (true[30:] == 3).all()
    assert not (read == 3).any()
    # A pixel without a class is shown as predicted.
    true, read = map(pixels, worst[3]["masks"])
    assert true[10, 12] == read[10, 12] == 1


def test_misread_api_returns_wrong_labels(get_of_every):
    (item,) = misread(get_of_every, "quarters")["items"]
    assert (item["true"], item["read"]) == (["upper left, upper right"], ["upper left"])
