"""Spec of the trainer `torch`."""

from zoo_core import TrainerSpec, hookimpl


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
                "label_smoothing",
                "ema",
                "rotate",
                "shear",
                "scale",
                "translate",
                "elastic",
                "flip",
                "precision",
                "transforms",
            ),
            transforms="zoo_torch.transforms.pipeline:Transforms",
            distributed=True,
            exporters={
                "onnx": "zoo_torch.exporting.export:export_onnx",
                "torch-export": "zoo_torch.exporting.export:export_program",
            },
        )
    ]
