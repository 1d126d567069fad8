"""`zoo predict`: files, folders and standard input; text, JSON, CSV and pictures."""

import csv
import json
import os
import re
import shutil
import signal
import time
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from PIL import Image

from zoo_core.data.images import batches
from zoo_core.data.images.batches import BATCH_SIZE, CHUNK_SIZE, FIRST_BATCH, read_batches
from zoo_core.data.images.processor import ImageProcessor, fit_image

PROCESSOR = ImageProcessor((1, 2, 2), partial(fit_image, shape=(1, 2, 2)))


@pytest.fixture
def trained(cli, tmp_path):
    assert cli("train", "softmax", "--out", "run").code == 0
    return tmp_path / "run"


@pytest.fixture
def images(tmp_path):
    """Return a folder with one image per class and a text file."""
    folder = tmp_path / "images"
    (folder / "more").mkdir(parents=True)
    for name, row in (("a.png", 0), ("b.jpg", 2), ("more/c.PNG", 4)):
        image = Image.new("L", (5, 6))
        image.paste(200, (0, row, 5, row + 2))
        image.save(folder / name)
    (folder / "notes.txt").write_text("not an image, and not named like one")
    return folder


LABELS = [[0], [1], [2]]


def test_zoo_predict_searches_folder_recursively(cli, trained, images):
    report = cli("predict", "run", "images", "--json", "--force").json
    files = [answer["file"] for answer in report["predictions"]]
    assert files == ["images/a.png", "images/b.jpg", "images/more/c.PNG"]
    assert [answer["labels"] for answer in report["predictions"]] == LABELS


def test_zoo_predict_ignores_hidden_files_and_documents_in_folder(cli, trained, images):
    for name in (".hidden.png", "._a.png", ".ipynb_checkpoints/a.png", "__MACOSX/a.png"):
        (images / name).parent.mkdir(exist_ok=True)
        shutil.copy(images / "a.png", images / name)
    (images / "scan.pdf").write_bytes(b"%PDF-1.7")
    result = cli("predict", "run", "images", "--json", "--force")
    assert (result.code, result.err) == (0, "")
    assert [answer["labels"] for answer in result.json["predictions"]] == LABELS


@pytest.mark.parametrize("named", [True, False], ids=["named", "in folder"])
def test_zoo_predict_reports_named_pipe_and_continues(fresh_cli, trained, images, named):
    os.mkfifo(images / "pipe.png")
    paths = ["images/pipe.png", "images/a.png"] if named else ["images"]
    result = fresh_cli("predict", "run", *paths, "--json", "--force")
    assert result.code == 1
    assert re.search(r"images/pipe\.png .*\bnamed pipe\b", result.err), result.err
    assert len(result.json["predictions"]) == (1 if named else 3)


def test_zoo_predict_rejects_document_by_name(cli, trained, images):
    (images / "scan.pdf").write_bytes(b"%PDF-1.7\n")
    result = cli("predict", "run", "images/scan.pdf")
    assert result.code == 1
    assert re.search(r"scan\.pdf is not a readable image.*PNG or JPEG", result.err), result.err


def test_zoo_predict_names_empty_folder_and_continues(cli, trained, images):
    (images.parent / "empty").mkdir()
    result = cli("predict", "run", "empty", "images/a.png", "--json", "--force")
    assert result.code == 1
    assert re.search(r"\bimages?\b.*\bempty\b", result.err), result.err
    assert [answer["labels"] for answer in result.json["predictions"]] == [[0]]


@pytest.mark.slow
def test_zoo_predict_reads_standard_input(fresh_cli, trained, images):
    with (images / "more" / "c.PNG").open() as file:
        report = fresh_cli("predict", "run", "-", "--json", "--force", stdin=file).json
    assert [(a["file"], a["labels"]) for a in report["predictions"]] == [("-", [2])]
    with (images / "notes.txt").open() as file:
        result = fresh_cli("predict", "run", "-", "images/a.png", "--force", stdin=file)
    assert result.code == 1
    assert "standard input" in result.err
    assert result.out.startswith("images/a.png: ")


