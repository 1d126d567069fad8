"""Tables of results, made from ``benchmarks/results``.

    python -m benchmarks.tables

writes ``docs/results.md``, ``docs/study.md`` and the table in README. A test compares them with the
results.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from benchmarks.ensembles import ENSEMBLES, kept
from benchmarks.runs import Result, Row
from zoo_core.system.atomic_files import write_atomic

ROOT = Path(__file__).parents[1]

REFERENCE: dict[str, tuple[float, ...]] = {
    "mlp.baseline-10": (92.05,),
    "mlp.batch64-10": (92.99,),
    "mlp.baseline-128": (97.69,),
    "mlp.leaky-128": (97.70,),
    "cnn.reference": (99.17,),
    "two-headed-mlp.reference": (91.36, 92.06),
    "two-headed-cnn.reference": (98.08, 97.58),
}
"""Test accuracies of the reference, in percent, one per head."""

ROWS = [
    Row("numpy-net", "reference"),
    Row("numpy-net", "fast"),
    Row("numpy-net", "default"),
    Row("numpy-net", "best", seeds=3),
    Row("mlp", "baseline-10"),
    Row("mlp", "batch64-10"),
    Row("mlp", "default-10"),
    Row("mlp", "best-10"),
    Row("mlp", "baseline-128"),
    Row("mlp", "leaky-128"),
    Row("mlp", "fast"),
    Row("mlp", "default"),
    Row("mlp", "best-128"),
    Row("mlp", "best"),
    Row("cnn", "reference"),
    Row("cnn", "fast"),
    Row("cnn", "default"),
    Row("cnn", "best"),
    Row("cnn", "best-10k", seeds=3),
    Row("cnn", "default@fashion-mnist"),
    Row("cnn", "best@fashion-mnist"),
    Row("residual-cnn", "default"),
    Row("residual-cnn", "best-6k"),
    Row("residual-cnn", "best-575"),
    Row("two-headed-mlp", "reference"),
    Row("two-headed-mlp", "default"),
    Row("two-headed-mlp", "best", seeds=3),
    Row("two-headed-cnn", "reference"),
    Row("two-headed-cnn", "fast"),
    Row("two-headed-cnn", "default"),
    Row("two-headed-cnn", "best", seeds=3),
]

WRITING = [
    Row("number-reader", "fast", seeds=3),
    Row("number-reader", "default", seeds=3),
    Row("number-reader", "best", seeds=3),
    Row("digit-separator", "fast", seeds=3),
    Row("digit-separator", "default", seeds=3),
    Row("cnn", "default@multi-mnist", seeds=3),
    Row("cnn", "best@multi-mnist", seeds=3),
]
"""Recipes for other tasks than classification, whose trainings take minutes."""

REGRESSION = [Row("numpy-regressor", "reference"), Row("numpy-regressor", "default")]
"""Rows of the table of regressions."""

STUDY = {
    "10 hidden units": {
        "the baseline: lr 0.1, batches of 32, momentum 0, ReLU": Row("mlp", "baseline-10"),
        "lr 0.01": Row("mlp", "baseline-10", "lr=0.01"),
        "batches of 64": Row("mlp", "batch64-10"),
        "momentum 0.9": Row("mlp", "baseline-10", "momentum=0.9"),
        "LeakyReLU": Row("mlp", "baseline-10", "model.activation=leaky_relu"),
    },
    "128 hidden units": {
        "the baseline": Row("mlp", "baseline-128"),
        "lr 0.01": Row("mlp", "baseline-128", "lr=0.01"),
        "batches of 64": Row("mlp", "baseline-128", "batch_size=64"),
        "momentum 0.9": Row("mlp", "baseline-128", "momentum=0.9"),
        "LeakyReLU": Row("mlp", "leaky-128"),
    },
}

RESULTS_PAGE = """# Results

