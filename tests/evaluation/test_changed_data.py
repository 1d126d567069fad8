"""Scores on data that have changed since the training: what was trained on is left out."""

import hashlib
import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

import zoo_core as zoo
from zoo_core.data.dataset import load_dataset
from zoo_core.errors import DataError, InvalidValueError, VerificationError
from zoo_core.evaluation.compare import compare_pretrained
from zoo_core.evaluation.evaluate import evaluate_pretrained
from zoo_core.pretrained.load import load_pretrained

NAME = "pictures:noise"


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def trained_on(run):
    """Return the checksums of the training and validation images of a run."""
    data = run.data
    return {
        digest(image)
        for split, rows in ((data.train, data.train_rows), (data.held_out, data.validation_rows))
        for image in split.inputs[rows]
    }


def unseen(catalog, name, *runs, split="test"):
    """Return images and labels of a split that no run has seen, computed apart from zoo."""
    part = load_dataset(catalog.dataset(name)).splits[split]
    seen = set().union(*map(trained_on, runs))
    rows = [i for i, image in enumerate(part.inputs) if digest(image) not in seen]
    return part.inputs[rows], part.targets[0][rows], len(part)


@pytest.fixture
def run(pictures, write_noise, learn):
    """Return a training that has learned noise by heart."""
    write_noise(Path("noise"))
    return learn(NAME, "run")


@pytest.fixture
def member(pictures, run):
    return load_pretrained(pictures, run.folder)


def evaluate_correctly(catalog, member, run, name=NAME, dataset=None):
    """Return the evaluation, after a comparison of its scores with those computed apart."""
    evaluation = evaluate_pretrained(catalog, [member], dataset=dataset)
    images, labels, total = unseen(catalog, name, run)
    scores = evaluation.together
    assert (scores.total, evaluation.left_out) == (len(images), total - len(images))
    assert scores["correct"] == ((member.predict(images).labels[:, 0] == labels).sum(),)
    return evaluation


def test_unchanged_data_are_scored_without_notes(pictures, run, member):
    evaluation = evaluate_pretrained(pictures, [member])
    assert evaluation.together == run.card.metrics["test"]
    assert (evaluation.notes, evaluation.left_out) == ((), 0)
    train = evaluate_pretrained(pictures, [member], split="train")
    assert train.together["accuracy"][0] > 0.9, "noise was to be learned by heart"
    assert train.notes == ()


def test_one_more_image_is_named_and_changes_no_other(pictures, run, member):
    np.save("noise/cat/more.npy", np.zeros((1, 16, 16), np.uint8))
    evaluation = evaluate_correctly(pictures, member, run)
    assert evaluation.left_out == 0
    changes, used = evaluation.notes
    assert changes.startswith(f"the data set {NAME} is not the one on the card of softmax@sha256:")
    assert changes.endswith(": 1 example added (cat/more.npy)")
    assert (
        used
        == f"none of the {evaluation.together.total} test examples of {NAME} was used in training"
    )


def test_renamed_training_images_are_left_out(pictures, run, member, rename_all):
    rename_all(Path("noise"))
    evaluation = evaluate_correctly(pictures, member, run)
    total = evaluation.together.total
    assert evaluation.left_out > 10
    assert evaluation.together["accuracy"][0] < 0.8, "noise cannot be recognized"
    assert evaluation.notes[-1] == (
        f"{evaluation.left_out} of the {total + evaluation.left_out} test examples of {NAME} were "
        f"used in training and are left out; {total} remain"
    )


def test_images_in_other_class_folders_are_left_out(pictures, run, member):
    Path("noise/cat").rename("noise/other")
    Path("noise/dog").rename("noise/cat")
    Path("noise/other").rename("noise/dog")
    for file in sorted(Path("noise/cat").glob("*.npy"))[::2]:
        file.rename(file.parents[1] / "dog" / f"moved-{file.name}")
    assert evaluate_correctly(pictures, member, run).left_out


def test_rewritten_images_are_new_images(pictures, run, member, write_noise):
    write_noise(Path("noise"), seed=1)
    evaluation = evaluate_correctly(pictures, member, run)
    assert evaluation.left_out == 0
    assert "120 examples with another content" in evaluation.notes[0]