def test_csv_lists_each_readable_file(cli, trained, images):
    odd = images / 'a "b", c.png'
    (images / "a.png").rename(odd)
    (images / "cut.png").write_bytes(odd.read_bytes()[:45])
    result = cli("predict", "run", "images", "--csv", "--force")
    assert result.code == 1
    rows = list(csv.DictReader(result.out.splitlines()))
    assert [row["file"] for row in rows] == [
        'images/a "b", c.png',
        "images/b.jpg",
        "images/more/c.PNG",
    ]
    answers = cli("predict", "run", "images", "--json", "--force").json["predictions"]
    for row, answer in zip(rows, answers, strict=True):
        assert row["label"] == answer["classes"][0]
        assert float(row["probability"]) == pytest.approx(answer["probabilities"][0], abs=1e-6)
        second = answer["runners_up"][0][0]["probability"]
        assert float(row["probability_place2"]) == pytest.approx(second, abs=1e-6)


def test_csv_has_columns_for_each_label(cli, images):
    assert cli("train", "softmax-pairs", "--out", "pairs", "--epochs", 1).code == 0
    rows = list(
        csv.DictReader(cli("predict", "pairs", "images", "--csv", "--force").out.splitlines())
    )
    answers = cli("predict", "pairs", "images", "--json", "--force").json["predictions"]
    assert [[row["label_1"], row["label_2"]] for row in rows] == [a["classes"] for a in answers]


def test_zoo_predict_rejects_csv_with_json(cli, trained, images):
    result = cli("predict", "run", "images", "--csv", "--json")
    assert result.code == 2
    assert "--csv" in result.err
    assert "--json" in result.err


@pytest.mark.slow
def test_read_images_matches_zoo_predict(run_python, trained, images):
    code = """
from pathlib import Path
import pytest, zoo_core as zoo
pretrained = zoo.load("run")
read = zoo.read_images(pretrained, sorted(Path("images").rglob("*.[pjP]*")))
print(pretrained.predict(read).labels.tolist(), zoo.read_images(pretrained, []).shape)
with pytest.raises(zoo.ZooError, match="none.png"):
    zoo.read_images(pretrained, ["none.png"])
"""
    assert run_python(code) == f"{LABELS} (0, 1, 6, 5)\n"


@pytest.mark.slow
@pytest.mark.parametrize("worth", [1e9, 0.0], ids=["here", "in processes"])
def test_read_batches_keeps_file_order(tmp_path, monkeypatch, worth):
    monkeypatch.setattr(batches, "MIN_SECONDS_FOR_PROCESSES", worth)
    files = []
    for number in range(FIRST_BATCH + BATCH_SIZE + 10):
        files.append(tmp_path / f"{number}.png")
        if number % 100 != 50:
            Image.new("L", (2, 2), number % 256).save(files[-1])
    seen, errors = [], []
    for batch in read_batches(files, PROCESSOR):
        assert len(batch.files) == len(batch.images)
        seen += zip(batch.files, batch.images[:, 0, 0, 0].tolist(), strict=True)
        errors += batch.errors
    there = [file for file in files if file.exists()]
    assert seen == [(file, int(file.stem) % 256) for file in there]
    assert [str(exc).split(".png")[0].rpartition("/")[2] for exc in errors] == [
        str(number) for number in range(50, len(files), 100)
    ]


