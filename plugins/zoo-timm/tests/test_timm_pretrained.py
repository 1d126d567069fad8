"""Trainings that start from timm's pretrained weights, cached or downloaded."""

import dataclasses
import http.server
import json
import threading
from pathlib import Path
from typing import ClassVar

import huggingface_hub.constants
import pytest

from zoo_core.errors import DataError, UnavailableError
from zoo_timm.table import table
from zoo_torch.families.config import FamilyConfig

torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")

from safetensors.torch import save  # noqa: E402

from zoo_timm import pretrained  # noqa: E402

GRAY = FamilyConfig(classes=(4, 3))


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


def test_pretrained_omits_tensors_timm_cannot_resize(cache):
    expected = network_of("levit_128s").state_dict()
    keep(cache, "levit_128s", save(expected))
    given = pretrained.levit_128s(GRAY)
    left = expected.keys() - {name.removeprefix("network.") for name in given.tensors}
    assert {name.split(".")[-1] for name in left if not name.startswith("head")} == {
        "attention_biases"
    }


def cfg(name):
    return timm.models.get_pretrained_cfg(name)


# The numbers of this model differ between the channels; those of most test models are 0.5.
@pytest.mark.parametrize(
    ("channels", "taken"), [(3, [0, 1, 2]), (1, None), (4, [0, 1, 2, 0]), (2, [0, 1])]
)
def test_pretrained_normalization_fits_channels(cache, channels, taken):
    keep(cache, "test_byobnet", save(network_of("test_byobnet").state_dict()))
    given = pretrained.test_byobnet(GRAY.model_copy(update={"input_shape": (channels, 28, 28)}))
    for values, stated in (
        (given.mean, cfg("test_byobnet").mean),
        (given.std, cfg("test_byobnet").std),
    ):
        assert len(set(stated)) == 3
        expected = [stated[i] for i in taken] if taken else [sum(stated) / 3]
        assert values == pytest.approx(expected)


@pytest.mark.parametrize(("stated", "license"), [("cc-by-nc-4.0", "cc-by-nc-4.0"), (None, "")])
def test_pretrained_license_is_that_of_timm(cache, monkeypatch, stated, license):
    keep(cache, "test_resnet", save(network_of("test_resnet").state_dict()))
    config = dataclasses.replace(cfg("test_resnet"), license=stated)
    monkeypatch.setattr(pretrained, "get_pretrained_cfg", lambda name: config)
    assert pretrained.test_resnet(GRAY).license == license


@pytest.mark.parametrize("content", [b"", b"\x10" + bytes(7) + b"{", None])
def test_pretrained_rejects_wrong_file_and_names_remedy(cache, content):
    other = save(network_of("test_vit2").state_dict())
    path = keep(cache, "test_resnet", other if content is None else content)
    with pytest.raises(DataError, match=rf"{path} .* test_resnet: .*Remove it"):
        pretrained.test_resnet(GRAY)


COMMIT = "0123456789" * 4


class Hub(http.server.BaseHTTPRequestHandler):
    """A Hugging Face Hub with the weights of test_resnet; notes the requests."""

    info = json.dumps({"sha": COMMIT}).encode()
    content = b""
    requests: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self):
        self.requests.append((self.path, self.headers["Authorization"]))
        name = "timm/test_resnet.r160_in1k"
        files = {
            f"/api/models/{name}/revision/main": self.info,
            f"/{name}/resolve/{COMMIT}/model.safetensors": self.content,
        }
        content = files.get(self.path, b"")
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(loopback, monkeypatch):
    """Return the address of a Hub."""
    monkeypatch.setattr(Hub, "content", save(network_of("test_resnet").state_dict()))
    monkeypatch.setattr(Hub, "requests", [])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_pretrained_weights_are_downloaded_from_hub_and_cached(cli, hub, tmp_path, monkeypatch):
    run = tmp_path / "run"
    result = cli(
        *("train", "timm/test_resnet", "--dataset", "synthetic", "--epochs", 1),
        *("--set", "pretrained=true", "--out", run, "--json"),
        env={"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub, "HF_TOKEN": "secret", **FAST},
    )
    assert result.code == 0, result.err
    assert isinstance(result.json, dict)  # because nothing else is on standard output
    assert [token for _, token in Hub.requests] == ["Bearer secret"] * 2
    card = json.loads((run / "card.json").read_text())
    assert card["initial"]["source"] == "timm/test_resnet.r160_in1k"
    # Both are Apache-2.0; the data set, which is composed by zoo, is CC0-1.0.
    assert card["initial"]["license"] == card["license"] == "Apache-2.0"
    assert card["normalization"] == {"mean": [0.5] * 3, "std": [0.5] * 3}
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hf" / "hub"))
    found = huggingface_hub.hf_hub_download(
        "timm/test_resnet.r160_in1k", "model.safetensors", local_files_only=True
    )
    assert Path(found).read_bytes() == Hub.content
    kept = pretrained.test_resnet(GRAY).tensors["network.conv1.3.weight"]
    assert torch.equal(torch.tensor(kept), network_of("test_resnet").conv1[3].weight)


@pytest.mark.parametrize(
    "given",
    [
        ("--recipe", "finetune"),
        ("--set", "initial=timm/test_resnet"),
        ("--set", "initial=timm/test_resnet.r160_in1k"),
    ],
)
def test_weights_of_the_hub_are_begun_with_by_recipe_or_name(cli, hub, tmp_path, given):
    run = tmp_path / "run"
    result = cli(
        *("train", "timm/test_resnet", "--dataset", "synthetic", "--epochs", 1, *given),
        *("--set", "validation=0.9", "--out", run),
        env={"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub, **FAST},
    )
    assert result.code == 0, result.err
    card = json.loads((run / "card.json").read_text())
    assert card["initial"]["source"] == "timm/test_resnet.r160_in1k"
    assert card["normalization"] == {"mean": [0.5] * 3, "std": [0.5] * 3}
    if "finetune" not in given:
        assert set(card["initial"]["anew"].values()) == {"missing"}  # the head, left out by timm
        assert "begun anew: network.fc." in result.out


def test_other_weights_than_those_of_the_hub_are_refused(cli, hub, tmp_path):
    result = cli(
        *("train", "timm/test_resnet", "--set", "initial=timm/test_resnet.other"),
        env={"HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": hub, **FAST},
    )
    assert result.code == 3
    assert "are timm/test_resnet.r160_in1k. Use them: --set initial=timm/test_resnet" in result.err


@pytest.mark.parametrize("info", [b"", b"[]", b'{"sha": 1}', b'{"sha": "../../x"}'])
def test_pretrained_rejects_invalid_commit(cache, hub, monkeypatch, info):
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", hub)
    monkeypatch.setattr(Hub, "info", info)
    with pytest.raises(UnavailableError, match="revision/main"):
        pretrained.test_resnet(GRAY)
    assert not cache.exists()
