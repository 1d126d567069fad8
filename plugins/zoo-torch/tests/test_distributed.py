"""Training in several processes, started by torchrun, compared with a single process."""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from zoo_core.filenames import WEIGHTS
from zoo_core.installation.installed import load_catalog
from zoo_core.training.run_folder import locked_run
from zoo_core.training.training import Training
from zoo_core.weights.file import load_weights

PLUGIN = '''
"""Three models for the images of the toy plugin, and one for a class and a number."""

import numpy as np
from zoo_core import (
    ArrayDataset, DatasetSpec, InputSpec, ModelSpec, Split, TargetSpec, class_targets, hookimpl
)

RECIPES = {"default": {"epochs": 2, "batch_size": 59, "optimizer": "adamw", "lr": 0.01}}


def build_plain(config):
    from torch import nn

    # More than MIN_ASYNC_SIZE weights, which are sent during the backward pass.
    return _Heads(nn.Sequential(nn.Flatten(), nn.Linear(30, 1700), nn.ReLU()), 1700, config)


def build_whole(config):
    from torch import nn

    trunk = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.2), nn.Flatten()
    )
    return _Heads(trunk, 48, config)


def build_flat(config):
    from torch import nn

    trunk = nn.Sequential(nn.Flatten(), nn.Linear(30, 20), nn.BatchNorm1d(20), nn.ReLU())
    return _Heads(trunk, 20, config)


def build_mixed(config):
    from torch import nn

    return _Heads(nn.Sequential(nn.Linear(3, 20), nn.ReLU()), 20, config)


INPUT = InputSpec(kind="features", shape=(3,))
TARGETS = (*class_targets(("negative", "positive")), TargetSpec(task="regression", name="sum"))


def load_rows():
    splits = {}
    for seed, (name, size) in enumerate({"train": 200, "test": 45}.items()):
        rows = np.random.default_rng(seed).normal(size=(size, 3)).astype(np.float32)
        sums = rows.sum(axis=1)
        splits[name] = Split(rows, ((sums > 0).astype(np.int64), sums))
    return ArrayDataset(splits, TARGETS, input=INPUT)


def _Heads(trunk, features, config):
    from torch import nn

    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.trunk = trunk
            self.heads = nn.ModuleList(nn.Linear(features, count) for count in config.outputs)

        def forward(self, x):
            features = self.trunk(x)
            return [head(features) for head in self.heads]

    return Heads()


@hookimpl
def zoo_datasets():
    return [
        DatasetSpec(name="rows", summary="Made.", loader="zoo_tiny.plugin:load_rows", input=INPUT,
            targets=TARGETS, sizes={"train": 200, "test": 45}, sha256="", license="MIT",
            source="made")
    ]


@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name=name,
            summary="Two heads.",
            builder=f"zoo_tiny.plugin:build_{name}",
            config="zoo_core.recipes.model_config:ModelConfig",
            recipes="zoo_tiny.plugin:RECIPES",
            trainer="torch",
            dataset="rows" if name == "mixed" else "toy-pairs",
            heads=2,
            tasks=(),
            inputs=(),
            license="MIT",
        )
        for name in ("plain", "whole", "flat", "mixed")
    ]
'''

DIGESTS = """
import hashlib, os, sys
from pathlib import Path
from zoo_core.installation.installed import installed_catalog
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.training import Training

fit = TrainingLoop.fit

def fit_and_print(loop):
    fitted = fit(loop)
    digest = hashlib.sha256()
    for name, array in sorted(fitted.weights.items()):
        digest.update(array.tobytes())
    sys.stdout.write(f"digest {os.environ['RANK']} {digest.hexdigest()}\\n")
    return fitted

TrainingLoop.fit = fit_and_print
Training.new(installed_catalog(), "whole", out=Path(sys.argv[1])).run()
"""

LONG = ("--epochs", 100, "--checkpoint-every", 0.1)


@pytest.fixture
def tiny(site, toy_site, write_plugin, monkeypatch, tmp_path):
    """Install the three models, for this process and its child processes."""
    write_plugin(site, "zoo-tiny", PLUGIN)
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-torch,zoo-tiny")
    monkeypatch.chdir(tmp_path)
    return site


@pytest.fixture
def launch(tiny, spawn):
    """Return a function that starts torchrun."""

    def start(count, *command, restarts=0, where=("--standalone",)):
        each = ("--nproc-per-node", count, "--max-restarts", restarts)
        return spawn("-m", "torch.distributed.run", *where, *each, *command, site=tiny)

    return start


@pytest.fixture
def torchrun(launch):
    """Return a function that runs torchrun to its end and returns the output."""

    def run(count, *command, **options):
        with launch(count, *command, **options) as process:
            out, err = process.communicate(timeout=600)
        assert process.returncode == 0, err
        return out

    return run


