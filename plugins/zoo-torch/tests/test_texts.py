"""A model of tokens in a file of its own: trained on texts, it predicts the lines of text files."""

import json

import numpy as np
import pytest

PLUGIN = '''
"""A net that adds up the embeddings of words."""
import numpy as np
import zoo_core as zoo
from zoo_core.data.tokens import encode_texts, make_vocabulary
from torch import nn

GOOD, BAD = ("fine film", "great film", "a great joy"), ("dull film", "a sad bore", "so sad")
TEXTS = (GOOD + BAD) * 10
INPUT = zoo.InputSpec(kind="tokens", shape=(4,), vocabulary=make_vocabulary(TEXTS, words=True))
TARGETS = zoo.class_targets(("bad", "good"))
RECIPES = {"default": {"epochs": 5, "batch_size": 10, "optimizer": "adamw", "lr": 0.05}}

class Net(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.words = nn.EmbeddingBag(config.vocabulary_size, 8, padding_idx=0)
        self.head = nn.Linear(8, config.outputs[0])

    def forward(self, x):
        return [self.head(self.words(x.long()))]

def build(config):
    return Net(config)

def load():
    split = zoo.Split(encode_texts(TEXTS, INPUT), (np.array(([1] * 3 + [0] * 3) * 10),))
    return zoo.ArrayDataset({"train": split, "test": split}, TARGETS, input=INPUT)

@zoo.hookimpl
def zoo_models():
    yield zoo.ModelSpec(name="word-net", summary="Words.", builder="words:build",
        config="zoo_core:ModelConfig", recipes="words:RECIPES", trainer="torch",
        dataset="reviews", inputs=("tokens",), license="MIT")

@zoo.hookimpl
def zoo_datasets():
    yield zoo.DatasetSpec(name="reviews", summary="Made.", loader="words:load", input=INPUT,
        targets=TARGETS, sizes={"train": 60, "test": 60}, sha256="", license="CC0-1.0",
        source="made")
'''


SHIFTED = """
import dataclasses
import numpy as np
import zoo_core as zoo
import words

def load():
    whole = words.load()
    split = zoo.Split(whole.splits["train"].inputs + 7, whole.splits["train"].targets)
    return dataclasses.replace(whole, splits={"train": split, "test": split})

@zoo.hookimpl
def zoo_datasets():
    (spec,) = words.zoo_datasets()
    yield dataclasses.replace(spec, name="shifted", loader="shifted:load")
"""
"""A data set whose tokens are not those of its vocabulary."""


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """Return a folder with the plugin and a training of its model in `run`."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "words.py").write_text(PLUGIN, encoding="utf-8")
    return folder


@pytest.fixture
def zoo(words, run_process):
    def run(*command, code=0):
        arguments = ("-m", "zoo_core", "-p", words / "words.py", *command)
        result = run_process(*arguments)
        assert result.code == code, result.err
        return result

    if not (words / "run").exists():
        run("train", "word-net", "--out", words / "run")
    return run


def test_lines_of_text_are_examples(zoo, words):
    file = words / "reviews.txt"
    file.write_text("great film\nso sad\n\nso one\nso two\n", encoding="utf-8")
    # Forced, because a model that is sure of all its few examples is unsure of unknown words.
    command = ("predict", words / "run", file, "--force")
    found = json.loads(zoo(*command, "--json").out)["predictions"]
    assert [each["file"] for each in found] == [f"{file}, line {i}" for i in (1, 2, 3, 4, 5)]
    assert [each["classes"] for each in found[:2]] == [["good"], ["bad"]]
    # Words outside the vocabulary are the same unknown one.
    assert found[3]["probabilities"] == found[4]["probabilities"]
    lines = zoo(*command, "--csv").out.splitlines()
    assert lines[0].startswith("text,label,probability")
    assert lines[1].startswith("great film,good,")


def test_file_that_is_not_text_is_an_error(zoo, words):
    (words / "latin.txt").write_bytes(b"\xff\xfe\x00")
    assert (
        "expected text in UTF-8" in zoo("predict", words / "run", words / "latin.txt", code=1).err
    )


def test_token_outside_the_vocabulary_is_refused_everywhere(zoo, words, run_process):
    np.save(words / "tokens.npy", np.array([[0, 2, 99, 1]]))
    wrong = zoo("predict", words / "run", words / "tokens.npy", code=2).err
    assert "expected tokens 0 to 10, got 99 in example 0" in wrong
    (words / "shifted.py").write_text(SHIFTED, encoding="utf-8")
    for command in (
        ["train", "word-net", "--dataset", "shifted", "--out", words / "shifted-run"],
        ["evaluate", words / "run", "--dataset", "shifted"],
        ["check", "shifted", "--only", "*splits*"],
    ):
        result = run_process(
            "-m", "zoo_core", "-p", words / "words.py", "-p", words / "shifted.py", *command
        )
        assert result.code in {1, 5}
        text = " ".join((result.out + result.err).split())
        assert "in split 'train': expected tokens 0 to 10, got 1" in text
    assert not (words / "shifted-run").exists()
