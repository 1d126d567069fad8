"""The formats: how a file of each is labeled with what it is, and run as its users will run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # `zoo export --help` makes do without NumPy
    from numpy.typing import NDArray

Facts = Mapping[str, str]
"""What a file says of itself."""


@dataclass(frozen=True)
class Port:
    """An input or output: its name, dtype, and shape, whose ``N`` is any number of images."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} ({', '.join(map(str, self.shape))})"


@dataclass(frozen=True)
class Program:
    """A file, ready to run.

    Attributes:
        inputs: what it takes.
        outputs: what it gives.
        run: gives logits ``(N, classes)``, one array a head, for images ``(N, C, H, W)``.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    run: Callable[[NDArray[Any]], Sequence[NDArray[Any]]]


@dataclass(frozen=True)
class ExportFormat:
    """A format of files.

    Attributes:
        suffix: of their names.
        needs: modules that write and run them.
        label: gives a file facts about itself.
        facts: reads them again.
        open: makes a file ready to run, as a user of it would.
    """

    suffix: str
    needs: tuple[str, ...]
    label: Callable[[Path, Facts], None]
    facts: Callable[[Path], dict[str, str]]
    open: Callable[[Path], Program]


def _label_onnx(path: Path, facts: Facts) -> None:
    import onnx

    model = onnx.load(path)
    onnx.helper.set_model_props(model, dict(facts))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _onnx_facts(path: Path) -> dict[str, str]:
    import onnx

    return {each.key: each.value for each in onnx.load(path).metadata_props}


def _open_onnx(path: Path) -> Program:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (images,) = session.get_inputs()

    def run(batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        given: Sequence[NDArray[Any]] = session.run(None, {images.name: batch})
        return given

    def port(node: Any) -> Port:
        dtypes = {"tensor(float)": "float32", "tensor(uint8)": "uint8"}
        return Port(node.name, dtypes.get(node.type, node.type), _shape(node.shape))

    return Program((port(images),), tuple(map(port, session.get_outputs())), run)


FACTS = "zoo.json"
"""The file in an exported program that says what it is."""


def _label_program(path: Path, facts: Facts) -> None:
    import torch

    with path.open("rb") as file:
        program = torch.export.load(file)
    with path.open("wb") as file:
        torch.export.save(program, file, extra_files={FACTS: json.dumps(dict(facts))})


def _program_facts(path: Path) -> dict[str, str]:
    import torch

    files = {FACTS: ""}
    with path.open("rb") as file:
        torch.export.load(file, extra_files=files)
    facts: dict[str, str] = json.loads(files[FACTS])
    return facts


def _open_program(path: Path) -> Program:
    import torch

    with path.open("rb") as file:
        program = torch.export.load(file)
    module = program.module()

    def run(batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        with torch.inference_mode():
            return [head.numpy() for head in module(torch.tensor(batch))]

    def port(name: str, node: Any) -> Port:
        return Port(name, str(node.meta["val"].dtype)[6:], _shape(node.meta["val"].shape))

    nodes = {node.name: node for node in program.graph.nodes}
    inputs = [port(name, nodes[name]) for name in program.graph_signature.user_inputs]
    outputs = [
        port(f"[{head}]", nodes[name])
        for head, name in enumerate(program.graph_signature.user_outputs)
    ]
    return Program(tuple(inputs), tuple(outputs), run)


def _shape(sizes: Sequence[Any]) -> tuple[int | str, ...]:
    return tuple(size if isinstance(size, int) else "N" for size in sizes)


FORMATS = {
    "onnx": ExportFormat(".onnx", ("onnx", "onnxruntime"), _label_onnx, _onnx_facts, _open_onnx),
    "torch-export": ExportFormat(".pt2", ("torch",), _label_program, _program_facts, _open_program),
}
"""By name: those that a trainer's spec may name an exporter for, and that can be verified here."""
