"""zoo: a plugin-based model zoo with a registry.

    import zoo_core as zoo
    zoo.load("mlp").predict(images).labels  # published weights, by name
    run = zoo.train("mlp")
    zoo.load(run.folder).predict(images).labels

Importing this package imports neither torch nor NumPy, because names are imported when they are
first used.
"""

from zoo_core.system.lazy_names import lazy_names
from zoo_core.version import __version__ as __version__

# The public names. Type checkers follow these imports; at run time, `lazy_names` imports a name
# from the same place when it is first used. `typing` is too slow to import for `zoo list`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from zoo_core.api.models import (
        create_model as create_model,
        get_model_info as get_model_info,
        list_models as list_models,
    )
    from zoo_core.api.training import (
        resume as resume,
        train as train,
        train_folds as train_folds,
    )
    from zoo_core.api.weights import (
        compare as compare,
        evaluate as evaluate,
        load as load,
        read_images as read_images,
        read_parts as read_parts,
        read_rows as read_rows,
        verify as verify,
    )
    from zoo_core.data.dataset import ArrayDataset as ArrayDataset, Split as Split
    from zoo_core.data.images.reading import Box as Box, Found as Found, Reading as Reading
    from zoo_core.data.normalization import Normalization as Normalization
    from zoo_core.errors import ZooError as ZooError
    from zoo_core.evaluation.compare import Comparison as Comparison
    from zoo_core.frameworks.batch import Batch as Batch
    from zoo_core.frameworks.run import Callbacks as Callbacks, Run as Run
    from zoo_core.frameworks.trainer import Learner as Learner, Trainer as Trainer
    from zoo_core.hookspecs import hookimpl as hookimpl
    from zoo_core.installation.python_objects import add_plugin as add_plugin
    from zoo_core.metrics.predictions import Predictions as Predictions
    from zoo_core.metrics.scores import Scores as Scores
    from zoo_core.metrics.task import Measure as Measure, Measured as Measured, Task as Task
    from zoo_core.model_info import ModelInfo as ModelInfo
    from zoo_core.plugins.data_specs import (
        Column as Column,
        InputSpec as InputSpec,
        TargetSpec as TargetSpec,
        class_targets as class_targets,
    )
    from zoo_core.plugins.specs import (
        CommandSpec as CommandSpec,
        DatasetSpec as DatasetSpec,
        LossSpec as LossSpec,
        ModelSpec as ModelSpec,
        RegistrySpec as RegistrySpec,
        RuntimeSpec as RuntimeSpec,
        SourceSpec as SourceSpec,
        TaskSpec as TaskSpec,
        TrainerSpec as TrainerSpec,
    )
    from zoo_core.pretrained.model import Pretrained as Pretrained
    from zoo_core.recipes.model_config import ModelConfig as ModelConfig
    from zoo_core.recipes.recipe import Recipe as Recipe

__getattr__, __dir__ = lazy_names(__name__)
