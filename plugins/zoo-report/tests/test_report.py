"""`zoo report WEIGHTS…`: the page as parsed by a browser."""

import json
import os
import re
import shutil
from pathlib import Path

import fsspec
import pytest

from zoo_core.errors import DataError, InvalidValueError, UnknownNameError
from zoo_core.evaluation.compare import compare_pretrained
from zoo_core.installation.installed import load_catalog
from zoo_core.pretrained.load import load_pretrained
from zoo_core.publishing.publish import publish_run
from zoo_core.training.training import Training
from zoo_report.report import write_report

HOSTILE = "<img src=x onerror=alert(1)>&\"'"


@pytest.fixture
def run(toy, tmp_path, monkeypatch):
    """Return the folder of a training of the toy model, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Training.new(toy, "softmax", out=Path("run"), overrides=[{"seed": 3}]).run().folder


@pytest.fixture
def other(toy, run):
    """Return the folder of a training with many mistakes."""
    overrides = [{"seed": 4, "epochs": 1, "lr": 0.0001, "model": {"scale": 0.1}}]
    return Training.new(toy, "softmax", out=Path("other"), overrides=overrides).run().folder


def test_write_report_describes_run_in_its_folder(toy, run, read_page):
    path, _ = write_report(toy, [str(run)])
    assert path == run / "report.html"
    page = read_page(path.read_bytes())
    card = json.loads((run / "card.json").read_text())
    scores = card["metrics"]["test"]
    assert f"Accuracy {scores['accuracy'][0]:.2%}" in page.words
    assert f"Misclassified {50 - scores['correct'][0]} of 50 images" in page.words
    assert f"Loss {scores['loss'][0]:.4f}" in page.words
    for fact in (card["weights"]["sha256"], card["dataset"]["sha256"], card["created"]):
        assert fact in page.words
    for fact in ("data set CC0-1.0", "model's code MIT", "weights MIT"):
        assert f"License of the {fact}" in page.words
    settings = {row[0]: row[1] for row in page.tables["settings"] if row[1:]}
    assert settings["seed"] == "3"
    assert card["recipe"].keys() - {"model"} <= settings.keys()
    assert card["config"].keys() <= settings.keys()


def test_report_interval_and_matrix_agree_with_comparison(toy, other, read_page):
    path, _ = write_report(toy, [str(other)])
    comparison = compare_pretrained(toy, [load_pretrained(toy, other)])
    share = comparison.heads_compared[0].proportions[0]
    page = read_page(path.read_bytes())
    assert f"95 % interval {share.low:.2%} to {share.high:.2%}" in page.words
    labels, read = comparison.targets[0], comparison.predictions[0].labels[:, 0]
    (matrix,) = [a for a in page.all("svg") if a["aria-label"].startswith("Confusion matrix")]
    assert re.search(r": \w+ as \w+, \d+ times|\. \w+ as", matrix["aria-label"])
    for i, row in enumerate(page.tables["classes"][1:]):
        assert int(row[1]) == (labels == i).sum()
        assert row[3] == f"{(read[labels == i] == i).mean():.2%}"


def test_report_marks_changed_settings(toy, other, read_page):
    path, _ = write_report(toy, [str(other)])
    page = read_page(path.read_bytes())
    marked = [row[0] for row in page.tables["settings"] if row[1:] and "changed" in row[1]]
    assert marked == ["epochs", "lr", "scale"]
    assert "epochs, lr, model)" in page.words


def test_report_of_two_models_agrees_with_comparison(toy, run, other, read_page):
    path, subjects = write_report(toy, [str(run), str(other)])
    assert path == Path("report.html")
    question = compare_pretrained(
        toy, [load_pretrained(toy, run), load_pretrained(toy, other)]
    ).heads_compared[0]
    page = read_page(path.read_bytes())
    rows = {row[0]: row for row in page.tables["models"][1:]}
    for subject, share in zip(subjects, question.proportions, strict=True):
        assert rows[subject.label][1] == f"{share.accuracy:.2%}"
        assert rows[subject.label][2] == f"{share.low:.2%} to {share.high:.2%}"
        assert rows[subject.label][3] == str(share.total - share.correct)
        stated = subject.pretrained.calibration.test
        assert rows[subject.label][5:7] == [
            f"{stated.error:.2%}",
            f"{stated.accepted / share.total:.2%}",
        ]
    (pair,) = question.tests
    first, alone, second, both, neither, p, adjusted, differ = page.tables["pairs"][1]
    assert (first, second) == ("run", "other")
    assert alone.split() == [str(pair.only_first), str(pair.only_second)]
    assert (both, neither) == (str(pair.both), str(pair.neither))
    for shown, exact in ((p, pair.p), (adjusted, pair.adjusted)):
        assert shown == "< 0.0001" if exact < 0.0001 else float(shown) == pytest.approx(exact, 0.1)
    assert differ == ("yes" if pair.adjusted < 0.05 else "no")
    best = max(zip(question.proportions, subjects, strict=True), key=lambda each: each[0].correct)
    assert (
        f"{best[1].label} classifies the most images correctly: {best[0].correct} of 50."
        in page.words
    )


def test_report_lists_predictions_for_each_disputed_image(toy, run, other, read_page):
    comparison = compare_pretrained(toy, [load_pretrained(toy, run), load_pretrained(toy, other)])
    path, _ = write_report(toy, [str(run), str(other)])
    page = read_page(path.read_bytes())
    said = [a["title"] for a in page.all("li") if " predicts " in a.get("title", "")]
    expected = [
        f"{name} predicts {comparison.data.targets[0].classes[each.labels[row, 0]]}"
        for row in comparison.disagreements[:48]
        for name, each in zip(("run", "other"), comparison.predictions, strict=True)
    ]
    assert expected
    assert said == expected


def test_report_separates_models_of_different_datasets(toy, run, other, read_page):
    pairs = Training.new(toy, "softmax-pairs", out=Path("pairs")).run().folder
    path, _ = write_report(toy, [str(run), str(pairs)])
    page = read_page(path.read_bytes())
    assert "2 models on 2 data sets" in page.words
    assert "models" not in page.tables
    path, _ = write_report(toy, [str(run), str(pairs), str(other)])
    page = read_page(path.read_bytes())
    assert [row[0] for row in page.tables["models"][1:]] in (["run", "other"], ["other", "run"])
    with pytest.raises(InvalidValueError, match="does not fit"):
        write_report(toy, [str(run), str(pairs)], dataset="toy")


def test_report_shows_accuracy_of_each_head_and_of_both(toy, run, read_page):
    weak = [{"epochs": 1, "lr": 0.001, "model": {"scale": 0.1}}]
    pairs = Training.new(toy, "softmax-pairs", out=Path("pairs"), overrides=weak).run().folder
    path, _ = write_report(toy, [str(pairs)])
    *heads, every = [
        q.proportions[0]
        for q in compare_pretrained(toy, [load_pretrained(toy, pairs)]).heads_compared
    ]
    assert every.correct < min(share.correct for share in heads)
    words = read_page(path.read_bytes()).words
    assert f"Every label correct {every.accuracy:.2%}" in words
    for i, share in enumerate(heads, 1):
        assert f"Head {i} {share.accuracy:.2%} {share.low:.2%} to {share.high:.2%}" in words
        assert f"Head {i}: {share.accuracy:.2%} of 50 images" in words


def reason_without_epochs(page):
    """Return the reason for missing learning curves; empty if the page has them."""
    return page.words.partition("Unknown: ")[2].partition(". ")[0]


@pytest.mark.parametrize("published", [False, True])
def test_report_names_missing_or_damaged_metrics_file(toy, run, read_page, published):
    name, folder = str(run), run
    if published:
        publish_run(toy, run, "softmax.first", "shelf")
        name, folder = "softmax.first", Path("shelf/softmax/first")
    registry = "shelf" if published else None

    def page():
        path, _ = write_report(toy, [name], registry=registry)
        return read_page(path.read_bytes())

    assert "Values after each epoch" in page().words
    assert not reason_without_epochs(page())
    (folder / "metrics.jsonl").write_text('{"epoch": 1}\n')
    assert re.search(r"metrics\.jsonl .*damaged", reason_without_epochs(page()))
    (folder / "metrics.jsonl").unlink()
    missing = reason_without_epochs(page())
    assert "metrics.jsonl" in missing
    assert "damaged" not in missing


def test_report_states_that_remote_registry_has_no_epochs(toy, run, read_page):
    publish_run(toy, run, "softmax.first", "shelf")
    fsspec.filesystem("memory").put("shelf", "/", recursive=True)
    path, _ = write_report(toy, ["softmax"], registry="memory://shelf")
    assert "registry" in reason_without_epochs(read_page(path.read_bytes()))


def test_report_accepts_weight_file_without_run(toy, run, read_page):
    shutil.copy(run / "model.safetensors", "apart.safetensors")
    path, _ = write_report(toy, ["apart.safetensors"])
    assert path == Path("report.html")
    assert "weight file" in reason_without_epochs(read_page(path.read_bytes()))


def test_report_is_self_contained(toy, run, other, read_page):
    path, _ = write_report(toy, [str(run), str(other)])
    page = read_page(path.read_bytes())
    assert not page.all("script") + page.all("link") + page.all("iframe")
    assert page.all("img")
    for _, attrs in page.elements:
        for name, value in attrs.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "action", "data", "poster"):
                assert value.startswith(("data:image/png;base64,", "#"))
    text = path.read_text()
    assert not re.search(r"url\(|@import|https?://", text)


def test_report_ids_are_unique_and_references_resolve(toy, run, other, read_page):
    path, _ = write_report(toy, [str(run), str(other)])
    page = read_page(path.read_bytes())
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    named = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert named | {a["href"][1:] for a in page.all("a")} <= set(ids)
    assert all(image["alt"] for image in page.all("img"))
    # Two charts of the comparison and one of its pairs; four and a matrix per model.
    assert len(page.all("svg")) == 2 * 5 + 3
    assert all(a["role"] == "img" and a["aria-label"] for a in page.all("svg"))
    used = {attrs["xlink:href"] for attrs in page.all("use")}
    assert {name[1:] for name in used} <= set(ids)
    assert all("scope" in header for header in page.all("th"))


def test_report_escapes_hostile_names(toy, run, other, read_page):
    shutil.move(run, HOSTILE)
    path, _ = write_report(toy, [HOSTILE, str(other)])
    assert b"<img src=x" not in path.read_bytes()
    page = read_page(path.read_bytes())
    assert HOSTILE in page.words
    assert not [a for _, a in page.elements if "onerror" in a]
    path, _ = write_report(toy, [HOSTILE])
    assert HOSTILE in read_page(path.read_bytes()).words


@pytest.mark.skipif(os.name == "nt", reason="names are restricted there")
def test_report_shows_control_characters_as_escapes(toy, run, other, read_page):
    shutil.move(run, "a\x1b[2J\u202egpj")
    path, _ = write_report(toy, ["a\x1b[2J\u202egpj", str(other)])
    text = path.read_text()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"a\x1b[2J\u202egpj" in read_page(path.read_bytes()).words


@pytest.mark.skipif(os.name == "nt", reason="paths are text there")
def test_report_accepts_non_utf8_path(toy, run):
    name = os.fsdecode(b"run-\xff")
    shutil.move(run, name)
    path, _ = write_report(toy, [name])
    assert rb"<title>run-\xff " in path.read_bytes()


def test_report_is_deterministic(toy, run, other):
    pages = [write_report(toy, [str(run), str(other)])[0].read_bytes() for _ in range(2)]
    assert pages[0] == pages[1]


def test_report_lists_duplicate_model_once(toy, run, read_page):
    path, subjects = write_report(toy, [str(run), str(run / "model.safetensors")])
    assert [subject.label for subject in subjects] == ["run"]
    assert path == run / "report.html"


def test_write_report_overwrites_only_its_own_pages(toy, run):
    page = write_report(toy, [str(run)])[0]
    before = page.read_bytes()
    assert write_report(toy, [str(run)])[0].read_bytes() == before
    page.write_text("<p>mine</p>")
    with pytest.raises(InvalidValueError, match=rf"{page}.*--out"):
        write_report(toy, [str(run)])
    assert page.read_text() == "<p>mine</p>"
    with pytest.raises(InvalidValueError, match=f"folder {run}"):
        write_report(toy, [str(run)], out=run)
    assert write_report(toy, [str(run)], out=Path("new/page.html"))[0].read_bytes() == before
    with pytest.raises(DataError, match=r"cannot (read|write)"):
        write_report(toy, [str(run)], out=page / "page.html")


def test_write_report_rejects_unfinished_run_and_unknown_name(toy, run):
    (run / "model.safetensors").unlink()
    with pytest.raises(DataError, match=rf"\b{run}\b.*\bmodel\.safetensors"):
        write_report(toy, [str(run)])
    with pytest.raises(UnknownNameError, match="softmax"):
        write_report(toy, ["softmax.nobody"])
    assert not Path("report.html").exists()


def test_zoo_report_describes_published_weights_by_name(cli, tmp_path, read_page):
    result = cli("report", "numpy-net.default", "--json")
    assert result.code == 0, result.err
    assert result.json == {
        "schema": 1,
        "report": "report.html",
        "models": ["numpy-net.default"],
        "pictures": [],
    }
    content = (tmp_path / "report.html").read_bytes()
    assert len(content) < 112_000
    page = read_page(content)
    assert "5 trainings with different seeds" in page.words
    assert "98.38% ± 0.12" in page.words
    assert "Accuracy 98.53% 95 % interval 98.27% to 98.75% Misclassified 147" in page.words
    assert "zoo train numpy-net --seed 0" in page.words
    # The same numbers as on the card.
    stated = load_pretrained(load_catalog(), "numpy-net.default").calibration
    low, high = stated.test.error_interval
    assert f"calibration error {stated.test.error:.2%} (95 % interval {low:.2%} to {high:.2%})" in (
        page.words
    )
    assert f"{stated.test.accepted / 10_000:.2%} accepted" in page.words
    catalog = load_catalog()
    path, _ = write_report(catalog, ["zoo/numpy-net.default"], out=tmp_path / "again.html")
    assert path.read_bytes() == content  # from another process, by another name


def test_zoo_report_distinguishes_unknown_name_from_unreadable_study(cli, tmp_path):
    assert cli("report", "no-such-model").code == 3
    result = cli("report", "--out", "a.html", "nowhere/study.json")
    assert result.code == 1
    assert "zoo tune" in result.err
    (line,) = result.err.splitlines()
    assert str(Path("nowhere/study.json")) in line
