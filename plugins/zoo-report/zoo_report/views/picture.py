"""A picture of the results of a head, for a file and for a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A picture that is drawn when it is needed.

    Attributes:
        name: name of its file, without the suffix; unique among the pictures of a head.
        heading: heading on a page.
        caption: sentences below the heading, and the subtitle of the file's picture.
        label: accessible name.
        draw: function of a title, which is empty on a page, whose heading is not in the picture.
    """

    name: str
    heading: str
    caption: str
    label: str
    draw: Callable[[str], Figure]
