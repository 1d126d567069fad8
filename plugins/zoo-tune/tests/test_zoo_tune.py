"""`zoo tune` from end to end, on a model that trains in a hundredth of a second."""

import json
import signal
import sqlite3
import time
import tomllib

import optuna
import pytest
from sqlalchemy.exc import SQLAlchemyError

from zoo_core.errors import DataError
from zoo_tune.storage import open_storage, readable, without_password
from zoo_tune.workers.trial_accounting import counts

JOURNAL = "studies/softmax/journal.log"


@pytest.fixture
def tune(cli, monkeypatch):
    """Return a function that runs `zoo tune softmax` with the toy and zoo-tune alone."""
    monkeypatch.setenv("ZOO_PLUGINS", "zoo-toy,zoo-tune")

    def run(*arguments, name="softmax", **options):
        return cli("tune", name, *arguments, **options)

    return run


def tuned(result):
    assert result.code == 0, result.err
    return result.json


def tried(study):
    """Return what decides whether two searches are the same one."""
    return [
        (trial["state"], trial["values"], trial["scores"], trial["curve"])
        for trial in study["trials"]
    ]


def kept(path, study="softmax"):
    """Return a study as Optuna itself reads it."""
    return optuna.load_study(study_name=study, storage=open_storage(str(path)))


# What a search gives.


@pytest.mark.slow
def test_the_best_recipe_trains_to_the_score_that_chose_it(tune, cli, tmp_path):
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
def test_where_a_recipe_is_from_stays_with_the_weights(tune, cli, tmp_path):
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


def test_a_recipe_that_no_search_found_says_nothing_of_one(tune, cli, tmp_path):
    cli("train", "softmax")
    assert "search" not in json.loads((tmp_path / "runs/softmax-1/card.json").read_text())
    (tmp_path / "bad.toml").write_text("lr = 0.1\n[search]\nstudy = 'x'\n")
    result = cli("train", "softmax", "--recipe", "bad.toml")
    assert (result.code, "the table [search] of bad.toml lacks 'trial'" in result.err) == (2, True)


@pytest.mark.slow
def test_the_first_trial_is_the_recipe_itself(tune):
    first = tuned(tune("--trials", 1, "--json"))["trials"][0]
    assert first["values"] == {"lr": 0.5, "batch_size": 16, "model.scale": 0.01}


@pytest.mark.slow
def test_what_is_tried_has_three_digits(tune):
    for trial in tuned(tune("--trials", 6, "--json"))["trials"]:
        for value in (trial["values"]["lr"], trial["values"]["model.scale"]):
            assert value == float(f"{value:.3g}")


@pytest.mark.slow
def test_a_person_sees_each_trial_the_best_and_what_to_do_next(tune):
    result = tune("--trials", 12, "--epochs", 1)
    lines = result.out.splitlines()
    assert lines[0] == (
        "Tuning softmax on toy from recipe default: 12 trials over lr, batch_size, model.scale. "
        f"Study softmax, kept in {JOURNAL}."
    )
    assert sum(line.startswith("Trial ") for line in lines) == 12
    assert lines[-1] == "Train the best: zoo train softmax --recipe studies/softmax/best.toml"
    head = next(line for line in lines if line.split()[:2] == ["trial", "validation"])
    assert head.split() == [
        "trial", "validation", "epochs", "seconds", "lr", "batch_size", "model.scale"
    ]  # fmt: skip
    assert any(line.startswith("What matters: ") for line in lines)
    assert result.err == ""


@pytest.mark.slow
def test_the_test_split_is_not_there_to_be_read(tune, tmp_path, spying):
    how = spying("open('splits', 'a').write(','.join(run.data.dataset.splits) + '\\n')")
    assert tune("--trials", 2, "--set", "trainer=spy", **how).code == 0
    assert (tmp_path / "splits").read_text().split() == ["train", "train"]


