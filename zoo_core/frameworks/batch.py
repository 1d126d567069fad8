"""The batch of a step: its examples, how they are augmented, and the learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from zoo_core.frameworks.batches import epoch_batches

if TYPE_CHECKING:  # because they import recipes, and with them pydantic
    from zoo_core.data.augmentation.color_changes import Change
    from zoo_core.data.augmentation.mixing import Mixing
    from zoo_core.data.augmentation.rectangles import Boxes
    from zoo_core.data.augmentation.warps import Positions


@dataclass(frozen=True)
class Batch:
    """The arguments of a step.

    Attributes:
        step: number of the step in the whole training, from 0.
        rows: int64 ``(N,)``: rows of the examples that `Learner.set_data` received.
        lr: learning rate of the step.
        warps: sampling positions of the augmented images; None for no augmentation.
        changes: changes of the images' colors, after the warps.
        erased: rectangle to erase of each image, ``(N, 4)``: its pixels become the mean, which is
            0 after normalization; None for no image.
        mixing: mixing of pairs of examples, and of their losses; None for no mixing. The outputs of
            the step are then those of the pairs.
        epoch: number of the epoch, from 1.
        plain: True for a step without augmentation: the trainer leaves out the recipe's
            `transforms`, too.
        share: fraction of the global batch in this process's shard, from 0 (no rows) to 1; less
            than 1 only where several processes train together.
    """

    step: int
    rows: NDArray[np.int64]
    lr: float
    warps: Positions | None = None
    # A mean loss times `share`, summed over processes, is the mean over the whole batch, also
    # where the shards have different sizes.
    share: float = 1.0
    epoch: int = 1
    changes: Sequence[Change] = ()
    erased: Boxes | None = None
    mixing: Mixing | None = None
    plain: bool = False

    def split(self, size: int) -> list[Batch]:
        """Split the batch of a step into parts of `size` examples, whose gradients are added up.

        The last part may have fewer examples, or one more: see `epoch_batches`.
        """
        count = len(self.rows if self.mixing is None else self.mixing.partners)
        return [
            replace(self._select(places), share=self.share * len(places) / count)
            for places in epoch_batches(np.arange(count), size)
        ]

    def _select(self, places: NDArray[np.int64]) -> Batch:
        """Return the batch of some of the examples, with those that they are mixed with."""
        mixing, every = self.mixing, places
        if mixing:
            partners = mixing.partners[places]
            every = np.concatenate([places, np.setdiff1d(partners, places)])
        position = np.full(len(self.rows), -1)  # of each row among those of the new batch
        position[every] = np.arange(len(every))
        selected = (change.select(position) for change in self.changes)
        changes = (change for change in selected if len(change.places))
        return replace(
            self,
            rows=self.rows[every],
            warps=None if self.warps is None else self.warps[every],
            changes=tuple(changes),
            erased=None if self.erased is None else self.erased[every],
            mixing=replace(mixing, partners=position[partners]) if mixing else None,
        )
