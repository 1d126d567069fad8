"""The options --quiet and --verbose of commands other than `zoo train`."""

import pytest


@pytest.mark.slow
def test_quiet_verification_prints_what_differs_only(cli, registry):
    place = ("--registry", registry)
    assert cli("verify", "softmax.first", "--quiet", *place).out == ""
    card = registry / "softmax" / "first" / "card.json"
    card.write_text(card.read_text() + " ")
    done = cli("verify", "softmax.first", "--quiet", *place)
    assert done.code == 5
    assert "FAIL  card" in done.out


@pytest.mark.slow
def test_reproduction_prints_epochs_with_verbose_and_nothing_with_quiet(cli, registry):
    place = ("--registry", registry)
    assert cli("reproduce", "softmax.first", "--quiet", *place).out == ""
    shown = cli("reproduce", "softmax.first", "--verbose", *place).out
    assert shown.count("Epoch ") == 5
    assert shown.endswith("equal bytes\n")
    assert "Epoch " not in cli("reproduce", "softmax.first", *place).out


@pytest.mark.slow
def test_quiet_evaluation_prints_scores(cli, registry):
    arguments = ("evaluate", "softmax.first", "--registry", registry)
    assert cli(*arguments, "-q").out == cli(*arguments).out
