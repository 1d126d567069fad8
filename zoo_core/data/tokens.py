"""Tokens: text as integers, by the vocabulary of an input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError, InvalidValueError
from zoo_core.plugins.data_specs import InputSpec

PADDING, UNKNOWN = 0, 1
"""Numbers of the tokens that pad a short text, and that stand for all unknown ones."""


def encode_texts(texts: Sequence[str], spec: InputSpec) -> NDArray[np.int64]:
    """Return texts as tokens, int64 ``(N, length)``, for training and for prediction.

    Tokens are characters if every known token is one, otherwise words between white space. A short
    text is padded at its end, and a long one is cut there.

    Args:
        texts: N texts.
        spec: input with a vocabulary.

    Raises:
        InvalidValueError: the input has no vocabulary.
    """
    if not spec.vocabulary:
        raise InvalidValueError(
            "the inputs are tokens without a vocabulary, so that text cannot be converted",
            hint="Pass an array of tokens: a .npy file.",
        )
    numbers = {token: number for number, token in enumerate(spec.vocabulary)}
    by_character = all(len(token) == 1 for token in spec.vocabulary[2:])
    (length,) = spec.shape
    tokens = np.full((len(texts), length), PADDING, np.int64)
    for row, text in enumerate(texts):
        parts = list(text) if by_character else text.split()
        found = [numbers.get(part, UNKNOWN) for part in parts[:length]]
        tokens[row, : len(found)] = found
    return tokens


def make_vocabulary(texts: Sequence[str], *, words: bool, size: int = 0) -> tuple[str, ...]:
    """Return the vocabulary of texts: padding, unknown, and the most frequent tokens.

    Args:
        texts: the training texts.
        words: whether tokens are words, not characters.
        size: maximum number of tokens; 0 for all.
    """
    counts: dict[str, int] = {}
    for text in texts:
        for token in text.split() if words else text:
            counts[token] = counts.get(token, 0) + 1
    # By name among equal counts, so that the vocabulary does not depend on the order of the texts.
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    return ("<pad>", "<unknown>", *(ordered[: size - 2] if size else ordered))


def check_tokens(tokens: NDArray[Any], spec: InputSpec) -> None:
    """Check that tokens ``(N, *shape)`` are numbers of the vocabulary.

    Raises:
        DataError: one is negative, or as large as the number of different tokens.
    """
    # Not left to the model, whose embedding raises an `IndexError`, and on a GPU may end the
    # process.
    wrong = (tokens < 0) | (tokens >= spec.size)
    if wrong.any():
        row = int(np.nonzero(wrong)[0][0])
        raise DataError(
            f"expected tokens 0 to {spec.size - 1}, got {tokens[wrong][0]} in example {row}, "
            "counted from 0",
        )
