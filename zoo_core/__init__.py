"""zoo: a plugin-based model zoo with a registry.

    import zoo_core as zoo
    zoo.load("mlp").predict(images).labels  # published weights, by name
    run = zoo.train("mlp")
    zoo.load(run.folder).predict(images).labels

Importing this package imports neither torch nor NumPy: names are fetched when they are used.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from zoo_core.api import (
        compare,
        create_model,
        evaluate,
        get_model_info,
        list_models,
        load,
        read_images,
        resume,
        train,
        verify,
    )
    from zoo_core.comparison import Comparison
    from zoo_core.config import ModelConfig
    from zoo_core.data import ArrayDataset, Split
    from zoo_core.errors import ZooError
    from zoo_core.hookspecs import hookimpl
    from zoo_core.info import ModelInfo
    from zoo_core.metrics import Scores
    from zoo_core.predictions import Predictions
    from zoo_core.preprocessing import Preprocessing
    from zoo_core.pretrained import Pretrained
    from zoo_core.recipe import Recipe
    from zoo_core.run import Run
    from zoo_core.specs import CommandSpec, DatasetSpec, ModelSpec, RegistrySpec, TrainerSpec
    from zoo_core.trainer import Batch, Learner, Trainer

__all__ = [
    "ArrayDataset",
    "Batch",
    "CommandSpec",
    "Comparison",
    "DatasetSpec",
    "Learner",
    "ModelConfig",
    "ModelInfo",
    "ModelSpec",
    "Predictions",
    "Preprocessing",
    "Pretrained",
    "Recipe",
    "RegistrySpec",
    "Run",
    "Scores",
    "Split",
    "Trainer",
    "TrainerSpec",
    "ZooError",
    "compare",
    "create_model",
    "evaluate",
    "get_model_info",
    "hookimpl",
    "list_models",
    "load",
    "read_images",
    "resume",
    "train",
    "verify",
]

_HOMES = {
    "api": [
        "compare",
        "create_model",
        "evaluate",
        "get_model_info",
        "list_models",
        "load",
        "read_images",
        "resume",
        "train",
        "verify",
    ],
    "comparison": ["Comparison"],
    "config": ["ModelConfig"],
    "data": ["ArrayDataset", "Split"],
    "errors": ["ZooError"],
    "hookspecs": ["hookimpl"],
    "info": ["ModelInfo"],
    "metrics": ["Scores"],
    "predictions": ["Predictions"],
    "preprocessing": ["Preprocessing"],
    "pretrained": ["Pretrained"],
    "recipe": ["Recipe"],
    "run": ["Run"],
    "specs": ["CommandSpec", "DatasetSpec", "ModelSpec", "RegistrySpec", "TrainerSpec"],
    "trainer": ["Batch", "Learner", "Trainer"],
}


def __getattr__(name: str) -> object:
    import importlib

    from zoo_core.collector import paused

    for module, names in _HOMES.items():
        if name in names:
            with paused():
                return getattr(importlib.import_module(f"zoo_core.{module}"), name)
    raise AttributeError(f"module 'zoo_core' has no attribute {name!r}")
