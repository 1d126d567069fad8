"""Random warps: how far pixels are moved, and that seed and step alone decide."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from threadpoolctl import threadpool_limits

from zoo_core.data.augmentation.warps import draw_warps
from zoo_core.recipes.recipe import Recipe


def draw(count=2000, step=0, size=(9, 7), **fields):
    recipe = Recipe(dataset="d", trainer="t", **fields)
    return draw_warps(recipe, (1, *size), count, step)


def still(height, width):
    y, x = np.mgrid[:height, :width]
    return np.stack([x - (width - 1) / 2, y - (height - 1) / 2])


def test_draw_warps_returns_none_without_augmentation():
    assert draw() is None
    assert draw(elastic_sigma=8.0) is None


def test_translation_moves_all_pixels_equally():
    moved = draw(translate=2.0) - still(9, 7)
    assert np.ptp(moved, axis=(2, 3)).max() < 1e-5
    assert moved.min() == pytest.approx(-2, abs=0.01)
    assert moved.max() == pytest.approx(2, abs=0.01)


def test_rotation_keeps_distance_from_center():
    x, y = draw(rotate=30.0).transpose(1, 0, 2, 3)
    center_x, center_y = still(9, 7)
    np.testing.assert_allclose(
        x**2 + y**2, np.broadcast_to(center_x**2 + center_y**2, x.shape), atol=1e-4
    )
    angles = np.degrees(np.arctan2(y, x) - np.arctan2(center_y, center_x))[:, 4, 6]
    assert (angles.min(), angles.max()) == pytest.approx((-30, 30), abs=0.1)


def test_scale_stretches_rows_and_columns_independently():
    x, y = (draw(scale=0.25)[:, :, 0, 0] / still(9, 7)[:, 0, 0]).T
    for factors in (x, y):
        assert (factors.min(), factors.max()) == pytest.approx((0.8, 1.25), abs=0.01)
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.1


def test_shear_slants_columns_and_keeps_rows():
    moved = draw(shear=20.0) - still(9, 7)
    assert np.abs(moved[:, 1]).max() < 1e-5
    assert np.abs(moved[:, 0, 4]).max() < 1e-5  # the middle row
    assert moved[:, 0, 8].max() == pytest.approx(4 * np.tan(np.radians(20)), abs=0.02)


def test_elastic_warp_is_smooth_with_given_deviation():
    moved = draw(elastic=1.5, elastic_sigma=3.0, size=(28, 20)) - still(28, 20)
    assert moved.std(axis=0) == pytest.approx(1.5, abs=0.15)
    assert np.abs(moved.mean(axis=0)).max() < 0.15

    def apart(pixels):
        columns = moved[:, 0, 10]
        return np.corrcoef(columns[:, 5], columns[:, 5 + pixels])[0, 1]

    assert apart(1) > 0.9
    assert abs(apart(14)) < 0.1


@given(
    asked=st.sampled_from([{"rotate": 5.0}, {"elastic": 1.0}]),
    seed=st.integers(0, 2**63 - 1),
    step=st.integers(0, 10**6),
    count=st.integers(1, 5),
)
def test_draw_warps_depends_only_on_seed_and_step(asked, seed, step, count):
    fields = {**asked, "seed": seed}
    first = draw(count, step, **fields)
    assert first.dtype == np.float32
    assert first.shape == (count, 2, 9, 7)
    assert np.array_equal(first, draw(count, step, **fields))
    assert not np.array_equal(first, draw(count, step + 1, **fields))
    assert not np.array_equal(first, draw(count, step, **{**fields, "seed": seed ^ 1}))


def test_draw_warps_is_independent_across_images_and_steps():
    turns = [draw(500, step, rotate=10.0)[:, 0, 0, 0] for step in (0, 1)]
    assert abs(np.corrcoef(turns)[0, 1]) < 0.15
    assert abs(np.corrcoef(turns[0][:-1], turns[0][1:])[0, 1]) < 0.15


def test_flip_mirrors_given_share_of_images():
    x, y = draw(flip=0.3).transpose(1, 0, 2, 3)
    center_x, center_y = still(9, 7)
    assert (y == center_y).all()
    mirrored = (x == -center_x).all(axis=(1, 2))
    assert (mirrored | (x == center_x).all(axis=(1, 2))).all()
    assert mirrored.mean() == pytest.approx(0.3, abs=0.04)
    assert (draw(flip=1.0)[:, 0] == -center_x).all()


def test_flip_leaves_other_warps_unchanged():
    plain, flipped = draw(rotate=20.0, translate=2.0), draw(rotate=20.0, translate=2.0, flip=1.0)
    np.testing.assert_allclose(flipped, plain[..., ::-1], atol=1e-5)


def test_warps_of_wide_images_do_not_depend_on_threads():
    drawn = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            drawn.append(draw(8, size=(32, 320), elastic=0.5))
    np.testing.assert_array_equal(*drawn)
