"""`zoo list` on screens of several sizes, in pipes and in other odd places."""

import json
import os
import shutil
import subprocess

import pytest

from zoo_core.registry.index import PublishedIndex, PublishedWeights, index_json

PLUGIN = """
from zoo_core import ModelSpec, hookimpl

@hookimpl
def zoo_models():
    return [
        ModelSpec(
            name=name, summary=summary, builder="a:b", config="a:b", recipes="a:b", trainer="toy",
            dataset="toy", license="MIT", parameters=parameters,
        )
        for name, summary, parameters in {models!r}
    ]
"""

FAMILY = [(f"many/net-{n}", "One of many networks.", 1000 * n) for n in range(1, 101)]
ALONE = [("zoo-other/cnn", "A network.", 5), ("few/a", "A network.", 1_234_567)]
THOUSANDS = [(f"net-{n:04}", "One of many networks.", n) for n in range(3000)]


@pytest.fixture
def offer(site, write_plugin):
    """Return a function that installs a plugin with models, and returns its folder."""

    def install(models, name="zoo-many"):
        write_plugin(site, name, PLUGIN.format(models=models))
        return site

    return install


@pytest.fixture
def publish(tmp_path):
    """Return a function that writes a registry with tags of softmax and their accuracies."""
    folder, home = tmp_path / "published", tmp_path / "zoo-home"

    def write(accuracies, default):
        for each in (folder, home):
            each.mkdir(exist_ok=True)
        index = PublishedIndex({}, {})
        for tag, accuracy in accuracies.items():
            facts = {"bytes": 100, "card_bytes": 100, "plain": True, "recipe": "r"}
            weights = PublishedWeights(
                "softmax", tag, "zoo-toy", sha256="a" * 64, card_sha256="b" * 64, dataset="toy",
                parameters=93, accuracy=(accuracy,), **facts,
            )  # fmt: skip
            index = index.with_tag(weights, default=tag == default)
        (folder / "index.json").write_bytes(index_json(index))
        if not (settings := home / "registries.json").exists():
            settings.write_text(json.dumps({"registries": {"mine": str(folder)}}))

    return write


def widest(shown):
    return max(map(len, shown.text.splitlines()))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_list_fits_terminal(screen, offer, width):
    shown = screen("list", width=width, height=40, site=offer([*FAMILY, *ALONE]))
    assert shown.code == 0
    assert not shown.above
    assert len(shown.lines) < 12
    assert widest(shown) <= width
    assert shown.lines[0].startswith("NAME")
    assert "100 models  zoo list 'many/*'" in shown.lines[-1]
    rows = [line.split()[0] for line in shown.lines[1:-2]]
    assert rows == ["few/a", "softmax", "softmax-pairs", "zoo-other/cnn"]


def test_list_leaves_out_least_important_columns(screen, offer):
    site = offer(ALONE)
    heads = {n: screen("list", width=n, site=site).lines[0].split() for n in (40, 75, 200)}
    assert heads[200] == ["NAME", "TASK", "DATA", "PARAMS", "PLUGIN", "SUMMARY"]
    assert heads[75] == ["NAME", "TASK", "DATA", "PARAMS", "SUMMARY"]
    assert "PARAMS" in heads[40]
    assert len(heads[40]) < len(heads[75])


def test_list_in_pipe_and_file_is_complete_and_folded(cli, spawn, offer, tmp_path):
    site, summary = offer([*FAMILY, ("net", "word " * 60 + "end", None)]), "word end"
    piped = cli("list", site=site, env={"COLUMNS": "40"}).out
    assert summary in piped
    assert "many/…  100 models  zoo list 'many/*'" in piped
    assert "many/net-1" not in piped
    with (
        (tmp_path / "file").open("w") as file,
        spawn("-m", "zoo_core", "list", site=site, stdout=file) as process,
    ):
        process.communicate()
    assert (tmp_path / "file").read_text() == piped


