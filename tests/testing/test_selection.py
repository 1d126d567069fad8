"""`zoo check --only`, `--fast`, `--list` and `--model`, and the same from pytest."""

import pytest

from zoo_core.errors import InvalidValueError
from zoo_core.testing import Check, conformance_test, plugin_checks, select_checks

TOY = {"ZOO_PLUGINS": "zoo-toy"}

CHECKS = [
    Check("tiny.default: overfits a batch", print, trains=True),
    Check("tiny.default: returns floats", print),
    Check("tiny.slow: overfits a batch", print, trains=True),
    Check("zoo-tiny: loads", print),
]


@pytest.mark.parametrize(
    ("only", "fast", "found"),
    [
        ([], False, [0, 1, 2, 3]),
        ([], True, [1, 3]),
        (["overfits*"], False, [0, 2]),
        (["Overfits a Batch"], False, [0, 2]),
        (["tiny.default"], False, [0, 1]),
        (["tiny.*: *floats"], False, [1]),
        (["tiny.slow", "loads"], False, [2, 3]),
        (["tiny.default"], True, [1]),
        ("tiny.slow", False, [2]),
    ],
)
def test_select_checks_matches_names_subjects_and_conditions(only, fast, found):
    assert select_checks(CHECKS, only=only, fast=fast) == [CHECKS[number] for number in found]


@pytest.mark.parametrize("fast", [False, True])
def test_select_checks_refuses_pattern_without_match(fast):
    with pytest.raises(InvalidValueError, match=r"'overfit a batch'.*Did you mean 'overfits a b"):
        select_checks(CHECKS, only=["loads", "overfit a batch"], fast=fast)


def test_zoo_check_runs_selected_checks(cli):
    done = cli("check", "zoo-toy", "--only", "softmax", "--only", "*license", env=TOY)
    assert done.code == 0, done.out
    *lines, last = done.out.splitlines()
    assert all("softmax: " in line or "license" in line for line in lines)
    total = len(cli("check", "zoo-toy", "--list", "--json", env=TOY).json["checks"])
    assert (
        last
        == f"{len(lines)} checks of zoo-toy: {len(lines)} passed; {total - len(lines)} left out."
    )


def test_zoo_check_reports_pattern_without_match_on_one_line(cli):
    done = cli("check", "zoo-toy", "--only", "overfits a match", env=TOY)
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert "Did you mean 'overfits a batch'?" in line
    assert "--list" in line


def test_zoo_check_lists_checks_and_their_conditions(cli):
    done = cli("check", "zoo-toy", "--list", env=TOY)
    assert done.code == 0
    assert "zoo-toy:" in done.out
    assert (
        "  overfits a batch (trains): the model learns a single batch of random examples\n"
        in done.out
    )
    listed = cli("check", "zoo-toy", "--list", "--fast", "--json", env=TOY).json["checks"]
    assert listed
    assert not any(each["trains"] for each in listed)
    assert all(each["about"] and "Check that" not in each["about"] for each in listed)


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["zoo-toy", "--model", "softmux"], 3, "Did you mean 'softmax'?"),
        (["zoo-core", "--model", "softmax"], 2, "zoo-core has no trainer"),
    ],
)
def test_zoo_check_reports_wrong_model_on_one_line(cli, arguments, code, problem):
    done = cli("check", *arguments, env=TOY)
    assert (done.code, done.out) == (code, "")
    assert problem in done.err
    assert len(done.err.splitlines()) == 1


def test_plugin_checks_train_named_model_with_trainer(toy):
    checks = {each.name: each for each in plugin_checks(toy, "zoo-toy", model="softmax-pairs")}
    checks["toy: trains"].run()
    assert "softmax-pairs" in checks["toy: trains"].arguments


def test_conformance_test_has_options_of_zoo_check(toy):
    test = conformance_test("zoo-toy", only=["softmax.default"], fast=True)
    (mark,) = test.pytestmark
    names = {check.name for check in mark.args[1]}
    assert "softmax.default: returns floats" in names
    assert "softmax.default: overfits a batch" not in names
    assert all(name.startswith("softmax.default: ") for name in names)


def test_fast_checks_start_no_training(toy, monkeypatch):
    import zoo_toy.model

    def refuse(*given):
        raise AssertionError("a training")

    monkeypatch.setattr(zoo_toy.model.ToyTrainer, "start", refuse)
    for check in select_checks(plugin_checks(toy, "zoo-toy"), fast=True):
        check.run()


def test_checks_share_models_and_trainings(toy, monkeypatch):
    # A framework may compile a step for every learner, which takes seconds.
    import zoo_toy.model

    counts = {"start": 0, "build": 0}
    for name in counts:
        original = getattr(zoo_toy.model.ToyTrainer, name)

        def counting(*given, name=name, original=original):
            counts[name] += 1
            return original(*given)

        monkeypatch.setattr(zoo_toy.model.ToyTrainer, name, counting)
    for check in plugin_checks(toy, "softmax"):
        if check.subject in ("softmax.default", "softmax.slow"):
            check.run()
    assert counts["start"] <= 2 * 7 + 10 + 4
    assert counts["build"] <= counts["start"] + 2 * 6 + 8
