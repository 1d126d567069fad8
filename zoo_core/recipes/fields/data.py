"""Fields of the data: the examples of a training, their split and their order."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from zoo_core.recipes.fields.added import Owner, added
from zoo_core.recipes.validation import FrozenModel


class DataFields(FrozenModel):
    """The data set, the examples held out, and the order of the others."""

    dataset: str = Field(description="name of the data set")
    missing: Literal["refuse", "mean"] = added(
        "refuse",
        "missing numbers of an input: refuse, or fill with the mean of the training rows",
    )
    normalize: bool = Field(
        True,
        description="normalize by the mean and std of the weights to start from, or "
        "else of the data set; false: pixels / 255, and other inputs as they are",
    )
    fresh: bool = Field(
        False, description="compose new training images every epoch, if the data set can"
    )
    reshuffle: bool = Field(True, description="shuffle the examples every epoch; else once")
    shuffle: bool = added(True, "shuffle the training examples; false: the order of the data set")
    sampler: Literal["", "balanced"] = added(
        "",
        "examples of an epoch: empty for each training example once; balanced for equally many of "
        "each class",
    )
    validation: float = Field(
        0.1, gt=0, lt=1, description="share of the training examples held out"
    )
    held_out: Literal["random", "last"] = Field(
        "random", description="choice of the examples held out: random, or the last in the file"
    )
    # Separate from `seed`, so that models of several seeds hold out the same examples and can be
    # compared or averaged on them.
    split_seed: int = Field(0, ge=0, description="seed of the random choice of examples held out")
    folds: int = added(
        0,
        "number of equal parts of the training examples, one of which is tested in place of the "
        "test split; 0: none",
        ge=0,
    )
    fold: int = added(0, "part of the folds that is tested, from 1", ge=0)

    @property
    def tested_on(self) -> str:
        """The examples of the test scores: ``test``, or ``fold 3 of 5``."""
        return f"fold {self.fold} of {self.folds}" if self.folds else "test"


OWNERS: dict[str, Owner] = {"fold": ("folds", ())}
