"""The data set mnist-numbers: its digits, layouts and warps."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from zoo_mnist import mnist, numbers, numbers_layout, numbers_warp
from zoo_mnist.numbers_warp import ONE, Boxes, DigitShapes
from zoo_mnist.plugin import zoo_datasets


@pytest.fixture(scope="module")
def digits():
    return mnist.load()


@pytest.fixture(scope="module")
def dataset():
    return numbers.load()


def layout_of(name, digits):
    source = digits.splits["test" if name == "test" else "train"]
    pool = numbers.digit_pool(len(source), name)
    seed = (numbers._SEEDS[name], 0)
    return numbers_layout.draw_layouts(seed, numbers.SIZES[name], pool)


def test_dataset_matches_its_spec(dataset):
    (spec,) = (each for each in zoo_datasets() if each.name == "mnist-numbers")
    assert dataset.sha256() == spec.sha256
    assert {name: len(split) for name, split in dataset.splits.items()} == spec.sizes
    assert dataset.input_spec == spec.input
    assert dataset.targets == spec.targets


def test_mean_and_std_match_training_pixels(dataset):
    pixels = dataset.splits["train"].inputs
    counts = np.bincount(pixels.ravel(), minlength=256) / pixels.size
    levels = np.arange(256) / 255
    mean = counts @ levels
    assert dataset.mean == pytest.approx((mean,), abs=1e-7)
    assert dataset.std == pytest.approx((np.sqrt(counts @ (levels - mean) ** 2),), abs=1e-7)


def test_stored_copy_is_what_is_composed(dataset, digits):
    composed = numbers.compose_split(digits, "validation")
    assert np.array_equal(dataset.splits["validation"].inputs, composed.inputs)
    assert np.array_equal(dataset.splits["validation"].targets[0], composed.targets[0])


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_strings_are_labels_of_the_digits_of_that_split(name, dataset, digits):
    layout = layout_of(name, digits)
    labels = digits.splits["test" if name == "test" else "train"].targets[0]
    (strings,) = dataset.splits[name].targets
    assert np.array_equal(strings >= 0, layout.used)
    assert np.array_equal(strings[layout.used], labels[layout.digits[layout.used]])
    rows = layout.digits[layout.used]
    if name != "test":
        # The last tenth of MNIST's training digits is in validation images only.
        assert (rows >= 54_000).all() if name == "validation" else (rows < 54_000).all()
    assert len(np.unique(rows)) > 0.85 * (rows.max() - rows.min())


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_every_length_and_symbol_is_equally_frequent(name, dataset):
    (strings,) = dataset.splits[name].targets
    lengths = np.bincount((strings >= 0).sum(axis=1), minlength=13)
    assert lengths[0] == 0
    assert lengths[1:].min() > 0.85 * len(strings) / 12
    symbols = np.bincount(strings[strings >= 0])
    assert len(symbols) == 10
    assert symbols.min() > 0.08 * symbols.sum()


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_no_stroke_is_cut_by_the_edge(name, dataset):
    images = dataset.splits[name].inputs[:, 0]
    border = np.concatenate([images[:, [0, -1]].reshape(len(images), -1), images[:, :, 0]], axis=1)
    assert border.max() < numbers_warp.INK
    assert images[:, :, -1].max() == 0


def test_sizes_and_places_vary_around_those_of_photos(dataset):
    boxes = numbers_warp.ink_boxes(dataset.splits["train"].inputs[:, 0])
    (strings,) = dataset.splits["train"].targets
    alone = (strings >= 0).sum(axis=1) == 1
    heights = (boxes.bottom - boxes.top)[alone]
    assert 18 <= np.median(heights) <= 22
    assert heights.min() >= 12
    assert heights.max() <= 30
    assert 6 <= np.median(boxes.left) <= 10
    middle = (boxes.top + boxes.bottom) / 2
    assert abs(np.median(middle) - 16) < 1
    long = (strings >= 0).sum(axis=1) == 12
    # A number of 12 digits has room for digits of the usual height.
    assert 200 < np.median((boxes.right - boxes.left)[long]) < 270


def test_composed_numbers_differ_by_seed_and_epoch_and_not_by_call():
    held_out = np.arange(19_800)
    first, again, other, seed = (
        numbers.compose_anew(*key, held_out) for key in ((0, 1), (0, 1), (0, 2), (1, 1))
    )
    assert len(first) == 200
    assert np.array_equal(first.inputs, again.inputs)
    assert np.array_equal(first.targets[0], again.targets[0])
    for each in (other, seed):
        assert not np.array_equal(first.targets[0], each.targets[0])
        assert not np.array_equal(first.inputs, each.inputs)


def test_three_of_four_composed_numbers_are_long_and_others_have_any_length():
    (strings,) = numbers.compose_anew(0, 1, np.arange(0)).targets
    shares = np.bincount((strings >= 0).sum(axis=1), minlength=13) / len(strings)
    assert shares[0] == 0
    np.testing.assert_allclose(shares[1:9], 1 / 48, rtol=0.2)
    np.testing.assert_allclose(shares[9:], 1 / 48 + 3 / 16, rtol=0.05)


def test_composed_numbers_have_no_reserved_or_held_out_digit(digits, monkeypatch):
    pools = []
    draw = numbers_layout.draw_layouts

    def spy(seed, count, pool, **options):
        pools.append(pool)
        return draw(seed, count, pool, **options)

    monkeypatch.setattr(numbers_layout, "draw_layouts", spy)
    numbers.compose_anew(0, 1, np.arange(0))
    (pool,) = pools
    assert np.array_equal(pool, np.arange(54_000))
    numbers.compose_anew(0, 1, np.arange(19_900))
    layout = layout_of("train", digits)
    held_out = layout.digits[:19_900][layout.used[:19_900]]
    assert not np.isin(pools[2], held_out).any()
    assert 1_000 < len(pools[2]) < 10_000


@given(seed=st.integers(0, 2**32 - 1))
def test_layouts_fit_into_the_image(seed):
    layout = numbers_layout.draw_layouts((seed, 7), 40, np.arange(5))
    random = np.random.default_rng(seed)
    shape = layout.used.shape
    top, left = random.integers(0, 8, (2, *shape))
    boxes = Boxes(top, left, random.integers(10, 29, shape), random.integers(10, 29, shape))
    shapes = numbers_layout.fit_shapes(layout, boxes)
    # As large as warped digits can become.
    heights, widths = (np.ones(shape, np.int64) for _ in range(2))
    heights[layout.used] = shapes.height // ONE + 2
    reach = shapes.width + abs(shapes.slant) * shapes.height // ONE
    widths[layout.used] = reach // ONE + 2
    rows, columns = numbers_layout.place_digits(layout, heights, widths)
    used = layout.used
    assert (rows[used] >= 1).all()
    assert ((rows + heights)[used] <= 31).all()
    assert (columns[used] >= 2).all()
    assert ((columns + widths)[used] <= 318).all()
    # From left to right, and no digit hides another.
    gaps = columns[:, 1:] - (columns + widths)[:, :-1]
    narrower = np.minimum(widths[:, 1:], widths[:, :-1])
    assert (gaps >= -(narrower // 4))[used[:, 1:]].all()


def shape_of(count, *, height=20, width=14, slant=0, stroke=0):
    """Return `count` equal shapes; sizes in pixels."""
    values = (height * ONE, width * ONE, slant, stroke)
    return DigitShapes(*(np.full(count, value) for value in values))


def warp_one(image, **shape):
    boxes = numbers_warp.ink_boxes(image[np.newaxis])
    (group,) = numbers_warp.warp_digits(image[np.newaxis], boxes, shape_of(1, **shape))
    return group[1][0]


@pytest.fixture(scope="module")
def block():
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 7:21] = 200
    return image


def test_same_shape_leaves_a_digit_unchanged(digits):
    image = digits.splits["test"].inputs[0, 0]
    top, left, bottom, right = (int(edge[0]) for edge in numbers_warp.ink_boxes(image[None]))
    warped = warp_one(image, height=bottom - top, width=right - left)
    found = numbers_warp.ink_boxes(warped[None])
    cut = warped[found.top[0] : found.bottom[0], found.left[0] : found.right[0]]
    assert np.array_equal(cut, image[top:bottom, left:right])


@given(height=st.integers(12, 28), width=st.integers(4, 30), slant=st.integers(-90, 90))
def test_warped_block_has_requested_size(block, height, width, slant):
    warped = warp_one(block, height=height, width=width, slant=slant)
    (top, left, bottom, right) = (int(edge[0]) for edge in numbers_warp.ink_boxes(warped[None]))
    assert abs(bottom - top - height) <= 1
    assert abs(right - left - width - abs(slant) * height / ONE) <= 2
    # Nothing is cut by the canvas.
    border = [warped[0], warped[-1], warped[:, 0], warped[:, -1]]
    assert max(edge.max() for edge in border) == 0
    upper, lower = (warped[row].nonzero()[0].mean() for row in (top + 1, bottom - 2))
    assert upper - lower == pytest.approx(slant * (height - 3) / ONE, abs=1.5)


def test_stroke_width_follows_share(block):
    area = [int((warp_one(block, stroke=stroke) >= 100).sum()) for stroke in (-200, 0, 200)]
    assert area[0] == 18 * 12
    assert area[1] == 20 * 14
    assert area[2] == 20 * 14 + 2 * (20 + 14)


def test_result_does_not_depend_on_digits_in_the_same_call(digits):
    images = digits.splits["test"].inputs[:50, 0]
    boxes = numbers_warp.ink_boxes(images)
    random = np.random.default_rng(0)
    shapes = DigitShapes(
        *(random.integers(*ends, 50) for ends in ((3000, 7000), (600, 7000), (-90, 90), (-99, 99)))
    )
    together = dict(
        pair
        for members, warped in numbers_warp.warp_digits(images, boxes, shapes)
        for pair in zip(members.tolist(), warped, strict=True)
    )
    assert sorted(together) == list(range(50))
    for row in (0, 17, 49):
        one = np.array([row])
        box = Boxes(*(edges[one] for edges in boxes))
        ((_, alone),) = numbers_warp.warp_digits(images[one], box, shapes.select(one))
        assert np.array_equal(alone[0], together[row])


def test_highest_digits_fit_into_the_image():
    # In this epoch, the stroke of a digit that fills the image is widened beyond it.
    split = numbers.compose_anew(0, 10, np.zeros(0, np.int64))
    assert split.inputs.shape == (20_000, 1, 32, 320)
