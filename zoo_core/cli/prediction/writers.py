"""Writers of the output of `zoo predict`: text, drawings, CSV and JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from zoo_core.cli.output import print_json
from zoo_core.cli.prediction.output import (
    VERDICT_COLUMNS,
    csv_line,
    csv_rows,
    json_records,
    refused_line,
    refused_record,
    text_lines,
    verdict_cells,
)
from zoo_core.cli.prediction.verdicts import Verdict, verdicts
from zoo_core.metrics.task_contract import csv_columns
from zoo_core.system.terminal import print_in_utf8, print_lines
from zoo_core.text import counted, encodable, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from zoo_core.cli.prediction.batch import InputBatch, PredictionInputs
    from zoo_core.metrics.predictions import Predictions
    from zoo_core.pretrained.model import Pretrained
    from zoo_core.system.progress.progress_bar import ProgressBar


class Writer:
    """A writer of predictions, batch by batch.

    Args:
        pretrained: the model.
        bar: progress bar that lines are printed above.
        force: whether refused predictions are written, too.
    """

    def __init__(self, pretrained: Pretrained, bar: ProgressBar, *, force: bool) -> None:
        self._name, self._tasks = pretrained.name, pretrained.tasks
        self._runtime = pretrained.runtime
        self._bar, self._force = bar, force
        self.n_accepted = 0
        """Number of predictions that are written: accepted ones, and all of them with `force`."""
        self.n_refused = 0
        """Number of refused predictions, and of files in which there is nothing to predict."""

    @property
    def refused_text(self) -> str:
        """The number of refused predictions, and the way to see them, in words."""
        total = self.n_accepted + self.n_refused
        return f"{self.n_refused:,} of {counted(total, 'prediction')} refused; --force shows them"

    def write(self, batch: InputBatch, predict: Callable[[NDArray[Any]], Predictions]) -> None:
        """Write the predictions for a batch, and its files without an input, in their order."""
        entries: list[tuple[int, Any]] = []
        if batch.names:  # empty if nothing was found in any file
            predictions = predict(batch.inputs)
            found = [*verdicts(batch, predictions)]
            refused = 0 if self._force else sum(bool(each.reason) for each in found)
            self.n_refused += refused
            self.n_accepted += len(found) - refused
            places = batch.images.places if batch.images else range(len(found))
            entries += zip(places, self._entries(batch, predictions, found), strict=True)
        for each in batch.images.refused if batch.images else ():
            self.n_refused += 1
            entries.append((each.place, self._refusal(str(each.file), each.reason)))
        # Stable, so that the parts of a file keep their order.
        self._emit([entry for _, entry in sorted(entries, key=lambda each: each[0])])

    def finish(self) -> None:
        """Write the rest, after the last batch."""

    def _entries(
        self, batch: InputBatch, predictions: Predictions, found: Sequence[Verdict]
    ) -> Iterable[Any]:
        """Return what is written per example."""
        raise NotImplementedError

    def _refusal(self, name: str, reason: str) -> Any:
        """Return what is written for a file in which there is nothing to predict."""
        raise NotImplementedError

    def _emit(self, entries: Sequence[Any]) -> None:
        raise NotImplementedError


class TextWriter(Writer):
    """A writer of one line of text per example."""

    def _entries(
        self, batch: InputBatch, predictions: Predictions, found: Sequence[Verdict]
    ) -> Iterable[Any]:
        return text_lines(batch.names, predictions, self._tasks, found, force=self._force)

    def _refusal(self, name: str, reason: str) -> Any:
        return refused_line(name, reason)

    def _emit(self, entries: Sequence[Any]) -> None:
        # One call per batch, because each call redraws the bar.
        self._bar.say(*entries)


class PictureWriter(TextWriter):
    """A writer of a line of text per example, above drawings of the image and of the input.

    Args:
        screen: console of the terminal.
        others: see `Writer`.
    """

    def __init__(self, screen: Console, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self._screen = screen

    def _entries(
        self, batch: InputBatch, predictions: Predictions, found: Sequence[Verdict]
    ) -> Iterable[Any]:
        from zoo_core.cli.terminal_image import draw_found, draw_image

        assert batch.images is not None
        files, lines = batch.images.files, super()._entries(batch, predictions, found)
        for line, file, verdict, image in zip(lines, files, found, batch.inputs, strict=True):
            photo = [draw_found(file, verdict.boxes)] if verdict.boxes else []
            yield line, *photo, draw_image(image)

    def _refusal(self, name: str, reason: str) -> Any:
        return (refused_line(name, reason),)

    def _emit(self, entries: Sequence[Any]) -> None:
        for line, *drawings in entries:
            self._screen.print(shown(line), style="bold")
            for each in drawings:
                self._screen.print(each)


class CsvWriter(Writer):
    """A writer of one CSV row per example.

    Args:
        inputs: the examples.
        judged: whether the rows have the columns of verdicts.
        others: see `Writer`.
    """

    def __init__(self, inputs: PredictionInputs, judged: bool, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self._judged = judged
        print_in_utf8()
        columns = csv_columns(self._tasks)
        self._empty = [""] * len(columns)
        print_lines(csv_line([*inputs.columns, *columns, *(VERDICT_COLUMNS if judged else ())]))

    def _entries(
        self, batch: InputBatch, predictions: Predictions, found: Sequence[Verdict]
    ) -> Iterable[Any]:
        cells = batch.cells or [[name] for name in batch.names]
        rows = csv_rows(predictions, self._tasks, found, force=self._force)
        for own, predicted, verdict in zip(cells, rows, found, strict=True):
            yield [*own, *predicted, *self._verdict(verdict.reason)]

    def _refusal(self, name: str, reason: str) -> Any:
        return [name, *self._empty, *self._verdict(reason)]

    def _verdict(self, reason: str) -> list[str]:
        return verdict_cells(reason) if self._judged else []

    def _emit(self, entries: Sequence[Any]) -> None:
        # A program gets the names as they are, line breaks included; a terminal must not act on
        # them.
        lines = [csv_line(map(encodable, row)) for row in entries]
        if sys.stdout.isatty():
            self._bar.say(*lines)
        else:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()


class JsonWriter(Writer):
    """A writer of all predictions as one JSON value, at the end."""

    def __init__(self, *others: Any, **named: Any) -> None:
        super().__init__(*others, **named)
        self._found: list[dict[str, Any]] = []

    def _entries(
        self, batch: InputBatch, predictions: Predictions, found: Sequence[Verdict]
    ) -> Iterable[Any]:
        return json_records(batch.names, predictions, self._tasks, found, force=self._force)

    def _refusal(self, name: str, reason: str) -> Any:
        return refused_record(name, reason)

    def _emit(self, entries: Sequence[Any]) -> None:
        self._found += entries

    def finish(self) -> None:
        print_json({"model": self._name, "runtime": self._runtime, "predictions": self._found})


def make_writer(
    kind: str,
    pretrained: Pretrained,
    inputs: PredictionInputs,
    bar: ProgressBar,
    *,
    force: bool,
    pictures: bool,
) -> Writer:
    """Return the writer of an output.

    Args:
        kind: ``text``, ``csv`` or ``json``.
        pretrained: the model.
        inputs: the examples.
        bar: progress bar that lines are printed above.
        force: whether refused predictions are written, too.
        pictures: whether images are drawn, on a terminal that can.
    """
    is_image = pretrained.input.kind == "image"
    if kind == "json":
        return JsonWriter(pretrained, bar, force=force)
    if kind == "csv":
        judged = is_image or any(task.correct for task in pretrained.tasks)
        return CsvWriter(inputs, judged, pretrained, bar, force=force)
    # On stderr, because stdout has the predictions and may be piped to another program.
    print_lines(f"Predictions of {pretrained.name}, by {pretrained.runtime}", err=True)
    if is_image and pictures:
        from zoo_core.cli.terminal_image import console

        if screen := console():
            return PictureWriter(screen, pretrained, bar, force=force)
    return TextWriter(pretrained, bar, force=force)
