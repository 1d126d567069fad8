"""`zoo check`, and the same checks from pytest."""

import importlib
import inspect
import pkgutil
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from zoo_core.errors import InvalidValueError, UnknownNameError
from zoo_core.testing import (
    Check,
    NotApplicableError,
    checks,
    conformance_test,
    plugin_checks,
    run_checks,
)
from zoo_core.testing.check import ContractError, expect_equal, expect_finite
from zoo_core.testing.make_checks import check_name
from zoo_core.testing.runner import CheckResult, CheckStatus, check_skips, junit
from zoo_core.testing.suite import find_plugin, lists_everything_it_offers
from zoo_core.weights.file import load_weights

DOCS = Path(__file__).parents[2] / "docs"

TOY = {"ZOO_PLUGINS": "zoo-toy,zoo-odd"}

LOSS = "loss cross-entropy of classification for zoo-toy"

COUNTS = {
    "zoo-toy": 10,
    "softmax": 47,
    "softmax-pairs": 47,
    "toy": 11 + 13,
    "toy-pairs": 12,
    LOSS: 6,
}
"""Number of checks of the toy plugin, by subject, so that a check that gets lost is noticed.

A model has two recipes and a search space. The trainer and a data set are both called toy.
"""

SKIPPED = ("overfits a batch", "resumes to the bit")

ODD = """
import zoo_toy.model
from zoo_core.hookspecs import hookimpl
from zoo_core.plugins.specs import ModelSpec, TrainerSpec

@hookimpl
def zoo_models():
    return [ModelSpec(name="odd", summary="", builder="zoo_toy.model:Softmax",
        config="zoo_toy.config:SoftmaxConfig", recipes="zoo_toy.config:RECIPES", trainer="odd",
        dataset="toy", license="MIT")]

@hookimpl
def zoo_trainers():
    return [TrainerSpec(name="odd", summary="", factory="zoo_odd.plugin:Odd", framework="zoo-toy",
        recipe_fields=())]

class Odd(zoo_toy.model.ToyTrainer):
    def set_weights(self, model, weights):
        model.weights[0][:] = weights["head0"]
        model.weights[0][4, 1] += 1
"""


@pytest.mark.slow
def test_zoo_check_passes_conforming_plugin(cli, tmp_path):
    done = cli("check", "zoo-toy", "--junit", "out.xml", env=TOY)
    assert done.code == 0, done.out
    *checks, last = done.out.splitlines()
    assert len(checks) == sum(COUNTS.values())
    assert last == f"{len(checks)} checks of zoo-toy: {len(checks)} passed."
    assert not (tmp_path / "zoo-check").exists()
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == (str(len(checks)), "0")


@pytest.mark.slow
def test_zoo_check_reports_failure_of_nonconforming_plugin(cli, site, write_plugin, tmp_path):
    write_plugin(site, "zoo-odd", ODD)
    done = cli("check", "odd", "--json", "--junit", "out.xml", site=site, env=TOY)
    assert done.code == 5
    assert done.json["plugin"] == "zoo-odd"
    failed = {
        row["check"]: row["message"] for row in done.json["checks"] if row["status"] == "failed"
    }
    assert done.json["failed"] == len(failed)
    message = failed["odd: gets and sets weights"]
    assert re.search(r"head0 .*set_weights .*1 of 90 .*\[4, 1\]: ", message)
    assert "zoo-check/odd-gets-and-sets-weights.safetensors" in message
    saved = load_weights(tmp_path / "zoo-check" / "odd-gets-and-sets-weights.safetensors")
    assert saved.tensors["actual"].shape == saved.tensors["expected"].shape
    assert np.argwhere(saved.tensors["actual"] != saved.tensors["expected"]).tolist() == [[4, 1]]
    assert saved.metadata == {"check": "odd: gets and sets weights"}
    suite = ElementTree.parse(tmp_path / "out.xml").getroot()
    names = {case.get("name") for case in suite if case.find("failure") is not None}
    assert names == failed.keys()


