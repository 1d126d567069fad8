"""Strings: CTC decoding, loss and edit distance against plain ones, and what is refused."""

import collections
import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.tasks.examples import strings
from zoo_core.errors import DataError
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks import ctc, ctc_posteriors
from zoo_core.tasks.sequence import StringRecognition, encode_strings

TARGET = TargetSpec(task="sequence", classes=("a", "b", "c"), shape=(4,))
TASK = StringRecognition(TARGET)
texts = st.lists(st.text("abc", max_size=6), min_size=1, max_size=8)


def encode(*values, length=None):
    length = length or max(1, *map(len, values))
    return encode_strings(
        values, TargetSpec(task="sequence", classes=TARGET.classes, shape=(length,))
    )


def outputs_of(*paths):
    """Return outputs whose best paths are strings of ``abc-``, in which ``-`` is the blank."""
    return 5 * np.array([np.eye(4)[["-abc".index(x) for x in path]] for path in paths], np.float32)


def plain_distance(found, expected):
    """Return the Levenshtein distance, by its recursive definition."""
    if not found or not expected:
        return len(found) + len(expected)
    if found[0] == expected[0]:
        return plain_distance(found[1:], expected[1:])
    pairs = [(found[1:], expected), (found, expected[1:]), (found[1:], expected[1:])]
    return 1 + min(plain_distance(*pair) for pair in pairs)


def plain_decode(path):
    return "".join(symbol for symbol, _ in itertools.groupby(path) if symbol != "-")


@given(texts, texts)
def test_edit_distances_agree_with_definition(found, expected):
    pairs = [*zip(found, expected, strict=False)]
    ours = ctc.edit_distances(*(encode(*each) for each in zip(*pairs, strict=True)))
    assert ours.tolist() == [plain_distance(*pair) for pair in pairs]


@given(
    st.integers(1, 9).flatmap(
        lambda n: st.lists(st.text("abc-", min_size=n, max_size=n), min_size=1)
    )
)
def test_decoding_agrees_with_definition(paths):
    prediction = TASK.predict(outputs_of(*paths))
    assert prediction.strings == [plain_decode(path) for path in paths]
    assert [*map(str.__len__, prediction.strings)] == ctc.lengths(prediction.codes).tolist()


@given(st.text("abc", max_size=3), st.integers(0, 2**32 - 1))
def test_loss_is_sum_over_all_paths(string, seed):
    steps = 4
    outputs = np.random.default_rng(seed).normal(0, 2, (1, steps, 4))
    shares = np.exp(outputs[0]) / np.exp(outputs[0]).sum(axis=1, keepdims=True)
    total = sum(
        np.prod([shares[step]["-abc".index(x)] for step, x in enumerate(path)])
        for path in itertools.product("-abc", repeat=steps)
        if plain_decode(path) == string
    )
    loss = ctc.ctc_losses(outputs, encode(string))[0]
    if total == 0:  # three equal symbols take five steps
        assert loss == np.inf
    else:
        assert loss == pytest.approx(-np.log(total) / max(1, len(string)), rel=1e-9)


def test_loss_agrees_with_torch():
    torch = pytest.importorskip("torch")
    _, outputs, codes = strings(np.random.default_rng(0), 50)
    logs = torch.tensor(outputs, dtype=torch.float64).log_softmax(2).transpose(0, 1)
    sizes = torch.full((50,), 11), torch.tensor(ctc.lengths(codes))
    theirs = torch.nn.functional.ctc_loss(logs, torch.tensor(codes) + 1, *sizes, reduction="none")
    expected = theirs.numpy() / np.maximum(ctc.lengths(codes), 1)
    np.testing.assert_allclose(ctc.ctc_losses(outputs, codes), expected, rtol=1e-9)


@given(texts)
def test_string_can_be_given_in_the_steps_that_it_needs_and_not_in_fewer(values):
    for value, needed in zip(values, ctc.steps_needed(encode(*values)).tolist(), strict=True):
        if needed:
            assert np.isfinite(ctc.ctc_losses(np.zeros((1, needed, 4)), encode(value)))
        if needed > 1:
            assert ctc.ctc_losses(np.zeros((1, needed - 1, 4)), encode(value)) == np.inf