def change(folder, random, number):
    """Change a folder of pictures at random: one of the things that people do between commands."""
    files = sorted(folder.glob("*/*.npy"))
    first, second = random.sample(files, 2)
    other = folder / ("dog" if first.parent.name == "cat" else "cat")
    match random.choice(["add", "remove", "rename", "swap", "move", "rewrite", "copy", "touch"]):
        case "add":
            noise = np.random.default_rng(number).integers(0, 256, (1, 16, 16), dtype=np.uint8)
            np.save(folder / "cat" / f"added-{number}.npy", noise)
        case "remove":
            first.unlink()
        case "rename":
            for file in random.sample(files, 20):
                file.rename(file.with_name(f"{number}-{file.name}"))
        case "swap":
            first.rename(folder / "aside")
            second.rename(first)
            (folder / "aside").rename(second)
        case "move":
            first.rename(other / f"moved-{number}-{first.name}")
        case "rewrite":
            noise = np.random.default_rng(number).integers(0, 256, (1, 16, 16), dtype=np.uint8)
            np.save(first, noise)
        case "copy":
            shutil.copy(first, second)
        case "touch":
            first.touch()


@pytest.mark.parametrize("seed", range(2))
def test_random_changes_never_let_training_images_be_scored(
    pictures, run, member, rename_all, seed
):
    random = Random(seed)
    for number in range(8):
        change(Path("noise"), random, number)
        evaluation = evaluate_correctly(pictures, member, run)
        differs = load_dataset(pictures.dataset(NAME)).sha256() != run.data.dataset.sha256()
        assert bool(evaluation.notes) == differs
    rename_all(Path("noise"))
    assert evaluate_correctly(pictures, member, run).left_out


def test_other_data_set_is_checked_for_training_images(pictures, run, member, rename_all):
    shutil.copytree("noise", "copy")
    rename_all(Path("copy"))
    dataset = "pictures:copy"
    evaluation = evaluate_correctly(pictures, member, run, dataset, dataset)
    (note,) = evaluation.notes
    assert note.startswith(f"{evaluation.left_out} of the ")
    assert evaluation.left_out


def test_other_images_are_scored_without_notes(pictures, run, member, write_noise):
    write_noise(Path("other"), seed=1)
    evaluation = evaluate_pretrained(pictures, [member], dataset="pictures:other")
    assert (evaluation.notes, evaluation.left_out) == ((), 0)


def test_evaluation_refuses_data_set_of_training_images_alone(pictures, run, member):
    train = run.data.train
    for i, row in enumerate(run.data.train_rows):
        folder = Path("seen", ("cat", "dog")[train.targets[0][row]])
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / f"{i}.npy", train.inputs[row])
    with pytest.raises(VerificationError, match=r"every one of the .* examples of pictures:seen"):
        evaluate_pretrained(pictures, [member], dataset="pictures:seen")


def test_changed_training_images_are_scored_if_they_are_chosen(pictures, run, member, rename_all):
    rename_all(Path("noise"))
    part = load_dataset(pictures.dataset(NAME)).splits["train"]
    evaluation = evaluate_pretrained(pictures, [member], split="train")
    # Weights are not computed from validation images.
    train = {digest(image) for image in run.data.train.inputs[run.data.train_rows]}
    count = sum(digest(image) in train for image in part.inputs)
    assert (evaluation.together.total, evaluation.left_out) == (len(part), 0)
    assert evaluation.notes[-1] == (
        f"{count} of the {len(part)} train examples of {NAME} were used in training; all are "
        "scored, as the split is train"
    )


def test_several_members_are_scored_on_images_that_none_has_seen(
    pictures, run, member, learn, rename_all
):
    rename_all(Path("noise"))
    second_run = learn(NAME, "second", seed=1)
    second = load_pretrained(pictures, second_run.folder)
    comparison = compare_pretrained(pictures, [member, second])
    images, labels, total = unseen(pictures, NAME, run, second_run)
    assert len(comparison.targets[0]) == len(images) < total
    for each, scores in zip((member, second), comparison.scores, strict=True):
        assert scores["correct"] == ((each.predict(images).labels[:, 0] == labels).sum(),)
    part = load_dataset(pictures.dataset(NAME)).splits["test"]
    for index in comparison.disagreements:
        row = comparison.rows[index]
        assert np.array_equal(part.inputs[row], images[index])
        assert comparison.scored.key(int(index)) == part.examples.keys[row]
    assert len(comparison.disagreements)
    alone = evaluate_pretrained(pictures, [second])
    assert alone.notes == ()
    (changed, _) = comparison.notes
    assert f"{member.name[:27]}" in changed
    assert second.name[:27] not in changed