@pytest.fixture(scope="module")
def trained_once():
    """Return an empty dictionary that all tests of this module share."""
    return {}


@pytest.fixture
def undisturbed(torchrun, trained_once):
    """Return the weights of a long, uninterrupted training of two processes."""
    if "undisturbed" not in trained_once:
        torchrun(2, "-m", "zoo_core", "train", "whole", "--out", "undisturbed", *LONG)
        trained_once["undisturbed"] = content("undisturbed")
    return trained_once["undisturbed"]


def content(run):
    return Path(run, WEIGHTS).read_bytes()


def card(run):
    return json.loads(Path(run, "card.json").read_text())


AUGMENTED = {
    "mixup": 0.4,
    "cutmix": 1.0,
    "erase": 0.5,
    "crop": 0.5,
    "brightness": 0.4,
    "randaugment": 5.0,
}
STEPS = [
    # Steps of 57 images, the last of which has 9: three parts per process, and one.
    {"batch_size": 19, "accumulate": 3},
    {"sam": 0.2, "clip_norm": 0.1, "layer_decay": 0.5, "optimizer": "sgd", "lr": 5.0},
    {"freeze": 1, "thaw": 2, "decay_biases": False, "weight_decay": 0.1},
    {"batch_size": 19, "accumulate": 3, **AUGMENTED},
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "model", "values"),
    [
        (2, "plain", {}),
        (4, "plain", {}),
        (2, "mixed", {}),
        *((2, "plain", values) for values in STEPS),
        (2, "plain", AUGMENTED),
        (3, "plain", AUGMENTED),
        (2, "mixed", {"mixup": 0.4}),
    ],
)
def test_torchrun_agrees_with_single_process_and_prints_once(
    torchrun, toy_site, monkeypatch, count, model, values
):
    """The last batch of 180 images has three, so that only the first process has any."""
    monkeypatch.syspath_prepend(str(toy_site))
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "tests" / "toy"))
    alone = Training.new(load_catalog(), model, overrides=[values], out=Path("alone")).run()
    options = [each for field in values for each in ("--set", f"{field}={values[field]}".lower())]
    printed = torchrun(count, "-m", "zoo_core", "train", model, "--out", "together", *options)
    assert printed.count(f"Training {model}") == printed.count("Epoch 2/2") == 1
    together, by_one = card("together"), card("alone")
    assert together["environment"].pop("processes") == count
    assert "processes" not in by_one["environment"]
    assert not Path("runs").exists()
    for split in ("train", "validation", "test"):
        ours, theirs = together["metrics"][split], by_one["metrics"][split]
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-3), "other images or order"
        assert ours["total"] == theirs["total"]
    actual, expected = (
        load_weights(Path(run, WEIGHTS)).tensors for run in ("together", alone.folder)
    )
    for name, array in expected.items():
        np.testing.assert_allclose(actual[name], array, atol=1e-4)


@pytest.mark.slow
def test_torchrun_trains_with_fewer_images_than_batch_normalization_needs_per_process(torchrun):
    """The batch of 2 has one image per process, and validation one for all processes."""
    values = ("--set", "validation=0.005", "--set", "batch_size=197")
    torchrun(2, "-m", "zoo_core", "train", "flat", "--out", "run", *values)
    metrics = card("run")["metrics"]
    assert (metrics["train"]["total"], metrics["validation"]["total"]) == (199, 1)


def test_torchrun_refuses_one_image_per_process_with_batch_normalization(launch):
    command = ("-m", "zoo_core", "train", "flat", "--out", "run", "--set", "batch_size=2")
    with launch(2, *command) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode != 0
    (line,) = [line for line in err.splitlines() if line.startswith("zoo: ")]
    assert "batch_size: expected at least 4 for 2 processes" in line
    assert line.endswith("--set batch_size=4")
    assert not Path("run").exists()


@pytest.mark.slow
def test_torchrun_gives_identical_weights_across_ranks_and_runs(torchrun, tmp_path):
    (tmp_path / "digests.py").write_text(DIGESTS)
    first, second = (
        [line.split()[1:] for line in torchrun(2, "digests.py", run).splitlines() if "dig" in line]
        for run in ("first", "second")
    )
    assert sorted(rank for rank, _ in first) == ["0", "1"]
    assert len({digest for _, digest in first + second}) == 1
    assert content("first") == content("second")


def test_torchrun_rejects_single_process_trainer(launch):
    with launch(2, "-m", "zoo_core", "train", "softmax", "--out", "run") as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode != 0
    assert err.count("trainer 'toy': expected 1 process, got 2") == 1
    assert not Path("run").exists()


