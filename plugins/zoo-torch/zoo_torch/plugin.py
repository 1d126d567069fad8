"""Specs of the trainer `torch` and of losses."""

from zoo_core import LossSpec, TrainerSpec, hookimpl


@hookimpl
def zoo_trainers() -> list[TrainerSpec]:
    return [
        TrainerSpec(
            name="torch",
            summary="PyTorch modules on CPU, CUDA or MPS.",
            factory="zoo_torch.trainer:TorchTrainer",
            framework="torch",
            recipe_fields=(
                "optimizer",
                "momentum",
                "nesterov",
                "weight_decay",
                "decay_biases",
                "accumulate",
                "clip_norm",
                "sam",
                "layer_decay",
                "freeze",
                "thaw",
                "ema",
                "rotate",
                "shear",
                "scale",
                "translate",
                "elastic",
                "flip",
                "crop",
                "brightness",
                "contrast",
                "saturation",
                "hue",
                "randaugment",
                "randaugment_ops",
                "trivialaugment",
                "erase",
                "mixup",
                "cutmix",
                "precision",
                "transforms",
                "teacher",
                "teacher_share",
            ),
            values={"optimizer": ("sgd", "adam", "adamw", "rmsprop", "lion", "muon")},
            transforms="zoo_torch.transforms.pipeline:Transforms",
            distributed=True,
            check_model="zoo_torch.check_model:build",
            exporters={
                "onnx": "zoo_torch.exporting.export:export_onnx",
                "torch-export": "zoo_torch.exporting.export:export_program",
            },
        )
    ]


_SMOOTHED = ("label_smoothing",)
_WEIGHTED = ("label_smoothing", "class_weights")
_FOCAL = ("class_weights", "focal_gamma")
_SOFTENED = {
    "classification": "zoo_torch.teaching.distillation:softmax_divergence",
    "multi-label": "zoo_torch.teaching.distillation:sigmoid_cross_entropy",
    "segmentation": "zoo_torch.teaching.distillation:softmax_divergence",
}
"""Task -> distance of probabilities from a teacher's, all of which have a temperature."""

_DISTANCES = _SOFTENED | {"regression": "zoo_torch.teaching.distillation:squared_distance"}
"""Task -> distance of outputs from a teacher's."""


@hookimpl
def zoo_losses() -> list[LossSpec]:
    # (name, task, function of zoo_torch.losses, recipe fields, summary)
    losses: list[tuple[str, str, str, tuple[str, ...], str]] = [
        (
            "cross-entropy",
            "classification",
            "cross_entropy",
            _WEIGHTED,
            "Cross-entropy of the softmax, in nats.",
        ),
        (
            "focal",
            "classification",
            "focal",
            _FOCAL,
            "Cross-entropy, in which examples count less the more probable their class is.",
        ),
        (
            "binary-cross-entropy",
            "multi-label",
            "binary_cross_entropy",
            _WEIGHTED,
            "Cross-entropy of the sigmoid, the mean over the labels, in nats.",
        ),
        (
            "focal",
            "multi-label",
            "binary_focal",
            _FOCAL,
            "Cross-entropy of the sigmoid, in which labels count less the more probable they are.",
        ),
        (
            "subset-cross-entropy",
            "multi-label",
            "subset_cross_entropy",
            _SMOOTHED,
            "Cross-entropy of the set of labels among all sets of its size, in nats.",
        ),
        (
            "cross-entropy",
            "segmentation",
            "pixel_cross_entropy",
            _WEIGHTED,
            "Cross-entropy of the softmax, the mean over an example's pixels, in nats.",
        ),
        (
            "cross-entropy-iou",
            "segmentation",
            "pixel_iou",
            _SMOOTHED,
            "Cross-entropy plus 1 minus a soft intersection over union: classes count alike.",
        ),
        (
            "ctc",
            "sequence",
            "ctc",
            _SMOOTHED,
            "Connectionist temporal classification, in nats per symbol.",
        ),
        (
            "squared-error",
            "regression",
            "squared_error",
            (),
            "Half the squared error, the sum over the values.",
        ),
        (
            "absolute-error",
            "regression",
            "absolute_error",
            (),
            "Absolute error, the sum over the values; outliers matter less.",
        ),
        (
            "huber",
            "regression",
            "huber",
            (),
            "Half the squared error up to 1, the absolute error above it.",
        ),
    ]
    return [
        LossSpec(
            name=name,
            summary=summary,
            loss=f"zoo_torch.losses:{function}",
            task=task,
            framework="torch",
            distillation=_DISTANCES.get(task, ""),
            recipe_fields=(*fields, "teacher_temperature") if task in _SOFTENED else fields,
        )
        for name, task, function, fields, summary in losses
    ]
