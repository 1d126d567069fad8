"""The model numpy-net and its trainer, compared with torch where it is installed."""

import json

import numpy as np
import pytest

import zoo_core as zoo
from zoo_core import Batch, Normalization, Recipe
from zoo_core.data.augmentation.warps import draw_warps
from zoo_core.errors import InvalidValueError, PluginError
from zoo_core.installation.installed import load_catalog
from zoo_core.testing.trainer_subject import trainer_subject
from zoo_core.training.divergence import DivergedError
from zoo_numpy.config import NumpyNetConfig
from zoo_numpy.layers import Dropout, Parameter
from zoo_numpy.net import build
from zoo_numpy.normalize import normalize
from zoo_numpy.optim import clip_gradients, make_optimizer, update_average
from zoo_numpy.trainer import NumpyTrainer


def recipe_with(**values):
    return Recipe(dataset="d", trainer="numpy", **values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "rmsprop"},
        {"optimizer": "rmsprop", "momentum": 0.9, "weight_decay": 0.1},
    ],
)
def test_optimizers_agree_with_torch(values):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    mine = Parameter((3, 4), np.dtype(np.float64))
    mine.value[:] = rng.standard_normal((3, 4))
    theirs = torch.tensor(mine.value, requires_grad=True)
    optimizer = make_optimizer([mine], recipe_with(**values))
    names = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}
    name = names[values.get("optimizer", "sgd")]
    options = {key: value for key, value in values.items() if key != "optimizer"}
    oracle = getattr(torch.optim, name)([theirs], lr=1, **options)
    for step in range(6):
        lr = 0.1 / (step + 1)
        mine.gradient[:] = rng.standard_normal((3, 4))
        theirs.grad = torch.tensor(mine.gradient)
        optimizer.step(lr)
        oracle.param_groups[0]["lr"] = lr
        oracle.step()
    np.testing.assert_allclose(mine.value, theirs.detach().numpy(), atol=1e-10)


def test_muon_orthogonalizes_matrix_updates_and_uses_adamw_for_biases():
    rng = np.random.default_rng(0)
    matrix, bias, other = (Parameter(s, np.dtype(np.float64)) for s in ((6, 18), (5,), (5,)))
    for parameter in (matrix, bias):
        parameter.value[:] = rng.standard_normal(parameter.value.shape)
        parameter.gradient[:] = rng.standard_normal(parameter.value.shape)
    other.value[:], other.gradient[:] = bias.value, bias.gradient
    before = matrix.value.copy()
    make_optimizer([matrix, bias], recipe_with(optimizer="muon", weight_decay=0.1)).step(0.1)
    make_optimizer([other], recipe_with(optimizer="adamw", weight_decay=0.1)).step(0.1)
    assert np.array_equal(bias.value, other.value)
    moved = (before * (1 - 0.1 * 0.1) - matrix.value) / (0.1 * 0.2 * 18**0.5)
    left, values, right = np.linalg.svd(moved, full_matrices=False)
    assert 0.6 < values.min() < values.max() < 1.3  # five steps bring them near 1
    exact_left, _, exact_right = np.linalg.svd(matrix.gradient, full_matrices=False)
    np.testing.assert_allclose(left @ right, exact_left @ exact_right, atol=0.02)


@pytest.mark.parametrize("shape", [(6, 18), (18, 6)])
@pytest.mark.parametrize("optimizer", ["muon", "lion"])
def test_optimizers_that_torch_lacks_agree_with_zoo_torch(shape, optimizer):
    torch = pytest.importorskip("torch")
    optim = pytest.importorskip("zoo_torch.optim.optimizers")
    rng = np.random.default_rng(0)
    recipe = recipe_with(optimizer=optimizer, weight_decay=0.1)
    mine = Parameter(shape, np.dtype(np.float64))
    mine.value[:] = rng.standard_normal(shape)
    theirs = torch.nn.Parameter(torch.tensor(mine.value))
    optimizers = make_optimizer([mine], recipe), optim.make_optimizer([theirs], recipe)
    for _ in range(3):
        mine.gradient[:] = rng.standard_normal(shape)
        theirs.grad = torch.tensor(mine.gradient)
        for each in optimizers:
            each.step(0.1)
    np.testing.assert_allclose(mine.value, theirs.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "lion", "muon"])
