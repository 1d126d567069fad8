"""Tokens: text as integers, by the vocabulary of an input."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core import InputSpec
from zoo_core.data.tokens import PADDING, UNKNOWN, check_tokens, encode_texts, make_vocabulary
from zoo_core.errors import DataError, InvalidValueError


def spec(vocabulary, length=6):
    return InputSpec(kind="tokens", shape=(length,), vocabulary=vocabulary)


def test_words_and_characters():
    words = make_vocabulary(["the cat", "the dog"], words=True)
    assert words == ("<pad>", "<unknown>", "the", "cat", "dog")
    tokens = encode_texts(["the  dog barks", ""], spec(words, length=4))
    assert tokens.tolist() == [[2, 4, UNKNOWN, PADDING], [PADDING] * 4]
    letters = make_vocabulary(["abba"], words=False)
    assert encode_texts(["bac"], spec(letters, length=2)).tolist() == [[3, 2]]


@given(st.lists(st.text(max_size=12), min_size=1), st.integers(2, 9))
def test_known_characters_come_back(texts, length):
    vocabulary = make_vocabulary(texts, words=False)
    tokens = encode_texts(texts, spec(vocabulary, length))
    assert tokens.shape == (len(texts), length)
    assert tokens.dtype == np.int64
    for text, row in zip(texts, tokens, strict=True):
        assert "".join(vocabulary[each] for each in row if each) == text[:length]


def test_vocabulary_has_most_frequent_tokens():
    assert make_vocabulary(["b a b c"], words=True, size=4) == ("<pad>", "<unknown>", "b", "a")


def test_tokens_without_a_vocabulary_are_not_text():
    with pytest.raises(InvalidValueError, match="without a vocabulary"):
        encode_texts(["a"], InputSpec(kind="tokens", shape=(3,), size=9))


@pytest.mark.parametrize("token", [-1, 9, 40])
def test_token_outside_the_vocabulary_is_an_error(token):
    sized = InputSpec(kind="tokens", shape=(2,), size=9)
    check_tokens(np.array([[0, 8]]), sized)
    with pytest.raises(DataError, match=f"expected tokens 0 to 8, got {token} in example 1"):
        check_tokens(np.array([[0, 8], [1, token]]), sized)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "size: expected the number of different tokens, or a vocabulary"),
        ({"vocabulary": ("a", "b", "c"), "size": 2}, "size: expected 3, .* got 2"),
    ],
)
def test_tokens_need_their_number(values, message):
    with pytest.raises(ValueError, match=message):
        InputSpec(kind="tokens", shape=(5,), **values)
