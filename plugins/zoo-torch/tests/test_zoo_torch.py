"""The trainer torch: its arithmetic compared with torch's own, its devices, its imports."""

import dataclasses
import json
import platform
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import zoo_torch.learner
from zoo_core import (
    ArrayDataset,
    Batch,
    ModelConfig,
    Normalization,
    Recipe,
    Run,
    Split,
    class_targets,
)
from zoo_core.data.splits import TrainingData
from zoo_core.errors import InvalidValueError
from zoo_core.tasks.classification import Classification
from zoo_torch.losses import cross_entropy
from zoo_torch.normalize import Prepare, warp
from zoo_torch.optim.optimizers import make_optimizer
from zoo_torch.optim.orthogonalize import orthogonalize
from zoo_torch.trainer import PREDICT_BATCH, TorchTrainer, choose_device

CPU = torch.device("cpu")
TARGETS = class_targets("abc", "abc")
RAW = Normalization((0.0,), (1.0,))


def recipe_with(**values):
    return Recipe(dataset="d", trainer="torch", **values)


class TwoHeads(nn.Module):
    """A small network with state of every kind: dropout, and buffers of floats and integers."""

    def __init__(self, config):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2), nn.Flatten()
        )
        self.heads = nn.ModuleList(nn.Linear(4 * 4 * 3, classes) for classes in config.outputs)

    def forward(self, x):
        features = self.trunk(x)
        return [head(features) for head in self.heads]


@pytest.fixture
def run(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (64, 1, 6, 5)), rng.integers(0, 3, (64, 2))
    split = Split(images.astype(np.uint8), tuple(labels.T))
    dataset = ArrayDataset({"train": split, "test": split}, TARGETS, (0.5,), (0.3,))
    rows = np.arange(64)
    return Run(
        model=None,
        config=ModelConfig(input_shape=(1, 6, 5), classes=(3, 3)),
        recipe=recipe_with(lr=0.1, momentum=0.9, seed=5),
        data=TrainingData(dataset, rows, rows, Normalization((0.5,), (0.3,))),
        folder=tmp_path,
        callbacks=None,
        tasks=tuple(map(Classification, TARGETS)),
        losses=(cross_entropy,) * 2,
    )


def state_after(run, steps, device="cpu", builder=TwoHeads):
    trainer = TorchTrainer(device=device)
    model = trainer.build(builder, run.config, run.recipe.seed)
    learner = trainer.start(model, run)
    learner.set_data(run.data.train)
    for step in range(steps):
        learner.step(Batch(step=step, rows=run.data.order(run.recipe.seed, step)[:32], lr=0.1))
    return learner.get_state()


