"""Pretrained weights of torchvision: cached, downloaded, verified and adapted."""

import functools
import hashlib
import io
import re

import pytest

from zoo_core.errors import DataError, VerificationError
from zoo_torch.families.config import FamilyConfig

torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision.models")

from safetensors.torch import save_file  # noqa: E402

from zoo_torchvision.models import pretrained  # noqa: E402

NAME = "shufflenet_v2_x0_5"
COLOR = FamilyConfig(classes=(4, 3), input_shape=(3, 28, 28))
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GREY = FamilyConfig(classes=(4, 3))


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    """Return torch.hub's folder of weights, which is empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def release(monkeypatch):
    """Return a function that makes random weights torchvision's default ones of a model.

    It returns the name of their file, its content, and its tensors.
    """

    def make(name, url="http://127.0.0.1:1", rename=str, **options):
        torch.manual_seed(5)
        network = models.get_model(name, weights=None, **options)
        state = {rename(key): tensor for key, tensor in network.state_dict().items()}
        buffer = io.BytesIO()
        torch.save(state, buffer)
        content = buffer.getvalue()
        file = f"{name}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        weights = models.get_model_weights(name).DEFAULT
        monkeypatch.setattr(weights.value, "url", f"{url}/{file}")
        return file, content, state

    return make


def test_pretrained_renames_legacy_densenet_tensors(checkpoints, release):
    older = re.compile(r"(denselayer\d+\.(?:norm|conv))([12])")
    file, content, state = release("densenet121", rename=lambda key: older.sub(r"\1.\2", key))
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    (checkpoints / file).write_bytes(content)
    given = pretrained.densenet121(GREY)
    assert "network.features.denseblock1.denselayer1.norm1.weight" in given.tensors
    assert len(given.tensors) == len(state) - 2  # except the classifier


def test_pretrained_rejects_file_with_missing_tensor(checkpoints, release):
    file, content, _ = release(NAME, rename=lambda key: key.replace("stage2", "stage9"))
    (checkpoints / file).write_bytes(content)
    with pytest.raises(DataError, match=rf"{file} .* stage2\.0\.branch1\.0\.weight.*{NAME}"):
        getattr(pretrained, NAME)(GREY)


def test_for_channels_adapts_weight_to_channel_count():
    weight = torch.arange(6.0).reshape(1, 3, 1, 2)
    assert pretrained.for_channels(weight, 1).tolist() == [[[[6.0, 9.0]]]]
    assert torch.equal(pretrained.for_channels(weight, 3), weight)
    five = pretrained.for_channels(weight, 5)
    assert torch.equal(five[:, 3:], five[:, :2])
    torch.testing.assert_close(five[:, :3], weight * 3 / 5)


def test_pretrained_states_normalization_and_no_license(checkpoints, release):
    file, content, _ = release(NAME)
    (checkpoints / file).write_bytes(content)
    given = getattr(pretrained, NAME)(COLOR)
    assert (given.mean, given.std, given.license) == (MEAN, STD, "")
    gray = getattr(pretrained, NAME)(GREY)
    assert gray.mean == pytest.approx((sum(MEAN) / 3,))
    assert gray.std == pytest.approx((sum(STD) / 3,))


# torchvision loads these weights into a network that normalizes once more; zoo's does not.
@pytest.mark.parametrize(
    "name", ["googlenet", pytest.param("inception_v3", marks=pytest.mark.slow)]
)
def test_pretrained_normalization_includes_that_of_torchvision_network(checkpoints, release, name):
    options = {"init_weights": False, "aux_logits": True}
    file, content, _ = release(name, **options)
    (checkpoints / file).write_bytes(content)
    given = getattr(pretrained, name)(COLOR)
    network = models.get_model(name, weights=None, transform_input=True, **options)
    pixels = torch.linspace(0, 1, 3 * 4 * 4).reshape(1, 3, 4, 4)

    def normalized(mean, std):
        return (pixels - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]

    torch.testing.assert_close(
        normalized(given.mean, given.std), network._transform_input(normalized(MEAN, STD))
    )


def test_pretrained_states_license_of_torchvision(checkpoints, release, monkeypatch):
    swag = models.ViT_H_14_Weights.DEFAULT.meta["license"]
    for stated, license in ((swag, "CC-BY-NC-4.0"), ("https://a/B", "https://a/B")):
        file, content, _ = release(NAME)
        (checkpoints / file).write_bytes(content)
        weights = models.get_model_weights(NAME).DEFAULT
        monkeypatch.setitem(weights.meta, "license", stated)
        assert getattr(pretrained, NAME)(GREY).license == license


def test_pretrained_rejects_file_with_wrong_checksum(checkpoints, release):
    file, content, _ = release(NAME)
    (checkpoints / file).write_bytes(content[:-1])
    with pytest.raises(VerificationError, match=rf"{file}: .*sha256 .*Remove it"):
        getattr(pretrained, NAME)(GREY)


def test_pretrained_rejects_pickled_objects(checkpoints, monkeypatch):
    buffer = io.BytesIO()
    torch.save({"fc.weight": functools.partial(print)}, buffer)
    file = f"{NAME}-{hashlib.sha256(buffer.getvalue()).hexdigest()[:8]}.pth"
    (checkpoints / file).write_bytes(buffer.getvalue())
    weights = models.get_model_weights(NAME).DEFAULT
    monkeypatch.setattr(weights.value, "url", f"http://127.0.0.1:1/{file}")
    with pytest.raises(DataError, match=rf"{file} .*Remove it"):
        getattr(pretrained, NAME)(GREY)


def test_pretrained_downloads_and_caches_file(checkpoints, release, server, capfd):
    file, content, _ = release(NAME, server.url)
    (server.folder / file).write_bytes(content)
    fetched = getattr(pretrained, NAME)(GREY)
    (server.folder / file).unlink()
    kept = getattr(pretrained, NAME)(GREY)
    assert fetched.tensors.keys() == kept.tensors.keys()
    assert (checkpoints / file).read_bytes() == content
    assert capfd.readouterr().out == ""  # standard output is for --json


def test_pretrained_discards_download_with_wrong_checksum(checkpoints, release, server):
    file, content, _ = release(NAME, server.url)
    (server.folder / file).write_bytes(content[:-10])
    with pytest.raises(VerificationError, match=rf"{server.url}/{file}: .*sha256 "):
        getattr(pretrained, NAME)(GREY)
    assert not list(checkpoints.iterdir())


@pytest.mark.parametrize("prefix", ["", "module."])
def test_training_begins_with_a_state_dict_of_torchvision(cli, tmp_path, prefix):
    """The wrapper of zoo puts the network's tensors under another name."""
    torch.manual_seed(5)
    state = models.get_model(NAME, weights=None).state_dict()
    named = {f"{prefix}{name}": each for name, each in state.items()}
    save_file(named, tmp_path / "colleague.safetensors")
    result = cli(
        *("train", f"torchvision/{NAME}", "--dataset", "synthetic", "--epochs", 1, "--out", "run"),
        *("--set", "initial=colleague.safetensors", "--set", "validation=0.9"),
        env={"ZOO_PLUGINS": "zoo-core,zoo-torchvision,zoo-torch"},
    )
    assert result.code == 0, result.err
    head = "network.fc.weight ((1000, 1024) → (9, 1024)), network.fc.bias ((1000,) → (9,))"
    count = f"{len(state) - 2} of {len(state)} tensors"
    names = f"names {prefix}* → network.*"
    assert f"{count} from colleague.safetensors, {names}; begun anew: {head}." in result.out
