"""Steps that score weights on a folder, or predict its files."""

from __future__ import annotations

import math
import random
import re
import shutil
from typing import Any

import numpy as np
from PIL import Image

from tests.stress.folders.commands import Result
from tests.stress.folders.judge import (
    Claim,
    Request,
    Tally,
    expectations,
    judge,
    judge_refusal,
    split_to_score,
)
from tests.stress.folders.net import Net
from tests.stress.folders.python_calls import evaluate_in_python
from tests.stress.folders.samples import SUFFIXES, Trained
from tests.stress.folders.steps import REGISTRY, call, finished, pick, step, tag
from tests.stress.folders.world import World
from zoo_core.filenames import WEIGHTS
from zoo_core.installation.installed import installed_rows


def _dataset(world: World, rng: random.Random) -> list[str]:
    """Return the option that names the data set, or none."""
    return ["--dataset", world.address] if rng.random() < 0.3 else []


@step
def evaluate(world: World, rng: random.Random, tally: Tally) -> None:
    """Evaluate a run's folder, its weight file alone or its published weights."""
    if not (run := pick(rng, finished(world))):
        return
    weights, registry = _form(world, rng, run)
    dataset, split = _dataset(world, rng), split_to_score(run, rng)
    request = Request(bool(dataset), has_place=weights == run.folder)
    as_json = rng.random() < 0.5
    options = [*registry, *dataset, "--split", split, *(["--json"] if as_json else [])]
    result = call(world, tally, "evaluate", weights, *options)
    if result.code:
        judge_refusal(tally, result, unchanged=request.finds_same(world, run))
        return
    claim = Claim.of(result.report["metrics"][split]) if as_json else _claim_of_text(result.out)
    judge(tally, result, [claim], [expectations(world, [run], run, request, split)])


def _form(world: World, rng: random.Random, run: Trained) -> tuple[object, list[object]]:
    """Return weights as an argument, and the option of their registry."""
    form = rng.choice(["folder", "folder", "file", "published"])
    if form == "published" and run.published:
        return tag(run), ["--registry", world.root / REGISTRY]
    if form == "file":
        copy = world.root / f"copy {world.number()}.safetensors"
        shutil.copyfile(run.folder / WEIGHTS, copy)
        return copy, []
    return run.folder, []


def _claim_of_text(text: str) -> Claim:
    counts = re.search(r"^([\d,]+) of ([\d,]+) examples? correct", text, re.MULTILINE)
    loss = re.search(r"loss ([\d.]+)", text)
    assert counts and loss, text
    correct, total = (int(each.replace(",", "")) for each in counts.groups())
    return Claim(correct, total, float(loss[1]))


@step
def evaluate_api(world: World, rng: random.Random, tally: Tally) -> None:
    """Call `zoo_core.evaluate`, whose words are warnings."""
    if not (run := pick(rng, finished(world))):
        return
    dataset, split = _dataset(world, rng), split_to_score(run, rng)
    request = Request(bool(dataset))
    result, scores = evaluate_in_python(world, run.folder, dataset[-1] if dataset else None, split)
    tally.count("commands")
    if result.problem:
        tally.note("traceback", str(result))
    elif scores is None:
        judge_refusal(tally, result, unchanged=request.finds_same(world, run))
    else:
        claim = Claim(scores["correct"][0], scores.total, scores["loss"][0])
        judge(tally, result, [claim], [expectations(world, [run], run, request, split)])


@step
def compare(world: World, rng: random.Random, tally: Tally) -> None:
    """Compare two runs, or evaluate them together: on the images that neither has seen."""
    if len(finished(world)) < 2:
        return
    runs = rng.sample(finished(world), 2)
    dataset, command = _dataset(world, rng), rng.choice(["compare", "compare", "evaluate"])
    request = Request(bool(dataset))
    result = call(world, tally, command, *(run.folder for run in runs), *dataset, "--json")
    if result.code:
        judge_refusal(tally, result, unchanged=_are_unchanged(world, runs, request))
        return
    claims = _claims_of_comparison(result) if command == "compare" else _claims_of_members(result)
    judge(tally, result, claims, [expectations(world, runs, run, request) for run in runs])


def _claims_of_comparison(result: Result) -> list[Claim]:
    shares = result.report["questions"][0]["shares"]
    return [
        Claim(share["correct"], share["total"], member["loss"][0])
        for share, member in zip(shares, result.report["members"], strict=True)
    ]


def _claims_of_members(result: Result) -> list[Claim]:
    return [Claim.of(member["metrics"]["test"]) for member in result.report["members"]]


def _are_unchanged(world: World, runs: list[Trained], request: Request) -> bool:
    first, second = runs
    same = (first.samples, first.place) == (second.samples, second.place)
    return same and all(request.finds_same(world, run) for run in runs)


@step
def predict(world: World, rng: random.Random, tally: Tally) -> None:
    """Predict all files of a folder, or some."""
    run = pick(rng, finished(world))
    if not run or not world.here.is_dir():
        return
    files = [path for path in sorted(world.here.rglob("*")) if path.suffix.lower() in SUFFIXES]
    some = [path for path in rng.sample(files, min(9, len(files))) if path.is_file()]
    chosen = some if some and rng.random() < 0.5 else [world.here]
    # With the guesses that are refused, because nets of a few epochs are sure of hardly any image.
    result = call(world, tally, "predict", run.folder, *chosen, "--force", "--json")
    if not result.out:
        judge_refusal(tally, result, unchanged=Request().finds_same(world, run))
        return
    net = Net(run.folder / WEIGHTS)
    for line in result.report["predictions"]:
        _check_prediction(tally, result, net, line, named=chosen is some)


def _check_prediction(
    tally: Tally, result: Result, net: Net, line: dict[str, Any], *, named: bool
) -> None:
    tally.count("predictions")
    with Image.open(line["file"]) as image:
        shares = net.probabilities(np.asarray(image)[np.newaxis])[0]
    name, share = line["classes"][0], line["probabilities"][0]
    if not math.isclose(shares[net.classes.index(name)], share, abs_tol=1e-3):
        tally.note("wrong without a word", f"{result}: {line}, expected {shares}")
    if not named and "/." in line["file"]:
        tally.note("other fault", f"{result} predicts the hidden {line['file']}")


@step
def export(world: World, rng: random.Random, tally: Tally) -> None:
    """Export a run, whose file is compared with zoo on test images."""
    _other_command(world, rng, tally, "export", "onnx.onnx")


@step
def report(world: World, rng: random.Random, tally: Tally) -> None:
    """Write a page about a run."""
    _other_command(world, rng, tally, "report", "page.html")


def _other_command(world: World, rng: random.Random, tally: Tally, command: str, name: str) -> None:
    """Run a command of an optional plugin; it or its file has to mention other data."""
    run = pick(rng, finished(world))
    if not run or command not in {row["name"] for row in installed_rows()["commands"]}:
        return
    file = world.root / f"{world.number()} {name}"
    result = call(world, tally, command, run.folder, "--out", file)
    unchanged = Request().finds_same(world, run)
    if result.code:
        judge_refusal(tally, result, unchanged=unchanged)
    elif not unchanged and not result.words and b"not the one on the card" not in file.read_bytes():
        tally.note("silent about a change", str(result))
