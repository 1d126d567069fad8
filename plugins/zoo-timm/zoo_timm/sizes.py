"""Which sizes of images a model takes, as text: ``28+1``, ``32+16``, ``224``, ``32+32 square``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Sizes of images that a model takes.

    Attributes:
        least: the smallest side, in pixels.
        step: larger sides are multiples of it; 0: there are none.
        square: height and width have to be equal.
        told: the model is told when it is built, and takes that size alone.
    """

    least: int
    step: int
    square: bool = False
    told: bool = False

    def __str__(self) -> str:
        step = f"+{self.step}" if self.step else ""
        return f"{self.least}{step}{' square' * self.square}{' told' * self.told}"

    @classmethod
    def parse(cls, text: str) -> Sizes:
        """Read what `str` gives."""
        numbers, *words = text.split(" ")
        least, _, step = numbers.partition("+")
        return cls(int(least), int(step or 0), "square" in words, "told" in words)

    def fitting(self, height: int, width: int) -> tuple[int, int]:
        """Return the smallest size that the model takes and that an image fits into.

        Where the model takes a single size, it is that one.
        """
        if not self.step:
            return self.least, self.least
        high, wide = self._side(height), self._side(width)
        return (max(high, wide),) * 2 if self.square else (high, wide)

    def _side(self, pixels: int) -> int:
        return max(self.least, -(-pixels // self.step) * self.step)
