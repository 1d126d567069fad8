"""Each tracker with its real package: what it stored is read back with its own reader."""

import http.server
import json
import signal
import sqlite3
import struct
import threading
import time

import pytest

pytestmark = pytest.mark.slow

EPOCHS = 3
STEPS = 12
"""Steps per epoch of the toy model."""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "run"


def trained(done):
    assert done.code == 0, done.err
    return done


def read_events(folder):
    """Return the scalars of TensorBoard's event files: (step, value) by tag."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    tags = events.Tags()["scalars"]
    return {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in tags}, events


def accuracies(folder):
    """Return the validation accuracy after each epoch, by the number of the step."""
    lines = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [(each["epoch"] * STEPS, each["validation"]["accuracy"][0]) for each in lines]


@pytest.mark.requires("tensorboard")
def test_tensorboard_shows_scalars_hyperparameters_and_card(train, folder):
    done = trained(train("--epochs", EPOCHS, "--track", "tensorboard"))
    assert done.err == ""
    scalars, events = read_events(folder)
    expected = [(step, pytest.approx(value)) for step, value in accuracies(folder)]
    assert scalars["validation/accuracy"] == expected
    assert [step for step, _ in scalars["step/loss"]] == [1, 12, 24, 36]
    assert scalars["epoch"] == [(12, 1), (24, 2), (36, 3)]
    assert len(scalars["kept/test/accuracy"]) == 1
    from tensorboard.plugins.hparams.metadata import parse_session_start_info_plugin_data

    content = events.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    hparams = parse_session_start_info_plugin_data(content).hparams
    assert hparams["epochs"].number_value == EPOCHS
    assert hparams["dataset"].string_value == "toy"
    text = events.Tensors("training")[0].tensor_proto.string_val[0].decode()
    assert "| epochs | 3 |" in text
    assert "weights.sha256" in events.Tensors("card")[0].tensor_proto.string_val[0].decode()


@pytest.mark.requires("tensorboard")
def test_tensorboard_needs_no_framework(run_python):
    code = (
        "import sys, zoo_core as zoo\n"
        "zoo.train('softmax', out='run', epochs=1)\n"
        "print({'torch', 'tensorflow'} & {*sys.modules}, 'tensorboard' in sys.modules)"
    )
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-track", "ZOO_TRACK": "tensorboard"}
    assert run_python(code, env=env) == "set() True\n"


@pytest.mark.requires("tensorboard")
@pytest.mark.parametrize("seconds", [0.5, 1.5])
def test_killed_training_has_every_epoch_once(train, spawn, folder, seconds):
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-track", "ZOO_TRACK": "tensorboard"}
    command = ("-m", "zoo_core", "train", "softmax", "--out", "run", "--epochs", 4000)
    process = spawn(*command, "--checkpoint-every", "0.2", env=env)
    while not (folder / "checkpoints").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = len((folder / "metrics.jsonl").read_text().splitlines())
    assert done
    process = spawn("-m", "zoo_core", "train", "--resume", "run", env=env)
    while len((folder / "metrics.jsonl").read_text().splitlines()) < done + 50:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    scalars, _ = read_events(folder)
    epochs = [int(value) for _, value in scalars["epoch"]]
    assert epochs == [*range(1, len(epochs) + 1)]
    assert len(epochs) >= done
    steps = [step for step, _ in scalars["step/loss"]]
    assert steps == sorted({*steps})


@pytest.mark.requires("mlflow-skinny", "sqlalchemy", "alembic")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of MLflow's use of SQLAlchemy
def test_mlflow_stores_parameters_metrics_and_artifacts(train, folder, tmp_path, monkeypatch):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("ZOO_TRACK_WEIGHTS", "1")
    done = trained(train("--epochs", EPOCHS, "--track", "mlflow"))
    assert done.err == ""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("zoo").experiment_id])
    assert (run.info.run_name, run.info.status) == ("run", "FINISHED")
    assert (
        run.info.run_id
        == json.loads((folder / "track.json").read_text())["trackers"]["mlflow"]["id"]
    )
    assert run.data.params["epochs"] == str(EPOCHS)
    assert run.data.params["model"] == "softmax"
    history = client.get_metric_history(run.info.run_id, "validation/accuracy")
    assert sorted((each.step, each.value) for each in history) == accuracies(folder)
    assert "kept/test/accuracy" in run.data.metrics
    assert run.data.tags["weights.sha256"]
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["model.safetensors"]


@pytest.mark.requires("mlflow-skinny", "sqlalchemy", "alembic")
def test_mlflow_server_that_is_gone_costs_one_warning(train, folder, loopback, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    start = time.monotonic()
    done = trained(train("--epochs", EPOCHS, "--track", "mlflow"))
    assert time.monotonic() - start < 60
    (warning,) = done.err.splitlines()
    assert "the tracker mlflow failed, the training continues" in warning
    assert len(accuracies(folder)) == EPOCHS


class MLflowServer(http.server.BaseHTTPRequestHandler):
    """A tracking server that answers its first requests, and is gone after some metrics."""

    batches = 0

    def do_GET(self):
        self._answer({"experiment": {"experiment_id": "1", "name": "zoo"}})

    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        MLflowServer.batches += "metrics" in content
        if MLflowServer.batches > 1:
            self.connection.close()
            # In a thread, because it waits for the end of this request.
            threading.Thread(target=self.server.shutdown).start()
            self.server.socket.close()
            return
        info = {"run_id": "a-run", "run_uuid": "a-run", "experiment_id": "1", "status": "RUNNING"}
        self._answer({"run": {"info": info, "data": {}}})

    def _answer(self, values):
        content = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.mark.requires("mlflow-skinny")
def test_mlflow_server_that_dies_in_mid_training_costs_one_warning(
    train, folder, loopback, monkeypatch
):
    monkeypatch.setattr(MLflowServer, "batches", 0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), MLflowServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{server.server_port}")
    start = time.monotonic()
    done = trained(train("--epochs", 600, "--track", "mlflow"))
    thread.join()
    server.server_close()
    assert time.monotonic() - start < 120
    assert MLflowServer.batches >= 2
    (warning,) = done.err.splitlines()
    assert "the tracker mlflow failed, the training continues" in warning
    assert len(accuracies(folder)) == 600


@pytest.mark.requires("wandb")
def test_wandb_writes_an_offline_run(train, folder, tmp_path):
    done = trained(train("--epochs", EPOCHS, "--track", "wandb"))
    assert done.err == ""
    (offline,) = (tmp_path / "wandb").glob("offline-run-*")
    (log,) = offline.glob("run-*.wandb")
    history, config = read_wandb(log)
    epochs = [each for each in history if "validation/accuracy" in each]
    found = [(int(each["_step"]), each["validation/accuracy"]) for each in epochs]
    assert found == accuracies(folder)
    assert config["epochs"] == EPOCHS


@pytest.mark.requires("wandb")
def test_offline_wandb_does_not_measure_itself_and_leaves_the_process_as_it_was(run_python):
    code = (
        "import sys, wandb, zoo_core as zoo\n"
        "zoo.train('softmax', out='run', epochs=1)\n"
        "print('opentelemetry.sdk' in sys.modules, wandb.setup().settings.mode)"
    )
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-track", "ZOO_TRACK": "wandb"}
    assert run_python(code, env=env) == "False online\n"


@pytest.mark.requires("wandb")
def test_wandb_that_does_not_start_leaves_the_process_as_it_was(run_python):
    code = (
        "import wandb, zoo_core as zoo\n"
        "wandb.init = lambda **_: 1 / 0\n"
        "zoo.train('softmax', out='run', epochs=1)\n"
        "print(wandb.setup().settings.mode)"
    )
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-track", "ZOO_TRACK": "wandb"}
    assert run_python(code, env=env) == "online\n"


def read_wandb(path):
    """Return the history and the config of an offline run, by W&B's own messages."""
    from wandb.proto.wandb_internal_pb2 import Record

    history, config = [], {}
    for data in leveldb_records(path.read_bytes()):
        record = Record.FromString(data)
        if record.HasField("history"):
            items = record.history.item
            history.append(
                {each.key or each.nested_key[0]: json.loads(each.value_json) for each in items}
            )
        for each in record.run.config.update:
            config[each.key] = json.loads(each.value_json)
    return history, config


