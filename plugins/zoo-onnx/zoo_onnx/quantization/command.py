"""The command `zoo quantize`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from zoo_core.plugin_api import (
    PluginError,
    ZooCommand,
    installed_catalog,
    options,
    print_json,
    print_lines,
    shell_command,
    status,
)

if TYPE_CHECKING:
    from zoo_core.plugin_api import FoundWeights, HeadChanges, PublishedCard

EXAMPLES = 1000
"""Number of calibration examples."""

MAX_LOSS = 0.1
"""Percentage points of accuracy that a head may lose."""


@click.command(
    cls=ZooCommand,
    examples={
        "Quantize published weights": "zoo quantize cnn.best --as cnn.small --registry weights",
        "Use them": "zoo predict cnn.small digit.png --registry weights",
        "Allow no loss on the test examples": (
            "zoo quantize numpy-net.best --as numpy-net.small --registry weights --max-loss 0"
        ),
    },
)
@click.argument("name", shell_complete=options.complete_weights)
@click.option("--as", "target", required=True, metavar="MODEL.TAG", help="Published name.")
@click.option(
    "--registry", required=True, metavar="FOLDER", help="Folder of the registry, new or existing."
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    default=EXAMPLES,
    show_default=True,
    metavar="N",
    help="Number of training examples to calibrate on.",
)
@click.option(
    "--max-loss",
    type=click.FloatRange(min=0, max=100),
    default=MAX_LOSS,
    show_default=True,
    metavar="POINTS",
    help="Percentage points of test accuracy that each head may lose.",
)
@options.data_dir
@options.as_json
def quantize(  # noqa: PLR0917 (click passes every argument by name)
    name: str, target: str, registry: str, examples: int, max_loss: float, as_json: bool
) -> None:
    """Quantize the published weights NAME to 8-bit integers, and publish them under a new name.

    The ranges of activations are measured on training examples. Then every test example is
    predicted again: if a head loses more than --max-loss, or if its loss is significant (McNemar's
    test, p < 0.05), nothing is published, and the exit code is 5.
    """
    # Imported here, because `zoo quantize --help` would otherwise import ONNX Runtime.
    from zoo_core.plugin_api import check_target, find_parent, publish_quantized, published_card

    _require_onnx()
    from zoo_onnx.quantization.candidates import quantize_parent

    parent, share = find_parent(installed_catalog(), name, registry, runtime="onnx"), max_loss / 100
    location = check_target(parent, target, registry)  # before the work of the quantization
    with status(f"Quantizing {parent.name}"):
        program = quantize_parent(parent, examples, share)
        found = publish_quantized(parent, program, target, location, max_loss=share)
    result = _Result(parent.found, found, published_card(found))
    if as_json:
        print_json(result.facts())
    else:
        result.report()


def _require_onnx() -> None:
    import importlib.util

    if importlib.util.find_spec("onnx") is None:
        raise PluginError(
            "quantization requires the package onnx", hint="Install it: pip install onnx"
        )


class _Result(NamedTuple):
    parent: FoundWeights
    found: FoundWeights
    card: PublishedCard

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "name": self.found.published.name,
            "registry": self.found.registry.name,
            "sha256": self.found.published.sha256,
            "parent": self.parent.published.name,
            "bytes_before": _size(self.parent),
            "bytes": _size(self.found),
            "heads": [
                {
                    "lost": head.lost,
                    "to_wrong": head.to_wrong,
                    "to_right": head.to_right,
                    "p": head.p,
                }
                for head in self._heads
            ],
        }

    @property
    def _heads(self) -> list[HeadChanges]:
        from zoo_core.plugin_api import HeadChanges

        stated, total = self.card.quantized, self.card.metrics["test"].total
        assert stated is not None
        pairs = zip(stated.to_wrong, stated.to_right, strict=True)
        return [HeadChanges(total, *pair) for pair in pairs]

    def report(self) -> None:
        """Print the result."""
        name, home = self.found.published.name, self.found.registry.name
        before, after = _size(self.parent), _size(self.found)
        print_lines(
            f"Published {self.found.name} in {home}",
            f"With its program it has {after:,} bytes, {before / after:.2f} times fewer than "
            f"{self.parent.published.name}.",
        )
        for number, head in enumerate(self._heads, 1):
            print_lines(f"{f'Head {number}' if len(self._heads) > 1 else name} {head}.")
        verify = shell_command("zoo", "verify", name, "--registry", home)
        print_lines(f"To verify it: {verify}")


def _size(found: FoundWeights) -> int:
    """Return the bytes of weights and program."""
    return int(found.published.bytes + found.published.runtimes["onnx"]["bytes"])