def weights_after(run, steps, device="cpu"):
    state = state_after(run, steps, device)
    return {n.removeprefix("model."): a for n, a in state.items() if n.startswith("model.")}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, lambda p: torch.optim.SGD(p, lr=1)),
        ({"momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=1, momentum=0.9)),
        (
            {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
            lambda p: torch.optim.SGD(p, lr=1, momentum=0.9, nesterov=True, weight_decay=0.01),
        ),
        (
            {"optimizer": "adamw", "weight_decay": 0.1},
            lambda p: torch.optim.AdamW(p, lr=1, weight_decay=0.1),
        ),
        (
            {"optimizer": "adam", "weight_decay": 0.1},
            lambda p: torch.optim.Adam(p, lr=1, weight_decay=0.1),
        ),
        ({"optimizer": "rmsprop"}, lambda p: torch.optim.RMSprop(p, lr=1)),
        (
            {"optimizer": "rmsprop", "momentum": 0.9, "weight_decay": 0.1},
            lambda p: torch.optim.RMSprop(p, lr=1, momentum=0.9, weight_decay=0.1),
        ),
    ],
)
def test_optimizers_agree_with_torch(ours, theirs):
    torch.manual_seed(0)
    mine, other = (nn.Linear(5, 3) for _ in range(2))
    other.load_state_dict(mine.state_dict())
    optimizer = make_optimizer(mine.parameters(), recipe_with(**ours))
    oracle = theirs(other.parameters())
    for step in range(6):
        lr = 0.1 / (step + 1)
        x = torch.randn(8, 5)
        mine(x).square().sum().backward()
        optimizer.step(lr)
        oracle.zero_grad()
        other(x).square().sum().backward()
        for group in oracle.param_groups:
            group["lr"] = lr
        oracle.step()
        assert all(parameter.grad is None for parameter in mine.parameters())
    for parameter, expected in zip(mine.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(parameter, expected, atol=1e-6, rtol=1e-6)


def test_lion_agrees_with_its_formula():
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((3, 4))
    parameter = nn.Parameter(torch.tensor(weight))
    optimizer = make_optimizer([parameter], recipe_with(optimizer="lion", weight_decay=0.1))
    momentum = np.zeros((3, 4))
    for step in range(6):
        lr, gradient = 0.1 / (step + 1), rng.standard_normal((3, 4))
        parameter.grad = torch.tensor(gradient)
        optimizer.step(lr)
        # Algorithm 2 of the paper.
        update = np.sign(0.9 * momentum + 0.1 * gradient)
        weight = weight - lr * (update + 0.1 * weight)
        momentum = 0.99 * momentum + 0.01 * gradient
        np.testing.assert_allclose(parameter.detach().numpy(), weight, atol=1e-12)


def test_muon_orthogonalizes_matrix_updates_and_uses_adamw_for_biases():
    torch.manual_seed(0)
    mine, plain = nn.Conv2d(2, 6, 3), nn.Conv2d(2, 6, 3)
    plain.load_state_dict(mine.state_dict())
    before = mine.weight.detach().clone()
    recipes = [recipe_with(optimizer=name, weight_decay=0.1) for name in ("muon", "adamw")]
    x = torch.randn(4, 2, 5, 5)
    for model, recipe in zip((mine, plain), recipes, strict=True):
        model(x).square().sum().backward()
        gradient = model.weight.grad.clone()
        make_optimizer(model.parameters(), recipe).step(0.1)
    torch.testing.assert_close(mine.bias, plain.bias)
    moved = (before * (1 - 0.1 * 0.1) - mine.weight).detach().reshape(6, 18) / (0.1 * 0.2 * 18**0.5)
    left, values, right = torch.linalg.svd(moved, full_matrices=False)
    assert 0.6 < values.min() < values.max() < 1.3  # five steps bring them near 1
    exact_left, _, exact_right = torch.linalg.svd(gradient.reshape(6, 18), full_matrices=False)
    torch.testing.assert_close(left @ right, exact_left @ exact_right, atol=0.02, rtol=0)
    assert all(parameter.grad is None for parameter in mine.parameters())


def test_muon_keeps_momentum():
    weight = nn.Parameter(torch.eye(3))
    optimizer = make_optimizer([weight], recipe_with(optimizer="muon"))
    for gradient in (torch.eye(3), torch.zeros(3, 3)):
        before = weight.detach().clone()
        weight.grad = gradient
        optimizer.step(0.1)
        assert (before - weight).diagonal().min() > 0.02


@pytest.mark.parametrize("shape", [(4, 9), (9, 4)])
def test_orthogonalize_handles_wide_and_tall_matrices(shape):
    values = torch.linalg.svdvals(orthogonalize(torch.randn(shape) * 50))
    assert 0.6 < values.min() < values.max() < 1.3


def test_prepare_normalizes_images():
    images = torch.tensor([[[[0, 255]], [[51, 204]]]], dtype=torch.uint8)
    prepare = Prepare(Normalization((0.5, 0.2), (0.5, 0.1)), CPU)
    expected = torch.tensor([[[[-1.0, 1.0]], [[0.0, 6.0]]]])
    torch.testing.assert_close(prepare(images), expected)
    assert images.dtype == torch.uint8


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_learner_step_uses_mean_loss_of_heads(run, smoothing):
    run = dataclasses.replace(run, recipe=recipe_with(lr=0.1, seed=5, label_smoothing=smoothing))
    trainer = TorchTrainer(device="cpu")
    model, copy = (trainer.build(flat_heads, run.config, 5) for _ in range(2))
    rows = np.arange(16)
    learner = trainer.start(model, run)
    learner.set_data(run.data.train)
    logits = learner.step(Batch(step=0, rows=rows, lr=0.1))

    x = Prepare(run.data.normalization, CPU)(torch.from_numpy(run.data.train.inputs[rows]))
    labels = [torch.from_numpy(head[rows]) for head in run.data.train.targets]
    expected = copy(x)
    losses = [
        nn.functional.cross_entropy(head, labels[i], label_smoothing=smoothing)
        for i, head in enumerate(expected)
    ]
    (sum(losses) / 2).backward()
    for head, want in zip(logits, expected, strict=True):
        torch.testing.assert_close(head, want.detach())
    for parameter, before in zip(model.parameters(), copy.parameters(), strict=True):
        torch.testing.assert_close(parameter, before - 0.1 * before.grad)


def test_learner_model_has_averaged_weights_when_ema_is_set(run):
    run = dataclasses.replace(run, recipe=recipe_with(lr=0.1, seed=5, ema=0.5))
    trainer = TorchTrainer(device="cpu")
    model = trainer.build(TwoHeads, run.config, 5)
    average = trainer.get_weights(model)
    learner = trainer.start(model, run)
    learner.set_data(run.data.train)
    for step in range(4):
        learner.step(Batch(step=step, rows=np.arange(32), lr=0.1))
        decay = min(0.5, (1 + step) / (10 + step))
        average = {
            name: value if value.dtype.kind == "i" else decay * average[name] + (1 - decay) * value
            for name, value in trainer.get_weights(model).items()
        }
    shown = trainer.get_weights(learner.model)
    assert shown["trunk.1.num_batches_tracked"] == 4
    for name, value in average.items():
        np.testing.assert_allclose(shown[name], value, rtol=1e-4, atol=1e-6, err_msg=name)
    weights = trainer.get_weights(model)
    assert not np.allclose(shown["heads.0.weight"], weights["heads.0.weight"], atol=1e-4)


def test_warp_samples_each_pixel_at_its_position():
    images = torch.arange(12.0).reshape(1, 1, 3, 4)
    y, x = np.mgrid[:3, :4].astype(np.float32)
    still = torch.from_numpy(np.stack([x - 1.5, y - 1]))[None]
    torch.testing.assert_close(warp(images, still), images)
    moved = warp(images, still + torch.tensor([1.0, 0.5]).view(1, 2, 1, 1))
    expected = torch.tensor([[3.0, 4, 5, 0], [7, 8, 9, 0], [4.5, 5, 5.5, 0]])
    torch.testing.assert_close(moved[0, 0], expected)


def test_learner_step_warps_images_and_predict_does_not(run):
    trainer = TorchTrainer(device="cpu")
    model = trainer.build(lambda _: Seen(), run.config, 0)
    learner = trainer.start(model, run)
    learner.set_data(run.data.train)
    positions = np.full((8, 2, 6, 5), 100, np.float32)  # far outside
    learner.step(Batch(step=0, rows=np.arange(8), lr=0.1, warps=positions))
    black = -0.5 / 0.3  # normalized
    assert model.seen.min().item() == model.seen.max().item() == pytest.approx(black)
    trainer.predict(model, run.data.test.inputs, run.data.normalization)
    assert model.seen.max() > 1


class Seen(nn.Module):
    """A module that stores its input."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        self.seen = x
        return [self.bias + torch.zeros(len(x), 3)] * 2


class Heads(nn.Module):
    def __init__(self, inputs, classes):
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(inputs, count) for count in classes)

    def forward(self, x):
        return [head(x) for head in self.heads]


def flat_heads(config):
    return nn.Sequential(nn.Flatten(), Heads(30, config.outputs))


def test_training_is_bit_identical_for_same_seed(run):
    first = weights_after(run, 3)
    torch.manual_seed(99)  # the global generator must not matter
    second = weights_after(run, 3)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    other = weights_after(dataclasses.replace(run, recipe=recipe_with(momentum=0.9, seed=6)), 3)
    assert not np.array_equal(first["heads.0.weight"], other["heads.0.weight"])


def test_build_preserves_global_random_state(run):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    TorchTrainer(device="cpu").build(TwoHeads, run.config, 7)
    assert torch.equal(torch.rand(3), expected)


def test_trainer_weights_survive_round_trip(run):
    weights = weights_after(run, 2)
    trainer = TorchTrainer(device="cpu")
    model = trainer.build(TwoHeads, run.config, 0)
    trainer.set_weights(model, weights)
    again = trainer.get_weights(model)
    assert again.keys() == weights.keys()
    assert all(np.array_equal(again[name], weights[name]) for name in weights)
    assert again["trunk.1.num_batches_tracked"].shape == ()
    convolution, norm, heads = 4 * 9 + 4, 2 * 4, 2 * (4 * 4 * 3 * 3 + 3)
    assert trainer.count_parameters(model) == convolution + norm + heads


def test_predict_covers_every_image_in_order_without_dropout(run):
    trainer = TorchTrainer(device="cpu")
    model = trainer.build(TwoHeads, run.config, 0)
    count = 2 * PREDICT_BATCH + 3
    images = np.random.default_rng(0).integers(0, 256, (count, 1, 6, 5)).astype(np.uint8)
    images.flags.writeable = False
    logits = trainer.predict(model, images, RAW)
    assert [head.shape for head in logits] == [(count, 3), (count, 3)]
    assert all(head.dtype == np.float32 for head in logits)
    last = trainer.predict(model, images[-3:], RAW)
    np.testing.assert_allclose(last[0], logits[0][-3:], rtol=1e-5, atol=1e-6)


def test_learner_step_uses_training_mode_after_predict(run):
    trainer = TorchTrainer(device="cpu")
    model = trainer.build(TwoHeads, run.config, 0)
    learner = trainer.start(model, run)
    trainer.predict(model, run.data.test.inputs, RAW)
    before = model.trunk[1].running_mean.clone()
    learner.set_data(run.data.train)
    learner.step(Batch(step=0, rows=np.arange(8), lr=0.1))
    assert not torch.equal(model.trunk[1].running_mean, before)


@pytest.mark.parametrize(
    ("precision", "native", "seen"),
    [
        ("float32", True, torch.float32),
        ("bfloat16", True, torch.bfloat16),
        ("bfloat16", False, torch.float32),
    ],
)
def test_learner_step_uses_recipe_precision_if_device_supports_it(
    run, monkeypatch, precision, native, seen
):
    monkeypatch.setattr(zoo_torch.learner, "has_bfloat16", lambda device: native)
    trainer = TorchTrainer(device="cpu")
    model = trainer.build(TwoHeads, run.config, 0)
    learner = trainer.start(
        model, dataclasses.replace(run, recipe=recipe_with(precision=precision))
    )
    dtypes = []
    model.trunk[0].register_forward_hook(lambda _module, _in, out: dtypes.append(out.dtype))
    learner.set_data(run.data.train)
    logits = learner.step(Batch(step=0, rows=np.arange(8), lr=0.1))
    trainer.predict(model, run.data.test.inputs, RAW)
    assert dtypes == [seen, torch.float32], "predict computes in float32"
    kept = [*logits, *model.parameters()]
    assert {tensor.dtype for tensor in kept} == {torch.float32}


FAULTS = """
import json, resource, sys
import torch
from zoo_torch.malloc import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        torch.ones(4_000_000)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
keep_freed_memory()
print(json.dumps([before, faults()]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library is not glibc")
def test_keep_freed_memory_reduces_page_faults(run_python):
    before, after = json.loads(run_python(FAULTS))
    assert after < before / 5


def test_choose_device_rejects_absent_device_and_lists_available():
    with pytest.raises(InvalidValueError, match=r"'tpu'.*auto, .*cpu"):
        choose_device("tpu")
    assert choose_device("auto").type in ("cuda", "mps", "cpu")


PRIVATE = re.compile(r"\btorch(?:\.[a-z]\w*)*\._[a-z]\w*")
PLUGINS = Path(__file__).parents[2]
PRIVATE_FILE = PLUGINS / "zoo-torch" / "zoo_torch" / "torch_private.py"


def test_private_names_of_torch_are_in_one_file():
    files = [path for path in PLUGINS.glob("*/zoo_*/**/*.py") if PRIVATE.search(path.read_text())]
    assert files == [PRIVATE_FILE]


@pytest.fixture
def without_private(monkeypatch):
    """Return a function that removes the private functions from torch."""

    def remove():
        adam = ("_fused_adam_", "_fused_adamw_")
        for name in ("_fused_sgd_", *adam, "_foreach_add_", "_foreach_lerp_"):
            assert f"torch.{name}" in PRIVATE_FILE.read_text()
            monkeypatch.delattr(torch, name)
        monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")

    return remove


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "adam", "weight_decay": 0.1},
        {"optimizer": "muon", "weight_decay": 0.1},
    ],
)
def test_training_agrees_without_private_functions_of_torch(
    run, without_private, values, monkeypatch
):
    # In both trainings, because without the private function no processor seems to have it.
    monkeypatch.setattr(zoo_torch.learner, "has_bfloat16", lambda device: False)
    recipe = recipe_with(lr=0.1, seed=5, ema=0.5, precision="bfloat16", **values)
    run = dataclasses.replace(run, recipe=recipe)
    # Without batch normalization, which leaves a bias before it no gradient but rounding errors.
    expected = state_after(run, 3, builder=flat_heads)
    without_private()
    for name, array in state_after(run, 3, builder=flat_heads).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_trainer_uses_requested_threads_and_rejects_zero():
    before = torch.get_num_threads()
    try:
        assert TorchTrainer(device="cpu", threads=1).environment()["threads"] == 1
    finally:
        torch.set_num_threads(before)
    with pytest.raises(InvalidValueError, match=r"threads.* 1\b.* 0\b"):
        TorchTrainer(device="cpu", threads=0)


TRAIN = """
import json, sys
import zoo_core as zoo
zoo.train("mlp", out="run", epochs=1, device="cpu")
print(json.dumps([name for name in sys.modules if name in ("torchvision", "torch._dynamo")]))
"""


@pytest.mark.slow
def test_train_imports_neither_torchvision_nor_dynamo(run_python):
    assert json.loads(run_python(TRAIN).splitlines()[-1]) == []


@pytest.mark.gpu
def test_cuda_training_is_bit_identical_and_auto_selects_cuda(run):
    on_gpu = weights_after(run, 2, device="cuda")
    again = weights_after(run, 2, device="cuda")
    assert all(np.array_equal(on_gpu[name], again[name]) for name in on_gpu)
    assert choose_device("auto").type == "cuda"


def test_trainable_weights_are_parameters_with_gradients():
    model = TwoHeads(ModelConfig(input_shape=(1, 6, 5), classes=(3, 3)))
    model.trunk[0].requires_grad_(False)
    names = TorchTrainer(device="cpu").trainable_weights(model)
    heads = [f"heads.{head}.{part}" for head in (0, 1) for part in ("weight", "bias")]
    # Neither the frozen convolution nor the buffers of batch normalization.
    assert names == ["trunk.1.weight", "trunk.1.bias", *heads]
