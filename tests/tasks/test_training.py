"""Trainings on inputs that are not images, with heads of any task, through the public functions."""

import dataclasses
import json
import signal

import numpy as np
import pytest

import zoo_core as zoo
from zoo_core.cli.main import run
from zoo_core.errors import DataError, InterruptedTrainingError, InvalidValueError
from zoo_core.filenames import WEIGHTS
from zoo_core.metrics.task_contract import csv_columns
from zoo_core.plugin_api import Examples
from zoo_core.tasks.regression import Regression

pytestmark = pytest.mark.requires("zoo-numpy")

NUMBER = zoo.TargetSpec(task="regression", name="price", unit="USD")
KIND = zoo.TargetSpec(task="classification", name="kind", classes=("flat", "house"))

QUICK = {
    "epochs": 6,
    "batch_size": 20,
    "optimizer": "sgd",
    "lr": 0.02,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "keep": "best",
}


def split(size, seed):
    """Return two features, of very different size, from which a number and a class follow."""
    rng = np.random.RandomState(seed)
    features = rng.normal([5, 2000], [1, 300], (size, 2)).astype(np.float32)
    price = 1000 + 50 * features[:, 0] + 0.2 * features[:, 1]
    return zoo.Split(features, (price.astype(np.float32), (features[:, 0] > 5).astype(np.int64)))


def houses(heads=(0, 1), change=lambda split: split):
    """Return the data set of `split`, with some of its heads."""
    splits = {name: change(split(size, i)) for i, (name, size) in enumerate(SIZES.items())}
    targets = (NUMBER, KIND)
    return zoo.ArrayDataset(
        {
            name: zoo.Split(each.inputs, tuple(each.targets[head] for head in heads))
            for name, each in splits.items()
        },
        tuple(targets[head] for head in heads),
    )


SIZES = {"train": 300, "test": 100}


def train(dataset, out, **values):
    return zoo.train("numpy-net", dataset=dataset, out=out, threads=1, **QUICK | values)


def test_class_and_number_from_one_trunk(tmp_path):
    run = train(houses(), tmp_path / "run", epochs=30)
    test = run.card.metrics["test"]
    assert test["r2"][0] > 0.9
    assert test["r2"][1] is None
    assert test["accuracy"] == (None, pytest.approx(1, abs=0.1))
    assert test.headline_names == ("r2", "accuracy")
    pretrained = zoo.load(run.folder)
    inputs = run.data.test.inputs
    number, kind = pretrained.predict(inputs).heads
    # In the data's own units, although the net was trained on standard deviations.
    np.testing.assert_allclose(number.values.mean(), run.data.test.targets[0].mean(), rtol=0.02)
    assert ((kind.labels == run.data.test.targets[1]).mean()) == test["accuracy"][1]
    assert zoo.evaluate(run.folder, dataset=houses()).to_json() == test.to_json()


def test_classes_without_names_are_predicted_as_numbers(tmp_path):
    named = houses(heads=(1,))
    train(zoo.ArrayDataset(named.splits, zoo.class_targets(2)), tmp_path / "run")
    pretrained = zoo.load(tmp_path / "run")
    prediction = pretrained.predict(named.splits["test"].inputs[:9])
    (texts,) = [[*task.texts(prediction.heads[0])] for task in pretrained.tasks]
    assert [text.split()[0] for text in texts] == [str(each) for each in prediction.labels[:, 0]]
    (labels,) = [[*task.target_texts(np.array([1, 0]))] for task in pretrained.tasks]
    assert labels == ["1", "0"]


def test_card_of_other_tasks_is_complete(tmp_path):
    run = train(houses(), tmp_path / "run")
    facts = json.loads((run.folder / "card.json").read_bytes())["dataset"]
    assert facts["input"] == {"shape": [2], "kind": "features", "dtype": "float32"}
    assert facts["targets"][0] == {"task": "regression", "name": "price", "unit": "USD"}
    pretrained = zoo.load(run.folder)
    assert pretrained.targets == (NUMBER, KIND)
    assert pretrained.card.dataset.targets == (NUMBER, KIND)


