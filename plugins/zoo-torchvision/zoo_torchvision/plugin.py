"""The plugin's specs: torchvision's data sets and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import DatasetSpec, InputSpec, ModelSpec, class_targets, hookimpl

if TYPE_CHECKING:
    from zoo_torchvision.models.table import TorchvisionRow

UNSTATED = "LicenseRef-unstated"
"""License of data whose authors request a citation and state no license."""


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        _dataset(
            "fashion-mnist",
            "70,000 articles of clothing, 28×28.",
            sizes=(60_000, 10_000),
            sha256="5a807adf8fde8081ba41f80092a9e43c5b6ac896f39b7db51a18007532df2d85",
            license="MIT",
            source="Fashion-MNIST, by Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando)",
        ),
        _dataset(
            "kmnist",
            "70,000 characters of cursive Japanese, 28×28.",
            sizes=(60_000, 10_000),
            license="CC-BY-SA-4.0",
            source="Kuzushiji-MNIST, by Tarin Clanuwat et al. (ROIS-DS CODH)",
        ),
        _dataset(
            "qmnist",
            "MNIST's digits reconstructed, with all 60,000 test digits, 28×28.",
            sizes=(60_000, 60_000),
            license="BSD-3-Clause",
            source="QMNIST, by Chhavi Yadav and Léon Bottou, from NIST Special Database 19",
        ),
        _dataset(
            "emnist-letters",
            "145,600 handwritten letters, large and small ones alike, 28×28.",
            classes=26,
            sizes=(124_800, 20_800),
            source="EMNIST, by Gregory Cohen et al., from NIST Special Database 19",
        ),
        _dataset(
            "usps",
            "9,298 handwritten digits from envelopes, 16×16.",
            shape=(1, 16, 16),
            sizes=(7_291, 2_007),
            source="USPS, by Jonathan J. Hull; the files of LIBSVM",
        ),
        _dataset(
            "cifar10",
            "60,000 photos of animals and vehicles, in color, 32×32.",
            shape=(3, 32, 32),
            sizes=(50_000, 10_000),
            source="CIFAR-10, by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
        ),
        _dataset(
            "cifar100",
            "60,000 photos of a hundred kinds of things, in color, 32×32.",
            shape=(3, 32, 32),
            classes=100,
            sizes=(50_000, 10_000),
            source="CIFAR-100, by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
        ),
        _dataset(
            "svhn",
            "99,289 digits of house numbers in photos, in color, 32×32.",
            shape=(3, 32, 32),
            sizes=(73_257, 26_032),
            license="LicenseRef-non-commercial",
            source="SVHN, cropped digits, by Yuval Netzer et al., from Google Street View",
        ),
    ]


def _dataset(
    name: str,
    summary: str,
    *,
    shape: tuple[int, int, int] = (1, 28, 28),
    classes: int = 10,
    sizes: tuple[int, int],
    sha256: str = "",  # if empty, only the card of a run identifies the data
    license: str = UNSTATED,
    source: str,
) -> DatasetSpec:
    return DatasetSpec(
        name=name,
        summary=summary,
        loader=f"zoo_torchvision.datasets.load:{name.replace('-', '_')}",
        input=InputSpec(shape=shape),
        targets=class_targets(classes),
        sizes=dict(zip(("train", "test"), sizes, strict=True)),
        sha256=sha256,
        license=license,
        source=source,
    )


@hookimpl
def zoo_models() -> list[ModelSpec]:
    # Imported here to keep the import of the plugin cheap.
    from zoo_torchvision.models.table import table

    return [_model(row) for row in table().rows.values()]


def _model(row: TorchvisionRow) -> ModelSpec:
    return ModelSpec(
        name=f"torchvision/{row.name}",
        summary=f"torchvision's {row.name}.",
        builder=f"zoo_torchvision.models.build:{row.name}",
        config="zoo_torch.families.config:FamilyConfig",
        recipes="zoo_torch.families.recipes:PRETRAINED_RECIPES",
        trainer="torch",
        dataset="mnist",
        heads=None,  # any number
        tasks=("classification", "multi-label", "regression"),
        license="BSD-3-Clause",
        parameters=row.parameters,
        pretrained=f"zoo_torchvision.models.pretrained:{row.name}",
    )
