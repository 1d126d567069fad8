"""Steps of the trainer torch: their parts, frozen weights, groups of parameters, and SAM."""

import dataclasses
import random

import numpy as np
import pytest
import torch
from torch import nn

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
from zoo_core.installation.installed import load_catalog
from zoo_core.tasks.classification import Classification
from zoo_core.testing.checks.resume_checks import resumes_to_the_bit
from zoo_core.testing.trainer_subject import trainer_subject
from zoo_torch.learner import TorchLearner
from zoo_torch.losses import cross_entropy
from zoo_torch.optim.freezing import FrozenWeights
from zoo_torch.optim.groups import optimizer_for
from zoo_torch.optim.layers import layers_of
from zoo_torch.trainer import TorchTrainer

TARGETS = class_targets("abc")
ROWS = np.arange(32)


def recipe_with(**values):
    return Recipe(**{"dataset": "d", "trainer": "torch", "seed": 5} | values)


class Network(nn.Module):
    """A network with blocks in a row, and a head."""

    def __init__(self, *, plain=False):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.Identity() if plain else nn.BatchNorm2d(4),
            nn.Tanh(),
            nn.Conv2d(4, 5, 3),
            nn.Sequential() if plain else nn.Sequential(nn.BatchNorm2d(5), nn.Dropout(0.5)),
            nn.Flatten(),
        )
        self.heads = nn.ModuleList([nn.Linear(10, 3)])

    def forward(self, x):
        self.features = self.trunk(x)
        return [head(self.features) for head in self.heads]


@pytest.fixture
def run(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (64, 1, 6, 5)), rng.integers(0, 3, 64)
    split = Split(images.astype(np.uint8), (labels,))
    dataset = ArrayDataset({"train": split, "test": split}, TARGETS, (0.5,), (0.3,))
    rows = np.arange(64)
    return Run(
        model=None,
        config=ModelConfig(input_shape=(1, 6, 5), classes=(3,)),
        recipe=recipe_with(),
        data=TrainingData(dataset, rows, rows, Normalization((0.5,), (0.3,))),
        folder=tmp_path,
        callbacks=None,
        tasks=tuple(map(Classification, TARGETS)),
        losses=(cross_entropy,),
    )


@pytest.fixture
def start(run):
    """Return a function from a recipe's values to a learner of a new network."""

    def make(*, plain=False, **values) -> TorchLearner:
        trainer = TorchTrainer(device="cpu")
        network = trainer.build(lambda _: Network(plain=plain), run.config, 5)
        learner = trainer.start(network, dataclasses.replace(run, recipe=recipe_with(**values)))
        learner.set_data(run.data.train)
        return learner

    return make


def tensors(learner):
    """Return a copy of a learner's weights and buffers."""
    return {name: each.clone() for name, each in learner.model.state_dict().items()}


def changed(before, after):
    return {name for name, each in before.items() if not torch.equal(each, after[name])}


FIRST = {f"trunk.0.{name}" for name in ("weight", "bias")}
NORM = {f"trunk.1.{name}" for name in ("weight", "bias", "running_mean", "running_var")}
FIRST_LAYER = FIRST | NORM | {"trunk.1.num_batches_tracked"}


def test_step_in_parts_equals_whole_step_without_batch_norm_and_dropout(start):
    batch = Batch(step=0, rows=ROWS, lr=0.1)
    whole, parted = start(plain=True), start(plain=True, batch_size=10, accumulate=3)
    expected, outputs = whole.step(batch), parted.step(batch)
    torch.testing.assert_close(outputs[0], expected[0])
    for name, weight in tensors(whole).items():
        torch.testing.assert_close(tensors(parted)[name], weight, msg=name)


def test_each_part_has_dropout_of_its_own_and_the_first_that_of_a_whole_step(start):
    kept = []
    for values in ({}, {"batch_size": 16, "accumulate": 2}, {"batch_size": 16, "accumulate": 2}):
        learner = start(**values)
        masks = []
        dropout = learner.model.trunk[4][1]
        dropout.register_forward_hook(lambda _module, _in, out, m=masks: m.append(out != 0))
        learner.step(Batch(step=3, rows=np.zeros(16 if not values else 32, np.int64), lr=0.1))
        kept.append(masks)
    (whole,), (first, second), again = kept
    assert torch.equal(first, whole)
    assert not torch.equal(first, second)
    assert torch.equal(second, again[1])


