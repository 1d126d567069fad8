"""The plugin's specs: the model linear, the trainer sklearn and its loss."""

from zoo_core import LossSpec, ModelSpec, TrainerSpec, hookimpl


@hookimpl
def zoo_trainers() -> list[TrainerSpec]:
    return [
        TrainerSpec(
            name="sklearn",
            summary="scikit-learn's linear classifiers, trained image by image.",
            factory="zoo_sklearn.trainer:Trainer",
            framework="scikit-learn",
            recipe_fields=("weight_decay",),
        )
    ]


@hookimpl
def zoo_losses() -> list[LossSpec]:
    return [
        LossSpec(
            name="cross-entropy",
            summary="One classifier against the rest per class; its config names their loss.",
            task="classification",
            framework="scikit-learn",
            loss="zoo_sklearn.losses:fit_batch",
        )
    ]


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="linear",
            summary="A linear classifier of scikit-learn per head.",
            builder="zoo_sklearn.model:build",
            config="zoo_sklearn.config:Config",
            recipes="zoo_sklearn.config:RECIPES",
            trainer="sklearn",
            dataset="mnist",
            heads=None,
            license="MIT",
        )
    ]