The table shows every model with every recipe: test accuracy in percent, mean ± standard deviation
over n trainings with the seeds 0, 1, …, on every image of the test split, which each training
evaluates once, at its end. Two-headed models have one accuracy for the top and one for the bottom
digit; *both* is the share of images in which both are correct. *Views* is the number of shifted
copies of an image over which a prediction is averaged (test-time augmentation); it is stored with
the weights. *Seconds* is the median training time from the first step to the last validation, on
two cores; * on one, beside another training. Recipes with an @ are for the data set behind it, all
others for MNIST.
The accuracies of the reference are those of single trainings; for `two-headed-mlp` they were not
published, and come from running its code.

The recipes `best` were selected by their accuracy on validation images, and their weights are
published. [experiments.md](experiments.md) describes the alternatives that were tried.

`python -m benchmarks.accuracy` trains missing rows and makes this page. `benchmarks/results`
contains the recipe, seed, scores, environment and versions of each training.

{table}
## Numbers, masks and pairs of digits

The score is the one that lists show, in percent: the share of numbers of `mnist-numbers` without
any mistake, the mean intersection over union of `two-digit-masks`, and the share of pairs of
`multi-mnist` with both digits right. Three trainings each, because one takes minutes.

{writing}
## Regression

The reference's first net, on its four pairs of numbers; the test is its five checks, f(x, x) = 7x.
It begins with the same weights for every seed, and so ends with the same.

{regression}
## Ensembles

An ensemble predicts the class with the highest mean probability over its members. *All but one* is
the mean ± standard deviation over the ensembles that lack one member; they share most of their
members. `alike` consists of one recipe with several seeds. `mixed` adds the published weights of
other models that helped most on the validation images (`python -m benchmarks.ensembles --choose`).
Measure both with `python -m benchmarks.ensembles`, or with

```sh
{command}
```

{ensembles}"""

STUDY_PAGE = """# The hyperparameter study

This is the reference's study of the multi-layer perceptron: each factor is changed from the
baseline, with ten epochs of gradient descent. Accuracy is the test accuracy in percent, mean ±
standard deviation over {seeds} seeds.

`python -m benchmarks.study` trains missing rows and makes this page.

{table}"""

COLUMNS = "model recipe parameters epochs seconds accuracy both reference".split()  # noqa: SIM905

LEFT_OUT = {"fast", "baseline-10", "baseline-128"}
"""Recipes that README's table omits."""

BEGIN, END = "<!-- results: python -m benchmarks.tables -->\n", "<!-- /results -->\n"


def row_of(name: str) -> Row:
    """Return the row of ``MODEL.RECIPE``.

    Raises:
        click.UsageError: no table contains it.
    """
    rows = (*ROWS, *WRITING, *REGRESSION)
    for row in rows:
        if row.name == name:
            return row
    names = ", ".join(row.name for row in rows)
    raise click.UsageError(f"there is no row {name!r}; rows: {names}")


def measured(rows: Iterable[Row]) -> list[Row]:
    """Return the rows with enough results for a mean and a standard deviation."""
    return [row for row in rows if len(row.results()) > 1]


def write_all() -> None:
    """Write both pages and README's table."""
    write_atomic(ROOT / "docs" / "results.md", results_page().encode())
    write_atomic(ROOT / "docs" / "study.md", study_page().encode())
    readme = ROOT / "README.md"
    write_atomic(readme, with_table(readme.read_text(encoding="utf-8")).encode())


def results_page() -> str:
    """Return ``docs/results.md``."""
    rows = measured(ROWS)
    return RESULTS_PAGE.format(
        table=table(
            [*COLUMNS, "views", "n"],
            ([*_facts(row.results()), *_scores(row), *_counts(row)] for row in rows),
        ),
        writing=table(
            ["model", "recipe", "parameters", "epochs", "seconds", "score", "of", "n"],
            map(_writing, measured(WRITING)),
        ),
        regression=table(
            ["model", "recipe", "parameters", "epochs", "mean absolute error", "R²", "n"],
            map(_regression, measured(REGRESSION)),
        ),
        command="\n".join(f"zoo evaluate {' '.join(tags)}" for tags in ENSEMBLES.values()),
        ensembles=table(
            ["ensemble", "members", "parameters", "accuracy", "all but one"],
            map(_ensemble, ENSEMBLES),
        ),
    )


