"""Quantized weights compared with their parents: answers, bytes and speed.

    python -m benchmarks.quantized [MODEL.TAG]…

Answers are those on the cards, for every test example. Speeds are medians of alternating runs of
the parent's program and the quantized one, with ONNX Runtime. With ``--publish``, published weights
are quantized again into a folder, whose files are compared with the published ones. With
``--settings``, other settings of ONNX Runtime are compared on validation examples.
"""

from __future__ import annotations

import contextlib
import io
import platform
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.runtimes import by_turns
from zoo_core.data.dataset import load_dataset
from zoo_core.data.find_dataset import find_dataset
from zoo_core.errors import VerificationError
from zoo_core.filenames import WEIGHTS
from zoo_core.installation.installed import installed_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.pretrained.verified_read import published_card
from zoo_core.publishing.parent_program import find_parent
from zoo_core.publishing.quantized import check_target, publish_quantized
from zoo_core.registry.lookup import find_weights
from zoo_core.registry.registry import FoundWeights

# `zoo_onnx` is imported in functions, because tests of the registry import `QUANTIZED` without it.

QUANTIZED = {
    "cnn.int8": "cnn.best",
    "mlp.int8": "mlp.best",
    "numpy-net.int8": "numpy-net.best",
    "residual-cnn.int8": "residual-cnn.best-6k",
    "two-headed-cnn.int8": "two-headed-cnn.best",
    "two-headed-mlp.int8": "two-headed-mlp.best",
}
"""Quantized tags and their parents."""

IMAGES = 2000
"""Number of test images per run."""

THREADS = (1, 2)
"""Numbers of threads."""

HEADER = (
    "| weights | parent | accuracy | became wrong, right | p | bytes | ratio "
    "| images/s, 1 thread | ratio | 2 threads | ratio |"
)


def size_of(found: FoundWeights) -> int:
    """Return the bytes of weights and program."""
    return int(found.published.bytes + found.published.runtimes["onnx"]["bytes"])


def images_of(found: FoundWeights) -> NDArray[np.generic]:
    """Return the first test images of published weights."""
    facts = published_card(found).dataset
    data = load_dataset(find_dataset(installed_catalog(), facts.name, sha256=facts.sha256))
    return np.asarray(data.splits["test"].inputs[:IMAGES])


def speeds(parent: FoundWeights, found: FoundWeights, threads: int, times: int) -> list[float]:
    """Return the images per second of the parent's program and of the quantized one."""
    images, catalog = images_of(found), installed_catalog()
    loaded = {
        each.published.name: load_pretrained(catalog, each, runtime="onnx", threads=threads)
        for each in (parent, found)
    }
    seconds = by_turns(
        {
            name: lambda each=each: each.predictor.outputs(images)  # type: ignore[misc]
            for name, each in loaded.items()
        },
        times,
    )
    return [len(images) / each for each in seconds.values()]


def row(name: str, times: int) -> str:
    """Return the row of quantized weights in the table."""
    catalog = installed_catalog()
    parent, found = find_weights(catalog, QUANTIZED[name]), find_weights(catalog, name)
    stated = published_card(found).quantized
    assert stated is not None
    before, after = (published_card(each).metrics["test"]["accuracy"] for each in (parent, found))
    sizes = size_of(parent), size_of(found)
    cells = [
        f"`{name}`",
        f"`{stated.source}`",
        " → ".join(" / ".join(f"{share:.2%}" for share in each) for each in (before, after)),
        ", ".join(" / ".join(map(str, each)) for each in (stated.to_wrong, stated.to_right)),
        " / ".join(f"{p:.2g}" for p in stated.p),
        " → ".join(f"{size:,}" for size in sizes),
        f"{sizes[0] / sizes[1]:.2f}",
    ]
    for threads in THREADS:
        slow, fast = speeds(parent, found, threads, times)
        cells += [f"{slow:,.0f} → {fast:,.0f}", f"{fast / slow:.2f}"]
    return f"| {' | '.join(cells)} |"


