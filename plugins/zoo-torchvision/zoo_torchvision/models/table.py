"""The table of torchvision's models, ``models.tsv``: what zoo knows without importing torchvision.

``python -m zoo_torchvision.models.table`` makes it anew, for the torchvision that is installed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from zoo_core.plugin_api import write_atomic

PATH = Path(__file__).with_name("models.tsv")


@dataclass(frozen=True)
class Row:
    """What is known of a model.

    Attributes:
        name: in torchvision.
        parameters: how many it has for ten classes of 28×28 gray pixels.
        weights: the pretrained weights that torchvision has by default.
        least: the smallest side of an image that it takes, in pixels.
        step: larger sides are multiples of it.
        square: 1 where height and width have to be equal, else 0.
        small: the smallest side with a small stem; 0 where there is no such stem.
    """

    name: str
    parameters: int
    weights: str
    least: int
    step: int
    square: int
    small: int

    def fitting(self, height: int, width: int, *, small: bool) -> tuple[int, int]:
        """Return the smallest size that the model takes and that an image fits into.

        Args:
            height: of the image.
            width: likewise.
            small: whether the model has a small stem.
        """
        least = self.small if small else self.least
        step = 1 if small else self.step
        high, wide = (max(least, -(-side // step) * step) for side in (height, width))
        return (max(high, wide),) * 2 if self.square else (high, wide)


@dataclass(frozen=True)
class Table:
    """All rows, by name, and which torchvision they are of."""

    version: str
    rows: dict[str, Row]


@cache
def table() -> Table:
    """Read the table."""
    about, _, *lines = PATH.read_text(encoding="utf-8").splitlines()
    return Table(about.removeprefix("# torchvision "), dict(map(_read, lines)))


def _read(line: str) -> tuple[str, Row]:
    name, parameters, weights, *sizes = line.split("\t")
    return name, Row(name, int(parameters), weights, *map(int, sizes))


def main() -> None:
    """Make the table."""
    import torchvision
    from torchvision.models import list_models

    from zoo_torchvision.models.probe import probe

    rows = [probe(name) for name in sorted(list_models(module=torchvision.models))]
    columns = [field.name for field in fields(Row)]
    lines = ["\t".join(str(getattr(row, column)) for column in columns) for row in rows]
    version = torchvision.__version__.partition("+")[0]  # which card it is made for is no matter
    head = [f"# torchvision {version}", "\t".join(columns)]
    write_atomic(PATH, "\n".join([*head, *lines, ""]).encode())


if __name__ == "__main__":
    main()
