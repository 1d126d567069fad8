"""The overview of a data set: counts, and a warning for each fault, but not without it."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from zoo_core.data.dataset import ArrayDataset, Split
from zoo_core.data.example_record import make_record
from zoo_core.data.examples import Examples
from zoo_core.data.overview.near_duplicates import find_near_duplicates, small_copies
from zoo_core.data.overview.overview import describe_dataset
from zoo_core.data.overview.sheet import choose_examples, draw_sheet
from zoo_core.data.reading_facts import OriginalSizes, ReadingFacts
from zoo_core.data.splits import training_data
from zoo_core.plugins.data_specs import TargetSpec, class_targets
from zoo_core.recipes.recipe import Recipe

NO_FACTS = ReadingFacts()

RECIPE = Recipe(dataset="photos", trainer="toy")


def textures(number, *, seed=0, side=32, channels=3):
    """Return different images with large, smooth patches, ``(number, channels, side, side)``."""
    random = np.random.default_rng(seed)
    # Mostly gray, as photos are.
    gray, tint = random.integers(0, 200, (number, 6, 6, 1)), random.integers(0, 56, 3)
    small = (gray + tint).astype(np.uint8)
    large = [np.asarray(Image.fromarray(each).resize((side, side))) for each in small]
    return np.moveaxis(np.stack(large), -1, 1)[:, :channels].copy()


def as_jpeg(image, quality):
    """Return an image as it is after saving it as a JPEG."""
    file = io.BytesIO()
    Image.fromarray(np.moveaxis(image, 0, -1)).save(file, "JPEG", quality=quality)
    return np.moveaxis(np.asarray(Image.open(file)), -1, 0)


def make_dataset(train, validation, test, *, images=None, classes="ab", facts=NO_FACTS):
    """Return a data set with the given labels per split, each image with a key such as test-3."""
    labels = {"train": train, "validation": validation, "test": test}
    images = textures(sum(map(len, labels.values()))) if images is None else images
    splits, start = {}, 0
    for name, of_split in labels.items():
        keys = tuple(f"{name}-{row}" for row in range(len(of_split)))
        part = images[start : start + len(of_split)]
        column = np.array(of_split, np.int64)
        splits[name] = Split(part, (column,), examples=Examples(keys, keys))
        start += len(of_split)
    channels = images.shape[1]
    mean, std = (0.5,) * channels, (0.25,) * channels
    return ArrayDataset(splits, class_targets(classes), mean, std, facts=facts)


def describe(*labels, **options):
    data = training_data(make_dataset(*labels, **options), RECIPE)
    return describe_dataset(data, RECIPE, make_record(data))


def test_overview_counts_each_image_once():
    found = describe([0, 0, 1, 1, 1], [0, 1], [1, 0, 1])
    assert found.as_json()["counts"] == [
        {
            "a": {"train": 2, "validation": 1, "test": 1},
            "b": {"train": 3, "validation": 1, "test": 2},
        }
    ]
    assert found.totals == (5, 2, 3)
    assert found.warnings == ()


def test_counts_of_random_data_add_up():
    hypothesis = pytest.importorskip("hypothesis")
    label_lists = hypothesis.strategies.lists(
        hypothesis.strategies.integers(0, 4), min_size=2, max_size=30
    )

    @hypothesis.given(label_lists, label_lists, hypothesis.strategies.floats(0.01, 0.9))
    def check(train, test, share):
        images = textures(len(train) + len(test) + 1, side=4)
        whole = make_dataset(train, [0], test, classes="abcde", images=images)
        # Without a validation split, so that the recipe holds out some of the training images.
        splits = {name: whole.splits[name] for name in ("train", "test")}
        dataset = ArrayDataset(splits, whole.targets, whole.mean, whole.std)
        recipe = RECIPE.model_copy(update={"validation": share})
        data = training_data(dataset, recipe)
        found = describe_dataset(data, recipe, make_record(data))
        assert found.totals[0] + found.totals[1] == len(train)
        for label, row in enumerate(found.counts[0].tolist()):
            assert row[0] + row[1] == train.count(label)
            assert row[2] == test.count(label)

    check()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (([0, 0, 1, 1], [0, 1], [0, 0]), ["no test image of b"]),
        (([0, 0, 1, 1], [1], [0, 1]), ["no validation image of a"]),
        (([0, 0, 1], [0, 1], [0, 1]), ["only 1 training image of b"]),
        (([0, 0], [0, 1], [0, 1]), ["no training image of b"]),
        (([0, 0, 1, 1], [0, 1], [0, 1]), []),
        (
            ([0] * 40 + [1] * 2, [0, 1], [0, 1]),
            ["unbalanced classes: 40 training images of a, 2 of b"],
        ),
        (([0] * 39 + [1] * 2, [0, 1], [0, 1]), []),
    ],
)
def test_overview_warns_of_classes(labels, expected):
    assert list(describe(*labels).warnings) == expected


def test_overview_warns_of_class_below_one_percent():
    several = list(range(7)) * 60
    rare = describe(several + [7] * 4, [*range(8)], [*range(8)], classes="abcdefgh")
    assert rare.warnings == ("unbalanced classes: 60 training images of a, 4 of h",)
    many = [f"class {number}" for number in range(150)]
    equal = describe([*range(150)] * 2, [*range(150)], [*range(150)], classes=many)
    assert equal.warnings == ()  # although each has less than one percent


def test_overview_names_at_most_a_few_classes():
    names = [f"{'very ' * 10}long name {number}" for number in range(9)]
    (warning,) = describe([*range(9)] * 2, [*range(9)], [0], classes=names).warnings
    assert warning.startswith("no test image of very very very very ver…, very")
    assert warning.endswith(" and 4 more classes")


def test_overview_warns_of_equal_image_in_another_split():
    images = textures(8)
    images[6] = images[1]  # test-0 and train-1
    (warning,) = describe([0, 0, 1, 1], [0, 1], [0, 1], images=images).warnings
    assert warning == (
        "1 test image equal to an image of another split, such as test-0 (test) and train-1 (train)"
    )
    images = textures(8)
    images[0] = images[1]  # both in train
    assert describe([0, 0, 1, 1], [0, 1], [0, 1], images=images).warnings == ()


def test_overview_warns_of_equal_images_in_different_classes():
    images = textures(8)
    images[3] = images[0]
    (warning,) = describe([0, 0, 1, 1], [0, 1], [0, 1], images=images).warnings
    assert warning == (
        "2 images with equal pixels in different classes, such as train-0 (a) and train-3 (b)"
    )


@pytest.mark.parametrize("quality", [95, 75, 50])
def test_overview_warns_of_compressed_copy_in_another_split(quality):
    images = textures(8)
    images[4] = as_jpeg(images[1], quality)  # validation-0 and train-1
    (warning,) = describe([0, 0, 1, 1], [0, 1], [0, 1], images=images).warnings
    assert warning == (
        "1 validation image nearly equal to an image of another split, such as validation-0 "
        "(validation) and train-1 (train)"
    )


def noise(number, side, channels=1):
    shape = (number, channels, side, side)
    return np.random.default_rng(1).integers(0, 256, shape, np.uint8)


def flat(number):
    levels = np.random.default_rng(2).integers(0, 250, (number, 1, 1, 1), np.uint8)
    return levels + np.random.default_rng(3).integers(0, 6, (number, 1, 16, 16), np.uint8)


def bars(number):
    """Return vertical bars at different places on black, as simple as a handwritten 1."""
    images = np.zeros((number, 1, 28, 28), np.uint8)
    for row, image in enumerate(images[:, 0]):
        image[2 + row % 5 : 20 + row % 7, 2 + row % 23 : 5 + row % 23] = 255
    return images


def strokes(number):
    """Return two crossing lines on black per image."""
    images = np.zeros((number, 3, 28, 28), np.uint8)
    for image, ends in zip(
        images, np.random.default_rng(4).integers(3, 25, (number, 8)), strict=True
    ):
        canvas = Image.new("L", (28, 28))
        draw = ImageDraw.Draw(canvas)
        draw.line(ends[:4].tolist(), 255, 3)
        draw.line(ends[4:].tolist(), 255, 3)
        image[:] = np.asarray(canvas)
    return images


def dim(number):
    """Return the same weak gradient, with one other pixel per image."""
    images = np.full((number, 1, 16, 16), 100, np.uint8) + np.arange(16, dtype=np.uint8) // 5
    for row, image in enumerate(images.reshape(number, -1)):
        image[row] += 1
    return images


def colored(number):
    """Return the same disc in different colors."""
    y, x = np.mgrid[:32, :32]
    disc = (y - 16) ** 2 + (x - 16) ** 2 < 100
    palette = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
    colors = palette[np.arange(number) % 3, :, np.newaxis, np.newaxis]
    return np.where(disc, colors, np.uint8(30)).astype(np.uint8)


@pytest.mark.parametrize(
    "images",
    [
        pytest.param(noise(2000, 28), id="noise"),
        pytest.param(noise(300, 100, 3), id="large noise"),
        pytest.param(flat(2000), id="flat"),
        pytest.param(dim(100), id="dim"),
        pytest.param(bars(28 * 23)[:161], id="bars"),
        pytest.param(colored(3), id="colors"),
        pytest.param(textures(2000), id="textures"),
        pytest.param(textures(50, side=5), id="tiny"),
    ],
)
def test_different_images_are_not_near_duplicates(images):
    every = np.arange(len(images))
    found = find_near_duplicates(small_copies(images), every, lambda row: images[row : row + 1])
    assert found.pairs.tolist() == []


@pytest.mark.parametrize("originals", [textures(500), strokes(500)], ids=["photos", "strokes"])
def test_most_compressed_copies_are_near_duplicates(originals):
    copies = np.stack([as_jpeg(image, 80) for image in originals])
    images = np.concatenate([originals, copies])
    sides = np.repeat([0, 1], 500)
    found = find_near_duplicates(small_copies(images), sides, lambda row: images[row : row + 1])
    assert found.complete
    assert all(second - first == 500 for first, second in found.pairs.tolist())
    assert len(found.pairs) > 0.95 * 500


def test_many_alike_images_are_compared_in_part():
    images = np.repeat(textures(1), 3000, axis=0)
    images[:, 0, 0, 0] = np.arange(3000) % 256
    sides = np.arange(3000) % 2
    found = find_near_duplicates(small_copies(images), sides, lambda row: images[row : row + 1])
    assert (len(found.pairs), found.complete) == (1000, False)


def sized(number, smallest, largest, enlarged=0):
    return ReadingFacts(sizes=OriginalSizes(number, smallest, largest, enlarged))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (sized(1, (64, 64), (64, 64)), []),
        (ReadingFacts(), []),
        (
            sized(7, (20, 30), (400, 300)),
            ["images of 7 sizes, height x width, from 20x30 to 400x300, are resized to 32x32"],
        ),
        (sized(1, (8, 8), (8, 8), 8), ["8 images enlarged to 32x32"]),
    ],
)
def test_overview_warns_of_sizes(facts, expected):
    found = describe([0, 0, 1, 1], [0, 1], [0, 1], facts=facts)
    assert list(found.warnings) == expected


def test_sheet_has_row_per_class_and_legend_of_other_names():
    names = ["cat", "dög", "猫", "x" * 200]
    dataset = make_dataset([0, 0, 1, 1, 2, 2, 3], [0], [0], classes=names)
    examples, total = choose_examples(dataset)
    assert ([each.name for each in examples], total) == (names, 4)
    assert [len(each.images) for each in examples] == [2, 2, 2, 1]
    sheet = draw_sheet(examples, total)
    picture = Image.open(io.BytesIO(sheet.png))
    assert (picture.format, picture.height) == ("PNG", 6 + 4 * 102)
    assert sheet.legend[:2] == ["dog in the sheet: dög", "class 3 in the sheet: 猫"]
    assert sheet.legend[2].startswith("xxx")


def test_sheet_leaves_out_classes_beyond_maximum():
    names = [f"class {number}" for number in range(20)]
    dataset = make_dataset([*range(20)] * 10, [0], [0], classes=names)
    examples, total = choose_examples(dataset)
    assert (len(examples), {len(each.images) for each in examples}, total) == (12, {8}, 20)
    assert draw_sheet(examples, total).legend == ["8 more classes are not in the sheet"]


def test_sheet_shows_class_without_training_images_and_labels_of_several_heads():
    first, second = np.array([0, 1]), np.array([1, 0])
    splits = {
        "train": Split(textures(2)[:1], (first[:1], second[:1])),
        "test": Split(textures(2)[1:], (first[1:], second[1:])),
    }
    dataset = ArrayDataset(splits, class_targets("ab", "xy"), (0.5,) * 3, (0.2,) * 3)
    assert [each.name for each in choose_examples(dataset)[0]] == ["a; y", "b; x"]


@pytest.mark.parametrize(("width", "columns"), [(8, 8), (24, 2), (300, 1)])
def test_sheet_of_other_targets_has_rows_of_each_split(width, columns):
    def split(count):
        images = np.random.default_rng(count).integers(0, 256, (count, 1, 8, width), np.uint8)
        return Split(images, (np.zeros((count, 4), np.int64),))

    target = TargetSpec(task="sequence", classes=("a", "b"), shape=(4,))
    dataset = ArrayDataset({"train": split(50), "test": split(9)}, (target,))
    examples, total = choose_examples(dataset)
    assert [each.name for each in examples] == ["train"] * 6 + ["test"] * 6
    assert total == 12
    assert sum(len(each.images) for each in examples[6:]) == 9
    sheet = draw_sheet(examples, total)
    assert not sheet.legend
    picture = Image.open(io.BytesIO(sheet.png))
    # An image as wide as several others takes their place.
    span = min(round(width / 8), 8)
    assert picture.height == 6 + 12 * 102
    assert (picture.width - columns * span * 102) in range(30, 120)