def processor() -> str:
    """Return the processor, and whether it has instructions for products of 8-bit integers."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    facts = {
        key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)
    }
    vnni = sorted(flag for flag in facts.get("flags", "").split() if "vnni" in flag)
    return f"{facts.get('model name', platform.processor())}: {', '.join(vnni) or 'no VNNI'}"


def settings() -> dict[str, dict[str, Any]]:
    """Return the settings to compare, as changes of those of `zoo_onnx.quantization.static`."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat

    return {
        "as published": {},
        "8 bits per weight": {"reduce_range": False},
        "one scale per tensor": {"per_channel": False},
        "entropy": {"calibrate_method": CalibrationMethod.Entropy},
        **{
            f"percentile {share}": {
                "calibrate_method": CalibrationMethod.Percentile,
                "extra_options": {"CalibPercentile": share},
            }
            for share in (99.99, 99.9)
        },
        "QDQ format": {"quant_format": QuantFormat.QDQ},
    }


def settings_table(name: str) -> str:
    """Return a table of the settings, by the first head's answers for validation examples."""
    from zoo_onnx.predictor import open_program
    from zoo_onnx.quantization.candidates import calibration_inputs
    from zoo_onnx.quantization.command import EXAMPLES
    from zoo_onnx.quantization.compact import compact
    from zoo_onnx.quantization.graph import load_program
    from zoo_onnx.quantization.simplify import simplify
    from zoo_onnx.quantization.static import quantize

    parent = find_parent(installed_catalog(), QUANTIZED[name], ".", runtime="onnx")
    examples, data = calibration_inputs(parent, EXAMPLES), parent.data.validation
    expected, targets = parent.pretrained.predictor.outputs(data.inputs)[0], data.targets[0]
    lines = [
        f"| {name}, {len(data):,} validation examples | correct | changed | difference | bytes |",
        "|---|---|---|---|---|",
    ]
    for setting, changes in settings().items():
        model = simplify(load_program(parent.content, parent.weights))
        with contextlib.redirect_stdout(io.StringIO()):  # because calibrations print their progress
            small = compact(quantize(model, examples, **changes))
        program = small.SerializeToString()
        found = open_program(program, b"").outputs(data.inputs)[0]
        answers = found.argmax(axis=1)
        cells = [
            f"{(answers == targets).sum():,}",
            str((answers != expected.argmax(axis=1)).sum()),
            f"{np.sqrt(np.mean((found - expected) ** 2)):.3f}",
            f"{len(program):,}",
        ]
        lines.append(f"| {setting} | {' | '.join(cells)} |")
    return "\n".join(lines)


def publish(name: str, registry: str) -> None:
    """Quantize a parent again, and compare weights and program with the published ones.

    Raises:
        VerificationError: they differ.
    """
    from zoo_onnx.quantization.candidates import quantize_parent
    from zoo_onnx.quantization.command import EXAMPLES, MAX_LOSS

    catalog = installed_catalog()
    parent = find_parent(catalog, QUANTIZED[name], registry, runtime="onnx")
    location = check_target(parent, name, registry)
    program = quantize_parent(parent, EXAMPLES, MAX_LOSS / 100)
    again = publish_quantized(parent, program, name, location, max_loss=MAX_LOSS / 100)
    published = find_weights(catalog, name).published
    for file, expected, got in (
        (WEIGHTS, published.sha256, again.published.sha256),
        ("program", published.runtimes["onnx"], again.published.runtimes["onnx"]),
    ):
        if got != expected:
            raise VerificationError(
                f"{file} of {name}: expected sha256 {expected}, as published, got {got}"
            )
    click.echo(f"{name}: the same bytes", err=True)


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL.TAG]…")
@click.option("--times", default=15, show_default=True, help="Number of turns.")
@click.option("--publish", "registry", metavar="FOLDER", help="Quantize again into this folder.")
@click.option(
    "--settings", "compares", is_flag=True, help="Compare settings on validation examples."
)
def main(names: tuple[str, ...], times: int, registry: str | None, compares: bool) -> None:
    """Compare the quantized weights NAMES, by default all, with their parents."""
    if registry or compares:
        for name in names or QUANTIZED:
            if registry:
                publish(name, registry)
            if compares:
                click.echo(settings_table(name))
        return
    click.echo(processor())
    click.echo(f"{HEADER}\n{'|---' * HEADER.count(' | ')}|---|")
    for name in names or QUANTIZED:
        click.echo(row(name, times))


if __name__ == "__main__":
    main()
