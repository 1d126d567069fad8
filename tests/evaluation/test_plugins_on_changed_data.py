"""Pages, galleries and exports of models whose data have changed since the training."""

import base64
import hashlib
import html
import re
import time
from pathlib import Path

import numpy as np
import pytest

from zoo_core.data.dataset import load_dataset
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.pretrained.load import load_pretrained

NAME = "pictures:noise"


@pytest.fixture
def run(pictures, write_noise, learn, rename_all):
    """Return a training whose images were renamed after it."""
    write_noise(Path("noise"))
    run = learn(NAME, "run")
    rename_all(Path("noise"))
    return run


@pytest.mark.requires("zoo-report")
def test_report_shows_unseen_images_and_notes(pictures, run, capsys):
    from zoo_report.page.thumbnails import data_uri
    from zoo_report.report import write_report

    expected = evaluate_pretrained(pictures, [load_pretrained(pictures, run.folder)])
    path, _ = write_report(pictures, [str(run.folder)])
    page = html.unescape(path.read_text())
    for note in expected.notes:
        assert f"Note: {note}." in page
    assert capsys.readouterr().err == "".join(f"zoo: {note}\n" for note in expected.notes)
    assert f"of {expected.together.total} images misclassified" in page
    part = load_dataset(pictures.dataset(NAME)).splits["test"]
    titles = re.findall(r'<li title="([^"]+\.npy)">\s*<img src="([^"]+)"[^>]* alt="(\w+)', page)
    assert titles
    for key, source, true in titles:
        image = part.inputs[part.examples.keys.index(key)]
        assert source == data_uri(image)[0]
        assert true == key.partition("/")[0]
        assert hashlib.sha256(image.tobytes()).hexdigest()[:16] not in run_examples(run)


def run_examples(run):
    """Return the checksums of training and validation images in a run's list."""
    lines = (run.folder / "examples.csv").read_text().splitlines()
    return {line.rpartition(",")[2] for line in lines if not line.startswith("test,")}


@pytest.mark.requires("zoo-report")
def test_report_keeps_classes_of_the_model(pictures, run):
    from zoo_report.report import write_report

    Path("noise/cat").rename("noise/zcat")
    path, _ = write_report(pictures, [str(run.folder)], classes={"zcat": "cat"})
    page = path.read_text()
    assert "zcat as cat" in page
    names = re.findall(r'alt="(\w+), predicted', page)
    assert set(names) <= {"cat", "dog"}
    assert "cat" in names


@pytest.mark.requires("zoo-report")
def test_report_separates_folders_of_one_name(pictures, run, learn, write_noise, monkeypatch):
    from zoo_report.report import write_report

    elsewhere = write_noise(Path("elsewhere/noise"), seed=5).parent.absolute()
    first = run.folder.absolute()
    monkeypatch.chdir(elsewhere)
    second = learn(NAME, "second", epochs=1).folder
    path, _ = write_report(pictures, [str(first), str(second)])
    assert "2 models on 2 data sets" in path.read_text()


@pytest.mark.requires("zoo-demo")
def test_gallery_shows_images_that_were_not_used_in_training(pictures, run):
    from zoo_demo.gallery import Gallery
    from zoo_demo.models import serve

    expected = evaluate_pretrained(pictures, [load_pretrained(pictures, run.folder)])
    gallery = Gallery(pictures)
    served = serve(pictures, run.folder, "run", device="cpu")
    while (page := gallery.page(served, 0, 200))["state"] == "computing":
        time.sleep(0.01)
    gallery.close()
    assert page["state"] == "ready", page
    assert page["total"] == expected.together.total
    assert page["count"] == expected.together.total - expected.together.all_correct
    assert page["notes"] == expected.notes
    part = load_dataset(pictures.dataset(NAME)).splits["test"]
    assert page["items"]
    for item in page["items"]:
        pixels = base64.b64decode(item["image"]["pixels"])
        assert pixels == part.inputs[item["row"]].tobytes()
        assert item["true"] == [part.examples.keys[item["row"]].partition("/")[0]]
        assert hashlib.sha256(pixels).hexdigest()[:16] not in run_examples(run)


@pytest.mark.requires("zoo-export", "zoo-numpy")
def test_export_compares_on_changed_data_and_says_so(cli, pictures_site, write_noise, tmp_path):
    pytest.importorskip("onnxruntime")
    write_noise(tmp_path / "noise")

    def zoo(*arguments, cwd=tmp_path):
        result = cli(*arguments, site=pictures_site, cwd=cwd)
        assert result.code == 0, result.err
        return result

    small = ("--epochs", 1, "--set", "batch_size=16")
    zoo("train", "numpy-net", "--dataset", NAME, *small, "--out", "run")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert zoo("export", tmp_path / "run", "--json", cwd=elsewhere).json["notes"] == []
    np.save(tmp_path / "noise" / "cat" / "more.npy", np.zeros((1, 16, 16), np.uint8))
    result = zoo("export", tmp_path / "run", "--json", "--force", cwd=elsewhere)
    assert result.json["notes"] == [f"the data set {NAME} has changed since the training"]
    assert f"zoo: {result.json['notes'][0]}\n" in result.err
