"""The description of a data set by `zoo info`: a table, and examples as a picture."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.cli.dataset_table import overview_lines
from zoo_core.cli.info.layout import page_width, wrap
from zoo_core.cli.terminal_image import console, draw_image
from zoo_core.data.dataset import load_dataset
from zoo_core.data.example_record import make_record
from zoo_core.data.overview.overview import Overview, describe_dataset
from zoo_core.data.overview.sheet import cell, choose_examples, draw_sheet
from zoo_core.data.splits import training_data
from zoo_core.errors import DataError, InvalidValueError
from zoo_core.plugins.entry import Entry
from zoo_core.plugins.specs import DatasetSpec
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.atomic_files import write_atomic
from zoo_core.system.terminal import print_lines
from zoo_core.text import shown

CLASSES, IMAGES, SIDE = 3, 4, 16
"""Number of classes and of images per class on a terminal, and the side of an image in pixels."""


class DescribedData:
    """The description of a data set, which is split as by a recipe's default values.

    Args:
        entry: the data set.
    """

    def __init__(self, entry: Entry[DatasetSpec]) -> None:
        self._spec, self._dataset = entry.spec, load_dataset(entry)

    @cached_property
    def overview(self) -> Overview | None:
        """The overview; None for a plugin's data set, which is checked when it is published."""
        if not self._spec.address:
            return None
        # The fields of the split have defaults; no other field matters here.
        recipe = Recipe.model_validate({"dataset": self._spec.name, "trainer": "none"})
        data = training_data(self._dataset, recipe)
        return describe_dataset(data, recipe, make_record(data))

    @property
    def _is_image(self) -> bool:
        return self._dataset.input_spec.kind == "image"

    def as_json(self) -> dict[str, Any]:
        """Return the overview as JSON values."""
        return self.overview.as_json() if self.overview else {}

    def print(self) -> None:
        """Print the table; on a terminal with colors, also a few examples."""
        if self.overview is None:
            return
        print_lines("", *overview_lines(self.overview, self._spec.name, page_width()))
        noun = "images" if self._is_image else "examples"
        note = f"The validation {noun} are those of a recipe with the default split."
        print_lines(*wrap(note, page_width()))
        if self._is_image and (screen := console()):
            for each in choose_examples(self._dataset, CLASSES, IMAGES)[0]:
                strip = np.concatenate([cell(image, SIDE) for image in each.images], axis=1)
                screen.print(shown(each.name), style="bold")
                screen.print(draw_image(np.moveaxis(strip, -1, 0)))

    def write_sheet(self, path: Path) -> None:
        """Write a picture with examples of each class, and print its legend on stderr.

        Raises:
            DataError: the file cannot be written.
            InvalidValueError: the data set has no images.
        """
        if not self._is_image:
            raise InvalidValueError(
                f"--sheet needs images, got data set {self._spec.name!r} of "
                f"{self._dataset.input_spec.kind}",
                hint="Leave it out.",
            )
        sheet = draw_sheet(*choose_examples(self._dataset))
        try:
            write_atomic(path, sheet.png)
        except OSError as exc:
            raise DataError(
                f"the sheet could not be written to {path}: {exc.strerror}",
                hint="Choose another file: --sheet FILE",
            ) from exc
        print_lines(f"Sheet of examples: {path}", *sheet.legend, err=True)
