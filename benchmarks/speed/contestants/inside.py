"""Measurements inside a process: ``python -m benchmarks.speed.contestants.inside WHAT``.

``overhead MODEL``: time per step of zoo's trainer, and of a bare loop of the same model on prepared
batches. ``gemm``: the machine's highest rate of a matrix product. ``work MODEL``: floating-point
operations per training image. ``predict MODEL``: batch-1 latency, and throughput.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.data.dataset import load_dataset
from zoo_core.data.splits import TrainingData, training_data
from zoo_core.frameworks.run import Callbacks, Run
from zoo_core.installation.installed import installed_catalog
from zoo_core.training.loop import TrainingLoop
from zoo_core.training.make_plan import make_plan

ROUNDS, STEPS, BATCH = 9, 40, 128


def subject(name: str, rows: int) -> tuple[Any, Any, Run]:
    """Return a trainer, a model and a run of one epoch on the first images of its data."""
    plain = {"epochs": 1, "batch_size": BATCH, "fresh": False, "precision": "float32", "ema": 0.0}
    warps = dict.fromkeys(("rotate", "shear", "scale", "translate", "elastic"), 0.0)
    adamw = {"optimizer": "adamw", "momentum": 0.0, "nesterov": False, "label_smoothing": 0.0}
    plan = make_plan(installed_catalog(), name, "default", [plain, warps, adamw])
    trainer = plan.make_trainer("cpu", None)
    model = plan.build(trainer, 0)
    data = training_data(load_dataset(plan.dataset), plan.recipe)
    few = TrainingData(data.dataset, data.train_rows[:rows], rows_of_none(data), data.normalization)
    return trainer, model, plan.make_run(few, Path(), Callbacks())


def rows_of_none(data: TrainingData) -> Any:
    """Return a single validation row, so that evaluation takes almost no time."""
    return data.validation_rows[:1]


def overhead(name: str) -> dict[str, float]:
    import torch
    from torch.nn import functional

    trainer, model, run = subject(name, STEPS * BATCH)
    images = torch.from_numpy(run.data.train.inputs[run.data.train_rows]).float()
    images = images.to(memory_format=torch.channels_last).div(255)
    labels = torch.from_numpy(np.stack(run.data.train.select_targets(run.data.train_rows), axis=1))
    batches = list(zip(images.split(BATCH), labels.split(BATCH), strict=True))
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)

    def bare() -> None:
        model.train()
        for x, y in batches:
            optimizer.zero_grad()
            heads = model(x)
            losses = [functional.cross_entropy(head, y[:, i]) for i, head in enumerate(heads)]
            torch.stack(losses).mean().backward()
            optimizer.step()

    def ours() -> None:
        TrainingLoop(trainer, model, run).fit()

    seconds: dict[str, list[float]] = {"bare": [], "zoo": []}
    for number in range(2 * ROUNDS + 2):
        what, function = (("bare", bare), ("zoo", ours))[number % 2]
        started = time.perf_counter()
        function()
        if number > 1:  # because the first of each warms up
            seconds[what].append((time.perf_counter() - started) / STEPS)
    return {what: 1e3 * statistics.median(values) for what, values in seconds.items()} | {
        "ratio": statistics.median(
            z / b for z, b in zip(seconds["zoo"], seconds["bare"], strict=True)
        )
    }


def gemm(_: str = "") -> dict[str, float]:
    import torch

    rates = {}
    for dtype in (torch.float32, torch.bfloat16):
        a, b = torch.randn(1024, 1024).to(dtype), torch.randn(1024, 1024).to(dtype)
        best = float("inf")
        for _round in range(30):
            started = time.perf_counter()
            a @ b
            best = min(best, time.perf_counter() - started)
        rates[str(dtype).removeprefix("torch.")] = 2 * 1024**3 / best / 1e9
    return rates


def work(name: str) -> dict[str, float]:
    """Count the operations of products in a training step: forward once, backward twice."""
    import torch
    from torch import nn

    _, model, run = subject(name, BATCH)
    forward, first = 0, 0

    def count(module: Any, inputs: Any, output: Any) -> None:
        nonlocal forward, first
        per_output = module.weight[0].numel()
        operations = 2 * per_output * output[0].numel()
        first = first or operations  # because its inputs need no gradient
        forward += operations

    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, *run.config.input_shape))
    return {"operations": float(3 * forward - first)}


def predict(name: str) -> dict[str, float]:
    trainer, model, run = subject(name, BATCH)
    images, normalization = run.data.test.inputs, run.data.normalization
    for count in (1, 1000):
        trainer.predict(model, images[:count], normalization)
    single = []
    for row in range(300):
        started = time.perf_counter()
        trainer.predict(model, images[row : row + 1], normalization)
        single.append(time.perf_counter() - started)
    started = time.perf_counter()
    trainer.predict(model, images, normalization)
    rate = len(images) / (time.perf_counter() - started)
    return {"latency": 1e3 * float(np.median(single)), "images_per_second": rate}


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    functions: dict[str, Callable[..., dict[str, float]]] = {
        "overhead": overhead,
        "gemm": gemm,
        "work": work,
        "predict": predict,
    }
    print(json.dumps(functions[what](*arguments)))  # noqa: T201
