"""Programs of published weights: written for each runtime, and compared with the model."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from zoo_core.data.dataset import Split
from zoo_core.errors import (
    InvalidValueError,
    PluginError,
    VerificationError,
    ZooError,
    join_names,
    one_line,
)
from zoo_core.frameworks.runtime import open_program, program_file
from zoo_core.plugins.catalog import Catalog
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import RuntimeSpec
from zoo_core.pretrained.model import Pretrained, Program
from zoo_core.publishing.answers import Answers, check_scores, compute_answers
from zoo_core.publishing.golden import check_golden
from zoo_core.weights.card import Golden, WeightsFacts
from zoo_core.weights.file import WeightFile


class WrittenProgram(NamedTuple):
    """A program: its file name and checksum for the card, and its content."""

    facts: WeightsFacts
    content: bytes


@dataclass(frozen=True)
class ExpectedAnswers:
    """The answers of a model, which those of its programs must equal.

    Attributes:
        split: the test split.
        answers: scores and answers of the model for the split.
        golden: outputs of the model for the probe inputs.
    """

    split: Split
    answers: Answers
    golden: Golden


class Programs:
    """The programs of a model, one for each runtime.

    Args:
        catalog: the installed plugins.
        trainer: name of the model's trainer.
        formats: formats of programs; None for all that can be written here.
        on_note: called with the reason why a program is left out; with `formats`, it is an error.

    Raises:
        InvalidValueError: no installed runtime has one of the formats, or the trainer has no
            exporter for it.
        PluginError: writing a format requires a package that is not installed.
    """

    def __init__(
        self,
        catalog: Catalog,
        trainer: str,
        formats: Collection[str] | None = None,
        on_note: Callable[[str], None] = lambda note: None,
    ) -> None:
        self._trainer = catalog.trainer(trainer)
        self._required = formats is not None
        self._on_note = on_note
        able = [
            entry
            for entry in catalog.entries("runtimes").values()
            if entry.spec.format in self._trainer.spec.exporters
        ]
        self._runtimes = able if formats is None else _choose(able, trainer, formats)
        for entry in [*self._runtimes]:
            if missing := _missing(entry):
                self._leave_out(_not_installed(entry, missing))
                self._runtimes.remove(entry)

    def write(
        self, pretrained: Pretrained, file: WeightFile, expected: ExpectedAnswers
    ) -> dict[str, WrittenProgram]:
        """Return the programs of a model by runtime; all give the model's answers.

        Args:
            pretrained: the model.
            file: its weight file.
            expected: its answers.

        Raises:
            PluginError, VerificationError: a required program cannot be written, or differs.
        """
        written = {}
        for entry in self._runtimes:
            try:
                written[entry.spec.name] = self._write(entry, pretrained, file, expected)
            except (PluginError, VerificationError) as exc:
                self._leave_out(exc)
        return written

    def _write(
        self,
        entry: Entry[RuntimeSpec],
        pretrained: Pretrained,
        file: WeightFile,
        expected: ExpectedAnswers,
    ) -> WrittenProgram:
        exporter = self._trainer.resolve(self._trainer.spec.exporters[entry.spec.format])
        write: Callable[..., bytes] = entry.resolve(entry.spec.write)
        try:
            program = write(pretrained, file.content, exporter)
        except ModuleNotFoundError as exc:  # an exporter may require more than the runtime
            raise _not_installed(entry, [exc.name or str(exc)]) from exc
        except Exception as exc:  # exporters and their libraries may raise anything
            raise PluginError(
                f"cannot write a program for {entry.spec.name}: {one_line(exc)}"
            ) from exc
        predictor = open_program(entry, program, file.content, threads=None)
        check_program(pretrained.with_program(Program(entry.spec.name, predictor)), expected)
        sha256 = hashlib.sha256(program).hexdigest()
        facts = WeightsFacts(file=program_file(entry.spec), sha256=sha256, bytes=len(program))
        return WrittenProgram(facts, program)

    def _leave_out(self, exc: ZooError) -> None:
        if self._required:
            raise exc
        self._on_note(f"published without a program: {exc}")


def _choose(
    able: list[Entry[RuntimeSpec]], trainer: str, formats: Collection[str]
) -> list[Entry[RuntimeSpec]]:
    known = {entry.spec.format for entry in able}
    if unknown := sorted(set(formats) - known):
        raise InvalidValueError(
            f"--format: models of the trainer {trainer} have no program of the format "
            f"{unknown[0]} for an installed runtime",
            hint=f"Choose one of: {join_names([*sorted(known), 'none'])}.",
        )
    return [entry for entry in able if entry.spec.format in formats]


def _missing(entry: Entry[RuntimeSpec]) -> list[str]:
    """Return the modules that writing a runtime's programs requires, and that are missing."""
    return [each for each in entry.spec.requires if importlib.util.find_spec(each) is None]


def _not_installed(entry: Entry[RuntimeSpec], missing: list[str]) -> PluginError:
    return PluginError(
        f"the format {entry.spec.format} requires {join_names(missing)}",
        hint=f"Install it: pip install {' '.join(missing)}",
    )


def check_program(pretrained: Pretrained, expected: ExpectedAnswers) -> None:
    """Compare the answers of a program with those of the model.

    Raises:
        VerificationError: they differ.
    """
    where = f" with the runtime {pretrained.runtime}"
    check_golden(pretrained, expected.golden)
    answers = compute_answers(pretrained, expected.split)
    check_scores(answers, expected.answers.scores, where)
    check_same_answers(answers, expected.answers.sha256, where)


def check_same_answers(answers: Answers, sha256: str, where: str) -> None:
    """Compare discrete answers with the checksum of the published ones.

    Raises:
        VerificationError: they differ.
    """
    # Because equal counts may still hide different answers.
    if any(answers.exact) and answers.sha256 != sha256:
        raise VerificationError(
            f"predictions for the test examples{where}: expected the sha256 {sha256}, as on the "
            f"card, got {answers.sha256}; the counts are equal"
        )
