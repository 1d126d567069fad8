"""HTML of objects in notebooks: complete, escaped, and of bounded length."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from zoo_core.evaluation.compare import compare_pretrained
from zoo_core.metrics.predictions import predictions_of
from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.pretrained.load import load_pretrained
from zoo_core.table import MAX_CELL, MAX_ROWS, Table, html_table
from zoo_core.tasks.classification import Classification

VOID = {"br"}


class Page(HTMLParser):
    """The parsed HTML: every element is closed, and in the right order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append(dict(attrs))
        self.open += [tag] * (tag not in VOID)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += f"{data} "


def page_of(shown):
    return Page(shown._repr_html_())


def test_run_shows_scores_and_learning_curve(run):
    page = page_of(run)
    assert page.tags.count("svg") == 1
    assert "validation accuracy per epoch: " in page.text
    assert f"{run.card.metrics['test']['accuracy'][0]:.2%} (" in page.text


def test_unfinished_run_shows_its_state(run, tmp_path):
    page = page_of(replace(run, folder=tmp_path))
    assert "not finished" in page.text
    assert "svg" not in page.tags


def test_card_and_loaded_model_show_scores_with_interval(toy, run):
    for shown in (run.card, load_pretrained(toy, run.folder)):
        assert "split examples accuracy loss train" in " ".join(page_of(shown).text.split())


def test_scores_and_comparison_show_intervals(toy, run):
    members = [load_pretrained(toy, run.folder)] * 2
    comparison = compare_pretrained(toy, members)
    assert "accuracy (95 % interval)" in page_of(comparison).text
    assert "either" in page_of(comparison).text
    assert "%" in page_of(comparison.scores[0]).text


@pytest.mark.parametrize(("many", "more"), [(3, ""), (10_000, "… and 9,980 more")])
def test_predictions_show_first_rows(many, more):
    task = Classification(TargetSpec(task="classification", classes=("cat", "dog")))
    shown = predictions_of([task], [np.eye(2, dtype=np.float32)[np.arange(many) % 2]])
    page = page_of(shown)
    assert page.tags.count("tr") == 1 + min(many, MAX_ROWS)
    assert "dog (" in page.text
    assert more in page.text


def test_names_of_others_are_escaped():
    names = ("<script>alert(1)</script>", "$x$ & \x1b[31m")
    task = Classification(TargetSpec(task="classification", classes=names, name="<b>"))
    page = page_of(predictions_of([task], [np.zeros((2, 2), np.float32)]))
    assert not {"script", "b"} & set(page.tags)
    assert "<script>alert(1)</script>" in page.text
    assert "\\x1b[31m" in page.text
    assert {"class": "tex2jax_ignore mathjax_ignore"} in page.attributes, "$…$ is not a formula"


def test_long_cells_and_many_rows_are_cut():
    text = html_table(Table(["name"], [["n" * 10_000]] * 1000))
    assert len(text) < MAX_ROWS * (MAX_CELL + 100)
    assert "… and 980 more" in text


def test_text_form_of_objects_is_unchanged(run):
    assert repr(run).startswith("<Run of softmax on toy\n  folder: ")
    assert "<table" not in f"{run!r}{run.card.metrics['test']}"
