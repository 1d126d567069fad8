"""Picture of all schedules of the learning rate, for `docs/schedules.md`.

``python docs/schedules_picture.py`` writes ``docs/pictures/schedules.png``. It needs
``pip install ./plugins/zoo-report``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zoo_core.recipes.recipe import Recipe
from zoo_core.training.course.course import Segment, position, segment
from zoo_core.training.schedule import learning_rate
from zoo_core.weights.card_course import EndDecision
from zoo_report.style import COLORS, INK, MUTED, box, make_figure, png, style_axes

PICTURE = Path(__file__).parent / "pictures" / "schedules.png"

EPOCHS, STEPS = 40, 50
WIDTH, HEIGHT, COLUMNS = 2.6, 1.75, 3
"""Size of a chart with its title, in inches, and charts per row."""

FALLS = (13, 22, 31)
"""Epochs after which schedule plateau falls in the example."""

LIMITED = [EndDecision(after=1, last=32, because="max_minutes")]
LIMITED += [EndDecision(after=16, last=24, because="max_minutes")]
IMPATIENT = [EndDecision(after=20, last=25, because="patience")]

CHARTS: tuple[tuple[str, dict[str, Any], list[EndDecision]], ...] = (
    ("constant", {}, []),
    ("cosine", {}, []),
    ("one-cycle", {}, []),
    ("polynomial, lr_power=2", {"lr_power": 2.0}, []),
    ("step", {}, []),
    ("plateau, lr_factor=0.5", {"lr_factor": 0.5}, []),
    ("restarts", {}, []),
    ("restarts, cycle=6, cycle_factor=2", {"cycle": 6, "cycle_factor": 2.0}, []),
    ("cooldown", {}, []),
    ("cosine, final_lr=0.2, warmup=0.1", {"final_lr": 0.2, "warmup": 0.1}, []),
    ("cosine, max_minutes", {}, LIMITED),
    ("cooldown, patience", {}, IMPATIENT),
)
"""Title, which begins with the schedule; fields; decisions about the end."""


def rates(title: str, fields: dict[str, Any], ends: list[EndDecision]) -> list[float]:
    """Return the learning rate of each step."""
    schedule = title.partition(",")[0]
    recipe = Recipe(dataset="", trainer="", epochs=EPOCHS, lr=1.0, schedule=schedule, **fields)
    total, found = EPOCHS * STEPS, []
    last = ends[-1].last if ends else EPOCHS
    for step in range(last * STEPS):
        epoch = step / STEPS
        line: Segment | None = segment(
            recipe, [end for end in ends if end.after <= epoch], STEPS, EPOCHS
        )
        falls = sum(epoch >= each for each in FALLS) if schedule == "plateau" else 0
        place = position(line, step, total)
        found.append(learning_rate(recipe, place, total, epoch=epoch, falls=falls))
    return found


def draw() -> bytes:
    """Return the picture as PNG."""
    rows = -(-len(CHARTS) // COLUMNS)
    figure = make_figure(
        COLUMNS * WIDTH + 0.6,
        rows * HEIGHT + 0.4,
        "Schedules of the learning rate",
        f"Share of the recipe's lr at each of {EPOCHS} epochs; the fields not named have their "
        "defaults",
    )
    for number, chart in enumerate(CHARTS):
        row, column = divmod(number, COLUMNS)
        left, bottom = 0.55 + column * WIDTH, 0.5 + (rows - 1 - row) * HEIGHT
        axes = figure.add_axes(box(figure, left, bottom, WIDTH - 0.3, HEIGHT - 0.55))
        axes.set_title(chart[0], loc="left", size=9, weight="bold", color=INK)
        style_axes(axes, 8)
        found = rates(*chart)
        axes.plot([step / STEPS for step in range(len(found))], found, color=COLORS[0], lw=1.6)
        for end in chart[2]:
            axes.axvline(end.after, color=MUTED, lw=1, ls=(0, (2, 3)), zorder=1)
        axes.set_xlim(0, EPOCHS)
        axes.set_ylim(0, 1.05)
        axes.set_yticks([0, 0.5, 1])
        axes.set_xticks(range(0, EPOCHS + 1, 10))
        if row == rows - 1:
            axes.set_xlabel("epoch", size=8.5, color=INK)
    return png(figure)


if __name__ == "__main__":
    PICTURE.write_bytes(draw())