def test_decay_biases_false_decays_matrices_alone(optimizer):
    matrix, bias = (Parameter(shape, np.dtype(np.float64)) for shape in ((2, 3), (3,)))
    for parameter in (matrix, bias):
        parameter.value[:] = 1
    recipe = recipe_with(optimizer=optimizer, weight_decay=0.1, decay_biases=False)
    make_optimizer([matrix, bias], recipe).step(0.1)  # of gradients that are all 0
    assert (matrix.value < 1).all()
    assert (bias.value == 1).all()


def test_clip_gradients_shortens_only_gradients_that_are_longer_together():
    first, second = (Parameter((1,), np.dtype(np.float64)) for _ in range(2))
    first.gradient[:], second.gradient[:] = 3, 4
    clip_gradients([first, second], 5.1)
    assert (first.gradient[0], second.gradient[0]) == (3, 4)
    clip_gradients([first, second], 1)
    np.testing.assert_allclose([first.gradient[0], second.gradient[0]], [0.6, 0.8])


def weights_after_step(**values):
    """Return the weights of a net after a step of 7 examples."""
    subject = trainer_subject(load_catalog(), "numpy")
    trainee = subject.trainee(batch_size=values.pop("batch_size", 7), **values)
    net = trainee.build(0)
    for layer in net.layers:
        if isinstance(layer, Dropout):
            layer._share = 0
    trainee.start(net).step(Batch(step=0, rows=np.arange(7), lr=0.1))
    return trainee.trainer.get_weights(net)


def test_step_in_parts_equals_whole_step_without_dropout():
    whole = weights_after_step()
    for name, value in weights_after_step(batch_size=3, accumulate=3).items():
        np.testing.assert_allclose(value, whole[name], atol=1e-6, err_msg=name)


def test_update_average_moves_average_toward_parameters():
    average, parameter = (Parameter((1,), np.dtype(np.float64)) for _ in range(2))
    parameter.value[:] = 8
    update_average([average], [parameter], decay=0.75)
    assert average.value == 2


@pytest.mark.slow
def test_trainer_evaluates_averaged_weights_when_ema_is_set(cli):
    runs = [
        cli("train", "numpy-net", "--epochs", 1, "--out", str(ema), "--set", f"ema={ema}", "--json")
        for ema in (0, 0.99)
    ]
    plain, averaged = (run.json["metrics"]["validation"]["loss"][0] for run in runs)
    assert plain != averaged
    assert abs(plain - averaged) < 0.1


def test_normalize_standardizes_and_warps_images():
    images = np.array([[[[0, 255]], [[51, 204]]]], np.uint8)
    normalization = Normalization((0.5, 0.2), (0.5, 0.1))
    expected = np.array([[[[-1.0, 1.0]], [[0.0, 6.0]]]])
    np.testing.assert_allclose(normalize(images, normalization), expected, atol=1e-5)
    right = np.array([[[[0.5, 1.5]], [[0.0, 0.0]]]], np.float32)  # one pixel further right
    moved = np.array([[[[1.0, -1.0]], [[6.0, -2.0]]]])
    np.testing.assert_allclose(normalize(images, normalization, right), moved, atol=1e-5)


@pytest.mark.parametrize(
    ("values", "parameters"), [({}, 101_770), ({"hidden": [10]}, 7_960), ({"hidden": []}, 7_850)]
)
def test_numpy_net_has_layers_of_config(values, parameters):
    net = build(NumpyNetConfig(**values))
    assert sum(parameter.value.size for _, parameter in net.parameters()) == parameters


