"""Batches of an epoch: every row once, and never one row alone beside others."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core import Batch, Recipe
from zoo_core.data.augmentation.color_changes import draw_changes
from zoo_core.data.augmentation.mixing import draw_mixing
from zoo_core.data.augmentation.rectangles import draw_erased
from zoo_core.data.splits import TrainingData
from zoo_core.frameworks.batches import epoch_batches, min_shard_size
from zoo_core.frameworks.distributed import gather_in_order, shards
from zoo_core.testing.checks import resume_checks
from zoo_core.testing.trainee import Subject, Trainee


@given(count=st.integers(1, 300), size=st.integers(1, 300))
def test_epoch_batches_have_every_row_in_order_and_leave_none_alone(count, size):
    order = np.random.default_rng(0).permutation(count)
    batches = epoch_batches(order, size)
    assert np.array_equal(np.concatenate(batches), order)
    assert all(len(batch) == size for batch in batches[:-1])
    if min(count, size) > 1:
        assert 2 <= len(batches[-1]) <= size + 1


@pytest.mark.parametrize(
    ("count", "size", "lengths"),
    [
        (9, 4, [4, 5]),
        (8, 4, [4, 4]),
        (10, 4, [4, 4, 2]),
        (5, 4, [5]),
        (3, 2, [3]),
        (3, 1, [1, 1, 1]),
        (1, 1, [1]),
    ],
)
def test_epoch_batches_merge_remainder_of_one_alone(count, size, lengths):
    assert [len(rows) for rows in epoch_batches(np.arange(count), size)] == lengths


@given(
    count=st.integers(2, 60),
    processes=st.integers(1, 3),
    size=st.integers(1, 20),
    step=st.integers(0, 5),
)
def test_parts_of_mixed_step_have_each_example_with_its_partner(count, processes, size, step):
    values = {"mixup": 0.4, "cutmix": 1.0, "erase": 0.5, "brightness": 0.4, "randaugment": 5.0}
    recipe = Recipe(dataset="", trainer="", seed=1, **values)
    shape = (1, 7, 9)
    for mine in shards(count, processes, min_size=1):
        places, mixing = draw_mixing(recipe, shape, count, step, part=mine)
        batch = Batch(
            step,
            np.arange(count)[places] + 1000,
            lr=0.1,
            changes=draw_changes(recipe, count, step, part=places),
            erased=draw_erased(recipe, shape, count, step, part=places),
            mixing=mixing,
        )
        if not len(batch.rows):
            continue
        whole = pairs_of(batch)
        parts = batch.split(size)
        assert [pair for part in parts for pair in pairs_of(part)] == whole
        assert sum(part.share for part in parts) == pytest.approx(1)
        assert all(len(change.places) for part in parts for change in part.changes)


def pairs_of(batch):
    """Return what each example of a batch is made of: itself, its partner, and their changes."""
    changed = [{} for _ in batch.rows]
    for change in batch.changes:
        for place, amount in zip(change.places, change.amounts, strict=True):
            # By name, because a part has only those of the batch's changes that it needs.
            changed[place].setdefault(change.name, []).append(float(amount))
    facts = [
        (int(row), change, None if batch.erased is None else batch.erased[place].tolist())
        for place, (row, change) in enumerate(zip(batch.rows, changed, strict=True))
    ]
    return [(facts[place], facts[partner]) for place, partner in enumerate(batch.mixing.partners)]


@given(
    count=st.integers(1, 200),
    size=st.integers(1, 60),
    share=st.floats(0.1, 1),
    warped=st.booleans(),
)
def test_parts_of_step_have_its_rows_in_order_and_its_share(count, size, share, warped):
    rows = np.random.default_rng(0).permutation(count)
    warps = rows[:, np.newaxis].astype(np.float32) if warped else None
    batch = Batch(step=3, rows=rows, lr=0.5, warps=warps, share=share, epoch=2)
    parts = batch.split(size)
    assert np.array_equal(np.concatenate([part.rows for part in parts]), rows)
    assert all(len(part.rows) <= size + 1 for part in parts)
    assert sum(part.share for part in parts) == pytest.approx(share)
    for part in parts:
        assert (part.step, part.lr, part.epoch) == (3, 0.5, 2)
        assert part.share / share == pytest.approx(len(part.rows) / count)
        assert (part.warps is None) if not warped else (part.warps[:, 0] == part.rows).all()


@given(rows=st.integers(1, 80), processes=st.integers(1, 20), min_size=st.sampled_from([1, 2]))
def test_shards_are_consecutive_equal_and_not_smaller_than_minimum(rows, processes, min_size):
    parts = shards(rows, processes, min_size=min_size)
    assert (len(parts), parts[0].start, parts[-1].stop) == (processes, 0, rows)
    assert all(before.stop == after.start for before, after in pairwise(parts))
    lengths = [part.stop - part.start for part in parts if part.stop > part.start]
    assert max(lengths) - min(lengths) <= 1
    assert min(lengths) >= min(min_size, rows)
    if rows >= min_size * processes:
        assert len(lengths) == processes, "every process takes part in a full batch"


@given(
    count=st.integers(1, 200),
    size=st.integers(1, 60),
    accumulate=st.integers(1, 4),
    processes=st.integers(1, 20),
)
def test_process_has_no_single_row_if_full_batches_have_two_for_each(
    count, size, accumulate, processes
):
    min_size = min_shard_size(size, processes)
    for batch in epoch_batches(np.arange(count), size * accumulate):
        mine = [batch[each] for each in shards(len(batch), processes, min_size=min_size)]
        parts = [epoch_batches(rows, -(-size // processes)) for rows in mine]
        lengths = {len(part) for each in parts for part in each}
        assert 1 not in lengths or size < 2 * processes or count == 1


class Member:
    """A process of a group whose outputs are computed beforehand."""

    def __init__(self, heads_by_rank):
        self.rank, self.size = 0, len(heads_by_rank)
        self.heads_by_rank = heads_by_rank

    def all_gather(self, array):
        return self.heads_by_rank


@pytest.mark.parametrize("min_size", [1, 2])
def test_gather_in_order_restores_rows_of_unequal_shards(min_size):
    counts = [9, 9, 3]
    rows = np.arange(21, dtype=np.float32)[:, np.newaxis]
    batches = np.split(rows, [9, 18])
    by_rank = [
        np.concatenate([batch[shards(len(batch), 4, min_size=min_size)[rank]] for batch in batches])
        for rank in range(4)
    ]
    (gathered,) = gather_in_order([by_rank[0]], counts, Member(by_rank), min_size=min_size)
    assert np.array_equal(gathered, rows)


def test_training_with_remainder_of_one_resumes_to_the_bit(toy, monkeypatch):
    monkeypatch.setattr(resume_checks, "SEVERAL_STEPS", {"epochs": 2, "batch_size": 5})
    resume_checks.resumes_to_the_bit(Subject(toy, "softmax"))  # 16 images: batches of 5, 5, 6


@pytest.mark.parametrize("held_out", [1, 2])
def test_training_scores_validation_split_of_one_or_two_images(toy, held_out):
    trainee = Trainee.make(toy, "softmax", batch_size=3)
    data: TrainingData = trainee.run.data
    few = dataclasses.replace(
        data, train_rows=data.train_rows[:4], validation_rows=data.validation_rows[:held_out]
    )
    trainee = dataclasses.replace(trainee, run=dataclasses.replace(trainee.run, data=few))
    fitted = trainee.fit()
    assert (fitted.train.total, fitted.validation.total) == (4, held_out)
