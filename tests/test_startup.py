"""`zoo list` is answered without importing what it lists."""

import json
import textwrap

HEAVY = ("torch", "numpy", "pydantic", "pluggy", "click", "zoo_toy", "importlib.metadata")

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


def test_a_warm_list_imports_no_plugin_and_nothing_heavy(run_python):
    cold = modules_of_list(run_python)
    assert "torch" not in cold
    assert "zoo_toy.plugin" in cold, "the cold list is the one that loads plugins"
    warm = modules_of_list(run_python)
    plugins = {
        name for name in warm if name.startswith("zoo_") and name.split(".")[0] != "zoo_core"
    }
    assert not warm & set(HEAVY)
    assert not plugins


def test_importing_zoo_imports_no_framework(run_python):
    modules = json.loads(
        run_python("import sys, json, zoo_core; print(json.dumps(sorted(sys.modules)))")
    )
    assert not set(modules) & set(HEAVY)


def test_every_public_name_is_there(run_python):
    run_python("import zoo_core; [getattr(zoo_core, name) for name in zoo_core.__all__]")
