"""Trainings with a teacher: what they learn, their errors, resuming and repeating them."""

import dataclasses
import json
import os
import random
import shutil
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from zoo_core import Callbacks, Normalization
from zoo_core.data.normalization import TargetScale, rescaling
from zoo_core.errors import DataError, InvalidValueError, UnknownNameError, VerificationError
from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.teacher import Teacher
from zoo_core.plugin_api import load_pretrained, softmax
from zoo_core.publishing.publish import publish_run
from zoo_core.publishing.reproduce import reproduce_published
from zoo_core.publishing.verify import Verifier
from zoo_core.registry.lookup import add_registry, resolve_weights
from zoo_core.training.training import Training
from zoo_core.weights.card import ParentWeights
from zoo_core.weights.file import load_weights
from zoo_torch.normalize import Prepare
from zoo_torch.teaching import distillation
from zoo_torch.teaching.teacher import TorchTeacher
from zoo_torch.trainer import TorchTrainer


@pytest.fixture
def teacher(catalog):
    """Return the folder of a trained teacher."""
    train(catalog, "large", "teacher", augment=False, seed=1)
    return "./teacher"


AUGMENTED = {"rotate": 20.0, "translate": 1.0, "flip": 0.5}


def train(catalog, model, out, *, callbacks=None, augment=True, **values):
    recipe = {**(AUGMENTED if augment else {}), **values}
    training = Training.new(
        catalog,
        model,
        out=Path(out),
        overrides=[recipe],
        callbacks=callbacks,
        checkpoint_every=0 if callbacks else 1000,
        threads=1,
    )
    return training.run()


def content(folder):
    return Path(folder, WEIGHTS).read_bytes()


class StopAfter(Callbacks):
    """A callback that ends a training after a number of steps, as a crash does."""

    def __init__(self, steps):
        self._left = steps

    def step_end(self, epoch, step, steps):
        self._left -= 1
        if self._left == 0:
            raise RuntimeError("stopped")


def test_card_names_teacher_and_its_license(catalog, teacher):
    run = train(catalog, "small", "run", teacher=teacher)
    taught_by = json.loads(Path(teacher, "card.json").read_text())
    assert run.card.teacher.source == "large"
    assert run.card.teacher.sha256 == taught_by["weights"]["sha256"]
    assert run.card.licenses == {"code": "MIT", "teacher": "GPL-3.0-only", "data": "CC0-1.0"}
    assert run.card.license == "GPL-3.0-only"
    assert f"sha256 `{run.card.teacher.sha256}`" in Path("run/card.md").read_text()


def test_card_without_teacher_has_no_key_for_it(catalog):
    assert "teacher" not in train(catalog, "small", "run").card.model_dump()
    assert "teacher" not in json.loads(Path("run/config.json").read_text())


def test_share_of_one_learns_from_the_teacher_alone(catalog, teacher):
    """The targets have no effect, so that those of another smoothing give equal weights."""
    values = {"teacher": teacher, "teacher_share": 1.0}
    one, other = (
        train(catalog, "small", f"run-{smoothing}", label_smoothing=smoothing, **values)
        for smoothing in (0.0, 0.9)
    )
    first, second = (load_weights(run.folder / WEIGHTS).tensors for run in (one, other))
    assert all((first[name] == second[name]).all() for name in first)


def test_model_moves_toward_its_teacher(catalog):
    """The teacher is unsure, as nobody is who learns from the labels alone."""
    train(catalog, "large", "unsure", augment=False, label_smoothing=0.5)
    values = {"epochs": 20, "teacher_share": 1.0, "augment": False}
    taught = train(catalog, "small", "taught", teacher="./unsure", **values)
    train(catalog, "small", "alone", epochs=20, augment=False)
    images = taught.data.dataset.splits["test"].inputs
    wanted, near, far = (
        probabilities(catalog, folder, images) for folder in ("unsure", "taught", "alone")
    )
    assert np.abs(near - wanted).mean() < np.abs(far - wanted).mean() / 2


def probabilities(catalog, folder, images):
    loaded = load_pretrained(catalog, Path(folder))
    (outputs,) = loaded.trainer.predict(loaded.model, images, loaded.normalization)
    return softmax(outputs)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_with_teacher_resumes_to_the_bit(catalog, teacher, precision):
    values = {"teacher": teacher, "teacher_temperature": 3.0, "ema": 0.9, "precision": precision}
    whole = train(catalog, "small", "whole", **values)
    for steps in random.Random(precision).sample(range(1, 15), 5):
        with pytest.raises(RuntimeError, match="stopped"):
            train(catalog, "small", f"run-{steps}", callbacks=StopAfter(steps), **values)
        Training.resume(catalog, Path(f"run-{steps}")).run()
        assert content(f"run-{steps}") == content(whole.folder)


