"""One picture in every format, size, orientation and depth: the same input of a model.

Training reads files through a folder's data set, and prediction through a processor made from the
facts on a card.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, features

import zoo_core as zoo
from zoo_core.data.images.processor import fit_image, processor_for
from zoo_core.installation.installed import installed_catalog
from zoo_images.folders import folder_source

HEIGHT, WIDTH = 32, 48
"""Size of the inputs."""

SCALES = (1, 1.5, 2, 3, 5)

STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""EXIF orientation -> transposition of the stored pixels that it undoes."""


def picture(scale):
    """Return a picture ``(H, W)`` of dark shapes on a light ground, without symmetry."""
    height, width = round(HEIGHT * scale), round(WIDTH * scale)
    y, x = np.meshgrid(
        *((np.arange(side) + 0.5) / scale for side in (height, width)), indexing="ij"
    )
    ink = np.zeros((height, width))
    for down, right, radius in ((9, 12, 5), (20, 15, 7), (12, 35, 8)):
        ink += np.exp(-(((y - down) / radius) ** 2 + ((x - right) / radius) ** 2))
    return np.rint(235 - 200 * ink.clip(0, 1)).astype(np.uint8)


def deep(factor, dtype):
    """Return a function that converts gray levels to deep pixels."""
    return lambda gray: Image.fromarray(np.rint(gray * np.float64(factor)).astype(dtype))


