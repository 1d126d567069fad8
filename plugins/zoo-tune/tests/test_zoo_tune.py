"""End-to-end tests of `zoo tune`, on a model that trains in a hundredth of a second."""

import json
import re
import signal
import sqlite3
import time
import tomllib

import optuna
import pytest
from sqlalchemy.exc import SQLAlchemyError

from zoo_core import Scores, TargetSpec, class_targets
from zoo_core.errors import DataError
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.regression import Regression
from zoo_tune.storage import open_storage, storage_errors, without_password
from zoo_tune.workers.trial_accounting import counted_trials
from zoo_tune.workers.worker import accuracy

JOURNAL = "studies/softmax/journal.log"


@pytest.fixture
def tune(cli, monkeypatch):
    """Return a function that runs `zoo tune softmax` with only zoo-toy and zoo-tune."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-tune")

    def run(*arguments, name="softmax", **options):
        return cli("tune", name, *arguments, **options)

    return run


def tuned(result):
    assert result.code == 0, result.err
    return result.json


def tried(study):
    """Return the facts that are equal for two equal searches."""
    return [
        (trial["state"], trial["values"], trial["scores"], trial["curve"])
        for trial in study["trials"]
    ]


def kept(path, study="softmax"):
    """Return a study as loaded by Optuna itself."""
    return optuna.load_study(study_name=study, storage=open_storage(str(path)))


# Results.


@pytest.mark.slow
def test_quiet_search_prints_path_of_best_recipe(tune):
    done = tune("--trials", 2, "--epochs", 1, "--quiet")
    assert (done.out, done.err) == ("studies/softmax/best.toml\n", "")


@pytest.mark.slow
def test_best_recipe_trains_to_its_tuning_score(tune, cli, tmp_path):
    study = tuned(tune("--trials", 12, "--json"))
    assert study["recipe"] == "studies/softmax/best.toml"
    assert len(study["trials"]) == 12
    best = study["trials"][study["best"]]
    assert best["scores"][0] == max(t["scores"][0] for t in study["trials"] if t["scores"])
    trained = cli("train", "softmax", "--recipe", study["recipe"], "--json").json
    assert trained["metrics"]["validation"]["accuracy"] == best["scores"]
    recipe = tomllib.loads((tmp_path / study["recipe"]).read_text())
    assert recipe["lr"] == best["values"]["lr"]
    assert recipe["search"] == {
        "study": "softmax",
        "trial": study["best"],
        "validation": best["scores"][0],
        "trials": 12,
        "stopped_early": sum(trial["state"] == "pruned" for trial in study["trials"]),
        "epochs": sum(trial["epochs"] for trial in study["trials"]),
        "seconds": pytest.approx(sum(t["seconds"] for t in study["trials"]), abs=0.06),
    }


@pytest.mark.slow
def test_search_provenance_stays_with_weights(tune, cli, tmp_path):
    study = tuned(tune("--trials", 5, "--json"))
    found = tomllib.loads((tmp_path / study["recipe"]).read_text())["search"]
    run = tmp_path / "runs" / "softmax-1"
    cli("train", "softmax", "--recipe", study["recipe"])
    assert json.loads((run / "card.json").read_text())["search"] == found
    assert json.loads((run / "config.json").read_text())["search"] == found
    assert cli("info", run / "model.safetensors", "--json").json["search"] == found
    assert f"trial {study['best']} of the study `softmax`" in (run / "card.md").read_text()
    assert cli("publish", run, "--as", "softmax.best", "--registry", "here").code == 0
    cli("registry", "add", "here", "here")
    card = json.loads((tmp_path / "here/softmax/best/card.json").read_text())
    assert card["search"] == found
    assert card["command"].startswith("zoo train softmax --recipe best.toml --seed 0")
    again = cli("reproduce", "softmax.best")
    assert (again.code, "equal bytes" in again.out) == (0, True), again.out + again.err


def test_recipe_search_table_is_optional_but_complete(tune, cli, tmp_path):
    cli("train", "softmax")
    assert "search" not in json.loads((tmp_path / "runs/softmax-1/card.json").read_text())
    (tmp_path / "bad.toml").write_text("lr = 0.1\n[search]\nstudy = 'x'\n")
    result = cli("train", "softmax", "--recipe", "bad.toml")
    assert result.code == 2
    assert all(fact in result.err for fact in ("[search]", "bad.toml", "'trial'")), result.err


@pytest.mark.slow
def test_zoo_tune_tries_unchanged_recipe_first(tune):
    first = tuned(tune("--trials", 1, "--json"))["trials"][0]
    assert first["values"] == {"lr": 0.5, "batch_size": 16, "model.scale": 0.01}


@pytest.mark.slow
def test_zoo_tune_rounds_values_to_three_digits(tune):
    for trial in tuned(tune("--trials", 6, "--json"))["trials"]:
        for value in (trial["values"]["lr"], trial["values"]["model.scale"]):
            assert value == float(f"{value:.3g}")


@pytest.mark.slow
def test_zoo_tune_prints_trials_leaderboard_and_next_command(tune):
    result = tune("--trials", 12, "--epochs", 1)
    lines = result.out.splitlines()
    for fact in ("softmax", "toy", "default", "12 trials", "lr, batch_size, model.scale", JOURNAL):
        assert fact in lines[0]
    assert sum(line.startswith("Trial ") for line in lines) == 12
    assert lines[-1].endswith("zoo train softmax --recipe studies/softmax/best.toml")
    head = next(line for line in lines if line.split()[:2] == ["trial", "validation"])
    assert head.split() == [
        "trial", "validation", "epochs", "seconds", "lr", "batch_size", "model.scale"
    ]  # fmt: skip
    assert any(line.startswith("Importance: ") for line in lines)
    assert result.err == ""


@pytest.mark.slow
def test_zoo_tune_hides_test_split(tune, tmp_path, spying):
    how = spying("open('splits', 'a').write(','.join(run.data.dataset.splits) + '\\n')")
    assert tune("--trials", 2, "--set", "trainer=spy", **how).code == 0
    assert (tmp_path / "splits").read_text().split() == ["train", "train"]


@pytest.mark.slow
@pytest.mark.parametrize("error", ["MemoryError()", "OutOfMemoryError('no room')"])
def test_zoo_tune_continues_after_out_of_memory_trial(tune, spying, tmp_path, error):
    (tmp_path / "space.toml").write_text("inherit = false\nbatch_size.choices = [8, 16, 32]\n")
    how = spying(f"if run.recipe.batch_size == 8: raise {error}")
    arguments = ("--grid", "--space", "space.toml", "--set", "trainer=spy", "--json")
    study = tuned(tune(*arguments, **how))
    assert [trial["state"] for trial in study["trials"]] == ["failed", "complete", "complete"]
    assert error.partition("(")[0] in study["trials"][0]["reason"]


@pytest.mark.slow
def test_zoo_tune_stops_at_model_error_and_keeps_finished_trials(tune, spying, tmp_path):
    (tmp_path / "space.toml").write_text("inherit = false\nbatch_size.choices = [8, 16, 32]\n")
    how = spying("if run.recipe.batch_size == 16: raise KeyError('oops')")
    result = tune("--grid", "--space", "space.toml", "--set", "trainer=spy", **how)
    assert (result.code, "KeyError: 'oops'" in result.err) == (1, True)
    journal = tmp_path / "studies/softmax-grid/journal.log"
    assert [trial.state.name for trial in kept(journal, "softmax-grid").trials] == [
        "COMPLETE",
        "FAIL",
    ]


@pytest.mark.slow
def test_zoo_tune_scores_mean_accuracy_of_heads(tune, cli):
    study = tuned(tune("--trials", 3, "--json", name="softmax-pairs"))
    best = study["trials"][study["best"]]
    trained = cli("train", "softmax-pairs", "--recipe", study["recipe"], "--json").json
    accuracies = trained["metrics"]["validation"]["accuracy"]
    assert best["scores"] == [pytest.approx(sum(accuracies) / 2)]


@pytest.mark.slow
def test_zoo_tune_trains_each_trial_with_several_seeds(tune):
    study = tuned(tune("--trials", 3, "--seeds", 3, "--no-pruning", "--json"))
    assert study["seeds"] == [0, 1, 2]
    assert all(len(trial["scores"]) == 3 and trial["epochs"] == 15 for trial in study["trials"])
    assert " ± " in tune("--trials", 3, "--seeds", 3, "--no-pruning").out


# Pruned, failed and invalid settings.


@pytest.mark.slow
def test_pruning_saves_epochs_without_losing_best_score(tune, tmp_path):
    (tmp_path / "slow.toml").write_text(
        "inherit = false\nlr = { low = 1e-5, high = 1e-3, log = true }\n"
    )
    search = ("--trials", 25, "--epochs", 8, "--dataset", "synthetic", "--space", "slow.toml")
    how = {"name": "numpy-net", "env": {"ZOO_PLUGINS": "zoo-numpy,zoo-tune"}}
    pruned = tuned(tune(*search, "--json", **how))
    full = tuned(tune(*search, "--no-pruning", "--study", "full", "--json", **how))
    assert {trial["state"] for trial in full["trials"]} == {"complete"}
    stopped = [trial for trial in pruned["trials"] if trial["state"] == "pruned"]
    assert all(trial["epochs"] < 8 and not trial["scores"] for trial in stopped)
    assert stopped[0]["reason"].startswith("stopped after ")
    epochs = [sum(trial["epochs"] for trial in study["trials"]) for study in (pruned, full)]
    assert epochs[0] < 0.9 * epochs[1]
    best = [study["trials"][study["best"]]["scores"][0] for study in (pruned, full)]
    assert best[0] >= best[1] - 0.05


@pytest.mark.slow
def test_zoo_tune_prunes_diverging_trial(tune, tmp_path):
    (tmp_path / "wild.toml").write_text("inherit = false\nlr.choices = [0.5, 1e38]\n")
    study = tuned(tune("--space", "wild.toml", "--grid", "--json"))
    good, wild = study["trials"]
    assert (good["state"], wild["state"]) == ("complete", "pruned")
    assert "diverged" in wild["reason"]


@pytest.mark.slow
def test_zoo_tune_fails_when_every_trial_diverges(tune, tmp_path):
    (tmp_path / "wild.toml").write_text("inherit = false\nlr.choices = [9e37, 1e38]\n")
    result = tune("--space", "wild.toml", "--grid")
    assert result.code == 1
    assert all(fact in result.err for fact in ("2 trials", "diverged", "--space FILE.toml"))
    assert not (tmp_path / "studies/softmax-grid/best.toml").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "facts"),
    [
        ("lrr = { low = 0.1, high = 1.0 }", ("'lrr'", "'lr'")),
        ("model.scael = { low = 0.1, high = 1.0 }", ("'model.scael'", "'model.scale'")),
        ("lr = { lwo = 0.1, high = 1.0 }", ("'lwo'", "'low'")),
        ("batch_size = { choices = [8, 4000] }", ("batch_size", "4000", "180")),
        ("momentum = { low = 0.5, high = 0.9 }", ("momentum", "0.5", "trainer 'toy'")),
    ],
)
def test_zoo_tune_rejects_invalid_space_before_first_trial(tune, tmp_path, space, facts):
    (tmp_path / "space.toml").write_text(space)
    result = tune("--space", "space.toml")
    assert (result.code, result.out) == (2, "")
    assert all(fact in result.err for fact in facts), result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "studies").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "facts"),
    [
        (["--space", "nearby"], 3, ("search space 'nearby'", "default, grid")),
        (["--space", "none.toml"], 1, ("none.toml", "does not exist")),
        (["--study", "../up"], 2, ("--study", "'../up'")),
        (["--grid", "--space", "default"], 2, ("lr = { choices = [",)),
        (
            ["--set", "lr=0.1", "--set", "batch_size=8", "--set", "model.scale=0"],
            2,
            ("--set", "--space FILE.toml"),
        ),
        (["--set", "lrr=0.1"], 2, ("'lrr'", "'lr'")),
        (["--set", "model=3"], 2, ("model: ", "object", "got 3")),
        (["--recipe", "sloow"], 3, ("'sloow'", "'slow'")),
        (["--storage", "odd://here/x"], 2, ("--storage", "odd://here/x", "sqlite:///FILE")),
        (["--storage", "://"], 2, ("--storage", "sqlite:///FILE")),
        (["--storage", "sqlite:////no/such/folder/x.db"], 1, ("sqlite:////no/such/folder/x.db",)),
        (["--trials", "0"], 2, ("'--trials'", "x>=1")),
        (["--out", "/dev/null/x", "--storage", "x.log"], 1, ("/dev/null/x", "--out")),
    ],
)
def test_zoo_tune_names_invalid_argument(tune, arguments, code, facts):
    result = tune(*arguments)
    assert result.code == code, result.err
    assert all(fact in result.err for fact in facts), result.err
    assert not result.err.startswith("zoo: the search space"), "the space is valid"
    assert not any(line.startswith("Trial") for line in result.out.splitlines())


def test_zoo_tune_refuses_trainings_that_a_clock_ends(tune):
    done = tune("--set", "max_minutes=5")
    assert done.code == 2
    assert "max_minutes 5: the scores of trials" in done.err
    assert "--set max_minutes=null" in done.err


def test_zoo_tune_refuses_distributed_launcher(tune):
    result = tune("--trials", 2, env={"WORLD_SIZE": "2", "RANK": "0"})
    assert result.code == 2
    assert re.search(r"process.*\b2\b", result.err), result.err
    assert "search space" not in result.err


# Repeating, stopping, resuming.


@pytest.mark.slow
def test_zoo_tune_is_repeatable_by_seed(tune):
    first, again = (tuned(tune("--trials", 20, "--json", "--study", s)) for s in ("a", "b"))
    assert tried(first) == tried(again)
    other = tuned(tune("--trials", 20, "--json", "--study", "c", "--seed", 1))
    assert tried(other) != tried(first)


@pytest.mark.slow
def test_zoo_tune_repeats_no_trial_and_extends_study(tune):
    once = tuned(tune("--trials", 8, "--json"))
    assert tried(tuned(tune("--trials", 8, "--json"))) == tried(once)
    more = tuned(tune("--trials", 20, "--json"))
    assert tried(more)[:8] == tried(once)
    assert tried(more) == tried(tuned(tune("--trials", 20, "--json", "--study", "whole")))


@pytest.fixture
def stopped_at(spawn, spying, tmp_path):
    """Return a function that runs a search and sends it a signal during a trial."""
    how = spying(
        "import os, time\n"
        "        if float(os.environ.get('WAIT_AT', 'nan')) == run.recipe.lr:\n"
        "            print('waiting', flush=True)\n"
        "            while not os.path.exists('go'): time.sleep(0.01)"
    )

    def run(*command, number, lr):
        env = {**how["env"], "WAIT_AT": str(lr)}
        with spawn("-m", "zoo_core", *command, site=how["site"], env=env) as process:
            while (line := process.stdout.readline()) != "waiting\n":
                assert line, process.stderr.read()
            process.send_signal(number)
            (tmp_path / "go").touch()  # the trial continues after the signal
            _, err = process.communicate(timeout=600)
        (tmp_path / "go").unlink()
        assert process.returncode == 128 + number
        return err

    run.how = how
    return run


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_search_resumes_to_same_trials(tune, stopped_at, tmp_path, number):
    arguments = ["--trials", "8", "--set", "trainer=spy"]
    how = stopped_at.how
    whole = tuned(tune(*arguments, "--json", "--study", "whole", **how))
    for trial in (2, 5):
        lr = whole["trials"][trial]["values"]["lr"]
        err = stopped_at("tune", "softmax", *arguments, number=number, lr=lr)
        assert "zoo tune softmax --trials 8 --set trainer=spy" in err
    states = [trial.state.name for trial in kept(tmp_path / JOURNAL).trials]
    assert "RUNNING" not in states
    stopped = tuned(tune(*arguments, "--json", **how))
    assert tried(stopped) == tried(whole)


@pytest.mark.slow
def test_timeout_prevents_new_trials(tune, spying):
    """The clock advances by a minute per trial, so that three start within 150 seconds."""
    how = spying(
        "import time\n        now = time.monotonic\n        time.monotonic = lambda: now() + 60\n"
    )
    study = tuned(tune("--timeout", 150, "--set", "trainer=spy", "--json", **how))
    assert len(study["trials"]) == 3
    assert tune("--timeout", 0, "--study", "none").code == 1


@pytest.mark.slow
def test_study_rejects_changed_settings(tune, tmp_path):
    tune("--trials", 3)
    before = (tmp_path / JOURNAL).read_bytes()
    for arguments, facts in {
        ("--set", "lr=0.1"): ("recipe.lr", "0.5", "0.1"),
        ("--seed", "3"): ("seed", "0", "3"),
        ("--no-pruning",): ("pruning", "true", "false"),
        ("--seeds", "2"): ("seeds", "[0]", "[0, 1]"),
    }.items():
        result = tune("--trials", 6, *arguments)
        assert result.code == 2, result.err
        assert all(fact in result.err for fact in ("--study", *facts)), result.err
    assert (tmp_path / JOURNAL).read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(("direction", "trials"), [("maximize", 1), ("minimize", 0)])
def test_zoo_tune_leaves_foreign_study_unchanged(tune, tmp_path, direction, trials):
    storage = open_storage(str(tmp_path / "other.log"))
    study = optuna.create_study(storage=storage, study_name="softmax", direction=direction)
    for _ in range(trials):
        study.enqueue_trial({"x": 1})
    before = (tmp_path / "other.log").read_bytes()
    result = tune("--storage", "other.log", "--trials", 2)
    assert result.code == 2
    assert all(fact in result.err for fact in ("'softmax'", "--study")), result.err
    assert (tmp_path / "other.log").read_bytes() == before


# Grids.


@pytest.mark.slow
def test_grid_tries_each_choice_and_reports_deviation(tune):
    study = tuned(tune("--grid", "--seeds", 2, "--json"))
    assert study["recipe_name"] == "slow"
    assert [trial["values"] for trial in study["trials"]] == [
        {"lr": 0.05, "batch_size": 16},
        {"lr": 0.5, "batch_size": 16},
        {"lr": 0.05, "batch_size": 8},
        {"lr": 0.05, "batch_size": 32},
    ]
    lines = tune("--grid", "--seeds", 2).out.splitlines()
    assert sum(" ± " in line for line in lines if not line.startswith("Trial")) == 4


# Storage.


@pytest.mark.slow
def test_storage_keeps_trials_in_sqlite(tune, tmp_path):
    study = tuned(tune("--trials", 6, "--storage", "sqlite:///study.db", "--json"))
    assert tried(study) == tried(tuned(tune("--trials", 6, "--json")))
    with sqlite3.connect(tmp_path / "study.db") as database:
        assert database.execute("select count(*) from trials").fetchone() == (6,)
    database.close()


@pytest.mark.slow
def test_journal_recovers_from_truncated_line(tune, tmp_path):
    tune("--trials", 4)
    journal = tmp_path / JOURNAL
    before = journal.read_bytes()
    journal.write_bytes(before + b'{"op_code":5,"worker_id":"x')
    assert len(tuned(tune("--trials", 6, "--json"))["trials"]) == 6
    assert journal.read_bytes().startswith(before + b"{")
    assert all(json.loads(line) for line in journal.read_bytes().splitlines())


@pytest.mark.slow
def test_storage_leaves_other_file_unchanged(tune, tmp_path):
    for content in (
        "not a journal\n",
        "no line end",
        '{"op_code": 99, "worker_id": "x"}\n',
        '{"op_code": 4}\n',
    ):
        (tmp_path / "notes.txt").write_text(content)
        result = tune("--storage", "notes.txt", "--trials", 2)
        assert result.code == 1, result.err
        assert "notes.txt" in result.err
        assert (tmp_path / "notes.txt").read_text() == content


@pytest.mark.slow
def test_zoo_tune_hides_storage_password(tune, loopback):
    pytest.importorskip("psycopg")
    result = tune("--storage", "postgresql+psycopg://me:s3cret@127.0.0.1:1/none")
    assert result.code == 1
    assert "postgresql+psycopg://me:***@127.0.0.1:1/none" in result.err
    assert "s3cret" not in result.out + result.err


def test_without_password_masks_url_password():
    shown = without_password("postgresql+psycopg://me:s3cret@db.example/zoo")
    assert shown == "postgresql+psycopg://me:***@db.example/zoo"
    for other in ("studies/mlp/journal.log", "--storage", "a: b@c"):
        assert without_password(other) == other


def test_storage_errors_mask_password_in_driver_error():
    url = "postgresql+psycopg://me:s3cret@127.0.0.1/zoo"
    masked = r"me:\*\*\*@127.0.0.1/zoo.*no \*\*\* here"
    with pytest.raises(DataError, match=masked), storage_errors(url):
        raise SQLAlchemyError("no s3cret here")


@pytest.mark.slow
def test_storage_names_missing_driver(tune):
    result = tune("--storage", "mysql+mysqldb://me@127.0.0.1/none")
    assert result.code == 2
    assert "pip install 'mysqldb'" in result.err


# Helpers.


def finished(journal):
    """Return the finished trials of a study that count; none before the study exists."""
    if not journal.exists() or not journal.stat().st_size:
        return []
    try:
        trials = kept(journal, journal.parent.name).get_trials(deepcopy=False)
    except KeyError:
        return []
    return [trial for trial in counted_trials(trials) if trial.state.is_finished()]


def wait_for(condition, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "timeout"
        time.sleep(0.01)


def test_score_of_a_trial_is_the_metric_that_chooses_epochs():
    tasks = [Classification(class_targets(3)[0]), Regression(TargetSpec(task="regression"))]
    scores = Scores(
        {
            "loss": (0.5, 9.0),
            "accuracy": (0.9, None),
            "correct": (90, None),
            "balanced_accuracy": (0.7, None),
            "rmse": (None, 3.0),
        },
        total=100,
        headlines=("balanced_accuracy", "rmse"),
    )
    assert accuracy(scores, tasks, "balanced_accuracy") == 0.7
    # Of errors, the negative, because a higher score is better.
    assert accuracy(scores, tasks, "rmse") == -3
    assert accuracy(scores, tasks, "loss") == -4.75
    assert accuracy(scores, tasks) == -4.75
