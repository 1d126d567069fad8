"""The plugin's specs: mnist, and the data sets that are composed of its digits."""

from zoo_core import DatasetSpec, InputSpec, TargetSpec, class_targets, hookimpl

SOURCE = "MNIST, by Yann LeCun, Corinna Cortes and Christopher J. C. Burges"


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="mnist",
            summary="70,000 handwritten digits, 28×28.",
            loader="zoo_mnist.mnist:load",
            input=InputSpec(shape=(1, 28, 28)),
            targets=class_targets(10),
            sizes={"train": 60_000, "test": 10_000},
            sha256="f5467995bd69351bbf6d5866d21aa686eca67a5f793e04310f10ae66358f7890",
            license="CC-BY-SA-3.0",
            source=SOURCE,
            reader="zoo_mnist.photos.read:read_digit",
            familiarity="zoo_mnist.familiarity:mnist",
        ),
        DatasetSpec(
            name="two-digit-mnist",
            summary="Two overlapping MNIST digits in one image, 42×28.",
            loader="zoo_mnist.two_digit:load",
            input=InputSpec(shape=(1, 42, 28)),
            targets=class_targets(10, 10),
            sizes={"train": 40_000, "test": 4_000},
            sha256="7b1971a06f9b8fcaf4fe8a8f8fd43e679a30953834b2c529a66b3ffeb2b9424f",
            license="CC-BY-SA-3.0",
            source=f"composed from {SOURCE}",
            composable=True,  # trainings may compose new pairs in each epoch, see `compose_anew`
            reader="zoo_mnist.photos.read:read_two_digits",
            familiarity="zoo_mnist.familiarity:two_digit_mnist",
        ),
        DatasetSpec(
            name="mnist-numbers",
            summary="Numbers of 1 to 12 MNIST digits in one image, 32×320.",
            loader="zoo_mnist.numbers:load",
            input=InputSpec(shape=(1, 32, 320)),
            targets=(TargetSpec(task="sequence", classes=tuple("0123456789"), shape=(12,)),),
            sizes={"train": 20_000, "validation": 5_000, "test": 5_000},
            sha256="7856a40db7c4eadd60e527e006e791a26abfeac445244742c0ead193051ef54c",
            license="CC-BY-SA-3.0",
            source=f"composed from {SOURCE}",
            composable=True,  # trainings may compose new numbers in each epoch
            reader="zoo_mnist.photos.read:read_numbers",
        ),
        DatasetSpec(
            name="two-digit-masks",
            summary="The images of two-digit-mnist, and the digits that each pixel belongs to.",
            loader="zoo_mnist.two_digit_masks:load",
            input=InputSpec(shape=(1, 42, 28)),
            # Written out, because importing the loader's module would read NumPy for a list.
            targets=(
                TargetSpec(
                    task="segmentation",
                    classes=("paper", "top", "bottom", "both"),
                    shape=(42, 28),
                ),
            ),
            sizes={"train": 40_000, "test": 4_000},
            sha256="b2e9f0d145a64849b1d7e900e448b5a930cca60f9d79dff66317e0b4db966a3c",
            license="CC-BY-SA-3.0",
            source=f"composed from {SOURCE}",
            composable=True,
            reader="zoo_mnist.photos.read:read_two_digits",
        ),
        DatasetSpec(
            name="multi-mnist",
            summary="MultiMNIST: two MNIST digits of different classes, overlapping, 36×36.",
            loader="zoo_mnist.multi_mnist:load",
            input=InputSpec(shape=(1, 36, 36)),
            targets=(TargetSpec(task="multi-label", classes=tuple("0123456789"), choose=2),),
            sizes={"train": 60_000, "test": 10_000},
            sha256="d8d133d96fa5cd410891f83e28d8e8a093fd2ac9e5eded719e409e3753cbd5a3",
            license="CC-BY-SA-3.0",
            source=f"composed from {SOURCE}, after Sabour, Frosst and Hinton (2017)",
            composable=True,
        ),
    ]
