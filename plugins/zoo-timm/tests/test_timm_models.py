"""timm's models take the images of any data set, and are trained, saved and loaded by zoo."""

import pytest
import torch

from zoo_core.errors import InvalidValueError
from zoo_timm import adapted, build
from zoo_timm.config import TimmConfig
from zoo_timm.table import table

DIGITS, PAIRS, PHOTOS = (1, 28, 28), (1, 42, 28), (3, 32, 32)


def build_one(name, shape=DIGITS, classes=(10,), **values):
    config = TimmConfig(input_shape=shape, classes=classes, **values)
    return getattr(build, name)(config)


def test_all_are_listed_without_timm(run_python):
    out = run_python(
        "import sys; from zoo_timm.plugin import zoo_models\n"
        "print(len(zoo_models()), {'timm', 'torch', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    assert out == f"{len(table().rows)} set()\n"
    assert len(table().rows) > 1_300


@pytest.mark.parametrize("shape", [DIGITS, PAIRS, PHOTOS, (2, 90, 70)])
@pytest.mark.parametrize(
    "name", ["test_resnet", "test_vit", "test_convnext", "test_maxvit", "levit_128s"]
)
def test_any_image_gives_logits_for_every_head_with_learning_and_without(name, shape):
    model = build_one(name, shape, (10, 7))
    x = torch.randn(3, *shape)
    for learning in (True, False):
        first, second = model.train(learning)(x)
        assert (first.shape, second.shape) == ((3, 10), (3, 7))
    assert sum(head.sum() for head in model.train()(x)).isfinite()


def test_a_distilled_model_gives_one_output_while_it_learns():
    (logits,) = build_one("deit_tiny_distilled_patch16_224").train()(torch.randn(2, *DIGITS))
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


def test_a_large_image_gets_a_small_stem_if_it_is_asked_for():
    assert build_one("resnet18", (1, 65, 64), stem="small").network.conv1.stride == (1, 1)


def test_a_stem_that_cannot_be_small_is_said():
    with pytest.raises(InvalidValueError, match=r"timm/test_vit has no stem that can be made so"):
        build_one("test_vit", stem="small")


@pytest.mark.parametrize(
    ("name", "shape", "size"),
    [
        ("test_vit", DIGITS, (32, 32)),  # patches of 16
        ("test_vit", PAIRS, (48, 32)),
        ("test_vit", (1, 60, 50), (64, 64)),
        ("vit_small_patch14_dinov2", DIGITS, (28, 28)),
        ("convnext_atto", DIGITS, (32, 32)),
        ("convit_tiny", PAIRS, (48, 48)),  # of squares
        ("hrnet_w18_small", DIGITS, (32, 32)),
        ("resnet10t", PAIRS, (42, 28)),
        ("efficientformer_l1", (3, 300, 400), (224, 224)),  # that size alone
    ],
)
def test_images_are_enlarged_to_the_smallest_size_that_a_model_takes(name, shape, size):
    with torch.device("meta"):
        assert build_one(name, shape).size == size


def test_enlarged_images_are_the_images():
    model = build_one("test_vit")
    seen = []
    model.network.register_forward_pre_hook(lambda _, x: seen.append(x[0]))
    ramp = torch.linspace(0, 1, 28).expand(1, 1, 28, 28)
    model.eval()(ramp)
    assert seen[0].shape == (1, 1, 32, 32)
    torch.testing.assert_close(
        seen[0][0, 0, 0, 2:-2], torch.linspace(0, 1, 32)[2:-2], atol=0.02, rtol=0
    )


def test_predictions_are_made_of_few_images_at_once(monkeypatch):
    monkeypatch.setattr(adapted, "PIXELS", 10 * 28 * 28)
    model = build_one("test_resnet").eval()
    read = []
    model.network.register_forward_pre_hook(lambda _, x: read.append(len(x[0])))
    x = torch.randn(25, *DIGITS)
    (logits,) = model(x)
    assert read == [10, 10, 5]
    torch.testing.assert_close(logits[7:8], model(x[7:8])[0])


def test_a_batch_of_one_image_can_be_learned_from():
    model = build_one("test_resnet", stem="original").train()
    (logits,) = model(torch.randn(1, *DIGITS))
    assert logits.shape == (1, 10)
    logits.sum().backward()


def test_a_model_that_gives_no_logits_is_listed_and_says_why(cli):
    name = "timm/qwen3_vit_88m_enc"
    assert "cannot be trained: it gives (2, 576, 1024)" in cli("info", name).out
    result = cli("train", name)
    assert result.code == 2
    assert f"{name} cannot be trained by zoo: it gives (2, 576, 1024)" in result.err


def test_a_model_that_timm_lacks_here_says_which_has_it(monkeypatch):
    monkeypatch.setattr("timm.is_model", lambda name: name != "resnet18")
    with pytest.raises(
        InvalidValueError, match=rf"no model 'resnet18', timm {table().version} has"
    ):
        build_one("resnet18")


def test_a_name_that_is_not_in_the_table_is_no_builder():
    with pytest.raises(AttributeError, match="no 'resnet17'"):
        _ = build.resnet17


def test_info_says_what_there_is(cli):
    out = cli("info", "timm/resnet10t").out
    assert "timm's resnet10t, of the family resnet." in out
    assert "stem: auto" in out
    assert table().rows["resnet10t"].parameters in out


def test_it_is_trained_published_and_loaded_by_name(cli, run_python, tmp_path):
    run, registry = tmp_path / "run", tmp_path / "registry"
    command = ("train", "timm/test_vit", "--dataset", "synthetic", "--epochs", 1, "--out", run)
    trained = cli(*command, "--json")
    assert trained.code == 0, trained.err
    assert trained.json["metrics"]["test"]["total"] == 450
    published = cli("publish", run, "--as", "timm/test_vit.first", "--registry", registry)
    assert published.code == 0, published.err
    assert cli("registry", "add", "here", registry).code == 0
    verified = cli("verify", "timm/test_vit.first")
    assert verified.code == 0, verified.err
    out = run_python(
        "import zoo_core as zoo, numpy as np\n"
        "loaded = zoo.load('timm/test_vit.first')\n"
        "print(loaded.predict(np.zeros((2, 3, 16, 16), np.uint8)).labels.shape)"
    )
    assert out == "(2, 1)\n"
