"""Start-up: `zoo list`, help and completion import no heavy module."""

import json
import textwrap

import pytest

HEAVY = (
    "torch",
    "numpy",
    "pydantic",
    "pluggy",
    "click",
    "urllib3",
    "zoo_toy",
    "importlib.metadata",
)

REPORT = textwrap.dedent(
    """
    import io, json, sys
    from zoo_core.__main__ import main
    sys.argv = ["zoo", "list"]
    sys.stdout = io.StringIO()
    try:
        main()
    except SystemExit as end:
        assert not end.code
    listed, sys.stdout = sys.stdout.getvalue(), sys.__stdout__
    print(json.dumps({"listed": listed, "modules": sorted(sys.modules)}))
    """
)


def modules_of_list(run_python):
    report = json.loads(run_python(REPORT))
    assert "softmax" in report["listed"]
    return set(report["modules"])


def test_warm_zoo_list_imports_no_plugin_or_heavy_module(run_python):
    cold = modules_of_list(run_python)
    assert "torch" not in cold
    assert "zoo_toy.plugin" in cold, "without an index, plugins are loaded"
    warm = modules_of_list(run_python)
    plugins = {
        name for name in warm if name.startswith("zoo_") and name.split(".")[0] != "zoo_core"
    }
    assert not warm & set(HEAVY)
    assert not plugins


def test_zoo_core_imports_no_heavy_module(run_python):
    modules = json.loads(
        run_python("import sys, json, zoo_core; print(json.dumps(sorted(sys.modules)))")
    )
    assert not set(modules) & set(HEAVY)


def test_public_names_are_importable(run_python):
    run_python("import zoo_core; [getattr(zoo_core, name) for name in zoo_core.__all__]")


AT_THE_END = textwrap.dedent(
    """
    import atexit, gc, sys, types
    from zoo_core.__main__ import main
    atexit.register(lambda: print(gc.get_freeze_count() > 0))  # runs last
    sys.modules |= {name: types.ModuleType(name) for name in sys.argv[1:]}
    sys.argv = ["zoo", "--version"]
    main()
    """
)


@pytest.mark.parametrize(("imported", "expected"), [([], "True"), (["triton"], "False")])
def test_main_freezes_garbage_at_exit_unless_triton_is_imported(run_process, imported, expected):
    result = run_process("-c", AT_THE_END, *imported)
    assert result.out.split()[-1] == expected


LOADERS = textwrap.dedent(
    """
    import sys
    import zoo_core.system.progress.progress_bar  # drawn while data sets are downloaded or decoded
    from zoo_core.installation.installed import load_catalog
    catalog = load_catalog()
    for entry in catalog.entries("datasets").values():
        entry.resolve(entry.spec.loader)
    for entry in catalog.entries("sources").values():
        entry.resolve(entry.spec.describe)
    imported = {name for name in sys.modules if name.startswith(("click", "zoo_core.cli"))}
    assert not imported, imported
    """
)


def test_dataset_loaders_import_no_cli_modules(run_python):
    run_python(LOADERS)


COMPUTING = {"numpy", "pydantic", "PIL", "torch"}
"""Libraries for computing, which help and completion must not import."""

HELP = textwrap.dedent(
    f"""
    import sys
    import click
    from zoo_core.cli.main import run, zoo
    from zoo_core.installation.installed import installed_rows

    names = [row["name"] for row in installed_rows()["commands"]]
    lines = [["--help"], *([name, "--help"] for name in names)]
    context = click.Context(zoo)
    for group in ("cache", "plugins", "registry"):
        lines += [[group, name, "--help"] for name in zoo.get_command(context, group).commands]
    for line in lines:
        assert run(line) == 0
        assert not {COMPUTING} & set(sys.modules), line
    """
)

LINES = {
    "zoo ": "plain,train",
    "zoo train ": "plain,softmax",
    "zoo predict ./r": "file,./r",
    "zoo check ": "plain,zoo-toy",
}
"""Line to complete -> a part of the expected completion."""

COMPLETION = textwrap.dedent(
    f"""
    import contextlib, os, sys
    from zoo_core.cli.main import run

    for line in {[*LINES]}:
        os.environ |= {{"_ZOO_COMPLETE": "bash_complete", "COMP_WORDS": line}}
        os.environ["COMP_CWORD"] = str(line.count(" "))
        with contextlib.suppress(SystemExit):
            run([])
        assert not {COMPUTING} & set(sys.modules), line
    """
)


@pytest.mark.slow
def test_help_imports_no_computing_library(cli, run_python):
    cli("list")  # writes the index, so that no plugin is imported
    assert "Usage: zoo train [OPTIONS] [NAME]" in run_python(HELP)


def test_completion_imports_no_computing_library(cli, run_python):
    cli("list")
    completed = run_python(COMPLETION)
    for expected in LINES.values():
        assert expected in completed


PREDICT = textwrap.dedent(
    """
    import io, json, sys
    from zoo_core.cli.main import run
    sys.stdout = io.StringIO()
    assert run(["predict", *sys.argv[1:]]) == 0
    predicted, sys.stdout = sys.stdout.getvalue(), sys.__stdout__
    print(json.dumps({"predicted": predicted, "modules": sorted(sys.modules)}))
    """
)

UNUSED = {
    *("asyncio", "concurrent", "fsspec", "filelock", "importlib.metadata", "multiprocessing"),
    *("numpy.f2py", "numpy.ma", "numpy.random", "numpy.testing", "pluggy", "pydantic", "rich"),
    *("scipy", "ssl", "tomllib", "torch", "urllib3"),
    # Modules of zoo that only other kinds of input, trainings or errors need.
    *("zoo_core.data.dataset", "zoo_core.metrics.scores", "zoo_core.plugins.loader"),
    *("zoo_core.recipes.recipe", "zoo_core.weights.card"),
    *("zoo_mnist.plugin", "zoo_numpy.plugin"),
}
"""Modules that a prediction with a NumPy model needs not: each takes from 1 to 120 ms."""


@pytest.mark.slow
@pytest.mark.requires("zoo-numpy", "zoo-mnist", "zoo-registry")
def test_predict_imports_only_what_it_computes_with(cli, run_process, tmp_path):
    from PIL import Image, ImageDraw

    photo = Image.new("L", (300, 300), 230)
    ImageDraw.Draw(photo).line([(60, 60), (180, 60), (110, 240)], 20, 22)
    photo.save(tmp_path / "seven.png")
    cli("list")  # writes the index, so that no plugin is imported
    result = run_process("-c", PREDICT, "numpy-net", str(tmp_path / "seven.png"))
    report = json.loads(result.out)
    assert "seven.png: 7" in report["predicted"]
    assert not UNUSED & set(report["modules"])