def test_images_of_each_changed_training_are_left_out(pictures, run, member, learn, rename_all):
    rename_all(Path("noise"))
    second_run = learn(NAME, "second", epochs=1)
    second = load_pretrained(pictures, second_run.folder)
    rename_all(Path("noise"))
    together = evaluate_pretrained(pictures, [member, second])
    images, _, total = unseen(pictures, NAME, run, second_run)
    assert together.together.total == len(images)
    for each, trained in ((member, run), (second, second_run)):
        alone = evaluate_correctly(pictures, each, trained)
        assert 0 < alone.left_out < together.left_out < total


def test_evaluation_refuses_changed_data_without_list(pictures, write_noise, learn):
    write_noise(Path("noise"))
    Path("noise/anonymous").touch()
    member = load_pretrained(pictures, learn(NAME, "run", epochs=1).folder)
    assert evaluate_pretrained(pictures, [member]).notes == ()
    np.save("noise/cat/more.npy", np.zeros((1, 16, 16), np.uint8))
    with pytest.raises(VerificationError, match=r"is not the one that softmax@.*sha256 .*, got"):
        evaluate_pretrained(pictures, [member])
    # The place is the same, by another name.
    with pytest.raises(VerificationError, match="is not the one that softmax@"):
        evaluate_pretrained(pictures, [member], dataset=f"pictures:{Path('noise').absolute()}")
    (note,) = evaluate_pretrained(pictures, [member], split="train").notes
    assert "is not the one on the card" in note
    write_noise(Path("other"), seed=1)
    (note,) = evaluate_pretrained(pictures, [member], dataset="pictures:other").notes
    assert note.startswith("examples of pictures:other may have been used to train softmax@")


def test_weight_file_without_its_run_needs_list_for_changed_data(pictures, run, tmp_path):
    alone = tmp_path / "alone" / "model.safetensors"
    alone.parent.mkdir()
    shutil.copy(run.folder / "model.safetensors", alone)
    member = load_pretrained(pictures, alone)
    assert evaluate_pretrained(pictures, [member]).notes == ()
    np.save("noise/cat/more.npy", np.zeros((1, 16, 16), np.uint8))
    with pytest.raises(VerificationError) as caught:
        evaluate_pretrained(pictures, [load_pretrained(pictures, alone)])
    assert "examples.csv" in str(caught.value)
    shutil.copy(run.folder / "examples.csv", alone.parent)
    assert evaluate_pretrained(pictures, [load_pretrained(pictures, alone)]).left_out == 0


def test_copies_of_training_images_among_test_images_are_named(pictures, run, learn):
    test, train = run.data.test.examples.keys, run.data.train
    for key, row in zip(test[:3], run.data.train_rows, strict=False):
        np.save(Path("noise", key), train.inputs[row])
    member = load_pretrained(pictures, learn(NAME, "copies", epochs=1).folder)
    evaluation = evaluate_pretrained(pictures, [member])
    total = evaluation.together.total
    assert total == len(test)
    assert evaluation.notes == (f"3 of the {total} test examples are copies of training examples",)


def test_data_are_found_at_their_place_from_another_folder(
    pictures, run, member, write_noise, tmp_path, monkeypatch
):
    # Another folder of the same relative name, as in another project.
    write_noise(tmp_path / "elsewhere" / "noise", count=20, seed=5)
    expected = run.card.metrics["test"]
    monkeypatch.chdir(tmp_path / "elsewhere")
    evaluation = evaluate_pretrained(pictures, [member])
    assert (evaluation.together, evaluation.notes) == (expected, ())
    shutil.rmtree(tmp_path / "work" / "noise")
    evaluation = evaluate_pretrained(pictures, [member])
    assert "is not the one on the card" in evaluation.notes[0]
    assert evaluation.together != expected
    shutil.rmtree(tmp_path / "elsewhere" / "noise")
    evaluation = evaluate_pretrained(pictures, [member])  # from zoo's own copy
    assert (evaluation.together, evaluation.notes) == (expected, ())


def test_evaluation_reports_missing_folder_without_copy(pictures, run, member, tmp_path):
    shutil.rmtree("noise")
    shutil.rmtree(tmp_path / "zoo-home" / "datasets")
    with pytest.raises(DataError, match="there is no folder"):
        evaluate_pretrained(pictures, [member])


def test_same_name_in_two_places_is_two_data_sets(
    pictures, run, member, write_noise, learn, tmp_path, monkeypatch
):
    write_noise(tmp_path / "elsewhere" / "noise", seed=5)
    monkeypatch.chdir(tmp_path / "elsewhere")
    second = load_pretrained(pictures, learn(NAME, "run", epochs=1).folder)
    with pytest.raises(InvalidValueError) as caught:
        evaluate_pretrained(pictures, [member, second])
    for place in ("work", "elsewhere"):
        assert f"pictures:{tmp_path / place / 'noise'}" in str(caught.value)
    # An equal copy elsewhere is the same data set.
    shutil.rmtree(tmp_path / "elsewhere" / "noise")
    shutil.copytree(tmp_path / "work" / "noise", tmp_path / "elsewhere" / "noise")
    third = load_pretrained(pictures, learn(NAME, "third", epochs=1).folder)
    assert evaluate_pretrained(pictures, [member, third]).notes == ()