def test_read_batches_suppresses_warnings_of_processes(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(batches, "MIN_SECONDS_FOR_PROCESSES", 0.0)
    for number in range(FIRST_BATCH):
        Image.new("L", (2, 2)).save(tmp_path / f"{number:02}.png")
    (tmp_path / "damaged.tif").write_bytes(b"II*\0\0\0\0\1")  # Pillow warns about it
    files, _ = batches.find_files(tmp_path)
    *_, last = read_batches(files, PROCESSOR)
    assert "damaged.tif" in str(last.errors[0])
    assert capfd.readouterr() == ("", "")


def test_read_batches_reads_few_files_once(tmp_path):
    images = []
    processor = replace(PROCESSOR, reader=lambda image: images.append(image) or image)
    Image.new("L", (2, 2)).save(tmp_path / "one.png")
    next(read_batches([tmp_path / "one.png"], processor))
    assert len(images) == 1


def test_read_batches_does_not_count_time_of_caller(tmp_path, monkeypatch):
    def refuse(*_):
        raise AssertionError("a process was started")

    seconds = [0.0]
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", refuse)
    monkeypatch.setattr(batches, "time", SimpleNamespace(perf_counter=lambda: seconds[0]))
    for number in range(2 * FIRST_BATCH):
        Image.new("L", (2, 2)).save(tmp_path / f"{number}.png")
    read = read_batches(batches.find_files(tmp_path)[0], PROCESSOR)
    next(read)
    seconds[0] += 3600
    assert len(next(read)) == FIRST_BATCH


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_reader_processes_end_with_zoo_predict(spawn, cli, trained, images, tmp_path, number):
    Image.effect_noise((600, 600), 50).save(tmp_path / "large.png")
    (tmp_path / "photos").mkdir()
    for photo in range(2000):
        (tmp_path / "photos" / f"{photo}.png").symlink_to(tmp_path / "large.png")
    process = spawn(
        *("-m", "zoo_core", "predict", "run", "photos"),
        start_new_session=True,
        # A shell's background jobs, these tests among them, may ignore SIGINT.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    # The last lines are from a worker process.
    lines = [process.stdout.readline() for _ in range(FIRST_BATCH + CHUNK_SIZE)]
    assert all(line.startswith("photos/") for line in lines)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.kill()
    out, err = process.communicate(timeout=600)
    assert len(out.splitlines()) < 2000 - FIRST_BATCH - CHUNK_SIZE
    if number == signal.SIGINT:
        errors = [line for line in err.splitlines() if line.startswith("zoo: ")]
        assert (process.returncode, errors) == (130, ["zoo: interrupted"])
    with pytest.raises(ProcessLookupError):  # the process group is empty, now or soon
        for _ in range(12_000):
            os.killpg(process.pid, 0)
            time.sleep(0.05)


@pytest.mark.slow
def test_zoo_predict_draws_fitted_image_on_terminal(in_terminal, cli, trained, images):
    image = Image.new("L", (5, 6))
    image.paste(200, (0, 2, 5, 3))  # the upper half of the second line of characters
    image.save(images / "line.png")
    code, shown = in_terminal("predict", "run", "images/line.png", "--force")
    assert code == 0
    lines = [line for line in shown.splitlines() if "▀" in line]
    assert [line.count("▀") for line in lines] == [5, 5, 5]
    for ground, expected in ((38, [0, 200, 0]), (48, [0, 0, 0])):
        grays = [set(re.findall(rf"{ground};2;(\d+);\1;\1", line)) for line in lines]
        assert grays == [{str(gray)} for gray in expected]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--no-pictures"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})],
)
def test_zoo_predict_draws_no_picture_when_disabled_or_unsupported(
    in_terminal, cli, trained, images, arguments, environment
):
    code, shown = in_terminal(
        "predict", "run", "images/b.jpg", "--force", *arguments, **environment
    )
    assert code == 0
    assert "images/b.jpg: " in shown
    assert "▀" not in shown


@pytest.mark.slow
def test_zoo_predict_shows_progress_bar_only_on_terminal(in_terminal, cli, trained, images):
    for number in range(20):
        Image.new("L", (5, 6)).save(images / f"many-{number}.png")
    code, shown = in_terminal("predict", "run", "images", "--force")
    assert code == 0
    assert "━" in shown
    assert "23/23" in shown
    assert "▀" not in shown
    assert shown.count(".png: ") == 21
    result = cli("predict", "run", "images", "--force")
    assert "━" not in result.out + result.err
    code, shown = in_terminal("predict", "run", "images", "--json", "--force")
    assert len(json.loads(shown[shown.index('{"schema') :])["predictions"]) == 23
