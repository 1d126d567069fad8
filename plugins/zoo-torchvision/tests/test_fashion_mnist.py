"""Fashion-MNIST from Debian's package equals the original."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets

from zoo_torchvision.datasets.load import fashion_mnist
from zoo_torchvision.plugin import zoo_datasets

DEBIAN = Path("/usr/share/datasets/fashion-mnist")

pytestmark = pytest.mark.skipif(
    not DEBIAN.is_dir(), reason="Debian's dataset-fashion-mnist is not installed"
)

SPEC = next(spec for spec in zoo_datasets() if spec.name == "fashion-mnist")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ZOO_HOME", str(tmp_path_factory.mktemp("home")))
        return fashion_mnist()


def test_fashion_mnist_has_every_image_and_expected_statistics(dataset):
    assert dataset.sha256() == SPEC.sha256
    for split, size in SPEC.sizes.items():
        assert dataset.splits[split].inputs.shape == (size, *SPEC.input.shape)
        counts = np.bincount(dataset.splits[split].targets[0])
        assert counts.tolist() == [size // 10] * 10
    assert dataset.mean == pytest.approx((0.2860,), abs=5e-5)
    assert dataset.std == pytest.approx((0.3530,), abs=5e-5)
    assert dataset.targets[0].classes[-1] == "Ankle boot"


# Modification times in the gzip headers of the original files, in seconds since 1970; Debian's
# package has others. Found by brute force.
PACKED = {"train": 1504176606, "t10k": 1504176627}


def test_debian_files_match_torchvision_checksums():
    from small_mirrors import md5_of

    for name, expected in datasets.FashionMNIST.resources:
        content = (DEBIAN / name).read_bytes()
        packed = PACKED[name.partition("-")[0]].to_bytes(4, "little")
        header = b"\x1f\x8b\x08\x08" + packed + b"\0\3" + name[:-3].encode() + b"\0"
        assert md5_of(header + content[10:]) == expected
        assert gzip.decompress(header + content[10:]) == gzip.decompress(content)
