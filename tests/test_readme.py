"""README says what is so."""

import json
import re
import statistics
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
RESULTS = ROOT / "benchmarks" / "results"


def test_the_first_screen_shows_both_commands():
    first_screen = README.splitlines()[:40]
    assert "pip install . ./registry ./plugins/* && zoo train mlp" in first_screen
    assert "pip install '.[test]' ./registry ./plugins/* && pytest" in first_screen


def test_the_accuracies_are_those_of_the_results_that_are_kept():
    rows = re.findall(r"^\| `([\w-]+)` \| `([\w-]+)` \| ([\d,]+) \| (.+?) \|", README, re.MULTILINE)
    assert {f"{model}.{recipe}" for model, recipe, *_ in rows} == {
        folder.name for folder in RESULTS.iterdir()
    }
    for model, recipe, parameters, accuracy in rows:
        files = sorted((RESULTS / f"{model}.{recipe}").glob("seed-*.json"))
        results = [json.loads(file.read_text()) for file in files]
        assert len(results) >= 5
        percent = [100 * result["metrics"]["test"]["accuracy"][0] for result in results]
        mean, sd = statistics.mean(percent), statistics.stdev(percent)
        assert accuracy == f"{mean:.2f} ± {sd:.2f} %"
        assert parameters == f"{results[0]['parameters']:,}"
        assert {result["metrics"]["test"]["total"] for result in results} == {10_000}
        assert {result["recipe"]["seed"] for result in results} == set(range(len(results)))


def test_the_project_speaks_of_itself_alone():
    for name in ("shared/", "/work/", "/root/", "/tmp/"):
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
            assert name not in path.read_text(), f"{path} names {name}"


def test_links_lead_somewhere():
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("https://") or (ROOT / target).exists(), target