@pytest.mark.slow
@pytest.mark.parametrize("error", ["MemoryError()", "OutOfMemoryError('no room')"])
def test_a_setting_that_is_too_large_fails_and_the_search_goes_on(tune, spying, tmp_path, error):
    (tmp_path / "space.toml").write_text("inherit = false\nbatch_size.choices = [8, 16, 32]\n")
    how = spying(f"if run.recipe.batch_size == 8: raise {error}")
    arguments = ("--grid", "--space", "space.toml", "--set", "trainer=spy", "--json")
    study = tuned(tune(*arguments, **how))
    assert [trial["state"] for trial in study["trials"]] == ["failed", "complete", "complete"]
    assert error.partition("(")[0] in study["trials"][0]["reason"]


@pytest.mark.slow
def test_a_fault_of_the_model_ends_the_search_and_what_was_finished_is_kept(tune, spying, tmp_path):
    (tmp_path / "space.toml").write_text("inherit = false\nbatch_size.choices = [8, 16, 32]\n")
    how = spying("if run.recipe.batch_size == 16: raise KeyError('oops')")
    result = tune("--grid", "--space", "space.toml", "--set", "trainer=spy", **how)
    assert (result.code, "unexpected KeyError: 'oops'" in result.err) == (1, True)
    journal = tmp_path / "studies/softmax-grid/journal.log"
    assert [trial.state.name for trial in kept(journal, "softmax-grid").trials] == [
        "COMPLETE",
        "FAIL",
    ]


@pytest.mark.slow
def test_two_heads_are_judged_together(tune, cli):
    study = tuned(tune("--trials", 3, "--json", name="softmax-pairs"))
    best = study["trials"][study["best"]]
    trained = cli("train", "softmax-pairs", "--recipe", study["recipe"], "--json").json
    accuracies = trained["metrics"]["validation"]["accuracy"]
    assert best["scores"] == [pytest.approx(sum(accuracies) / 2)]


@pytest.mark.slow
def test_each_setting_may_be_trained_with_several_seeds(tune):
    study = tuned(tune("--trials", 3, "--seeds", 3, "--no-pruning", "--json"))
    assert study["seeds"] == [0, 1, 2]
    assert all(len(trial["scores"]) == 3 and trial["epochs"] == 15 for trial in study["trials"])
    assert " ± " in tune("--trials", 3, "--seeds", 3, "--no-pruning").out


# Settings that are not good.


@pytest.mark.slow
def test_hopeless_trials_are_stopped_early_and_cost_less(tune, tmp_path):
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
def test_a_setting_that_diverges_is_stopped_and_said_to(tune, tmp_path):
    (tmp_path / "wild.toml").write_text("inherit = false\nlr.choices = [0.5, 1e38]\n")
    study = tuned(tune("--space", "wild.toml", "--grid", "--json"))
    good, wild = study["trials"]
    assert (good["state"], wild["state"]) == ("complete", "pruned")
    assert "diverged" in wild["reason"]


@pytest.mark.slow
def test_where_nothing_can_be_trained_it_fails_and_says_why(tune, tmp_path):
    (tmp_path / "wild.toml").write_text("inherit = false\nlr.choices = [9e37, 1e38]\n")
    result = tune("--space", "wild.toml", "--grid")
    assert result.code == 1
    assert "none of 2 trials was trained to its end: the training diverged" in result.err
    assert not (tmp_path / "studies/softmax-grid/best.toml").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("lrr = { low = 0.1, high = 1.0 }", "unknown key 'lrr'. Did you mean 'lr'?"),
        ("model.scael = { low = 0.1, high = 1.0 }", "unknown key 'model.scael'. Did you mean"),
        ("lr = { lwo = 0.1, high = 1.0 }", "has no key 'lwo'. Did you mean 'low'?"),
        ("batch_size = { choices = [8, 4000] }", "batch_size = 4000, which cannot be"),
        ("momentum = { low = 0.5, high = 0.9 }", "does not follow that field"),
    ],
)
def test_a_space_that_cannot_be_is_refused_before_the_first_trial(tune, tmp_path, space, message):
    (tmp_path / "space.toml").write_text(space)
    result = tune("--space", "space.toml")
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert len(result.err.splitlines()) == 1
    assert not (tmp_path / "studies").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--space", "nearby"], 3, "has no search space 'nearby'"),
        (["--space", "none.toml"], 1, "none.toml cannot be read"),
        (["--study", "../up"], 2, "'../up' cannot name a study"),
        (["--grid", "--space", "default"], 2, "a grid needs choices, and lr"),
        (["--set", "lr=0.1", "--set", "batch_size=8", "--set", "model.scale=0"], 2, "nothing to"),
        (["--set", "lrr=0.1"], 2, "no key 'lrr'"),
        (["--set", "model=3"], 2, "model of the recipe must be a table, got 3"),
        (["--recipe", "sloow"], 3, "Did you mean 'slow'?"),
        (["--storage", "odd://here/x"], 2, "odd://here/x is of an unknown kind"),
        (["--storage", "://"], 2, "is no URL of a database"),
        (["--storage", "sqlite:////no/such/folder/x.db"], 1, "cannot be opened"),
        (["--trials", "0"], 2, "0 is not in the range"),
        (["--out", "/dev/null/x", "--storage", "x.log"], 1, "/dev/null/x cannot be written"),
    ],
)
def test_a_users_mistake_is_a_line_that_says_so(tune, arguments, code, message):
    result = tune(*arguments)
    assert (result.code, message in result.err) == (code, True), result.err
    assert not any(line.startswith("Trial") for line in result.out.splitlines())


