"""Trainings that begin with named weights: what they take, what is begun anew, what is refused."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from zoo_core.filenames import WEIGHTS
from zoo_core.training.parents.matching import match_tensors
from zoo_core.weights.file import load_weights

LEARN_NOTHING = ("--set", "lr=1e-30", "--set", "weight_decay=0", "--epochs", 1)


@pytest.fixture
def zoo(catalog, cli, site):
    """Return a function that runs a command with the tiny plugin, and expects success."""

    def run(*arguments, code=0):
        result = cli(*arguments, site=site)
        assert result.code == code, result.err
        return result

    return run


@pytest.fixture
def parent(zoo):
    """Return the folder of a trained network, the parent of all others."""
    zoo("train", "large", "--out", "parent", "--seed", 1)
    return "./parent"


def tensors(folder):
    return dict(load_weights(Path(folder, WEIGHTS)).tensors)


def card(folder):
    return json.loads(Path(folder, "card.json").read_text())


def is_counter(name):
    """Return whether a tensor changes in a training that learns nothing."""
    return "running" in name or "batches" in name


def equal(folder, other):
    """Return the names of the tensors that are equal in two runs, without counters."""
    first, second = tensors(folder), tensors(other)
    return {
        name
        for name, each in first.items()
        if not is_counter(name)
        and name in second
        and each.shape == second[name].shape
        and np.array_equal(each, second[name])
    }


BODY, HEAD = {"trunk.0.weight", "trunk.0.bias", "trunk.1.weight", "trunk.1.bias"}, "heads.0."


def test_training_begins_with_all_weights_of_a_run(zoo, parent):
    given = ("--set", "initial=./parent", *LEARN_NOTHING)
    printed = zoo("train", "large", "--out", "child", *given).out
    assert "Initial weights: 9 of 9 tensors from large.\n" in printed
    assert equal("child", "parent") == {*BODY, f"{HEAD}weight", f"{HEAD}bias"}
    initial = card("child")["initial"]
    assert initial["sha256"] == card("parent")["weights"]["sha256"]
    assert (initial["source"], initial["taken"]) == ("large", 9)
    assert initial["license"] == card("child")["license"] == "GPL-3.0-only"
    assert re.search(r"initial weights +large, GPL-3.0-only, sha256", zoo("info", "child").out)


@pytest.mark.parametrize(
    ("dataset", "why"),
    [
        ("four", {"weight": "(3, 96) → (4, 96)", "bias": "(3,) → (4,)"}),
        ("named", {"weight": "other classes", "bias": "other classes"}),
    ],
)
def test_head_for_other_classes_is_begun_anew(zoo, parent, dataset, why):
    given = ("--set", "initial=./parent", "--dataset", dataset, *LEARN_NOTHING)
    printed = zoo("train", "large", "--out", "child", *given).out
    line = f"begun anew: heads.0.weight ({why['weight']}), heads.0.bias ({why['bias']})."
    assert f"Initial weights: 7 of 9 tensors from large; {line}" in printed
    assert equal("child", "parent") == BODY
    assert card("child")["initial"]["anew"] == {f"{HEAD}{key}": each for key, each in why.items()}
    assert card("child")["normalization"] == card("parent")["normalization"]
    assert card("child")["license"] == "CC-BY-SA-4.0 AND GPL-3.0-only"
    data = json.loads(zoo("train", "large", "--out", "again", *given, "--json").out)
    assert data["initial"] == card("child")["initial"]


def test_first_convolution_for_other_channels_is_begun_anew(zoo, parent):
    given = ("--set", "initial=./parent", "--dataset", "color", *LEARN_NOTHING)
    printed = zoo("train", "large", "--out", "child", *given).out
    assert "8 of 9 tensors from large; begun anew: trunk.0.weight ((8, 1, 3, 3) → (8, 3" in printed
    assert len(card("child")["normalization"]["mean"]) == 3
    assert "normalization" not in card("child")["initial"]


def test_two_heads_begin_with_the_one_that_is_there(zoo, parent):
    given = ("--set", "initial=./parent", "--dataset", "toy-pairs", *LEARN_NOTHING)
    printed = zoo("train", "large", "--out", "child", *given).out
    assert "heads.1.weight (missing)" in printed
    assert equal("child", "parent") >= BODY


@pytest.mark.parametrize("prefix", ["", "module.", "model.module."])
def test_checkpoint_of_other_software_matches_without_its_prefix(zoo, parent, prefix):
    state = {f"{prefix}{name}": torch.tensor(each) for name, each in tensors("parent").items()}
    state |= {f"{prefix}extra": torch.ones(3)}
    state[f"{prefix}trunk.0.weight"] = state[f"{prefix}trunk.0.weight"].double()
    save_file(state, "colleague.safetensors")
    given = ("--set", "initial=colleague.safetensors", *LEARN_NOTHING)
    printed = zoo("train", "large", "--out", "child", *given).out
    names = f", names {prefix}* → *" if prefix else ""
    assert f"9 of 9 tensors from colleague.safetensors{names}; not used: {prefix}extra." in printed
    assert equal("child", "parent") == {*BODY, f"{HEAD}weight", f"{HEAD}bias"}
    assert card("child")["license"] == "GPL-3.0-only AND LicenseRef-unknown"


def test_published_weights_are_taken_reproduced_and_named_as_parent(zoo, parent):
    zoo("publish", parent, "--as", "large.best", "--registry", "shared")
    zoo("registry", "add", "shared", "shared")
    zoo("train", "large", "--dataset", "four", "--out", "child", "--set", "initial=large.best")
    assert card("child")["initial"]["source"] == "large.best"
    zoo("publish", "./child", "--as", "large.child", "--registry", "own")
    published = json.loads(Path("own/large/child/card.json").read_text())
    assert published["initial"] == card("child")["initial"]
    result = zoo("reproduce", "large.child", "--registry", "own")
    assert "equal bytes" in result.out
    shutil.rmtree("shared/large/best")
    zoo("reproduce", "large.child", "--registry", "own", code=1)
    zoo("verify", "large.child", "--registry", "own")


def test_reproduction_with_other_weights_is_refused(zoo, parent):
    zoo("train", "large", "--dataset", "four", "--out", "child", "--set", "initial=./parent")
    zoo("publish", "./child", "--as", "large.child", "--registry", "own")
    assert "equal bytes" in zoo("reproduce", "large.child", "--registry", "own").out
    shutil.rmtree("parent")
    zoo("train", "large", "--out", "parent", "--seed", 2)
    refused = zoo("reproduce", "large.child", "--registry", "own", code=5).err
    assert re.search(r"initial weights: expected large with sha256 .*, got large with", refused)


def test_training_resumes_with_the_weights_it_began_with(zoo, parent, run_process, site):
    whole = ("train", "large", "--dataset", "four", "--set", "initial=./parent", "--threads", 1)
    zoo(*whole, "--out", "whole")
    zoo(*whole, "--out", "run")
    for name in ("card.json", "card.md", WEIGHTS):  # as after a kill before the first checkpoint
        Path("run", name).unlink()
    for folder in Path("run").glob("checkpoints"):
        shutil.rmtree(folder)
    zoo("train", "--resume", "run")
    assert Path("run", WEIGHTS).read_bytes() == Path("whole", WEIGHTS).read_bytes()
    assert card("run")["initial"] == card("whole")["initial"]
    for name in ("card.json", "card.md", WEIGHTS):
        Path("run", name).unlink()
    shutil.rmtree("parent")
    zoo("train", "large", "--out", "parent", "--seed", 2)
    assert "initial weights: expected" in zoo("train", "--resume", "run", code=5).err


def test_wrong_files_are_refused_in_one_sentence(zoo, parent):
    Path("weights.pt").write_bytes(b"\x80\x02")
    Path("text.safetensors").write_text("no weights")
    save_file({"trunk.0.weight": torch.full((8, 1, 3, 3), torch.nan)}, "nan.safetensors")
    save_file({"trunk.0.weight": torch.ones(8, 1, 3, 3).bfloat16()}, "half.safetensors")
    save_file({"other.weight": torch.ones(2)}, "other.safetensors")
    for name, code, expected in (
        ("weights.pt", 2, r"a \.pt file may run code .* Convert it once: python -c"),
        ("text.safetensors", 5, r"text\.safetensors is not a weight file"),
        ("nan.safetensors", 5, "'trunk.0.weight' is not finite"),
        ("half.safetensors", 1, "expected numbers of a type of NumPy, got BF16"),
        ("other.safetensors", 2, "expected weights for most of the 7 tensors .* got .* none"),
        ("./nothing", 1, "there are no weights at nothing"),
        ("large.nothing", 3, "no registry has published weights 'large.nothing'"),
    ):
        given = ("--set", f"initial={name}")
        error = zoo("train", "large", "--out", "run", *given, code=code).err
        assert re.search(expected, error), error
        assert len(error.splitlines()) == 1
        assert not Path("run").exists()


def test_weights_of_another_model_are_refused(zoo, parent):
    """The bias of a head fits by chance."""
    error = zoo("train", "small", "--out", "run", "--set", "initial=./parent", code=2).err
    assert "got weights for 1, and not for heads.0.weight ((3, 96) → (3, 30))" in error


def test_damaged_parent_is_refused(zoo, parent):
    path = Path(parent, WEIGHTS)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    error = zoo("train", "large", "--out", "run", "--set", "initial=./parent", code=5).err
    assert "checksum mismatch" in error


def test_initial_excludes_pretrained(zoo):
    given = ("--set", "initial=x", "--set", "pretrained=true")
    assert "exclude one another" in zoo("train", "large", *given, code=2).err


def test_names_match_under_any_common_prefix():
    rng = np.random.default_rng(0)
    own = {name: rng.random((2, 3)) for name in ("network.a.w", "network.b.w", "network.c")}
    for prefix in ("", "network.", "module.", "module.network.", "state.model."):
        given = {name.replace("network.", prefix): each for name, each in own.items()}
        match = match_tensors(given, own)
        assert match.taken.keys() == own.keys()
        assert all(np.array_equal(match.taken[name], own[name]) for name in own)
        assert bool(match.renamed) == (prefix != "network.")
