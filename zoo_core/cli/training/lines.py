"""Lines of a training as plain text: its start, each epoch, its result and the next commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zoo_core.filenames import WEIGHTS
from zoo_core.frameworks.run import Run
from zoo_core.frameworks.training_state import TrainingState
from zoo_core.installation.installed import installed_rows
from zoo_core.metrics.metric_text import counts_examples, format_metric
from zoo_core.metrics.scores import Scores
from zoo_core.metrics.wilson import wilson_interval
from zoo_core.recipes.recipe import Recipe
from zoo_core.system.memory import peak_memory
from zoo_core.text import counted, shell_command
from zoo_core.weights.card import Card, InitialWeights
from zoo_core.weights.card_course import EndDecision
from zoo_core.weights.card_words import end_text, ended_text


def start_lines(run: Run, progress: TrainingState) -> Iterator[str]:
    """Yield what is trained on what, and from which step on."""
    recipe, data = run.recipe, run.data
    steps = f", {recipe.accumulate} per step" if recipe.accumulate > 1 else ""
    yield (
        f"Training {run.model.name} on {recipe.dataset}: "
        f"{counted(len(data.train_rows), 'example')} to train on, "
        f"{len(data.validation_rows):,} to validate, {counted(recipe.epochs, 'epoch')} of batches "
        f"of {recipe.batch_size}{steps}, seed {recipe.seed}."
    )
    if recipe.freeze:
        yield _frozen_line(recipe)
    if progress.epoch > 1 or progress.step:
        yield f"Resuming after step {progress.step} of epoch {progress.epoch}."
    elif run.initial and run.initial.taken:
        yield initial_line(run.initial)


def initial_line(initial: InitialWeights) -> str:
    """Return which tensors a model began with, and which it did not."""
    total = initial.taken + len(initial.anew)
    anew = _listed(f"{name} ({reason})" for name, reason in initial.anew.items())
    unused = _listed(initial.unused)
    return "".join(
        [
            f"Initial weights: {initial.taken} of {counted(total, 'tensor')} from {initial.source}",
            f", names {initial.renamed}" if initial.renamed else "",
            f"; begun anew: {anew}" if anew else "",
            f"; not used: {unused}" if unused else "",
            ".",
        ]
    )


def _listed(names: Iterable[str], most: int = 6) -> str:
    """Return names in their order, cut after some."""
    every = [*names]
    more = [f"… ({len(every) - most:,} more)"] if len(every) > most else []
    return ", ".join([*every[:most], *more])


def _frozen_line(recipe: Recipe) -> str:
    if isinstance(recipe.freeze, int):
        what = f"{counted(recipe.freeze, 'layer')} from the first"
    else:
        what = f"weights named {', '.join(recipe.freeze)}"
    return f"Frozen{f' before epoch {recipe.thaw}' if recipe.thaw else ''}: {what}."


def epoch_number(epoch: int, epochs: int) -> str:
    """Return ``Epoch  3/10``, of the same width for each epoch."""
    return f"Epoch {epoch:{len(str(epochs))}}/{epochs}"


def epoch_line(run: Run, epoch: int, metrics: Mapping[str, Any]) -> str:
    """Return all scores of an epoch."""
    train, validation = map(Scores.from_json, (metrics["train"], metrics["validation"]))
    return (
        f"{epoch_number(epoch, run.recipe.epochs)}: training {train}; "
        f"validation {validation}; {metrics['seconds']:.1f} s"
    )


def decision_lines(run: Run, metrics: Mapping[str, Any]) -> Iterator[str]:
    """Yield the decision about the training's end after an epoch, if it is for people."""
    if not (made := metrics.get("ended")):
        return
    end = EndDecision.model_validate(made)
    if end.last == end.after:
        yield f"Ended {end_text(run.recipe, [end])}."
    elif end.because == "patience":
        waited = counted(run.recipe.patience, "epoch")
        yield f"No better validation for {waited}: cooldown until epoch {end.last}."