def test_list_with_pattern_or_as_json_has_every_row(cli, offer):
    site = offer(FAMILY)
    assert cli("list", "*", site=site).out.count("many/net-") == 100
    for arguments in (["--json"], ["*", "--json"], ["models", "--json"]):
        assert len(cli("list", *arguments, site=site).json["models"]) == 102


def test_patterns_match_the_part_after_a_slash(cli, offer, run_python):
    site = offer([*FAMILY, ("net-10", "Not of a family.", 1)])
    names = [row["name"] for row in cli("list", "net-10*", "--json", site=site).json["models"]]
    assert names == ["net-10", "many/net-10", "many/net-100"]
    code = "import zoo_core as zoo; print(zoo.list_models('net-10*'))"
    assert run_python(code, site=site) == f"{sorted(names)}\n"


def test_filter_folds_families_and_repeats_its_options(cli, offer):
    site = offer([*FAMILY, *ALONE])
    folded = cli("list", "--max-params", "50k", "--license", "MIT*", site=site).out
    assert "50 models  zoo list 'many/*' --max-params 50000 --license 'MIT*'" in folded
    assert cli("list", "--plugin", "zoo-many", site=site).out.count("many/net-") == 100


@pytest.mark.parametrize(
    ("words", "found"),
    [("NETWORK many net-7", 11), ("network zebra", 0), ("softmax regression", 2)],
)
def test_search_finds_all_words_in_name_or_summary(cli, offer, words, found):
    result = cli("list", "--search", words, "--json", site=offer(FAMILY))
    assert len(result.json["models"]) == found


def test_search_applies_to_every_kind(cli):
    names = [
        row["name"] for row in cli("list", "tasks", "--search", "pixel", "--json").json["tasks"]
    ]
    assert names == ["segmentation"]


def test_no_match_suggests_names_and_kinds(cli, offer):
    site = offer(FAMILY)
    assert "Did you mean 'many/net-100'?" in cli("list", "nett-100", site=site).err
    assert "Did you mean 'models'?" in cli("list", "modles", site=site).err


@pytest.mark.parametrize(
    "variables", [{"TERM": "dumb"}, {"CI": "true"}, {"NO_COLOR": "1", "PAGER": "cat"}]
)
def test_long_list_is_printed_as_it_is(screen, offer, variables):
    shown = screen("list", "*", site=offer(FAMILY), **{"PAGER": "head -1", **variables})
    assert "\x1b" not in shown.raw
    assert len(shown.text.splitlines()) == 103


def test_list_in_ascii_has_no_escapes(screen, fresh_cli, offer):
    site, variables = offer(FAMILY), {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    narrow = screen("list", width=60, site=site, **variables)
    assert "many/...  100 models  zoo list 'many/*'" in narrow.text
    assert widest(narrow) <= 60
    datasets = fresh_cli("list", "datasets", site=site, env=variables).out
    assert "1x6x5" in datasets
    assert "\\" not in narrow.text + datasets


@pytest.mark.parametrize("width", [40, 80, 200])
def test_long_names_and_summaries_leave_the_other_rows_readable(screen, offer, width):
    models = [("n" * 300, "s" * 300, None), ("net", "A network.", 1_234)]
    shown = screen("list", width=width, site=offer(models, name="zoo-" + "x" * 200))
    assert (shown.code, shown.above) == (0, [])
    assert widest(shown) <= width
    (line,) = [line for line in shown.lines if line.startswith("net ")]
    assert "1.23K" in line
    assert any("n…n" in line for line in shown.lines)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["", "family/"])
def test_three_thousand_models(screen, cli, offer, family):
    site = offer([(family + name, *facts) for name, *facts in THOUSANDS])
    assert ("3,000 models" in cli("list", site=site).out) is bool(family)
    # A pager that ends at once, which must not be an error.
    shown = screen("list", f"{family}*", site=site, PAGER="head -3")
    assert shown.code == 0
    assert shown.lines[0].startswith("NAME")
    assert len(shown.lines) == 3


