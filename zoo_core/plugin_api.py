"""Names for plugins, in addition to those of `zoo_core`.

A plugin imports from `zoo_core` and from this module only: their names are stable within a minor
version, and everything else of the core may change. A name is imported when it is first used.
"""

from zoo_core.system.lazy_names import lazy_names

# One list for type checkers and for `lazy_names`, as in `zoo_core/__init__.py`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from zoo_core.cli import options as options, web_server as web_server
    from zoo_core.cli.help.zoo_command import ZooCommand as ZooCommand, ZooGroup as ZooGroup
    from zoo_core.cli.output import print_json as print_json
    from zoo_core.cli.prediction.batch import InputBatch as InputBatch
    from zoo_core.cli.prediction.find_inputs import find_inputs as find_inputs
    from zoo_core.cli.prediction.output import (
        json_records as json_records,
        refused_record as refused_record,
    )
    from zoo_core.cli.prediction.verdicts import verdicts as verdicts
    from zoo_core.cli.training.folds import report_folds as report_folds
    from zoo_core.data.augmentation.color_changes import Change as Change
    from zoo_core.data.augmentation.mixing import Mixing as Mixing
    from zoo_core.data.augmentation.rectangles import Boxes as Boxes
    from zoo_core.data.augmentation.warps import Positions as Positions
    from zoo_core.data.dataset import load_dataset as load_dataset
    from zoo_core.data.disk_store import (
        DatasetContent as DatasetContent,
        load_or_create as load_or_create,
    )
    from zoo_core.data.examples import (
        Examples as Examples,
        content_digests as content_digests,
        held_out_rows as held_out_rows,
    )
    from zoo_core.data.find_dataset import find_dataset as find_dataset
    from zoo_core.data.images.batches import (
        FileBatch as FileBatch,
        RefusedFile as RefusedFile,
        silence_pillow_warnings as silence_pillow_warnings,
    )
    from zoo_core.data.images.files import (
        Header as Header,
        count_levels as count_levels,
        read_header as read_header,
    )
    from zoo_core.data.images.folders import (
        Reason as Reason,
        is_ignored as is_ignored,
        is_plain_image as is_plain_image,
        reason_against as reason_against,
    )
    from zoo_core.data.images.pixel_levels import LevelCounts as LevelCounts
    from zoo_core.data.images.pixel_limit import max_pixels as max_pixels
    from zoo_core.data.images.pixel_ranges import (
        PixelRanges as PixelRanges,
        parse_range as parse_range,
    )
    from zoo_core.data.images.processor import (
        ImageProcessor as ImageProcessor,
        fit_image as fit_image,
        has_light_border as has_light_border,
        model_processor as model_processor,
        processor_for as processor_for,
    )
    from zoo_core.data.images.warp import warp as warp
    from zoo_core.data.normalization import Rescaling as Rescaling
    from zoo_core.data.reading_facts import (
        OriginalSizes as OriginalSizes,
        ReadingFacts as ReadingFacts,
    )
    from zoo_core.data.splits import split_rows as split_rows
    from zoo_core.data.tables.row_encoder import MISSING_NUMBERS as MISSING_NUMBERS
    from zoo_core.data.tokens import (
        encode_texts as encode_texts,
        make_vocabulary as make_vocabulary,
    )
    from zoo_core.errors import (
        DataError as DataError,
        InterruptedTrainingError as InterruptedTrainingError,
        InvalidValueError as InvalidValueError,
        PluginError as PluginError,
        TrainingError as TrainingError,
        UnavailableError as UnavailableError,
        UnknownNameError as UnknownNameError,
        VerificationError as VerificationError,
        choose_from as choose_from,
        did_you_mean as did_you_mean,
        join_names as join_names,
        one_line as one_line,
    )
    from zoo_core.evaluation.compare import compare_pretrained as compare_pretrained
    from zoo_core.evaluation.compare_heads import (
        HeadComparison as HeadComparison,
        Mean as Mean,
        Proportion as Proportion,
    )
    from zoo_core.evaluation.fold_scores import (
        FoldScores as FoldScores,
        write_fold_scores as write_fold_scores,
    )
    from zoo_core.evaluation.members import group_by_data as group_by_data
    from zoo_core.evaluation.scored_split import (
        ScoredSplit as ScoredSplit,
        check_fit as check_fit,
        find_scored_dataset as find_scored_dataset,
        make_scored_split as make_scored_split,
    )
    from zoo_core.filenames import (
        CARD as CARD,
        CONFIG as CONFIG,
        INDEX as INDEX,
        METRICS as METRICS,
        STUDY as STUDY,
        WEIGHTS as WEIGHTS,
    )
    from zoo_core.frameworks.distributed import (
        SINGLE_PROCESS as SINGLE_PROCESS,
        Group as Group,
        env_world_size as env_world_size,
        launcher_restarts as launcher_restarts,
    )
    from zoo_core.frameworks.export import (
        ONNX_OPSET as ONNX_OPSET,
        onnx_input as onnx_input,
        onnx_outputs as onnx_outputs,
    )
    from zoo_core.frameworks.losses import call_loss as call_loss, check_loss as check_loss
    from zoo_core.frameworks.model_contract import (
        check_model as check_model,
        head_outputs as head_outputs,
    )
    from zoo_core.frameworks.prediction import shift_slices as shift_slices
    from zoo_core.frameworks.scored_steps import ScoredSteps as ScoredSteps
    from zoo_core.frameworks.teacher import Teacher as Teacher
    from zoo_core.installation.exceptions import fault_of as fault_of
    from zoo_core.installation.installed import installed_catalog as installed_catalog
    from zoo_core.metrics.calibration import (
        Calibration as Calibration,
        CalibrationTest as CalibrationTest,
        all_correct as all_correct,
    )
    from zoo_core.metrics.calibration_check import CalibrationCheck as CalibrationCheck
    from zoo_core.metrics.find_tasks import find_tasks as find_tasks
    from zoo_core.metrics.metric_text import (
        format_metric as format_metric,
        is_share as is_share,
    )
    from zoo_core.metrics.predictions import (
        ensemble_outputs as ensemble_outputs,
        predictions_of as predictions_of,
    )
    from zoo_core.metrics.scores import (
        measure as measure,
        score as score,
        signed_mean as signed_mean,
    )
    from zoo_core.metrics.wilson import wilson_interval as wilson_interval
    from zoo_core.plugins.catalog import Catalog as Catalog
    from zoo_core.plugins.data_specs import plain as plain
    from zoo_core.plugins.faults.own_data import TABLE_SUFFIXES as TABLE_SUFFIXES
    from zoo_core.pretrained.load import load_pretrained as load_pretrained, locate as locate
    from zoo_core.pretrained.verified_read import (
        published_card as published_card,
        read_files as read_files,
    )
    from zoo_core.publishing.answer_changes import (
        HeadChanges as HeadChanges,
        count_changes as count_changes,
    )
    from zoo_core.publishing.parent_program import (
        ParentProgram as ParentProgram,
        find_parent as find_parent,
    )
    from zoo_core.publishing.quantized import (
        QuantizedProgram as QuantizedProgram,
        check_target as check_target,
        publish_quantized as publish_quantized,
    )
    from zoo_core.recipes.address_options import parse_address_options as parse_address_options
    from zoo_core.recipes.model_config import (
        Counts as Counts,
        Size as Size,
        Sizes as Sizes,
        check_one_number_per_block as check_one_number_per_block,
    )
    from zoo_core.recipes.recipe import SearchSummary as SearchSummary
    from zoo_core.recipes.resolve import (
        SEARCH as SEARCH,
        merge_layers as merge_layers,
        parse_set as parse_set,
    )
    from zoo_core.recipes.validation import FrozenModel as FrozenModel, first_error as first_error
    from zoo_core.registry.location import Folder as Folder
    from zoo_core.registry.lookup import (
        iter_indexes as iter_indexes,
        known_registries as known_registries,
        open_registry as open_registry,
    )
    from zoo_core.registry.registry import FoundWeights as FoundWeights
    from zoo_core.system.atomic_files import (
        atomic_writer as atomic_writer,
        scratch_folder as scratch_folder,
        write_atomic as write_atomic,
    )
    from zoo_core.system.cpu import (
        default_threads as default_threads,
        physical_cores as physical_cores,
    )
    from zoo_core.system.download import download as download, download_file as download_file
    from zoo_core.system.environment import is_set as is_set
    from zoo_core.system.gc_pause import gc_paused as gc_paused
    from zoo_core.system.interrupts import Stop as Stop, deferred_signals as deferred_signals
    from zoo_core.system.memory import available_memory as available_memory
    from zoo_core.system.paths import write_error as write_error, zoo_home as zoo_home
    from zoo_core.system.progress.live_line import status as status
    from zoo_core.system.progress.progress_bar import ProgressBar as ProgressBar, track as track
    from zoo_core.system.random_numbers import uniform as uniform
    from zoo_core.system.terminal import print_lines as print_lines
    from zoo_core.tasks.classification import (
        class_names as class_names,
        format_probability as format_probability,
        softmax as softmax,
    )
    from zoo_core.tasks.misclassified import (
        Misclassified as Misclassified,
        find_misclassified as find_misclassified,
    )
    from zoo_core.tasks.segmentation import IGNORED_PIXEL as IGNORED_PIXEL
    from zoo_core.tasks.sequence import encode_strings as encode_strings
    from zoo_core.testing import conformance_test as conformance_test
    from zoo_core.text import (
        encodable as encodable,
        markdown_text as markdown_text,
        printable as printable,
        rewrite_texts as rewrite_texts,
        same_text as same_text,
        shell_command as shell_command,
        shown as shown,
    )
    from zoo_core.training.callbacks import call_hook as call_hook
    from zoo_core.training.checks.trackers import (
        check_trackers as check_trackers,
        trackers as trackers,
    )
    from zoo_core.training.course.lr_range import LrRange as LrRange
    from zoo_core.training.make_plan import make_plan as make_plan
    from zoo_core.training.parents.initial_weights import PretrainedWeights as PretrainedWeights
    from zoo_core.training.plan import Plan as Plan
    from zoo_core.training.schedule import average_decay as average_decay
    from zoo_core.training.series.fold_series import FoldSeries as FoldSeries
    from zoo_core.tuning.model_spaces import (
        check_space as check_space,
        find_space as find_space,
        flatten as flatten,
        overrides as overrides,
        plan_values as plan_values,
    )
    from zoo_core.tuning.search_space import Range as Range, Space as Space, Values as Values
    from zoo_core.tuning.study import (
        State as State,
        Study as Study,
        Trial as Trial,
        read_study as read_study,
    )
    from zoo_core.tuning.trial_runner import TrialRunner as TrialRunner
    from zoo_core.weights.card import (
        Card as Card,
        Provenance as Provenance,
        PublishedCard as PublishedCard,
    )
    from zoo_core.weights.card_fields import ScoresField as ScoresField
    from zoo_core.weights.card_words import (
        continued_text as continued_text,
        ended_text as ended_text,
    )
    from zoo_core.weights.file import Tensors as Tensors

__getattr__, __dir__ = lazy_names(__name__)
