"""The plugin's specs: torchvision's data sets and models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import DatasetSpec, ModelSpec, hookimpl

if TYPE_CHECKING:
    from zoo_torchvision.models.table import TorchvisionRow

UNSTATED = "LicenseRef-unstated"
"""License of data whose authors request a citation and state no license."""


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="fashion-mnist",
            summary="70,000 articles of clothing, 28×28.",
            loader="zoo_torchvision.datasets.load:fashion_mnist",
            shape=(1, 28, 28),
            classes=(10,),
            sizes={"train": 60_000, "test": 10_000},
            sha256="5a807adf8fde8081ba41f80092a9e43c5b6ac896f39b7db51a18007532df2d85",
            license="MIT",
            source="Fashion-MNIST, by Han Xiao, Kashif Rasul and Roland Vollgraf (Zalando)",
        ),
        DatasetSpec(
            name="kmnist",
            summary="70,000 characters of cursive Japanese, 28×28.",
            loader="zoo_torchvision.datasets.load:kmnist",
            shape=(1, 28, 28),
            classes=(10,),
            sizes={"train": 60_000, "test": 10_000},
            # Empty: only the card of a training identifies the data, see `DatasetSpec.sha256`.
            sha256="",
            license="CC-BY-SA-4.0",
            source="Kuzushiji-MNIST, by Tarin Clanuwat et al. (ROIS-DS CODH)",
        ),
        DatasetSpec(
            name="qmnist",
            summary="MNIST's digits reconstructed, with all 60,000 test digits, 28×28.",
            loader="zoo_torchvision.datasets.load:qmnist",
            shape=(1, 28, 28),
            classes=(10,),
            sizes={"train": 60_000, "test": 60_000},
            sha256="",
            license="BSD-3-Clause",
            source="QMNIST, by Chhavi Yadav and Léon Bottou, from NIST Special Database 19",
        ),
        DatasetSpec(
            name="emnist-letters",
            summary="145,600 handwritten letters, large and small ones alike, 28×28.",
            loader="zoo_torchvision.datasets.load:emnist_letters",
            shape=(1, 28, 28),
            classes=(26,),
            sizes={"train": 124_800, "test": 20_800},
            sha256="",
            license=UNSTATED,
            source="EMNIST, by Gregory Cohen et al., from NIST Special Database 19",
        ),
        DatasetSpec(
            name="usps",
            summary="9,298 handwritten digits from envelopes, 16×16.",
            loader="zoo_torchvision.datasets.load:usps",
            shape=(1, 16, 16),
            classes=(10,),
            sizes={"train": 7_291, "test": 2_007},
            sha256="",
            license=UNSTATED,
            source="USPS, by Jonathan J. Hull; the files of LIBSVM",
        ),
        DatasetSpec(
            name="cifar10",
            summary="60,000 photos of animals and vehicles, in color, 32×32.",
            loader="zoo_torchvision.datasets.load:cifar10",
            shape=(3, 32, 32),
            classes=(10,),
            sizes={"train": 50_000, "test": 10_000},
            sha256="",
            license=UNSTATED,
            source="CIFAR-10, by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
        ),
        DatasetSpec(
            name="cifar100",
            summary="60,000 photos of a hundred kinds of things, in color, 32×32.",
            loader="zoo_torchvision.datasets.load:cifar100",
            shape=(3, 32, 32),
            classes=(100,),
            sizes={"train": 50_000, "test": 10_000},
            sha256="",
            license=UNSTATED,
            source="CIFAR-100, by Alex Krizhevsky, Vinod Nair and Geoffrey Hinton",
        ),
        DatasetSpec(
            name="svhn",
            summary="99,289 digits of house numbers in photos, in color, 32×32.",
            loader="zoo_torchvision.datasets.load:svhn",
            shape=(3, 32, 32),
            classes=(10,),
            sizes={"train": 73_257, "test": 26_032},
            sha256="",
            license="LicenseRef-non-commercial",
            source="SVHN, cropped digits, by Yuval Netzer et al., from Google Street View",
        ),
    ]


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
        recipes="zoo_torch.families.recipes:RECIPES",
        trainer="torch",
        dataset="mnist",
        heads=None,  # any number
        license="BSD-3-Clause",
        parameters=row.parameters,
        pretrained=f"zoo_torchvision.models.pretrained:{row.name}",
    )
