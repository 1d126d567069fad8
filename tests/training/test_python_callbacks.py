"""Callbacks that are passed from Python, and the text of a run."""

import pytest

import zoo_core as zoo
from zoo_core.errors import InvalidValueError
from zoo_core.pretrained.model import FrameworkModel


class Recorder(zoo.Callbacks):
    """Callbacks that store their calls, and raise after some steps."""

    def __init__(self, calls, name="", stop_after=0):
        self.calls, self.name, self.stop_after, self.steps = calls, name, stop_after, 0

    def data_loaded(self, dataset, recipe, data, record):
        self.calls.append(f"{self.name}data {dataset.name}")

    def train_start(self, run, progress):
        self.calls.append(f"{self.name}start {progress.epoch}")

    def step_end(self, epoch, step, steps):
        self.steps += 1
        if self.steps == self.stop_after:
            raise KeyboardInterrupt

    def epoch_end(self, run, epoch, metrics):
        self.calls.append(f"{self.name}epoch {epoch}")

    def train_end(self, run, result, predictions):
        assert len(predictions().labels) == 50
        self.calls.append(f"{self.name}end {result.model}")


def test_callbacks_are_called_in_order(toy, tmp_path):
    calls = []
    both = [Recorder(calls, "a "), Recorder(calls, "b ")]
    zoo.train("softmax", out=tmp_path / "run", epochs=1, callbacks=both)
    words = ("data toy", "start 1", "epoch 1", "end softmax")
    assert calls == [f"{name} {word}" for word in words for name in "ab"]


def test_callbacks_of_resumed_training_begin_at_its_checkpoint(toy, tmp_path):
    from zoo_core.training.training import Training

    calls = []
    stopped = Recorder(calls, stop_after=30)  # 12 steps per epoch: in the third
    with pytest.raises(KeyboardInterrupt):
        Training.new(
            toy, "softmax", out=tmp_path / "run", callbacks=stopped, checkpoint_every=0
        ).run()
    assert calls == ["data toy", "start 1", "epoch 1", "epoch 2"]
    calls.clear()
    run = zoo.resume(tmp_path / "run", callbacks=[Recorder(calls)])
    assert calls == ["data toy", "start 3", "epoch 3", "epoch 4", "epoch 5", "end softmax"]
    whole = zoo.train("softmax", out=tmp_path / "whole")
    assert run.card.weights.sha256 == whole.card.weights.sha256


@pytest.mark.parametrize("wrong", [[print], [Recorder], zoo.Callbacks, [zoo.Callbacks(), None]])
def test_train_refuses_other_objects_as_callbacks(toy, tmp_path, wrong):
    with pytest.raises(InvalidValueError, match=r"callbacks: expected a list of zoo\.Callbacks"):
        zoo.train("softmax", out=tmp_path / "run", callbacks=wrong)
    assert not (tmp_path / "run").exists()


def test_single_callbacks_object_is_accepted(toy, tmp_path):
    calls = []
    zoo.train("softmax", out=tmp_path / "run", epochs=1, callbacks=Recorder(calls))
    assert calls[-1] == "end softmax"


def test_repr_of_run_fits_ten_lines(toy, run):
    shown = repr(run)
    assert len(shown.splitlines()) <= 10
    assert max(map(len, shown.splitlines())) <= 100 + len(str(run.folder))
    accuracy = f"{run.card.metrics['test']['accuracy'][0]:.2%}"
    for fact in ("softmax", "toy", str(run.folder), "5 epochs", "seed 3", accuracy):
        assert fact in shown


def test_repr_of_run_does_not_raise_without_card(toy, run):
    (run.folder / "card.json").write_text("{")
    assert "invalid card" in repr(run)
    (run.folder / "card.json").unlink()
    assert "not finished" in repr(run)


def test_repr_of_pretrained_does_not_contain_model(toy, run):
    class Wordy:
        def __repr__(self):
            return "layer\n" * 1000

    pretrained = zoo.load(run.folder)
    vars(pretrained)["_framework_model"] = FrameworkModel(None, "toy", Wordy())
    assert isinstance(pretrained.model, Wordy)
    assert len(repr(pretrained)) < 400
    assert pretrained.name in repr(pretrained)
