"""`zoo train --find-lr`: the range test of learning rates, its curve and the command to use it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from zoo_core.cli.output import print_json
from zoo_core.cli.present_command import present_command
from zoo_core.cli.training.request import TrainRequest
from zoo_core.cli.training.sparkline import sparkline
from zoo_core.errors import DataError, InvalidValueError, PluginError
from zoo_core.frameworks.distributed import env_world_size
from zoo_core.installation.installed import installed_catalog
from zoo_core.metrics.metric_text import format_loss
from zoo_core.plugins.catalog import Catalog
from zoo_core.system.terminal import has_unicode, print_lines
from zoo_core.text import counted
from zoo_core.training.callbacks import call_hook
from zoo_core.training.course.lr_range import LrRange, find_learning_rate
from zoo_core.training.make_plan import make_plan
from zoo_core.training.plan import Plan

PICTURES = (".png", ".svg")
"""Endings of pictures."""

_WIDTH = 60
"""Columns of the curve."""

_TOP = 1.2
"""Height of the curve, as a multiple of the first loss; a loss that diverges is cut off there."""

_HOOK = "zoo_find_lr_end"


def print_lr_range(request: TrainRequest) -> None:
    """Run the range test of a training that `zoo train` describes, and print its result.

    Args:
        request: the options of the command; its `out` is the file of the picture.

    Raises:
        InvalidValueError: `out` is not a picture, or several processes were started.
        DataError: `out` exists, or its folder does not.
        PluginError: no plugin draws pictures.
    """
    catalog, out = installed_catalog(), request.out
    if env_world_size() > 1:
        raise InvalidValueError(
            f"--find-lr: expected 1 process, got {env_world_size()}",
            hint="Start it without a launcher.",
        )
    if out:
        _check_picture(catalog, out)
    plan = make_plan(catalog, request.name, request.recipe, request.overrides)
    result = find_learning_rate(
        catalog, plan, device=request.device or "auto", threads=request.threads
    )
    if out:
        call_hook(
            catalog.hooks,
            _HOOK,
            "there is no picture",
            title=f"{plan.model.spec.name} on {plan.recipe.dataset}",
            result=result,
            file=out,
        )
    if request.as_json:
        facts = {"model": plan.model.spec.name, "dataset": plan.recipe.dataset}
        print_json({**facts, **asdict(result)})
    elif request.quiet:
        print_lines(f"{result.suggestion:g}")
    else:
        others = (each for each in request.assignments if not each.startswith("lr="))
        command = present_command(
            find_lr=False, out=None, assignments=(*others, f"lr={result.suggestion:g}")
        )
        print_lines(*_lines(plan, result, out, command))


def _check_picture(catalog: Catalog, out: Path) -> None:
    if out.suffix not in PICTURES:
        raise InvalidValueError(
            f"--out: with --find-lr, expected a file that ends in .png or .svg, got {out}"
        )
    if out.exists() or not out.absolute().parent.is_dir():
        why = "it exists" if out.exists() else f"there is no folder {out.parent}"
        raise DataError(f"--out: {out} cannot be written: {why}", hint="Name another file.")
    if not getattr(catalog.hooks, _HOOK).get_hookimpls():
        raise PluginError(
            f"--out: no installed plugin draws {out}", hint="Install one: zoo install zoo-report"
        )


def _lines(plan: Plan, result: LrRange, out: Path | None, command: str) -> Iterator[str]:
    rates, smoothed, lowest = result.rates, result.smoothed, min(result.smoothed)
    best = rates[smoothed.index(lowest)]
    yield (
        f"Range test of {plan.model.spec.name} on {plan.recipe.dataset}: "
        f"{counted(len(rates), 'step')} with learning rates from {rates[0]:.2g} to "
        f"{rates[-1]:.2g}, {'where the loss rises' if result.diverged else 'the highest'}."
    )
    yield ""
    if has_unicode(sys.stdout):
        top = _TOP * smoothed[0]
        yield f"loss {sparkline([min(each, top) for each in smoothed], _WIDTH)}"
        # Below the curve, whose axis is logarithmic in the learning rate.
        width = min(_WIDTH, len(rates))
        near = min(range(len(rates)), key=lambda i: abs(rates[i] - result.suggestion))
        yield f"     {' ' * (near * width // len(rates))}▲ {result.suggestion:g}"
        yield ""
    yield (
        f"The smoothed loss falls from {format_loss(smoothed[0])} to {format_loss(lowest)}, at "
        f"{best:.2g}. Suggestion: a tenth of that rate, {result.suggestion:g}."
    )
    if out and out.exists():
        yield f"Picture: {out}"
    yield ""
    yield f"To train: {command}"
