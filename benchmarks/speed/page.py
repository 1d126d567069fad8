"""The page ``docs/benchmarks.md``, made from the stored measurements."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.comparisons import COMPARISONS
from benchmarks.speed.contest import Comparison, Measured, kept
from benchmarks.speed.contestants.inside import BATCH
from zoo_core.system.atomic_files import write_atomic

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"

HEADER = """# Benchmarks

This page is made by `python -m benchmarks`. The programs of a table ran alternately. Each cell
shows the median (minimum to maximum) of {least} to {most} turns. A ratio is the median of the
ratios of the single turns. Compare times only within a table.

Measured on: {machines}.
"""


def write_page() -> None:
    """Write ``docs/benchmarks.md``."""
    write_atomic(PAGE, page().encode())


def page() -> str:
    """Return ``docs/benchmarks.md``."""
    measured = {name: found for name in COMPARISONS if (found := kept(name))}
    counts = [len(turns) for found in measured.values() for turns in found.turns.values()]
    header = HEADER.format(
        least=min(counts),
        most=max(counts),
        machines="; ".join(sorted({found.machine for found in measured.values()})),
    )
    sections = [
        section(COMPARISONS[name], found) + share(name, measured)
        for name, found in measured.items()
    ]
    return "\n".join([header, *sections])


def section(comparison: Comparison, found: Measured) -> str:
    """Return the section of a comparison."""
    figures = comparison.figures
    several = len(comparison.contestants) > 1
    accurate = any(turn.accuracy for turns in found.turns.values() for turn in turns)
    names = ["", *figures.values()]
    whats = [heading.partition(",")[0] for heading in figures.values()]
    names += [f"{what} / {comparison.first}" for what in whats if several]
    names += ["test accuracy, %"] if accurate else []
    rows = []
    first = comparison.contestants[0].name
    for contestant in comparison.contestants:
        name = contestant.name
        row = [f"`{name}`" if name.startswith(("zoo", "import", "python")) else name]
        row += [spread(found.values(name, figure)) for figure in figures]
        if several:
            row += [ratio(found.ratios(name, first, f)) if name != first else "" for f in figures]
        if accurate:
            row.append(accuracy(found, name))
        rows.append(row)
    lines = [names, ["---"] * len(names), *rows]
    table = "".join(f"| {' | '.join(cell or '–' for cell in line)} |\n" for line in lines)
    return f"## {comparison.title}\n\n{comparison.text}\n\n{table}{on_top(comparison, found)}"


def on_top(comparison: Comparison, found: Measured) -> str:
    """Return a sentence with the difference between the first contestant and each other one."""
    if not comparison.on_top:
        return ""
    first, *others = (contestant.name for contestant in comparison.contestants)
    said = "; ".join(
        f"{spread([1000 * more for more in found.differences(first, other)])} ms longer than "
        f"`{other}`"
        for other in others
    )
    return f"\n`{first}` takes {said}.\n"


def spread(values: Sequence[float]) -> str:
    """Return the median, and the range of several values."""
    if not any(values):
        return ""
    middle = number(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({number(min(values))} to {number(max(values))})"


def number(value: float) -> str:
    """Return a number with at least three digits."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def ratio(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.3g} ×" if values and any(values) else ""


def accuracy(found: Measured, name: str) -> str:
    heads = list(zip(*(turn.accuracy for turn in found.turns[name] if turn.accuracy), strict=True))
    return " / ".join(f"{100 * statistics.mean(head):.2f}" for head in heads)


def share(name: str, measured: dict[str, Measured]) -> str:
    """Return a sentence with the share of the fastest product's rate that a step reaches."""
    model = name.removeprefix("share-")
    if model == name or not {"gemm", f"overhead-{model}"} <= measured.keys():
        return ""
    peak = statistics.median(measured["gemm"].values("torch", "float32")) * 1e9
    step = statistics.median(measured[f"overhead-{model}"].values("one process", "zoo")) / 1e3
    operations = measured[name].values("operations", "operations")[0]
    reached = operations * BATCH / step / peak
    return f"\nThe trainer's step, above, reaches {reached:.0%} of the best product's rate.\n"