def test_under_a_launcher_it_does_not_start(tune):
    result = tune("--trials", 2, env={"WORLD_SIZE": "2", "RANK": "0"})
    assert result.code == 2
    assert "2 were started" in result.err


# Repeating, stopping, going on.


@pytest.mark.slow
def test_a_search_is_repeatable(tune):
    first, again = (tuned(tune("--trials", 20, "--json", "--study", s)) for s in ("a", "b"))
    assert tried(first) == tried(again)
    other = tuned(tune("--trials", 20, "--json", "--study", "c", "--seed", 1))
    assert tried(other) != tried(first)


@pytest.mark.slow
def test_the_same_command_tries_nothing_twice_and_more_trials_go_on(tune):
    once = tuned(tune("--trials", 8, "--json"))
    assert tried(tuned(tune("--trials", 8, "--json"))) == tried(once)
    more = tuned(tune("--trials", 20, "--json"))
    assert tried(more)[:8] == tried(once)
    assert tried(more) == tried(tuned(tune("--trials", 20, "--json", "--study", "whole")))


@pytest.fixture
def stopped_at(spawn, spying, tmp_path):
    """Return a function that runs a search and sends it a signal while a trial is trained."""
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
            (tmp_path / "go").touch()  # which it sees after the signal
            _, err = process.communicate(timeout=600)
        (tmp_path / "go").unlink()
        assert process.returncode == 128 + number
        return err

    run.how = how
    return run


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_search_that_was_stopped_goes_on_as_if_it_had_not_been(
    tune, stopped_at, tmp_path, number
):
    arguments = ["--trials", "8", "--set", "trainer=spy"]
    how = stopped_at.how
    whole = tuned(tune(*arguments, "--json", "--study", "whole", **how))
    for trial in (2, 5):
        lr = whole["trials"][trial]["values"]["lr"]
        err = stopped_at("tune", "softmax", *arguments, number=number, lr=lr)
        assert "which are kept. Go on: zoo tune softmax --trials 8 --set trainer=spy" in err
    states = [trial.state.name for trial in kept(tmp_path / JOURNAL).trials]
    assert "RUNNING" not in states
    stopped = tuned(tune(*arguments, "--json", **how))
    assert tried(stopped) == tried(whole)


@pytest.mark.slow
def test_no_trial_begins_after_the_time_is_over(tune, spying):
    """A clock that goes on by a minute per trial lets three begin in 150 seconds."""
    how = spying(
        "import time\n        now = time.monotonic\n        time.monotonic = lambda: now() + 60\n"
    )
    study = tuned(tune("--timeout", 150, "--set", "trainer=spy", "--json", **how))
    assert len(study["trials"]) == 3
    assert tune("--timeout", 0, "--study", "none").code == 1


@pytest.mark.slow
def test_other_settings_are_another_study(tune, tmp_path):
    tune("--trials", 3)
    before = (tmp_path / JOURNAL).read_bytes()
    for arguments, said in {
        ("--set", "lr=0.1"): "recipe.lr 0.5, and this command has 0.1",
        ("--seed", "3"): "seed 0, and this command has 3",
        ("--no-pruning",): "pruning true, and this command has false",
        ("--seeds", "2"): "seeds [0], and this command has [0, 1]",
    }.items():
        result = tune("--trials", 6, *arguments)
        assert (result.code, said in result.err) == (2, True), result.err
    assert (tmp_path / JOURNAL).read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(("direction", "trials"), [("maximize", 1), ("minimize", 0)])
