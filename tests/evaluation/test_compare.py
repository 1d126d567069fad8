"""Comparisons of several models on the same images."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError, VerificationError
from zoo_core.evaluation.compare import compare_pretrained
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.evaluation.statistics import holm, mcnemar_p
from zoo_core.metrics.wilson import wilson_interval
from zoo_core.pretrained.load import load_pretrained
from zoo_core.training.training import Training


@pytest.mark.requires("scipy")
@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_matches_scipy(counts):
    from scipy import stats

    expected = stats.binomtest(*counts).proportion_ci(0.95, method="wilson")
    assert wilson_interval(*counts) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.requires("scipy")
@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_p_matches_binomial_test_of_scipy(first, second):
    from scipy import stats

    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar_p(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.slow
def test_mcnemar_p_handles_ten_thousand_differences():
    assert 0 <= mcnemar_p(10_000, 0) < 1e-300
    assert mcnemar_p(5_000, 5_000) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_returns_running_maximum_of_scaled_p_values(ps):
    order, expected, highest = np.argsort(ps, kind="stable"), {}, 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[index]))
        expected[index] = highest
    adjusted = holm(ps)
    assert adjusted == [expected[index] for index in range(len(ps))]
    assert all(a >= p for a, p in zip(adjusted, ps, strict=True))


@pytest.fixture
def pair(toy, run, tmp_path):
    other = Training.new(
        toy, "softmax", out=tmp_path / "other", overrides=[{"epochs": 1, "lr": 1e-5}]
    ).run()
    return [load_pretrained(toy, each.folder) for each in (run, other)]


def test_compare_pretrained_counts_match_predictions(toy, pair):
    comparison = compare_pretrained(toy, pair)
    images = comparison.data.splits["test"]
    first, second = (each.predict(images.inputs).labels[:, 0] == images.targets[0] for each in pair)
    (question,) = comparison.heads_compared
    assert [share.correct for share in question.proportions] == [first.sum(), second.sum()]
    (found,) = question.tests
    assert (found.both, found.only_first, found.only_second, found.neither) == (
        (first & second).sum(),
        (first & ~second).sum(),
        (~first & second).sum(),
        (~first & ~second).sum(),
    )
    assert found.only_first > found.only_second, "the models were to differ"
    assert comparison.disagreements.tolist() == np.flatnonzero(first != second).tolist()
    assert comparison.scores == evaluate_pretrained(toy, pair).members


def test_compare_pretrained_tests_each_head_and_all_heads_together(toy, tmp_path):
    runs = [
        Training.new(
            toy,
            "softmax-pairs",
            out=tmp_path / str(seed),
            overrides=[{"epochs": 1, "lr": lr, "seed": seed}],
        ).run()
        for seed, lr in enumerate((0.5, 1e-4, 1e-5))
    ]
    comparison = compare_pretrained(toy, [load_pretrained(toy, run.folder) for run in runs])
    labels = np.stack(comparison.targets, axis=1)
    is_correct = np.stack([each.labels == labels for each in comparison.predictions])
    assert [question.head for question in comparison.heads_compared] == [0, 1, None]
    for question, right in zip(
        comparison.heads_compared,
        [*np.moveaxis(is_correct, 2, 0), is_correct.all(axis=2)],
        strict=True,
    ):
        assert [share.correct for share in question.proportions] == right.sum(axis=1).tolist()
        assert [(pair.first, pair.second) for pair in question.tests] == [(0, 1), (0, 2), (1, 2)]
        assert [pair.adjusted for pair in question.tests] == holm([p.p for p in question.tests])
    readers = is_correct.all(axis=2).sum(axis=0)[comparison.disagreements]
    assert set(readers) <= {1, 2}
    assert (np.diff(readers) >= 0).all()


def test_compare_pretrained_refuses_models_of_different_datasets(toy, run, tmp_path):
    pairs = Training.new(
        toy, "softmax-pairs", out=tmp_path / "pairs", overrides=[{"epochs": 1}]
    ).run()
    with pytest.raises(InvalidValueError, match="toy, toy-pairs"):
        compare_pretrained(toy, [load_pretrained(toy, each.folder) for each in (run, pairs)])


def test_evaluation_refuses_changed_data_set_of_a_plugin(toy, run):
    member = load_pretrained(toy, run.folder)
    facts = member.card.dataset
    other = member.card.model_copy(
        update={"dataset": facts.model_copy(update={"sha256": "0" * 64, "examples": None})}
    )
    changed = dataclasses.replace(member, _read_card=lambda: other)
    with pytest.raises(VerificationError, match="expected sha256 000000000000…, got "):
        evaluate_pretrained(toy, [changed])


@pytest.mark.slow
def test_zoo_compare_reports_comparison_as_json_and_text(cli, tmp_path):
    for seed, (name, lr) in enumerate((("good", "0.5"), ("bad", "1e-5"), ("worse", "1e-5"))):
        arguments = ("--epochs", 1, "--set", f"lr={lr}", "--seed", seed, "--out", name)
        assert cli("train", "softmax", *arguments).code == 0
    report = cli("compare", "good", "bad", "worse", "--json").json
    (question,) = report["questions"]
    alone = [cli("evaluate", name, "--json").json for name in ("good", "bad", "worse")]
    for share, single in zip(question["shares"], alone, strict=True):
        assert share["correct"] == single["metrics"]["test"]["correct"][0]
        assert share["low"] <= share["accuracy"] <= share["high"]
    assert [member["model"] for member in report["members"]] == [a["model"] for a in alone]
    first = question["pairs"][0]
    assert first["p"] < first["adjusted"] < 0.05
    for image in report["disputed"]:
        right = [read == image["labels"] for read in image["read"]]
        assert any(right)
        assert not all(right)
        (names,) = report["classes"]
        assert image["classes"] == [names[image["labels"][0]]]
        assert image["read_classes"] == [[names[label]] for (label,) in image["read"]]
    text = cli("compare", "good", "bad", "worse", "--show", 2).out
    assert f"{question['shares'][0]['low']:.2%}" in text
    line = next(line for line in text.splitlines() if line.startswith("good ") and "bad" in line)
    assert line.split()[2:6] == [
        str(first[key]) for key in ("only_first", "only_second", "both", "neither")
    ]
    assert line.endswith("good")
    assert f"{len(report['disputed'])} examples are predicted correctly by some" in text
    assert "The 2 that the fewest" in text
    assert len(text.split("EXAMPLE")[1].splitlines()) == 3


@pytest.mark.parametrize("names", [["run"], ["run", "run"]])
def test_zoo_compare_refuses_single_model(cli, names):
    result = cli("compare", *names)
    assert result.code == 2
    assert "at least two models" in result.err
    assert names[0] in result.err
