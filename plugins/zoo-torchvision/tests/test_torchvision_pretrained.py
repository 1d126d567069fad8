"""A training may begin with torchvision's weights, where they are here or can be fetched."""

import functools
import hashlib
import http.server
import io
import re
import threading

import pytest
import torch
from torchvision.models import get_model, get_model_weights

from zoo_core.errors import DataError, UnavailableError, VerificationError
from zoo_torchvision.models import pretrained
from zoo_torchvision.models.config import TorchvisionConfig

NAME = "shufflenet_v2_x0_5"
GREY = TorchvisionConfig(classes=(4, 3))


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    """Return the folder in which torch keeps weights; it is empty."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def release(monkeypatch):
    """Return a function that makes torchvision believe some weights to be a model's true ones.

    It gives the name of their file, its content, and the tensors in it.
    """

    def make(name, url="http://127.0.0.1:1", rename=str):
        torch.manual_seed(5)
        network = get_model(name, weights=None)
        state = {rename(key): tensor for key, tensor in network.state_dict().items()}
        buffer = io.BytesIO()
        torch.save(state, buffer)
        content = buffer.getvalue()
        file = f"{name}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        weights = get_model_weights(name).DEFAULT
        monkeypatch.setattr(weights.value, "url", f"{url}/{file}")
        return file, content, state

    return make


def test_a_file_at_hand_gives_all_but_the_classifier(checkpoints, release):
    file, content, due = release(NAME)
    (checkpoints / file).write_bytes(content)
    given = getattr(pretrained, NAME)(GREY)
    assert given.source == "torchvision/ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1 (BSD-3-Clause)"
    found = {name.removeprefix("network."): torch.tensor(t) for name, t in given.tensors.items()}
    assert due.keys() - found.keys() == {"fc.weight", "fc.bias"}
    for name, tensor in found.items():
        expected = due[name].sum(1, keepdim=True) if name == "conv1.0.weight" else due[name]
        torch.testing.assert_close(tensor, expected)


def test_a_classifier_for_as_many_classes_is_taken(checkpoints, release):
    file, content, expected = release(NAME)
    (checkpoints / file).write_bytes(content)
    given = getattr(pretrained, NAME)(TorchvisionConfig(input_shape=(3, 32, 32), classes=(1000,)))
    assert {f"network.{name}" for name in expected} == given.tensors.keys()


def test_embeddings_of_places_are_adapted_to_the_size(checkpoints, release):
    file, content, _ = release("vit_b_32")
    (checkpoints / file).write_bytes(content)
    given = pretrained.vit_b_32(TorchvisionConfig(input_shape=(1, 60, 60)))
    assert given.tensors["network.encoder.pos_embedding"].shape == (1, 1 + 2 * 2, 768)


def test_a_densenets_file_has_older_names(checkpoints, release):
    older = re.compile(r"(denselayer\d+\.(?:norm|conv))([12])")
    file, content, state = release("densenet121", rename=lambda key: older.sub(r"\1.\2", key))
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    (checkpoints / file).write_bytes(content)
    given = pretrained.densenet121(GREY)
    assert "network.features.denseblock1.denselayer1.norm1.weight" in given.tensors
    assert len(given.tensors) == len(state) - 2  # but for the classifier


def test_a_file_that_lacks_a_tensor_is_refused(checkpoints, release):
    file, content, _ = release(NAME, rename=lambda key: key.replace("stage2", "stage9"))
    (checkpoints / file).write_bytes(content)
    with pytest.raises(DataError, match=rf"{file} has no tensor stage2.0.branch1.0.weight"):
        getattr(pretrained, NAME)(GREY)


def test_other_channels_are_read_by_those_there_are():
    weight = torch.arange(6.0).reshape(1, 3, 1, 2)
    assert pretrained.for_channels(weight, 1).tolist() == [[[[6.0, 9.0]]]]
    assert torch.equal(pretrained.for_channels(weight, 3), weight)
    five = pretrained.for_channels(weight, 5)
    assert torch.equal(five[:, 3:], five[:, :2])
    torch.testing.assert_close(five[:, :3], weight * 3 / 5)


def test_a_file_that_is_not_what_its_name_says_is_refused(checkpoints, release):
    file, content, _ = release(NAME)
    (checkpoints / file).write_bytes(content[:-1])
    with pytest.raises(VerificationError, match=rf"{file} has the sha256 .* Remove it"):
        getattr(pretrained, NAME)(GREY)


def test_a_file_of_objects_is_not_obeyed(checkpoints, monkeypatch):
    buffer = io.BytesIO()
    torch.save({"fc.weight": functools.partial(print)}, buffer)
    file = f"{NAME}-{hashlib.sha256(buffer.getvalue()).hexdigest()[:8]}.pth"
    (checkpoints / file).write_bytes(buffer.getvalue())
    weights = get_model_weights(NAME).DEFAULT
    monkeypatch.setattr(weights.value, "url", f"http://127.0.0.1:1/{file}")
    with pytest.raises(DataError, match=rf"{file} could not be read"):
        getattr(pretrained, NAME)(GREY)


def test_offline_nobody_is_asked(checkpoints, release, monkeypatch):
    file, _, _ = release(NAME)
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    with pytest.raises(UnavailableError, match="ZOO_OFFLINE is set") as raised:
        getattr(pretrained, NAME)(GREY)
    assert f"put it here as {checkpoints / file}" in str(raised.value)


def test_a_server_that_cannot_be_reached_is_said_in_a_line(cli, tmp_path):
    result = cli(
        *("train", f"torchvision/{NAME}", "--dataset", "synthetic", "--set", "pretrained=true"),
        env={"TORCH_HOME": str(tmp_path / "torch")},
    )
    assert result.code == 1
    assert "zoo: https://download.pytorch.org/models/shufflenetv2_x0.5-" in result.err
    assert "could not be read, and is not here" in result.err
    assert not list((tmp_path / "torch").rglob("*.pth*"))


@pytest.fixture
def served(loopback, tmp_path):
    """Return a folder, and the address at which a web server has it."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_a_server_has_is_fetched_and_kept(checkpoints, release, served):
    folder, url = served
    file, content, _ = release(NAME, url)
    (folder / file).write_bytes(content)
    fetched = getattr(pretrained, NAME)(GREY)
    (folder / file).unlink()
    kept = getattr(pretrained, NAME)(GREY)
    assert fetched.tensors.keys() == kept.tensors.keys()
    assert (checkpoints / file).read_bytes() == content


def test_what_comes_and_is_something_else_is_not_kept(checkpoints, release, served):
    folder, url = served
    file, content, _ = release(NAME, url)
    (folder / file).write_bytes(content[:-10])
    with pytest.raises(DataError, match="invalid hash value"):
        getattr(pretrained, NAME)(GREY)
    assert not list(checkpoints.iterdir())
