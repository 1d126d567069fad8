"""The pictures of a search."""

import numpy as np
import pytest

from zoo_core.filenames import STUDY
from zoo_core.tuning.study import Study, Trial
from zoo_report.searches.study_pictures import (
    draw_history,
    draw_importances,
    draw_slices,
    write_study_pictures,
)
from zoo_report.style import png

SPACE = {
    "lr": {"low": 0.001, "high": 0.1, "log": True},
    "batch_size": {"choices": [32, 64, 128]},
    "model.hidden": {"choices": [[10], [128], [512, 256, 128]]},
    "model.dropout": {"low": 0.0, "high": 0.5},
    "one_at_a_time": False,
}


def trial(number, state="complete", *, epochs=8, score=None, values=None):
    rng = np.random.default_rng(number)
    score = 0.97 + 0.02 * rng.random() if score is None else score
    curve = tuple(score - 0.05 / epoch for epoch in range(1, epochs + 1))
    drawn = {
        "lr": float(10 ** rng.uniform(-3, -1)),
        "batch_size": int(rng.choice([32, 64, 128])),
        "model.hidden": SPACE["model.hidden"]["choices"][rng.integers(3)],
        "model.dropout": float(rng.uniform(0, 0.5)),
    }
    return Trial(
        number=number,
        state=state,
        values=drawn if values is None else values,
        scores=(score,) if state == "complete" else (),
        loss=0.1,
        curve=curve if state != "failed" else (),
        epochs=epochs,
        seconds=1.0,
        reason="" if state == "complete" else state,
    )


def study(trials, importances=None, space=None):
    return Study(
        name="a-study",
        model="mlp",
        recipe_name="default",
        dataset="mnist",
        space=SPACE if space is None else space,
        grid=False,
        seeds=(0,),
        trials=tuple(trials),
        importances={"lr": 0.7, "model.dropout": 0.3} if importances is None else importances,
    )


SOME = study([trial(0), trial(1, "pruned", epochs=2), trial(3), trial(4, "failed"), trial(5)])
MANY = study([trial(n, "complete" if n % 3 else "pruned", epochs=1 + n % 8) for n in range(300)])
ONE = study([trial(0)], importances={})
PERFECT = study([trial(n, score=1.0, epochs=1) for n in range(3)])
WORDS = study(
    [trial(n, values={"model.a_long_name_of_a_key": n % 2}) for n in range(4)],
    {"model.a_long_name_of_a_key": 1.0},
    {"model.a_long_name_of_a_key": {"choices": [0, 1]}},
)


@pytest.mark.parametrize("given", [SOME, MANY, ONE, PERFECT, WORDS])
@pytest.mark.parametrize("draw", [draw_history, draw_slices])
def test_study_pictures_fit_figure_and_are_deterministic(is_whole, draw, given):
    figure = draw(given)
    assert is_whole(figure)
    assert png(figure) == png(draw(given))


@pytest.mark.parametrize("given", [SOME, WORDS])
def test_draw_importances_fits_figure_and_keeps_order(is_whole, given):
    figure = draw_importances(given)
    assert is_whole(figure)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(given.importances)
    assert [bar.get_width() for bar in axes.patches] == list(given.importances.values())


def test_draw_history_shows_trials_best_so_far_and_learning_curves():
    trials, courses = draw_history(SOME).axes
    shown = {line.get_label().split()[0]: line for line in trials.lines}
    assert list(shown["complete"].get_xdata()) == [0, 3, 5]
    assert list(shown["pruned"].get_xdata()) == [1]
    best = list(shown["best"].get_ydata())
    assert best == sorted(best, reverse=True)
    assert best[-1] == pytest.approx(1 - SOME.ranked[0].mean)
    assert courses.get_title(loc="left").endswith(f"best: trial {SOME.ranked[0].number}")
    assert sum(len(line.get_xdata()) == 8 for line in courses.lines) == 3


def test_draw_slices_shows_finished_trials_and_marks_best():
    figure = draw_slices(SOME)
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    lr = panels["lr"]
    assert lr.get_xscale() == "log"
    places = lr.collections[0].get_offsets()
    assert sorted(places[:, 0]) == sorted(t.values["lr"] for t in SOME.ranked)
    best = SOME.ranked[0]
    ring = next(line for line in lr.lines if line.get_marker() == "o")
    assert ring.get_xdata() == [best.values["lr"]]
    names = [label.get_text() for label in panels["model.hidden"].get_xticklabels()]
    assert names == ["[10]", "[128]", "[512, 256…"]


def test_write_study_pictures_skips_pictures_without_data(tmp_path):
    assert write_study_pictures(study([trial(0, "failed")], importances={}), tmp_path) == []
    assert write_study_pictures(ONE, tmp_path) == ["history.png", "slices.png"]
    everything = write_study_pictures(SOME, tmp_path)
    assert everything == ["history.png", "importances.png", "slices.png"]


@pytest.mark.slow
def test_zoo_report_redraws_study_and_rejects_unreadable_one(cli, tmp_path):
    (tmp_path / STUDY).write_text(SOME.model_dump_json())
    result = cli("report", tmp_path)
    assert result.code == 0, result.err
    assert result.out.split() == [
        str(tmp_path / name) for name in ("history.png", "importances.png", "slices.png")
    ]
    (tmp_path / STUDY).write_text("not JSON")
    result = cli("report", tmp_path)
    assert result.code == 1
    (line,) = result.err.splitlines()
    assert str(tmp_path / STUDY) in line
    assert "zoo tune MODEL" in line


@pytest.mark.slow
def test_zoo_tune_writes_study_pictures(cli, tmp_path):
    env = {"ZOO_PLUGINS": "zoo-toy,zoo-tune,zoo-report"}
    result = cli("tune", "softmax", "--trials", 5, env=env)
    assert "Pictures in studies/softmax: history.png" in result.out
    assert (tmp_path / "studies/softmax/slices.png").exists()


def test_pictures_of_search_by_loss_show_loss(is_whole):
    losses = study([trial(n, score=-1000.0 * (n + 1)) for n in range(4)])
    history = draw_history(losses)
    trials, epochs = history.axes
    assert trials.get_title(loc="left") == "Loss on the validation split"
    assert "loss 1000 on the validation split" in history.texts[1].get_text()
    done = {line.get_label(): line for line in trials.lines}["complete"]
    assert list(done.get_ydata()) == [1000, 2000, 3000, 4000]
    assert epochs.get_ylim()[0] >= 0
    for figure in (history, draw_slices(losses)):
        assert is_whole(figure)
        figure.canvas.draw()
        labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert not any("%" in label for label in labels)
