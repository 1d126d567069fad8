"""Specs of the model `numpy-net`, of its trainer `numpy`, and of losses."""

from zoo_core import DatasetSpec, InputSpec, LossSpec, ModelSpec, TargetSpec, TrainerSpec, hookimpl


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
            tasks=("classification", "multi-label", "regression"),
            inputs=("image", "features", "array"),
            same_config=("0.1.0",),
            license="MIT",
        ),
        ModelSpec(
            name="numpy-regressor",
            summary="Two inputs, three ReLU units and one output, the reference study's first net.",
            builder="zoo_numpy.regressor.model:build",
            config="zoo_numpy.regressor.model:RegressorConfig",
            recipes="zoo_numpy.regressor.model:RECIPES",
            trainer="numpy",
            dataset="weighted-sums",
            tasks=("regression",),
            inputs=("features",),
            same_config=("0.1.0",),
            license="MIT",
        ),
    ]


@hookimpl
def zoo_datasets() -> list[DatasetSpec]:
    return [
        DatasetSpec(
            name="weighted-sums",
            summary="3a + 4b of four pairs of numbers, with five checks.",
            loader="zoo_numpy.regressor.weighted_sums:load",
            input=InputSpec(kind="features", shape=(2,), dtype="float64"),
            targets=(TargetSpec(task="regression", name="3a + 4b"),),
            sizes={"train": 4, "validation": 4, "test": 5},
            sha256="f0f4c2199e261162b7c2f4da4f052508d9feb0c2100c0a0f58b62bfe308253ad",
            license="CC0-1.0",
            source="the reference study's regression",
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
                "decay_biases",
                "accumulate",
                "clip_norm",
                "ema",
                "rotate",
                "shear",
                "scale",
                "translate",
                "elastic",
                "flip",
                "crop",
                "teacher",
                "teacher_share",
            ),
            values={"optimizer": ("sgd", "adam", "adamw", "rmsprop", "lion", "muon")},
            check_model="zoo_numpy.check_model:build",
            exporters={"onnx": "zoo_numpy.export:export_onnx"},
        )
    ]


@hookimpl
def zoo_losses() -> list[LossSpec]:
    return [
        LossSpec(
            name="cross-entropy",
            summary="Cross-entropy of the softmax, in nats.",
            loss="zoo_numpy.losses:cross_entropy",
            distillation="zoo_numpy.teacher:softmax_divergence",
            task="classification",
            framework="numpy",
            recipe_fields=("label_smoothing", "class_weights", "teacher_temperature"),
        ),
        LossSpec(
            name="focal",
            summary="Cross-entropy, in which examples count less the more probable their class is.",
            loss="zoo_numpy.losses:focal",
            distillation="zoo_numpy.teacher:softmax_divergence",
            task="classification",
            framework="numpy",
            recipe_fields=("class_weights", "focal_gamma", "teacher_temperature"),
        ),
        LossSpec(
            name="binary-cross-entropy",
            summary="Cross-entropy of the sigmoid, the mean over the labels, in nats.",
            loss="zoo_numpy.losses:binary_cross_entropy",
            distillation="zoo_numpy.teacher:sigmoid_cross_entropy",
            task="multi-label",
            framework="numpy",
            recipe_fields=("label_smoothing", "class_weights", "teacher_temperature"),
        ),
        LossSpec(
            name="focal",
            summary="Cross-entropy of the sigmoid, in which labels count less the more probable "
            "they are.",
            loss="zoo_numpy.losses:binary_focal",
            distillation="zoo_numpy.teacher:sigmoid_cross_entropy",
            task="multi-label",
            framework="numpy",
            recipe_fields=("class_weights", "focal_gamma", "teacher_temperature"),
        ),
        LossSpec(
            name="squared-error",
            summary="Half the squared error, the sum over the values.",
            loss="zoo_numpy.losses:squared_error",
            distillation="zoo_numpy.teacher:squared_distance",
            task="regression",
            framework="numpy",
        ),
    ]