def limit_warning(run: Run, metrics: Mapping[str, Any]) -> str:
    """Return the warning that not even one epoch fits into the recipe's time; else nothing."""
    limit, seconds = run.recipe.max_minutes, metrics["seconds"]
    if limit is None or metrics["epoch"] > 1 or seconds <= 60 * limit or run.ended is not None:
        return ""
    return (
        f"zoo: an epoch takes {seconds / 60:.2g} minutes, longer than max_minutes {limit:g}: "
        "the training ends after the first, whose weights are kept"
    )


def detail_line(run: Run, metrics: Mapping[str, Any]) -> str:
    """Return loss per head, learning rate, pace and memory of an epoch."""
    parts = [
        f"{split} loss per head {_values('loss', metrics[split]['loss'])}"
        for split in ("train", "validation")
        if len(run.tasks) > 1 and "loss" in metrics[split]
    ]
    pace = len(run.data.train_rows) / max(metrics["seconds"], 1e-3)
    parts += [f"learning rate {metrics['lr']:.3g}", f"{pace:,.0f} examples per second"]
    if peak := peak_memory():
        parts.append(f"peak memory {peak / 2**20:,.0f} MiB")
    return f"  {', '.join(parts)}"


def headline(scores: Scores) -> tuple[str, str]:
    """Return name and values of the metric that lists show, with no name if there are several."""
    texts = {name.replace("_", " "): _values(name, each) for name, each in scores.headline.items()}
    if len(texts) == 1:
        return next(iter(texts.items()))
    return "", ", ".join(f"{name} {values}" for name, values in texts.items())


def curve_value(scores: Scores) -> float:
    """Return the number of an epoch's curve: the mean headline, or the loss of unlike heads."""
    rows = list(scores.headline.values())
    return sum(rows[0]) / len(rows[0]) if len(rows) == 1 else scores.mean_loss


def result_lines(run: Run, card: Card) -> Iterator[str]:
    """Yield the test scores, the files of the run, and the commands to use it."""
    yield from _aligned(_results(run, card))
    yield ""
    yield from _aligned(_next_commands(run))


def _results(run: Run, card: Card) -> Iterator[tuple[str, str]]:
    test, recipe = card.metrics["test"], run.recipe
    yield recipe.tested_on.capitalize(), str(test)
    yield "", ", ".join(filter(None, [test.counts_text, _intervals(test)]))
    if test.all_correct is not None and len(run.tasks) > 1:
        yield "", f"{test.all_correct:,} of {test.total:,} correct in all heads"
    kept = "best on validation" if recipe.keep == "best" else "last"
    yield "Weights", f"{run.folder / WEIGHTS}"
    yield "Epoch", f"{card.epoch} of {recipe.epochs} ({kept})"
    if pictures := sorted(path.name for path in run.folder.glob("*.png")):
        yield "Pictures", f"{', '.join(pictures)} in the same folder"
    if ended := ended_text(card):
        yield "Ended", ended
    yield "Time", f"{card.seconds:.1f} s"


def _intervals(scores: Scores) -> str:
    """Return the 95 % intervals of the shares of examples that are counted, per head."""
    counts = [
        values
        for name, values in scores.metrics.items()
        if counts_examples(name) and all(isinstance(each, int) for each in values)
    ]
    if len(counts) != 1:  # several would need their names again
        return ""
    bounds = [wilson_interval(int(each or 0), scores.total) for each in counts[0]]
    return "95 % interval " + " / ".join(f"{low:.2%} to {high:.2%}" for low, high in bounds)


def _next_commands(run: Run) -> Iterator[tuple[str, str]]:
    file = "IMAGE" if run.data.dataset.input_spec.kind == "image" else "FILE"
    yield "To predict", shell_command("zoo", "predict", run.folder, file)
    if any(row["name"] == "report" for row in installed_rows()["commands"]):
        yield "To report", shell_command("zoo", "report", run.folder)
    name = ("--as", f"{run.model.name}.TAG", "--registry", "FOLDER")
    yield "To publish", shell_command("zoo", "publish", run.folder, *name)


def _aligned(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield ``Name: value`` with the values below each other."""
    found = [(name and f"{name}:", value) for name, value in rows]
    width = max(len(name) for name, _ in found)
    for name, value in found:
        yield f"{name.ljust(width)} {value}"


def _values(name: str, values: list[float]) -> str:
    return " / ".join(format_metric(name, each) for each in values if each is not None)