class Stop(zoo.Callbacks):
    """A callback that stops the training in the middle of an epoch."""

    def step_end(self, epoch, step, steps):
        if (epoch, step) == (2, 5):
            signal.raise_signal(signal.SIGINT)


def test_resumed_training_of_two_tasks_gives_equal_bytes(tmp_path):
    whole = train(houses(), tmp_path / "whole")
    with pytest.raises(InterruptedTrainingError):
        zoo.train(
            "numpy-net",
            dataset=houses(),
            out=tmp_path / "stopped",
            threads=1,
            callbacks=[Stop()],
            **QUICK,
        )
    zoo.resume(tmp_path / "stopped")
    files = [(tmp_path / name / WEIGHTS).read_bytes() for name in ("whole", "stopped")]
    assert files[0] == files[1]
    assert whole.card.weights.sha256


def test_head_weights_change_what_is_learnt(tmp_path):
    errors = []
    for weights in ([1.0, 0.0], [0.0, 1.0]):
        run = train(houses(), tmp_path / str(weights), head_weights=weights)
        errors.append(run.card.metrics["test"]["rmse"][0])
    assert errors[0] < 0.5 * errors[1]


def test_targets_are_standardized_unless_the_recipe_says_otherwise(tmp_path):
    run = train(houses(heads=(0,)), tmp_path / "run")
    (scale,) = run.card.normalization.targets
    rows = run.data.train.targets[0][run.data.train_rows]
    np.testing.assert_allclose(scale.mean, rows.mean(dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(scale.std, rows.std(dtype=np.float64), rtol=1e-6)
    raw = train(houses(heads=(0,)), tmp_path / "raw", standardize=False, lr=1e-9)
    assert raw.card.normalization.targets == ()


def missing(split):
    """Return a split in which every fifth number of the first feature is missing."""
    inputs = split.inputs.copy()
    inputs[::5, 0] = np.nan
    return zoo.Split(inputs, split.targets)


def test_missing_numbers_are_refused_or_filled(tmp_path):
    dataset = houses(heads=(0,), change=missing)
    with pytest.raises(
        DataError,
        match=r"60 inputs of split 'train' .*first in example 0, counted from 0.*missing=mean",
    ):
        train(dataset, tmp_path / "refused")
    assert not (tmp_path / "refused").exists()
    keys = Examples(tuple(f"house {number}" for number in range(300)))
    train_split = dataclasses.replace(dataset.splits["train"], examples=keys)
    keyed = dataclasses.replace(dataset, splits={**dataset.splits, "train": train_split})
    with pytest.raises(DataError, match="example 0, .* the key 'house 0', number 0"):
        train(keyed, tmp_path / "refused")
    run = train(dataset, tmp_path / "filled", missing="mean")
    pretrained = zoo.load(run.folder)
    (mean, _) = run.card.normalization.fill
    row = np.array([[np.nan, 2000]], np.float32)
    filled = np.array([[mean, 2000]], np.float32)
    assert pretrained.predict(row).values == pretrained.predict(filled).values
    other = zoo.load(train(houses(heads=(0,)), tmp_path / "whole").folder)
    with pytest.raises(
        InvalidValueError, match="expected numbers, got nan in example 0, counted from 0, number 0"
    ):
        other.predict(row)


def constant(split):
    return zoo.Split(split.inputs * np.array([0, 1], np.float32), split.targets)


def equal_prices(split):
    return zoo.Split(split.inputs, (np.full(len(split), 3, np.float32), split.targets[1]))


def not_a_number(split):
    price = split.targets[0].copy()
    price[3] = np.nan
    return zoo.Split(split.inputs, (price, split.targets[1]))


@pytest.mark.parametrize(
    ("change", "values", "message"),
    [
        (constant, {}, "same value, or none, in all training rows: number 0"),
        (equal_prices, {}, "target price has the same value in all training rows: 3.0"),
        (
            not_a_number,
            {},
            r"'train', price \(regression\): expected finite values, got nan in example 3",
        ),
        (None, {"views": 5}, "views is 5, but the inputs .*are features, not images"),
        (None, {"rotate": 3.0}, "rotate is 3.0, but the inputs .*are features, not images"),
        (None, {"loss": "huber"}, "no loss 'huber' of task 'regression' for numpy"),
        (None, {"label_smoothing": 0.1}, "label_smoothing is 0.1, but the loss squared-error"),
        (None, {"head_weights": [1.0, 2.0]}, "head_weights: expected 1 number, one per target"),
    ],
)
def test_unfit_data_and_recipes_are_one_error_before_training(tmp_path, change, values, message):
    dataset = houses(heads=(0,), **({"change": change} if change else {}))
    with pytest.raises((DataError, InvalidValueError), match=message):
        train(dataset, tmp_path / "run", **values)
    assert not (tmp_path / "run").exists()


def test_recipe_for_classes_trains_on_numbers(tmp_path):
    """Label smoothing of a model's own recipe is left out; that of the user is refused."""
    values = {"dataset": houses(heads=(0,)), "threads": 1, "epochs": 1}
    run = zoo.train("numpy-net", recipe="fast", out=tmp_path / "run", **values)
    assert run.recipe.label_smoothing == 0
    with pytest.raises(InvalidValueError, match="label_smoothing is 0.05, but the loss squared"):
        zoo.train("numpy-net", recipe="fast", out=tmp_path, label_smoothing=0.05, **values)
    file = tmp_path / "mine.toml"
    file.write_text('optimizer = "sgd"\nlr = 0.1\nepochs = 1\nlabel_smoothing = 0.1\n')
    with pytest.raises(InvalidValueError, match="label_smoothing is 0.1, but the loss squared"):
        zoo.train("numpy-net", recipe=str(file), out=tmp_path, **values)


def test_csv_of_several_heads_has_names_of_targets():
    targets = [zoo.TargetSpec(task="regression", name=name) for name in ("price", "area")]
    assert csv_columns([Regression(each) for each in targets]) == ["value_price", "value_area"]
    unnamed = [*targets[:1], zoo.TargetSpec(task="regression")]
    assert csv_columns([Regression(each) for each in unnamed]) == ["value_1", "value_2"]
    assert csv_columns([Regression(targets[0])]) == ["value"]


def test_standardized_targets_need_a_target_that_is_a_number(tmp_path):
    with pytest.raises(InvalidValueError, match="standardize is false, but no target .*a number"):
        train(houses(heads=(1,)), tmp_path / "run", standardize=False)
    train(houses(), tmp_path / "run", standardize=False, epochs=1, lr=1e-9)


def test_unshuffled_examples_are_trained_in_their_order(tmp_path):
    seen = []

    class Rows(zoo.Callbacks):
        def train_start(self, run, progress):
            seen.append(run.data.epoch(run.recipe, 3)[1])

    zoo.train(
        "numpy-net",
        dataset=houses(heads=(0,)),
        out=tmp_path / "run",
        callbacks=[Rows()],
        **QUICK | {"shuffle": False},
    )
    assert (np.diff(seen[0]) > 0).all()


def test_predictions_of_arrays_from_the_command_line(tmp_path, capsys):
    trained = train(houses(), tmp_path / "run")
    np.save(tmp_path / "rows.npy", trained.data.test.inputs[:3])
    values = zoo.load(trained.folder).predict(trained.data.test.inputs[:3]).heads[0].values
    command = ["predict", str(trained.folder), str(tmp_path / "rows.npy")]
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["predictions"]
    assert [each["values"][0] for each in found] == pytest.approx(values.tolist())
    assert {each["classes"][1] for each in found} <= {"flat", "house"}
    assert run(command) == 0
    text = capsys.readouterr().out.splitlines()
    assert text[1].startswith(f"{tmp_path / 'rows.npy'}[1]: ")
    assert " USD; " in text[1]
