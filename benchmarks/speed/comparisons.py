"""The speed comparisons: titles, contestants and figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import photos
from benchmarks.speed import big_table, crowd, large, many_classes
from benchmarks.speed.contest import Comparison, Contestant

TUTORIAL = "{python} -m benchmarks.speed.contestants.tutorial"
SCIKIT_LEARN = "{python} -m benchmarks.speed.contestants.scikit_learn"
INSIDE = "{python} -m benchmarks.speed.contestants.inside"
LOAD = "{python} -m benchmarks.speed.contestants.load"
CSV = "{python} -m benchmarks.speed.contestants.csv {prepared}/big.csv"
FILES = "{python} -m benchmarks.speed.contestants.files {prepared}"
LIST = f"bin/python {' '.join(crowd.LIST)}"
# Without zoo-report, because no other contestant draws pictures.
TRAIN = (
    "env ZOO_PLUGINS=zoo-mnist,zoo-torch,zoo-numpy,zoo-mlp,zoo-cnn,zoo-two-headed "
    "{python} -m zoo_core train --json --out {out}"
)
LARGE = (
    TRAIN.replace("ZOO_PLUGINS=", "ZOO_PLUGINS=zoo-large,")
    + " mlp --dataset large --epochs 1 --threads 1"
)
MANY_CLASSES = (
    "env ZOO_PLUGINS=zoo-torch,zoo-mlp {python} -m zoo_core -p benchmarks.speed.many_classes train "
    "--json --out {out} mlp --epochs 1 --set batch_size=1000 --dataset classes-"
)

TO_ACCURACY = {"seconds": "training, s", "whole": "whole process, s"}


def _to_accuracy(
    model: str, epochs: int, measured: int, goal: str, *, times: int = 3
) -> Comparison:
    multiplied = "" if measured == epochs else f" (measured: {measured}, multiplied)"
    return Comparison(
        title=f"Time to the reference's accuracy: {model}",
        text=f"The goal is {goal}. The contestants are the reference's network and recipe in a "
        f"tutorial's loop, {epochs} epochs{multiplied}, with float32 batches that are made once, "
        "or with a Dataset of single images and a DataLoader. Training is the time from the first "
        "step to the last validation.",
        contestants=(
            Contestant(f"zoo train {model} --recipe fast", f"{TRAIN} {model} --recipe fast"),
            Contestant(f"zoo train {model}", f"{TRAIN} {model}"),
            Contestant("tutorial loop", f"{TUTORIAL} {model} {measured} batches", measured, epochs),
            Contestant("Dataset and DataLoader", f"{TUTORIAL} {model} 1 loader", 1, epochs),
        ),
        figures=TO_ACCURACY,
        times=times,
    )


def _processes(batch_size: int) -> Comparison:
    command = f"cnn --epochs 1 --threads 1 --set batch_size={batch_size}"
    two = "{python} -m torch.distributed.run --standalone --nproc-per-node 2 -m"
    return Comparison(
        title=f"Two processes and one: cnn in batches of {batch_size}",
        text="One epoch in one process with one thread, and in two processes under torchrun with "
        "one thread each, with the same global batch size.",
        contestants=(
            Contestant("two processes", f"{TRAIN.replace('{python} -m', two)} {command}"),
            Contestant("one process", f"{TRAIN} {command}"),
        ),
        figures=TO_ACCURACY,
    )


def _numpy_net(batch_size: int, *, lr: float) -> Comparison:
    ours = f"numpy-net --epochs 5 --set batch_size={batch_size} --set lr={lr}"
    return Comparison(
        title=f"numpy-net and scikit-learn: batches of {batch_size}",
        text="A 784-128-10 network, five epochs of 54,000 images, without torch. scikit-learn gets "
        "the pixels as in its own example on MNIST, divided by 255 (float64), and as float32. The "
        "time of zoo includes the scores on a validation split after every epoch.",
        contestants=(
            Contestant("zoo train numpy-net", f"{TRAIN} {ours}"),
            Contestant(
                "MLPClassifier, as in its example", f"{SCIKIT_LEARN} 5 {batch_size} 128 float64"
            ),
            Contestant("MLPClassifier, float32", f"{SCIKIT_LEARN} 5 {batch_size} 128 float32"),
        ),
        figures=TO_ACCURACY,
    )


def _load(model: str, framework: str) -> Comparison:
    return Comparison(
        title=f"Loading published weights by name: {model}",
        text=f"A process that loads `{model}.default` by name, with verification, and a process "
        f"that only imports {framework}.",
        contestants=(
            Contestant(
                f'zoo.load("{model}.default")',
                f"{{python}} -c 'import zoo_core as zoo; zoo.load(\"{model}.default\")'",
            ),
            Contestant(f"import {framework}", f"{{python}} -c 'import {framework}'"),
        ),
        figures={"whole": "whole process, s", "cpu": "CPU, s"},
        times=21,
        on_top=True,
    )


def _load_later(model: str, framework: str) -> Comparison:
    return Comparison(
        title=f"Loading published weights with {framework} imported: {model}",
        text=f'The first `zoo.load("{model}.default")` in a process that has imported {framework}.',
        contestants=(Contestant("inside", f"{LOAD} {model}.default {framework}"),),
        figures={"load": "ms"},
        times=11,
    )


def _files(what: str, prepare: Callable[[Path], None]) -> Comparison:
    return Comparison(
        title=f"Reading {photos.FILES:,} files: {what}",
        text="Decoding PNG files with Pillow in a loop, and everything that `zoo predict` does "
        "after it has loaded the weights: listing the files, decoding, the data set's "
        "reader, predicting and printing.",
        contestants=(
            Contestant("decoding alone", FILES),
            *(
                Contestant(f"zoo predict {name}", f"{FILES} {name}")
                for name in ("numpy-net.default", "mlp.default", "cnn.default", "cnn.best")
            ),
        ),
        figures={"files": "s", "files_per_second": "files per second"},
        times=5,
        first="decoding's",
        prepare=prepare,
    )


COMPARISONS = {
    "mlp": _to_accuracy("mlp", 10, 10, "97.70 % with 128 hidden units", times=5),
    "cnn": _to_accuracy("cnn", 10, 1, "99.17 %"),
    "two-headed-cnn": _to_accuracy("two-headed-cnn", 30, 1, "98.08 % and 97.58 %"),
    "numpy-net": _numpy_net(128, lr=0.2),
    "numpy-net-32": _numpy_net(32, lr=0.05),
    "numpy-net-98": Comparison(
        title="98 % before torch is imported",
        text="A whole training of numpy-net with the recipe `fast`, from the start of the process "
        "to the card, and a process that only imports torch.",
        contestants=(
            Contestant("zoo train numpy-net --recipe fast", f"{TRAIN} numpy-net --recipe fast"),
            Contestant("import torch", "{python} -c 'import torch'"),
        ),
        figures={"whole": "whole process, s"},
    ),
    "overhead-mlp": Comparison(
        title="A step of the trainer and of a bare loop: mlp",
        text="Time per step of 128 images in one process, by turns of 40 steps: the trainer, from "
        "bytes to scores, and a bare loop over float batches made beforehand, with torch's fused "
        "AdamW.",
        contestants=(Contestant("one process", f"{INSIDE} overhead mlp"),),
        figures={"zoo": "zoo, ms per step", "bare": "bare, ms per step", "ratio": "zoo / bare"},
    ),
    "overhead-cnn": Comparison(
        title="A step of the trainer and of a bare loop: cnn",
        text="Time per step, measured as for mlp.",
        contestants=(Contestant("one process", f"{INSIDE} overhead cnn"),),
        figures={"zoo": "zoo, ms per step", "bare": "bare, ms per step", "ratio": "zoo / bare"},
    ),
    "gemm": Comparison(
        title="The machine's best matrix product",
        text="torch's product of two matrices of 1024×1024, the fastest of 30.",
        contestants=(Contestant("torch", f"{INSIDE} gemm"),),
        figures={"float32": "float32, GFLOP/s", "bfloat16": "bfloat16, GFLOP/s"},
    ),
    "share-mlp": Comparison(
        title="Share of that in training: mlp",
        text="Floating-point operations of the matrix products per training image: the forward "
        "pass, and the backward pass to weights and inputs.",
        contestants=(Contestant("operations", f"{INSIDE} work mlp"),),
        figures={"operations": "operations per image"},
        times=1,
    ),
    "share-cnn": Comparison(
        title="Share of that in training: cnn",
        text="Floating-point operations, counted as for mlp.",
        contestants=(Contestant("operations", f"{INSIDE} work cnn"),),
        figures={"operations": "operations per image"},
        times=1,
    ),
    "processes": _processes(128),
    "processes-1024": _processes(1024),
    "memory": Comparison(
        title="Memory",
        text="Peak resident memory of a process, in MiB.",
        contestants=(
            Contestant("zoo train mlp", f"{TRAIN} mlp"),
            Contestant("import torch", "{python} -c 'import torch'"),
        ),
        figures={"peak_mb": "peak, MiB"},
        times=3,
    ),
    "list": Comparison(
        title="Listing models",
        text="`zoo list` with zoo-torchvision and zoo-timm installed, 1,456 models in all, and "
        "importing timm and calling `timm.list_models()`.",
        contestants=(
            Contestant("zoo list", "{python} -m zoo_core list"),
            Contestant("timm", "{python} -c 'import timm; timm.list_models()'"),
            Contestant("python -c pass", "{python} -c pass"),
        ),
        figures={"whole": "whole process, s", "cpu": "CPU, s"},
    ),
    "crowd": Comparison(
        title="Listing models with many plugins",
        text=f"`zoo list` with {crowd.MODELS} models per plugin, in separate virtual environments: "
        "with 5 plugins, and with 100 plugins among 1,000 distributions, with and without a plugin "
        "index.",
        contestants=(
            Contestant("5 plugins", f"{{prepared}}/few/{LIST}", variables=crowd.home("few")),
            Contestant(
                "100 plugins among 1,000 distributions",
                f"{{prepared}}/many/{LIST}",
                variables=crowd.home("many"),
            ),
            Contestant(
                "the same without an index",
                f"{{prepared}}/many/{LIST}",
                variables={"ZOO_HOME": "{out}"},
            ),
        ),
        figures={"whole": "whole process, s", "cpu": "CPU, s"},
        times=21,
        first="5 plugins'",
        prepare=crowd.prepare,
    ),
    "large": Comparison(
        title="Data larger than memory",
        text="One epoch of mlp, the model with the least computation per byte, over "
        f"{large.TRAIN:,} images of 3×64×64, 4.3 GB: in a control group with 1 GiB of memory, "
        "including the page cache, and with all images in memory. The weights are equal.",
        contestants=(
            Contestant(
                "within 1 GiB",
                f"{{python}} -m benchmarks.speed.large {LARGE}",
                variables=large.variables(),
            ),
            Contestant("in memory", LARGE, variables=large.variables()),
        ),
        figures={"seconds": "training, s"},
        times=3,
        first="its",
        prepare=large.prepare,
    ),
    "many-classes": Comparison(
        title="Memory with many classes",
        text=f"Peak resident memory of one epoch of mlp over {many_classes.TRAIN:,} examples. The "
        f"outputs of an epoch with {many_classes.MANY:,} classes are "
        f"{4 * many_classes.TRAIN * many_classes.MANY >> 20:,} MiB, which are measured batch by "
        "batch and not kept.",
        contestants=tuple(
            Contestant(f"{count:,} classes", f"{MANY_CLASSES}{count}")
            for count in (many_classes.MANY, many_classes.FEW)
        ),
        figures={"peak_mb": "peak, MiB"},
        times=1,
        first="its",
    ),
    "csv": Comparison(
        title="Reading a CSV file",
        text=f"{big_table.ROWS:,} rows of {big_table.COLUMNS} columns, 37 MB: parsed by "
        "pyarrow alone; parsed, encoded and standardized; read as the first command with the file "
        "does, which also chooses the splits by a hash of each row, computes checksums and stores "
        "a copy; and read from that copy.",
        contestants=(
            Contestant("pyarrow alone", f"{CSV} arrow"),
            Contestant("standardized features", f"{CSV} values"),
            Contestant("first use", f"{CSV} first"),
            Contestant("later uses", f"{CSV} later"),
        ),
        figures={"reading": "wall time, s", "work": "CPU, s"},
        first="pyarrow's",
        prepare=big_table.prepare,
    ),
    "csv-epoch": Comparison(
        title="Training on a CSV file",
        text="One epoch of mlp on the same file, with validation.",
        contestants=(
            Contestant(
                "zoo train mlp",
                "env ZOO_PLUGINS=zoo-tables,zoo-torch,zoo-mlp {python} -m zoo_core train mlp "
                "--json --out {out} --epochs 1 --dataset csv:{prepared}/big.csv?target=y",
            ),
        ),
        figures={"seconds": "training, s", "whole": "whole process, s"},
        times=3,
        prepare=big_table.prepare,
    ),
    "load-mlp": _load("mlp", "torch"),
    "load-numpy-net": _load("numpy-net", "numpy"),
    "load-mlp-inside": _load_later("mlp", "torch"),
    "load-numpy-net-inside": _load_later("numpy-net", "numpy"),
    "files-small": _files("MNIST's test images, 28×28", photos.prepare_images),
    "files-large": _files("photos of them, 200 to 400 pixels a side", photos.prepare_photos),
    **{
        f"predict-{model}": Comparison(
            title=f"Predicting: {model}",
            text="Latency of a single image, and throughput on the whole test split.",
            contestants=(Contestant(model, f"{INSIDE} predict {model}"),),
            figures={"latency": "one image, ms", "images_per_second": "images per second"},
            times=3,
        )
        for model in ("numpy-net", "mlp", "cnn", "two-headed-mlp", "two-headed-cnn")
    },
}