def leveldb_records(content):
    """Yield the records of a log in LevelDB's format: blocks of fragments."""
    position, record = 7, b""  # after W&B's own header
    while position < len(content):
        left = 32768 - position % 32768
        if left < 7:  # too short for a fragment
            position += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, position)
        record += content[position + 7 : position + 7 + length]
        position += 7 + length
        if kind in {1, 4}:  # whole, or the last fragment
            yield record
            record = b""


@pytest.mark.requires("trackio")
def test_trackio_stores_runs_and_prints_nothing(train, folder, tmp_path):
    done = trained(train("--epochs", EPOCHS, "--track", "trackio", "--json"))
    assert done.err == ""
    assert done.json["model"] == "softmax"
    database = sqlite3.connect(next((tmp_path / "trackio").glob("zoo*.db")))
    rows = database.execute("SELECT step, metrics FROM metrics ORDER BY step, id").fetchall()
    database.close()
    stored = [(step, json.loads(metrics)) for step, metrics in rows]
    epochs = [
        (step, each["validation/accuracy"])
        for step, each in stored
        if "validation/accuracy" in each
    ]
    assert epochs == accuracies(folder)


@pytest.mark.requires("tensorboard", "zoo-tune")
def test_trials_of_a_search_are_runs_of_tensorboard(cli, tmp_path):
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-tune,zoo-track"}
    command = ("tune", "softmax", "--trials", 2, "--epochs", 2, "--track", "tensorboard")
    trained(cli(*command, env=env))
    for number in range(2):
        scalars, _ = read_events(tmp_path / "studies" / "softmax" / "trials" / str(number))
        assert [step for step, _ in scalars["validation/score"]] == [1, 2]
