"""Pictures of a search for a recipe: how it went, what mattered, and each key's values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from zoo_core.plugin_api import Study, Trial, write_atomic
from zoo_report.scale import scale_axis
from zoo_report.style import (
    INK,
    LINES,
    MARGIN,
    MUTED,
    add_legend,
    box,
    make_figure,
    png,
    short,
    text_width,
)

DONE, STOPPED, BEST = "#0072B2", "#B8B8B8", "#D55E00"
"""Of trials that were trained to their ends, that were not, and of the best one."""
ORDER = LinearSegmentedColormap.from_list("order", ["#c6dbef", "#4292c6", "#08306b"])
"""Of the first trial to the last."""
WIDTH, HEIGHT = 10.0, 4.2
"""Of the history, below the heading, in inches."""
COLUMNS, PANEL_WIDTH, PANEL_HEIGHT = 4, 2.5, 2.3
"""Of the slices: panels beside one another, and the room for each, in inches."""


def write_study_pictures(study: Study, folder: Path) -> list[str]:
    """Write ``history.png``, ``importances.png`` and ``slices.png``, as far as there is anything.

    Args:
        study: the search.
        folder: where to.

    Returns:
        The names of the files that were written.
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
    """Draw the error rate of every trial with the best so far, and every trial's learning curve."""
    figure = make_figure(WIDTH, HEIGHT, _title(study), _subtitle(study))
    side = (figure.get_figwidth() - 3 * MARGIN) / 2
    panels = [
        figure.add_axes(box(figure, MARGIN + i * (side + MARGIN) + 0.55, 1.0, side - 0.6, 2.85))
        for i in range(2)
    ]
    _draw_trials(panels[0], study)
    _draw_curves(panels[1], study)
    add_legend(figure, panels[0])
    return figure