@pytest.mark.slow
def test_torchrun_leaves_resumable_checkpoint_on_sigterm(launch, torchrun, undisturbed):
    with launch(2, "-m", "zoo_core", "train", "whole", "--out", "run", *LONG) as process:
        wait_for_epochs(process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=600)
    assert process.returncode != 0
    assert err.count("zoo train --resume run") == 1
    torchrun(2, "-m", "zoo_core", "train", "--resume", "run")
    assert content("run") == undisturbed


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_torchrun_stops_and_stays_resumable_after_killed_worker(launch, torchrun, undisturbed):
    with launch(2, "-m", "zoo_core", "train", "whole", "--out", "run", *LONG) as process:
        wait_for_epochs(process)
        os.kill(worker(process.pid, rank=1), signal.SIGKILL)
        _, err = process.communicate(timeout=600)
    assert process.returncode != 0
    assert any("lost" in line and "--resume RUN" in line for line in err.splitlines())
    printed = torchrun(2, "-m", "zoo_core", "train", "--resume", "run")
    assert "Epoch   1/" not in printed
    assert "Epoch 100/" in printed
    assert content("run") == undisturbed


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_torchrun_resumes_automatically_with_max_restarts(launch, undisturbed):
    command = ("-m", "zoo_core", "train", "whole", "--out", "run", *LONG)
    with launch(2, *command, restarts=1) as process:
        wait_for_epochs(process)
        os.kill(worker(process.pid, rank=1), signal.SIGKILL)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "Training whole" in out, "it was not restarted"
    assert "Epoch   1/" not in out
    assert content("run") == undisturbed


ENDING = ["lr=0.5", "patience=3", "schedule=cooldown"]
"""Values with which training `whole` ends early, by the decision of all processes."""


@pytest.mark.slow
def test_torchrun_ends_early_in_all_processes_and_resumes(launch, torchrun):
    values = [word for value in ENDING for word in ("--set", value)]
    command = ("-m", "zoo_core", "train", "whole", *LONG, *values)
    torchrun(2, *command, "--out", "whole")
    assert [end["because"] for end in card("whole")["ended"]] == ["patience"]
    with launch(2, *command, "--out", "run") as process:
        wait_for_epochs(process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=600)
    torchrun(2, "-m", "zoo_core", "train", "--resume", "run")
    assert content("run") == content("whole")
    torchrun(2, "-m", "zoo_core", "train", "--resume", "run", "--epochs", 120, "--out", "longer")
    assert card("longer")["continued"][0]["epochs"] == 100


@pytest.mark.slow
def test_torchrun_ends_by_the_clock_of_its_first_process(torchrun):
    limit = ("--epochs", 100_000, "--set", "max_minutes=0.03", "--set", "schedule=cosine")
    torchrun(2, "-m", "zoo_core", "train", "whole", "--out", "run", *limit)
    assert card("run")["ended"][-1]["because"] == "max_minutes"
    assert card("run")["seconds"] < 4


@pytest.mark.slow
def test_torchrun_is_refused_in_a_folder_in_which_another_process_trains(launch, torchrun):
    torchrun(2, "-m", "zoo_core", "train", "whole", "--out", "run")
    Path("run", "card.json").unlink()
    with (
        locked_run(Path("run")),
        launch(2, "-m", "zoo_core", "train", "--resume", "run") as process,
    ):
        _, err = process.communicate(timeout=600)
    assert process.returncode != 0
    assert err.count("another process trains in run") == 1
    torchrun(2, "-m", "zoo_core", "train", "--resume", "run")


@pytest.mark.slow
def test_torchrun_on_two_nodes_matches_two_processes_on_one(launch, torchrun):
    """Both nodes are this machine, with a launcher and a folder each."""
    torchrun(2, "-m", "zoo_core", "train", "whole", "--out", "one")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        rendezvous = ("--master-addr", "127.0.0.1", "--master-port", free.getsockname()[1])
    nodes = [
        launch(
            1,
            *("-m", "zoo_core", "train", "whole", "--out", f"node-{rank}"),
            where=(*("--nnodes", 2, "--node-rank", rank), *rendezvous),
        )
        for rank in (0, 1)
    ]
    printed = []
    for node in nodes:
        with node:
            out, err = node.communicate(timeout=600)
        assert node.returncode == 0, err
        printed.append(out)
    assert "Training whole" in printed[0]
    assert not printed[1]
    assert not Path("node-1").exists()
    assert content("node-0") == content("one")


def wait_for_epochs(process):
    """Wait for a few epochs and a checkpoint."""
    while not process.stdout.readline().startswith("Epoch   9/"):
        assert process.poll() is None
    while not list(Path("run", "checkpoints").glob("*/manifest.json")):
        time.sleep(0.01)


def worker(launcher, rank):
    """Return the id of the launcher's child process with a rank."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == launcher and f"RANK={rank}".encode() in environment:
            return int(folder.name)
    raise AssertionError(f"no process of rank {rank}")