def test_padding_does_not_matter():
    outputs = np.random.default_rng(1).normal(size=(2, 9, 4))
    short, long = encode("ab", "c"), encode("ab", "c", length=8)
    assert np.array_equal(ctc.ctc_losses(outputs, short), ctc.ctc_losses(outputs, long))
    assert np.array_equal(ctc.edit_distances(short, long), [0, 0])


def test_metrics_count_symbols_of_all_strings():
    measured = TASK.measure(outputs_of("a-b-", "cc--", "----"), encode("ab", "abc", ""))
    assert measured.columns["exact_match"].tolist() == [True, False, True]
    assert measured.columns["cer"].tolist() == [0, 2 / 3, 0]
    metrics = TASK.metrics(measured)
    assert metrics.pop("loss") > 0
    assert metrics == {"exact_match": 2 / 3, "exact": 2, "cer": 2 / 5}


def path_sums(outputs):
    """Return the probability of each string: the sum over its paths."""
    shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    sums = collections.Counter()
    for path in itertools.product("-abc", repeat=len(outputs)):
        share = np.prod([step["-abc".index(x)] for step, x in zip(shares, path, strict=True)])
        sums[plain_decode(path)] += share
    return sums


def variants(string, place):
    """Return the strings with another symbol, or none, in a place."""
    return [string[:place] + symbol + string[place + 1 :] for symbol in ("a", "b", "c", "")]


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.sampled_from([0.5, 2, 5]))
def test_confidences_are_shares_of_sums_over_all_paths(seed, steps, strength):
    outputs = np.random.default_rng(seed).normal(0, strength, (2, steps, 4))
    prediction = TASK.predict(outputs)
    assert np.array_equal(TASK.confidences(outputs), prediction.confidences)
    for row, string in enumerate(prediction.strings):
        sums = path_sums(outputs[row])
        expected = np.zeros(steps)
        for place in range(len(string)):
            others = sum(sums[each] for each in variants(string, place))
            expected[place] = sums[string] / others
        np.testing.assert_allclose(prediction.symbol_confidences[row], expected, rtol=1e-5)
        whole = np.prod(expected[: len(string)]) if string else sums[""]
        assert prediction.confidences[row] == pytest.approx(whole, rel=1e-5)


def test_unsure_blanks_do_not_make_a_string_unsure():
    # Each time step has a probability of 98 %, and all 202 together one of 2 %.
    found = TASK.predict(outputs_of("a" + "-" * 200 + "b"))
    assert found.strings == ["ab"]
    assert found.confidences[0] == pytest.approx(found.symbol_confidences[0, :2].prod())
    assert found.confidences[0] > 0.9


def test_confidences_of_many_steps_do_not_underflow():
    generator = np.random.default_rng(0)
    outputs = np.concatenate([outputs_of("abc-" * 150 + "b"), outputs_of("-" * 601)])
    outputs += generator.normal(0, 0.1, outputs.shape).astype(np.float32)
    prediction = TASK.predict(outputs)
    assert prediction.strings == ["abc" * 150 + "b", ""]
    # Of an empty string, that of 601 blanks, each of which is a little unsure.
    assert 0 < prediction.confidences[1] < 1e-3
    symbols = prediction.symbol_confidences[0]
    assert symbols[:451].min() > 0.9
    assert prediction.confidences[0] == pytest.approx(symbols[:451].prod(), rel=1e-4)
    assert not symbols[451:].any()
    assert not prediction.symbol_confidences[1].any()


def test_confidences_do_not_depend_on_other_examples():
    outputs = outputs_of("a-bbc---", "--------", "cccccccc", "abcabcab")
    outputs += np.random.default_rng(1).normal(0, 1, outputs.shape).astype(np.float32)
    together = TASK.predict(outputs)
    for row in range(4):
        alone = TASK.predict(outputs[[row]])
        assert alone.confidences[0] == together.confidences[row]
        assert np.array_equal(alone.symbol_confidences[0], together.symbol_confidences[row])
    assert TASK.predict(outputs[:0]).symbol_confidences.shape == (0, 8)


def test_confidences_are_computed_in_chunks(monkeypatch):
    outputs = np.random.default_rng(2).normal(0, 3, (7, 9, 4))
    whole = TASK.predict(outputs).symbol_confidences
    monkeypatch.setattr(ctc_posteriors, "_CHUNK", 1)
    assert np.array_equal(TASK.predict(outputs).symbol_confidences, whole)


