"""The plugin's specs: the sources `csv` and `parquet`, and data sets of the literature."""

from zoo_core import Column, DatasetSpec, InputSpec, SourceSpec, TargetSpec, class_targets, hookimpl

UCI = "UCI Machine Learning Repository, as distributed by scikit-learn"

DIABETES = (
    "age",
    "sex",
    "bmi",
    "blood pressure",
    "total cholesterol",
    "ldl",
    "hdl",
    "cholesterol ratio",
    "log triglycerides",
    "glucose",
)

WINE = (
    "alcohol",
    "malic acid",
    "ash",
    "alcalinity of ash",
    "magnesium",
    "total phenols",
    "flavanoids",
    "nonflavanoid phenols",
    "proanthocyanins",
    "color intensity",
    "hue",
    "OD280/OD315 of diluted wines",
    "proline",
)

_NUCLEI = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)

BREAST_CANCER = (
    *(f"mean {each}" for each in _NUCLEI),
    *(f"{each} error" for each in _NUCLEI),
    *(f"worst {each}" for each in _NUCLEI),
)


@hookimpl
def zoo_sources() -> list[SourceSpec]:
    return [
        SourceSpec(
            name="csv",
            summary="A table in CSV, with columns to predict: csv:houses.csv?target=price.",
            describe="zoo_tables.table_source:describe_csv",
            address="FILE?target=COLUMN",
        ),
        SourceSpec(
            name="parquet",
            summary="A table in Parquet, with columns to predict: parquet:a.parquet?target=price.",
            describe="zoo_tables.table_source:describe_parquet",
            address="FILE?target=COLUMN",
            rows="zoo_tables.read_parquet:iter_rows",
        ),
    ]


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="diabetes",
            summary="Progress of diabetes within a year, from 10 measurements of 442 patients.",
            loader="zoo_tables.shipped.load:load_diabetes",
            input=_features(*DIABETES),
            targets=(TargetSpec(task="regression", name="progression"),),
            sizes={"train": 345, "test": 97},
            sha256="2c66d0bff3693945ecdab5af2ae773495cfd24b096716d61ec6542321effd55f",
            license="BSD-3-Clause",
            source="Efron, Hastie, Johnstone and Tibshirani (2004), Least Angle Regression, "
            "as distributed by scikit-learn",
        ),
        DatasetSpec(
            name="wine",
            summary="Cultivar of 178 wines, from 13 chemical measurements.",
            loader="zoo_tables.shipped.load:load_wine",
            input=_features(*WINE),
            targets=(_classes("cultivar", "cultivar 1", "cultivar 2", "cultivar 3"),),
            sizes={"train": 143, "test": 35},
            sha256="70ae2a1e6dd12d3c0f2355cebd1e2b2700825fa051239505b251cd432ddc8650",
            license="CC-BY-4.0",
            source=f"Aeberhard and Forina (1992), Wine, {UCI}",
        ),
        DatasetSpec(
            name="breast-cancer",
            summary="Diagnosis of 569 breast tumors, from 30 measurements of cell nuclei.",
            loader="zoo_tables.shipped.load:load_breast_cancer",
            input=_features(*BREAST_CANCER),
            targets=(_classes("diagnosis", "benign", "malignant"),),
            sizes={"train": 454, "test": 115},
            sha256="a0c341b907b7b9293c50454d92ddbc58248070ee8348fdf7efcbeb0e79e171f5",
            license="CC-BY-4.0",
            source="Wolberg, Mangasarian, Street and Street (1995), Breast Cancer Wisconsin "
            f"(Diagnostic), {UCI}",
        ),
        DatasetSpec(
            name="digits-8x8",
            summary="1,797 handwritten digits, 8×8.",
            loader="zoo_tables.shipped.load:load_digits",
            input=InputSpec(shape=(1, 8, 8)),
            targets=class_targets(10),
            sizes={"train": 1_440, "test": 357},
            sha256="ce508e1515117127592f2842c53c390f77edd8d65881ee1b9078a8abb55eaa29",
            license="CC-BY-4.0",
            source="Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits (its "
            f"test images), {UCI}",
        ),
    ]


def _features(*names: str) -> InputSpec:
    columns = tuple(Column(name=name) for name in names)
    return InputSpec(kind="features", shape=(len(names),), columns=columns)


def _classes(name: str, *classes: str) -> TargetSpec:
    return TargetSpec(task="classification", name=name, classes=classes)