@pytest.mark.slow
def test_closed_pipe_after_first_line(offer, spawn):
    with spawn("-m", "zoo_core", "list", "*", site=offer(THOUSANDS)) as process:
        head = subprocess.check_output(["head", "-1"], stdin=process.stdout, text=True)
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
    assert head.startswith("NAME")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device on this platform")
def test_full_disk_is_reported_on_one_line(spawn):
    with (
        open("/dev/full", "w") as full,
        spawn("-m", "zoo_core", "list", stdout=full, env={"PYTHONUNBUFFERED": ""}) as process,
    ):
        assert process.stderr.read() == "zoo: No space left on device\n"
    assert process.returncode == 1


@pytest.mark.skipif(not shutil.which("less"), reason="less is not installed")
def test_long_list_is_paged_by_less(screen, offer):
    shown = screen("list", "*", site=offer(FAMILY), press={"many/net-20": "q"})
    assert shown.code == 0
    assert "net-99" not in shown.text
    assert shown.lines[0].startswith("NAME")


def test_ctrl_c_in_pager_is_not_an_error(screen, offer):
    # After a part of the list, whose rest does not fit into the pipe.
    pager = "sh -c 'head -2; kill -INT $PPID; cat > /dev/null'"
    shown = screen("list", "*", site=offer(THOUSANDS), PAGER=pager)
    assert (shown.code, shown.lines[0][:4]) == (0, "NAME")


def test_list_works_without_rich(screen, offer):
    site = offer(ALONE)
    (site / "rich.py").write_text("raise ImportError('no rich')")
    shown = screen("list", site=site)
    assert (shown.code, shown.lines[0][:4]) == (0, "NAME")


def test_columns_without_values_are_left_out_and_numbers_right_aligned(cli, offer):
    head, *rows = cli("list", site=offer(ALONE)).out.splitlines()
    assert "BEST" not in head
    end = head.index("PARAMS") + len("PARAMS")
    assert sorted(row[:end].split()[-1] for row in rows) == ["1.23M", "5", "toy", "toy-pairs"]
    assert {row[end - 1] for row in rows} == {" ", "M", "5"}


def test_weights_are_sorted_naturally_and_grouped_by_model(screen, cli, publish):
    publish({"best-10": 0.5, "best-3": 0.6, "other": 0.25}, default="best-3")
    lines = cli("list", "weights").out.splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [
        ["softmax.best-3", "default"],
        ["softmax.best-10", "toy"],
        ["softmax.other", "toy"],
    ]
    assert "default" in screen("list", "weights", width=40).text
    assert cli("list", "weights", "softmax").out.splitlines() == lines
    assert "Did you mean 'softmax'?" in cli("list", "weights", "sotfmax").err


def test_best_figure_follows_the_registry(cli, publish):
    for accuracies, expected in (({"a": 0.5, "b": 0.625}, "62.50%"), ({"c": 0.75}, "75.00%")):
        publish(accuracies, default=next(iter(accuracies)))
        for _ in range(3):  # computed, then cached
            (line,) = [row for row in cli("list").out.splitlines() if row.startswith("softmax ")]
            assert expected in line


def test_list_needs_no_readable_registry(cli, publish, tmp_path):
    publish({"a": 0.5}, default="a")
    (tmp_path / "published" / "index.json").write_text("{")
    result = cli("list")
    assert (result.code, result.err) == (0, "")
    assert "BEST" not in result.out
    os.remove(tmp_path / "published" / "index.json")
    assert cli("list").code == 0


def test_unknown_model_is_answered_with_nearest_of_each_family(cli, offer):
    site = offer([(f"{each}/resnet{n}", "A network.", 1) for each in "abcdefg" for n in range(9)])
    result = cli("train", "resnet7", site=site)
    assert result.code == 3
    assert "Did you mean 'a/resnet7', 'b/resnet7'" in result.err
    assert result.err.count("resnet") == 1 + 5