def test_net_applies_dropout_only_in_training_and_by_seed():
    net, x = build(NumpyNetConfig(dropout=0.5)), np.ones((1, 784), np.float32)
    without = x
    for layer in net.layers:
        without = without if isinstance(layer, Dropout) else layer.forward(without)
    assert np.array_equal(net.forward(x)[0], without)
    first, again, other = (net.forward(x, seed)[0] for seed in ((0, 1), (0, 1), (0, 2)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_create_model_initializes_weights_randomly():
    first, second = (zoo.create_model("numpy-net", hidden=[5]) for _ in range(2))
    x = np.ones((1, 784), np.float32)
    assert not np.array_equal(first.forward(x)[0], second.forward(x)[0])


def test_trainer_draws_no_weights_that_the_caller_replaces(monkeypatch):
    def fail(*_arguments):
        raise AssertionError

    monkeypatch.setattr("zoo_numpy.layers.uniform", fail)
    net = NumpyTrainer().build(build, NumpyNetConfig(), None)
    assert not any(parameter.value.any() for _, parameter in net.parameters())
    with pytest.raises(AssertionError):
        build(NumpyNetConfig())


class Flat:
    """A net with the methods that the trainer calls, but whose forward pass returns an array."""

    def forward(self, x, _seed=None):
        return x.reshape(len(x), -1)

    def nothing(self, *_arguments):
        pass

    initialize = backward = parameters = nothing


def test_trainer_names_line_of_net_that_breaks_contract():
    trainer, images = NumpyTrainer(), np.zeros((3, 1, 2, 2), np.uint8)
    line = Flat.forward.__code__.co_firstlineno
    with pytest.raises(
        PluginError, match=rf"got ndarray of shape \(3, 4\).* \[outputs\] .*:{line}\."
    ):
        trainer.predict(Flat(), images, Normalization(mean=(0.0,), std=(1.0,)))
    with pytest.raises(PluginError, match="expected a net with the methods initialize, .* got int"):
        trainer.build(lambda _config: 3, None, 0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numpy-net") / "run"
    return zoo.train("numpy-net", out=folder, epochs=2)


@pytest.mark.slow
def test_numpy_net_exceeds_96_percent_on_mnist_after_two_epochs(trained):
    test = trained.card.metrics["test"]
    assert test.total == 10_000
    assert test["accuracy"][0] > 0.96
    assert zoo.evaluate(trained.folder) == test


def test_card_records_numpy_version_threads_and_blas(trained):
    environment = trained.card.environment
    assert environment["framework"] == f"numpy {np.__version__}"
    assert environment["threads"] >= 1
    assert environment["blas"]


@pytest.mark.slow
def test_numpy_net_learns_two_digit_mnist(tmp_path):
    values = {"dataset": "two-digit-mnist", "fresh": True, "epochs": 1, "rotate": 5.0}
    run = zoo.train("numpy-net", out=tmp_path / "run", **values)
    assert min(run.card.metrics["test"]["accuracy"]) > 0.6


def test_train_reports_divergence(tmp_path):
    with pytest.raises(DivergedError, match=r"lr 1e\+30.*--set lr=1e\+29"):
        zoo.train("numpy-net", out=tmp_path / "run", epochs=1, optimizer="sgd", lr=1e30)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cuda"}, "'cuda'.*numpy.*auto, cpu"),
        ({"threads": 0}, r"threads.* 1\b.* 0\b"),
    ],
)
def test_trainer_rejects_unknown_device_and_zero_threads(options, message):
    with pytest.raises(InvalidValueError, match=message):
        NumpyTrainer(**options)


def test_trainer_uses_requested_threads(run_python):
    code = (
        "from zoo_numpy.trainer import NumpyTrainer\n"
        "print(NumpyTrainer(threads=1).environment()['threads'])"
    )
    assert run_python(code).strip() == "1"


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # so that importing it fails, as if it were not installed
import json, zoo_core as zoo
run = zoo.train("numpy-net", out="run", epochs=1)
print(json.dumps(zoo.evaluate(run.folder)["accuracy"][0]))
"""


def test_train_works_without_torch(run_python):
    allowed = {"ZOO_PLUGINS": "zoo-numpy,zoo-mnist"}
    assert json.loads(run_python(WITHOUT_TORCH, env=allowed).splitlines()[-1]) > 0.9


def test_draw_warps_differs_by_image_and_step():
    recipe = recipe_with(rotate=10.0)
    first, second = draw_warps(recipe, (1, 6, 5), 4, 0), draw_warps(recipe, (1, 6, 5), 4, 1)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first, second)
