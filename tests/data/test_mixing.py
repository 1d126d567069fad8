"""Mixed pairs: shares and boxes, and that seed, step and place alone decide."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_core.data.augmentation.mixing import draw_mixing, symmetric_beta
from zoo_core.frameworks.distributed import shards
from zoo_core.recipes.recipe import Recipe

SHAPE = (3, 12, 20)


def draw(count=16, step=0, part=None, shape=SHAPE, **fields):
    recipe = Recipe(dataset="d", trainer="t", **fields)
    return draw_mixing(recipe, shape, count, step, part=part or slice(0, count))


def test_recipe_without_mixing_needs_only_its_own_part():
    assert draw(part=slice(3, 5)) == (slice(3, 5), None)


@pytest.mark.parametrize("parameter", [0.1, 0.5, 1.0, 2.0, 50.0])
def test_symmetric_beta_has_moments_of_its_distribution(parameter):
    uniform = np.random.default_rng(0).random((20_000, 2))
    drawn = np.array([symmetric_beta(parameter, *pair) for pair in uniform])
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)
    assert drawn.var() == pytest.approx(1 / (4 * (2 * parameter + 1)), rel=0.03)
    # The fourth central moment is 3 / (16 (2a + 1)(2a + 3)).
    fourth = 3 / (16 * (2 * parameter + 1) * (2 * parameter + 3))
    assert ((drawn - 0.5) ** 4).mean() == pytest.approx(fourth, rel=0.05)


def test_symmetric_beta_of_parameter_1_is_uniform():
    uniform = np.random.default_rng(1).random((20_000, 2))
    drawn = np.sort([symmetric_beta(1.0, *pair) for pair in uniform])
    assert np.abs(drawn - np.linspace(0, 1, len(drawn))).max() < 0.015


@given(
    parameter=st.floats(1e-300, 1e300),
    first=st.floats(0, 1, exclude_max=True),
    second=st.floats(0, 1, exclude_max=True),
)
def test_symmetric_beta_is_a_share_for_every_parameter(parameter, first, second):
    assert 0 <= symmetric_beta(parameter, first, second) <= 1


def test_every_second_step_is_of_cutmix_if_both_are_set():
    boxes = [draw(step=step, mixup=0.4, cutmix=1.0)[1].box for step in range(6)]
    assert [box is None for box in boxes] == [True, False] * 3
    assert draw(step=1, mixup=0.4)[1].box is None
    assert draw(step=0, cutmix=1.0)[1].box is not None


@given(
    step=st.integers(0, 10**6),
    seed=st.integers(0, 2**63 - 1),
    height=st.sampled_from([1, 2, 7, 64]),
    width=st.sampled_from([1, 3, 300]),
)
def test_share_of_cutmix_is_that_of_the_pixels_outside_of_the_box(step, seed, height, width):
    _, mixing = draw(step=step, seed=seed, shape=(1, height, width), cutmix=1.0)
    left, top, right, bottom = mixing.box
    assert 0 <= left <= right <= width
    assert 0 <= top <= bottom <= height
    inside = np.zeros((height, width), bool)
    inside[top:bottom, left:right] = True
    assert mixing.share == pytest.approx(1 - inside.mean())


def test_boxes_of_cutmix_are_of_all_sizes_and_places():
    drawn = [draw(step=step, cutmix=1.0, shape=(3, 40, 40))[1] for step in range(400)]
    shares = np.array([each.share for each in drawn])
    assert shares.min() < 0.2  # a box is rarely as large as the image, because it is clipped
    assert shares.max() > 0.98
    left, top, right, bottom = np.array([each.box for each in drawn]).T
    for start, stop in ((left, right), (top, bottom)):
        assert (start + stop).mean() == pytest.approx(40, abs=4)


@given(
    count=st.integers(1, 40),
    processes=st.integers(1, 5),
    step=st.integers(0, 100),
    field=st.sampled_from(["mixup", "cutmix"]),
)
def test_pairs_do_not_depend_on_the_number_of_processes(count, processes, step, field):
    _, whole = draw(count, step, **{field: 1.0})
    assert sorted(whole.partners) == [*range(count)]
    pairs = []
    for part in shards(count, processes):
        places, mixing = draw(count, step, part, **{field: 1.0})
        rows = np.arange(count)[places]
        size = part.stop - part.start
        assert [*rows[:size]] == [*range(count)[part]]
        assert len(set(rows)) == len(rows)
        assert len(mixing.partners) == size
        pairs += zip(rows[:size], rows[mixing.partners], strict=True)
        assert (mixing.share, mixing.box) == (whole.share, whole.box)
    assert pairs == [*enumerate(whole.partners)]


def test_a_batch_of_one_example_is_mixed_with_itself():
    places, mixing = draw(1, mixup=0.4)
    assert (np.arange(1)[places], mixing.partners) == ([0], [0])
