"""Test-time augmentation: the mean of the predictions for shifted views of an image."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.prediction import VIEWS, shift_slices
from zoo_core.frameworks.run import Callbacks
from zoo_core.metrics.scores import measure, score
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.verify import Verifier
from zoo_core.system.interrupts import Stop
from zoo_core.training.make_plan import make_plan
from zoo_core.training.training import Training
from zoo_core.tuning.trial_runner import TrialRunner
from zoo_core.weights.file import load_weights, save_weights


def shifted(images, views):
    margin, windows = shift_slices(views, *images.shape[2:])
    padded = np.pad(images, [(0, 0), (0, 0), (margin, margin), (margin, margin)])
    return [padded[:, :, *window] for window in windows]


@given(height=st.integers(1, 5), width=st.integers(1, 5), views=st.sampled_from(list(VIEWS)))
def test_shift_slices_move_pixels_and_fill_with_zeros(height, width, views):
    images = np.arange(1, 2 * height * width + 1, dtype=np.uint8).reshape(2, 1, height, width)
    for (down, right, mirrored), result in zip(VIEWS[views], shifted(images, views), strict=True):
        assert result.shape == images.shape
        for y, x in np.ndindex(height, width):
            inside = 0 <= y - down < height and 0 <= x - right < width
            expected = images[:, 0, y - down, x - right] if inside else 0
            assert (result[:, 0, y, width - 1 - x if mirrored else x] == expected).all()


def test_views_are_distinct_balanced_shifts_starting_at_zero():
    for number, views in VIEWS.items():
        assert len(set(views)) == len(views) == number
        assert views[0] == (0, 0, False)
        down, right, mirrored = np.sum(views, axis=0).tolist()
        assert (down, right, mirrored) == (0, 0, 0 if number % 2 else number // 2)


@pytest.mark.parametrize("views", [2, 5, 9, 10])
def test_predict_averages_logits_over_views(toy, tmp_path, views):
    one = Training.new(toy, "softmax", out=tmp_path / "one").run()
    several = Training.new(
        toy, "softmax", out=tmp_path / "several", overrides=[{"views": views}]
    ).run()
    single, pretrained = load_pretrained(toy, one.folder), load_pretrained(toy, several.folder)
    test = several.data.test

    expected = np.mean(
        [single.predict(images).outputs[0] for images in shifted(test.inputs, views)], axis=0
    )
    np.testing.assert_allclose(pretrained.predict(test.inputs).outputs[0], expected, rtol=1e-5)
    assert several.card.metrics["test"] != one.card.metrics["test"]
    assert evaluate_pretrained(toy, [pretrained]).together == several.card.metrics["test"]
    validation = several.data.validation
    tasks, outputs = pretrained.tasks, pretrained.predict(validation.inputs).outputs
    predicted = score(tasks, measure(tasks, outputs, validation.targets))
    assert several.card.metrics["validation"] == predicted
    assert f"mean of {views} views" in (several.folder / "card.md").read_text()
    assert "views" not in (one.folder / "card.md").read_text().partition("## Recipe")[0]


def test_trial_runner_validates_with_views_of_recipe(toy, tmp_path):
    overrides = {"views": 9, "epochs": 2}
    run = Training.new(toy, "softmax", out=tmp_path / "run", overrides=[overrides]).run()
    plan = make_plan(toy, "softmax", "default", [overrides])
    fitted = TrialRunner(toy).train(plan, callbacks=Callbacks(), stop=Stop())
    assert fitted.validation == run.card.metrics["validation"]


def test_published_weights_keep_views_and_verify(toy, tmp_path):
    run = Training.new(toy, "softmax", out=tmp_path / "run", overrides=[{"views": 5}]).run()
    found = publish_run(toy, run.folder, "softmax.moved", str(tmp_path / "registry"))
    assert load_pretrained(toy, found).views == 5
    assert not Verifier(toy).verify(found).errors


def test_load_pretrained_defaults_to_one_view_for_old_weights(toy, tmp_path):
    run = Training.new(toy, "softmax", out=tmp_path / "run").run()
    file = load_weights(run.folder / WEIGHTS)
    recipe = dict(file.metadata["recipe"])
    del recipe["views"]
    save_weights(tmp_path / "old.safetensors", file.tensors, {**file.metadata, "recipe": recipe})
    old = load_pretrained(toy, tmp_path / "old.safetensors")
    assert old.views == 1
    assert evaluate_pretrained(toy, [old]).together == run.card.metrics["test"]


def test_training_refuses_unsupported_number_of_views(toy, tmp_path):
    with pytest.raises(InvalidValueError, match=r"views.* 1, 2, 5, 9, 10 or 18.*got 4"):
        Training.new(toy, "softmax", out=tmp_path / "run", overrides=[{"views": 4}]).run()
