"""A training may begin with timm's weights, where they are on this machine or can be fetched."""

import http.server
import threading

import huggingface_hub.constants
import pytest
import timm
import torch
from safetensors.torch import save

from zoo_core.errors import DataError, UnavailableError
from zoo_timm import pretrained
from zoo_timm.config import TimmConfig
from zoo_timm.table import table

GREY = TimmConfig(classes=(4, 3))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the folder in which the hub's library keeps files."""
    folder = tmp_path / "hub"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(folder))
    return folder


FAST = {"ZOO_PLUGINS": "zoo-core,zoo-timm,zoo-torch,zoo-mnist"}  # no pictures are drawn


def network_of(name):
    """Return timm's own network as its weights have it."""
    torch.manual_seed(5)
    return timm.create_model(name)


def keep(cache, name, content):
    """Put a file with weights where the hub's library would."""
    repository = cache / f"models--{table().rows[name].hub.replace('/', '--')}"
    path = repository / "snapshots" / "abc" / "model.safetensors"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    return path


def test_a_file_at_hand_gives_all_but_the_classifier(cache):
    due = network_of("test_resnet").state_dict()
    keep(cache, "test_resnet", save(due))
    given = pretrained.test_resnet(GREY)
    assert given.source == "timm/test_resnet.r160_in1k (apache-2.0)"
    found = {name.removeprefix("network."): torch.tensor(t) for name, t in given.tensors.items()}
    assert due.keys() - found.keys() == {"fc.weight", "fc.bias"}
    for name, tensor in found.items():
        expected = due[name].sum(1, keepdim=True) if name == "conv1.0.weight" else due[name]
        torch.testing.assert_close(tensor, expected)


def test_a_classifier_for_as_many_classes_is_taken(cache):
    keep(cache, "test_resnet", save(network_of("test_resnet").state_dict()))
    given = pretrained.test_resnet(TimmConfig(input_shape=(3, 32, 32), classes=(1000,)))
    assert "network.fc.weight" in given.tensors


def test_embeddings_of_places_are_adapted_to_the_size(cache):
    name = "vit_tiny_patch16_224"
    network = network_of(name)
    assert network.pos_embed.shape == (1, 1 + 14 * 14, 192)
    keep(cache, name, save(network.state_dict()))
    given = pretrained.vit_tiny_patch16_224(GREY)
    assert given.tensors["network.pos_embed"].shape == (1, 1 + 2 * 2, 192)


def test_what_timm_cannot_adapt_to_the_size_is_left_out(cache):
    expected = network_of("levit_128s").state_dict()
    keep(cache, "levit_128s", save(expected))
    given = pretrained.levit_128s(GREY)
    left = expected.keys() - {name.removeprefix("network.") for name in given.tensors}
    assert {name.split(".")[-1] for name in left if not name.startswith("head")} == {
        "attention_biases"
    }


@pytest.mark.parametrize("content", [b"", b"\x10" + bytes(7) + b"{", None])
def test_a_file_of_something_else_is_named_with_the_remedy(cache, content):
    other = save(network_of("test_vit2").state_dict())
    path = keep(cache, "test_resnet", other if content is None else content)
    with pytest.raises(DataError, match=rf"{path} is not a file with timm's weights.* Remove it"):
        pretrained.test_resnet(GREY)


def test_offline_nobody_is_asked(cache, monkeypatch):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    monkeypatch.setattr(pretrained, "_reach", pytest.fail)
    with pytest.raises(UnavailableError, match="ZOO_OFFLINE is set") as raised:
        pretrained.test_resnet(GREY)
    assert "hf download timm/test_resnet.r160_in1k model.safetensors" in str(raised.value)
    assert str(cache) in str(raised.value)


def test_a_hub_that_cannot_be_reached_is_said_in_a_line(cli, loopback, tmp_path):
    result = cli(
        *("train", "timm/test_resnet", "--dataset", "synthetic", "--set", "pretrained=true"),
        env={"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": "http://127.0.0.1:1"},
    )
    assert result.code == 1
    assert "http://127.0.0.1:1/timm/test_resnet.r160_in1k could not be read" in result.err
    assert len(result.err.splitlines()) == 1
    assert not list((tmp_path / "hf").rglob("*safetensors*"))


class Hub(http.server.BaseHTTPRequestHandler):
    """Answers as the Hugging Face hub does when it is asked for a file."""

    content = b""

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()
        self.wfile.write(self.content)

    def answer(self):
        there = self.path.endswith("/model.safetensors")
        self.send_response(200 if there else 404)
        self.send_header("ETag", '"0123456789abcdef"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(loopback):
    """Return the address of a hub whose every file is test_resnet's."""
    Hub.content = save(network_of("test_resnet").state_dict())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_training_begins_with_what_the_hub_has_and_the_card_says_so(cli, hub, tmp_path):
    environment = {"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub, **FAST}
    command = ("train", "timm/test_resnet", "--dataset", "synthetic", "--epochs", 1)
    for run, offline in (("fetched", {}), ("kept", {"ZOO_OFFLINE": "1"})):
        result = cli(
            *(*command, "--set", "pretrained=true", "--out", tmp_path / run, "--json"),
            env=environment | offline,
        )
        assert result.code == 0, result.err
        assert "Retrying" not in result.err
    cards = [(tmp_path / run / "model.safetensors").read_bytes() for run in ("fetched", "kept")]
    assert cards[0] == cards[1]
    assert b"timm/test_resnet.r160_in1k (apache-2.0)" in cards[0]
