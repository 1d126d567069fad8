"""Random operations and color changes: amounts, frequencies, and what decides them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data.augmentation.color_changes import FIELDS, draw_changes
from zoo_core.data.augmentation.mixing import draw_mixing
from zoo_core.data.augmentation.operations import MOVES, NAMES, OPERATIONS, draw_operations
from zoo_core.data.augmentation.rectangles import draw_erased
from zoo_core.data.augmentation.warps import draw_warps
from zoo_core.frameworks.distributed import shards
from zoo_core.recipes.recipe import Recipe

ALL = {
    "crop": 0.3,
    "flip": 0.5,
    "elastic": 0.5,
    "brightness": 0.4,
    "contrast": 0.3,
    "saturation": 0.2,
    "hue": 0.1,
    "randaugment": 7.0,
    "erase": 0.5,
}


def recipe(**fields):
    return Recipe(dataset="d", trainer="t", **fields)


def test_nothing_is_drawn_without_the_fields():
    plain = recipe(rotate=5.0, mixup=0.4)
    assert draw_operations(plain, 8, 0) is None
    assert draw_changes(plain, 8, 0) == ()
    assert draw_erased(plain, (1, 9, 9), 8, 0) is None


@pytest.mark.parametrize("field", FIELDS)
def test_jitter_is_uniform_around_the_amount_that_changes_nothing(field):
    (change,) = draw_changes(recipe(**{field: 0.25}), 4000, 0)
    assert change.name == field
    assert [*change.places] == [*range(4000)]
    amounts = change.amounts - FIELDS[field]
    assert (amounts.min(), amounts.max()) == pytest.approx((-0.25, 0.25), abs=0.001)
    assert amounts.std() == pytest.approx(0.25 / np.sqrt(3), abs=0.005)


def test_jitter_of_one_field_leaves_others_unchanged_and_has_a_fixed_order():
    alone = draw_changes(recipe(contrast=0.25), 8, 3)[0]
    every = draw_changes(recipe(hue=0.1, saturation=0.2, contrast=0.25, brightness=0.3), 8, 3)
    assert [change.name for change in every] == ["brightness", "contrast", "saturation", "hue"]
    np.testing.assert_array_equal(every[1].amounts, alone.amounts)


def test_randaugment_has_the_strength_of_the_field_and_random_signs():
    kinds, amounts = draw_operations(recipe(randaugment=5.0, randaugment_ops=3), 6000, 0)
    assert kinds.shape == amounts.shape == (3, 6000)
    for number, operation in enumerate(OPERATIONS):
        assert (kinds == number).mean() == pytest.approx(1 / len(OPERATIONS), abs=0.01)
        changes = amounts[kinds == number] - operation.start
        np.testing.assert_allclose(np.abs(changes), abs(operation.rand) / 2, atol=1e-4)
        if operation.signed:
            assert (changes < 0).mean() == pytest.approx(0.5, abs=0.06)


def test_trivialaugment_has_one_operation_of_any_strength():
    kinds, amounts = draw_operations(recipe(trivialaugment=True), 20_000, 0)
    assert kinds.shape == (1, 20_000)
    for number, operation in enumerate(OPERATIONS):
        changes = amounts[kinds == number] - operation.start
        low, high = sorted((0.0, operation.trivial))
        low = -high if operation.signed else low
        assert changes.min() == pytest.approx(low, abs=0.02 * (high - low) + 1e-6)
        assert changes.max() == pytest.approx(high, abs=0.02 * (high - low) + 1e-6)
        assert changes.mean() == pytest.approx((low + high) / 2, abs=0.05 * (high - low) + 1e-6)


def test_each_operation_is_either_a_move_or_a_change_of_colors():
    fields = recipe(trivialaugment=True)
    kinds, amounts = draw_operations(fields, 400, 0)
    changes = draw_changes(fields, 400, 0)
    positions = draw_warps(fields, (1, 9, 7), 400, 0)
    still = draw_warps(recipe(flip=1e-9), (1, 9, 7), 1, 0)
    moved = (positions != still).any(axis=(1, 2, 3))
    for place, kind in enumerate(kinds[0]):
        name = NAMES[kind]
        found = [each.name for each in changes if place in each.places]
        assert found == ([] if name in ("identity", *MOVES) else [name])
        assert moved[place] == (name in MOVES)
    for change in changes:
        np.testing.assert_array_equal(change.amounts, amounts[0][change.places])


@pytest.mark.parametrize("size", [(7, 300), (300, 7)])
def test_translations_are_shares_of_the_image(size):
    fields = recipe(randaugment=10.0, randaugment_ops=1)
    kinds, amounts = draw_operations(fields, 300, 0)
    positions = draw_warps(fields, (1, *size), 300, 0)
    still = draw_warps(recipe(flip=1e-9), (1, *size), 1, 0)[0]
    for axis, name, length in ((0, "translate-x", size[1]), (1, "translate-y", size[0])):
        chosen = kinds[0] == NAMES.index(name)
        moved = (positions[chosen] - still)[:, axis, 0, 0]
        np.testing.assert_allclose(moved, -length * amounts[0][chosen], rtol=1e-4)


def test_randaugment_moves_twice_what_both_operations_move():
    """The matrices of two operations are composed, so that the image is resampled once."""
    fields = recipe(randaugment=3.0, randaugment_ops=2)
    kinds, amounts = draw_operations(fields, 500, 0)
    still = draw_warps(recipe(flip=1e-9), (1, 20, 20), 1, 0)[0]
    moved = draw_warps(fields, (1, 20, 20), 500, 0) - still
    twice = (kinds == NAMES.index("translate-x")).all(axis=0)
    assert twice.any()
    expected = -20 * amounts[:, twice].sum(axis=0)
    np.testing.assert_allclose(moved[twice][:, 0, 0, 0], expected, atol=1e-4)


@given(
    seed=st.integers(0, 2**63 - 1),
    step=st.integers(0, 10**6),
    count=st.integers(1, 12),
    processes=st.integers(1, 3),
    size=st.sampled_from([(1, 1), (7, 300), (9, 8)]),
    trivial=st.booleans(),
)
def test_draws_depend_on_recipe_step_and_place_alone(seed, step, count, processes, size, trivial):
    operations = {"randaugment": 0.0, "trivialaugment": True} if trivial else {}
    fields, shape = recipe(seed=seed, **{**ALL, **operations}), (3, *size)
    warps, erased = draw_warps(fields, shape, count, step), draw_erased(fields, shape, count, step)
    by_place = _by_place(draw_changes(fields, count, step), count)
    assert np.isfinite(warps).all()
    parts = shards(count, processes)
    own = [draw_warps(fields, shape, count, step, part=part) for part in parts]
    np.testing.assert_array_equal(np.concatenate(own), warps)
    own = [draw_erased(fields, shape, count, step, part=part) for part in parts]
    np.testing.assert_array_equal(np.concatenate(own), erased)
    own = [
        _by_place(draw_changes(fields, count, step, part=part), part.stop - part.start)
        for part in parts
    ]
    assert [image for images in own for image in images] == by_place
    # The same for examples in any order, as those that a process needs for pairs.
    mixed = fields.model_copy(update={"mixup": 0.4})
    places, _ = draw_mixing(mixed, shape, count, step, part=parts[-1])
    np.testing.assert_array_equal(
        draw_warps(fields, shape, count, step, part=places), warps[places]
    )
    some = _by_place(draw_changes(fields, count, step, part=places), len(warps[places]))
    assert some == [by_place[place] for place in np.arange(count)[places]]


def test_draws_of_other_steps_and_seeds_differ():
    def drawn(step, **fields):
        changed = recipe(**{**ALL, **fields})
        return repr(draw_changes(changed, 8, step)), repr(
            draw_erased(changed, (3, 40, 40), 8, step)
        )

    for other in (drawn(1), drawn(0, seed=1)):
        assert all(first != second for first, second in zip(drawn(0), other, strict=True))


def _by_place(changes, count):
    """Return the changes of each image, as (name, amount)."""
    images = [[] for _ in range(count)]
    for change in changes:
        for place, amount in zip(change.places, change.amounts, strict=True):
            images[place].append((change.name, float(amount)))
    return images
