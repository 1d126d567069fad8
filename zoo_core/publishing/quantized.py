"""Publish the quantized form of published weights, after a test against their answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from zoo_core.data.splits import VALIDATION
from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.distributed import SINGLE_PROCESS
from zoo_core.frameworks.prediction import measure_split
from zoo_core.frameworks.runtime import program_file
from zoo_core.metrics.scores import score
from zoo_core.pretrained.model import Pretrained
from zoo_core.publishing.answer_changes import HeadChanges, check_changes, count_changes
from zoo_core.publishing.answers import Answers, compute_answers
from zoo_core.publishing.golden import check_golden, make_golden
from zoo_core.publishing.parent_program import ParentProgram
from zoo_core.publishing.publish import add_weights, check_model, examples_file, open_folder
from zoo_core.registry.location import Folder
from zoo_core.registry.names import check_tag_name
from zoo_core.registry.registry import FoundWeights
from zoo_core.text import shell_command
from zoo_core.weights.card import Provenance, PublishedCard, QuantizedParent, WeightsFacts
from zoo_core.weights.file import Tensors, serialize


@dataclass(frozen=True)
class QuantizedProgram:
    """The quantized form of a program.

    Attributes:
        tensors: tensors of its weight file.
        write: function of the content of the weight file that returns the program.
        method: calibration and integers, in words.
        tool: name and version of the package that quantized it.
        examples: number of training examples that it was calibrated on.
        floats: layers that were not quantized.
    """

    tensors: Tensors
    write: Callable[[bytes], bytes]
    method: str
    tool: str
    examples: int
    floats: tuple[str, ...] = ()

    def open(self, parent: ParentProgram) -> Pretrained:
        """Return the parent with the predictions of this program."""
        content = serialize(self.tensors, {})
        return parent.with_program(self.write(content), content)


def check_target(parent: ParentProgram, name: str, registry: str) -> Folder:
    """Return the folder of a registry to publish to.

    Args:
        parent: the parent.
        name: ``MODEL.TAG``, the name to publish.
        registry: the folder, which need not exist, or its ``file://`` URL.

    Raises:
        InvalidValueError: the name is invalid or of another model, or there is no such folder.
    """
    check_model(check_tag_name(name), parent.card, f"{parent.name} has the weights")
    return open_folder(registry)


def publish_quantized(
    parent: ParentProgram,
    program: QuantizedProgram,
    name: str,
    location: Folder,
    *,
    max_loss: float,
) -> FoundWeights:
    """Test a quantized program on the test examples, and publish it.

    Args:
        parent: the parent.
        program: the quantized program.
        name: ``MODEL.TAG``, a name that is not published yet.
        location: folder that `check_target` returned.
        max_loss: maximum share of correct answers that a head may lose.

    Raises:
        VerificationError: a head loses more, or significantly; nothing is written.
        InvalidValueError: the name is taken.
        DataError: the registry cannot be written.
    """
    opened, test = program.open(parent), parent.data.test
    heads = count_changes(parent.pretrained.predictor, opened.predictor, test, opened.tasks)
    check_changes(heads, max_loss, name, parent.name)
    answers, golden = compute_answers(opened, test), make_golden(opened)
    facts = _provenance(parent, opened, answers, _quantization(parent, program, heads))
    content = serialize(program.tensors, Provenance(**facts).model_dump(mode="json"))
    written = program.write(content)
    # Again, because the references of this program are to other places than before.
    check_golden(parent.with_program(written, content), golden)
    file = program_file(parent.runtime.spec)
    options = ("--examples", program.examples, "--max-loss", f"{100 * max_loss:g}")
    words = ("zoo", "quantize", parent.name, "--as", name, "--registry", "FOLDER", *options)
    card = PublishedCard(
        **facts,
        weights=_facts(WEIGHTS, content),
        seconds=parent.card.seconds,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        tag=check_tag_name(name).tag,
        plain=parent.card.plain,
        command=shell_command(*words),
        pictures=(),
        golden=golden,
        predictions=answers.sha256,
        interval=None,
        runtimes={parent.runtime.spec.name: _facts(file, written)},
    )
    files = {WEIGHTS: content, file: written, **examples_file(parent.found, parent.card)}
    return add_weights(location, card, files, default=False)


def _provenance(
    parent: ParentProgram, opened: Pretrained, answers: Answers, quantized: QuantizedParent
) -> dict[str, Any]:
    """Return the metadata of the weight file: the parent's, with the scores of the new program."""
    card = parent.card
    measured = measure_split(
        opened.predictor, parent.data.validation, opened.tasks, group=SINGLE_PROCESS
    )
    # The scores of the training are not of its last weights, but of each batch before its step.
    scores = {VALIDATION: score(opened.tasks, measured), "test": answers.scores}
    calibration = card.calibration
    return {
        **{field: getattr(card, field) for field in Provenance.model_fields},
        "metrics": {**card.metrics, **scores},
        "calibration": calibration and replace(calibration, test=answers.calibration),
        "quantized": quantized,
    }


def _quantization(
    parent: ParentProgram, program: QuantizedProgram, heads: Sequence[HeadChanges]
) -> QuantizedParent:
    return QuantizedParent(
        source=parent.name,
        sha256=parent.card.weights.sha256,
        license=parent.card.license,
        method=program.method,
        tool=program.tool,
        examples=program.examples,
        floats=program.floats,
        lost=tuple(head.lost for head in heads),
        to_wrong=tuple(head.to_wrong for head in heads),
        to_right=tuple(head.to_right for head in heads),
        p=tuple(head.p for head in heads),
    )


def _facts(name: str, content: bytes) -> WeightsFacts:
    sha256 = hashlib.sha256(content).hexdigest()
    return WeightsFacts(file=name, sha256=sha256, bytes=len(content))
