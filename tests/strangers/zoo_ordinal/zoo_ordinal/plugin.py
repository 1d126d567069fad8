"""The specs of zoo-ordinal."""

from zoo_core import (
    DatasetSpec,
    InputSpec,
    LossSpec,
    ModelSpec,
    TargetSpec,
    TaskSpec,
    class_targets,
    hookimpl,
)

FEATURES = InputSpec(kind="features", shape=(6,))
GRADE = TargetSpec(task="ordinal", name="grade", size=5)
PRICE = TargetSpec(task="regression", name="price", unit="USD")

WINES = "5ab931071f0855ac9abdbb0bbfd003e1eebcb2c0a1fbf3dcd1d9fdf4b592aa7c"
BOTTLES = "9015fe4d440b6575b02b0d4d3b1802708c28e1baa70a849c19142e477708242d"
CELLAR = "20a267569e202313284d68b3bb41cc345c45fafcf4b9ccafa58af890ca444534"


@hookimpl
def zoo_tasks() -> list[TaskSpec]:
    return [
        TaskSpec(
            name="ordinal",
            summary="One of several ordered classes per example.",
            task="zoo_ordinal.task:Ordinal",
            loss="cumulative",
        )
    ]


@hookimpl
def zoo_losses() -> list[LossSpec]:
    return [
        LossSpec(
            name="cumulative",
            summary="Cross-entropy of the probability that the grade is above each threshold.",
            loss=f"zoo_ordinal.{framework}_loss:cumulative",
            task="ordinal",
            framework=framework,
        )
        for framework in ("numpy", "torch")
    ]


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name=f"grader-{framework}",
            summary="One hidden layer, for heads of any task.",
            builder=f"zoo_ordinal.{framework}_model:build",
            config="zoo_ordinal.config:Config",
            recipes="zoo_ordinal.config:RECIPES",
            spaces="zoo_ordinal.config:SPACES",
            trainer=framework,
            dataset="wines",
            heads=None,
            tasks=(),
            inputs=("features",),
            license="MIT",
        )
        for framework in ("numpy", "torch")
    ]


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name=name,
            summary=summary,
            loader=f"zoo_ordinal.data:{name.replace('-', '_')}",
            input=FEATURES,
            targets=targets,
            sizes={"train": 400, "test": 150},
            sha256=sha256,
            license="CC0-1.0",
            source="made by zoo_ordinal/data.py",
        )
        for name, summary, targets, sha256 in (
            ("wines", "Grades of wines.", (GRADE,), WINES),
            ("bottles", "Color and price of wines.", (*class_targets(2), PRICE), BOTTLES),
            ("cellar", "Grade and price of wines.", (GRADE, PRICE), CELLAR),
        )
    ]
