"""Plugins and callbacks that observe steps."""

import pytest

import zoo_core as zoo
from zoo_core.errors import PluginError, UnavailableError, UnknownNameError
from zoo_core.frameworks.scored_steps import ScoredSteps
from zoo_core.installation.installed import load_catalog
from zoo_core.training.checks.trackers import check_trackers
from zoo_core.training.training import Training

STEPS = 12
"""Steps per epoch of the toy model."""


@pytest.fixture
def plugin(site, write_plugin, toy, monkeypatch):
    """Return a function that installs a plugin next to zoo-toy, and returns the catalog."""

    def install(code):
        write_plugin(site, "zoo-ear", f"from zoo_core import hookimpl\ncalls = []\n{code}")
        monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-ear")
        return load_catalog()

    return install


def train(catalog, tmp_path, epochs=2, **how):
    overrides = [{"epochs": epochs}]
    return Training.new(catalog, "softmax", out=tmp_path / "run", overrides=overrides, **how).run()


def test_step_hook_is_called_after_each_step(plugin, tmp_path):
    hook = "@hookimpl\ndef zoo_step_end(run, step, epoch, steps): "
    catalog = plugin(f"{hook}calls.append((run.model.name, epoch, step, steps))")
    train(catalog, tmp_path)
    import zoo_ear.plugin

    expected = [("softmax", epoch, step, STEPS) for epoch in (1, 2) for step in range(1, STEPS + 1)]
    assert zoo_ear.plugin.calls == expected


def test_step_hook_that_fails_costs_one_warning(plugin, tmp_path, capsys):
    train(plugin("@hookimpl\ndef zoo_step_end(step): calls.append(1 / (step - 3))"), tmp_path)
    (warning,) = capsys.readouterr().err.splitlines()
    assert "plugin zoo-ear:zoo-ear failed in zoo_step_end" in warning
    assert "the training continues without it: ZeroDivisionError" in warning
    import zoo_ear.plugin

    assert len(zoo_ear.plugin.calls) == 2


def test_scored_steps_have_the_loss_of_all_examples(plugin, tmp_path):
    code = (
        "@hookimpl\ndef zoo_steps_scored(run, scored): calls.append(scored)\n"
        "@hookimpl\ndef zoo_epoch_end(metrics): calls.append(metrics)\n"
    )
    run = train(plugin(code), tmp_path, epochs=1)
    import zoo_ear.plugin

    *scored, epoch = zoo_ear.plugin.calls
    assert [(each.step, each.number, each.steps) for each in scored] == [(1, 1, 12), (12, 12, 12)]
    assert {each.lr > 0 for each in scored} == {True}
    totals = [each.scores.total for each in scored]
    assert totals[0] == run.recipe.batch_size
    assert sum(totals) == epoch["train"]["total"]
    losses = [each.scores["loss"][0] * each.scores.total for each in scored]
    assert sum(losses) / sum(totals) == pytest.approx(epoch["train"]["loss"][0])


def test_steps_that_nobody_observes_are_not_scored(toy, tmp_path, monkeypatch):
    def fail(_tasks, _measured):
        raise AssertionError

    monkeypatch.setattr("zoo_core.frameworks.scored_steps.score", fail)
    assert train(toy, tmp_path).card.epoch


def test_callbacks_of_python_get_scored_steps(toy, tmp_path):
    class Recorder(zoo.Callbacks):
        def __init__(self):
            self.steps = []

        def steps_scored(self, run, scored):
            assert isinstance(scored, ScoredSteps)
            self.steps.append(scored.number)

    recorder = Recorder()
    zoo.train("softmax", out=tmp_path / "run", epochs=2, callbacks=[recorder])
    assert recorder.steps == [1, 12, 24]


TRACKERS = "@hookimpl\ndef zoo_trackers(names):\n    {}"


def test_unknown_tracker_is_refused_before_the_training(plugin, tmp_path, monkeypatch):
    plugin(TRACKERS.format("return ['board']"))
    monkeypatch.setenv("ZOO_TRACK", "board,boart")
    with pytest.raises(UnknownNameError, match="no tracker 'boart'. Did you mean 'board'"):
        check_trackers(load_catalog())


def test_tracker_that_cannot_be_used_is_refused_before_the_training(plugin, monkeypatch):
    error = "from zoo_core.plugin_api import UnavailableError; raise UnavailableError('no board')"
    catalog = plugin(TRACKERS.format(error))
    check_trackers(catalog)  # because none was chosen
    monkeypatch.setenv("ZOO_TRACK", "board")
    with pytest.raises(UnavailableError, match="no board"):
        check_trackers(catalog)


def test_plugin_that_fails_to_name_trackers_is_an_error(plugin, monkeypatch):
    catalog = plugin(TRACKERS.format("return 1 / 0"))
    monkeypatch.setenv("ZOO_TRACK", "board")
    with pytest.raises(PluginError, match="zoo-ear failed in zoo_trackers: ZeroDivisionError"):
        check_trackers(catalog)
