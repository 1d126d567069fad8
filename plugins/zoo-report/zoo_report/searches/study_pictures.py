"""Pictures of a hyperparameter search: history, importances, and slices per parameter.

The score of a trial is a share, such as the accuracy, of which the distance to 1 is drawn; or minus
the loss, of which the loss is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from zoo_core.plugin_api import Study, Trial, write_atomic
from zoo_report.scale import scale_axis
from zoo_report.style import (
    COLORS,
    INK,
    MARGIN,
    MUTED,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    PERCENT,
    PLAIN,
    Box,
    add_legend,
    add_panel,
    add_scale,
    box,
    make_figure,
    png,
    short,
    style_axes,
    text_width,
)

COMPLETE, BEST, PRUNED = COLORS[0], COLORS[1], "#b8b8b8"
"""Colors of complete trials, of the best one, and of pruned ones."""
ORDER = LinearSegmentedColormap.from_list("order", ["#c6dbef", "#4292c6", "#08306b"])
"""Colors from the first trial to the last."""
COLUMNS, SLICE_WIDTH, SLICE_HEIGHT = 4, 2.5, 2.3
"""Number of slices per row, and their size with labels, in inches."""


def write_study_pictures(study: Study, folder: Path) -> list[str]:
    """Write ``history.png``, ``importances.png`` and ``slices.png``, unless they would be empty.

    Args:
        study: search to draw.
        folder: folder to write to.

    Returns:
        The names of the files written.
    """
    figures = {}
    if study.ranked:
        figures["history.png"] = draw_history(study)
        figures["slices.png"] = draw_slices(study)
    if study.importances:
        figures["importances.png"] = draw_importances(study)
    for name, figure in figures.items():
        write_atomic(folder / name, png(figure))
    return sorted(figures)


def draw_history(study: Study) -> Figure:
    """Draw the error of every trial with the best so far, and all learning curves."""
    figure = make_figure(
        2 * PANEL_WIDTH + MARGIN, PANEL_HEIGHT + 0.3, _title(study), _subtitle(study)
    )
    error = "Loss" if _are_losses(study) else "Error rate"
    trials = add_panel(figure, f"{error} on the validation split", MARGIN / 2, 0.35)
    title = f"{error} per epoch; best: trial {study.ranked[0].number}"
    _draw_trials(trials, study)
    _draw_curves(add_panel(figure, title, PANEL_WIDTH + MARGIN / 2, 0.35), study)
    add_legend(figure)
    return figure


def draw_importances(study: Study) -> Figure:
    """Draw the importance of each parameter for the score of a trial."""
    names, shares = list(study.importances), list(study.importances.values())
    wide = max(text_width(name, 9.5) for name in names) + 0.2
    height = 0.32 * len(names)
    subtitle = f"Importance of each parameter for the score, from {len(study.trials)} trials"
    figure = make_figure(wide + 4.8, height + 0.5, _title(study), subtitle)
    room = figure.get_figwidth() - wide - 0.8 - MARGIN
    axes = figure.add_axes(box(figure, MARGIN + wide, 0.3, room, height))
    bars = axes.barh(range(len(names)), shares, height=0.62, color=COMPLETE)
    labels = [f"{share:.0%}" for share in shares]
    axes.bar_label(bars, labels, padding=4, size=9, color=INK)
    axes.set_yticks(range(len(names)), names, size=9.5, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)  # the most important at the top
    axes.set_xlim(0, max(shares) or 1)
    axes.set_xticks([])
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(MUTED)
    return figure


def draw_slices(study: Study) -> Figure:
    """Draw the error against the values of each parameter."""
    keys = list(dict.fromkeys(key for trial in study.trials for key in trial.values))
    rows, columns = -(-len(keys) // COLUMNS), min(len(keys), COLUMNS)
    width, height = columns * SLICE_WIDTH + 1.4, rows * SLICE_HEIGHT + 0.1
    figure = make_figure(width, height, _title(study), f"{_subtitle(study)}, ticks at the top")
    norm = Normalize(0, max(trial.number for trial in study.trials) or 1)

    def place(row: int, column: float, wide: float) -> Box:
        left, bottom = MARGIN + 0.55 + column * SLICE_WIDTH, height - (row + 1) * SLICE_HEIGHT
        return box(figure, left, bottom + 0.55, wide, SLICE_HEIGHT - 0.75)

    for number, key in enumerate(keys):
        row, column = divmod(number, COLUMNS)
        axes = figure.add_axes(place(row, column, SLICE_WIDTH - 0.35))
        _draw_slice(axes, study, key, norm)
        # All panels have the same scale, so that only the first of a row needs labels.
        scale_axis(axes, [_error(study, trial) for trial in study.ranked])
        style_axes(axes, 8.5)
        axes.yaxis.set_major_formatter(NullFormatter() if column else _formatter(study))
    bar = add_scale(figure, place(0, columns - 0.06, 0.12), ORDER, norm, "trial")
    bar.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    return figure


def _draw_trials(axes: Axes, study: Study) -> None:
    done = sorted(study.ranked, key=lambda trial: trial.number)
    errors = [_error(study, trial) for trial in done]
    pruned = _pruned(study)
    # A pruned trial has no score; the best epoch of its curve is what it reached.
    reached = [_distance(study, max(trial.curve)) for trial in pruned]
    numbers, best = [trial.number for trial in done], list(accumulate(errors, min))
    axes.plot([t.number for t in pruned], reached, "x", ms=5, color=PRUNED, label="pruned")
    axes.plot(numbers, errors, "o", ms=5, color=COMPLETE, label="complete")
    # The last step is extended to the last trial, which may be a pruned or failed one.
    numbers, best = [*numbers, study.trials[-1].number], [*best, best[-1]]
    axes.step(numbers, best, where="post", lw=1.4, color=BEST, label="best so far")
    scale_axis(axes, [*errors, *reached])
    _label_axes(axes, study, "trial")


def _draw_curves(axes: Axes, study: Study) -> None:
    best, seen = study.ranked[0], []
    # The best is drawn last, on top of the others.
    for trial in sorted(study.trials, key=lambda t: (t is best, t.state == "complete")):
        errors = [_distance(study, score) for score in trial.curve]
        seen += errors
        color = BEST if trial is best else COMPLETE if trial.state == "complete" else PRUNED
        marker = "x" if len(errors) == 1 else ""  # a line needs two points
        width = 2.0 if trial is best else 0.9
        axes.plot(range(1, len(errors) + 1), errors, lw=width, color=color, marker=marker, ms=5)
    scale_axis(axes, seen)
    _label_axes(axes, study, "epoch")


def _label_axes(axes: Axes, study: Study, label: str) -> None:
    axes.set_xlabel(label, size=9.5, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(_formatter(study))


def _draw_slice(axes: Axes, study: Study, key: str, norm: Normalize) -> None:
    # A space is the search's own description; a key without a range is a flag or a fixed value.
    space: Any = study.space.get(key, {})
    space = space if isinstance(space, dict) else {}
    choices = space.get("choices", [])
    # The best are drawn last, on top of the others.
    done = [trial for trial in reversed(study.ranked) if key in trial.values]
    pruned = [trial for trial in _pruned(study) if key in trial.values]

    def places(trials: Sequence[Trial]) -> list[Any]:
        values = [trial.values[key] for trial in trials]
        return [choices.index(value) for value in values] if choices else values

    errors, order = [_error(study, trial) for trial in done], [trial.number for trial in done]
    axes.scatter(places(done), errors, s=22, c=order, cmap=ORDER, norm=norm, lw=0, zorder=3)
    if study.ranked[0] in done:
        ring = places(study.ranked[:1]), [_error(study, study.ranked[0])]
        axes.plot(*ring, "o", ms=9, mfc="none", mec=BEST, mew=1.6, zorder=4)
    top = axes.get_xaxis_transform()  # x in values, y as a fraction of the panel
    axes.plot(places(pruned), [0.97] * len(pruned), "|", ms=6, color=PRUNED, transform=top)
    if choices:
        names = [short(c if isinstance(c, str) else json.dumps(c), 10) for c in choices]
        fits = sum(text_width(name, 8.5) + 0.08 for name in names) < SLICE_WIDTH - 0.4
        axes.set_xticks(range(len(names)), names, rotation=0 if fits else 20, parse_math=False)
        axes.set_xlim(-0.6, len(names) - 0.4)
    elif space.get("log"):
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_title(key, loc="left", size=9.5, color=INK, parse_math=False)


def _are_losses(study: Study) -> bool:
    """Return whether scores are minus the loss: a share is never negative."""
    return any(score < 0 for trial in study.trials for score in (*trial.scores, *trial.curve))


def _formatter(study: Study) -> FuncFormatter:
    return PLAIN if _are_losses(study) else PERCENT


def _error(study: Study, trial: Trial) -> float:
    return _distance(study, trial.mean or 0.0)


def _distance(study: Study, score: float) -> float:
    return -score if _are_losses(study) else 1 - score


def _pruned(study: Study) -> list[Trial]:
    return [trial for trial in study.trials if trial.state == "pruned" and trial.curve]


def _title(study: Study) -> str:
    return f"{study.model} on {study.dataset}, study {study.name}, from recipe {study.recipe_name}"


def _subtitle(study: Study) -> str:
    best = study.ranked[0]
    mean = best.mean or 0.0
    score = f"loss {-mean:.4g}" if _are_losses(study) else f"accuracy {mean:.2%}"
    return (
        f"Best of {len(study.trials)} trials: {best.number}, {score} on the "
        f"validation split; {study.counted('pruned')} pruned"
    )
