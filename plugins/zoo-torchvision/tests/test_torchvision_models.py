"""torchvision's models take the images of any data set, and train, are saved and load by zoo."""

import pytest
import torch
import torchvision

from zoo_core.errors import InvalidValueError
from zoo_torchvision.models import adapted, build
from zoo_torchvision.models.config import TorchvisionConfig
from zoo_torchvision.models.probe import probe
from zoo_torchvision.models.table import table

DIGITS, PAIRS, PHOTOS = (1, 28, 28), (1, 42, 28), (3, 32, 32)


def build_one(name, shape=DIGITS, classes=(10,), **values):
    config = TorchvisionConfig(input_shape=shape, classes=classes, **values)
    return getattr(build, name)(config)


def test_all_are_listed_without_torchvision(run_python):
    out = run_python(
        "import sys; from zoo_torchvision.plugin import zoo_models\n"
        "heavy = {'torchvision', 'torch', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "print(len(zoo_models()), heavy)"
    )
    assert out == "80 set()\n"


def test_the_table_has_every_model_of_torchvision():
    assert table().rows.keys() <= set(torchvision.models.list_models(module=torchvision.models))
    if table().version == torchvision.__version__.partition("+")[0]:
        assert len(torchvision.models.list_models(module=torchvision.models)) == len(table().rows)


@pytest.mark.parametrize("name", ["alexnet", "convnext_tiny", "shufflenet_v2_x0_5", "vit_b_32"])
def test_trying_a_model_again_finds_what_the_table_says(name):
    assert probe(name) == table().rows[name]


@pytest.mark.parametrize("shape", [DIGITS, PAIRS, PHOTOS, (2, 90, 70)])
@pytest.mark.parametrize("name", ["squeezenet1_1", "mnasnet0_5", "googlenet", "swin_t"])
def test_any_image_gives_logits_for_every_head_with_learning_and_without(name, shape):
    model = build_one(name, shape, (10, 7))
    x = torch.randn(3, *shape)
    for learning in (True, False):
        first, second = model.train(learning)(x)
        assert (first.shape, second.shape) == ((3, 10), (3, 7))


@pytest.mark.parametrize("name", ["inception_v3", "googlenet"])
def test_there_are_no_heads_for_training_alone(name):
    with torch.device("meta"):
        model = build_one(name)
    assert not [path for path, _ in model.named_modules() if "aux" in path.lower()]
    (logits,) = model.train()(torch.empty(2, *DIGITS, device="meta"))
    assert logits.shape == (2, 10)


def test_small_images_get_a_small_stem_and_others_do_not():
    small, large = build_one("resnet18"), build_one("resnet18", (1, 65, 64))
    original = build_one("resnet18", stem="original")
    sizes = []
    for model in (small, large, original):
        model.network.layer1.register_forward_pre_hook(lambda _, x: sizes.append(x[0].shape[-1]))
        model.eval()(torch.zeros(1, 1, *model.size))
    assert sizes == [28, 16, 7]
    shapes = [{n: t.shape for n, t in m.state_dict().items()} for m in (small, original)]
    assert shapes[0] == shapes[1]  # so that the same pretrained weights fit


def test_a_stem_that_cannot_be_small_is_said():
    with pytest.raises(InvalidValueError, match=r"torchvision/vgg11 has no stem that can be made"):
        build_one("vgg11", stem="small")


@pytest.mark.parametrize(
    ("name", "shape", "size"),
    [
        ("vit_b_16", DIGITS, (32, 32)),  # patches of 16
        ("vit_b_16", PAIRS, (48, 48)),  # of squares
        ("swin_t", (1, 30, 30), (32, 32)),  # patches of 4
        ("convnext_tiny", DIGITS, (32, 32)),
        ("resnet18", PAIRS, (42, 28)),
        ("maxvit_t", PHOTOS, (224, 224)),
    ],
)
def test_images_are_enlarged_to_the_smallest_size_that_a_model_takes(name, shape, size):
    with torch.device("meta"):
        model = build_one(name, shape)
        assert model.size == size
        assert model(torch.empty(2, *shape))[0].shape == (2, 10)


def test_predictions_are_made_of_few_images_at_once(monkeypatch):
    monkeypatch.setattr(adapted, "PIXELS", 10 * 28 * 28)
    model = build_one("shufflenet_v2_x0_5").eval()
    read = []
    model.network.register_forward_pre_hook(lambda _, x: read.append(len(x[0])))
    x = torch.randn(25, *DIGITS)
    (logits,) = model(x)
    assert read == [10, 10, 5]
    torch.testing.assert_close(logits[7:8], model(x[7:8])[0])


def test_a_batch_of_one_image_can_be_learned_from():
    model = build_one("shufflenet_v2_x0_5", stem="original").train()
    (logits,) = model(torch.randn(1, *DIGITS))
    assert logits.shape == (1, 10)
    logits.sum().backward()


@pytest.mark.parametrize("name", ["mnasnet0_5", "swin_t"])
def test_weights_are_all_that_is_learned_and_load_by_themselves(name):
    model = build_one(name)
    learned = {path for path, _ in model.named_parameters()}
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    state = model.state_dict()
    assert {path for path in state if not path.endswith(statistics)} == learned
    build_one(name).load_state_dict(dict(state))


def test_batch_normalisation_keeps_up_with_a_short_training():
    momenta = {m.momentum for m in build_one("mnasnet0_5").modules() if hasattr(m, "momentum")}
    assert momenta == {0.1}


def test_a_model_that_torchvision_lacks_here_says_which_has_it(monkeypatch):
    monkeypatch.setattr(build, "list_models", lambda module: ["vgg11"])
    with pytest.raises(InvalidValueError, match=rf"'resnet18', torchvision {table().version} has"):
        build_one("resnet18")


def test_a_name_that_is_not_in_the_table_is_no_builder():
    with pytest.raises(AttributeError, match="no 'resnet17'"):
        _ = build.resnet17


def test_it_is_trained_published_and_loaded_by_name(cli, run_python, tmp_path):
    name, run, registry = "torchvision/shufflenet_v2_x0_5", tmp_path / "run", tmp_path / "registry"
    command = ("train", name, "--dataset", "synthetic", "--epochs", 1, "--out", run)
    trained = cli(*command, "--set", "model.stem=original", "--json")
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["test"]["total"] == 450
    published = cli("publish", run, "--as", f"{name}.first", "--registry", registry)
    assert published.code == 0, published.err
    assert cli("registry", "add", "here", registry).code == 0
    verified = cli("verify", f"{name}.first")
    assert verified.code == 0, verified.err
    out = run_python(
        "import zoo_core as zoo, numpy as np\n"
        f"loaded = zoo.load('{name}.first')\n"
        "print(loaded.predict(np.zeros((2, 3, 16, 16), np.uint8)).labels.shape)"
    )
    assert out == "(2, 1)\n"
