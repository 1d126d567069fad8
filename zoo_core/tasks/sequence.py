"""Sequences: strings over an alphabet, from the outputs of a net trained with CTC."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo_core.errors import DataError
from zoo_core.metrics.task import Array, Measure, Measured, Metrics, Task
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks import ctc
from zoo_core.tasks.classification import combine_logits, format_probability
from zoo_core.tasks.ctc_posteriors import symbol_posteriors
from zoo_core.text import counted


@dataclass(frozen=True)
class StringPrediction:
    """Predictions for N examples.

    Attributes:
        strings: N strings.
        codes: int64 ``(N, T)``, the number of each symbol, -1 after the last one.
        confidences: float32 ``(N,)``, the probability that all symbols of the string are correct,
            the product of theirs; for an empty string, the probability of blanks alone.
        symbol_confidences: float32 ``(N, T)``, the probability of each symbol against all others,
            or none, in its place; 0 after the last one.
    """

    strings: list[str]
    codes: NDArray[np.int64]
    confidences: NDArray[np.float32]
    symbol_confidences: NDArray[np.float32]


class StringRecognition(Task):
    """A string of K symbols: targets int64 ``(N, L)``, outputs ``(N, T, K + 1)``.

    A target has the number of each symbol, from 0, and -1 after the last one; L is the maximum
    length. Output 0 of each of the T time steps is CTC's blank, output ``i + 1`` is symbol ``i``.
    """

    measures = (
        Measure("exact_match", higher_is_better=True, binary=True),
        Measure("cer", higher_is_better=False),
        Measure("loss", higher_is_better=False),
    )
    correct = "exact_match"
    mixable = False

    @property
    def outputs(self) -> int:
        return self.target.size + 1

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        return (None, self.outputs)

    def check_targets(self, targets: Array) -> None:
        longest = self.target.values
        if targets.dtype != np.int64 or targets.shape[1:] != (longest,):
            raise DataError(
                f"expected strings int64 (N, {longest}), got {targets.dtype} {targets.shape}"
            )
        wrong = (targets < ctc.PADDING) | (targets >= self.target.size)
        # A symbol after padding.
        wrong[:, 1:] |= (targets[:, 1:] != ctc.PADDING) & (targets[:, :-1] == ctc.PADDING)
        if wrong.any():
            row = int(wrong.any(axis=1).argmax())
            raise DataError(
                f"expected symbols 0 to {self.target.size - 1}, then {ctc.PADDING} to the end, "
                f"got {targets[row].tolist()} in example {row}, counted from 0"
            )

    def check_outputs(self, shape: tuple[int, ...], targets: Array) -> None:
        super().check_outputs(shape, targets)
        needed = ctc.steps_needed(targets)
        if needed.max(initial=0) > shape[0]:
            row = needed.argmax()
            raise DataError(
                f"expected outputs of at least {counted(int(needed[row]), 'time step')} for "
                f"{self._strings(targets[[row]])[0]!r}, got {shape[0]}",
                hint="Choose a model or a config with more time steps, or leave out long strings: "
                "a string takes a step per symbol, and one between equal symbols.",
            )

    def example_targets(self, count: int) -> Array:
        (longest,) = self.target.shape
        rows, places = np.indices((count, longest))
        # No symbol twice in a row, which takes a net more steps; at most half of the length but for
        # the last one, because `check_outputs` has to accept the longest string.
        symbols = (rows + places) % self.target.size
        lengths = np.where(rows < count - 1, 1 + rows % max(longest // 2, 1), longest)
        return np.where(places < lengths, symbols, ctc.PADDING)

    def predict(self, outputs: Array) -> StringPrediction:
        codes = ctc.decode(outputs)
        symbols = _symbol_confidences(outputs, codes)
        strings = _string_confidences(outputs, codes, symbols)
        return StringPrediction(self._strings(codes), codes, strings, symbols)

    def confidences(self, outputs: Array) -> NDArray[np.float32]:
        codes = ctc.decode(outputs)
        return _string_confidences(outputs, codes, _symbol_confidences(outputs, codes))

    def measure(self, outputs: Array, targets: Array) -> Measured:
        distances = ctc.edit_distances(ctc.decode(outputs), targets)
        lengths = ctc.lengths(targets)
        return Measured(
            columns={
                "exact_match": distances == 0,
                "cer": distances / np.maximum(lengths, 1),
                "loss": ctc.ctc_losses(outputs, targets),
            },
            counts={"symbols": np.array([distances.sum(), lengths.sum()], np.int64)},
        )

    def metrics(self, measured: Measured) -> Metrics:
        # The error rate of all strings together, as publications report it, and not the mean.
        exact = int(measured.columns["exact_match"].sum())
        distance, length = (int(count) for count in measured.counts["symbols"])
        return {
            "loss": float(measured.columns["loss"].mean()),
            "exact_match": exact / len(measured),
            "exact": exact,
            "cer": distance / max(length, 1),
        }

    def combine(self, members: Sequence[Array]) -> Array:
        # Members agree about time steps, because they agree about the shape of the outputs.
        steps = combine_logits([member.reshape(-1, self.outputs) for member in members])
        return steps.reshape(members[0].shape)

    def answers(self, prediction: StringPrediction) -> NDArray[np.int64]:
        return prediction.codes

    def reorder(self, outputs: Array, numbers: NDArray[np.int64]) -> Array:
        return outputs[:, :, np.concatenate([[0], numbers + 1])]

    def relabel(self, targets: Array, numbers: NDArray[np.int64]) -> Array:
        return np.where(targets == ctc.PADDING, ctc.PADDING, numbers[targets])

    def target_texts(self, targets: Array) -> Iterator[str]:
        """Yield strings in quotes."""
        yield from (json.dumps(each, ensure_ascii=False) for each in self._strings(targets))

    def texts(self, prediction: StringPrediction) -> Iterator[str]:
        """Yield ``1996 (98.1%)``; in quotes if it is empty or has more than letters and digits."""
        for string, confidence in zip(
            prediction.strings, prediction.confidences.tolist(), strict=True
        ):
            shown = string if string.isalnum() else json.dumps(string, ensure_ascii=False)
            yield f"{shown} ({format_probability(confidence)})"

    def records(self, prediction: StringPrediction) -> Iterator[dict[str, Any]]:
        for string, confidence, symbols in self._answers(prediction):
            yield {"strings": string, "confidences": confidence, "symbol_confidences": symbols}

    def columns(self, suffix: str) -> list[str]:
        return [f"string{suffix}", f"confidence{suffix}", f"symbol_confidences{suffix}"]

    def rows(self, prediction: StringPrediction) -> Iterator[list[str]]:
        for string, confidence, symbols in self._answers(prediction):
            yield [string, f"{confidence:.6f}", " ".join(f"{each:.6f}" for each in symbols)]

    def _answers(self, prediction: StringPrediction) -> Iterator[tuple[str, float, list[float]]]:
        """Yield each string, its confidence, and those of its symbols."""
        lengths = ctc.lengths(prediction.codes).tolist()
        symbols = prediction.symbol_confidences.tolist()
        for each, length, string, confidence in zip(
            symbols, lengths, prediction.strings, prediction.confidences.tolist(), strict=True
        ):
            yield string, confidence, each[:length]

    def _strings(self, codes: NDArray[np.int64]) -> list[str]:
        symbols = self.target.classes
        return ["".join(symbols[code] for code in row if code >= 0) for row in codes.tolist()]


def _symbol_confidences(outputs: Array, codes: ctc.Codes) -> NDArray[np.float32]:
    """Return the confidence of each symbol of each string, ``(N, T)``."""
    symbols = np.zeros(codes.shape, np.float32)
    # Without the padding of all strings, which takes most of the time.
    longest = ctc.lengths(codes).max(initial=0)
    symbols[:, :longest] = symbol_posteriors(outputs, codes[:, :longest])
    return symbols


def _string_confidences(
    outputs: Array, codes: ctc.Codes, symbols: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the confidence of each string, ``(N,)``.

    It is not the probability of the string's paths, because that is a product over all time steps:
    each of many blanks that are a little unsure would make the string less sure.
    """
    shares: NDArray[np.float32] = np.where(codes == ctc.PADDING, 1, symbols).prod(axis=1)
    (empty,) = np.nonzero(ctc.lengths(codes) == 0)
    shares[empty] = np.exp(-ctc.ctc_losses(outputs[empty], codes[empty, :0]))
    return shares


def encode_strings(strings: Sequence[Sequence[str]], target: TargetSpec) -> NDArray[np.int64]:
    """Return strings as the targets int64 ``(N, L)`` of a head.

    Args:
        strings: strings, or lists of symbols of more than one character.
        target: target with the alphabet, `classes`, and the maximum length L, `shape`.

    Raises:
        DataError: a string has a symbol outside the alphabet, or is longer than L.
    """
    codes = {symbol: code for code, symbol in enumerate(target.classes)}
    encoded = np.full((len(strings), target.values), ctc.PADDING, np.int64)
    for row, string in enumerate(strings):
        if unknown := [symbol for symbol in string if symbol not in codes]:
            raise DataError(
                f"expected symbols of the alphabet {''.join(target.classes)!r}, "
                f"got {unknown[0]!r} in {string!r} (row {row})"
            )
        if len(string) > target.values:
            raise DataError(
                f"expected strings of at most {target.values} symbols, "
                f"got {len(string)} in {string!r} (row {row})"
            )
        encoded[row, : len(string)] = [codes[symbol] for symbol in string]
    return encoded