def draw_importances(study: Study) -> Figure:
    """Draw each key's share in what makes a trial a good one."""
    names, shares = list(study.importances), list(study.importances.values())
    wide = max(text_width(name, 9.5) for name in names) + 0.2
    height = 0.32 * len(names)
    subtitle = f"Share of each key in what makes a trial one of the best, of {len(study.trials)}"
    figure = make_figure(wide + 4.8, height + 0.5, _title(study), subtitle)
    room = figure.get_figwidth() - wide - 0.8 - MARGIN
    axes = figure.add_axes(box(figure, MARGIN + wide, 0.3, room, height))
    axes.barh(range(len(names)), shares, height=0.62, color=DONE)
    axes.set_yticks(range(len(names)), names, size=9.5, parse_math=False)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, max(shares) or 1)
    for place, share in enumerate(shares):
        axes.annotate(
            f"{share:.0%}",
            (share, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            size=9,
            color=INK,
            annotation_clip=False,
        )
    axes.set_xticks([])
    axes.tick_params(length=0, labelcolor=INK)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.spines["left"].set_color(MUTED)
    return figure


def draw_slices(study: Study) -> Figure:
    """Draw the error rate against the values of each key, a panel a key."""
    keys = list(dict.fromkeys(key for trial in study.trials for key in trial.values))
    rows, columns = -(-len(keys) // COLUMNS), min(len(keys), COLUMNS)
    width, height = columns * PANEL_WIDTH + 1.4, rows * PANEL_HEIGHT + 0.1
    subtitle = f"{_subtitle(study)}, ticks at the top"
    figure = make_figure(width, height, _title(study), subtitle)
    values = [1 - (trial.mean or 0.0) for trial in study.ranked]
    norm = Normalize(0, max(trial.number for trial in study.trials) or 1)
    for place, key in enumerate(keys):
        row, column = divmod(place, COLUMNS)
        left = MARGIN + 0.55 + column * PANEL_WIDTH
        bottom = height - (row + 1) * PANEL_HEIGHT + 0.55
        where = box(figure, left, bottom, PANEL_WIDTH - 0.35, PANEL_HEIGHT - 0.75)
        axes = figure.add_axes(where)
        _draw_slice(axes, study, key, norm)
        scale_axis(axes, values)
        _style(axes)
        if column:
            axes.yaxis.set_major_formatter(NullFormatter())
    scale = figure.add_axes(
        box(figure, MARGIN + 0.55 + columns * PANEL_WIDTH - 0.15, height - PANEL_HEIGHT + 0.55,
            0.12, PANEL_HEIGHT - 0.75)
    )  # fmt: skip
    bar = figure.colorbar(ScalarMappable(norm, ORDER), cax=scale)
    bar.set_label("trial", size=9, color=INK)
    bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    bar.ax.tick_params(labelsize=8.5, color=MUTED, labelcolor=INK, length=3)
    bar.outline.set_edgecolor(LINES)
    return figure


def _draw_trials(axes: Axes, study: Study) -> None:
    done = sorted(study.ranked, key=lambda trial: trial.number)
    errors = [1 - (trial.mean or 0.0) for trial in done]
    stopped = [trial for trial in study.trials if trial.state == "pruned" and trial.curve]
    last = [1 - max(trial.curve) for trial in stopped]
    best, falling = 1.0, []
    for error in errors:
        best = min(best, error)
        falling.append(best)
    end = study.trials[-1].number
    axes.plot([t.number for t in stopped], last, "x", ms=5, color=STOPPED, label="stopped early")
    axes.plot([t.number for t in done], errors, "o", ms=5, color=DONE, label="trained to the end")
    axes.step(
        [*(t.number for t in done), end],
        [*falling, best],
        where="post",
        lw=1.4,
        color=BEST,
        label="best so far",
    )
    scale_axis(axes, [*errors, *last])
    axes.set_title("error rate on validation", loc="left", size=10.5, color=INK)
    axes.set_xlabel("trial", size=9.5, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _style(axes)


def _draw_curves(axes: Axes, study: Study) -> None:
    best, seen = study.ranked[0], []
    for trial in sorted(study.trials, key=lambda t: (t is best, t.state == "complete")):
        errors = [1 - score for score in trial.curve]
        seen += errors
        color = BEST if trial is best else DONE if trial.state == "complete" else STOPPED
        width = 2.0 if trial is best else 0.9
        axes.plot(range(1, len(errors) + 1), errors, "-", lw=width, color=color)
        if len(errors) == 1:
            axes.plot(1, errors[0], "x", ms=5, color=color)
    scale_axis(axes, seen)
    axes.set_title(f"over the epochs; best: trial {best.number}", loc="left", size=10.5, color=INK)
    axes.set_xlabel("epoch", size=9.5, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _style(axes)


def _draw_slice(axes: Axes, study: Study, key: str, norm: Normalize) -> None:
    space: Any = study.space.get(key, {})
    choices = space.get("choices", []) if isinstance(space, dict) else []
    done = [trial for trial in reversed(study.ranked) if key in trial.values]
    stopped = [trial for trial in study.trials if trial.state == "pruned" and key in trial.values]
    best = study.ranked[0]

    def place(trials: Sequence[Trial]) -> list[Any]:
        if choices:
            return [choices.index(trial.values[key]) for trial in trials]
        return [trial.values[key] for trial in trials]

    errors = [1 - (trial.mean or 0.0) for trial in done]
    order = [trial.number for trial in done]
    axes.scatter(place(done), errors, s=22, c=order, cmap=ORDER, norm=norm, lw=0, zorder=3)
    if key in best.values:
        ring = 1 - (best.mean or 0.0)
        axes.plot(place([best]), [ring], "o", ms=9, mfc="none", mec=BEST, mew=1.6, zorder=4)
    top = axes.get_xaxis_transform()
    axes.plot(place(stopped), [0.97] * len(stopped), "|", ms=6, color=STOPPED, transform=top)
    if choices:
        names = [short(c if isinstance(c, str) else json.dumps(c), 10) for c in choices]
        fits = sum(text_width(name, 8.5) + 0.08 for name in names) < PANEL_WIDTH - 0.4
        axes.set_xticks(range(len(names)), names, rotation=0 if fits else 20, parse_math=False)
        axes.set_xlim(-0.6, len(names) - 0.4)
    elif isinstance(space, dict) and space.get("log"):
        axes.set_xscale("log")
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.set_title(key, loc="left", size=9.5, color=INK, parse_math=False)


def _style(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}%"))
    axes.grid(axis="y", color=LINES, lw=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=8.5, length=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(MUTED)


def _title(study: Study) -> str:
    return f"{study.model} on {study.dataset}, study {study.name}, from recipe {study.recipe_name}"


def _subtitle(study: Study) -> str:
    best = study.ranked[0]
    return (
        f"Best of {len(study.trials)} trials: {best.number}, accuracy {best.mean:.2%} on "
        f"validation; {study.counted('pruned')} were stopped early"
    )