@pytest.mark.slow
@pytest.mark.requires("zoo-mlp", "zoo-mnist", "zoo-registry")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="trainings are killed in forked children")
def test_training_with_teacher_survives_kills(run_process):
    # Many epochs, because a training is killed in the first third of its calls, and loading the
    # teacher takes many of them.
    values = {"teacher": "mlp.default", "teacher_temperature": 2.0, "epochs": 15}
    code = (
        "import tests.training.kill_training as kills\n"
        f"kills.STEPS.update({values})\n"
        "kills.main('mlp', 'kill', 10)"
    )
    plugins = {"ZOO_PLUGINS": "zoo-mlp,zoo-mnist,zoo-registry,zoo-torch"}
    done = run_process("-c", code, site=Path(__file__).parents[3], env=plugins)
    assert done.code == 0, done.err


def test_resume_refuses_another_teacher(catalog, teacher):
    with pytest.raises(RuntimeError, match="stopped"):
        train(catalog, "small", "run", callbacks=StopAfter(2), teacher=teacher)
    begun = json.loads(Path("run/config.json").read_text())["teacher"]["sha256"]
    shutil.move(teacher, "elsewhere")
    with pytest.raises(DataError, match="there are no weights at"):
        Training.resume(catalog, Path("run")).run()
    train(catalog, "large", "teacher", seed=2)
    with pytest.raises(VerificationError, match=rf"teacher .*expected sha256 {begun}, .* got "):
        Training.resume(catalog, Path("run")).run()
    shutil.rmtree("teacher")
    shutil.move("elsewhere", "teacher")
    Training.resume(catalog, Path("run")).run()


def test_published_student_verifies_alone_and_reproduces_with_its_teacher(catalog, teacher):
    publish_run(catalog, Path(teacher), "large.best", "shared")
    add_registry(catalog, "shared", "shared")
    run = train(catalog, "small", "run", teacher="large.best")
    assert run.card.teacher.source == "large.best"
    publish_run(catalog, run.folder, "small.taught", "own")
    found = resolve_weights(catalog, "small.taught", "own")
    (result,) = reproduce_published(catalog, found)
    assert result.same_bytes
    shutil.rmtree("shared")
    assert not Verifier(catalog).verify(found).errors
    with pytest.raises(UnknownNameError, match=r"large\.best"):
        reproduce_published(catalog, found)


def test_reproduction_finds_a_run_that_was_published_since(catalog, teacher):
    run = train(catalog, "small", "run", teacher=teacher)
    publish_run(catalog, run.folder, "small.taught", "own")
    found = resolve_weights(catalog, "small.taught", "own")
    publish_run(catalog, Path(teacher), "large.later", "shared")
    shutil.rmtree(teacher)
    with pytest.raises(DataError, match="there are no weights at"):
        reproduce_published(catalog, found)
    add_registry(catalog, "shared", "shared")
    (result,) = reproduce_published(catalog, found)
    assert result.same_bytes


@pytest.mark.parametrize(
    ("values", "error", "pattern"),
    [
        ({"teacher": "large.none"}, UnknownNameError, "no registry has published weights"),
        ({"teacher": "./none"}, DataError, r"teacher \./none: there are no weights at none"),
        (
            {"teacher": "softmax"},
            InvalidValueError,
            r"teacher .*: expected a model of torch, like trainer 'torch', got one of zoo-toy",
        ),
        (
            {"teacher": "teacher", "dataset": "toy-pairs"},
            InvalidValueError,
            r"teacher large does not fit the data: heads: expected 2, got 1",
        ),
        ({"teacher": "teacher", "loss": "plain"}, InvalidValueError, "plain .* has no form"),
        (
            {"teacher": "teacher", "folds": 5, "fold": 2},
            InvalidValueError,
            r"teacher teacher was trained on the examples that fold 2 of 5 of toy holds out",
        ),
        (
            {"initial": "teacher", "folds": 5, "fold": 2},
            InvalidValueError,
            r"initial teacher was trained on the examples that fold 2 of 5",
        ),
        ({"teacher_share": 0.4}, InvalidValueError, "teacher_share requires teacher"),
        ({"teacher_temperature": 4.0}, InvalidValueError, "teacher_temperature requires teacher"),
        ({"teacher": "teacher", "teacher_share": 0.0}, InvalidValueError, "teacher_share"),
    ],
)
def test_unfit_teacher_is_refused_before_the_folder_exists(
    catalog, teacher, values, error, pattern
):
    if "initial" in values:
        train(catalog, "large", "run", dataset="named", **{**values, "epochs": 1})  # other data
        shutil.rmtree("run")
    if values.get("teacher") == "softmax":
        Training.new(catalog, "softmax", out=Path("softmax")).run()
    with pytest.raises(error, match=pattern):
        train(catalog, "small", "run", **values)
    assert not Path("run").exists()


def test_teacher_of_other_classes_is_refused(catalog, teacher):
    """The toy data with another name of a class, as an ArrayDataset has them."""
    entry = catalog.dataset("toy")
    dataset = entry.resolve(entry.spec.loader)()
    (target,) = dataset.targets
    other = dataclasses.replace(target, classes=("high", "middle", "deep"))
    training = Training.new(catalog, "small", overrides=[{"teacher": teacher}])
    plan = training.plan
    trainer = plan.make_trainer("cpu", 1)
    changed = plan.split(dataclasses.replace(dataset, targets=(other,)))
    with pytest.raises(InvalidValueError, match=r"classes: expected \(high, middle, deep\), got"):
        plan.make_run(changed, Path(), Callbacks(), None, plan.load_teacher(catalog, trainer))


