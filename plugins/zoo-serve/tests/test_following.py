"""Names that are followed: moved default tags, withdrawn tags, registries that vanish."""

import json
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

import zoo_registry

ROW = b"a,b\n1,2\n"
TAGS = ("default", "reference")


@pytest.fixture
def registry(tmp_path):
    """Return a registry with two tags of a model."""
    folder = tmp_path / "registry"
    source = Path(zoo_registry.__file__).parent
    shutil.copytree(source / "numpy-regressor", folder / "numpy-regressor")
    models = json.loads((source / "index.json").read_text())["models"]
    write(folder, {"numpy-regressor": models["numpy-regressor"]})
    return folder


def write(folder, models):
    """Replace the index, as `zoo publish` does."""
    (folder / "new").write_text(json.dumps({"schema": 1, "models": models}))
    (folder / "new").replace(folder / "index.json")


def change(folder, edit):
    models = json.loads((folder / "index.json").read_text())["models"]
    edit(models)
    write(folder, models)


def checksum(folder, tag):
    index = json.loads((folder / "index.json").read_text())
    return index["models"]["numpy-regressor"]["tags"][tag]["sha256"]


def predict(server, name="numpy-regressor"):
    return server.ask(f"/predict/{name}", ROW, content_type="text/csv")


def test_moved_default_tag_is_swapped_without_a_lost_request(serve, registry, wait_for):
    server = serve(
        "numpy-regressor", "kept=numpy-regressor.default", "--registry", registry, "--workers", 2
    )
    old, new = (checksum(registry, tag) for tag in TAGS)
    replies, done = [], threading.Event()

    def client():
        while not done.is_set():
            replies.append(predict(server))

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    change(registry, lambda models: models["numpy-regressor"].update(default="reference"))
    wait_for(lambda: server.metric("zoo_model_swaps_total") == 1)
    done.set()
    for thread in threads:
        thread.join()
    assert {reply.status for reply in replies} == {200}
    assert {reply.headers["zoo-weights-sha256"] for reply in replies} == {old, new}
    assert predict(server).headers["zoo-weights-sha256"] == new
    assert predict(server, "kept").headers["zoo-weights-sha256"] == old
    assert server.ask("/v2/models/numpy-regressor").json()["versions"] == ["reference"]


def test_withdrawn_tag_is_gone_and_can_come_back(serve, registry, wait_for):
    server = serve("numpy-regressor.reference", "numpy-regressor", "--registry", registry)
    name = "numpy-regressor.reference"
    whole = json.loads((registry / "index.json").read_text())["models"]
    change(registry, lambda models: models["numpy-regressor"]["tags"].pop("reference"))
    gone = wait_for(lambda: (reply := predict(server, name)).status == 410 and reply)
    assert "withdrawn" in gone.error
    assert "zoo list weights" in gone.error
    assert server.ask(f"/v2/models/{name}").status == 410
    assert predict(server).status == 200
    states = {
        each["name"]: each["state"] for each in server.ask("/v2/repository/index", b"").json()
    }
    assert states == {name: "UNAVAILABLE", "numpy-regressor": "READY"}
    write(registry, whole)
    wait_for(lambda: predict(server, name).status == 200)


def test_vanished_registry_takes_no_model_down(serve, registry, wait_for):
    server = serve("numpy-regressor", "--registry", registry, "--workers", 1)
    shutil.rmtree(registry)
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.metric("zoo_worker_restarts_total") == 1)
    assert predict(server).status == 200


def test_vanished_run_takes_no_model_down(serve, fuse, tmp_path, wait_for):
    shutil.copytree(fuse / "fuse", tmp_path / "run")
    server = serve("run", "--workers", 1)
    shutil.rmtree(tmp_path / "run")
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.metric("zoo_worker_restarts_total") == 1)
    assert predict(server, "run").status == 200


def test_damaged_new_weights_leave_the_old_ones(serve, registry, wait_for):
    server = serve("numpy-regressor", "--registry", registry, "--workers", 1)
    weights = registry / "numpy-regressor" / "reference" / "model.safetensors"
    weights.write_bytes(bytes(weights.stat().st_size))
    change(registry, lambda models: models["numpy-regressor"].update(default="reference"))
    wait_for(lambda: "the served weights stay as they are" in server.errors.read_text())
    assert predict(server).headers["zoo-weights-sha256"] == checksum(registry, "default")
