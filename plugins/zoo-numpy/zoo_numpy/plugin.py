"""Specs of the model `numpy-net` and of its trainer `numpy`."""

from zoo_core import ModelSpec, TrainerSpec, hookimpl


@hookimpl
def zoo_models() -> list[ModelSpec]:
    return [
        ModelSpec(
            name="numpy-net",
            summary="Multi-layer perceptron in plain NumPy.",
            builder="zoo_numpy.net:build",
            config="zoo_numpy.config:NumpyNetConfig",
            recipes="zoo_numpy.recipes:RECIPES",
            spaces="zoo_numpy.spaces:SPACES",
            trainer="numpy",
            dataset="mnist",
            heads=None,  # any number
            license="MIT",
        )
    ]


@hookimpl
def zoo_trainers() -> list[TrainerSpec]:
    return [
        TrainerSpec(
            name="numpy",
            summary="NumPy networks, on the CPU.",
            factory="zoo_numpy.trainer:NumpyTrainer",
            framework="numpy",
            recipe_fields=(
                "optimizer",
                "momentum",
                "nesterov",
                "weight_decay",
                "label_smoothing",
                "ema",
                "rotate",
                "shear",
                "scale",
                "translate",
                "elastic",
                "flip",
            ),
            exporters={"onnx": "zoo_numpy.export:export_onnx"},
        )
    ]