@pytest.mark.slow
def test_zoo_check_reports_reason_of_skipped_check(cli):
    names = [
        f"{model}.default: {what}" for model in ("softmax", "softmax-pairs") for what in SKIPPED
    ]
    skips = [word for name in names for word in ("--skip", f"{name}=it takes seconds")]
    done = cli("check", "zoo-toy", "--json", *skips, env=TOY)
    assert done.code == 0
    skipped = {
        row["check"]: row["message"] for row in done.json["checks"] if row["status"] == "skipped"
    }
    assert skipped == dict.fromkeys(names, "it takes seconds")
    assert done.json["skipped"] == 4


@pytest.mark.parametrize(
    ("arguments", "code", "pattern"),
    [
        (["zoo-tox"], 3, "'zoo-tox'.* Did you mean 'zoo-toy'"),
        (
            ["zoo-toy", "--skip", "softmax.default: survives saving=x"],
            2,
            "Did you mean 'softmax.default: survives saving and loading'",
        ),
        (["zoo-toy", "--skip", "softmax.default: survives saving and loading"], 2, "=REASON"),
        (["zoo-toy", "--skip", "softmax.default: survives saving and loading= "], 2, "=REASON"),
    ],
)
def test_zoo_check_reports_mistake_on_one_line(cli, arguments, code, pattern):
    done = cli("check", *arguments, env=TOY)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert re.search(pattern, line)


def test_zoo_check_names_unwritable_report(cli, site, write_plugin):
    write_plugin(site, "zoo-odd", "1 / 0")
    done = cli("check", "zoo-odd", "--junit", "no/such/folder.xml", site=site, env=TOY)
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert "no/such/folder.xml" in line
    assert "No such file" in line


@pytest.mark.slow
def test_zoo_check_fails_broken_plugin(cli, site, write_plugin):
    write_plugin(site, "zoo-odd", "1 / 0")
    done = cli("check", "zoo-odd", "--json", site=site, env=TOY)
    assert done.code == 5
    messages = {row["check"]: row["message"] for row in done.json["checks"]}
    assert "ZeroDivisionError" in messages["zoo-odd: loads"]
    assert messages["zoo-odd: lists everything it offers"] == "needs zoo-odd: loads, which failed"
    assert done.json["failed"] == 1


@pytest.mark.slow
def test_conformance_test_runs_checks_in_pytest(run_process, tmp_path, site, write_plugin):
    write_plugin(site, "zoo-odd", ODD)
    (tmp_path / "test_it.py").write_text(
        "from zoo_core.testing import conformance_test\n"
        "test_it = conformance_test('zoo-odd', skip={'odd.default: overfits a batch': 'slow',\n"
        "    'odd.slow: overfits a batch': 'slow'})\n"
    )
    words = [
        "-m",
        "pytest",
        "-q",
        "-rs",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        tmp_path,
        "test_it.py",
    ]
    done = run_process(*words, site=site, env={**TOY, "PYTHONSAFEPATH": ""})
    assert done.code == 1
    assert "test_it[odd: gets and sets weights]" in done.out.replace("conformance[", "test_it[")
    assert re.search("ContractError: head0 .*set_weights .*1 of 90 ", done.out)
    assert re.search(r"SKIPPED \[2\] .*: slow", done.out)


def test_conformance_test_rejects_unknown_plugin(toy):
    with pytest.raises(UnknownNameError, match="no plugin 'zoo-none'"):
        conformance_test("zoo-none")


def test_find_plugin_accepts_offered_or_unnormalized_name(toy):
    assert find_plugin(toy, "softmax").distribution == "zoo-toy"
    assert find_plugin(toy, "Zoo.Toy").distribution == "zoo-toy"


def test_plugin_checks_number_those_of_each_subject(toy):
    subjects = Counter(re.split("[:.,]", check.name)[0] for check in plugin_checks(toy, "zoo-toy"))
    assert subjects == COUNTS