def _regression(row: Row) -> list[str]:
    model, recipe, parameters, epochs, _ = _facts(results := row.results())
    tests = [result.test for result in results]
    errors, shares = ([test[name][0] for test in tests] for name in ("mae", "r2"))
    return [
        *(model, recipe, parameters, epochs),
        f"{statistics.mean(errors):.4f} ± {statistics.stdev(errors):.4f}",
        f"{statistics.mean(shares):.5f}",
        str(len(results)),
    ]


def _writing(row: Row) -> list[str]:
    tests = [result.test for result in row.results()]
    (name,) = tests[0].headline_names
    scores = mean_and_sd([test.headline_values[0] for test in tests])
    return [*_facts(row.results()), scores, name.replace("_", " "), str(len(tests))]


def _counts(row: Row) -> list[str]:
    results = row.results()
    return [str(results[0].recipe.views), str(len(results))]


def _ensemble(name: str) -> list[str]:
    measured = kept(name)
    accuracy = " / ".join(f"{100 * share:.2f}" for share in measured.together["accuracy"])
    heads = zip(*(scores["accuracy"] for scores in measured.without_one), strict=True)
    return [
        f"`{name}`",
        str(len(measured.members)),
        f"{measured.parameters:,}",
        accuracy,
        " / ".join(map(mean_and_sd, heads)),
    ]


def study_page() -> str:
    """Return ``docs/study.md``."""
    counts = {len(row.results()) for rows in STUDY.values() for row in measured(rows.values())}
    rows = (
        [width, what, _accuracy(row.results()), _reference(row)]
        for width, rows in STUDY.items()
        for what, row in rows.items()
        if measured([row])
    )
    lines = table(["model", "change", "accuracy", "reference"], rows)
    return STUDY_PAGE.format(seeds=" to ".join(map(str, sorted(counts))), table=lines)


def with_table(readme: str) -> str:
    """Return README with an updated table between its two markers."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    few = [row for row in ROWS if row.recipe not in LEFT_OUT]
    rows = ([*_facts(row.results()), *_scores(row)] for row in measured(few))
    return f"{before}{BEGIN}\n{table(COLUMNS, rows)}\n{END}{after}"


def _facts(results: Sequence[Result]) -> list[str]:
    first = results[0]
    seconds = statistics.median(result.seconds for result in results)
    return [
        f"`{first.model}`",
        f"`{first.recipe_name}`",
        f"{first.parameters:,}",
        str(first.recipe.epochs),
        f"{seconds:.0f}{'*' * (first.environment['threads'] == 1)}",
    ]


def _scores(row: Row) -> list[str]:
    results = row.results()
    tests = [result.test for result in results]
    both = [(test.all_correct or 0) / test.total for test in tests]
    two_heads = len(tests[0]["accuracy"]) > 1
    return [_accuracy(results), mean_and_sd(both) if two_heads else "", _reference(row)]


def _accuracy(results: Sequence[Result]) -> str:
    heads = zip(*(result.test["accuracy"] for result in results), strict=True)
    return " / ".join(map(mean_and_sd, heads))


def _reference(row: Row) -> str:
    numbers = () if row.change else REFERENCE.get(row.name, ())
    return " / ".join(f"{number:.2f}" for number in numbers)


def mean_and_sd(shares: Sequence[float]) -> str:
    """Return mean ± standard deviation, in percent."""
    percent = [100 * share for share in shares]
    return f"{statistics.mean(percent):.2f} ± {statistics.stdev(percent):.2f}"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; an empty cell becomes a dash."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell or '–' for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    write_all()
