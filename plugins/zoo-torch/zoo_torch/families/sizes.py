"""Image sizes that a network accepts, and their text: ``28+1``, ``32+16``, ``32+32 square``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Image sizes that a network accepts.

    Attributes:
        least: smallest side, in pixels.
        step: larger sides are multiples of it; 0 if there are no larger ones.
        square: whether height and width have to be equal.
        fixed: whether the size is an argument of the network's constructor, and afterwards the
            only size that the network accepts.
    """

    least: int
    step: int
    square: bool = False
    fixed: bool = False

    def __str__(self) -> str:
        step = f"+{self.step}" if self.step else ""
        return f"{self.least}{step}{' square' * self.square}{' fixed' * self.fixed}"

    @classmethod
    def parse(cls, text: str) -> Sizes:
        """Parse the text of `str`."""
        numbers, *words = text.split(" ")
        least, _, step = numbers.partition("+")
        return cls(int(least), int(step or 0), "square" in words, "fixed" in words)

    def fitting(self, height: int, width: int) -> tuple[int, int]:
        """Return the smallest accepted size that contains an image, or the only accepted size."""
        if not self.step:
            return self.least, self.least
        high, wide = self._side(height), self._side(width)
        return (max(high, wide),) * 2 if self.square else (high, wide)

    def _side(self, pixels: int) -> int:
        return max(self.least, -(-pixels // self.step) * self.step)  # -(-a // b) rounds up
