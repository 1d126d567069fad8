"""Data sets of the Hugging Face Hub, from a server on this machine."""

import hashlib
import json
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image

datasets = pytest.importorskip("datasets")

COMMIT = "c0ffee" * 6 + "beef"


class Hub(BaseHTTPRequestHandler):
    """Handler that serves a folder as the data set ``some/pets`` and records the requests."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, root, asked):
        self.root, self.asked = root, asked
        super().__init__(*arguments)

    def do_GET(self):
        self.asked.append(self.path)
        path = unquote(urlsplit(self.path).path)
        match path.removeprefix("/api").removeprefix("/datasets/some/pets/").split("/", 2):
            case ["resolve", _, name] if (self.root / name).is_file():
                self._send(200, (self.root / name).read_bytes())
            case ["revision", *_]:
                self._send(200, json.dumps({"id": "some/pets", "sha": COMMIT, "siblings": []}))
            case ["tree", _]:
                self._send(200, json.dumps([self._entry(path) for path in self.root.iterdir()]))
            case _:
                known = "/datasets/some/pets/" in path
                self._send(404, "{}", "EntryNotFound" if known else "RepoNotFound")

    do_HEAD = do_GET  # noqa: N815

    def _entry(self, path):
        oid = hashlib.sha1(path.read_bytes()).hexdigest()
        return {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": oid}

    def _send(self, code, content, exc=None):
        content = content.encode() if isinstance(content, str) else content
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if exc:
            self.send_header("X-Error-Code", exc)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def asked(loopback, tmp_path, monkeypatch):
    """Run a Hub with the data set some/pets; return the list of paths requested from it."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "README.md").write_text("---\nlicense: cc0-1.0\n---\n")
    rows = [Image.fromarray(np.full((4, 6), row, np.uint8)) for row in range(20)]
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])}
    )
    pets = datasets.Dataset.from_dict({"image": rows, "label": [0, 1] * 10}, features=features)
    pets.to_parquet(root / "train-00000-of-00001.parquet")
    requests = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, root=root, asked=requests))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    yield requests
    server.shutdown()
    server.server_close()


def test_hub_dataset_is_fetched_once_and_kept_for_offline_use(asked, cli, tmp_path):
    first = cli("info", "hf:some/pets", "--json").json
    assert sum(first["sizes"].values()) == 20
    assert first["license"] == "CC0-1.0"
    assert any("parquet" in path for path in asked)

    del asked[:]
    offline = cli("info", "hf:some/pets", "--json", env={"ZOO_OFFLINE": "1"}).json
    assert offline == first
    assert not asked
    assert len(list((tmp_path / "zoo-home/datasets").glob("*"))) == 1


def test_hub_is_requested_once_per_process(asked, run_python):
    run_python(
        "from zoo_images.hub import hugging_face as hub\n"
        "assert hub.load('some/pets').sha256() == hub.describe('some/pets').sha256"
    )
    assert asked.count("/datasets/some/pets/resolve/main/README.md") == 2  # HEAD, then GET


def test_hub_reports_unknown_dataset(asked, cli):
    done = cli("info", "hf:some/ants")
    assert done.code == 1
    assert "hf:some/ants" in done.err
    assert "DatasetNotFoundError" in done.err


def test_offline_mode_sends_no_request_to_hub(asked, cli):
    done = cli("info", "hf:some/pets", env={"ZOO_OFFLINE": "1"})
    assert done.code == 1
    assert "hf:some/pets" in done.err
    assert "ZOO_OFFLINE" in done.err
    assert not asked


def test_unreachable_hub_is_reported_without_retries(asked, cli):
    done = cli("info", "hf:some/pets", env={"HF_ENDPOINT": "http://127.0.0.1:1"})
    assert done.code == 1
    assert "hf:some/pets" in done.err
    assert "http://127.0.0.1:1 " in done.err
    assert "?config=" not in done.err  # the hint for a Hub that responds
    assert "Retrying" not in done.err  # the library's default, for half a minute