def test_is_checked_as_a_whole_rejects_spaces_that_cannot_be_listed(toy):
    plugin, entry = find_plugin(toy, "zoo-toy"), toy.model("softmax")
    lists_everything_it_offers(plugin, [entry])
    broken = replace(entry, spec=replace(entry.spec, spaces="zoo_toy.config:none"))
    with pytest.raises(ContractError, match=r"'softmax' .*zoo_toy\.config:none"):
        lists_everything_it_offers(plugin, [broken])


def test_run_checks_continues_after_exception():
    def fail():
        raise RuntimeError("odd")

    def refuse():
        raise NotApplicableError("not here")

    checks = [Check("a", fail), Check("b", refuse), Check("c", lambda: None)]
    outcomes = list(run_checks(checks, skip={}, save=None))
    found = [(outcome.status, outcome.message) for outcome in outcomes]
    assert found == [
        (CheckStatus.FAILED, "it raised RuntimeError: odd"),
        (CheckStatus.SKIPPED, "not here"),
        (CheckStatus.PASSED, ""),
    ]


def test_check_skips_rejects_unknown_check():
    check_skips({"a": "why"}, [Check("a", print)])
    with pytest.raises(InvalidValueError, match="no check 'b'"):
        check_skips({"b": "why"}, [Check("a", print)])


def test_junit_accepts_any_message():
    outcomes = [CheckResult("a: b", CheckStatus.FAILED, "\x1b[0m <&> \x00 é", 0.5)]
    case = ElementTree.fromstring(junit("p", outcomes))[0]
    assert case.find("failure").get("message") == " [0m <&>   é"


@pytest.mark.parametrize(
    ("actual", "expected", "problem"),
    [
        (
            [1.0, 5.0],
            [1.0, 2.0],
            r"in 1 of 2 elements, most at \[1\]: expected 2\.0, got 5\.0, .* 3$",
        ),
        ([np.nan, 1.0], [0.0, 1.0], r"most at \[0\]: expected 0\.0, got nan"),
        ([np.inf, 1.0], [0.0, 9.0], r"most at \[0\]: .*got inf"),
        ([1.0], [1.0, 2.0], r"expected float64 \(2,\), got float64 \(1,\)"),
    ],
)
def test_expect_equal_names_worst_element(actual, expected, problem):
    with pytest.raises(ContractError, match=problem) as caught:
        expect_equal(np.array(actual), np.array(expected), "w", "here")
    assert caught.value.tensors.keys() == {"actual", "expected"}


def test_expect_equal_accepts_equal_or_close_arrays():
    expect_equal(np.array([np.nan, np.inf]), np.array([np.nan, np.inf]), "w", "here")
    expect_equal(np.array([1.0, 2.05]), np.array([1.0, 2.0]), "w", "here", within=0.1)
    expect_equal(np.zeros((0, 3)), np.zeros((0, 3)), "w", "here")
    expect_finite(np.ones(3), "w")


def test_pages_name_checks_that_exist():
    """Names in quotes before "fails", and those in the first column of the table of failures."""
    functions = [
        value
        for module in pkgutil.iter_modules(checks.__path__, f"{checks.__name__}.")
        for value in vars(importlib.import_module(module.name)).values()
        if inspect.isfunction(value) and (value.__doc__ or "").startswith("Check that")
    ]
    known = {check_name(function) for function in functions}
    named = [
        (path.name, name)
        for path in sorted(DOCS.rglob("*.md"))
        for line in path.read_text("utf-8").splitlines()
        for names in re.findall(r'((?:"[^"]+"(?: or )?)+) fails', line)
        for name in re.findall(r'"([^"]+)"', names)
    ]
    _, _, table = (DOCS / "checking.md").read_text("utf-8").partition("| failure | usual cause |")
    named += [("checking.md", name) for name in re.findall(r"^\| `([^`:]+)", table, re.MULTILINE)]
    assert len(named) > 15
    assert [each for each in named if each[1] not in known] == []