def test_damaged_teacher_is_refused(catalog, teacher):
    path = Path(teacher, WEIGHTS)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(VerificationError, match="checksum"):
        train(catalog, "small", "run", teacher=teacher)


@pytest.mark.slow
def test_torchrun_teaches_like_a_single_process(catalog, teacher, spawn, site):
    """The last batch of 180 images has 32, and a process may have other numbers of them."""
    values = {"teacher": teacher, "teacher_temperature": 3.0, "batch_size": 59}
    alone = train(catalog, "small", "alone", augment=False, **values)
    each = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", 2)
    sets = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    command = ("-m", "zoo_core", "train", "small", "--out", "together", "--threads", 1, *sets)
    with spawn(*each, *command, site=site) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    actual, expected = (load_weights(Path(run, WEIGHTS)).tensors for run in ("together", "alone"))
    for name, array in expected.items():
        np.testing.assert_allclose(actual[name], array, atol=1e-4)
    together = json.loads(Path("together/card.json").read_text())
    assert together["teacher"] == alone.card.teacher.model_dump()


RECIPE = SimpleNamespace(teacher_temperature=2.5)


@pytest.mark.parametrize("name", ["softmax_divergence", "sigmoid_cross_entropy"])
def test_gradient_of_distance_is_that_of_its_temperature(name):
    """T² · d/dz of a cross-entropy at z/T is T · (p - q) for a softmax, summed over the classes."""
    outputs, taught = torch.randn(6, 4, requires_grad=True), torch.randn(6, 4)
    getattr(distillation, name)(outputs, taught, RECIPE).backward()
    temperature, softened = RECIPE.teacher_temperature, name.startswith("softmax")
    shares = [
        (each / temperature).softmax(1) if softened else (each / temperature).sigmoid()
        for each in (outputs, taught)
    ]
    expected = temperature * (shares[0] - shares[1]) / (6 if softened else 24)
    torch.testing.assert_close(outputs.grad, expected.detach())


def test_divergence_is_zero_for_equal_outputs_and_a_mean_over_pixels():
    outputs, taught = torch.randn(3, 4, 5, 6), torch.randn(3, 4, 5, 6)
    distance = distillation.softmax_divergence
    assert abs(distance(outputs, outputs + 7, RECIPE).item()) < 1e-6
    pixels = [each.movedim(1, -1).reshape(-1, 4) for each in (outputs, taught)]
    torch.testing.assert_close(distance(outputs, taught, RECIPE), distance(*pixels, RECIPE))


@pytest.mark.requires("zoo-numpy")
@pytest.mark.parametrize(
    "name", ["softmax_divergence", "sigmoid_cross_entropy", "squared_distance"]
)
def test_distance_and_gradient_are_those_of_zoo_numpy(name):
    outputs, taught = torch.randn(6, 4, requires_grad=True), torch.randn(6, 4)
    value = getattr(distillation, name)(outputs, taught, RECIPE)
    value.backward()
    theirs = getattr(import_module("zoo_numpy.teacher"), name)
    expected, gradient = theirs(outputs.detach().numpy(), taught.numpy(), RECIPE)
    assert value.item() == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(outputs.grad.numpy(), gradient, rtol=1e-4, atol=1e-7)


NORMALIZATIONS = [
    Normalization((0.2, 0.6), (0.3, 0.1), (TargetScale((4.0, 0.0), (2.0, 9.0)),)),
    Normalization((), (), (None,)),
    Normalization((0.9, 0.0), (0.5, 2.0), ()),
]


@pytest.mark.parametrize("of_teacher", NORMALIZATIONS)
@pytest.mark.parametrize("of_model", NORMALIZATIONS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_teacher_predicts_as_by_itself_whatever_the_model_is_normalized_by(
    of_teacher, of_model, dtype
):
    network = nn.Sequential(nn.Conv2d(2, 2, (5, 6)), nn.Flatten())
    network.forward = lambda x: [nn.Sequential.forward(network, x)]
    inputs = np.random.default_rng(0).integers(0, 256, (7, 2, 5, 6)).astype(dtype)
    (expected,) = of_teacher.restore_outputs(
        TorchTrainer(device="cpu").predict(network, inputs, of_teacher)
    )
    scales = [each.targets[0] if each.targets else None for each in (of_teacher, of_model)]
    inside = [TargetScale(each.mean, each.std) for each in (of_model, of_teacher)]
    teacher = Teacher(
        weights=ParentWeights(source="t", sha256="0"),
        model=network,
        losses=(),
        inputs=rescaling(*inside),
        outputs=(rescaling(*scales),),
    )
    prepared = Prepare(of_model, torch.device("cpu"))(torch.tensor(inputs))
    (made,) = TorchTeacher(teacher, torch.device("cpu"))(prepared)
    (restored,) = of_model.restore_outputs([made.numpy()])
    np.testing.assert_allclose(restored, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    assert not made.requires_grad