def colored(gray):
    return Image.fromarray(np.dstack([gray, 255 - gray, gray // 2]))


DEPTHS = {
    "1": lambda gray: Image.fromarray(gray > 127),
    "8": Image.fromarray,
    "palette": lambda gray: Image.fromarray(gray).convert("P"),
    "rgb": colored,
    "16": deep(257, np.uint16),
    "12 in 16": deep(4095 / 255, np.uint16),
    "32": deep((2**31 - 1) / 255, np.int32),
    "float": lambda gray: Image.fromarray((gray / 255).astype(np.float32)),
}
"""Name of a depth -> function from gray levels to an image of Pillow."""

REFERENCES = {
    "1": lambda gray: ((gray > 127) * 255).astype(np.uint8)[np.newaxis],
    "rgb": lambda gray: np.moveaxis(np.asarray(colored(gray)), -1, 0),
}


def reference(depth, scale):
    """Return the expected pixels ``(C, H, W)``, before they are resized."""
    gray = picture(scale)
    return REFERENCES[depth](gray) if depth in REFERENCES else gray[np.newaxis]


@dataclass(frozen=True)
class Format:
    depths: tuple[str, ...] = ("8", "rgb")
    suffix: str = ""
    exif: bool = False
    tolerance: int = 0
    options: dict[str, object] = field(default_factory=dict)


TIFF_DEPTHS = ("1", "8", "rgb", "16", "12 in 16", "32", "float")

FORMATS = {
    "png": Format(("1", "8", "palette", "rgb", "16", "12 in 16"), exif=True),
    "apng": Format(
        exif=True, options={"save_all": True, "append_images": [Image.new("L", (2, 2))]}
    ),
    "bmp": Format(("1", "8", "palette", "rgb")),
    "dib": Format(),
    "gif": Format(("1", "8", "palette")),
    "tiff": Format(TIFF_DEPTHS, exif=True),
    "tiff-lzw": Format(TIFF_DEPTHS, "tif", exif=True, options={"compression": "tiff_lzw"}),
    "tiff-deflate": Format(
        TIFF_DEPTHS, "tif", exif=True, options={"compression": "tiff_adobe_deflate"}
    ),
    "jpeg": Format(
        suffix="jpg", exif=True, tolerance=12, options={"quality": 98, "subsampling": 0}
    ),
    "mpo": Format(exif=True, tolerance=12, options={"quality": 98, "subsampling": 0}),
    "webp": Format(exif=True, options={"lossless": True, "exact": True}),
    "avif": Format(
        exif=True, tolerance=12, options={"quality": 98, "subsampling": "4:4:4", "speed": 10}
    ),
    "pbm": Format(("1",)),
    "pgm": Format(("8", "16", "12 in 16")),
    "ppm": Format(("rgb",)),
    "pfm": Format(("float",)),
    "tga": Format(("8", "palette", "rgb")),
    "jp2": Format(("8", "rgb", "16"), options={"irreversible": False}),
    "qoi": Format(("rgb",)),
    "pcx": Format(("1", "8", "palette", "rgb")),
    "sgi": Format(),
}

CASES = [
    pytest.param(
        name,
        depth,
        marks=pytest.mark.skipif(
            name in ("avif", "webp") and not features.check(name),
            reason=f"Pillow was built without {name}",
        ),
        id=f"{name}-{depth}",
    )
    for name, kind in FORMATS.items()
    for depth in kind.depths
]


def write(folder, name, depth, scales):
    """Write the picture in a format, in all sizes and orientations, as two classes."""
    kind, suffix = FORMATS[name], FORMATS[name].suffix or name.partition("-")[0]
    written = {}
    for label in "ab":
        for scale in scales:
            for orientation in range(1, 9) if kind.exif else (1,):
                image = DEPTHS[depth](picture(scale))
                options = dict(kind.options)
                if orientation > 1:
                    image = image.transpose(STORED[orientation])
                    options["exif"] = Image.Exif()
                    options["exif"][ExifTags.Base.Orientation] = orientation
                path = Path(folder, "train", label, f"{scale}-{orientation}.{suffix}")
                path.parent.mkdir(parents=True, exist_ok=True)
                image.save(path, **options)
                written[path] = scale
    return written


def read(address):
    """Return the training images of a folder by path, and the preparation of its model's files."""
    dataset = folder_source.load(address)
    train = dataset.splits["train"]
    shape = train.inputs.shape[1:]
    processor = processor_for(
        installed_catalog(), f"folder:{address}", shape, dataset.facts.pixel_ranges
    )
    return dict(enumerate(train.inputs)), processor


@pytest.mark.parametrize(("name", "depth"), CASES)
def test_picture_is_same_input_in_every_size_and_orientation(here, name, depth):
    files = write("all", name, depth, SCALES)
    write_test("all", name, depth)
    channels = 3 if depth == "rgb" else 1
    images, processor = read(f"all?size={HEIGHT}x{WIDTH}&channels={channels}")
    assert len(images) == len(files)
    predicted = {path: processor.read(path) for path in files}
    # Both paths read the same arrays, if not in the same order.
    assert sorted(image.tobytes() for image in images.values()) == sorted(
        image.tobytes() for image in predicted.values()
    )
    upright = reference(depth, 1)
    for path, scale in files.items():
        same_size = fit_image(reference(depth, scale), upright.shape)
        off = np.abs(predicted[path].astype(int) - same_size)
        assert off.max() <= FORMATS[name].tolerance, path
        # Between sizes, resizing moves edges by a fraction of a pixel.
        off = np.abs(predicted[path].astype(int) - upright)
        assert off.mean() < (8 if depth == "1" else 2.5), path


@pytest.mark.parametrize(("name", "depth"), CASES)
def test_shape_of_upright_pictures_is_inferred(here, name, depth):
    files = write("all", name, depth, (1,))
    write_test("all", name, depth)
    images, processor = read("all")
    assert processor.shape[1:] == (HEIGHT, WIDTH)
    upright = reference(depth, 1)
    for image in [*images.values(), *map(processor.read, files)]:
        assert (np.abs(image.astype(int) - upright) <= FORMATS[name].tolerance).all()


def write_test(folder, name, depth):
    """Copy one training image of each class to the test split."""
    suffix = FORMATS[name].suffix or name.partition("-")[0]
    for label in "ab":
        path = Path(folder, "test", label, f"1.{suffix}")
        path.parent.mkdir(parents=True)
        path.write_bytes(Path(folder, "train", label, f"1-1.{suffix}").read_bytes())


@pytest.fixture
def trained(cli, tmp_path):
    """Train a model on 12-bit files of the picture and of its negative; return its folder."""
    rng = np.random.default_rng(0)
    for label in ("ink", "negative"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(60):
            gray = picture(1) if label == "ink" else 255 - picture(1)
            noisy = (gray + rng.normal(0, 5, gray.shape)).clip(0, 255)
            DEPTHS["12 in 16"](noisy).save(tmp_path / "photos" / label / f"{number}.tif")
    options = ("--epochs", 3, "--set", "batch_size=16", "--out", tmp_path / "run")
    done = cli("train", "numpy-net", "--dataset", "folder:photos", *options)
    assert done.code == 0, done.err
    return tmp_path / "run"


def test_trained_model_predicts_picture_alike_in_every_depth_and_size(cli, trained, tmp_path):
    pretrained = zoo.load(trained)
    assert pretrained.card.dataset.pixel_ranges == {"uint16": (0, 4095)}
    files = []
    for name, depth, scale in (
        *(("png", "8", scale) for scale in SCALES),
        *(("tif", depth, 2) for depth in ("8", "12 in 16", "float", "rgb")),
        *(("jpg", "8", 1), ("bmp", "8", 3), ("webp", "8", 1)),
    ):
        gray = picture(scale)
        image = Image.fromarray(gray).convert("RGB") if depth == "rgb" else DEPTHS[depth](gray)
        files.append(tmp_path / f"{depth}-{scale}.{name}")
        image.save(files[-1], **({"quality": 98} if name == "jpg" else {}))
    given = cli("predict", trained, *files, "--json", "--force").json["predictions"]
    assert [answer["classes"] for answer in given] == [["ink"]] * len(files)
    shares = np.array([answer["probabilities"][0] for answer in given])
    assert np.ptp(shares) < 0.02
    inputs = zoo.read_images(pretrained, files)
    assert pretrained.predict(inputs).probabilities[0].max(axis=1) == pytest.approx(
        shares, abs=1e-6
    )
    assert np.abs(inputs - inputs[:1].astype(int)).mean(axis=(1, 2, 3)).max() < 2.5


def test_file_of_another_range_is_refused(cli, trained, tmp_path):
    DEPTHS["16"](picture(1)).save(tmp_path / "16.tif")
    result = cli("predict", trained, tmp_path / "16.tif")
    assert result.code == 1
    assert "16.tif: expected 0 to 4095 as in the training images, got" in result.err
    assert "range=" in result.err