def test_clip_norm_limits_length_of_all_gradients_together(start):
    plain, clipped = (start(plain=True, lr=1.0, **each) for each in ({}, {"clip_norm": 0.01}))
    steps = []
    for learner in (plain, clipped):
        before = tensors(learner)
        learner.step(Batch(step=0, rows=ROWS, lr=1.0))
        after = tensors(learner)
        steps.append(torch.cat([(before[name] - after[name]).flatten() for name in before]))
    free, short = steps
    assert free.norm() > 0.1
    torch.testing.assert_close(short.norm().item(), 0.01, rtol=1e-3, atol=0)
    torch.testing.assert_close(short / short.norm(), free / free.norm(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw", "rmsprop", "lion", "muon"])
def test_decay_biases_false_decays_matrices_alone(optimizer):
    values = {"optimizer": optimizer, "weight_decay": 0.1, "decay_biases": False}
    model = Network()
    before = {name: each.clone() for name, each in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer_for(model, recipe_with(**values)).step(0.1)
    for name, parameter in model.named_parameters():
        decayed = not torch.equal(parameter, before[name])
        assert decayed == (parameter.ndim > 1), name


def test_layers_are_blocks_in_order_with_norms_and_heads_in_one():
    assert [layer.name for layer in layers_of(Network())] == ["trunk.0", "trunk.3", "heads"]
    assert set(layers_of(Network())[0].tensors) == FIRST_LAYER
    wrapped = nn.Sequential(SimpleBlocks())
    assert [each.name for each in layers_of(wrapped)] == ["0.stem", "0.blocks.0", "0.blocks.1"]
    assert "0.start" in layers_of(wrapped)[0].tensors
    assert "0.norm.weight" in layers_of(wrapped)[-1].tensors
    every = [name for layer in layers_of(wrapped) for name in layer.tensors]
    assert sorted(every) == sorted(wrapped.state_dict())


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [("resnet18", 10, "conv1", "fc"), ("vit_b_16", 14, "conv_proj", "heads.head")],
)
def test_layers_of_known_networks_are_their_blocks(name, count, first, last):
    models = pytest.importorskip("torchvision.models")
    with torch.device("meta"):
        network = getattr(models, name)()
    layers = layers_of(network)
    assert (len(layers), layers[0].name, layers[-1].name) == (count, first, last)
    assert sum(len(layer.tensors) for layer in layers) == len(network.state_dict())


class SimpleBlocks(nn.Module):
    """A network with a parameter of its own, a list of blocks, and a norm at the end."""

    def __init__(self):
        super().__init__()
        self.start = nn.Parameter(torch.zeros(1, 1, 3))
        self.stem = nn.Linear(3, 3)
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.norm = nn.LayerNorm(3)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.wide, self.narrow = nn.LayerNorm(3), nn.Linear(3, 9), nn.Linear(9, 3)


def test_layer_decay_lowers_learning_rate_from_last_layer_to_first(start):
    steps = []
    for values in ({}, {"layer_decay": 0.5}):
        learner = start(plain=True, **values)
        before = tensors(learner)
        learner.step(Batch(step=0, rows=ROWS, lr=0.1))
        after = tensors(learner)
        steps.append({name: after[name] - each for name, each in before.items()})
    plain, decayed = steps
    for layer, factor in (("trunk.0", 0.25), ("trunk.3", 0.5), ("heads.0", 1.0)):
        for name in (f"{layer}.weight", f"{layer}.bias"):
            expected = factor * plain[name]
            torch.testing.assert_close(decayed[name], expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("freeze", [1, ("trunk.0.*", "trunk.1.*")])
def test_frozen_layer_keeps_weights_and_statistics_to_the_bit(start, freeze):
    values = {"optimizer": "adamw", "weight_decay": 0.1, "momentum": 0.0, "clip_norm": 1.0}
    learner = start(freeze=freeze, **values)
    before = tensors(learner)
    learner.model.eval()  # as after a validation
    for step in range(3):
        learner.step(Batch(step=step, rows=ROWS, lr=0.1))
    assert changed(before, tensors(learner)) == before.keys() - FIRST_LAYER
    assert learner.model.trunk[0].weight.grad is None
    assert learner.model.training
    assert not learner.model.trunk[1].training
    assert not any(name.startswith("optimizer.mean.6") for name in learner.get_state())


def test_pattern_freezes_weights_alone_if_module_has_others(start):
    learner = start(freeze="trunk.1.weight")
    before = tensors(learner)
    learner.step(Batch(step=0, rows=ROWS, lr=0.1))
    assert changed(before, tensors(learner)) == before.keys() - {"trunk.1.weight"}


def test_frozen_block_has_no_dropout(start):
    learner = start(freeze="trunk.4.*")
    learner.step(Batch(step=0, rows=ROWS, lr=0.1))
    assert (learner.model.features != 0).all()


def test_frozen_weights_are_trained_from_thaw_on(start):
    learner = start(freeze=1, thaw=2, epochs=2, optimizer="adamw", ema=0.5)
    names = learner.get_state().keys()
    before = tensors(learner)
    for epoch in (1, 2):
        learner.step(Batch(step=epoch, rows=ROWS, lr=0.1, epoch=epoch))
        frozen = FIRST_LAYER - changed(before, tensors(learner))
        assert frozen == (FIRST_LAYER if epoch == 1 else set())
    assert learner.get_state().keys() == names


def test_frozen_weights_do_not_count_in_clip_norm(start):
    """With a limit that is the length of the gradient of the others, nothing is clipped."""
    learner = start(plain=True, freeze=2)
    before = tensors(learner)
    learner.step(Batch(step=0, rows=ROWS, lr=1.0))
    after = tensors(learner)
    length = sum((after[name] - each).square().sum() for name, each in before.items()).sqrt()
    clipped = start(plain=True, freeze=2, clip_norm=1.001 * length.item())
    clipped.step(Batch(step=0, rows=ROWS, lr=1.0))
    torch.testing.assert_close(tensors(clipped), after)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"freeze": 3}, "fewer than the model's 3 layers, got 3.*trunk.0, trunk.3, heads"),
        ({"freeze": "conv9.*"}, r"no weight .* matches 'conv9\.\*'.*trunk.0, trunk.3, heads"),
        ({"freeze": ("trunk.0.*", "nothing")}, "'nothing'"),
        ({"freeze": "*"}, "left to train, got all weights.*"),
        ({"freeze": "*.running_mean"}, "no weight"),
    ],
)
def test_freeze_of_nothing_or_all_is_refused(start, values, message):
    with pytest.raises(InvalidValueError, match=message) as caught:
        start(**values)
    assert caught.value.hint


