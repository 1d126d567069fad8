"""Export formats: metadata of the files, and execution by ONNX Runtime or torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # because `zoo export --help` works without NumPy
    from numpy.typing import NDArray

Facts = Mapping[str, str]
"""Metadata of a file."""


@dataclass(frozen=True)
class Port:
    """An input or output: name, dtype and shape, in which ``N`` is any number of examples."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.dtype} ({', '.join(map(str, self.shape))})"


@dataclass(frozen=True)
class Program:
    """A loaded file.

    Attributes:
        inputs: description of the inputs.
        outputs: description of the outputs.
        run: function from inputs ``(N, *shape)`` to outputs ``(N, …)``, one array per head.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    run: Callable[[NDArray[Any]], Sequence[NDArray[Any]]]


@dataclass(frozen=True)
class ExportFormat:
    """A file format.

    Attributes:
        suffix: suffix of file names.
        needs: modules required to write and run files.
        label: function that writes metadata into a file.
        facts: function that returns the metadata of a file.
        open: function that loads a file as its users do.
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
    # full_check also infers all shapes, so that inconsistent ones are an error.
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def _onnx_facts(path: Path) -> dict[str, str]:
    import onnx

    return {each.key: each.value for each in onnx.load(path).metadata_props}


def _open_onnx(path: Path) -> Program:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (inputs,) = session.get_inputs()  # ValueError, and so a PluginError, for any other number

    def run(batch: NDArray[Any]) -> Sequence[NDArray[Any]]:
        given: Sequence[NDArray[Any]] = session.run(None, {inputs.name: batch})
        return given

    def port(node: Any) -> Port:
        # "tensor(float)" is float32; other types of ONNX have NumPy's names.
        name = node.type.removeprefix("tensor(").removesuffix(")")
        dtype = {"float": "float32", "double": "float64"}.get(name, name)
        return Port(node.name, dtype, _shape(node.shape))

    return Program((port(inputs),), tuple(map(port, session.get_outputs())), run)


FACTS = "zoo.json"
"""Name of the extra file with the metadata in an exported program."""


def _label_program(path: Path, facts: Facts) -> None:
    import torch

    # An open file and not a path, because torch warns about a path without the suffix .pt2, which
    # the temporary file does not have.
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
        # "torch.float32" without "torch."
        return Port(name, str(node.meta["val"].dtype)[6:], _shape(node.meta["val"].shape))

    # The signature contains names only; shapes and dtypes are those of the nodes' example values.
    nodes = {node.name: node for node in program.graph.nodes}
    inputs = [port(name, nodes[name]) for name in program.graph_signature.user_inputs]
    outputs = [
        port(f"[{head}]", nodes[name])
        for head, name in enumerate(program.graph_signature.user_outputs)
    ]
    return Program(tuple(inputs), tuple(outputs), run)


def _shape(sizes: Sequence[Any]) -> tuple[int | str, ...]:
    # onnxruntime has a string for a dynamic dimension, torch a SymInt.
    return tuple(size if isinstance(size, int) else "N" for size in sizes)


FORMATS = {
    "onnx": ExportFormat(".onnx", ("onnx", "onnxruntime"), _label_onnx, _onnx_facts, _open_onnx),
    "torch-export": ExportFormat(".pt2", ("torch",), _label_program, _program_facts, _open_program),
}
"""Formats by name, for which a trainer's spec may have an exporter."""
