"""The number reader: shapes of its outputs, what a time step depends on, and its accuracy."""

import pytest
import torch

import zoo_core as zoo
from zoo_core.errors import InvalidValueError
from zoo_numbers.config import NumberReaderConfig
from zoo_numbers.model import build

SMALL = {"stem": 4, "channels": (5, 6, 7), "features": 8}


def small(**values):
    torch.manual_seed(0)
    model = build(NumberReaderConfig(**SMALL, **values))
    model(torch.randn(8, *model_shape(values)))  # statistics of batch normalization
    return model.eval()


def model_shape(values):
    return values.get("input_shape", (1, 32, 320))


@pytest.mark.parametrize(
    ("values", "steps", "outputs"),
    [
        ({}, 80, 11),
        ({"outputs": (4,), "context": 0}, 80, 4),
        ({"input_shape": (3, 47, 90)}, 22, 11),
        ({"input_shape": (1, 16, 8), "stem_kernel": 3}, 2, 11),
        ({"depths": (2, 1, 1), "dropout": 0.5}, 80, 11),
    ],
)
def test_outputs_are_steps_of_every_fourth_column(values, steps, outputs):
    model = small(**values)
    (found,) = model(torch.randn(3, *model_shape(values)))
    assert found.shape == (3, steps, outputs)


def test_number_of_blocks_may_differ():
    model = build(NumberReaderConfig(channels=(4,), depths=(2,)))
    assert model(torch.randn(2, 1, 32, 320))[0].shape == (2, 160, 11)


@pytest.mark.parametrize("shape", [(1, 6, 320), (1, 32, 2)])
def test_too_small_image_is_an_error(shape):
    with pytest.raises(InvalidValueError, match=r"too small for 3 blocks.*model\.channels"):
        build(NumberReaderConfig(input_shape=shape))


@pytest.mark.parametrize("field", ["mixup", "cutmix"])
def test_zoo_train_rejects_mixed_strings(cli, field):
    result = cli("train", "number-reader", "--set", f"{field}=0.4")
    assert result.code == 2
    assert f"{field} is 0.4, but the targets of task sequence cannot be mixed" in result.err
    assert f"--set {field}=0" in result.err


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("model.context=2", "model.context: expected an odd number, got 2"),
        ("model.stem_kernel=4", "model.stem_kernel: expected an odd number, got 4"),
        ("model.depths=1", "expected 3 numbers in model.depths"),
    ],
)
def test_zoo_train_rejects_invalid_config(cli, argument, message):
    result = cli("train", "number-reader", "--set", argument)
    assert result.code == 2
    assert message in result.err


def test_other_tasks_are_refused(cli):
    result = cli("train", "number-reader", "--dataset", "mnist")
    assert result.code == 2
    assert "sequence" in result.err


def test_shifted_image_gives_shifted_outputs():
    model = small()
    image = torch.zeros(1, 1, 32, 320)
    image[..., 60:90] = torch.randn(1, 1, 32, 30)
    before, after = model(image)[0], model(image.roll(8, dims=3))[0]
    torch.testing.assert_close(before[:, 5:50], after[:, 7:52])


def test_time_step_depends_on_near_columns_only():
    model = small()
    image, other = torch.randn(2, 1, 1, 32, 320)
    changed = image.clone()
    changed[..., 200:] = other[..., 200:]
    same = (model(image)[0] == model(changed)[0]).all(dim=2)[0]
    # Step i is of columns 4i to 4i + 3.
    assert same[:40].all()
    assert not same[50:].any()


@pytest.mark.slow
def test_recipe_fast_reads_most_numbers(tmp_path):
    run = zoo.train("number-reader", recipe="fast", out=tmp_path / "run", device="cpu")
    test = run.card.metrics["test"]
    assert test.total == 5_000
    assert test["exact_match"][0] > 0.75