def test_python_functions_warn_of_changed_data(pictures, run, rename_all):
    assert zoo.evaluate(run.folder) == run.card.metrics["test"]
    rename_all(Path("noise"))
    with pytest.warns(UserWarning) as caught:
        scores = zoo.evaluate(run.folder)
        assert zoo.compare(run.folder).scores == (scores,)
    assert scores.total < run.card.metrics["test"].total
    assert {Path(each.filename).name for each in caught} == {Path(__file__).name}
    notes = [str(each.message) for each in caught]
    assert notes[:2] == notes[2:]
    assert "is not the one on the card" in notes[0]
    assert "are left out" in notes[1]


@pytest.mark.parametrize("command", ["evaluate", "compare"])
def test_commands_report_what_was_left_out(
    cli, pictures, pictures_site, run, learn, rename_all, command
):
    second = learn(NAME, "second", seed=1, epochs=1)
    rename_all(Path("noise"))
    names = [each.folder.absolute() for each in (run, second)]

    def zoo_(*arguments):
        result = cli(command, *names, *arguments, site=pictures_site, cwd=Path.cwd())
        assert result.code == 0, result.err
        return result

    expected = evaluate_pretrained(pictures, [load_pretrained(pictures, each) for each in names])
    report = zoo_("--json")
    assert report.json["total"] == expected.together.total
    assert report.json["left_out"] == expected.left_out > 0
    assert report.json["notes"] == list(expected.notes)
    for result in (report, zoo_()):
        assert [f"zoo: {note}" for note in expected.notes] == [
            line for line in result.err.splitlines() if line.startswith("zoo: ")
        ]
    if command == "compare":
        keys = load_dataset(pictures.dataset(NAME)).splits["test"].examples.keys
        assert report.json["disputed"]
        assert all(each["example"] == keys[each["image"]] for each in report.json["disputed"])
        assert f"\n{report.json['disputed'][0]['example']} " in result.out
        assert report.json["classes"] == [["cat", "dog"]]


def test_validation_images_of_the_training_are_scored_as_validation_images(
    pictures, write_noise, learn
):
    write_noise(Path("noise"))
    files = sorted(Path("noise").glob("*/*.npy"))
    for file in files[::3]:
        file.rename(file.with_name(f"val-{file.name}"))
    run = learn(NAME, "run")
    member = load_pretrained(pictures, run.folder)
    before = evaluate_pretrained(pictures, [member], split="validation")
    assert before.notes == ()
    assert before.together.total == len(files[::3])
    moved = [file for file in files[1::3] if f"{file.parent.name}/{file.name}" in train_keys(run)]
    for file in moved:
        file.rename(file.with_name(f"val-{file.name}"))
    after = evaluate_pretrained(pictures, [member], split="validation")
    assert after.left_out == len(moved) > 0
    assert after.together == before.together


def train_keys(run):
    return {run.data.train.examples.keys[row] for row in run.data.train_rows}


def test_other_range_of_deep_pixels_is_refused(pictures, write_noise, learn):
    write_noise(Path("noise"))
    Path("noise/range.txt").write_text("4095")
    member = load_pretrained(pictures, learn(NAME, "run", epochs=1).folder)
    np.save("noise/cat/more.npy", np.zeros((1, 16, 16), np.uint8))
    assert evaluate_pretrained(pictures, [member]).left_out == 0
    Path("noise/range.txt").write_text("65535")
    with pytest.raises(VerificationError, match="expected pixels from 0 to 4095, got 0 to 65535"):
        evaluate_pretrained(pictures, [member])
    shutil.copytree("noise", "other")
    notes = evaluate_pretrained(pictures, [member], dataset="pictures:other").notes
    assert "may have been used to train" in notes[0]


def test_command_refuses_changed_data_without_list(cli, pictures, pictures_site, run):
    (run.folder / "examples.csv").unlink()
    np.save("noise/cat/more.npy", np.zeros((1, 16, 16), np.uint8))
    result = cli("evaluate", "run", site=pictures_site, cwd=Path.cwd())
    assert result.code == 5
    assert "is not the one that softmax@" in result.err
    assert result.out == ""
