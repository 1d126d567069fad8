"""Tables of models: their file, their names as attributes, and their generation."""

from dataclasses import dataclass

import pytest
from hypothesis import given, strategies as st

from zoo_core.errors import InvalidValueError

pytest.importorskip("zoo_torch")

from zoo_torch.families import table
from zoo_torch.families.make_table import make_table
from zoo_torch.families.sizes import Sizes

pytestmark = pytest.mark.requires("zoo-mnist", "zoo-timm", "zoo-torch", "zoo-torchvision")

SIDES = st.integers(1, 500)


@dataclass(frozen=True)
class Row(table.Row):
    parameters: int
    problem: str = ""


ROWS = {"net-2": Row("net-2", 20, "it is odd"), "net-10": Row("net-10", 100)}
TEXT = "# nets 1.5\nname\tparameters\tproblem\nnet-10\t100\t\nnet-2\t20\tit is odd\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "models.tsv"


def test_write_table_sorts_rows_and_read_table_restores_them(path):
    nets = table.Table("nets", "1.5", ROWS)
    table.write_table(path, nets, Row)
    assert path.read_text() == TEXT
    assert table.read_table(path, Row) == nets


def test_read_table_refuses_row_with_missing_cell(path):
    path.write_text(TEXT.replace("\tit is odd", ""))
    with pytest.raises(ValueError, match="shorter"):
        table.read_table(path, Row)


def test_attribute_per_model_resolves_only_names_of_table():
    nets = table.Table("nets", "1.5", ROWS)
    attribute = table.attribute_per_model(lambda name, x: (name, x), lambda: nets)
    assert attribute("net-2")(7) == ("net-2", 7)
    with pytest.raises(AttributeError, match=r"\bnets\b.*'net-3'"):
        attribute("net-3")


def test_not_installed_error_names_version_with_model():
    error = table.not_installed_error(table.Table("nets", "1.5", ROWS), "net-2", "1.4")
    assert isinstance(error, InvalidValueError)
    for fact in ("nets 1.4", "'net-2'", "pip install nets==1.5"):
        assert fact in str(error)


def make(path, version, probe=ROWS.__getitem__):
    make_table(path, Row, ROWS, probe, library="nets", version=version)


def test_make_table_writes_probed_rows(path, capsys):
    make(path, "1.5")
    assert path.read_text() == TEXT
    assert capsys.readouterr().out == "net-2\t20\tit is odd\nnet-10\t100\t\n"


def test_make_table_resumes_after_interrupt(path):
    def interrupted(name):
        if name == "net-10":
            raise KeyboardInterrupt
        return ROWS[name]

    with pytest.raises(KeyboardInterrupt):
        make(path, "1.5", interrupted)
    make(path, "1.5", lambda name: ROWS[name] if name == "net-10" else pytest.fail(name))
    assert path.read_text() == TEXT


def test_make_table_replaces_table_of_other_version(path):
    path.write_text(TEXT.replace("1.5", "1.4").replace("100", "99"))
    make(path, "1.5")
    assert path.read_text() == TEXT


@given(
    sizes=st.builds(Sizes, SIDES, st.integers(0, 64), st.booleans(), st.booleans()),
    height=SIDES,
    width=SIDES,
)
def test_sizes_round_trip_as_text_and_fit_any_image(sizes, height, width):
    assert Sizes.parse(str(sizes)) == sizes
    high, wide = sizes.fitting(height, width)
    assert min(high, wide) >= sizes.least
    if sizes.step:
        assert high >= height and wide >= width
        assert all(side == sizes.least or side % sizes.step == 0 for side in (high, wide))
    if sizes.square or not sizes.step:
        assert high == wide