def test_a_study_of_another_program_is_left_alone(tune, tmp_path, direction, trials):
    storage = open_storage(str(tmp_path / "other.log"))
    study = optuna.create_study(storage=storage, study_name="softmax", direction=direction)
    for _ in range(trials):
        study.enqueue_trial({"x": 1})
    before = (tmp_path / "other.log").read_bytes()
    result = tune("--storage", "other.log", "--trials", 2)
    assert (result.code, "the study 'softmax' there is not zoo's" in result.err) == (2, True)
    assert (tmp_path / "other.log").read_bytes() == before


# Grids.


@pytest.mark.slow
def test_a_grid_is_every_combination_with_mean_and_deviation(tune):
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
def test_trials_may_be_kept_in_sqlite(tune, tmp_path):
    study = tuned(tune("--trials", 6, "--storage", "sqlite:///study.db", "--json"))
    assert tried(study) == tried(tuned(tune("--trials", 6, "--json")))
    with sqlite3.connect(tmp_path / "study.db") as database:
        assert database.execute("select count(*) from trials").fetchone() == (6,)
    database.close()


@pytest.mark.slow
def test_a_line_that_was_cut_short_spoils_nothing(tune, tmp_path):
    tune("--trials", 4)
    journal = tmp_path / JOURNAL
    before = journal.read_bytes()
    journal.write_bytes(before + b'{"op_code":5,"worker_id":"x')
    assert len(tuned(tune("--trials", 6, "--json"))["trials"]) == 6
    assert journal.read_bytes().startswith(before + b"{")
    assert all(json.loads(line) for line in journal.read_bytes().splitlines())


@pytest.mark.slow
def test_a_file_that_is_no_journal_is_left_as_it_is(tune, tmp_path):
    for content in ("not a journal\n", '{"op_code": 99, "worker_id": "x"}\n', '{"op_code": 4}\n'):
        (tmp_path / "notes.txt").write_text(content)
        result = tune("--storage", "notes.txt", "--trials", 2)
        assert result.code == 1, result.err
        assert "notes.txt" in result.err
        assert (tmp_path / "notes.txt").read_text() == content


@pytest.mark.slow
def test_a_password_is_never_shown(tune, loopback):
    pytest.importorskip("psycopg")
    result = tune("--storage", "postgresql+psycopg://me:s3cret@127.0.0.1:1/none")
    assert result.code == 1
    assert "postgresql+psycopg://me:***@127.0.0.1:1/none cannot be opened" in result.err
    assert "s3cret" not in result.out + result.err


def test_what_is_shown_of_a_storage_has_no_password():
    shown = without_password("postgresql+psycopg://me:s3cret@db.example/zoo")
    assert shown == "postgresql+psycopg://me:***@db.example/zoo"
    for other in ("studies/mlp/journal.log", "--storage", "a: b@c"):
        assert without_password(other) == other


def test_nor_is_it_in_a_drivers_words():
    url = "postgresql+psycopg://me:s3cret@127.0.0.1/zoo"
    said = r"me:\*\*\*@127.0.0.1/zoo failed: .*no \*\*\* here"
    with pytest.raises(DataError, match=said), readable(url):
        raise SQLAlchemyError("no s3cret here")


@pytest.mark.slow
def test_a_driver_that_is_missing_is_named(tune):
    result = tune("--storage", "mysql+mysqldb://me@127.0.0.1/none")
    assert result.code == 2
    assert "needs the driver mysqldb, which is not installed" in result.err


# Helpers.


def finished(journal):
    """Return the trials of a study that are finished and count; none while there is no study."""
    if not journal.exists() or not journal.stat().st_size:
        return []
    try:
        trials = kept(journal, journal.parent.name).get_trials(deepcopy=False)
    except KeyError:
        return []
    return [trial for trial in trials if trial.state.is_finished() and counts(trial)]


def wait_for(condition, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
