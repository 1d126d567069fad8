"""The table says what the installed timm has, and what trying its models finds."""

import pytest
import timm
from hypothesis import given, strategies as st

from zoo_timm import table as tables
from zoo_timm.probe import probe
from zoo_timm.sizes import Sizes
from zoo_timm.table import Row, table

SIDES = st.integers(1, 500)


def test_every_model_of_timm_is_in_the_table():
    if table().version != timm.__version__:
        pytest.skip(f"the table is of timm {table().version}, here is {timm.__version__}")
    assert set(timm.list_models()) == set(table().rows)


@pytest.mark.parametrize(
    "name",
    [
        "test_vit",  # is told the size
        "resnet18",  # has a stem with a pooling
        "mobileone_s0",  # has two convolutions beside one another in its stem
        "legacy_xception",  # has a pooling that is not of the stem
        "resnetaa34d",  # takes every 32nd size
        "levit_128s",  # has attention that smaller images leave idle
        "tresnet_m",  # rearranges pixels first
        "csatv2",  # reads colors alone
    ],
)
@pytest.mark.filterwarnings("ignore:CSATv2 is designed for 3-channel")
def test_trying_a_model_again_finds_what_the_table_says(name):
    row = table().rows[name]
    assert probe(Row(name, row.family, hub=row.hub)) == row


def test_a_table_that_was_begun_is_gone_on_with(tmp_path, monkeypatch, capsys):
    path = tmp_path / "models.tsv"
    monkeypatch.setattr(tables, "PATH", path)
    monkeypatch.setattr(timm, "list_models", lambda: ["test_resnet", "test_vit"])
    rows = {name: table().rows[name] for name in ("test_resnet", "test_vit")}
    begun = tables.Table(timm.__version__, {"test_vit": rows["test_vit"]})
    tables.write(path, begun)
    tables.main()
    assert capsys.readouterr().out == f"test_resnet: {rows['test_resnet'].sizes}\n"
    assert tables.read(path).rows == rows


@given(
    sizes=st.builds(Sizes, SIDES, st.integers(0, 64), st.booleans(), st.booleans()),
    height=SIDES,
    width=SIDES,
)
def test_sizes_are_read_back_and_an_image_fits_in(sizes, height, width):
    assert Sizes.parse(str(sizes)) == sizes
    high, wide = sizes.fitting(height, width)
    assert min(high, wide) >= sizes.least
    if sizes.step:
        assert high >= height and wide >= width
        assert all(side == sizes.least or side % sizes.step == 0 for side in (high, wide))
    if sizes.square or not sizes.step:
        assert high == wide