def test_layer_decay_of_one_layer_is_refused():
    with pytest.raises(InvalidValueError, match=r"layer_decay: .*several layers"):
        optimizer_for(nn.Linear(2, 3), recipe_with(layer_decay=0.5))


def test_thawing_keeps_weights_that_the_model_itself_does_not_train(start):
    learner = start()
    learner.model.trunk[0].weight.requires_grad_(False)
    FrozenWeights(learner.model, recipe_with(freeze=1, thaw=2)).apply(2)
    assert not learner.model.trunk[0].weight.requires_grad
    assert learner.model.trunk[0].bias.requires_grad


def test_sam_takes_gradient_of_perturbed_weights_and_keeps_first_statistics(start):
    learner, plain = start(sam=0.5), start()
    theirs = start().model  # without a learner's step
    outputs = learner.step(Batch(step=0, rows=ROWS, lr=0.1))
    expected = plain.step(Batch(step=0, rows=ROWS, lr=0.1))
    torch.testing.assert_close(outputs[0], expected[0], rtol=0, atol=0)
    ours, single = tensors(learner), tensors(plain)
    statistics = {name for name in ours if "running" in name or "tracked" in name}
    assert not changed(single, ours) & statistics
    before = {name: each.detach().clone() for name, each in theirs.named_parameters()}
    # g, the gradient, is (θ - θ')/lr of a plain step; the other one that of θ + 0.5 g/|g|.
    gradient = {name: (each - single[name]) / 0.1 for name, each in before.items()}
    length = sum(each.square().sum() for each in gradient.values()).sqrt()
    moved = start()
    for name, parameter in moved.model.named_parameters():
        parameter.data.add_(0.5 * gradient[name] / length)
    start_of_step = tensors(moved)
    moved.step(Batch(step=0, rows=ROWS, lr=0.1))
    for name, weight in before.items():
        second = start_of_step[name] - tensors(moved)[name]
        torch.testing.assert_close(ours[name], weight - second, rtol=1e-3, atol=1e-5, msg=name)


def test_sam_agrees_in_parts(start):
    batch = Batch(step=0, rows=ROWS, lr=0.1)
    whole = start(plain=True, sam=0.5)
    parted = start(plain=True, sam=0.5, batch_size=16, accumulate=2)
    whole.step(batch), parted.step(batch)
    torch.testing.assert_close(tensors(parted), tensors(whole))


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"optimizer": "adam"},
        {"optimizer": "rmsprop", "momentum": 0.9},
        {"optimizer": "lion", "lr": 0.001},
        {"accumulate": 2, "batch_size": 3},
        {"clip_norm": 0.01},
        {"sam": 0.1, "optimizer": "adamw"},
        {"weight_decay": 0.1, "decay_biases": False, "optimizer": "muon"},
        {"layer_decay": 0.5, "optimizer": "adamw"},
        {"freeze": 1, "momentum": 0.9},
        {"freeze": 1, "thaw": 2, "optimizer": "adamw", "ema": 0.9},
    ],
    ids="-".join,
)
def test_training_resumes_to_the_bit_at_ten_random_steps(values):
    subject = trainer_subject(load_catalog(), "torch")
    # Ten stops, each after one step or two of the 15 to 20 of the training.
    rng = random.Random(str(values))
    stops = [rng.randrange(1, 3) for _ in range(10)]
    resumes_to_the_bit(subject, stops, epochs=5, **{"batch_size": 6} | values)