def test_prediction_is_string_with_confidences():
    prediction = TASK.predict(outputs_of("aa-a", "----"))
    assert prediction.strings == ["aa", ""]
    assert prediction.codes.tolist() == [[0, 0, -1, -1], [-1] * 4]
    sums = [path_sums(outputs) for outputs in outputs_of("aa-a", "----")]
    symbols = [
        sums[0]["aa"] / sum(sums[0][each] for each in variants("aa", place)) for place in (0, 1)
    ]
    confidence, blank = np.prod(symbols), sums[1][""]
    np.testing.assert_allclose(prediction.confidences, [confidence, blank], rtol=1e-6)
    assert [*TASK.texts(prediction)] == [f"aa ({confidence:.1%})", f'"" ({blank:.1%})']
    assert next(TASK.records(prediction)) == {
        "strings": "aa",
        "confidences": pytest.approx(confidence),
        "symbol_confidences": pytest.approx(symbols),
    }
    assert TASK.columns("_1") == ["string_1", "confidence_1", "symbol_confidences_1"]
    assert [*TASK.rows(prediction)] == [
        ["aa", f"{confidence:.6f}", f"{symbols[0]:.6f} {symbols[1]:.6f}"],
        ["", f"{blank:.6f}", ""],
    ]


def test_texts_are_in_quotes_unless_all_characters_are_letters_or_digits():
    target = TargetSpec(task="sequence", classes=("7", " ", '"'), shape=(4,))
    prediction = StringRecognition(target).predict(outputs_of("a-a-", "a-b-", "c---"))
    texts = [text.rsplit(" ", 1)[0] for text in StringRecognition(target).texts(prediction)]
    assert texts == ["77", '"7 "', '"\\""']


@given(st.lists(st.text("abc", max_size=4), max_size=8))
def test_encoded_strings_are_valid_targets(values):
    codes = encode_strings(values, TARGET)
    TASK.check_targets(codes)
    assert TASK._strings(codes) == values


def test_symbols_may_have_several_characters():
    target = TargetSpec(task="sequence", classes=("ch", "a"), shape=(3,))
    codes = encode_strings([["a", "ch"]], target)
    assert codes.tolist() == [[1, 0, -1]]
    outputs = np.eye(3, dtype=np.float32)[codes + 1]
    assert StringRecognition(target).predict(outputs).strings == ["ach"]


def test_string_with_symbol_outside_the_alphabet_is_an_error():
    with pytest.raises(DataError, match=r"of the alphabet 'abc', got 'x' in 'bxy' \(row 1\)"):
        encode_strings(["a", "bxy"], TARGET)


def test_string_longer_than_the_target_is_an_error():
    with pytest.raises(DataError, match=r"at most 4 symbols, got 5 in 'ababa' \(row 0\)"):
        encode_strings(["ababa"], TARGET)


def test_string_longer_than_the_net_can_give_is_an_error():
    targets = encode("ab", "aab", "abca", length=4)
    TASK.check_outputs((4, 4), targets)
    targets = encode("ab", "aabb", "abca", length=4)
    TASK.check_outputs((6, 4), targets)
    with pytest.raises(DataError, match="at least 6 time steps for 'aabb', got 5"):
        TASK.check_outputs((5, 4), targets)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (np.zeros((1, 5), np.int64), r"expected strings int64 \(N, 4\), got int64 \(1, 5\)"),
        (np.zeros((1, 4), np.int32), r"got int32 \(1, 4\)"),
        (
            np.array([[0] * 4, [0, 3, -1, -1]]),
            r"symbols 0 to 2, .* got \[0, 3, -1, -1\] in example 1",
        ),
        (np.array([[0, -2, -1, -1]]), r"got \[0, -2, -1, -1\] in example 0"),
        (np.array([[0, -1, 1, -1]]), r"then -1 to the end, got \[0, -1, 1, -1\] in example 0"),
        (np.array([[-1, 1, 1, 1]]), r"then -1 to the end"),
    ],
)
def test_targets_that_do_not_fit_are_an_error(targets, message):
    with pytest.raises(DataError, match=message):
        TASK.check_targets(targets)
